/**
 * Decode-heavy work in workers: documents read and parsed a second, and how long the main thread stays deaf.
 *
 * @module
 */
import { writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import process from "node:process";
import { buildForNode } from "./contestants.ts";
import { resultsFile } from "./options.ts";
import { median } from "./results.ts";
import { startServer } from "./server.ts";
import { ask, choices, surroundings } from "./subjects.ts";

interface Outcome {
  readonly perSecond: number;
  readonly elapsed: number;
  readonly latest: number;
}

/** One number of workers in one runtime; none is the main thread itself. */
export interface Scale {
  readonly workers: number;
  readonly perSecond: number;
  /** The longest that a timer of the main thread came late in any round, in milliseconds. */
  readonly latest: number;
}

const { runtimes, quick, out, whole } = choices();
const rounds = quick ? 1 : 5;
const seconds = quick ? 0.5 : 2;
/** Enough that whoever parses a list is deaf for a time that can be told from a timer's own lateness. */
const documents = quick ? 10_000 : 50_000;
const counts = [0, 1, 2, 4].filter((count) => count <= Math.max(2, 2 * availableParallelism()));
if (runtimes.includes("node")) buildForNode();
const server = await startServer();
const results: Record<string, Scale[]> = {};
try {
  server.lua(`local tags = {} for i = 1, 20 do tags[i] = 'tag ' .. i end
    for i = 1, ${documents} do
      redis.call('RPUSH', 'workers:documents', cjson.encode({ id = i, name = 'document ' .. i, score = i / 3, tags = tags }))
    end`);
  console.log("workers (0: main thread)   documents a second   main thread late by at most");
  for (const runtime of runtimes) {
    results[runtime] = [];
    const samples = counts.map((): Outcome[] => []);
    for (let round = 0; round < rounds; round++) {
      for (let i = 0; i < counts.length; i++) {
        const at = (i + round) % counts.length;
        const words = [String(counts[at]), String(server.port), String(seconds)];
        samples[at].push((await ask<Outcome>(runtime, "workers_subject", ...words)).value);
      }
    }
    counts.forEach((workers, i) => {
      const perSecond = Math.round(median(samples[i].map((sample) => sample.perSecond)));
      const latest = Number(Math.max(...samples[i].map((sample) => sample.latest)).toFixed(1));
      results[runtime].push({ workers, perSecond, latest });
      console.log(`${runtime.padEnd(6)} ${workers}  ${String(perSecond).padStart(10)}  ${latest} ms`);
    });
  }
  const run = { group: "workers", ...surroundings(rounds, seconds, server), results };
  writeFileSync(resultsFile("workers", whole, out), JSON.stringify(run, null, 1) + "\n");
} finally {
  await server.stop();
}
process.exit(0);
