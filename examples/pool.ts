/**
 * Several connections behind one client.
 *
 *     deno run -A examples/pool.ts        bun examples/pool.ts
 *
 * The server's address is taken from REDIS_URL; `redis://127.0.0.1:6379` unless given.
 *
 * @module
 */
import { connectPool, TimeoutError } from "@respire/redis";
import process from "node:process";

const url = process.env.REDIS_URL ?? "redis://127.0.0.1:6379";
await using pool = await connectPool(url, { size: 4, waitTimeout: 200 });
await pool.del("example:words", "example:queue");

// Commands are spread over the connections.
await Promise.all(Array.from({ length: 10_000 }, (_, i) => pool.hset("example:words", `word|${i}`, "1")));
console.log(await pool.hlen("example:words")); // → 10000

// A blocking command has a connection to itself, so the push gets through.
const popped = pool.blpop(["example:queue"], 5);
await pool.rpush("example:queue", "job");
console.log((await popped)?.join(" ")); // → example:queue job

// Sessions have theirs too. One connection always stays shared, so the fourth session waits, and gives up in time.
const sessions = [await pool.session(), await pool.session(), await pool.session()];
console.log(pool.stats().leased); // → 3
const refused = await pool.session().catch((error) => error);
console.log(refused instanceof TimeoutError && refused.waitingFor); // → connection
for (const session of sessions) await session.release();
console.log(pool.stats().leased); // → 0

// Too many that wait are turned away at once. What a pool has done so far stands in its numbers.
{
  await using small = await connectPool(url, { size: 2, min: 2, maxWaiting: 0, maxLifetime: 3_600_000 });
  await using _held = await small.session();
  console.log((await small.session().catch((error) => error)).name); // → ConnectionError
  const { leases, refused } = small.stats();
  console.log(leases, refused); // → 1 1
}
