/**
 * Explicit pipelines: commands that are written together and whose replies are read together.
 *
 * @module
 */
import { ConnectionError, ReplyError } from "../errors.ts";
import type { Line } from "../connection/line.ts";
import { isRecalled, type Ticket } from "../connection/ticket.ts";
import { type About, LOOSE, type Owed, unsafeInteger } from "../connection/pending.ts";
import { turn } from "../connection/wait.ts";
import type { Arg, CommandSpec } from "../command/spec.ts";
import { Encoder } from "../resp/encoder.ts";
import { BIGINTS, type Reply } from "../resp/reply.ts";
import { BaseBatch, type Replies, type RepliesOrErrors, type Run } from "./batch.ts";
import { Deferred } from "./deferred.ts";

/**
 * Bytes that make up the first part of a pipeline, which is encoded as it is queued: short pipelines are ready to leave,
 * and with long ones the server gets something to do at once.
 */
const FIRST = 16 * 1024;
/** Each part after it may be so many times larger than the one before: the server still works on that one. */
const GROWTH = 4;
/** No part is larger. */
const PART = 128 * 1024;
/** Bytes that may wait for the socket before a pipeline stops handing over more. */
const WINDOW = 1024 * 1024;
/** How many microtasks a socket has to say that it took what was written. */
const HOPS = 8;
/** Bytes after which a pipeline calls itself full. */
const FULL = 4 * 1024 * 1024;

/** How the outcome of a pipeline is handed back. */
export interface PipelineOptions {
  /**
   * `"throw"` (the default): the first error rejects the whole, after every reply has come.
   * `"return"`: an error stands in the place of its reply.
   */
  readonly errors?: "throw" | "return";
  /** `false`: replies are not kept, only errors and the count; for pipelines that would not fit in memory. */
  readonly replies?: boolean;
}

/**
 * @internal Runs a piece of work on a line that is the caller's until the work is done, or on a shared one. Which one is
 * asked before each part, with the line of the part before: that may have become somebody's own meanwhile.
 */
export type Runner = <T>(
  exclusive: boolean,
  work: (next: (last: Line | undefined) => Line) => Promise<T>,
) => Promise<T>;

/** What the parts of one pipeline fill. */
class Outcome {
  readonly replies: unknown[] = [];
  readonly keep: boolean;
  answered = 0;
  firstError: Error | undefined;
  lost: Error | undefined;
  #expected = Infinity;
  #finish: (() => void) | undefined;

  constructor(keep: boolean) {
    this.keep = keep;
  }

  /** Resolves once so many commands have been answered, one way or the other. */
  reached(count: number): Promise<void> {
    if (this.answered >= count) return Promise.resolve();
    this.#expected = count;
    return new Promise((resolve) => this.#finish = resolve);
  }

  error(error: Error): void {
    this.firstError ??= error;
  }

  /** Called when a part has ended, one way or the other. */
  check(): void {
    if (this.answered >= this.#expected) this.#finish?.();
  }
}

/** Some commands of a pipeline, contiguous on the wire. */
class Part implements Owed {
  readonly name = "pipeline";
  mode: number;
  owed: number;
  readonly patient = false;
  chunks: readonly Uint8Array[];
  readonly ticket: Ticket;
  #deferred: Deferred | undefined;
  readonly #runs: readonly Run[];
  readonly #outcome: Outcome;
  #run = 0;
  #left: number;

  constructor(
    chunks: readonly Uint8Array[],
    deferred: Deferred | undefined,
    runs: readonly Run[],
    outcome: Outcome,
    ticket: Ticket,
  ) {
    this.chunks = chunks;
    this.#deferred = deferred;
    this.ticket = ticket;
    this.#runs = runs;
    this.#outcome = outcome;
    this.#left = runs[0]!.count;
    this.mode = runs[0]!.mode;
    this.owed = runs.reduce((sum, run) => sum + run.count, 0);
  }

  /** Whether its bytes have yet to be made. */
  get isDeferred(): boolean {
    return this.#deferred !== undefined;
  }

  /** Makes its bytes; gives the error if that cannot be. */
  encode(encoder: Encoder): Error | undefined {
    try {
      this.chunks = this.#deferred!.encode(this.#runs, encoder);
      this.#deferred = undefined;
    } catch (error) {
      encoder.take();
      return error as Error;
    }
  }

  reply(value: Reply, unsafe: boolean): boolean {
    const run = this.#runs[this.#run]!;
    const outcome = this.#outcome;
    if (typeof value === "object" && value instanceof ReplyError) {
      value.command = run.spec.name;
      this.#error(value);
    } else if (unsafe && (run.mode & (BIGINTS | LOOSE)) === 0) {
      this.#error(unsafeInteger(run.spec.name));
    } else if (outcome.keep) {
      outcome.replies.push(
        run.shape === undefined ? value : this.#shaped(run, value),
      );
    }
    outcome.answered++;
    if (--this.#left === 0 && ++this.#run < this.#runs.length) {
      this.#left = this.#runs[this.#run]!.count;
      this.mode = this.#runs[this.#run]!.mode;
    }
    if (--this.owed > 0) return false;
    outcome.check();
    return true;
  }

  modeAt(nth: number): number {
    let before = this.#left;
    for (let run = this.#run; run < this.#runs.length; before += this.#runs[++run]?.count ?? 0) {
      if (nth < before) return this.#runs[run]!.mode;
    }
    return this.mode;
  }

  about(): About {
    const [first, ...others] = this.#runs;
    const same = others.every((run) => run.spec === first!.spec);
    return { kind: "pipeline", name: same ? first!.spec.name : "", size: this.owed };
  }

  #error(error: Error): void {
    this.#outcome.error(error);
    if (this.#outcome.keep) this.#outcome.replies.push(error);
  }

  #shaped(run: Run, value: Reply): unknown {
    try {
      return run.shape!(value, run.mode);
    } catch (error) {
      this.#outcome.error(error as Error);
      return error;
    }
  }

  fail(error: Error): void {
    const outcome = this.#outcome;
    outcome.lost ??= error;
    outcome.error(error);
    outcome.answered += this.owed;
    for (; this.owed > 0; this.owed--) if (outcome.keep) outcome.replies.push(error);
    outcome.check();
  }
}

/**
 * Collects commands and sends them together. Each method queues its command and returns at once; the replies come from
 * {@link BasePipeline.exec}, in order.
 */
export abstract class BasePipeline extends BaseBatch {
  readonly #runner: Runner;
  readonly #parts: Part[] = [];
  #outcome: Outcome;
  #sending: Promise<void> | undefined;
  #started = false;
  #cutSize = 0;
  #limit = FIRST;
  #deferred: Deferred | undefined;
  /** For what is encoded late: the other one may be filling with what is queued meanwhile. */
  #late: Encoder | undefined;
  #line: Line | undefined;
  /** How many commands have been handed to a line. */
  #handed = 0;
  /** Bytes handed over since the runtime's events last had a chance to come. */
  #unpaced = 0;

  /** @internal Made by a client or a session. */
  constructor(runner: Runner, mode: number, options: PipelineOptions = {}) {
    super(mode);
    this.#runner = runner;
    this.#outcome = new Outcome(options.replies ?? true);
  }

  /** So much is queued that the caller had better `await` {@link BasePipeline.drain} before queueing more. */
  get full(): boolean {
    return this.#cutSize >= FULL;
  }

  /** The first part is encoded, the others wait. */
  protected override put(spec: CommandSpec, args: readonly Arg[]): void {
    if (this.#deferred === undefined) super.put(spec, args);
    else this.#deferred.add(spec, args, this.encoder);
  }

  /** Cuts what is queued into parts as it grows. */
  protected override added(): void {
    const { size } = this.#deferred ?? this.encoder;
    if (size < this.#limit) return;
    this.#cutPart();
    this.#limit = Math.min(this.#limit * GROWTH, PART);
    this.#deferred = new Deferred();
  }

  #cutPart(): void {
    if (this.runs.length === 0) return;
    this.#cutSize += (this.#deferred ?? this.encoder).size;
    const { chunks, runs } = this.cut();
    this.#parts.push(new Part(chunks, this.#deferred, runs, this.#outcome, this.ticket));
    this.#deferred = undefined;
  }

  /**
   * Sends what is queued so far and waits until the socket has taken most of it, so that a pipeline of any length needs
   * a bounded amount of memory.
   *
   * @example A million commands
   * ```ts
   * import { connect } from "@respire/redis";
   *
   * await using redis = await connect();
   * const p = redis.pipeline({ replies: false });
   * for (let i = 0; i < 1000; i++) {
   *   p.hset("words", `word|${i}`, "1");
   *   if (p.full) await p.drain();
   * }
   * await p.exec();
   * ```
   */
  async drain(): Promise<void> {
    this.#cutPart();
    this.#start();
    await this.#sending;
  }

  #start(): void {
    this.#deferred = undefined;
    this.#limit = FIRST;
    if (this.#parts.length === 0) return;
    this.#started = true;
    this.#sending = this.#sendParts(this.#sending);
  }

  /** Nothing waits that need not: a short pipeline is handed to its line before this returns. */
  async #sendParts(previous: Promise<void> | undefined): Promise<void> {
    if (previous !== undefined) await previous;
    const parts = this.#parts.splice(0);
    this.#cutSize = 0;
    if (parts.length === 0) return;
    try {
      await this.#runner(this.blocking, async (next) => {
        for (const part of parts) {
          const refused = part.isDeferred ? part.encode(this.#late ??= new Encoder()) : undefined;
          if (refused !== undefined) {
            // In its place among the replies: after those of what is on its way.
            await this.#outcome.reached(this.#handed);
            part.fail(refused);
            continue;
          }
          const line = this.#follow(next) ?? await this.#choose(next);
          this.#sendPart(part, line);
          if (part !== parts.at(-1)) await this.#leave(line);
          for (const chunk of part.chunks) this.#unpaced += chunk.length;
          if (line.isFilled(WINDOW) || this.#unpaced >= FULL) await this.#pace(line);
        }
        if (this.blocking) await this.#settled();
      });
    } catch (error) {
      for (const part of parts) if (part.owed > 0) part.fail(error as Error);
    }
  }

  /** What comes next is encoded while the server has what came before: so that has to leave first. */
  async #leave(line: Line): Promise<void> {
    line.flush();
    // Where a write is a promise, a socket that takes all at once says so within a few microtasks.
    for (let hop = 0; hop < HOPS && line.isFilled(0); hop++) await undefined;
  }

  /**
   * Waits while the socket has enough to do. A socket that takes everything, as a dead one does whose end has not been told
   * yet, must not keep the events of this process waiting for ever.
   */
  async #pace(line: Line): Promise<void> {
    if (!line.isFilled(WINDOW)) await turn();
    while (line.isFilled(WINDOW)) await line.drained();
    this.#unpaced = 0;
  }

  /** @internal One that blocks lets go of its connection, too: else that would be held until something comes. */
  override giveUp(): boolean {
    const sent = super.giveUp();
    if (sent && this.blocking) {
      this.ticket.line?.drop(new ConnectionError("The caller of a blocking pipeline gave up", { sent: true }));
    }
    return sent;
  }

  #sendPart(part: Part, line: Line): void {
    if (this.#outcome.lost) {
      return part.fail(new ConnectionError("The pipeline broke before this part; it was not sent"));
    }
    if (isRecalled(part)) return;
    this.#handed += part.owed;
    this.ticket.line = line;
    line.sendEncoded(part);
  }

  /** The next line, if a part may go to it now. */
  #follow(next: (last: Line | undefined) => Line): Line | undefined {
    const line = next(this.#line);
    if (line === this.#line || this.#outcome.answered >= this.#handed) return this.#line = line;
  }

  /** Commands run, and replies come, in order: a part goes to another line only once all before it are answered. */
  async #choose(next: (last: Line | undefined) => Line): Promise<Line> {
    for (;;) {
      await this.#outcome.reached(this.#handed);
      const line = this.#follow(next);
      if (line !== undefined) return line;
    }
  }

  #settled(): Promise<void> {
    return this.#outcome.reached(this.queued);
  }

  /**
   * Sends what is queued and waits for all replies.
   *
   * @returns The replies in the order of the commands; an empty list if the pipeline does not keep them.
   * @throws {ReplyError} the first error reply, after all replies have come, unless `errors` is `"return"`.
   * @throws {ConnectionError} if the connection broke: commands from the first unanswered one on may have run.
   */
  async exec(
    options: Pick<PipelineOptions, "errors"> = {},
  ): Promise<unknown[]> {
    this.#cutPart();
    this.rest();
    this.#start();
    await this.#sending;
    await this.#settled();
    const { firstError, replies } = this.#outcome;
    this.#outcome = new Outcome(this.#outcome.keep);
    this.queued = this.#handed = 0;
    this.#line = undefined;
    if (firstError && options.errors !== "return") throw firstError;
    return replies;
  }

  /** @internal Queues what the builder does, runs it, and gives the replies of the commands that it listed. */
  async run<const C extends readonly unknown[]>(
    build: (pipeline: this) => C | Iterator<unknown, C | void>,
    options: PipelineOptions,
  ): Promise<Replies<C> | RepliesOrErrors<C>> {
    const built = build(this);
    const list = Array.isArray(built) ? built as unknown as C : await this.#pull(built as Iterator<unknown, C | void>);
    if (list !== undefined && !Array.isArray(list)) {
      throw new TypeError(
        "The builder of a pipeline must return the list of its commands, at once",
      );
    }
    const places = list === undefined ? undefined : this.places(list as readonly unknown[]);
    const replies = await this.exec(options);
    return (places === undefined ? replies : places.map((place) => replies[place])) as Replies<C>;
  }

  /** Runs a generator as far as there is room, so that an endless one needs a bounded amount of memory; not after a loss. */
  async #pull<C>(source: Iterator<unknown, C | void>): Promise<C | undefined> {
    if (typeof source?.next !== "function") {
      throw new TypeError(
        "The builder of a pipeline must return the list of its commands, at once",
      );
    }
    for (;;) {
      const { done, value } = source.next();
      if (done) return value as C | undefined;
      if (this.#cutSize >= PART) await this.drain();
      if (this.#outcome.lost) return void source.return?.();
    }
  }

  /** Whether some of it has been sent already. */
  get started(): boolean {
    return this.#started;
  }
}
