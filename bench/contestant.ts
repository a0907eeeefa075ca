/**
 * One client in a process of its own. It reads lines from standard input: `run SECONDS UNITS` measures, the end of
 * input closes. It answers one line of JSON each. The C and Python programs speak the same.
 *
 * @module
 */
import process from "node:process";
import { createInterface } from "node:readline";
import type { Client } from "./driver.ts";
import { type Step, workloadOf } from "./workloads.ts";

const [name, port, workload] = process.argv.slice(2);
const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
/** The library is not there, or not for this runtime; there is no use in asking again. */
const CANNOT_LOAD = "cannot be loaded here";
const say = (answer: unknown): unknown => process.stdout.write(JSON.stringify(answer) + "\n");

/** Repeats the step for at least so many seconds and units. */
async function measure(step: Step, seconds: number, units: number): Promise<void> {
  const cpu = process.cpuUsage();
  const start = performance.now();
  let done = 0;
  let elapsed = 0;
  do {
    done += await step();
    elapsed = (performance.now() - start) / 1000;
  } while (elapsed < seconds || done < units);
  const { user, system } = process.cpuUsage(cpu);
  say({ units: done, seconds: elapsed, cpu: (user + system) / 1e6 });
}

async function load(): Promise<Client | undefined> {
  try {
    return await import(new URL(`clients/${name}.${extension}`, import.meta.url).href);
  } catch (error) {
    console.error(`${name}: ${error}`);
  }
}

try {
  const client = await load();
  if (client === undefined) throw new Error(CANNOT_LOAD);
  const driver = await client.open(Number(port));
  const step = await workloadOf(workload).prepare(driver);
  if (step !== undefined) await step();
  say(step === undefined ? { skipped: "has no such thing" } : { version: await client.version() });
  for await (const line of createInterface({ input: process.stdin })) {
    const [, seconds, units] = line.split(" ");
    if (step !== undefined) await measure(step, Number(seconds), Number(units));
  }
  await driver.close();
} catch (error) {
  say({ skipped: String(error instanceof Error ? error.message : error).split("\n")[0] });
}
process.exit(0);
