/**
 * Publish and subscribe: messages as an async iterator and as callbacks, patterns, and what happens to keys.
 *
 *     deno run -A examples/pubsub.ts        bun examples/pubsub.ts
 *
 * The server's address is taken from REDIS_URL; `redis://127.0.0.1:6379` unless given.
 *
 * @module
 */
import { connect } from "@respire/redis";
import process from "node:process";

await using redis = await connect(process.env.REDIS_URL ?? "redis://127.0.0.1:6379");

// One client does both: commands, and messages beside them.
await using news = await redis.subscribe("example:news");
console.log(await redis.publish("example:news", "hello")); // → 1
await redis.publish("example:news", "good bye");
for await (const { channel, message } of news) {
  console.log(channel, message);
  if (message === "good bye") break;
}
// → example:news hello
// → example:news good bye

// Leaving the loop has unsubscribed: nobody hears this.
console.log(await redis.publish("example:news", "anybody?")); // → 0

// A pattern, with a callback.
await new Promise<void>((resolve, reject) => {
  redis.psubscribe("example:user:*", {
    onMessage: ({ pattern, channel, message }) => {
      console.log(pattern, channel, message);
      resolve();
    },
    onError: reject,
  }).then(() => redis.publish("example:user:1", "changed")).catch(reject);
});
// → example:user:* example:user:1 changed

// What happens to keys, if the server is told to say so.
const before = await redis.configGet("notify-keyspace-events");
await redis.configSet({ "notify-keyspace-events": "KA" });
await using events = await redis.subscribe("__keyspace@0__:example:key");
await redis.set("example:key", "x");
await redis.del("example:key");
for await (const { message } of events) {
  console.log(message);
  if (message === "del") break;
}
// → set
// → del
await redis.configSet(before);
