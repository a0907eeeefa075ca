/**
 * What every client has beside its commands: shared connections, and the ways to send commands together or apart.
 *
 * @module
 */
import { type Arg, BLOCKING, BLOCKING_OPTION, type CommandSpec, PUBSUB, SESSION, type Shape } from "../command/spec.ts";
import type { Key } from "../command/values.ts";
import type { HscanOptions, ScanOptions, SscanOptions, ZscanOptions } from "../generated/options.ts";
import { detailed } from "../connection/notice.ts";
import { LOOSE, type SendOptions } from "../connection/pending.ts";
import type { Line } from "../connection/line.ts";
import { settledWithin } from "../connection/wait.ts";
import type { Reply } from "../resp/reply.ts";
import type { CommandSource, ListedCommand, Replies, RepliesOrErrors } from "./batch.ts";
import type { PipelineOptions } from "./pipeline.ts";
import { BareClient } from "./bare.ts";
import { APART, CORE, type Core, OPTIONS } from "./core.ts";
import { guarded } from "./guard.ts";
import type { Family } from "./change.ts";
import type { Asking } from "./hub.ts";
import type { InboxOptions } from "./inbox.ts";
import { feature, type SurfaceOf, type Surfaces } from "./kit.ts";
import { type ClientStats, clientStats } from "./stats.ts";
import type { Monitor } from "./monitor.ts";
import { kept } from "./names.ts";
import type { Optimistic, WatchOptions } from "./optimistic.ts";
import { patience, type Wait } from "./patience.ts";
import { refusal, whyApart } from "./refusal.ts";
import type { ScanFrom, ScanIterator, Scanning } from "./scan.ts";
import type { ReadStreamOptions, StreamReader, StreamReading } from "./stream_reader.ts";
import type { StreamWorker } from "./stream_worker.ts";
import type { StreamWorkerOptions, StreamWorking } from "./stream_worker_options.ts";
import type { SubscribeOptions, Subscription } from "./subscription.ts";
import type { TransactionOptions } from "./transaction.ts";
import { sendNamed } from "./unusual.ts";

/** How many milliseconds at most whoever hears of a failure waits for his session to be given back. */
const GIVING_BACK = 50;

/**
 * Everything of a client but its commands: commands that are called together leave in one write, and blocking ones go to
 * connections of their own.
 *
 * `K` is the set of commands that it was made for, `S` what string replies become, `I` what integer replies become: see
 * {@link BareClient.bytes} and {@link BareClient.bigints}.
 */
export abstract class BaseClient<
  K extends Surfaces,
  S extends string | Uint8Array = string,
  I extends number | bigint = number,
> extends BareClient<K, S, I> {
  readonly #core: Core = this[CORE];
  readonly #options: SendOptions = this[OPTIONS];
  readonly #mode: number = this[OPTIONS].mode;

  /** @internal Sends a command that is not for a shared connection elsewhere, or says why it cannot be sent at all. */
  override [APART]<T>(spec: CommandSpec, args: Arg[], shape: Shape | undefined, mode: number): Promise<T> {
    if ((spec.flags & (SESSION | PUBSUB)) !== 0) {
      return Promise.reject(refusal(spec, args) ?? new TypeError(`${whyApart(spec)}: use redis.session()`));
    }
    const { signal } = this.#options;
    const { blocking } = this.#core.kit;
    if (blocking === undefined ? (spec.flags & (BLOCKING | BLOCKING_OPTION)) === 0 : !blocking.isBlocking(spec, args)) {
      return super[APART](spec, args, shape, mode);
    }
    if (signal?.aborted) return Promise.reject(signal.reason);
    const { send } = feature(blocking, spec.name);
    return this.#core.running.add(send(this.#core, spec, args, shape, { ...this.#options, mode }));
  }

  async #lease(): Promise<SurfaceOf<K, "session", S, I> & { release(): Promise<void> }> {
    const Session = feature(this.#core.kit.session, "sessions");
    const line = await this.#acquire("session");
    return new Session(this.#core, line, this.#options) as unknown as
      & SurfaceOf<K, "session", S, I>
      & { release(): Promise<void> };
  }

  /**
   * Lends a session for a piece of work. Whoever hears that it failed does not wait long for the connection: that may be
   * silent, and is given back, or given up, in its own time; until then it is nobody else's.
   */
  async #lent<T>(work: (session: SurfaceOf<K, "session", S, I>) => T | Promise<T>): Promise<T> {
    const session = await this.#lease();
    let result: T;
    try {
      result = await work(session);
    } catch (error) {
      await settledWithin(session.release(), GIVING_BACK);
      throw error;
    }
    await session.release();
    return result;
  }

  async #acquire(what: string): Promise<Line> {
    const wait: Wait = { command: what, report: () => this.#core.report() };
    const [line] = await patience(this.#options, wait, (signal) => this.#core.pool.acquire(signal));
    return line;
  }

  /**
   * Sends any command by its name, for what has no method. Words of the name are apart by spaces.
   *
   * @returns The reply as it came: maps as flat arrays, integers beyond 2^53 as `bigint`s.
   */
  call(name: string, ...args: Arg[]): Promise<Reply> {
    return sendNamed(name, args, (spec, words) => this[APART](spec, words, undefined, this.#mode | LOOSE));
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
   * Runs the commands that the builder lists in one go and gives their replies. A builder may be a generator, too: its
   * commands are queued as fast as the server takes them, and unless it returns a list it gives all replies, in order.
   *
   * @example Two commands, one round trip
   * ```ts
   * import { connect } from "@respire/redis";
   *
   * await using redis = await connect();
   * const [name, visits] = await redis.pipeline((p) => [p.get("name"), p.incr("visits")]);
   * ```
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
    const Pipeline = feature(this.#core.kit.pipeline, "pipelines");
    const pipeline = new Pipeline(
      (exclusive, work) => this.#run(exclusive, work),
      this.#mode,
      settings,
      (work, giveUp) =>
        this.#core.running.add(guarded("pipeline", this.#options, work, () => this.#core.report(), giveUp)),
    );
    return build === undefined ? pipeline : pipeline.run(build as () => readonly unknown[]);
  }

  #run<T>(exclusive: boolean, work: (next: (last: Line | undefined) => Line) => Promise<T>): Promise<T> {
    return exclusive ? this.#runApart(work) : work((last) => this.#core.pool.share(last));
  }

  async #runApart<T>(work: (next: (last: Line | undefined) => Line) => Promise<T>): Promise<T> {
    const line = await this.#acquire("pipeline");
    try {
      return await work(() => line);
    } finally {
      this.#core.pool.release(line);
    }
  }

  /** Runs a transaction whose errors stand in the places of their replies. */
  transaction<const C extends readonly ListedCommand[]>(
    build: (transaction: SurfaceOf<K, "transaction", S, I>) => C,
    options: TransactionOptions & { readonly errors: "return" },
  ): Promise<RepliesOrErrors<C>>;
  /**
   * Runs the commands that the builder lists as one transaction (MULTI … EXEC), in one round trip.
   *
   * @example Both or none
   * ```ts
   * import { connect } from "@respire/redis";
   *
   * await using redis = await connect();
   * const [left, right] = await redis.transaction((tx) => [tx.decr("left"), tx.incr("right")]);
   * ```
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
    const transaction = new (feature(this.#core.kit.transaction, "transactions"))(this.#mode);
    const run = () => transaction.run(build as never, options, (work) => work(this.#core.pool.share()));
    const report = () => this.#core.report();
    const giveUp = () => transaction.giveUp();
    return guarded<unknown>("transaction", this.#options, run, report, giveUp) as Promise<Replies<C>>;
  }

  /**
   * Reads, decides, and writes only if nobody has changed the watched keys in between; else does it again, with random
   * pauses. The function gets a session on which the keys are watched; its transaction is the write. One that ends without
   * a transaction writes nothing, and that is fine, too.
   *
   * The function may run several times, so it must do nothing that must not happen twice.
   *
   * @returns What the function gave in the run that went through.
   * @throws {TransactionError} with `reason` `"watch"` if a key was changed each time, `attempts` times;
   * with `"abort"` if the server refused a command of the transaction: nothing has run.
   * @throws {ReplyError} the first error of a command that ran; the others have run all the same.
   * @throws {ConnectionError} if the connection was lost. `sent` says whether the transaction may have run.
   *
   * @example Take one if there is one
   * ```ts
   * import { connect } from "@respire/redis";
   *
   * await using redis = await connect();
   * const left = await redis.watch("stock", async (s) => {
   *   const stock = Number(await s.get("stock"));
   *   if (stock === 0) return 0;
   *   const [left] = await s.transaction((tx) => [tx.decr("stock")]);
   *   return left;
   * });
   * console.log(left);
   * ```
   */
  async watch<T>(
    keys: Key | readonly Key[],
    work: (session: SurfaceOf<K, "session", S, I>) => T | Promise<T>,
    options: WatchOptions = {},
  ): Promise<T> {
    // Watched anew for each attempt.
    const list = kept(keys);
    return await this.#lent((session) =>
      (session as unknown as Optimistic).optimistic(list, () => work(session), options)
    );
  }

  async #listen(family: Family, names: Arg | readonly Arg[], options: SubscribeOptions<S>): Promise<Subscription<S>> {
    const hub = feature(this.#core.hub, "subscriptions");
    // Subscribed to anew on each connection.
    const list = kept(names);
    const asking: Asking<S> = { tickets: new Set() };
    const subscribe = () => hub.subscribe(family, list, this.#options, options, asking);
    const report = () => this.#core.report();
    try {
      return await guarded(
        family,
        this.#options,
        subscribe,
        report,
        () => [...asking.tickets].some(({ sent }) => sent),
      );
    } catch (error) {
      // At once: nobody holds it, and what confirms it too late may bring a message in one breath.
      void asking.subscription?.close();
      throw this.#options.signal?.aborted ? error : detailed(error, report, family);
    }
  }

  /**
   * Subscribes to channels.
   *
   * @returns The subscription, once the server has confirmed it: iterate it, or give `onMessage`.
   * @throws {ReplyError} if the user may not listen to one of the channels.
   *
   * @example Read messages
   * ```ts
   * import { connect } from "@respire/redis";
   *
   * await using redis = await connect();
   * await using news = await redis.subscribe("news");
   * await redis.publish("news", "hello");
   * for await (const { channel, message } of news) {
   *   console.log(channel, message);
   *   break;
   * }
   * ```
   */
  subscribe(channels: Arg | readonly Arg[], options: SubscribeOptions<S> = {}): Promise<Subscription<S>> {
    return this.#listen("SUBSCRIBE", channels, options);
  }

  /** Subscribes to all channels that match a glob pattern; see {@link BaseClient.subscribe}. */
  psubscribe(patterns: Arg | readonly Arg[], options: SubscribeOptions<S> = {}): Promise<Subscription<S>> {
    return this.#listen("PSUBSCRIBE", patterns, options);
  }

  /** Subscribes to channels of this shard (`SPUBLISH`); see {@link BaseClient.subscribe}. */
  ssubscribe(channels: Arg | readonly Arg[], options: SubscribeOptions<S> = {}): Promise<Subscription<S>> {
    return this.#listen("SSUBSCRIBE", channels, options);
  }

  /**
   * Walks over the keys of the database, in batches (SCAN): see {@link ScanIterator}.
   *
   * @example
   * ```ts
   * import { connect } from "@respire/redis";
   *
   * await using redis = await connect();
   * for await (const keys of redis.scanIterator({ match: "session:*", count: 500 })) await redis.unlink(...keys);
   * ```
   */
  scanIterator(
    this: Pick<Scanning<S>, "scan">,
    options?: ScanOptions & ScanFrom,
  ): ScanIterator<S>;
  // The signatures name no class, so that they are the same for what may be a client or a session.
  scanIterator(
    this: BaseClient<K, S, I> & Pick<Scanning<S>, "scan">,
    options?: ScanOptions & ScanFrom,
  ): ScanIterator<S> {
    return feature(this.#core.kit.scans, "iterators").keys<S>(this, options);
  }

  /** Walks over the fields of a hash, in batches, without their values. */
  hscanIterator(
    this: Pick<Scanning<S>, "hscan">,
    key: Key,
    options: HscanOptions & ScanFrom & { readonly novalues: true },
  ): ScanIterator<S>;
  /** Walks over fields and values of a hash, in batches of pairs (HSCAN): see {@link ScanIterator}. */
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
    this: BaseClient<K, S, I> & Pick<Scanning, "hscan">,
    key: Key,
    options?: HscanOptions & ScanFrom,
  ): ScanIterator<unknown> {
    return feature(this.#core.kit.scans, "iterators").hash(this, key, options);
  }

  /** Walks over the members of a set, in batches (SSCAN): see {@link ScanIterator}. */
  sscanIterator(
    this: Pick<Scanning<S>, "sscan">,
    key: Key,
    options?: SscanOptions & ScanFrom,
  ): ScanIterator<S>;
  sscanIterator(
    this: BaseClient<K, S, I> & Pick<Scanning<S>, "sscan">,
    key: Key,
    options?: SscanOptions & ScanFrom,
  ): ScanIterator<S> {
    return feature(this.#core.kit.scans, "iterators").set<S>(this, key, options);
  }

  /** Walks over the members of a sorted set, in batches, without their scores. */
  zscanIterator(
    this: Pick<Scanning<S>, "zscan">,
    key: Key,
    options: ZscanOptions & ScanFrom & { readonly noscores: true },
  ): ScanIterator<S>;
  /** Walks over members and scores of a sorted set, in batches of pairs (ZSCAN): see {@link ScanIterator}. */
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
    this: BaseClient<K, S, I> & Pick<Scanning, "zscan">,
    key: Key,
    options?: ZscanOptions & ScanFrom,
  ): ScanIterator<unknown> {
    return feature(this.#core.kit.scans, "iterators").sortedSet(this, key, options);
  }

  /**
   * Follows streams: gives their entries as they are added (XREAD), over lost connections; see {@link StreamReader}.
   *
   * @example
   * ```ts
   * import { connect } from "@respire/redis";
   *
   * await using redis = await connect();
   * await redis.xadd("log", "*", { line: "started" });
   * for await (const { id, fields } of redis.readStream("log", { from: "0" })) {
   *   console.log(id, fields.line);
   *   break;
   * }
   * ```
   */
  readStream(
    this: BaseClient<K, S, I> & StreamReading<S>,
    streams: Key | readonly Key[],
    options?: ReadStreamOptions,
  ): StreamReader<S> {
    const Reader = feature(this.#core.kit.streamReader, "stream readers");
    return new Reader<S>(this, this.#core, this.#mode, streams, this.#withSignal(options));
  }

  /**
   * Starts a consumer of a group: it hands entries to a function, confirms them when that has succeeded, and takes over
   * what others have left; see {@link StreamWorker}.
   *
   * @example
   * ```ts
   * import { connect } from "@respire/redis";
   *
   * await using redis = await connect();
   * await using worker = redis.streamWorker({
   *   streams: "jobs",
   *   group: "mailers",
   *   handler: ({ fields }) => console.log("mail to", fields.to),
   *   onError: console.error,
   * });
   * await redis.xadd("jobs", "*", { to: "ada" });
   * ```
   */
  streamWorker(this: BaseClient<K, S, I> & StreamWorking, options: StreamWorkerOptions<S>): StreamWorker<S> {
    const Worker = feature(this.#core.kit.streamWorker, "stream workers");
    return new Worker<S>(this, this.#core, this.#mode, this.#withSignal(options));
  }

  /**
   * Watches the commands that the server runs (MONITOR), over a connection of its own that is closed in the end. It costs
   * the server much: a means to find faults, not to observe.
   *
   * @example
   * ```ts
   * import { connect } from "@respire/redis";
   *
   * await using redis = await connect();
   * await using monitor = redis.monitor();
   * await monitor.ready;
   * await redis.set("key", "value");
   * for await (const { time, database, address, command } of monitor) {
   *   console.log(new Date(time), database, address, command);
   *   break;
   * }
   * ```
   */
  monitor(options: InboxOptions = {}): Monitor<S> {
    return new (feature(this.#core.kit.monitor, "MONITOR"))<S>(
      this.#core.pool,
      this.#mode,
      options,
      this.#options.signal,
    );
  }

  /** Gives a connection of one's own until the end of its scope (`await using`). */
  session(): Promise<SurfaceOf<K, "session", S, I>>;
  /** Gives the function a connection of its own until it is done. */
  session<T>(work: (session: SurfaceOf<K, "session", S, I>) => T | Promise<T>): Promise<T>;
  async session<T>(
    work?: (session: SurfaceOf<K, "session", S, I>) => T | Promise<T>,
  ): Promise<T | SurfaceOf<K, "session", S, I>> {
    return await (work === undefined ? this.#lease() : this.#lent(work));
  }

  /** What ends with a signal of its own, or else with that of this surface. */
  #withSignal<T extends { readonly signal?: AbortSignal | undefined }>(options: T | undefined): T {
    return { ...options, signal: options?.signal ?? this.#options.signal } as T;
  }

  /** Numbers about the client: its connections at this moment, and what it has sent and received since it was opened. */
  stats(): ClientStats {
    return clientStats(this.#core);
  }
}
