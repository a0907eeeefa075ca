/**
 * A module for one server, with a few commands: what edge bundles are made of.
 *
 *     deno run -A examples/codegen.ts        bun examples/codegen.ts
 *
 * On the command line the same is
 *
 *     deno run -A jsr:@respire/redis/codegen --from redis://127.0.0.1:6379 --only get,set,@hash --with pipeline --out my_redis.ts
 *
 * The server's address is taken from REDIS_URL; `redis://127.0.0.1:6379` unless given.
 *
 * @module
 */
import { generate } from "@respire/redis/codegen";
import { rm, writeFile } from "node:fs/promises";
import process from "node:process";

const url = process.env.REDIS_URL ?? "redis://127.0.0.1:6379";
const { text, title } = await generate({ from: url, only: ["get", "set", "@hash"], with: ["pipeline"] });
console.log(title.split(" ")[0]); // → Redis
console.log(text.includes("hgetall(key: Key): Promise<Dict<S, S>>")); // → true
console.log(text.includes("lpush")); // → false

// In a project: import { connect } from "./my_redis.ts";
const file = new URL(`./my_redis_${process.pid}.ts`, import.meta.url);
await writeFile(file, text);
try {
  const { connect } = await import(file.href);
  const redis = await connect(url);
  await redis.hset("example:user", { name: "Ada" });
  const [name, ok] = await redis.pipeline((p: typeof redis) => [p.hget("example:user", "name"), p.set("example:n", 1)]);
  console.log(name, ok); // → Ada OK
  await redis.close();
} finally {
  await rm(file);
}
