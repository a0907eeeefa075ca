/**
 * What a unit of work costs while the work grows from ten to ten million: flat lines are good news. `--only KIND,…`,
 * `--quick`, `--runtime deno,bun,node`, `--out FOLDER`.
 *
 * @module
 */
import { writeFileSync } from "node:fs";
import process from "node:process";
import { buildForNode } from "./contestants.ts";
import { resultsFile } from "./options.ts";
import { short } from "./tables.ts";
import { startServer } from "./server.ts";
import { ask, choices, surroundings } from "./subjects.ts";

/** One point of a line. */
export interface Point {
  readonly size: number;
  /** For one command, element or byte; absent if the runtime could not do it. */
  readonly nanoseconds?: number;
  /**
   * What the first round of the work took, in bytes: by how much the process was larger at its peak (or after the round,
   * where its start had a higher one) than when it had connected. The garbage of that round is in it, and its compiled code.
   */
  readonly memory?: number;
  readonly failed?: string;
}

/** What grows, and what is counted. */
export const KINDS: Readonly<Record<string, string>> = {
  pipeline: "commands in one pipeline, replies kept",
  stream: "commands in one pipeline, replies not kept",
  reply: "elements in one reply",
  pending: "commands pending at once, a promise each",
  chunk: "bytes in a chunk, cost of one byte decoded",
};

const { runtimes, quick, out, only, whole } = choices(Object.keys(KINDS));
const seconds = quick ? 0.05 : 0.4;
const largest = quick ? 100_000 : 10_000_000;

function sizes(kind: string): number[] {
  const found: number[] = [];
  if (kind === "chunk") { for (let size = 1; size <= 1 << 20; size *= quick ? 32 : 4) found.push(size); }
  else for (let size = 10; size <= largest; size *= quick ? 100 : 10) found.push(size);
  return found;
}

if (runtimes.includes("node")) buildForNode();
const server = await startServer();
const results: Record<string, Record<string, Point[]>> = {};
try {
  for (let have = 0; have < largest; have += 100_000) {
    server.lua(`local v = {} for i = 1, 1000 do v[i] = 'value:123456' end
      for i = 1, ${Math.min(100, largest / 1000)} do redis.call('RPUSH', 'growth:list', unpack(v)) end`);
  }
  server.command("HSET", "growth:hash", "field", "value:123456");
  for (const kind of only) {
    results[kind] = {};
    console.log(`\n${KINDS[kind]}: nanoseconds each, growth of memory`);
    for (const size of sizes(kind)) {
      const cells: string[] = [];
      for (const runtime of runtimes) {
        const line = results[kind][runtime] ??= [];
        let point: Point;
        try {
          const words = [kind, String(size), String(server.port), String(seconds)];
          const { value } = await ask<Point>(runtime, "growth_subject", ...words);
          point = { size, nanoseconds: Number(value.nanoseconds!.toPrecision(4)), memory: value.memory };
        } catch (error) {
          point = { size, failed: (error as Error).message };
        }
        line.push(point);
        cells.push(
          point.failed ??
            `${short(point.nanoseconds!).padStart(6)} ns ${short(point.memory! / 2 ** 20).padStart(6)} MiB`,
        );
      }
      console.log(
        `${String(size).padStart(9)}  ${cells.map((cell, i) => `${runtimes[i]} ${cell.padEnd(20)}`).join("  ")}`,
      );
    }
    // What is measured is kept, whatever becomes of the rest.
    const run = { group: "growth", ...surroundings(1, seconds, server), kinds: KINDS, results };
    writeFileSync(resultsFile("growth", whole, out), JSON.stringify(run, null, 1) + "\n");
  }
} finally {
  await server.stop();
}
process.exit(0);
