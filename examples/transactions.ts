/**
 * All or nothing: MULTI … EXEC, and WATCH for what must not change in between.
 *
 *     deno run -A examples/transactions.ts        bun examples/transactions.ts
 *
 * The server's address is taken from REDIS_URL; `redis://127.0.0.1:6379` unless given.
 *
 * @module
 */
import { connect, type Redis, TransactionError } from "@respire/redis";
import process from "node:process";

await using redis = await connect(process.env.REDIS_URL ?? "redis://127.0.0.1:6379");
await redis.mset({ "example:left": 10, "example:right": 0 });

const [left, right]: [number, number] = await redis.transaction((tx) => [
  tx.decrby("example:left", 3),
  tx.incrby("example:right", 3),
]);
console.log(left, right); // → 7 3

/** Moves an amount if there is enough, however many others do the same at once. */
function move(client: Redis, from: string, to: string, amount: number): Promise<boolean> {
  return client.watch(from, async (s) => {
    if (Number(await s.get(from)) < amount) return false;
    await s.transaction((tx) => [tx.decrby(from, amount), tx.incrby(to, amount)]);
    return true;
  });
}

const moved = await Promise.all(Array.from({ length: 5 }, () => move(redis, "example:left", "example:right", 2)));
console.log(moved.filter(Boolean).length); // → 3
console.log((await redis.mget("example:left", "example:right")).join(" ")); // → 1 9

// A key that changes each time is given up, and nothing has run.
const busy = redis.watch("example:left", async (s) => {
  await redis.incr("example:left"); // somebody else
  await s.transaction((tx) => [tx.del("example:right")]);
}, { attempts: 3 });
const given = await busy.catch((error) => error);
console.log(given instanceof TransactionError && [given.reason, given.attempts].join(" ")); // → watch 3
console.log(await redis.exists("example:right")); // → 1
