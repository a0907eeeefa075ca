// What is made of the rounds of one contestant.
import { assertEquals } from "@std/assert";
import { figure, median } from "../../bench/results.ts";
import { test } from "../support/test.ts";

test("the median is the middle, or the mean of the two in the middle, whatever the order", () => {
  assertEquals(median([7]), 7);
  assertEquals(median([9, 1, 5]), 5);
  assertEquals(median([100, 9, 1, 5]), 7);
  // As numbers, not as texts.
  assertEquals(median([10, 9, 100]), 10);
  const values = [3, 1, 2];
  median(values);
  assertEquals(values, [3, 1, 2], "the values themselves stay as they were");
});

test("a figure has the medians of rate and costs, and half the way from slowest to fastest as a part of the rate", () => {
  const rounds = [
    { rate: 100, cpu: 1e-6, server: 8e-6 },
    { rate: 400, cpu: 3e-6, server: 2e-6 },
    { rate: 200, cpu: 2e-6, server: 5e-6 },
  ];
  assertEquals(figure("respire", "deno", rounds), {
    client: "respire",
    runtime: "deno",
    samples: [100, 400, 200],
    median: 200,
    spread: 0.75, // (400 - 100) / 2 / 200
    cpu: 2, // microseconds
    server: 5,
  });
});

test("a figure of one round has no spread, and keeps five digits", () => {
  const one = figure("hiredis", "c", [{ rate: 1234567.8, cpu: 0.12345678e-6, server: 1e-6 }]);
  assertEquals(one.samples, [1234600]);
  assertEquals([one.median, one.spread, one.cpu], [1234600, 0, 0.12346]);
});
