/**
 * The least that a client is: one way for its commands to the server. What else a client can do is put on this.
 *
 * @module
 */
import { type Arg, BLOCKING, BLOCKING_OPTION, type CommandSpec, PUBSUB, SESSION, type Shape } from "../command/spec.ts";
import type { Credentials } from "../connection/handshake.ts";
import type { Line } from "../connection/line.ts";
import { Pending, type SendOptions } from "../connection/pending.ts";
import { BIGINTS, BYTES, type Bytes } from "../resp/reply.ts";
import { APART, CORE, Core, LIKE, ON, OPTIONS } from "./core.ts";
import { feature, type SurfaceOf, type Surfaces } from "./kit.ts";
import { checkKnown } from "./known.ts";

/** Flags that keep a command off a shared connection. */
const UNUSUAL = BLOCKING | BLOCKING_OPTION | SESSION | PUBSUB;

/** Options that travel with every command of a surface; see {@link BareClient.with}. */
export interface CallOptions {
  /**
   * Milliseconds from each call until its caller is released with a `TimeoutError`; at least 1. `undefined` lifts the limit
   * that the client has, left out it stays.
   */
  readonly timeout?: number | undefined;
  /** Releases the caller of each call with `signal.reason`. */
  readonly signal?: AbortSignal | undefined;
}

const KNOWN = ["signal", "timeout"];

/**
 * A client that sends commands, and nothing else: what a small build begins with. {@link BaseClient} is one that has
 * pipelines, transactions, sessions and subscriptions, too.
 *
 * `K` is the set of commands that it was made for, `S` what string replies become, `I` what integer replies become: see
 * {@link BareClient.bytes} and {@link BareClient.bigints}.
 */
export abstract class BareClient<
  K extends Surfaces,
  S extends string | Uint8Array = string,
  I extends number | bigint = number,
> {
  readonly #core: Core;
  readonly #options: SendOptions;
  readonly #mode: number;
  readonly #watched: boolean;

  /** @internal Made by `connect` and `connectPool`. */
  constructor(core: Core, options: SendOptions) {
    // As other libraries have it: with an address in the place of the core.
    if (!(core instanceof Core)) throw new TypeError("A client is opened with await connect(…)");
    this.#core = core;
    this.#options = options;
    this.#mode = options.mode;
    this.#watched = options.signal !== undefined || options.timeout !== undefined || options.atOnce === true;
  }

  /** @internal For modules of this package that build on a client. */
  get [CORE](): Core {
    return this.#core;
  }

  /** @internal What travels with each of its commands. */
  get [OPTIONS](): SendOptions {
    return this.#options;
  }

  /** @internal The same surface (bytes, bigints, limits) of another client. */
  [ON](core: Core): this {
    return new core.kit.client(core, this.#options) as this;
  }

  /**
   * The one way that every command takes. Rejects with what the encoder refuses, the server says, or befalls the connection.
   * The array of arguments is the client's from the call on: what is changed in it later may be sent.
   */
  send<T>(spec: CommandSpec, args: Arg[], shape?: Shape): Promise<T> {
    if ((spec.flags & UNUSUAL) !== 0 || this.#watched) return this[APART](spec, args, shape, this.#mode);
    const line = this.#core.pool.share();
    if (this.#core.isFull(line)) return this.#watch(line, spec, args, shape, this.#mode);
    return new Promise((resolve, reject) => {
      line.send(new Pending(spec, args, shape, this.#mode, resolve as (value: never) => void, reject));
    });
  }

  /** @internal Sends a command that the short way is not for. */
  [APART]<T>(spec: CommandSpec, args: Arg[], shape: Shape | undefined, mode: number): Promise<T> {
    const { signal, atOnce } = this.#options;
    if (signal?.aborted) return Promise.reject(signal.reason);
    return this.#watch(atOnce ? this.#core.pool.shareOpen() : this.#core.pool.share(), spec, args, shape, mode);
  }

  /** Sends a command whose caller may be released early, or for which there may be no room yet. */
  #watch<T>(line: Line, spec: CommandSpec, args: Arg[], shape: Shape | undefined, mode: number): Promise<T> {
    return new Promise((resolve, reject) => {
      const pending = new Pending(spec, args, shape, mode, resolve as (value: never) => void, reject);
      if (this.#watched) pending.watch(this.#options);
      try {
        if (this.#core.isFull(line)) this.#core.sendWithRoom(pending);
        else line.send(pending);
      } catch (error) {
        pending.fail(error as Error);
      }
    });
  }

  /** @internal The same client with other options. */
  [LIKE]<T>(options: SendOptions): T {
    return new this.#core.kit.client(this.#core, options) as T;
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
   * @example Give up after half a second
   * ```ts
   * import { connect } from "@respire/redis";
   *
   * await using redis = await connect();
   * await redis.with({ timeout: 500 }).get("key");
   * ```
   *
   * @throws {TypeError} for an unknown name, {@link RangeError} for a time out of range.
   */
  with(options: CallOptions): this {
    checkKnown(options, KNOWN);
    const { timeout } = options;
    if (
      timeout !== undefined &&
      !(Number.isInteger(timeout) && timeout > 0 && timeout < 2 ** 31)
    ) {
      throw new RangeError(
        "Option timeout must be a whole number of milliseconds from 1 to 2147483647",
      );
    }
    return this[LIKE]({ ...this.#options, ...options });
  }

  /**
   * Says on every open connection who the client is, once more: asks `credentials` again, or takes these from now on. For
   * tokens that expire: a server that has closed its ears to the old one need not be reconnected to.
   *
   * A connection that is being opened authenticates by itself. One in the midst of a transaction, or that carries RESP2
   * subscriptions, cannot: it does so when it is used or opened next. That of a monitor stays what it was.
   *
   * @throws {ConnectionError} if the server refuses them on a connection; its words are the `cause`. Connections on which
   * they are refused stay what they were. Also if `credentials` throws, or the client is closed.
   * @throws {TimeoutError} if `credentials` gives none within `connectTimeout`.
   */
  reauthenticate(credentials?: Credentials): Promise<void> {
    const { identity, pool } = this.#core;
    return feature(identity, "options").renew(pool, credentials);
  }

  /** Waits for replies that are owed, at most `within` milliseconds (5,000 unless given), then closes. */
  close(within = 5000): Promise<void> {
    return this.#core.close(within);
  }

  /** Closes at once; commands whose replies are owed are rejected. */
  destroy(): void {
    this.#core.destroy();
  }

  /** Leaves the scope of `await using`: see {@link BareClient.close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
