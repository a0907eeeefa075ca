/**
 * What users of a client may name, whatever its commands are: those of this package, or of a generated module.
 *
 * @module
 */
export type { PoolOptions } from "./options.ts";
export type { ClientOptions } from "./options.ts";
export type { Target } from "./open.ts";
export type { Blocking, IntegerOf, Kit, StringOf, SurfaceOf, Surfaces, WholeKit } from "./kit.ts";
export type { Hub, HubSettings } from "./hub.ts";
export type { Safeguards } from "./safeguards.ts";
export type { Scans } from "./scan.ts";
export { BareClient } from "./bare.ts";
export type { CallOptions } from "./bare.ts";
export { BaseClient } from "./redis.ts";
export { BaseSession } from "./session.ts";
export { Monitor } from "./monitor.ts";
export type { MonitorLine } from "./monitor.ts";
export { ScanIterator } from "./scan.ts";
export type { ScanFrom, Scanning } from "./scan.ts";
export { StreamReader } from "./stream_reader.ts";
export type { ReadStreamOptions, StreamItem, StreamReading } from "./stream_reader.ts";
export { StreamWorker } from "./stream_worker.ts";
export type { Delivery, StreamWorkerOptions, StreamWorkerStats, StreamWorking } from "./stream_worker_options.ts";
export type { InboxOptions } from "./inbox.ts";
export { Subscription } from "./subscription.ts";
export type { Message, SubscribeOptions } from "./subscription.ts";
export { BasePipeline } from "./pipeline.ts";
export type { PipelineOptions, Runner } from "./pipeline.ts";
export { BaseTransaction } from "./transaction.ts";
export type { TransactionOptions } from "./transaction.ts";
export { BaseBatch, Queued } from "./batch.ts";
export type { CommandSource, ListedCommand, Replies, RepliesOrErrors, Run } from "./batch.ts";
export type { WatchOptions } from "./optimistic.ts";
export type { PoolStats } from "./lines.ts";
export type { CacheStats, ClientStats } from "./stats.ts";
export { defineFunction, defineScript, LibraryFunction, Script } from "./script.ts";
export type {
  CallDefinition,
  Filled,
  FunctionDefinition,
  LastOf,
  Places,
  Row,
  ScriptDefinition,
  Surface,
} from "./script.ts";
export { exponential } from "../connection/backoff.ts";
export type { Backoff, BackoffOptions } from "../connection/backoff.ts";
export type { Credentials } from "../connection/handshake.ts";
export type { LineState } from "../connection/line_options.ts";
export { ConnectionError, ProtocolError, RedisError, ReplyError, TimeoutError, TransactionError } from "../errors.ts";
export type { ConnectionReport } from "../errors.ts";
export { ERROR_CODES } from "../error_codes.ts";
export type { ErrorCodeFacts, ErrorCodes, KnownErrorCode } from "../error_codes.ts";
export { CommandSpec } from "../command/spec.ts";
export type { Arg, KeyRule, Shape } from "../command/spec.ts";
export type * from "../command/values.ts";
export type { Encoder } from "../resp/encoder.ts";
export { Push } from "../resp/reply.ts";
export type { Reply } from "../resp/reply.ts";
export type { Limits } from "../resp/limits.ts";
export type {
  Address,
  Connect,
  NamedPlace,
  NativeMeans,
  TlsOptions,
  Transport,
  TransportHandler,
  Wanted,
} from "../transport/transport.ts";
// What the walks over keys and streams take and give, on a client that has the commands for them.
export type {
  HscanOptions,
  ScanOptions,
  SscanOptions,
  XclaimOptions,
  XgroupCreateOptions,
  XpendingOptions,
  XreadgroupOptions,
  XreadOptions,
  XrevrangeOptions,
  ZscanOptions,
} from "../generated/options.ts";
export type { StreamEntry } from "../generated/replies.ts";
