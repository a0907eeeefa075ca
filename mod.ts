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
export type { PoolOptions } from "./src/client/connect.ts";
export type { ClientOptions } from "./src/client/options.ts";
export { Redis } from "./src/client/redis.ts";
export type { CallOptions } from "./src/client/redis.ts";
export { Session } from "./src/client/session.ts";
export { Subscription } from "./src/client/subscription.ts";
export type { Message, SubscribeOptions } from "./src/client/subscription.ts";
export { Pipeline } from "./src/client/pipeline.ts";
export type { PipelineOptions, Runner } from "./src/client/pipeline.ts";
export { Transaction } from "./src/client/transaction.ts";
export type { TransactionOptions } from "./src/client/transaction.ts";
export { Batch, Queued } from "./src/client/batch.ts";
export type { Replies, RepliesOrErrors, Run } from "./src/client/batch.ts";
export type { PoolStats } from "./src/client/pool.ts";
export { defineFunction, defineScript, LibraryFunction, Script } from "./src/client/script.ts";
export type {
  CallDefinition,
  Filled,
  FunctionDefinition,
  LastOf,
  Places,
  Row,
  ScriptDefinition,
  Surface,
} from "./src/client/script.ts";
export { exponential } from "./src/connection/backoff.ts";
export type { Backoff, BackoffOptions } from "./src/connection/backoff.ts";
export type { Credentials } from "./src/connection/handshake.ts";
export type { LineState } from "./src/connection/line.ts";
export {
  ConnectionError,
  ProtocolError,
  RedisError,
  ReplyError,
  TimeoutError,
  TransactionError,
} from "./src/errors.ts";
export type { ConnectionReport } from "./src/errors.ts";
export { CommandSpec } from "./src/command/spec.ts";
export type { Arg, KeyRule, Shape } from "./src/command/spec.ts";
export { Commands, SessionCommands } from "./src/generated/commands.ts";
export type * from "./src/generated/options.ts";
export type * from "./src/generated/replies.ts";
export type * from "./src/command/values.ts";
export { Push } from "./src/resp/reply.ts";
export type { Reply } from "./src/resp/reply.ts";
export type { Limits } from "./src/resp/limits.ts";
export type { Address, Connect, TlsOptions, Transport, TransportHandler } from "./src/transport/transport.ts";
