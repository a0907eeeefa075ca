/**
 * Lua scripts: several steps in one, as a typed call.
 *
 *     deno run -A examples/scripts.ts        bun examples/scripts.ts
 *
 * The server's address is taken from REDIS_URL; `redis://127.0.0.1:6379` unless given.
 *
 * @module
 */
import { connect, defineScript } from "@respire/redis";
import process from "node:process";

await using redis = await connect(process.env.REDIS_URL ?? "redis://127.0.0.1:6379");
await redis.mset({ "example:apples": 3, "example:pears": 1 });

// Takes an amount if there is enough; gives what is left, or null.
const take = defineScript({
  keys: ["stock"],
  args: ["amount"],
  lua: `
    local left = tonumber(redis.call("GET", KEYS[1]) or "0") - tonumber(ARGV[1])
    if left < 0 then return false end
    redis.call("SET", KEYS[1], left)
    return left
  `,
  reply: (left) => left as number | null,
});

console.log(await take.run(redis, { stock: "example:apples" }, { amount: 2 })); // → 1
console.log(await take.run(redis, ["example:apples"], [2])); // → null

// The source has travelled once; a server that has lost it gets it again, and the call runs once.
await redis.scriptFlush();
console.log(await take.run(redis, ["example:apples"], [1])); // → 0

// In a transaction, both or none.
const [pears, left] = await redis.transaction((tx) => [
  take.run(tx, ["example:pears"], [1]),
  tx.get("example:apples"),
]);
console.log(pears, left); // → 0 0

// A script that only reads may run on replicas, and again after a lost connection.
const total = defineScript({
  readonly: true,
  lua: `
    local sum = 0
    for _, key in ipairs(KEYS) do sum = sum + redis.call("GET", key) end
    return sum
  `,
  reply: Number,
});
console.log(await total.run(redis, ["example:apples", "example:pears"])); // → 0

// By hand, with the plain commands.
const digest = await redis.scriptLoad("return ARGV[1]");
console.log(await redis.evalsha<string>(digest, [], ["hello"])); // → hello
