/**
 * MULTI … EXEC: commands that run together, with nobody else's in between.
 *
 * @module
 */
import { ReplyError, TransactionError } from "../errors.ts";
import { CommandSpec, SESSION } from "../command/spec.ts";
import type { Line } from "../connection/line.ts";
import { isFromReplica } from "../connection/retries.ts";
import { isRecalled, type Ticket } from "../connection/ticket.ts";
import { type About, LOOSE, type Owed, unsafeInteger } from "../connection/pending.ts";
import { BIGINTS, BYTES, type Reply } from "../resp/reply.ts";
import { utf8 } from "../resp/text.ts";
import { aboutAll, BaseBatch, noList, type Replies, type RepliesOrErrors, type Run } from "./batch.ts";
import { checkKnown } from "./known.ts";

const MULTI = new CommandSpec("MULTI", SESSION);
const EXEC = new CommandSpec("EXEC", SESSION);

/** The names of {@link TransactionOptions}. */
const KNOWN = ["errors"];

/** How the outcome of a transaction is handed back. */
export interface TransactionOptions {
  /**
   * `"throw"` (the default): the first error of a command that ran rejects the whole; the others have run all the same.
   * `"return"`: an error stands in the place of its reply.
   */
  readonly errors?: "throw" | "return" | undefined;
}

/** The replies owed to one transaction: MULTI's, one per queued command, EXEC's. */
class Owing implements Owed {
  readonly name = "transaction";
  owed: number;
  readonly mode: number;
  readonly patient = false;
  readonly chunks: readonly Uint8Array[];
  readonly ticket: Ticket;
  readonly resolve: (replies: unknown[]) => void;
  readonly reject: (error: Error) => void;
  readonly #runs: readonly Run[];
  readonly #queued: number;
  readonly #refused = new Map<number, ReplyError>();
  /** What a replica said, if one did. */
  #refusal: ReplyError | undefined;

  constructor(
    chunks: readonly Uint8Array[],
    runs: readonly Run[],
    queued: number,
    mode: number,
    ticket: Ticket,
    resolve: (replies: unknown[]) => void,
    reject: (error: Error) => void,
  ) {
    this.chunks = chunks;
    this.ticket = ticket;
    this.#runs = runs;
    this.#queued = queued;
    this.mode = runs.some((run) => (run.mode & BYTES) !== 0) ? mode | BYTES : mode;
    this.owed = queued + 2;
    this.resolve = resolve;
    this.reject = reject;
  }

  reply(value: Reply, unsafe: boolean): boolean {
    this.owed--;
    if (value instanceof ReplyError) {
      const place = this.#queued - this.owed;
      value.command = this.#nameAt(place);
      if (isFromReplica(value)) this.#refusal = value;
      if (this.owed > 0) this.#refused.set(place, value);
    }
    if (this.owed > 0) return false;
    this.#settle(value, unsafe);
    if (this.#refusal !== undefined) this.ticket.refused(this.#refusal);
    return true;
  }

  /** MULTI is in the place before the first, EXEC in that after the last. */
  #nameAt(place: number): string {
    if (place < 0) return MULTI.name;
    for (const { spec, count } of this.#runs) if ((place -= count) < 0) return spec.name;
    return EXEC.name;
  }

  #settle(value: Reply, unsafe: boolean): void {
    if (value === null) {
      return this.reject(
        new TransactionError(
          "A watched key changed: nothing of the transaction ran",
          "watch",
        ),
      );
    }
    if (value instanceof ReplyError && value.code === "EXECABORT") {
      const [first = value] = this.#refused.values();
      // Not in the server's words, which may repeat arguments.
      const what = `The server refused ${first.command} (${first.code}): nothing of the transaction ran`;
      const error = new TransactionError(what, "abort", this.#refused);
      error.cause = first;
      return this.reject(error);
    }
    const refusedMulti = this.#refused.get(-1);
    if (refusedMulti) return this.reject(this.#unbound(refusedMulti));
    if (value instanceof ReplyError) return this.reject(value);
    if (!Array.isArray(value) || value.length !== this.#queued) {
      return this.reject(
        new TypeError("EXEC did not give one reply per command"),
      );
    }
    this.resolve(this.#shaped(value, unsafe));
  }

  /** Where MULTI is refused (a user may lack the right to it) what follows runs all the same, one by one. */
  #unbound(refusal: ReplyError): ReplyError {
    if (this.#refused.size > this.#queued) return refusal;
    const error = new ReplyError(`${refusal.message}; the commands ran one by one, not as a transaction`);
    error.command = refusal.command;
    return error;
  }

  #shaped(values: Reply[], unsafe: boolean): unknown[] {
    const shaped: unknown[] = [];
    for (const run of this.#runs) {
      for (let i = 0; i < run.count; i++) {
        shaped.push(this.#shapedOne(run, values[shaped.length]!, unsafe));
      }
    }
    return shaped;
  }

  #shapedOne(run: Run, raw: Reply, unsafe: boolean): unknown {
    if (raw instanceof ReplyError) {
      raw.command = run.spec.name;
      return raw;
    }
    if (unsafe && (run.mode & (BIGINTS | LOOSE)) === 0 && holdsBigint(raw)) {
      return unsafeInteger(run.spec.name);
    }
    // One EXEC reply has one mode: where a neighbour needed bytes, strings are made here.
    const value = (this.mode & ~run.mode & BYTES) !== 0 ? toStrings(raw) : raw;
    try {
      return run.shape === undefined ? value : run.shape(value, run.mode);
    } catch (error) {
      if (error instanceof ReplyError) error.command ||= run.spec.name;
      return error;
    }
  }

  fail(error: Error): void {
    this.reject(error);
  }

  about(): About {
    return aboutAll("transaction", this.#runs, this.#queued);
  }
}

function holdsBigint(value: Reply): boolean {
  return typeof value === "bigint" ||
    (Array.isArray(value) && value.some(holdsBigint));
}

function toStrings(value: Reply): Reply {
  if (value instanceof Uint8Array) return utf8.decode(value);
  return Array.isArray(value) ? value.map(toStrings) : value;
}

/** Collects the commands of one transaction. */
export abstract class BaseTransaction extends BaseBatch {
  /** @internal Made by a client or a session. */
  constructor(mode: number) {
    super(mode);
    this.encoder.command(MULTI.head, MULTI.words, [], MULTI.name);
  }

  /** @internal Queues what the builder does, runs it on the line, and gives the replies of the commands that it listed. */
  async run<const C extends readonly unknown[]>(
    build: (transaction: this) => C,
    options: TransactionOptions,
    on: (work: (line: Line) => Promise<unknown[]>) => Promise<unknown[]>,
  ): Promise<Replies<C> | RepliesOrErrors<C>> {
    checkKnown(options, KNOWN);
    const list = typeof build === "function" ? build(this) : undefined;
    if (!Array.isArray(list)) throw noList("transaction", list);
    const places = this.places(list);
    if (this.queued === 0) return [] as unknown as Replies<C>;
    this.encoder.command(EXEC.head, EXEC.words, [], EXEC.name);
    const { chunks, runs } = this.cut();
    this.rest();
    const replies = await on((line) =>
      new Promise((resolve, reject) => {
        const owing = new Owing(chunks, runs, this.queued, this.mode, this.ticket, resolve, reject);
        if (isRecalled(owing)) return;
        this.ticket.handOver(line);
        line.sendEncoded(owing);
      })
    );
    this.spent();
    const error = options.errors === "return" ? undefined : replies.find((reply) => reply instanceof Error);
    if (error) throw error;
    return places.map((place) => replies[place]) as unknown as Replies<C>;
  }
}
