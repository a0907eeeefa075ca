/**
 * In-process figures of the codec, per runtime; with `perf`, where the processor counts, instructions as well. `--quick`,
 * `--runtime deno,bun,node`, `--out FOLDER`.
 *
 * `--against FILE` holds them against those of an earlier run, `results/micro.json` unless given; `--bound RATIO` does so,
 * too, and ends with 1 if a case takes more than so many times as long. What is compared is not kept.
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { changes, line, slower, type Timing, type Timings } from "./against.ts";
import { buildForNode, RUNTIMES } from "./contestants.ts";
import { positive, refuse, resultsFile } from "./options.ts";
import { ask, choices, surroundings } from "./subjects.ts";

/** Instructions of the whole run in user mode, or why there are none. */
function instructions(runtime: string): number | string {
  const words = ["stat", "-x", ",", "-e", "instructions:u", ...RUNTIMES[runtime]("micro_subject"), "0"];
  const { stderr, error } = spawnSync("perf", words, { cwd: import.meta.dirname, encoding: "utf8" });
  const count = Number(/^(\d+),/m.exec(stderr ?? "")?.[1] ?? NaN);
  if (Number.isFinite(count)) return count;
  return error === undefined ? "this processor does not count them here" : "perf is not installed";
}

/** The timings of an earlier run. */
function earlier(file: string): Timings {
  try {
    return JSON.parse(readFileSync(file, "utf8")).results;
  } catch (error) {
    refuse(`--against: ${(error as Error).message}`);
  }
}

const { runtimes, quick, out, whole, more } = choices([], ["against", "bound"]);
const bound = more.bound === undefined ? Infinity : positive("bound", more.bound);
const compared = more.against !== undefined || more.bound !== undefined;
const before = compared ? earlier(more.against ?? join(import.meta.dirname!, "results", "micro.json")) : {};
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
  resultsFile("micro", whole && !compared, out),
  JSON.stringify({ group: "micro", ...surroundings(1, seconds), results, instructions: counted }, null, 1) + "\n",
);
if (compared) {
  const found = changes(before, results);
  if (found.length === 0) refuse("--against: that file and this run have no case in common");
  console.log(`\n${found.map(line).join("\n")}`);
  const worse = found.filter((change) => slower(change, bound));
  if (worse.length > 0) console.log(`\nmore than ${bound}×:\n${worse.map(line).join("\n")}`);
  process.exitCode = worse.length > 0 ? 1 : 0;
}
