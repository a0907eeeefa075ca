/**
 * Replies kept in this process, and dropped when the server says so.
 *
 *     deno run -A examples/caching.ts        bun examples/caching.ts
 *
 * The server's address is taken from REDIS_URL; `redis://127.0.0.1:6379` unless given.
 *
 * @module
 */
import { connect } from "@respire/redis";
import { cache } from "@respire/redis/cache";
import process from "node:process";

const url = process.env.REDIS_URL ?? "redis://127.0.0.1:6379";
await using redis = await connect(url);
await using cached = await cache(redis, { maxEntries: 1000, prefixes: ["example:"] });
await redis.del("example:user");
await redis.hset("example:user", { name: "Ada", role: "engineer" });

// The first read asks the server, the others do not.
for (let i = 0; i < 1000; i++) await cached.hgetall("example:user");
console.log(cached.cache.stats().misses, cached.cache.stats().hits); // → 1 999

// A write through the cached client is never read over.
await cached.hset("example:user", { role: "captain" });
console.log(await cached.hget("example:user", "role")); // → captain

// A write by anybody else shows as soon as the server has told: here it has, because it answers in order.
await redis.hset("example:user", { role: "admiral" });
await cached.ping();
console.log(await cached.hget("example:user", "role")); // → admiral

// Every caller has a copy of its own.
const mine = await cached.hgetall("example:user");
mine.role = "pirate";
console.log((await cached.hgetall("example:user")).role); // → admiral
