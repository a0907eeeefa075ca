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

// Following: what is there, then what comes, over lost connections.
let seen = 0;
for await (const { fields } of redis.readStream(stream, { from: "0" })) {
  console.log(fields.kind, fields.user);
  if (++seen === 2) await redis.xadd(stream, "*", { kind: "logout", user: "ada" });
  if (fields.kind === "logout") break;
}
// → login ada
// → login bob
// → logout ada

// A group shares the entries out. Who handles one says when it is done; what fails comes again.
let enough = (): void => {};
const three = new Promise<void>((resolve) => enough = resolve);
const worker = redis.streamWorker({
  streams: stream,
  group: "workers",
  claimIdle: 50,
  handler: ({ fields, deliveries }) => {
    if (fields.user === "bob" && deliveries === 1) throw new Error("not now");
    console.log("handled", fields.kind, fields.user, deliveries);
    if (deliveries === 2) enough();
  },
  onError: (error) => console.log("failed:", (error as Error).message),
});
await three;
// → handled login ada 1
// → failed: not now
// → handled logout ada 1
// → handled login bob 2
await worker.stop();
console.log(worker.stats().handled, worker.stats().failed); // → 3 1
