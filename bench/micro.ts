/**
 * In-process figures of the codec, per runtime; with `perf`, where the processor counts, instructions as well.
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { buildForNode, RUNTIMES } from "./contestants.ts";
import { resultsFile } from "./options.ts";
import { ask, choices, surroundings } from "./subjects.ts";

type Timing = { median: number; low: number; high: number };

/** Instructions of the whole run in user mode, or why there are none. */
function instructions(runtime: string): number | string {
  const words = ["stat", "-x", ",", "-e", "instructions:u", ...RUNTIMES[runtime]("micro_subject"), "0"];
  const { stderr, error } = spawnSync("perf", words, { cwd: import.meta.dirname, encoding: "utf8" });
  const count = Number(/^(\d+),/m.exec(stderr ?? "")?.[1] ?? NaN);
  if (Number.isFinite(count)) return count;
  return error === undefined ? "this processor does not count them here" : "perf is not installed";
}

const { runtimes, quick, out, whole } = choices();
if (runtimes.includes("node")) buildForNode();
const seconds = quick ? 0.05 : 0.3;
const results: Record<string, Record<string, Timing>> = {};
const counted: Record<string, number | string> = {};
for (const runtime of runtimes) {
  results[runtime] = (await ask<Record<string, Timing>>(runtime, "micro_subject", String(seconds))).value;
  counted[runtime] = instructions(runtime);
}
console.log(`nanoseconds each${" ".repeat(30)}${runtimes.map((runtime) => runtime.padStart(10)).join("")}`);
for (const name of Object.keys(results[runtimes[0]])) {
  const cells = runtimes.map((runtime) => results[runtime][name].median.toPrecision(3).padStart(10));
  console.log(`${name.padEnd(46)}${cells.join("")}`);
}
console.log("instructions:", counted);
writeFileSync(
  resultsFile("micro", whole, out),
  JSON.stringify({ group: "micro", ...surroundings("", 1, seconds), results, instructions: counted }, null, 1) + "\n",
);
