import { assert, assertEquals } from "@std/assert";
import { exponential } from "../../mod.ts";
import { test } from "../support/test.ts";

const error = new Error("lost");

test("pauses double up to a cap, and end after so many attempts", () => {
  const longest = exponential({ base: 10, cap: 100, attempts: 7, random: () => 1 });
  assertEquals([1, 2, 3, 4, 5, 6, 7, 8].map((n) => longest(n, error)), [10, 20, 40, 80, 100, 100, null, null]);
  const shortest = exponential({ base: 10, cap: 100, attempts: 7, random: () => 0 });
  assertEquals([1, 4, 6].map((n) => shortest(n, error)), [5, 40, 50]);
});

test("many clients that lost one server do not come back at the same instant", () => {
  const backoff = exponential();
  const delays = Array.from({ length: 200 }, () => backoff(6, error)!);
  assert(new Set(delays).size > 150);
  assert(delays.every((delay) => delay >= 800 && delay <= 1600));
});

test("without settings it goes on for as long as it takes, at most 2 seconds apart", () => {
  const backoff = exponential();
  const delays = Array.from({ length: 5000 }, (_, i) => backoff(i + 1, error));
  assert(delays.every((delay) => delay !== null && delay > 0 && delay <= 2000));
  assert(delays.slice(6).every((delay) => delay! >= 1000));
  const atOnce = exponential({ base: 0 });
  assertEquals([1, 2, 2000].map((attempt) => atOnce(attempt, error)), [0, 0, 0]);
});
