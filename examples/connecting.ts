/**
 * Ways to connect, and what a client tells about its connection.
 *
 *     deno run -A examples/connecting.ts        bun examples/connecting.ts
 *
 * The server's address is taken from REDIS_URL; `redis://127.0.0.1:6379` unless given.
 *
 * @module
 */
import { connect, exponential } from "@respire/redis";
import process from "node:process";

const url = process.env.REDIS_URL ?? "redis://127.0.0.1:6379";

// By URL. The connection closes at the end of the scope.
{
  await using redis = await connect(url);
  console.log(await redis.ping()); // → PONG
}

// By URL and options: they win over what the URL says.
{
  const states: string[] = [];
  const redis = await connect(url, {
    database: 2,
    clientName: "example",
    connectTimeout: 2000,
    backoff: exponential({ cap: 1000, attempts: 5 }),
    onState: (state) => states.push(state),
  });
  console.log(await redis.clientGetname()); // → example
  await redis.close();
  console.log(states.join(", ")); // → connecting, ready, closing, closed
}

// By what the environment says, which is read only because it is asked for.
if (process.env.REDIS_URL) {
  await using redis = await connect("env:REDIS_URL", { pingInterval: 10_000 });
  await redis.ping();
}

// A mistake is told before anything is tried, without showing what may be a secret.
const mistake = await connect("redis://user:secret@host/zero").catch((error) => error);
console.log(mistake.message); // → The connection URL's database must be a whole number

// A server that is not there is an error that says so: `connect` tries once.
const failure = await connect({ hostname: "127.0.0.1", port: 1 }).catch((error) => error);
console.log(failure.name); // → ConnectionError
