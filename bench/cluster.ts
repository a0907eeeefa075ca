/**
 * Clients of a cluster: commands a second over three nodes, and what the client's own CPU has to do for each.
 *
 * @module
 */
import { writeFileSync } from "node:fs";
import process from "node:process";
import { startRedis } from "../src/testing/mod.ts";
import { buildForNode, CLIENTS, requireRivals } from "./contestants.ts";
import { resultsFile } from "./options.ts";
import { median } from "./results.ts";
import { startServer } from "./server.ts";
import { ask, choices, surroundings } from "./subjects.ts";

interface Outcome {
  readonly perSecond: number;
  readonly cpu: number;
}

/** One client in one work. */
export interface ClusterRow {
  readonly client: string;
  readonly work: string;
  /** By runtime; empty where it does not run. */
  readonly runtimes: Readonly<Record<string, { perSecond: number; low: number; high: number; cpu: number }>>;
}

const { runtimes, quick, out, whole } = choices();
const rounds = quick ? 1 : 5;
const seconds = quick ? 0.3 : 1;
/** `alone` is Respire's ordinary client on a server that is no cluster: what finding the node costs is between the two. */
const CONTESTANTS = ["respire", "alone", "ioredis", "node_redis", "glide"];
const WORKS = ["one", "callers", "storm"];

requireRivals();
if (runtimes.includes("node")) buildForNode();
const server = await startServer();
const cluster = await startRedis({ cluster: true });
const rows: ClusterRow[] = [];
try {
  for (const work of WORKS) {
    const samples = new Map<string, Outcome[]>();
    for (let round = 0; round < rounds; round++) {
      for (const runtime of runtimes) {
        const places = CONTESTANTS.filter((client) => (CLIENTS[client] ?? CLIENTS.respire).includes(runtime));
        for (let i = 0; i < places.length; i++) {
          const client = places[(i + round) % places.length];
          const port = client === "alone" ? server.port : cluster.nodes[0].port;
          const { value } = await ask<Outcome>(runtime, "cluster_subject", client, work, String(port), String(seconds));
          const key = `${client} ${runtime}`;
          samples.set(key, [...samples.get(key) ?? [], value]);
        }
      }
    }
    for (const client of CONTESTANTS) {
      const found = runtimes.flatMap((runtime) => {
        const taken = samples.get(`${client} ${runtime}`);
        if (taken === undefined) return [];
        const speeds = taken.map(({ perSecond }) => Math.round(perSecond)).sort((a, b) => a - b);
        const cpu = Number(median(taken.map((sample) => sample.cpu)).toFixed(2));
        return [[runtime, { perSecond: median(speeds), low: speeds[0], high: speeds.at(-1)!, cpu }] as const];
      });
      rows.push({ client, work, runtimes: Object.fromEntries(found) });
      for (const [runtime, { perSecond, cpu }] of found) console.log(work, client, runtime, perSecond, `${cpu} µs`);
    }
  }
  const run = { group: "cluster", ...surroundings(rounds, seconds, server), results: rows };
  writeFileSync(resultsFile("cluster", whole, out), JSON.stringify(run, null, 1) + "\n");
} finally {
  await cluster[Symbol.asyncDispose]();
  await server.stop();
}
process.exit(0);
