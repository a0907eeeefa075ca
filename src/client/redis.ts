/**
 * The client: typed commands over shared connections, and the ways to send them together or apart.
 *
 * @module
 */
import { type Arg, BLOCKING, BLOCKING_OPTION, type CommandSpec, PUBSUB, SESSION, type Shape } from "../command/spec.ts";
import { Commands } from "../generated/commands.ts";
import { LOOSE, Pending, type SendOptions } from "../connection/pending.ts";
import type { Line } from "../connection/line.ts";
import { BIGINTS, BYTES, type Reply } from "../resp/reply.ts";
import type { Replies, RepliesOrErrors } from "./batch.ts";
import { Pipeline, type PipelineOptions } from "./pipeline.ts";
import { isBlocking, sendBlocking } from "./blocking.ts";
import type { Core } from "./core.ts";
import { guarded } from "./guard.ts";
import type { PoolStats } from "./pool.ts";
import { Session } from "./session.ts";
import type { SubscribeOptions, Subscription } from "./subscription.ts";
import { Transaction, type TransactionOptions } from "./transaction.ts";
import { namedSpec } from "./unusual.ts";

/** Flags that keep a command off a shared connection. */
const APART = BLOCKING | BLOCKING_OPTION | SESSION | PUBSUB;

/** Options that travel with every command of a surface; see {@link Redis.with}. */
export interface CallOptions {
  /** Milliseconds from each call until its caller is released with a `TimeoutError`. */
  readonly timeout?: number;
  /** Releases the caller of each call with `signal.reason`. */
  readonly signal?: AbortSignal;
}

/**
 * A client of one Redis or Valkey server. Its methods are the server's commands; commands issued in one turn of the
 * event loop leave in one write, and blocking ones go to connections of their own.
 *
 * `S` is what string replies become, `I` what integer replies become: see {@link Redis.bytes} and {@link Redis.bigints}.
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
export class Redis<S extends string | Uint8Array = string, I extends number | bigint = number> extends Commands<S, I> {
  readonly #core: Core;
  readonly #options: SendOptions;
  readonly #mode: number;
  readonly #watched: boolean;

  /** @internal Made by `connect` and `connectPool`. */
  constructor(core: Core, options: SendOptions) {
    super();
    this.#core = core;
    this.#options = options;
    this.#mode = options.mode;
    this.#watched = options.signal !== undefined || options.timeout !== undefined;
  }

  /** The one way that every command takes. Rejects with what the encoder refuses, the server says, or befalls the connection. */
  override send<T>(spec: CommandSpec, args: Arg[], shape?: Shape): Promise<T> {
    if ((spec.flags & APART) !== 0 || this.#watched) return this.#sendApart(spec, args, shape, this.#mode);
    const line = this.#core.pool.share();
    if (this.#core.isFull(line)) return this.#sendLater(line, spec, args, shape, this.#mode);
    return new Promise((resolve, reject) => {
      line.send(new Pending(spec, args, shape, this.#mode, resolve as (value: never) => void, reject));
    });
  }

  async #sendLater<T>(line: Line, spec: CommandSpec, args: Arg[], shape: Shape | undefined, mode: number): Promise<T> {
    await this.#core.roomOn(line, spec.name);
    return await this.#watch(line, spec, args, shape, mode);
  }

  #sendApart<T>(spec: CommandSpec, args: Arg[], shape: Shape | undefined, mode: number): Promise<T> {
    if ((spec.flags & SESSION) !== 0) {
      return Promise.reject(new TypeError(`${spec.name} changes the state of its connection: use redis.session()`));
    }
    if ((spec.flags & PUBSUB) !== 0) {
      return Promise.reject(new TypeError(`${spec.name}: subscriptions are made with redis.subscribe()`));
    }
    const { signal } = this.#options;
    if (signal?.aborted) return Promise.reject(signal.reason);
    if (isBlocking(spec, args)) return sendBlocking(this.#core, spec, args, shape, { ...this.#options, mode });
    const line = this.#core.pool.share();
    if (this.#core.isFull(line)) return this.#sendLater(line, spec, args, shape, mode);
    return this.#watch(line, spec, args, shape, mode);
  }

  /** Sends a command whose caller may be released early. */
  #watch<T>(line: Line, spec: CommandSpec, args: Arg[], shape: Shape | undefined, mode: number): Promise<T> {
    return new Promise((resolve, reject) => {
      const pending = new Pending(spec, args, shape, mode, resolve as (value: never) => void, reject);
      line.send(pending);
      if (this.#watched) pending.watch(this.#options, (released) => line.withdraw(released));
    });
  }

  async #lease(): Promise<Session<S, I>> {
    const line = await this.#core.pool.acquire(this.#options.signal);
    return new Session<S, I>(this.#core.pool, line, this.#options);
  }

  /** The same client with byte replies: wherever a method gives a string, this gives a `Uint8Array`. */
  get bytes(): Redis<Uint8Array, I> {
    return new Redis(this.#core, { ...this.#options, mode: this.#mode | BYTES });
  }

  /** The same client with exact integers: wherever a method gives an integer, this gives a `bigint`. */
  get bigints(): Redis<S, bigint> {
    return new Redis(this.#core, { ...this.#options, mode: this.#mode | BIGINTS });
  }

  /**
   * The same client with options for each call.
   *
   * @example Give up after half a second
   * ```ts
   * import { connect } from "@respire/redis";
   *
   * await using redis = await connect();
   * await redis.with({ timeout: 500 }).get("key");
   * ```
   */
  with(options: CallOptions): Redis<S, I> {
    const { timeout } = options;
    if (
      timeout !== undefined &&
      !(Number.isInteger(timeout) && timeout > 0 && timeout < 2 ** 31)
    ) {
      throw new RangeError(
        "Option timeout must be a whole number of milliseconds from 1 to 2147483647",
      );
    }
    return new Redis(this.#core, { ...this.#options, ...options });
  }

  /**
   * Sends any command by its name, for what has no method. Words of the name are apart by spaces.
   *
   * @returns The reply as it came: maps as flat arrays, integers beyond 2^53 as `bigint`s.
   */
  call(name: string, ...args: Arg[]): Promise<Reply> {
    let spec: CommandSpec;
    try {
      spec = namedSpec(name, args);
    } catch (error) {
      return Promise.reject(error);
    }
    return this.#sendApart(spec, args, undefined, this.#mode | LOOSE);
  }

  /** Opens a pipeline to be filled by hand and run with `exec`. */
  pipeline(options?: PipelineOptions): Pipeline<S, I>;
  /** Runs a pipeline whose errors stand in the places of their replies. */
  pipeline<const C extends readonly unknown[]>(
    build: (pipeline: Pipeline<S, I>) => C,
    options: PipelineOptions & { readonly errors: "return" },
  ): Promise<RepliesOrErrors<C>>;
  /**
   * Runs the commands that the builder lists in one go and gives their replies.
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
  pipeline<const C extends readonly unknown[]>(
    build: (pipeline: Pipeline<S, I>) => C,
    options?: PipelineOptions,
  ): Promise<Replies<C>>;
  /** Runs the commands that a generator queues, as fast as the server takes them. Gives all replies, in order. */
  pipeline(
    build: (pipeline: Pipeline<S, I>) => Iterator<unknown, void>,
    options?: PipelineOptions,
  ): Promise<unknown[]>;
  pipeline(
    first?: PipelineOptions | ((pipeline: Pipeline<S, I>) => unknown),
    options: PipelineOptions = {},
  ): unknown {
    const build = typeof first === "function" ? first : undefined;
    const settings = build === undefined ? first as PipelineOptions | undefined : options;
    const pipeline = new Pipeline<S, I>(
      (exclusive, work) => this.#run(exclusive, work),
      this.#mode,
      settings,
    );
    if (build === undefined) return pipeline;
    return guarded("pipeline", this.#options, () => pipeline.run(build as () => readonly unknown[], options));
  }

  async #run<T>(
    exclusive: boolean,
    work: (line: Line) => Promise<T>,
  ): Promise<T> {
    if (!exclusive) return await work(this.#core.pool.share());
    const line = await this.#core.pool.acquire(this.#options.signal);
    try {
      return await work(line);
    } finally {
      this.#core.pool.release(line);
    }
  }

  /** Runs a transaction whose errors stand in the places of their replies. */
  transaction<const C extends readonly unknown[]>(
    build: (transaction: Transaction<S, I>) => C,
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
  transaction<const C extends readonly unknown[]>(
    build: (transaction: Transaction<S, I>) => C,
    options?: TransactionOptions,
  ): Promise<Replies<C>>;
  transaction<const C extends readonly unknown[]>(
    build: (transaction: Transaction<S, I>) => C,
    options: TransactionOptions = {},
  ): Promise<Replies<C> | RepliesOrErrors<C>> {
    const transaction = new Transaction<S, I>(this.#mode);
    const run = () => transaction.run(build, options, (work) => work(this.#core.pool.share()));
    return guarded("transaction", this.#options, run);
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
    return this.#core.hub.subscribe("SUBSCRIBE", listOf(channels), this.#mode, options);
  }

  /** Subscribes to all channels that match a glob pattern; see {@link Redis.subscribe}. */
  psubscribe(patterns: Arg | readonly Arg[], options: SubscribeOptions<S> = {}): Promise<Subscription<S>> {
    return this.#core.hub.subscribe("PSUBSCRIBE", listOf(patterns), this.#mode, options);
  }

  /** Subscribes to channels of this shard (`SPUBLISH`); see {@link Redis.subscribe}. */
  ssubscribe(channels: Arg | readonly Arg[], options: SubscribeOptions<S> = {}): Promise<Subscription<S>> {
    return this.#core.hub.subscribe("SSUBSCRIBE", listOf(channels), this.#mode, options);
  }

  /** Gives a connection of one's own until the end of its scope (`await using`). */
  session(): Promise<Session<S, I>>;
  /** Gives the function a connection of its own until it is done. */
  session<T>(work: (session: Session<S, I>) => T | Promise<T>): Promise<T>;
  async session<T>(
    work?: (session: Session<S, I>) => T | Promise<T>,
  ): Promise<T | Session<S, I>> {
    const session = await this.#lease();
    if (work === undefined) return session;
    try {
      return await work(session);
    } finally {
      await session.release();
    }
  }

  /** Numbers about the client's connections at this moment. */
  stats(): PoolStats {
    return this.#core.pool.stats();
  }

  /** Waits for replies that are owed, at most `within` milliseconds (5,000 unless given), then closes. */
  close(within = 5000): Promise<void> {
    return this.#core.close(within);
  }

  /** Closes at once; commands whose replies are owed are rejected. */
  destroy(): void {
    this.#core.destroy();
  }

  /** Leaves the scope of `await using`: see {@link Redis.close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

function listOf(names: Arg | readonly Arg[]): readonly Arg[] {
  return Array.isArray(names) ? names : [names as Arg];
}
