/**
 * Results as the bench keeps them, made up for tests: what is not told is the same for all.
 *
 * @module
 */
import type { Figure, Result, Run } from "../../bench/results.ts";

/** A client's figure: units a second, and what else matters in the test. */
export function figure(client: string, runtime: string, median: number, rest: Partial<Figure> = {}): Figure {
  return { client, runtime, samples: [median], median, spread: 0, cpu: 1, server: 1000, ...rest };
}

/** One workload's result. */
export function result(name: string, figures: readonly Figure[], skipped: Record<string, string> = {}): Result {
  return { name, title: `the work ${name}`, unit: "command", figures, skipped };
}

/** A run of these results. */
export function run(results: readonly Result[], rest: Partial<Run> = {}): Run {
  return {
    group: "made up",
    date: "2026-02-03T04:05:06.000Z",
    commit: "abc1234",
    machine: { cpu: "Abacus", cores: 3, memory: "4 GiB", system: "linux 1.2.3" },
    server: "7.0.15",
    serverPinned: true,
    versions: { deno: "deno 2.9.6 (stable, release)", bun: "1.4.5", node: "v20.20.2" },
    settings: { rounds: 5, seconds: 0.3, warmUp: 0.4 },
    results,
    ...rest,
  };
}

/** A table in markdown as rows of cells, the line below its head left out. */
export function cells(table: string): string[][] {
  return table.split("\n").filter((line) => line.startsWith("|") && !line.startsWith("| ---"))
    .map((line) => line.slice(2, -2).split(" | "));
}
