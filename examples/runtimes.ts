/**
 * The same program in every runtime, with nothing that only some of them know.
 *
 *     deno run -A examples/runtimes.ts        bun examples/runtimes.ts
 *
 * The server's address is taken from REDIS_URL; `redis://127.0.0.1:6379` unless given.
 *
 * @module
 */
import { connect } from "@respire/redis";
import process from "node:process";

// `await using` is younger than some runtimes; this is what it stands for.
const redis = await connect(process.env.REDIS_URL ?? "redis://127.0.0.1:6379", { clientName: "example" });
try {
  await redis.set("greeting", "hello");
  console.log(await redis.get("greeting")); // → hello

  // The server sees one connection, and whose it is.
  console.log((await redis.clientInfo()).includes("name=example")); // → true
} finally {
  await redis.close();
}
