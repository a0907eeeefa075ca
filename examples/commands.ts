/**
 * Commands of every data type, with the types of their replies.
 *
 *     deno run -A examples/commands.ts        bun examples/commands.ts
 *
 * The server's address is taken from REDIS_URL; `redis://127.0.0.1:6379` unless given.
 *
 * @module
 */
import { connect } from "@respire/redis";
import process from "node:process";

await using redis = await connect(process.env.REDIS_URL ?? "redis://127.0.0.1:6379");
const [text, list, set, hash, ranking] = ["text", "list", "set", "hash", "ranking"].map((name) => `example:${name}`);
await redis.del(text!, list!, set!, hash!, ranking!);

// Strings: options are keys of one object, and the reply's type follows from them.
await redis.set(text!, "hello", { ex: 60 });
const old: string | null = await redis.set(text!, "hi", { get: true, keepttl: true });
console.log(old); // → hello
const again: "OK" | null = await redis.set(text!, "again", { nx: true });
console.log(again); // → null

// Lists.
await redis.rpush(list!, "a", "b", "c");
const items: string[] = await redis.lrange(list!, 0, -1);
console.log(items.join(" ")); // → a b c

// Sets.
await redis.sadd(set!, "deno", "bun", "node");
console.log(await redis.sismember(set!, "bun")); // → 1

// Hashes: an object, a Map, pairs, or plain arguments.
await redis.hset(hash!, { name: "Ada", role: "engineer" });
await redis.hset(hash!, "born", 1815);
const user: Record<string, string> = await redis.hgetall(hash!);
console.log(`${user.name}, ${user.role}, ${user.born}`); // → Ada, engineer, 1815

// Sorted sets: scores are numbers.
await redis.zadd(ranking!, { ada: 3.5, bob: 1, cyd: 2 });
const best: [member: string, score: number][] = await redis.zrange(ranking!, 0, 1, { rev: true, withscores: true });
console.log(JSON.stringify(best)); // → [["ada",3.5],["cyd",2]]

// Whatever has no method.
console.log(await redis.call("OBJECT ENCODING", ranking!)); // → listpack
