/**
 * Lua scripts: several steps in one, by text or by digest.
 *
 *     deno run -A examples/scripts.ts        bun examples/scripts.ts
 *
 * The server's address is taken from REDIS_URL; `redis://127.0.0.1:6379` unless given.
 *
 * @module
 */
import { connect, ReplyError } from "@respire/redis";
import process from "node:process";

await using redis = await connect(process.env.REDIS_URL ?? "redis://127.0.0.1:6379");
await redis.del("example:stock");
await redis.set("example:stock", 3);

// Takes an amount if there is enough; gives what is left, or nil.
const TAKE = `
local left = tonumber(redis.call("GET", KEYS[1]) or "0") - tonumber(ARGV[1])
if left < 0 then return false end
redis.call("SET", KEYS[1], left)
return left
`;

// By text. Only the script's author knows what it returns, so the type is given.
console.log(await redis.eval<number | null>(TAKE, ["example:stock"], [2])); // → 1
console.log(await redis.eval<number | null>(TAKE, ["example:stock"], [2])); // → null

// By digest: the text travels once.
const digest = await redis.scriptLoad(TAKE);
console.log(await redis.evalsha<number | null>(digest, ["example:stock"], [1])); // → 0

// A server that has lost the script says so.
await redis.scriptFlush();
const lost = await redis.evalsha(digest, ["example:stock"], [1]).catch((error) => error);
console.log(lost instanceof ReplyError && lost.code); // → NOSCRIPT
