/**
 * What can go wrong, and how to tell it apart.
 *
 *     deno run -A examples/errors.ts        bun examples/errors.ts
 *
 * The server's address is taken from REDIS_URL; `redis://127.0.0.1:6379` unless given.
 *
 * @module
 */
import { connect, ConnectionError, ReplyError, TimeoutError } from "@respire/redis";
import process from "node:process";

await using redis = await connect(process.env.REDIS_URL ?? "redis://127.0.0.1:6379");
await redis.set("example:text", "hello");
await redis.del("example:queue");

// The server refuses a command.
try {
  await redis.lpush("example:text", "x");
} catch (error) {
  if (!(error instanceof ReplyError)) throw error;
  console.log(error.code, error.command); // → WRONGTYPE LPUSH
}

// Nobody may wait for ever.
const late = await redis.with({ timeout: 100 }).blpop(["example:queue"], 0).catch((error) => error);
console.log(late instanceof TimeoutError && late.waitingFor); // → reply

// A call is cancelled by a signal, with the signal's reason.
const controller = new AbortController();
const waiting = redis.with({ signal: controller.signal }).blpop(["example:queue"], 0).catch((error) => error.message);
controller.abort(new Error("no longer needed"));
console.log(await waiting); // → no longer needed

// What cannot be sent is refused before a byte leaves, without showing the value.
const mistake = await redis.set("example:text", NaN).catch((error) => error);
console.log(mistake.name); // → TypeError

// A server that is not there.
const nobody = await connect({ hostname: "127.0.0.1", port: 1 }).catch((error) => error);
console.log(nobody instanceof ConnectionError && nobody.sent); // → false
