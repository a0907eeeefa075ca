/**
 * Streams: entries that are appended, read in order, and shared out among the consumers of a group.
 *
 *     deno run -A examples/streams.ts        bun examples/streams.ts
 *
 * The server's address is taken from REDIS_URL; `redis://127.0.0.1:6379` unless given.
 *
 * @module
 */
import { connect } from "@respire/redis";
import process from "node:process";

await using redis = await connect(process.env.REDIS_URL ?? "redis://127.0.0.1:6379");
const stream = "example:events";
await redis.del(stream);

// Appending: "*" lets the server choose the id.
await redis.xadd(stream, "*", { kind: "login", user: "ada" });
await redis.xadd(stream, "*", { kind: "login", user: "bob" });
console.log(await redis.xlen(stream)); // → 2

// Reading from the beginning.
for (const [, entries] of await redis.xread({ [stream]: "0" }) ?? []) {
  for (const [, fields] of entries) console.log(fields.kind, fields.user);
}
// → login ada
// → login bob

// Waiting for what comes next, on a connection of its own.
const next = redis.xread([[stream, "$"]], { block: 5000, count: 1 });
// Whoever waits must be there before the entry is.
while (!(await redis.clientList()).includes("cmd=xread")) await new Promise((resolve) => setTimeout(resolve, 5));
await redis.xadd(stream, "*", { kind: "logout", user: "ada" });
const [, entries] = (await next)![0]!;
console.log(entries[0]![1].kind); // → logout

// A group: each entry goes to one consumer, who says when it is done.
await redis.xgroupCreate(stream, "workers", "0");
const [[, delivered] = ["", []]] = await redis.xreadgroup("workers", "worker 1", { [stream]: ">" }, { count: 2 }) ?? [];
console.log(await redis.xack(stream, "workers", ...delivered.map(([id]) => id))); // → 2
