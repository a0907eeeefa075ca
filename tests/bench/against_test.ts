// A run of micro.ts held against an earlier one: what is found slower, and what only was disturbed.
import { assert, assertEquals } from "@std/assert";
import { changes, line, slower, type Timing } from "../../bench/against.ts";
import { test } from "../support/test.ts";

const timing = (median: number, low: number, high: number): Timing => ({ median, low, high });

test("each case that both runs have is compared, in each runtime", () => {
  const before = { deno: { one: timing(100, 90, 120), gone: timing(1, 1, 1) }, node: { one: timing(50, 40, 60) } };
  const now = {
    deno: { one: timing(150, 80, 160), new: timing(1, 1, 1) },
    node: { one: timing(25, 20, 30) },
    bun: { one: timing(1, 1, 1) },
  };
  const found = changes(before, now);
  assertEquals(found.map(({ name, runtime, ratio }) => [name, runtime, ratio]), [["one", "deno", 1.5], [
    "one",
    "node",
    0.5,
  ]]);
  assertEquals(
    line(found[0]!).replaceAll(/ +/g, " "),
    "one deno 1.50× 100 (90–120) → 150 (80–160) ns",
  );
});

test("slower is what is so in its fast rounds, too", () => {
  const before = { deno: { one: timing(100, 90, 120) } };
  const isSlower = (now: Timing, bound: number): boolean => slower(changes(before, { deno: { one: now } })[0]!, bound);
  assert(isSlower(timing(130, 120, 150), 1.25));
  assert(!isSlower(timing(130, 120, 150), 1.5));
  // The machine was busy for more than half of the rounds.
  assert(!isSlower(timing(200, 91, 300), 1.25));
  assert(!isSlower(timing(100, 120, 120), 1.25));
});
