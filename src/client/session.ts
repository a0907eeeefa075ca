/**
 * A connection of one's own, for what a shared one cannot do.
 *
 * @module
 */
import { ConnectionError, ReplyError } from "../errors.ts";
import type { Key } from "../command/values.ts";
import type { HscanOptions, ScanOptions, SscanOptions, ZscanOptions } from "../generated/options.ts";
import { type Arg, BLOCKING, CommandSpec, SESSION, type Shape } from "../command/spec.ts";
import type { Binding } from "../connection/binding.ts";
import { settledWithin } from "../connection/wait.ts";
import type { Line } from "../connection/line.ts";
import { LOOSE, Pending, type SendOptions } from "../connection/pending.ts";
import type { Reply } from "../resp/reply.ts";
import type { CommandSource, ListedCommand, Replies, RepliesOrErrors } from "./batch.ts";
import { type Core, LIKE, OPTIONS } from "./core.ts";
import { feature, type SurfaceOf, type Surfaces } from "./kit.ts";
import { guarded } from "./guard.ts";
import { Marks } from "./marks.ts";
import { optimistic, type Watching, type WatchOptions } from "./optimistic.ts";
import { QUEUEING, unlessQueued } from "./own_multi.ts";
import type { PipelineOptions } from "./pipeline.ts";
import { refusal } from "./refusal.ts";
import { Running } from "./running.ts";
import type { ScanFrom, ScanIterator, Scanning, Scans } from "./scan.ts";
import type { Surface } from "./script.ts";
import type { TransactionOptions } from "./transaction.ts";
import { sendNamed } from "./unusual.ts";

/** How long a command that is still running may keep a session from being given back, in milliseconds. */
const LINGER = 1000;

const UNWATCH = new CommandSpec("UNWATCH", SESSION);

/**
 * An exclusive connection: it has the commands that change their connection's state, and blocking ones hold up nobody
 * else. Given back by leaving its scope (`await using`), by {@link BaseSession.release}, or when the function given to
 * `redis.session` returns.
 *
 * It is one connection, and ends with it: once that is lost, every command is rejected with a `ConnectionError`, for what
 * was set on it (WATCH, SELECT…) is lost, too.
 */
export abstract class BaseSession<
  K extends Surfaces,
  S extends string | Uint8Array = string,
  I extends number | bigint = number,
> {
  readonly #core: Core;
  readonly #line: Line;
  readonly #binding: Binding;
  readonly #marks: Marks;
  readonly #options: SendOptions;
  /** Pipelines and transactions. */
  readonly #running = new Running();
  #released = false;

  /** @internal Made by a client. */
  constructor(core: Core, line: Line, options: SendOptions) {
    this.#core = core;
    this.#line = line;
    this.#options = options;
    this.#binding = line.binding;
    this.#marks = new Marks(this.#binding);
    this.#binding.begin();
  }

  /** @internal What travels with each of its commands. */
  get [OPTIONS](): SendOptions {
    return this.#options;
  }

  /** @internal The same session with other options. */
  [LIKE](options: SendOptions): Surface {
    return { send: (spec, args, shape) => this.#send(spec, args, shape, options.mode, options) };
  }

  /** @internal It is within a MULTI of its own: the server queues what is sent now. */
  get [QUEUEING](): boolean {
    return this.#binding.inTransaction;
  }

  /**
   * The one way that every command of the session takes. The array of arguments is the session's from the call on: what is
   * changed in it later may be sent.
   */
  send<T>(spec: CommandSpec, args: Arg[], shape?: Shape): Promise<T> {
    return this.#send(spec, args, shape, this.#options.mode);
  }

  #send<T>(
    spec: CommandSpec,
    args: Arg[],
    shape: Shape | undefined,
    mode: number,
    options: SendOptions = this.#options,
  ): Promise<T> {
    const { signal, timeout } = options;
    const refused = this.#over(spec.name) ?? refusal(spec, args) ?? (signal?.aborted ? signal.reason : undefined);
    if (refused !== undefined) return Promise.reject(refused);
    const { inTransaction } = this.#binding;
    if (inTransaction) shape = unlessQueued(shape);
    // WAIT and WAITAOF need this connection, but change nothing.
    const undo = (spec.flags & (SESSION | BLOCKING)) === SESSION ? this.#marks.set(spec.name) : undefined;
    const { blocking } = this.#core.kit;
    if (blocking?.isBlocking(spec, args)) {
      const held = blocking.hold<T>(this.#core, this.#line, spec, args, shape, { ...options, mode });
      // Until it is over, whoever closes the client leaves the connections open over which it can be called off.
      return this.#core.running.add(held);
    }
    return new Promise<T>((resolve, reject) => {
      const pending: Pending = new Pending(
        spec,
        args,
        shape,
        mode,
        resolve as (value: never) => void,
        undo === undefined ? reject : (error) => {
          if (!pending.mayHaveRun || (spec.name === "MULTI" && error instanceof ReplyError)) undo();
          reject(error);
        },
      );
      // Another try would come after EXEC, and run by itself what EXEC said has not run. EXEC has but one.
      if (inTransaction) pending.tryOnce();
      if (signal !== undefined || timeout !== undefined) {
        pending.watch(options);
      }
      try {
        this.#line.send(pending);
      } catch (error) {
        pending.fail(error as Error);
      }
    });
  }

  #over(what: string): TypeError | undefined {
    return this.#released ? new TypeError(`${what}: the session has been given back`) : undefined;
  }

  /** A second MULTI is refused, and EXEC would end the first: what that was to keep back would run. */
  #within(what: string): TypeError | undefined {
    if (!this.#binding.inTransaction) return undefined;
    return new TypeError(`${what}: the session is within a MULTI of its own; send EXEC or DISCARD first`);
  }

  /** Sends any command by its name, for what has no method. The session is reset before anybody else gets it. */
  call(name: string, ...args: Arg[]): Promise<Reply> {
    return sendNamed(name, args, (spec, words) => {
      // What a name does that nobody has described is not known.
      this.#marks.setUnknown();
      return this.#send(spec, words, undefined, this.#options.mode | LOOSE);
    });
  }

  /** Runs a pipeline on this connection whose replies are not kept. */
  pipeline(
    build: (
      pipeline: SurfaceOf<K, "pipeline", S, I>,
    ) => readonly ListedCommand[] | CommandSource<readonly ListedCommand[]>,
    options: PipelineOptions & { readonly replies: false },
  ): Promise<[]>;
  /** Runs a pipeline on this connection whose errors stand in the places of their replies. */
  pipeline<const C extends readonly ListedCommand[]>(
    build: (pipeline: SurfaceOf<K, "pipeline", S, I>) => C | CommandSource<C>,
    options: PipelineOptions & { readonly errors: "return"; readonly replies?: true | undefined },
  ): Promise<RepliesOrErrors<C>>;
  /** Runs a pipeline on this connection; see `Redis.pipeline`. */
  pipeline<const C extends readonly ListedCommand[]>(
    build: (pipeline: SurfaceOf<K, "pipeline", S, I>) => C | CommandSource<C>,
    options?: PipelineOptions & { readonly errors?: "throw" | undefined; readonly replies?: true | undefined },
  ): Promise<Replies<C>>;
  /** Runs a pipeline on this connection where only the run tells what becomes of errors and replies. */
  pipeline<const C extends readonly ListedCommand[]>(
    build: (pipeline: SurfaceOf<K, "pipeline", S, I>) => C | CommandSource<C>,
    options: PipelineOptions | undefined,
  ): Promise<RepliesOrErrors<C> | []>;
  pipeline<const C extends readonly ListedCommand[]>(
    build: (pipeline: SurfaceOf<K, "pipeline", S, I>) => C | CommandSource<C>,
    options: PipelineOptions = {},
  ): Promise<Replies<C> | RepliesOrErrors<C>> {
    const Pipeline = feature(this.#core.kit.pipeline, "pipelines");
    const over = this.#over("pipeline");
    if (over) return Promise.reject(over);
    const pipeline = new Pipeline(
      (_exclusive, work) => work(() => this.#line),
      this.#options.mode,
      options,
      (work, giveUp) => this.#guarded("pipeline", work, giveUp),
    );
    pipeline[QUEUEING] = this[QUEUEING];
    return pipeline.run(build as () => C);
  }

  /** Runs a transaction on this connection whose errors stand in the places of their replies. */
  transaction<const C extends readonly ListedCommand[]>(
    build: (transaction: SurfaceOf<K, "transaction", S, I>) => C,
    options: TransactionOptions & { readonly errors: "return" },
  ): Promise<RepliesOrErrors<C>>;
  /**
   * Runs a transaction on this connection: with WATCH before it, only if none of the watched keys has changed.
   *
   * @throws {TransactionError} if a watched key changed, or the server refused a command.
   * @throws {TypeError} within a MULTI of its own: that one would end with it.
   */
  transaction<const C extends readonly ListedCommand[]>(
    build: (transaction: SurfaceOf<K, "transaction", S, I>) => C,
    options?: TransactionOptions & { readonly errors?: "throw" | undefined },
  ): Promise<Replies<C>>;
  /** Runs a transaction on this connection where only the run tells what becomes of errors. */
  transaction<const C extends readonly ListedCommand[]>(
    build: (transaction: SurfaceOf<K, "transaction", S, I>) => C,
    options: TransactionOptions | undefined,
  ): Promise<RepliesOrErrors<C>>;
  transaction<const C extends readonly ListedCommand[]>(
    build: (transaction: SurfaceOf<K, "transaction", S, I>) => C,
    options: TransactionOptions = {},
  ): Promise<Replies<C> | RepliesOrErrors<C>> {
    const Transaction = feature(this.#core.kit.transaction, "transactions");
    const over = this.#over("transaction") ?? this.#within("transaction");
    if (over) return Promise.reject(over);
    const transaction = new Transaction(this.#options.mode);
    const run = () =>
      transaction.run(build as () => C, options, (work) => {
        // However it ends, the server watches no longer; unless its caller takes it back before it is sent, or WATCH has yet
        // to be answered: that may be tried again after it.
        if (this.#line.pending === 0) this.#marks.endWatchingWith(transaction);
        return work(this.#line);
      });
    return this.#guarded("transaction", run, () => transaction.giveUp());
  }

  #guarded<T>(what: string, work: () => Promise<T>, giveUp: () => boolean): Promise<T> {
    const running = guarded(what, this.#options, work, () => this.#line.report(), giveUp);
    return this.#core.running.add(this.#running.add(running));
  }

  get #scans(): Scans {
    return feature(this.#core.kit.scans, "iterators");
  }

  /** Walks over the keys of the database that the session has selected, in batches: see {@link ScanIterator}. */
  scanIterator(
    this: Pick<Scanning<S>, "scan">,
    options?: ScanOptions & ScanFrom,
  ): ScanIterator<S>;
  // The signatures name no class, so that they are the same for what may be a client or a session.
  scanIterator(
    this: BaseSession<K, S, I> & Pick<Scanning<S>, "scan">,
    options?: ScanOptions & ScanFrom,
  ): ScanIterator<S> {
    return this.#scans.keys<S>(this, options);
  }

  /** Walks over the fields of a hash, in batches, without their values. */
  hscanIterator(
    this: Pick<Scanning<S>, "hscan">,
    key: Key,
    options: HscanOptions & ScanFrom & { readonly novalues: true },
  ): ScanIterator<S>;
  /** Walks over fields and values of a hash, in batches of pairs: see {@link ScanIterator}. */
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
    this: BaseSession<K, S, I> & Pick<Scanning, "hscan">,
    key: Key,
    options?: HscanOptions & ScanFrom,
  ): ScanIterator<unknown> {
    return this.#scans.hash(this, key, options);
  }

  /** Walks over the members of a set, in batches: see {@link ScanIterator}. */
  sscanIterator(
    this: Pick<Scanning<S>, "sscan">,
    key: Key,
    options?: SscanOptions & ScanFrom,
  ): ScanIterator<S>;
  sscanIterator(
    this: BaseSession<K, S, I> & Pick<Scanning<S>, "sscan">,
    key: Key,
    options?: SscanOptions & ScanFrom,
  ): ScanIterator<S> {
    return this.#scans.set<S>(this, key, options);
  }

  /** Walks over the members of a sorted set, in batches, without their scores. */
  zscanIterator(
    this: Pick<Scanning<S>, "zscan">,
    key: Key,
    options: ZscanOptions & ScanFrom & { readonly noscores: true },
  ): ScanIterator<S>;
  /** Walks over members and scores of a sorted set, in batches of pairs: see {@link ScanIterator}. */
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
    this: BaseSession<K, S, I> & Pick<Scanning, "zscan">,
    key: Key,
    options?: ZscanOptions & ScanFrom,
  ): ScanIterator<unknown> {
    return this.#scans.sortedSet(this, key, options);
  }

  /** @internal What `redis.watch` does on its session. */
  optimistic<T>(keys: readonly Key[], work: () => T | Promise<T>, options: WatchOptions): Promise<T> {
    return optimistic(this as unknown as Watching, keys, work, options, this.#options.signal);
  }

  /**
   * Gives the connection back. What was set on it is undone before anybody else gets it (RESET, and a new greeting in the
   * same round trip); where that is not possible, or a command is still running, another connection takes its place.
   */
  async release(): Promise<void> {
    if (this.#released) return;
    this.#released = true;
    const line = this.#line;
    try {
      await this.#tidy(line);
    } finally {
      this.#binding.end();
      this.#core.pool.release(line);
    }
  }

  async #tidy(line: Line): Promise<void> {
    if (!line.isPatient && this.#isBusy) await settledWithin(this.#quiet(line), LINGER);
    const { remedy } = this.#marks;
    // Whoever is next wants the primary, which may be reached by the same address by then.
    if (this.#isBusy || remedy === "replace" || this.#binding.isDemoted) {
      return line.destroy("The session was given back");
    }
    if (remedy === "reset") return this.#core.pool.restore(line);
    if (remedy === "unwatch" && !(await settledWithin(this.#unwatched(line), LINGER))) line.destroy();
  }

  get #isBusy(): boolean {
    return this.#line.pending > 0 || this.#running.size > 0;
  }

  /** Everything that was asked for has been answered. */
  async #quiet(line: Line): Promise<void> {
    // Another may have to take the place of one that is lost as it is reset.
    while (line.state === "connecting" || line.state === "reconnecting") await line.open().catch(() => {});
    await Promise.all([line.settled(), this.#running.over()]);
  }

  async #unwatched(line: Line): Promise<void> {
    if (line.state !== "ready") return;
    await new Promise<void>((resolve) => {
      const refused = (error: unknown): void => {
        line.drop(new ConnectionError("A session's keys could not be released", { sent: true, cause: error }));
        resolve();
      };
      line.send(new Pending(UNWATCH, [], undefined, 0, () => resolve(), refused));
    });
  }

  /** Leaves the scope of `await using`: see {@link BaseSession.release}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.release();
  }
}
