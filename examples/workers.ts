/**
 * Parsing in workers, each with a client of its own, while the main thread stays free.
 *
 *     deno run -A examples/workers.ts        bun examples/workers.ts
 *
 * The server's address is taken from REDIS_URL; `redis://127.0.0.1:6379` unless given.
 *
 * @module
 */
import { connect } from "@respire/redis";
import process from "node:process";
import { isMainThread, parentPort, Worker } from "node:worker_threads";

const url = process.env.REDIS_URL ?? "redis://127.0.0.1:6379";
const list = "example:documents";

/** A worker's part: takes documents off the list until it is empty, and adds their scores up. */
async function sum(): Promise<number> {
  await using redis = await connect(url);
  let sum = 0;
  for (let texts = await redis.lpop(list, 100); texts !== null; texts = await redis.lpop(list, 100)) {
    for (const text of texts) sum += JSON.parse(text).score;
  }
  return sum;
}

/** Starts a worker on this same file. Its client is closed when it answers, so that it ends by itself. */
function start(): Promise<number> {
  const worker = new Worker(new URL(import.meta.url));
  return new Promise((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", reject);
  });
}

if (isMainThread) {
  await using redis = await connect(url);
  await redis.del(list);
  await redis.rpush(list, Array.from({ length: 1000 }, (_, score) => JSON.stringify({ score })));
  const [first, second] = await Promise.all([start(), start()]);
  console.log(first + second); // → 499500
  console.log(await redis.exists(list)); // → 0
} else {
  parentPort!.postMessage(await sum());
}
