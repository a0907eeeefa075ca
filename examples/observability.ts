/**
 * Watching a client: hooks, OpenTelemetry, diagnostics channels, numbers, and what errors tell.
 *
 *     deno run -A examples/observability.ts        bun examples/observability.ts
 *
 * The server's address is taken from REDIS_URL; `redis://127.0.0.1:6379` unless given.
 *
 * @module
 */
import { connect, ERROR_CODES, ReplyError, TimeoutError } from "@respire/redis";
import { publish, type Trace } from "@respire/redis/diagnostics";
import { observe } from "@respire/redis/observe";
import { instrument, type TracerLike } from "@respire/redis/otel";
import { subscribe } from "node:diagnostics_channel";
import process from "node:process";

const url = process.env.REDIS_URL ?? "redis://127.0.0.1:6379";
await using redis = await connect(url, { integrity: true });

// Each operation: its name and outcome, never its arguments.
const seen: string[] = [];
const watching = observe(redis, ({ name, size }) => ({ status, code }) => {
  seen.push(`${name}×${size} ${code ?? status}`);
});
await redis.set("example:key", "value");
await redis.pipeline((p) => [p.get("example:key"), p.get("example:other")]);
const refused = await redis.lpush("example:key", "x").catch((error: unknown) => error);
watching.stop();
console.log(seen.join(", ")); // → SET×1 ok, GET×2 ok, LPUSH×1 WRONGTYPE

// What is known about an error code.
if (refused instanceof ReplyError) {
  console.log(ERROR_CODES[refused.code]?.meaning); // → the key holds another type of value
}

// Any tracer of @opentelemetry/api fits; this one prints.
const tracer: TracerLike = {
  startSpan: (name, options) => ({
    setAttributes: () => {},
    setStatus: () => {},
    end: () => console.log(name, options?.attributes?.["db.operation.batch.size"]),
  }),
};
const telemetry = instrument(redis, { tracer });
await redis.transaction((tx) => [tx.set("example:a", "1"), tx.set("example:b", "2")]); // → MULTI SET 2
telemetry.stop();

// The channels that monitoring tools listen on.
const publishing = publish(redis);
subscribe("tracing:respire:command:asyncEnd", (message) => {
  const { operation, outcome } = message as Trace;
  console.log(operation.name, outcome?.status);
});
await redis.del("example:key", "example:a", "example:b"); // → DEL ok
publishing.stop();

// A timeout says whether the command may have run, and what its connection looked like.
const late = await redis.with({ timeout: 20 }).blpop(["example:none"], 5).catch((error: unknown) => error);
if (late instanceof TimeoutError) console.log(late.command, late.sent, late.report?.pending); // → BLPOP true 1

// Counted all the time.
const { connects, losses, errors } = redis.stats();
console.log(connects, losses, errors > 0); // → 2 0 true
