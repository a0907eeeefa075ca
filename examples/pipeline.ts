/**
 * Commands that leave together: a typed tuple, a long one filled by hand, one without an end.
 *
 *     deno run -A examples/pipeline.ts        bun examples/pipeline.ts
 *
 * The server's address is taken from REDIS_URL; `redis://127.0.0.1:6379` unless given.
 *
 * @module
 */
import { connect, ReplyError } from "@respire/redis";
import process from "node:process";

await using redis = await connect(process.env.REDIS_URL ?? "redis://127.0.0.1:6379");
await redis.del("example:words", "example:visits", "example:lines", "example:text");

// A list of commands in, a tuple of replies out.
const [word, visits]: [string | null, number] = await redis.pipeline((p) => [
  p.hget("example:words", "word|1"),
  p.incr("example:visits"),
]);
console.log(word, visits); // → null 1

// Filled by hand.
const p = redis.pipeline();
for (let i = 0; i < 10_000; i++) p.hset("example:words", `word|${i}`, "1");
const replies = await p.exec();
console.log(replies.length); // → 10000

// A generator is asked for commands as fast as the server takes them; with replies: false nothing is kept.
await redis.pipeline(function* (q) {
  for (let i = 0; i < 100_000; i++) yield q.zincrby("example:lines", 1, `line ${i % 3}`);
}, { replies: false });
console.log(await redis.zscore("example:lines", "line 0")); // → 33334

// Errors in their places, instead of one for all.
await redis.set("example:text", "no number");
const [bad, good] = await redis.pipeline(
  (q) => [q.incr("example:text"), q.incr("example:visits")],
  { errors: "return" },
);
console.log(bad instanceof ReplyError && bad.code, good); // → ERR 2
