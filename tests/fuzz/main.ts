/**
 * The long fuzz run.
 *
 *     deno task fuzz [--inputs 10000000] [--seed 1]
 *
 * A failure prints its seed and the smallest input that shows it. Memory is held against a bound on the way.
 *
 * @module
 */
import process from "node:process";
import { parseArgs } from "node:util";
import fc from "fast-check";
import { FUZZ } from "./properties.ts";

const { values } = parseArgs({
  args: process.argv.slice(2),
  options: { inputs: { type: "string", default: "10000000" }, seed: { type: "string", default: "1" } },
});

/** Inputs between two looks at memory. */
const BATCH = 20_000;
/** What the process may hold beyond what it held after its first inputs, in MiB. */
const BOUND = 400;

const mebibytes = (): number => Math.round(process.memoryUsage().rss / 2 ** 20);

async function run(): Promise<boolean> {
  let base = 0;
  let highest = 0;
  let inputs = 0;
  const started = performance.now();
  for (const { name, share, property } of FUZZ) {
    const wanted = Math.round(Number(values.inputs) * share);
    const began = performance.now();
    for (let done = 0; done < wanted; done += BATCH) {
      const numRuns = Math.min(BATCH, wanted - done);
      const result = await fc.check(property, { numRuns, seed: Number(values.seed) + done });
      if (result.failed) {
        console.log(`${name}: FAILED\n${fc.defaultReportMessage(result)}`);
        return false;
      }
      inputs += numRuns;
      highest = Math.max(highest, mebibytes());
      base ||= highest;
      if (highest > base + BOUND) {
        console.log(`${name}: FAILED, memory grew from ${base} to ${highest} MiB`);
        return false;
      }
    }
    const seconds = (performance.now() - began) / 1000;
    console.log(`${name}: ${wanted} inputs in ${seconds.toFixed(0)} s, ${highest} MiB at most`);
  }
  const seconds = (performance.now() - started) / 1000;
  console.log(
    `${inputs} inputs in ${
      seconds.toFixed(0)
    } s, seed ${values.seed}; memory ${base} MiB first, ${highest} MiB at most: nothing found`,
  );
  return true;
}

process.exit(await run() ? 0 : 1);
