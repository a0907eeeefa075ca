/**
 * What a pipeline is sent in, and what its parts fill.
 *
 * @module
 */
import { BLOCKING, BLOCKING_OPTION } from "../command/spec.ts";
import { ConnectionError, ReplyError, TimeoutError } from "../errors.ts";
import { detailed } from "../connection/notice.ts";
import { type About, LOOSE, type Owed, unsafeInteger } from "../connection/pending.ts";
import { isFromReplica } from "../connection/retries.ts";
import type { Ticket } from "../connection/ticket.ts";
import type { Encoder } from "../resp/encoder.ts";
import { BIGINTS, type Reply } from "../resp/reply.ts";
import { aboutAll, type Run } from "./batch.ts";
import type { Deferred } from "./deferred.ts";

function isUnsent(error: Error): error is ConnectionError | TimeoutError {
  return (error instanceof ConnectionError || error instanceof TimeoutError) && !error.sent;
}

/** What the parts of one pipeline fill. */
export class Outcome {
  readonly replies: unknown[] = [];
  readonly keep: boolean;
  /** How many commands have been answered, or never will be. */
  answered = 0;
  /** How many of those never will be. */
  failed = 0;
  firstError: Error | undefined;
  /** Why a part could not be sent or answered: nothing is sent after it. */
  lost: Error | undefined;
  /** How many commands its parts hold. */
  cut = 0;
  /** What ends parts that were lost before their turn, by their first place: replies to earlier parts are still owed. */
  #early: Map<number, () => void> | undefined;
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

  /** Throws the first error. `"return"` leaves it in its place among the replies: without these it would be lost. */
  tell(errors: "throw" | "return" | undefined, sent: boolean): void {
    if (this.firstError && !(this.keep && errors === "return")) throw this.#told(this.firstError, sent);
  }

  /** The error of one part as the error of the whole: that was not sent only if no part was. */
  #told(error: Error, sent: boolean): Error {
    if (!sent || !isUnsent(error)) return error;
    const fate = this.answered > this.failed ? "has run" : "may have run";
    const whole = new ConnectionError(`${error.message}; what came before it ${fate}`, {
      sent: true,
      cause: error,
      closed: error instanceof ConnectionError && error.closed,
    });
    return detailed(whole, () => error.report, error.command);
  }

  /** A part is lost for good. Its errors stand in its places, so it ends no sooner than all parts before it. */
  lose(place: number, error: Error, end: () => void): void {
    this.lost ??= error;
    this.error(error);
    if (place > this.answered) return void (this.#early ??= new Map()).set(place, end);
    end();
    this.check();
  }

  /** Called when a part has ended, one way or the other. */
  check(): void {
    while (this.#early?.has(this.answered)) {
      const end = this.#early.get(this.answered)!;
      this.#early.delete(this.answered);
      end();
    }
    if (this.answered >= this.#expected) this.#finish?.();
  }
}

/** Some commands of a pipeline, contiguous on the wire. */
export class Part implements Owed {
  readonly name = "pipeline";
  mode: number;
  owed: number;
  /** Its bytes, once they are made: see {@link Part.encode}. */
  chunks: readonly Uint8Array[];
  readonly ticket: Ticket;
  #deferred: Deferred | undefined;
  readonly #runs: readonly Run[];
  readonly #outcome: Outcome;
  /** Where its replies begin among those of its pipeline. */
  readonly #place: number;
  /** One of the commands of its pipeline may hold the connection. */
  readonly patient: boolean;
  #run = 0;
  #left: number;
  /** One of its commands was refused by a replica. */
  #refusal: ReplyError | undefined;

  constructor(
    chunks: readonly Uint8Array[],
    deferred: Deferred | undefined,
    runs: readonly Run[],
    outcome: Outcome,
    ticket: Ticket,
    patient: boolean,
  ) {
    this.chunks = chunks;
    this.#deferred = deferred;
    this.ticket = ticket;
    this.#runs = runs;
    this.#outcome = outcome;
    this.patient = patient;
    this.#left = runs[0]!.count;
    this.mode = runs[0]!.mode;
    this.owed = runs.reduce((sum, run) => sum + run.count, 0);
    this.#place = outcome.cut;
    outcome.cut += this.owed;
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
      if (isFromReplica(value)) this.#refusal = value;
    } else if (unsafe && outcome.keep && (run.mode & (BIGINTS | LOOSE)) === 0) {
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
    // Not before: what it still waits for is on the connection that this replaces.
    if (this.#refusal !== undefined) this.ticket.refused(this.#refusal);
    return true;
  }

  modeAt(nth: number): number {
    return this.#runAt(nth)?.mode ?? this.mode;
  }

  patientAt(nth: number): boolean {
    return this.patient && ((this.#runAt(nth)?.spec.flags ?? 0) & (BLOCKING | BLOCKING_OPTION)) !== 0;
  }

  /** What the reply after the next `nth` ones answers. */
  #runAt(nth: number): Run | undefined {
    let before = this.#left;
    for (let run = this.#run; run < this.#runs.length; before += this.#runs[++run]?.count ?? 0) {
      if (nth < before) return this.#runs[run];
    }
  }

  about(): About {
    return aboutAll("pipeline", this.#runs, this.owed);
  }

  #error(error: Error): void {
    this.#outcome.error(error);
    if (this.#outcome.keep) this.#outcome.replies.push(error);
  }

  #shaped(run: Run, value: Reply): unknown {
    try {
      return run.shape!(value, run.mode);
    } catch (error) {
      if (error instanceof ReplyError) error.command ||= run.spec.name;
      this.#outcome.error(error as Error);
      return error;
    }
  }

  fail(error: Error): void {
    this.#outcome.lose(this.#place, error, () => this.#end(error));
  }

  /** None of the replies that it waits for will come. */
  #end(error: Error): void {
    const outcome = this.#outcome;
    outcome.answered += this.owed;
    outcome.failed += this.owed;
    for (; this.owed > 0; this.owed--) if (outcome.keep) outcome.replies.push(error);
  }
}
