/**
 * A Redis and Valkey client for Deno, Bun, Node and the edge: every command typed from its specification, arguments and
 * replies, over pipelined and pooled connections.
 *
 * ```ts
 * import { connect } from "@respire/redis";
 *
 * await using redis = await connect("redis://127.0.0.1:6379");
 * await redis.hset("user:1", { name: "Ada", role: "engineer" });
 * const [name, visits] = await redis.pipeline((p) => [p.hget("user:1", "name"), p.incr("visits")]);
 * ```
 *
 * @module
 */
export { connect, connectPool } from "./src/client/connect.ts";
export * from "./src/client/exports.ts";
