/**
 * What every client of a cluster has beside its commands.
 *
 * @module
 */
import type { Arg, CommandSpec, Shape } from "../command/spec.ts";
import type { Key } from "../command/values.ts";
import type { Credentials } from "../connection/handshake.ts";
import { LOOSE, type SendOptions } from "../connection/pending.ts";
import type { HscanOptions, ScanOptions, SscanOptions, ZscanOptions } from "../generated/options.ts";
import { BIGINTS, BYTES, type Bytes, type Reply } from "../resp/reply.ts";
import type { CallOptions } from "../client/bare.ts";
import type { CommandSource, ListedCommand, Replies, RepliesOrErrors } from "../client/batch.ts";
import { CORE, type Core, LIKE, OPTIONS } from "../client/core.ts";
import { feature, type SurfaceOf, type Surfaces } from "../client/kit.ts";
import { kept } from "../client/names.ts";
import type { WatchOptions } from "../client/optimistic.ts";
import type { PipelineOptions } from "../client/pipeline.ts";
import type { ScanFrom, ScanIterator, Scanning } from "../client/scan.ts";
import { type ClientStats, clientStats } from "../client/stats.ts";
import type { ReadStreamOptions, StreamReader, StreamReading } from "../client/stream_reader.ts";
import type { StreamWorker } from "../client/stream_worker.ts";
import type { StreamWorkerOptions, StreamWorking } from "../client/stream_worker_options.ts";
import type { SubscribeOptions, Subscription } from "../client/subscription.ts";
import type { TransactionOptions } from "../client/transaction.ts";
import type { ClusterCore } from "./kit.ts";
import { type Attempt, followed } from "./followed.ts";
import type { Node, NodeClient } from "./node.ts";
import { send } from "./router.ts";
import { ClusterScan } from "./scan.ts";
import { slotOf } from "./slots.ts";
import { subscribed } from "./subscribed.ts";
import { inTransaction } from "./transaction.ts";
import { stepsOf } from "./walk.ts";

/** The types of one set of commands, for clusters: {@link Surfaces}, of which `client` is the cluster's. */
export interface ClusterSurfaces extends Surfaces {
  /** The client of one shard, as of a single server. */
  readonly shard: unknown;
}

/** The client of one shard, for given replies. */
export type ShardClient<
  K extends ClusterSurfaces,
  S extends string | Uint8Array,
  I extends number | bigint,
> = (K & { readonly S: S; readonly I: I })["shard"];

/**
 * Everything of a cluster's client but its commands. Each command goes to the node that has its key's slot, and follows if
 * that is elsewhere; keys may be anywhere for those commands that can be parted (`DEL`, `EXISTS`, `MGET`, `MSET`, `TOUCH`,
 * `UNLINK`), each part then runs by itself.
 *
 * `K` is the set of commands that it was made for, `S` what string replies become, `I` what integer replies become.
 */
export abstract class BaseCluster<
  K extends ClusterSurfaces,
  S extends string | Uint8Array = string,
  I extends number | bigint = number,
> {
  readonly #cluster: ClusterCore;
  readonly #options: SendOptions;
  readonly #mode: number;

  /** @internal Made by `connectCluster`. */
  constructor(cluster: ClusterCore, options: SendOptions) {
    this.#cluster = cluster;
    this.#options = options;
    this.#mode = options.mode;
  }

  /** @internal For modules of this package that build on a client: of the connections to any node, and what all count. */
  get [CORE](): Core {
    return this.#cluster.shards.anywhere.core;
  }

  /** @internal What travels with each of its commands. */
  get [OPTIONS](): SendOptions {
    return this.#options;
  }

  /** @internal The same client with other options. */
  [LIKE]<T>(options: SendOptions): T {
    return new this.#cluster.kit.client(this.#cluster, options) as T;
  }

  /**
   * The one way that every command takes. The array of arguments is the client's from the call on: what is changed in it
   * later may be sent.
   */
  send<T>(spec: CommandSpec, args: Arg[], shape?: Shape): Promise<T> {
    return this.#send(spec, args, shape, this.#options);
  }

  #send<T>(spec: CommandSpec, args: Arg[], shape: Shape | undefined, options: SendOptions): Promise<T> {
    return send(this.#cluster.shards, spec, args, shape, options);
  }

  /** See {@link followed}. */
  #followed<T>(slot: number | undefined, work: Attempt<T>, asking?: Attempt<T>): Promise<T> {
    return followed(this.#cluster.shards, slot, this.#options.signal, work, asking);
  }

  /** Sends any command by its name. Of one that is not known here, the first argument is taken for its key. */
  call(name: string, ...args: Arg[]): Promise<Reply> {
    let spec: CommandSpec;
    try {
      [spec, args] = this.#cluster.known.described(name, args);
    } catch (error) {
      return Promise.reject(error);
    }
    return this.#send(spec, args, undefined, { ...this.#options, mode: this.#mode | LOOSE });
  }

  /** The same client with byte replies: wherever a method gives a string, this gives {@link Bytes}. */
  get bytes(): SurfaceOf<K, "client", Bytes, I> {
    return this[LIKE]({ ...this.#options, mode: this.#mode | BYTES });
  }

  /** The same client with exact integers: wherever a method gives an integer, this gives a `bigint`. */
  get bigints(): SurfaceOf<K, "client", S, bigint> {
    return this[LIKE]({ ...this.#options, mode: this.#mode | BIGINTS });
  }

  /**
   * The same client with options for each call.
   *
   * @throws {TypeError} for an unknown name, {@link RangeError} for a time out of range.
   */
  with(options: CallOptions): this {
    // Checked where it is checked for every client.
    this.#cluster.shards.anywhere.client.with(options);
    return this[LIKE]({ ...this.#options, ...options });
  }

  /**
   * The client of the shard that has this key: that of a single server, with sessions, MONITOR and all. It goes with the
   * shard if another node becomes its primary, not with the key if that moves to another shard.
   */
  shardOf(key: Key): ShardClient<K, S, I> {
    return this.#cluster.shards.nodeAt(slotOf(key)).surface(this.#options) as unknown as ShardClient<K, S, I>;
  }

  /** The clients of all shards at this moment. */
  shards(): ShardClient<K, S, I>[] {
    return this.#cluster.shards.all.map(({ node }) => node.surface(this.#options) as unknown as ShardClient<K, S, I>);
  }

  /** Opens a pipeline to be filled by hand and run with `exec`. */
  pipeline(options?: PipelineOptions): SurfaceOf<K, "pipeline", S, I>;
  /** Runs a pipeline whose replies are not kept. */
  pipeline(
    build: (
      pipeline: SurfaceOf<K, "pipeline", S, I>,
    ) => readonly ListedCommand[] | CommandSource<readonly ListedCommand[]>,
    options: PipelineOptions & { readonly replies: false },
  ): Promise<[]>;
  /** Runs a pipeline whose errors stand in the places of their replies. */
  pipeline<const C extends readonly ListedCommand[]>(
    build: (pipeline: SurfaceOf<K, "pipeline", S, I>) => C | CommandSource<C>,
    options: PipelineOptions & { readonly errors: "return"; readonly replies?: true | undefined },
  ): Promise<RepliesOrErrors<C>>;
  /**
   * Runs the commands that the builder lists in one go and gives their replies. Each node gets its commands in the order of
   * the list; those of different nodes run at the same time.
   *
   * @throws {ReplyError} the first error reply, after all replies have come.
   */
  pipeline<const C extends readonly ListedCommand[]>(
    build: (pipeline: SurfaceOf<K, "pipeline", S, I>) => C | CommandSource<C>,
    options?: PipelineOptions & { readonly errors?: "throw" | undefined; readonly replies?: true | undefined },
  ): Promise<Replies<C>>;
  /** Runs a pipeline where only the run tells what becomes of errors and replies. */
  pipeline<const C extends readonly ListedCommand[]>(
    build: (pipeline: SurfaceOf<K, "pipeline", S, I>) => C | CommandSource<C>,
    options: PipelineOptions | undefined,
  ): Promise<RepliesOrErrors<C> | []>;
  pipeline(
    first?: PipelineOptions | ((pipeline: SurfaceOf<K, "pipeline", S, I>) => unknown),
    options: PipelineOptions = {},
  ): unknown {
    const build = typeof first === "function" ? first : undefined;
    const settings = build === undefined ? first as PipelineOptions | undefined : options;
    const Pipeline = feature(this.#cluster.kit.pipeline, "pipelines");
    const pipeline = new Pipeline(
      this.#cluster,
      this.#options,
      settings,
      (spec, args, shape, loose) =>
        this.#send(spec, args, shape, loose ? { ...this.#options, mode: this.#mode | LOOSE } : this.#options),
    );
    return build === undefined ? pipeline : pipeline.run(build as () => readonly unknown[]);
  }

  /** Runs a transaction whose errors stand in the places of their replies. */
  transaction<const C extends readonly ListedCommand[]>(
    build: (transaction: SurfaceOf<K, "transaction", S, I>) => C,
    options: TransactionOptions & { readonly errors: "return" },
  ): Promise<RepliesOrErrors<C>>;
  /**
   * Runs the commands that the builder lists as one transaction (MULTI … EXEC), in one round trip. Its keys must all have
   * the same slot.
   *
   * @throws {TypeError} if they have not.
   * @throws {TransactionError} if the server refused one of the commands: none has run.
   * @throws {ReplyError} the first error of a command that ran; the others have run all the same.
   */
  transaction<const C extends readonly ListedCommand[]>(
    build: (transaction: SurfaceOf<K, "transaction", S, I>) => C,
    options?: TransactionOptions & { readonly errors?: "throw" | undefined },
  ): Promise<Replies<C>>;
  /** Runs a transaction where only the run tells what becomes of errors. */
  transaction<const C extends readonly ListedCommand[]>(
    build: (transaction: SurfaceOf<K, "transaction", S, I>) => C,
    options: TransactionOptions | undefined,
  ): Promise<RepliesOrErrors<C>>;
  transaction<const C extends readonly ListedCommand[]>(
    build: (transaction: SurfaceOf<K, "transaction", S, I>) => C,
    options: TransactionOptions = {},
  ): Promise<Replies<C> | RepliesOrErrors<C>> {
    const Transaction = feature(this.#cluster.node.transaction, "transactions");
    return inTransaction(this.#cluster, Transaction, build, options, this.#options) as never;
  }

  /**
   * Reads, decides, and writes only if nobody has changed the watched keys in between; else does it again: see
   * `BaseClient.watch`. All keys must have one slot.
   *
   * @throws {TypeError} if they have not.
   * @throws {TransactionError} with `reason` `"watch"` if a key was changed each time, `attempts` times.
   */
  async watch<T>(
    keys: Key | readonly Key[],
    work: (session: SurfaceOf<K, "session", S, I>) => T | Promise<T>,
    options: WatchOptions = {},
  ): Promise<T> {
    const list = kept(keys);
    const slot = oneSlot("WATCH: its keys", list);
    const watch = (node: Node): Promise<T> => node.surface(this.#options).watch(list, work as never, options);
    return await this.#followed(slot, watch);
  }

  /**
   * Subscribes to channels, which every node of the cluster carries.
   *
   * @returns The subscription, once the server has confirmed it: iterate it, or give `onMessage`.
   * @throws {ReplyError} if the user may not listen to one of the channels.
   */
  subscribe(channels: Arg | readonly Arg[], options: SubscribeOptions<S> = {}): Promise<Subscription<S>> {
    return this.#anywhere().subscribe(channels, options as never) as unknown as Promise<Subscription<S>>;
  }

  /** Subscribes to all channels that match a glob pattern; see {@link BaseCluster.subscribe}. */
  psubscribe(patterns: Arg | readonly Arg[], options: SubscribeOptions<S> = {}): Promise<Subscription<S>> {
    return this.#anywhere().psubscribe(patterns, options as never) as unknown as Promise<Subscription<S>>;
  }

  /**
   * Subscribes to channels of one shard (`SPUBLISH`); see {@link BaseCluster.subscribe}. They must have one slot. When that
   * moves to another shard the subscription goes with it, and hears of a gap.
   *
   * @throws {TypeError} if they have several.
   */
  async ssubscribe(channels: Arg | readonly Arg[], options: SubscribeOptions<S> = {}): Promise<Subscription<S>> {
    const list = kept(channels);
    const slot = oneSlot("SSUBSCRIBE: its channels", list);
    return await subscribed<S>(this.#cluster.shards, slot, options, this.#options.signal, (node, part) => {
      return node.surface(this.#options).ssubscribe(list, part as never) as unknown as Promise<Subscription<S>>;
    });
  }

  #anywhere(): NodeClient {
    return this.#cluster.shards.anywhere.surface(this.#options);
  }

  /** Walks over the keys of all nodes, in batches (SCAN): see {@link ClusterScan}. */
  scanIterator(this: Pick<Scanning<S>, "scan">, options?: ScanOptions): ClusterScan<S>;
  scanIterator(this: BaseCluster<K, S, I> & Pick<Scanning<S>, "scan">, options?: ScanOptions): ClusterScan<S> {
    const { shards } = this.#cluster;
    return new ClusterScan(shards, (shard) => {
      const surface = shard.node.surface(this.#options) as unknown as { scanIterator(options?: ScanOptions): unknown };
      return surface.scanIterator(options) as ScanIterator<S>;
    });
  }

  /** What walks over one key, wherever that goes: a client of its own for each walk. */
  #walker(): this {
    const walker = this[LIKE]<this>(this.#options);
    walker.send = stepsOf(this.#cluster.shards, this.#options) as this["send"];
    return walker;
  }

  /** Walks over the fields of a hash, in batches, without their values. */
  hscanIterator(
    this: Pick<Scanning<S>, "hscan">,
    key: Key,
    options: HscanOptions & ScanFrom & { readonly novalues: true },
  ): ScanIterator<S>;
  /** Walks over fields and values of a hash, in batches of pairs (HSCAN): see `ScanIterator`. */
  hscanIterator(
    this: Pick<Scanning<S>, "hscan">,
    key: Key,
    options?: HscanOptions & ScanFrom & { readonly novalues?: false | undefined },
  ): ScanIterator<[field: S, value: S]>;
  /** Walks over a hash, with or without its values, which only the run tells. */
  hscanIterator(
    this: Pick<Scanning<S>, "hscan">,
    key: Key,
    options?: HscanOptions & ScanFrom,
  ): ScanIterator<S | [field: S, value: S]>;
  hscanIterator(
    this: BaseCluster<K, S, I> & Pick<Scanning, "hscan">,
    key: Key,
    options?: HscanOptions & ScanFrom,
  ): ScanIterator<unknown> {
    return feature(this.#cluster.node.scans, "iterators").hash(this.#walker(), key, options);
  }

  /** Walks over the members of a set, in batches (SSCAN): see `ScanIterator`. */
  sscanIterator(this: Pick<Scanning<S>, "sscan">, key: Key, options?: SscanOptions & ScanFrom): ScanIterator<S>;
  sscanIterator(
    this: BaseCluster<K, S, I> & Pick<Scanning<S>, "sscan">,
    key: Key,
    options?: SscanOptions & ScanFrom,
  ): ScanIterator<S> {
    return feature(this.#cluster.node.scans, "iterators").set<S>(this.#walker(), key, options);
  }

  /** Walks over the members of a sorted set, in batches, without their scores. */
  zscanIterator(
    this: Pick<Scanning<S>, "zscan">,
    key: Key,
    options: ZscanOptions & ScanFrom & { readonly noscores: true },
  ): ScanIterator<S>;
  /** Walks over members and scores of a sorted set, in batches of pairs (ZSCAN): see `ScanIterator`. */
  zscanIterator(
    this: Pick<Scanning<S>, "zscan">,
    key: Key,
    options?: ZscanOptions & ScanFrom & { readonly noscores?: false | undefined },
  ): ScanIterator<[member: S, score: number]>;
  /** Walks over a sorted set, with or without its scores, which only the run tells. */
  zscanIterator(
    this: Pick<Scanning<S>, "zscan">,
    key: Key,
    options?: ZscanOptions & ScanFrom,
  ): ScanIterator<S | [member: S, score: number]>;
  zscanIterator(
    this: BaseCluster<K, S, I> & Pick<Scanning, "zscan">,
    key: Key,
    options?: ZscanOptions & ScanFrom,
  ): ScanIterator<unknown> {
    return feature(this.#cluster.node.scans, "iterators").sortedSet(this.#walker(), key, options);
  }

  /** Follows streams, which must have one slot: see `BaseClient.readStream`. */
  readStream(
    this: BaseCluster<K, S, I> & StreamReading<S>,
    streams: Key | readonly Key[],
    options?: ReadStreamOptions,
  ): StreamReader<S> {
    const Reader = feature(this.#cluster.node.streamReader, "stream readers");
    oneSlot("readStream: its streams", kept(streams));
    return new Reader<S>(this, this[CORE], this.#mode, streams, this.#withSignal(options));
  }

  /** Starts a consumer of a group, of streams that must have one slot: see `BaseClient.streamWorker`. */
  streamWorker(this: BaseCluster<K, S, I> & StreamWorking, options: StreamWorkerOptions<S>): StreamWorker<S> {
    const Worker = feature(this.#cluster.node.streamWorker, "stream workers");
    oneSlot("streamWorker: its streams", kept(options.streams));
    return new Worker<S>(this, this[CORE], this.#mode, this.#withSignal(options));
  }

  #withSignal<T extends { readonly signal?: AbortSignal | undefined }>(options: T | undefined): T {
    return { ...options, signal: options?.signal ?? this.#options.signal } as T;
  }

  /** Numbers about the client: its connections to all nodes at this moment, and what it has sent and received on them. */
  stats(): ClientStats {
    const { anywhere, all } = this.#cluster.shards;
    const present = [anywhere, ...all.flatMap((shard) => shard.nodes)].map(({ core }) => clientStats(core));
    // What is counted is counted for all of them together; the rest is of each one's connections.
    return present.reduce((
      sum,
      { shared, idle, leased, waiting, pending, leases, refused, unfit, retired, bytesWaiting },
    ) => ({
      ...sum,
      shared: sum.shared + shared,
      idle: sum.idle + idle,
      leased: sum.leased + leased,
      waiting: sum.waiting + waiting,
      pending: sum.pending + pending,
      leases: sum.leases + leases,
      refused: sum.refused + refused,
      unfit: sum.unfit + unfit,
      retired: sum.retired + retired,
      bytesWaiting: sum.bytesWaiting + bytesWaiting,
    }));
  }

  /** Says on every open connection who the client is, once more: see `BaseClient.reauthenticate`. */
  reauthenticate(credentials?: Credentials): Promise<void> {
    const { identity, pool } = this[CORE];
    return feature(identity, "options").renew(pool, credentials);
  }

  /** Waits for replies that are owed, at most `within` milliseconds (5,000 unless given), then closes. */
  close(within = 5000): Promise<void> {
    return this.#cluster.shards.close(within);
  }

  /** Closes at once; commands whose replies are owed are rejected. */
  destroy(): void {
    this.#cluster.shards.destroy();
  }

  /** Leaves the scope of `await using`: see {@link BaseCluster.close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** The slot of all of these. */
function oneSlot(what: string, names: readonly Arg[]): number | undefined {
  const slots = names.map(slotOf);
  if (slots.some((slot) => slot !== slots[0])) {
    throw new TypeError(`${what} must have one slot; a part in braces, as in "user:{7}:name", decides on it`);
  }
  return slots[0];
}
