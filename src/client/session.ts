/**
 * A connection of one's own, for what a shared one cannot do.
 *
 * @module
 */
import type { Arg, CommandSpec, Shape } from "../command/spec.ts";
import { CommandSpec as Spec, PUBSUB, SESSION } from "../command/spec.ts";
import { settledWithin } from "../connection/wait.ts";
import type { Line } from "../connection/line.ts";
import { LOOSE, Pending, type SendOptions } from "../connection/pending.ts";
import type { Reply } from "../resp/reply.ts";
import type { Replies, RepliesOrErrors } from "./batch.ts";
import type { Core } from "./core.ts";
import { feature, type SurfaceOf, type Surfaces } from "./kit.ts";
import type { PipelineOptions } from "./pipeline.ts";
import type { TransactionOptions } from "./transaction.ts";
import { namedSpec } from "./unusual.ts";

/** How long a command that is still running may keep a session from being given back, in milliseconds. */
const LINGER = 1000;

/**
 * An exclusive connection: it has the commands that change their connection's state, and blocking ones hold up nobody
 * else. Given back by leaving its scope (`await using`), by {@link BaseSession.release}, or when the function given to
 * `redis.session` returns.
 */
export abstract class BaseSession<
  K extends Surfaces,
  S extends string | Uint8Array = string,
  I extends number | bigint = number,
> {
  readonly #core: Core;
  readonly #line: Line;
  readonly #options: SendOptions;
  #dirty = false;
  #released = false;
  #running = 0;

  /** @internal Made by a client. */
  constructor(core: Core, line: Line, options: SendOptions) {
    this.#core = core;
    this.#line = line;
    this.#options = options;
  }

  /** The one way that every command of the session takes. */
  send<T>(spec: CommandSpec, args: Arg[], shape?: Shape): Promise<T> {
    return this.#send(spec, args, shape, this.#options.mode);
  }

  #send<T>(
    spec: CommandSpec,
    args: Arg[],
    shape: Shape | undefined,
    mode: number,
  ): Promise<T> {
    if (this.#released) {
      return Promise.reject(
        new TypeError(`${spec.name}: the session has been given back`),
      );
    }
    if ((spec.flags & PUBSUB) !== 0) {
      return Promise.reject(
        new TypeError(
          `${spec.name}: subscriptions are made with redis.subscribe()`,
        ),
      );
    }
    if (spec.name === "MONITOR") {
      return Promise.reject(new TypeError("MONITOR: commands are watched with redis.monitor()"));
    }
    if ((spec.flags & SESSION) !== 0) this.#dirty = true;
    const { signal } = this.#options;
    if (signal?.aborted) return Promise.reject(signal.reason);
    this.#running++;
    const sent = new Promise<T>((resolve, reject) => {
      const pending = new Pending(
        spec,
        args,
        shape,
        mode,
        resolve as (value: never) => void,
        reject,
      );
      if (signal !== undefined || this.#options.timeout !== undefined) {
        pending.watch(this.#options, () => {
          this.#dirty = true;
          this.#line.withdraw(pending);
        });
      }
      try {
        this.#line.send(pending);
      } catch (error) {
        pending.fail(error as Error);
      }
    });
    const done = (): void => void this.#running--;
    sent.then(done, done);
    return sent;
  }

  /** Sends any command by its name, for what has no method. The session is reset before anybody else gets it. */
  call(name: string, ...args: Arg[]): Promise<Reply> {
    this.#dirty = true;
    return this.#send(
      namedSpec(name, args),
      args,
      undefined,
      this.#options.mode | LOOSE,
    );
  }

  /** Runs a pipeline on this connection whose errors stand in the places of their replies. */
  pipeline<const C extends readonly unknown[]>(
    build: (pipeline: SurfaceOf<K, "pipeline", S, I>) => C,
    options: PipelineOptions & { readonly errors: "return" },
  ): Promise<RepliesOrErrors<C>>;
  /** Runs a pipeline on this connection; see `Redis.pipeline`. */
  pipeline<const C extends readonly unknown[]>(
    build: (pipeline: SurfaceOf<K, "pipeline", S, I>) => C,
    options?: PipelineOptions,
  ): Promise<Replies<C>>;
  pipeline<const C extends readonly unknown[]>(
    build: (pipeline: SurfaceOf<K, "pipeline", S, I>) => C,
    options: PipelineOptions = {},
  ): Promise<Replies<C> | RepliesOrErrors<C>> {
    const Pipeline = feature(this.#core.kit.pipeline, "pipelines");
    const pipeline = new Pipeline((_exclusive, work) => work(this.#line), this.#options.mode, options);
    return pipeline.run(build as () => C, options);
  }

  /** Runs a transaction on this connection whose errors stand in the places of their replies. */
  transaction<const C extends readonly unknown[]>(
    build: (transaction: SurfaceOf<K, "transaction", S, I>) => C,
    options: TransactionOptions & { readonly errors: "return" },
  ): Promise<RepliesOrErrors<C>>;
  /**
   * Runs a transaction on this connection: with WATCH before it, only if none of the watched keys has changed.
   *
   * @throws {TransactionError} if a watched key changed, or the server refused a command.
   */
  transaction<const C extends readonly unknown[]>(
    build: (transaction: SurfaceOf<K, "transaction", S, I>) => C,
    options?: TransactionOptions,
  ): Promise<Replies<C>>;
  transaction<const C extends readonly unknown[]>(
    build: (transaction: SurfaceOf<K, "transaction", S, I>) => C,
    options: TransactionOptions = {},
  ): Promise<Replies<C> | RepliesOrErrors<C>> {
    const Transaction = feature(this.#core.kit.transaction, "transactions");
    return new Transaction(this.#options.mode).run(build as () => C, options, (work) => work(this.#line));
  }

  /**
   * Gives the connection back. One whose state was changed is reset first (by a new connection), so that the next user
   * finds it as new.
   */
  async release(): Promise<void> {
    if (this.#released) return;
    this.#released = true;
    if (this.#running > 0 && !this.#dirty) {
      const probe = new Promise<void>((resolve, reject) => {
        this.#line.send(
          new Pending(
            PING,
            [],
            undefined,
            0,
            resolve as (value: never) => void,
            reject,
          ),
        );
      });
      this.#dirty = !(await settledWithin(probe, LINGER));
    }
    if (this.#dirty) this.#line.destroy();
    this.#core.pool.release(this.#line);
  }

  /** Leaves the scope of `await using`: see {@link BaseSession.release}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.release();
  }
}

const PING = new Spec("PING");
