/**
 * A connection of one's own, for commands that change their connection's state.
 *
 *     deno run -A examples/sessions.ts        bun examples/sessions.ts
 *
 * The server's address is taken from REDIS_URL; `redis://127.0.0.1:6379` unless given.
 *
 * @module
 */
import { connect } from "@respire/redis";
import process from "node:process";

await using redis = await connect(process.env.REDIS_URL ?? "redis://127.0.0.1:6379");
await redis.del("example:where");

// For the time of a function.
await redis.session(async (s) => {
  await s.select(5);
  await s.set("example:where", "database 5", { ex: 60 });
});

// The shared connection has not moved, and the next session begins afresh.
console.log(await redis.get("example:where")); // → null
console.log(await redis.session((s) => s.get("example:where"))); // → null

// For the time of a scope.
{
  await using session = await redis.session();
  await session.clientSetname("example");
  console.log(await session.clientGetname()); // → example
}

// A session ends with its connection: what had been set on it is gone, so nothing goes on without it.
{
  await using session = await redis.session();
  await session.watch("example:where");
  await redis.call("CLIENT KILL", "ID", await session.clientId());
  await session.ping().catch(() => {}); // this may be what meets the loss
  const over = await session.get("example:where").catch((error) => error);
  console.log(over.name, over.sent); // → ConnectionError false
}

// On the shared client such commands do not exist, and are refused by name.
const refused = await redis.call("SELECT", 5).catch((error) => error);
console.log(refused.name); // → TypeError
