// What pictures show of made-up results: the values, who is in them, and in which colours.
import { assert, assertEquals } from "@std/assert";
import { everybody, growth, type Panel, seconds } from "../../bench/panels.ts";
import type { Run } from "../../bench/results.ts";
import { label } from "../../bench/tables.ts";
import { CLIENTS, GATHERING } from "../../bench/contestants.ts";
import { test } from "../support/test.ts";
import { figure, result, run } from "./runs.ts";

/** Panels as plain objects: points by title and name. */
function points(panels: readonly Panel[]): Record<string, Record<string, unknown>> {
  return Object.fromEntries(
    panels.map((
      { title, series },
    ) => [title, Object.fromEntries(series.map(({ name, points }) => [name, points]))]),
  );
}

test("lines show seconds for so many commands, in each runtime beside programs in other languages", () => {
  const made = run([
    result("pipeline-100:hset", [
      figure("respire", "deno", 1000),
      figure("ioredis", "node", 250),
      figure("hiredis", "c", 5000),
      figure("redis-py", "python", 1),
      figure("redis-py+hiredis", "python", 100),
    ]),
    result("pipeline-100:hget", [figure("respire", "deno", 1)]),
    result("pipeline-1000:hset", [figure("respire", "deno", 2000), figure("hiredis", "c", 10_000)]),
    result("hash-1000:hset", [figure("respire", "deno", 1)]),
  ]);
  const python = { "redis-py": [[100, 500_000]], "redis-py + hiredis": [[100, 5000]] };
  const others = { "C, hiredis": [[100, 100], [1000, 50]], ...python };
  assertEquals(points(seconds(made, "pipeline-", "hset", () => 500_000)), {
    Deno: { Respire: [[100, 500], [1000, 250]], ...others },
    Bun: others,
    Node: { ioredis: [[100, 2000]], ...others },
  });
  assertEquals(points(seconds(made, "hash-", "hset", (size) => size)).Deno, { Respire: [[1000, 1000]] });
});

test("bars show everybody, the best first: the highest rate, the lowest cost", () => {
  const made = run([
    result("callers-1:hget", [
      figure("ioredis", "node", 10, { cpu: 3 }),
      figure("bun", "bun", 30, { cpu: 5 }),
      figure("respire", "deno", 20, { cpu: 4 }),
      figure("redis-benchmark", "c", 40, { cpu: 9 }),
      figure("redis-py", "python", 99, { cpu: 1 }),
    ]),
  ]);
  const bars = (what: "median" | "cpu"): unknown[] =>
    everybody(made, what)[0]!.series.map(({ name, points: [[, value]] }) => [name, value]);
  assertEquals(bars("median"), [
    ["redis-py", 99],
    ["redis-benchmark", 40],
    ["Bun built-in", 30],
    ["Respire, deno", 20],
    ["ioredis, node", 10],
  ]);
  assertEquals(bars("cpu"), [
    ["redis-py", 1],
    ["ioredis, node", 3],
    ["Respire, deno", 4],
    ["Bun built-in", 5],
    ["redis-benchmark", 9],
  ]);
});

test("pictures of growth leave out what failed or did not grow, and runtimes that were not measured", () => {
  const results = {
    reply: {
      deno: [
        { size: 10, nanoseconds: 5, memory: 7 },
        { size: 100, nanoseconds: 6, memory: 0 },
        { size: 1000, failed: "out of memory" },
      ],
      node: [],
    },
  };
  const made = { ...run([]), results } as unknown as Run;
  const title = "elements of one reply";
  assertEquals(points(growth(made, ["reply"], ({ nanoseconds }) => nanoseconds!)), {
    [title]: { Deno: [[10, 5], [100, 6]], Bun: [], Node: [] },
  });
  assertEquals(points(growth(made, ["reply"], ({ memory }) => memory!)), {
    [title]: { Deno: [[10, 7]], Bun: [], Node: [] },
  });
});

/** The part of pictures.ts that is looked at; its types need the library that draws. */
interface Pictures {
  readonly COATS: Readonly<Record<string, { readonly ours: string }>>;
  lines(picture: unknown, coat: unknown): {
    readonly series: readonly {
      readonly name: string;
      readonly itemStyle: { readonly color: string };
      readonly lineStyle: { readonly type: string };
    }[];
    readonly legend: { readonly data: readonly string[] };
    readonly yAxis: readonly {
      readonly name: string;
      readonly min: number;
      readonly max: number;
      readonly axisLabel: { readonly customValues: readonly number[] };
    }[];
    readonly xAxis: readonly { readonly name: string; readonly min: number; readonly max: number }[];
  };
}

test("every client has a colour of its own, ours is nobody else's and comes first; axes hold all values", async () => {
  const { COATS, lines } = await import(new URL("../../bench/pictures.ts", import.meta.url).href) as Pictures;
  const clients = [
    ...Object.keys({ ...CLIENTS, ...GATHERING }),
    "hiredis",
    "redis-benchmark",
    "redis-py",
    "redis-py+hiredis",
  ].reverse();
  const series = clients.map((client, i) => ({ name: label(client), points: [[10, 30 + i], [7000, 4500]] as const }));
  const picture = { file: "x", title: "x", x: "size", y: "seconds", panels: [{ title: "Deno", series }] };
  assertEquals(Object.keys(COATS), ["light", "dark"]);
  for (const coat of Object.values(COATS)) {
    const drawn = lines(picture, coat);
    const colours = new Map(drawn.series.map(({ name, itemStyle }) => [name, itemStyle.color]));
    assertEquals(colours.get("Respire"), coat.ours);
    assertEquals(new Set(colours.values()).size, clients.length);
    assertEquals(drawn.legend.data[0], "Respire");
    assertEquals(drawn.legend.data.length, clients.length);
    // 30 to 4500 between 20 and 5000, steps of 1, 2, 5; the sizes as they are.
    assertEquals([drawn.yAxis[0]!.min, drawn.yAxis[0]!.max], [20, 5000]);
    assertEquals([drawn.xAxis[0]!.min, drawn.xAxis[0]!.max], [10, 7000]);
  }
  assert(clients.length >= 12);
});

test("axes say that they are logarithmic, and have numbers close enough; programs of other languages are no plain lines", async () => {
  const { COATS, lines } = await import(new URL("../../bench/pictures.ts", import.meta.url).href) as Pictures;
  const drawn = (most: number, ...clients: string[]): ReturnType<Pictures["lines"]> => {
    const series = clients.map((client) => ({ name: label(client), points: [[10, 1], [7000, most]] as const }));
    const picture = { file: "x", title: "x", x: "size", y: "seconds", panels: [{ title: "Deno", series }] };
    return lines(picture, COATS.light);
  };
  const numbers = (most: number): readonly number[] => drawn(most, "respire").yAxis[0]!.axisLabel.customValues;
  assertEquals(numbers(10), [1, 1.5, 2, 3, 4, 5, 6, 8, 10]);
  assertEquals(numbers(90), [1, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 40, 50, 60, 80, 100]);
  assertEquals(numbers(9000), [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000]);
  assertEquals(numbers(1e9).length, 10);
  const { series, xAxis, yAxis } = drawn(
    2,
    "respire",
    "ioredis",
    "hiredis",
    "redis-benchmark",
    "redis-py",
    "redis-py+hiredis",
  );
  assertEquals([xAxis[0]!.name, yAxis[0]!.name], ["size, log scale", "seconds, log scale"]);
  assertEquals(series.map(({ lineStyle }) => lineStyle.type), [
    "solid",
    "solid",
    "dashed",
    "dashed",
    "dotted",
    "dotted",
  ]);
});
