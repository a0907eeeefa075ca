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
async function move(client: Redis, from: string, to: string, amount: number): Promise<boolean> {
  for (;;) {
    try {
      return await client.session(async (s) => {
        await s.watch(from);
        if (Number(await s.get(from)) < amount) return false;
        await s.transaction((tx) => [tx.decrby(from, amount), tx.incrby(to, amount)]);
        return true;
      });
    } catch (error) {
      // A watched key changed, nothing ran: begin anew.
      if (!(error instanceof TransactionError && error.reason === "watch")) throw error;
    }
  }
}

const moved = await Promise.all(Array.from({ length: 5 }, () => move(redis, "example:left", "example:right", 2)));
console.log(moved.filter(Boolean).length); // → 3
console.log((await redis.mget("example:left", "example:right")).join(" ")); // → 1 9
