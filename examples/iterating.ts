/**
 * Walking over keys, and over the elements of one key, without holding up the server; and watching what it does.
 *
 *     deno run -A examples/iterating.ts        bun examples/iterating.ts
 *
 * The server's address is taken from REDIS_URL; `redis://127.0.0.1:6379` unless given.
 *
 * @module
 */
import { connect } from "@respire/redis";
import process from "node:process";

await using redis = await connect(process.env.REDIS_URL ?? "redis://127.0.0.1:6379");
const names = Array.from({ length: 250 }, (_, i) => `example:session:${i}`);
await redis.mset(Object.fromEntries(names.map((name) => [name, "x"])));

// In batches: what most commands want. An item may come twice, so what is counted is what was there.
let deleted = 0;
for await (const keys of redis.scanIterator({ match: "example:session:*", count: 100 })) {
  deleted += await redis.unlink(...keys);
}
console.log(deleted); // → 250

// One by one.
await redis.hset("example:user", { name: "Ada", role: "engineer" });
for await (const [field, value] of redis.hscanIterator("example:user").each()) console.log(field, value);
// → name Ada
// → role engineer

await redis.zadd("example:scores", { ada: 3.5 });
for await (const [member, score] of redis.zscanIterator("example:scores").each()) console.log(member, score); // → ada 3.5
await redis.unlink("example:user", "example:scores");

// Every command that the server runs, from now on.
await using monitor = redis.monitor();
await monitor.ready;
await redis.set("example:seen", "yes");
for await (const { database, command } of monitor) {
  if (command[1] !== "example:seen") continue;
  console.log(database, command.join(" ")); // → 0 SET example:seen yes
  break;
}
await redis.unlink("example:seen");
