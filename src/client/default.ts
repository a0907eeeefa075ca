/**
 * The client with every command that this package knows, and its sessions, pipelines and transactions.
 *
 * Each is a class of its own behaviour that is put on the commands; so is what `@respire/redis/codegen` writes for a server.
 *
 * @module
 */
import { Commands, SessionCommands } from "../generated/commands.ts";
import type { BaseBatch } from "./batch.ts";
import { blocking } from "./blocking.ts";
import { Hub } from "./hub.ts";
import { graft, type IntegerOf, type StringOf, type Surfaces, type WholeKit } from "./kit.ts";
import { Monitor } from "./monitor.ts";
import { readOptions } from "./options.ts";
import { BasePipeline } from "./pipeline.ts";
import { Pool } from "./pool.ts";
import { BaseClient } from "./redis.ts";
import { safeguards } from "./safeguards.ts";
import { scans } from "./scan.ts";
import { BaseSession } from "./session.ts";
import { StreamReader } from "./stream_reader.ts";
import { StreamWorker } from "./stream_worker.ts";
import { BaseTransaction } from "./transaction.ts";

/** The types that belong together: see {@link Surfaces}. */
export interface RedisSurfaces extends Surfaces {
  /** See {@link Redis}. */
  readonly client: Redis<StringOf<this>, IntegerOf<this>>;
  /** See {@link Session}. */
  readonly session: Session<StringOf<this>, IntegerOf<this>>;
  /** See {@link Pipeline}. */
  readonly pipeline: Pipeline<StringOf<this>, IntegerOf<this>>;
  /** See {@link Transaction}. */
  readonly transaction: Transaction<StringOf<this>, IntegerOf<this>>;
}

/** The commands of a client, as {@link Commands} lists them. */
export interface Redis<S extends string | Uint8Array = string, I extends number | bigint = number>
  extends Commands<S, I> {}

/**
 * A client of one Redis or Valkey server. Its methods are the server's commands ({@link Commands}) and those of
 * {@link BaseClient}; commands that are called together leave in one write, and blocking ones go to connections of their
 * own.
 *
 * `S` is what string replies become, `I` what integer replies become: see {@link BaseClient.bytes} and
 * {@link BaseClient.bigints}.
 *
 * @example Connect, write, read
 * ```ts
 * import { connect } from "@respire/redis";
 *
 * await using redis = await connect();
 * await redis.hset("user:1", { name: "Ada", role: "engineer" });
 * console.log(await redis.hget("user:1", "name"));
 * ```
 */
export class Redis<S extends string | Uint8Array = string, I extends number | bigint = number>
  extends BaseClient<RedisSurfaces, S, I> {}
graft(Redis, Commands);

/** The commands of a session, as {@link SessionCommands} lists them. */
export interface Session<S extends string | Uint8Array = string, I extends number | bigint = number>
  extends SessionCommands<S, I> {}

/**
 * An exclusive connection: it has the commands that change their connection's state, and blocking ones hold up nobody
 * else. Given back by leaving its scope (`await using`), by {@link BaseSession.release}, or when the function given to
 * `redis.session` returns.
 */
export class Session<S extends string | Uint8Array = string, I extends number | bigint = number>
  extends BaseSession<RedisSurfaces, S, I> {}
graft(Session, SessionCommands);

/** Commands that are collected first and sent together: what pipelines and transactions share. */
export interface Batch<S extends string | Uint8Array = string, I extends number | bigint = number>
  extends Commands<S, I>, BaseBatch {}

/** The commands of a pipeline, as {@link Commands} lists them. */
export interface Pipeline<S extends string | Uint8Array = string, I extends number | bigint = number>
  extends Commands<S, I> {}

/**
 * Collects commands and sends them together. Each method queues its command and returns at once; the replies come from
 * {@link BasePipeline.exec}, in order.
 */
export class Pipeline<S extends string | Uint8Array = string, I extends number | bigint = number>
  extends BasePipeline {}
graft(Pipeline, Commands);

/** The commands of a transaction, as {@link Commands} lists them. */
export interface Transaction<S extends string | Uint8Array = string, I extends number | bigint = number>
  extends Commands<S, I> {}

/** Collects the commands of one transaction. */
export class Transaction<S extends string | Uint8Array = string, I extends number | bigint = number>
  extends BaseTransaction {}
graft(Transaction, Commands);

/** What `connect` makes clients of. `open({ ...KIT, client })` makes one of a class that extends {@link Redis}. */
export const KIT: WholeKit = {
  client: Redis,
  options: readOptions,
  safeguards,
  pool: Pool,
  session: Session,
  pipeline: Pipeline,
  transaction: Transaction,
  hub: Hub,
  blocking,
  scans,
  streamReader: StreamReader,
  streamWorker: StreamWorker,
  monitor: Monitor,
};
