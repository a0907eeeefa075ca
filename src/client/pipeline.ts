/**
 * Explicit pipelines: commands that are written together and whose replies are read together.
 *
 * @module
 */
import { ConnectionError } from "../errors.ts";
import type { Line } from "../connection/line.ts";
import { isRecalled, Ticket } from "../connection/ticket.ts";
import { turn } from "../connection/wait.ts";
import type { Arg, CommandSpec } from "../command/spec.ts";
import type { Encoder } from "../resp/encoder.ts";
import { BaseBatch, noList, type Replies, type RepliesOrErrors } from "./batch.ts";
import { Deferred, giveEncoder, takeEncoder } from "./deferred.ts";
import { checkKnown } from "./known.ts";
import { onOverdue } from "./overdue.ts";
import { Outcome, Part } from "./part.ts";

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
/** Bytes after which a pipeline calls itself full, and encodes at once what is queued all the same. */
const FULL = 4 * 1024 * 1024;

/** The names of {@link PipelineOptions}. */
const KNOWN = ["errors", "replies"];

/** What does for a source that is asynchronous. */
const BY_HAND = ", or a generator; what comes in time is queued by hand: redis.pipeline(), drain() and exec()";

/** How the outcome of a pipeline is handed back. */
export interface PipelineOptions {
  /**
   * `"throw"` (the default): the first error rejects the whole, after every reply has come.
   * `"return"`: an error stands in the place of its reply. (With `replies: false` there are no places: it is thrown.)
   */
  readonly errors?: "throw" | "return" | undefined;
  /** `false`: replies are not kept, only the first error; for pipelines that would not fit in memory. */
  readonly replies?: boolean | undefined;
}

/**
 * @internal Runs a piece of work on a line that is the caller's until the work is done, or on a shared one. Which one is
 * asked before each part, with the line of the part before: that may have become somebody's own meanwhile.
 */
export type Runner = <T>(
  exclusive: boolean,
  work: (next: (last: Line | undefined) => Line) => Promise<T>,
) => Promise<T>;

/** @internal Does a piece of work within its caller's limits; `giveUp` takes back what of it has not left. */
export type Guard = <T>(work: () => Promise<T>, giveUp: () => boolean) => Promise<T>;

/**
 * Collects commands and sends them together. Each method queues its command and returns at once; the replies come from
 * {@link BasePipeline.exec}, in order.
 */
export abstract class BasePipeline extends BaseBatch {
  readonly #runner: Runner;
  readonly #guard: Guard;
  readonly #errors: PipelineOptions["errors"];
  readonly #parts: Part[] = [];
  #outcome: Outcome;
  #sending: Promise<void> | undefined;
  #cutSize = 0;
  #limit = FIRST;
  #deferred: Deferred | undefined;
  /** For what is encoded late: the other one may be filling with what is queued meanwhile. */
  #late: Encoder | undefined;
  #line: Line | undefined;
  /** Which of the line's connections the part before went to. */
  #generation = 0;
  /** The line that is held by a part which may block. */
  #held: Line | undefined;
  /** How many commands have been handed to a line. */
  #handed = 0;
  /** Bytes handed over since the runtime's events last had a chance to come. */
  #unpaced = 0;

  /** @internal Made by a client or a session. */
  constructor(runner: Runner, mode: number, options: PipelineOptions = {}, guard: Guard = (work) => work()) {
    super(mode);
    checkKnown(options, KNOWN);
    this.#runner = runner;
    this.#guard = guard;
    this.#errors = options.errors;
    this.#outcome = new Outcome(options.replies ?? true);
  }

  /** So much is queued that the caller had better `await` {@link BasePipeline.drain} before queueing more. */
  get full(): boolean {
    return this.#cutSize >= FULL;
  }

  /** The first part is encoded, the others wait up to a limit. */
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
    // More is not kept as it is: what lives so long is moved about by the collector, and takes more room than its bytes.
    this.#deferred = this.#cutSize < FULL ? new Deferred() : undefined;
  }

  #cutPart(): void {
    if (this.runs.length === 0) return;
    this.#cutSize += (this.#deferred ?? this.encoder).size;
    const { chunks, runs } = this.cut();
    this.#parts.push(new Part(chunks, this.#deferred, runs, this.#outcome, this.ticket, this.blocking));
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
   * @throws {Error} what {@link BasePipeline.exec} will, once part of it is lost and nothing more is to be sent; not if the
   * pipeline was opened with `errors: "return"` and keeps its replies.
   * @throws {TimeoutError} if the client's limit of time is over: what has not left will not be sent.
   */
  drain(): Promise<void> {
    const drained = this.#guarded(() => this.#drain());
    // Whoever does not wait for it hears of the same from `exec`.
    drained.catch(() => {});
    return drained;
  }

  /** Within the limits of whoever waits for what is queued now: the runs of a pipeline are given up one by one. */
  #guarded<T>(work: () => Promise<T>): Promise<T> {
    const { ticket } = this;
    return this.#guard(work, () => this.giveUp(ticket));
  }

  async #drain(): Promise<void> {
    const { ticket } = this;
    const outcome = this.#outcome;
    await this.#send();
    // Whoever queues without an end would not come to hear of it.
    if (outcome.lost) outcome.tell(this.#errors, ticket.sent);
  }

  #send(): Promise<void> | undefined {
    this.#cutPart();
    this.#start();
    return this.#sending;
  }

  #start(): void {
    this.#deferred = undefined;
    this.#limit = FIRST;
    if (this.#parts.length === 0) return;
    this.#sending = this.#sendParts(this.#sending);
  }

  /** Nothing waits that need not: a short pipeline is handed to its line before this returns. */
  async #sendParts(previous: Promise<void> | undefined): Promise<void> {
    const parts = this.#parts.splice(0);
    const outcome = this.#outcome;
    const { ticket } = this;
    this.#cutSize = 0;
    // Now: what is queued while these are sent may belong to the next run.
    const { blocking, longest } = this;
    if (previous !== undefined) await previous;
    let unwatched: (() => void) | undefined;
    try {
      await this.#runner(blocking, async (next) => {
        for (const part of parts) {
          const refused = part.isDeferred ? part.encode(this.#lateEncoder()) : undefined;
          if (refused !== undefined) {
            // In its place among the replies: after those of what is on its way.
            await outcome.reached(this.#handed);
            part.fail(refused);
            continue;
          }
          // Now, for what has been written may be gone: a transport need not keep it.
          for (const chunk of part.chunks) this.#unpaced += chunk.length;
          const line = this.#follow(next, outcome) ?? await this.#choose(next, outcome);
          if (blocking) {
            this.#held = line;
            ticket.holds = true;
            unwatched ??= this.#watch(line, ticket, longest);
          }
          this.#sendPart(part, line, outcome);
          if (part !== parts.at(-1)) await this.#leave(line);
          if (line.isFilled(WINDOW) || this.#unpaced >= FULL) await this.#pace(line);
        }
        if (blocking) await outcome.reached(this.#handed);
        ticket.letGo();
      });
    } catch (error) {
      for (const part of parts) if (part.owed > 0) part.fail(error as Error);
    } finally {
      this.#held = undefined;
      unwatched?.();
    }
  }

  /** Gives up the line that is held if the server is silent for too long about what it holds it for. */
  #watch(line: Line, ticket: Ticket, longest: number): () => void {
    const late = new ConnectionError("The server did not answer a blocking pipeline in time", { sent: true });
    // What does not block is for the line to watch.
    const isDue = (): boolean => line.isPatient && line.oldest?.ticket === ticket;
    return onOverdue(line, isDue, longest, () => line.drop(late));
  }

  /** One whose memory is that of the parts before, if those have left. */
  #lateEncoder(): Encoder {
    const late = this.#late ??= takeEncoder();
    if (this.#isSame(this.#line) && !this.#line.isFilled(0)) late.reuse();
    return late;
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
  override giveUp(ticket?: Ticket): boolean {
    const sent = super.giveUp(ticket);
    if (sent) this.#held?.drop(new ConnectionError("The caller of a blocking pipeline gave up", { sent: true }));
    return sent;
  }

  #sendPart(part: Part, line: Line, outcome: Outcome): void {
    if (outcome.lost) {
      const { lost: cause } = outcome;
      const closed = cause instanceof ConnectionError && cause.closed;
      return part.fail(new ConnectionError("The pipeline broke before this part; it was not sent", { cause, closed }));
    }
    if (isRecalled(part)) return;
    this.#handed += part.owed;
    part.ticket.handOver(line);
    line.sendEncoded(part);
    this.#generation = line.generation;
  }

  /** The next line, if a part may go to it now: what went to another connection is still being answered there. */
  #follow(next: (last: Line | undefined) => Line, outcome: Outcome): Line | undefined {
    const line = next(this.#line);
    if (this.#isSame(line) || outcome.answered >= this.#handed) return this.#line = line;
  }

  /** Whether it has the connection that the part before went to. One that was replaced may even have that yet to send. */
  #isSame(line: Line | undefined): line is Line {
    return line !== undefined && line === this.#line && line.state === "ready" && line.generation === this.#generation;
  }

  /** Commands run, and replies come, in order: a part goes to another connection only once all before it are answered. */
  async #choose(next: (last: Line | undefined) => Line, outcome: Outcome): Promise<Line> {
    for (;;) {
      await outcome.reached(this.#handed);
      const line = this.#follow(next, outcome);
      if (line !== undefined) return line;
    }
  }

  /** Ends a run: all of its commands are answered, or never will be. */
  async #settle(outcome: Outcome, count: number, sending: Promise<void> | undefined): Promise<void> {
    await sending;
    await outcome.reached(count);
    if (outcome.lost === undefined) this.spent();
    this.#handed = 0;
    this.#line = undefined;
  }

  /**
   * Sends what is queued and waits for all replies.
   *
   * @returns The replies in the order of the commands; an empty list if the pipeline does not keep them.
   * @throws {ReplyError} the first error reply, after all replies have come, unless `errors` is `"return"`.
   * @throws {TypeError} if a string far into a long pipeline holds half a surrogate pair: what came before it has run.
   * @throws {ConnectionError} if the connection broke: commands from the first unanswered one on may have run.
   * @throws {TimeoutError} if the client's limit of time is over.
   */
  exec(options: Pick<PipelineOptions, "errors"> = {}): Promise<unknown[]> {
    return this.#guarded(() => this.#exec(options));
  }

  async #exec(options: Pick<PipelineOptions, "errors">): Promise<unknown[]> {
    checkKnown(options, ["errors"]);
    const { errors = this.#errors } = options;
    const { ticket } = this;
    this.#cutPart();
    this.rest();
    this.#start();
    const outcome = this.#outcome;
    this.#sending = this.#settle(outcome, this.queued, this.#sending);
    // What is queued from now on is another run, which begins once this one is over.
    this.#outcome = new Outcome(outcome.keep);
    this.ticket = new Ticket();
    this.queued = this.longest = 0;
    this.blocking = false;
    await this.#sending;
    outcome.tell(errors, ticket.sent);
    return outcome.replies;
  }

  /** The memory of what has left serves the next pipeline. */
  protected override spent(): void {
    super.spent();
    if (this.#late !== undefined) giveEncoder(this.#late);
    this.#late = undefined;
  }

  /** @internal Queues what the builder does, runs it, and gives the replies of the commands that it listed. */
  run<const C extends readonly unknown[]>(
    build: (pipeline: this) => C | Iterator<unknown, C | void>,
  ): Promise<Replies<C> | RepliesOrErrors<C>> {
    return this.#guarded(() => this.#run(build));
  }

  async #run<const C extends readonly unknown[]>(
    build: (pipeline: this) => C | Iterator<unknown, C | void>,
  ): Promise<Replies<C> | RepliesOrErrors<C>> {
    const built = typeof build === "function" ? build(this) : undefined;
    const list = Array.isArray(built) ? built as unknown as C : await this.#pull(built as Iterator<unknown, C | void>);
    if (list !== undefined && !Array.isArray(list)) throw noList("pipeline", list, BY_HAND);
    const places = list === undefined ? undefined : this.places(list as readonly unknown[]);
    const { keep } = this.#outcome;
    const replies = await this.#exec({});
    return (places === undefined || !keep ? replies : places.map((place) => replies[place])) as Replies<C>;
  }

  /** Runs a generator as far as there is room, so that an endless one needs a bounded amount of memory; not after a loss. */
  async #pull<C>(source: Iterator<unknown, C | void>): Promise<C | undefined> {
    // An asynchronous generator never says, at once, that it is done.
    if (typeof source?.next !== "function" || Symbol.asyncIterator in source) throw noList("pipeline", source, BY_HAND);
    for (;;) {
      const { done, value } = source.next();
      if (done) return value as C | undefined;
      if (this.#cutSize >= PART) await this.#send();
      if (this.#outcome.lost) return void source.return?.();
    }
  }
}
