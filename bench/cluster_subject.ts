/**
 * One client of a cluster at one kind of work.
 *
 * @module
 */
import process from "node:process";
import { connect } from "../mod.ts";
import { connectCluster } from "../src/cluster/mod.ts";

/** What is used of a client. */
interface Driver {
  hset(key: string, field: string, value: string): Promise<unknown>;
}

const [client, work, portWord, secondsWord] = process.argv.slice(2);
const port = Number(portWord);
const seconds = Number(secondsWord);
const host = "127.0.0.1";

/** As each client's README connects to a cluster. */
const OPEN: Readonly<Record<string, () => Promise<Driver>>> = {
  respire: () => connectCluster({ port }),
  alone: () => connect({ port }),
  async ioredis() {
    const { Cluster } = await import("ioredis");
    return new Cluster([{ host, port }]);
  },
  async node_redis() {
    const { createCluster } = await import("redis");
    const cluster = createCluster({ rootNodes: [{ url: `redis://${host}:${port}` }] });
    await cluster.connect();
    return { hset: (key, field, value) => cluster.hSet(key, field, value) };
  },
  async glide() {
    const { GlideClusterClient } = await import("@valkey/valkey-glide");
    const redis = await GlideClusterClient.createClient({ addresses: [{ host, port }] });
    return { hset: (key, field, value) => redis.hset(key, { [field]: value }) };
  },
};

const redis = await OPEN[client]();
const KEYS = Array.from({ length: 1000 }, (_, i) => `cluster:${i}`);

/** How many call at a time, and how many commands each round of the work has. */
const CALLERS: Readonly<Record<string, number>> = { one: 1, callers: 50, storm: 1000 };
const callers = CALLERS[work];

/** Runs the work for so many seconds; gives how many commands that were. */
async function run(span: number): Promise<number> {
  const stop = performance.now() + span * 1000;
  let count = 0;
  if (work === "storm") {
    while (performance.now() < stop) {
      await Promise.all(KEYS.map((key) => redis.hset(key, "field", "value")));
      count += KEYS.length;
    }
    return count;
  }
  await Promise.all(Array.from({ length: callers }, async (_, first) => {
    for (let i = first; performance.now() < stop; i += callers) {
      await redis.hset(KEYS[i % KEYS.length], "field", "value");
      count++;
    }
  }));
  return count;
}

// Engines compile what runs often for the first second.
await run(1);
const used = process.cpuUsage();
const start = performance.now();
const count = await run(seconds);
const elapsed = (performance.now() - start) / 1000;
const { user, system } = process.cpuUsage(used);
console.log(JSON.stringify({ perSecond: count / elapsed, cpu: (user + system) / count }));
process.exit(0);
