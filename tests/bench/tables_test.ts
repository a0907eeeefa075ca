// Tables of made-up results: figures as they are written, ratios, and who is left out.
import { assert, assertEquals } from "@std/assert";
import { bytesAgainstText, figures, ours, summary, table } from "../../bench/report.ts";
import { caption, label, made, missing, row, short, TABLES } from "../../bench/tables.ts";
import type { Run } from "../../bench/results.ts";
import { GROUPS } from "../../bench/workloads.ts";
import { test } from "../support/test.ts";
import { cells, figure, result, run } from "./runs.ts";

test("figures have three digits, and letters for thousands and millions", () => {
  const written: [number, string][] = [
    [0, "0"],
    [0.12345, "0.123"],
    [98.76, "98.8"],
    [999.4, "999"],
    [999.6, "1.00k"],
    [1234, "1.23k"],
    [9994, "9.99k"],
    [9996, "10k"],
    [123_456, "123k"],
    [999_499, "999k"],
    [999_500, "1.00M"],
    [12_345_678, "12.3M"],
  ];
  for (const [value, text] of written) assertEquals(short(value), text);
});

test("under a table stands who could not be measured in any of its workloads, and why", () => {
  const away = { "deno_redis (deno)": "cannot be loaded here", "hiredis (c)": "has no such thing" };
  const both = run([result("a", [], away), result("b", [], { ...away, "glide (node)": "took too long" })]);
  assertEquals(
    missing(both),
    " Not measured, for they cannot be loaded here: @db/redis (deno). " +
      "Without a figure: valkey-glide (node) (took too long) in “the work b”.",
  );
  assert(summary(both).endsWith(missing(both)));
  assertEquals(missing(run([result("a", [], { "hiredis (c)": "has no such thing" }), result("b", [])])), "");
  assertEquals(missing({ ...both, results: {} } as unknown as Run), "");
});

test("under a table stands what its group has got since", () => {
  const [first, ...others] = GROUPS.single!;
  const note = missing(run([result(first!.name, [])], { group: "single" }));
  assertEquals(note, ` Not measured yet: ${others.map(({ title }) => title).join("; ")}.`);
  assertEquals(missing(run(GROUPS.single!.map(({ name }) => result(name, [])), { group: "single" })), "");
});

test("clients have the names that people know them by", () => {
  assertEquals(["respire", "bun", "hiredis", "ioredis"].map(label), [
    "Respire",
    "Bun built-in",
    "C, hiredis",
    "ioredis",
  ]);
  assertEquals(row(["a", "b"]), "| a | b |");
});

const WORK = result(
  "callers-1:hget",
  [
    figure("ioredis", "node", 50, { spread: 0.124, cpu: 12.34, server: 5 }),
    figure("respire", "node", 100),
    figure("hiredis", "c", 600),
    figure("respire", "deno", 300),
    figure("node_redis", "deno", 25),
    figure("node_redis", "bun", 1000),
  ],
  { "glide (node)": "cannot be loaded here", "deno_redis (deno)": "has no such thing" },
);

test("ratios are to our figure in the same runtime, or to our best where we did not run", () => {
  assertEquals(ours(WORK, "node")!.median, 100);
  assertEquals(ours(WORK, "c")!.median, 300);
  assertEquals(ours(result("x", [figure("ioredis", "node", 1)]), "node"), undefined);
  const lines = table(WORK).split("\n");
  assertEquals(lines[0], "callers-1:hget: the work callers-1:hget");
  // The ratio, the client, where it ran: from the fastest to the slowest.
  const found = lines.slice(2, 8).map((line) => line.trim().split(/\s+/).slice(0, 3));
  assertEquals(found, [
    ["0.30×", "node_redis", "bun"],
    ["0.50×", "hiredis", "c"],
    ["1", "respire", "deno"],
    ["1", "respire", "node"],
    ["2.00×", "ioredis", "node"],
    ["12×", "node_redis", "deno"],
  ]);
  assert(/ioredis +node +50 +± +12 % +12\.3 +5$/.test(lines[6]!), lines[6]);
});

test("who was left out is named, with the reason", () => {
  const skipped = table(WORK).split("\n").filter((line) => line.includes("skipped"));
  assertEquals(skipped.map((line) => line.trim().replace(/ +/g, " ")), [
    "skipped glide (node): cannot be loaded here",
    "skipped deno_redis (deno): has no such thing",
  ]);
});

test("a summary has the best peer of each runtime, and the best of ours beside programs in C", () => {
  const [head, first, second] = cells(summary(run([
    WORK,
    result("storm", [
      figure("respire", "bun", 1000),
      figure("bun", "bun", 80),
      figure("ioredis", "bun", 100),
      figure("redis-benchmark", "c", 2000),
    ]),
  ])));
  assertEquals(head!.length, 6);
  // Respire did not run in Bun there, though another did.
  assertEquals(first, ["the work callers-1:hget", "12× (node-redis)", "–", "2.00× (ioredis)", "–", "0.50×"]);
  assertEquals(second, ["the work storm", "–", "10× (ioredis)", "–", "0.50×", "–"]);
});

test("a summary tells the ratios of the rounds: the one in the middle, the least and the greatest", () => {
  const [, row] = cells(summary(run([
    result("storm", [
      figure("respire", "deno", 1500, { samples: [300, 1500, 4000] }),
      figure("iovalkey_auto", "deno", 400, { samples: [100, 700, 1000] }),
      figure("hiredis", "c", 1, { samples: [300, 150, 500] }),
    ]),
  ])));
  assertEquals(row!.slice(1), ["3.00× (2.14–4.00; iovalkey, auto)", "–", "–", "–", "8.00× (1.00–10)"]);
});

test("our bytes are held against our text of the same size, in the same runtime", () => {
  const made = run([
    result("get-1MiB:text", [
      figure("respire", "deno", 100, { samples: [80, 100, 120] }),
      figure("respire", "node", 100),
      figure("ioredis", "bun", 1),
    ]),
    result("get-1MiB:bytes", [
      figure("respire", "deno", 150, { samples: [120, 150, 160] }),
      figure("respire", "node", 50),
      figure("respire", "bun", 1),
    ]),
    result("set-1MiB:text", [figure("respire", "deno", 1)]),
    result("callers-1:hget", [figure("respire", "deno", 1)]),
  ]);
  assertEquals(cells(bytesAgainstText(made)), [
    ["bytes × text, Respire", "Deno", "Bun", "Node"],
    ["the work get-1MiB:text", "1.50×", "–", "0.50×"],
  ]);
});

test("the figures of a runtime have its clients and those of other languages, a dash where one is missing", () => {
  const made = run([
    WORK,
    result("storm", [
      figure("respire", "deno", 2000, { samples: [1888, 2112], spread: 0.056, cpu: 0.5 }),
      figure("redis-py", "python", 7),
    ]),
  ]);
  assertEquals(cells(figures(made, "deno")), [
    ["a second (CPU µs each)", "C, hiredis", "Respire", "node-redis", "redis-py"],
    ["the work callers-1:hget", "600 (1)", "300 (1)", "25 (1)", "–"],
    // One round tells nothing of a spread.
    ["the work storm", "–", "2.00k ± 6 % (0.5)", "–", "7 (1)"],
  ]);
});

test("a caption says when, where and with what", () => {
  const text = caption(run([]));
  for (
    const part of [
      "2026-02-03, commit abc1234; Abacus, 3 cores, linux 1.2.3;",
      "redis-server 7.0.15 pinned to a core;",
      "medians of 5 rounds of at least 0.3 s, after 0.4 s to warm up.",
      "deno 2.9.6, Bun built-in 1.4.5, node 20.20.2.",
    ]
  ) assert(text.includes(part), `${part} — ${text}`);
  const other = caption(run([], { serverPinned: false, settings: { rounds: 1, seconds: 2, warmUp: 0 } }));
  assert(other.includes("redis-server 7.0.15; one round of at least 2 s. "), other);
  assert(caption(run([], { versions: { deno: "not installed" } })).endsWith(" deno not installed."));
  // What was planned is not what there was time for.
  const rounds = (...counts: number[]): string =>
    caption(run(
      [result("a", counts.map((count) => figure("respire", "deno", 1, { samples: Array(count).fill(1) })))],
      { settings: { rounds: 5, seconds: 0.3, warmUp: 1, leadIn: 0.5 } },
    ));
  assert(
    rounds(2, 4, 3).includes(
      "; medians of 2 to 4 rounds of at least 0.3 s, after 1 s to warm up, and 0.5 s more before each. ",
    ),
  );
  assert(rounds(3, 3).includes("; medians of 3 rounds of "));
});

test("a measurement without rivals says how often it was repeated", () => {
  const text = (rounds: number, seconds: number): string =>
    made({ ...run([], { settings: { rounds, seconds, warmUp: 0 } }), results: {} } as unknown as Run);
  const where = "2026-02-03, commit abc1234; Abacus, 3 cores; ";
  const versions = "; deno 2.9.6, bun 1.4.5, node 20.20.2.";
  assertEquals(text(7, 0), `${where}medians of 7 rounds${versions}`);
  assertEquals(text(1, 0.4), `${where}one round of at least 0.4 s${versions}`);
});

/** A measurement without rivals. */
function measured(name: string, rest: Record<string, unknown>): string[][] {
  return cells(TABLES[name]!({ ...run([]), ...rest } as unknown as Run));
}

test("the table of growth has a row a size, memory that shrank is none, and failures say why", () => {
  const results = {
    pipeline: {
      deno: [{ size: 10, nanoseconds: 1500, memory: -5 }, { size: 1_000_000, nanoseconds: 99.94, memory: 3 * 2 ** 20 }],
      bun: [{ size: 10, nanoseconds: 2, memory: 2 ** 19 }],
      node: [{ size: 10, nanoseconds: 2, memory: 0 }, { size: 1_000_000, failed: "out of memory" }],
    },
  };
  assertEquals(measured("growth", { kinds: { pipeline: "commands" }, results }), [
    ["commands", "deno", "bun", "node"],
    ["10", "1.50k ns, 0 MiB", "2 ns, 0.5 MiB", "2 ns, 0 MiB"],
    ["1,000,000", "99.9 ns, 3 MiB", "–", "out of memory"],
  ]);
});

test("the tables of starts and bundles name who cannot be had", () => {
  const starts = [
    { client: "nothing", runtime: "deno", import: 0, first: 20.5 },
    { client: "respire", runtime: "deno", import: 1.5, first: 30 },
    { client: "respire", runtime: "node", skipped: "cannot be loaded here" },
    { client: "respire_sources", runtime: "deno", import: 2.5, first: 40 },
  ];
  const sizes = [{ what: "all", minified: 2048, gzip: 1280 }, { what: "some", skipped: "not there" }];
  assertEquals(measured("startup", { starts, sizes }), [
    ["ms of import / from process start to first reply", "deno", "bun", "node"],
    ["(an empty program)", "0 / 20.5", "–", "–"],
    ["Respire", "1.5 / 30", "–", "cannot be loaded here"],
    ["Respire, from its sources", "2.5 / 40", "–", "–"],
    ["bundle", "minified", "gzip"],
    ["all", "2.0 KiB", "1.3 KiB"],
    ["some", "not there", "–"],
  ]);
});

test("the tables of workers, of the codec and of compilers have what was measured, each in its place", () => {
  const scale = (perSecond: number): unknown[] =>
    [0, 1, 2].map((workers) => ({ workers, perSecond: perSecond * (workers + 1), latest: workers }));
  const workers = measured("workers", { results: { deno: scale(100), bun: scale(200), node: scale(300) } });
  assertEquals(workers.slice(1).map(([who, , bun]) => [who, bun]), [
    ["on the main thread", "200 (main thread late by 0 ms at most)"],
    ["1 worker", "400 (main thread late by 1 ms at most)"],
    ["2 workers", "600 (main thread late by 2 ms at most)"],
  ]);
  const codec = (median: number): unknown => ({ encode: { median, low: 1, high: 9 } });
  const instructions = { deno: 12, bun: "perf is not installed", node: 34 };
  const micro = measured("micro", { results: { deno: codec(5), bun: codec(6), node: codec(7.777) }, instructions });
  assertEquals(micro.slice(1), [
    ["encode", "5 (1–9)", "6 (1–9)", "7.78 (1–9)"],
    ["instructions of the whole run", "12", "perf is not installed", "34"],
  ]);
  const checks = [{ what: "ours", total: 1.2345, check: 0.5, memory: 99, lines: 12_345 }];
  assertEquals(measured("typecheck", { checks }).slice(1), [["ours", "1235", "500", "99", "12,345"]]);
});
