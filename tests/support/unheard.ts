/**
 * A program that handles none of its failures, and says what its runtime told it of them.
 *
 * @module
 */
import process from "node:process";
import { connect } from "../../mod.ts";

const heard: unknown[] = [];
process.on("unhandledRejection", (error: { command?: string }) => void heard.push(error.command));
const redis = await connect(process.env.REDIS_URL!);
await redis.set("text", "x");
redis.incr("text");
redis.pipeline((p) => [p.incr("text")]);
const p = redis.pipeline();
p.incr("text");
p.exec();
redis.blpop(["text"], 1);
await redis.session(async (session) => {
  session.pipeline((p) => [p.incr("text")]);
  await session.ping();
});
await redis.close();
await new Promise((resolve) => setTimeout(resolve, 20));
console.log(JSON.stringify(heard));
