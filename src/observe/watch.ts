/**
 * Listens in on the commands of a client for those who want to know of them.
 *
 * @module
 */
import { ConnectionError, ReplyError, TimeoutError } from "../errors.ts";
import type { Line } from "../connection/line.ts";
import type { Owed, Pending } from "../connection/pending.ts";
import type { Encoded, Tap, Traffic } from "../connection/traffic.ts";
import type { Push, Reply } from "../resp/reply.ts";
import { IssuedBatch, IssuedCommand, type Operation, type Outcome } from "./operation.ts";

/**
 * Called when an operation is issued. What it returns, if it is a function, is called once with how the operation ended,
 * before its caller hears of it. What either throws is ignored: watching must not change what is watched.
 */
export type Observer = (operation: Operation) => ((outcome: Outcome) => void) | void;

type End = (outcome: Outcome) => void;

/** All observers of one client. */
export class Watch implements Tap {
  readonly #traffic: Traffic;
  #observers: readonly Observer[] = [];

  /** Takes what the client counts. */
  constructor(traffic: Traffic) {
    this.#traffic = traffic;
  }

  /** How many there are. */
  get size(): number {
    return this.#observers.length;
  }

  /** Lets one more know of each operation from now on. */
  add(observer: Observer): void {
    this.#observers = [...this.#observers, observer];
  }

  /** Forgets one. What it has begun to watch it sees the end of. */
  remove(observer: Observer): void {
    const at = this.#observers.indexOf(observer);
    this.#observers = this.#observers.filter((_, i) => i !== at);
  }

  #begin(operation: Operation): End[] {
    const ends: End[] = [];
    for (const observer of this.#observers) {
      try {
        const end = observer(operation);
        if (typeof end === "function") ends.push(end);
      } catch {
        // See Observer.
      }
    }
    return ends;
  }

  /** See {@link Tap.command}. */
  command(pending: Pending, line: Line): void {
    const ends = this.#begin(new IssuedCommand(pending.spec, pending.args, line));
    if (ends.length === 0) return;
    const ending = new Ending(ends);
    const { resolve, reject } = pending;
    // Its fate is settled first, though its caller hears of it later: whoever is told may end the client, and all that is
    // not settled then is lost.
    pending.resolve = (value) => {
      const { replyBytes } = this.#traffic;
      resolve(value);
      ending.end("ok", undefined, 0, replyBytes, pending.attempts);
    };
    pending.reject = (error) => {
      const answered = error instanceof ReplyError;
      const bytes = answered ? this.#traffic.replyBytes : -1;
      reject(error);
      ending.end(statusOf(error, pending.released), answered ? error.code : undefined, 1, bytes, pending.attempts);
    };
  }

  /** See {@link Tap.batch}. */
  batch(owed: Encoded, line: Line): Encoded {
    const operation = new IssuedBatch(owed, line);
    const ends = this.#begin(operation);
    return ends.length === 0 ? owed : new WatchedBatch(owed, operation, new Ending(ends), this.#traffic);
  }
}

function statusOf(error: unknown, released: boolean): Outcome["status"] {
  if (error instanceof ReplyError) return "reply";
  if (error instanceof ConnectionError) return "connection";
  if (error instanceof TimeoutError) return "timeout";
  return released ? "abort" : "refused";
}

/** Tells the end of one operation, once. */
class Ending {
  readonly #started = performance.now();
  #ends: readonly End[] | undefined;

  constructor(ends: readonly End[]) {
    this.#ends = ends;
  }

  end(status: Outcome["status"], code: string | undefined, errors: number, bytes: number, attempts: number): void {
    const ends = this.#ends;
    if (ends === undefined) return;
    this.#ends = undefined;
    const duration = performance.now() - this.#started;
    const retries = Math.max(0, attempts - 1);
    const outcome: Outcome = { status, code, errors, bytes: bytes < 0 ? undefined : bytes, duration, retries };
    for (const end of ends) {
      try {
        end(outcome);
      } catch {
        // See Observer.
      }
    }
  }
}

/** Stands in for commands that travel together. */
class WatchedBatch implements Owed {
  readonly chunks: readonly Uint8Array[];
  readonly #inner: Encoded;
  readonly #operation: Operation;
  readonly #ending: Ending;
  readonly #traffic: Traffic;
  #bytes = 0;
  #errors = 0;
  #code: string | undefined;

  constructor(inner: Encoded, operation: Operation, ending: Ending, traffic: Traffic) {
    this.chunks = inner.chunks;
    this.#inner = inner;
    this.#operation = operation;
    this.#ending = ending;
    this.#traffic = traffic;
  }

  get mode(): number {
    return this.#inner.mode;
  }

  get owed(): number {
    return this.#inner.owed;
  }

  get name(): string | undefined {
    return this.#inner.name;
  }

  get patient(): boolean {
    return this.#inner.patient;
  }

  get ticket(): Encoded["ticket"] {
    return this.#inner.ticket;
  }

  get endless(): boolean | undefined {
    return this.#inner.endless;
  }

  modeAt(nth: number): number {
    return this.#inner.modeAt?.(nth) ?? this.#inner.mode;
  }

  patientAt(nth: number): boolean {
    return this.#inner.patientAt?.(nth) ?? this.#inner.patient;
  }

  ends(value: Reply, nth = 0): boolean {
    return this.#inner.ends?.(value, nth) ?? nth + 1 === this.#inner.owed;
  }

  confirm(push: Push): boolean {
    return this.#inner.confirm?.(push) ?? false;
  }

  reply(value: Reply, unsafe: boolean): boolean {
    const inner = this.#inner;
    if (!inner.ends?.(value)) this.#look(value);
    const { replyBytes } = this.#traffic;
    this.#bytes = replyBytes < 0 || this.#bytes < 0 ? -1 : this.#bytes + replyBytes;
    // What has no end is answered by its first reply. The caller may close it for what that says.
    if (inner.endless) this.#answered(value);
    const last = inner.reply(value, unsafe);
    if (last) this.#answered(value);
    return last;
  }

  #answered(value: Reply): void {
    if (this.#operation.kind === "transaction" && value === null) {
      this.#ending.end("watch", undefined, 0, this.#bytes, 1);
      return;
    }
    // MULTI and EXEC are refused alike, and nobody's commands.
    const errors = Math.min(this.#errors, this.#operation.size);
    this.#ending.end(errors > 0 ? "reply" : "ok", this.#code, errors, this.#bytes, 1);
  }

  #look(value: Reply): void {
    if (value instanceof ReplyError) {
      // EXECABORT only repeats what was said before.
      if (value.code === "EXECABORT" && this.#errors > 0) return;
      this.#errors++;
      this.#code ??= value.code;
    } else if (this.#operation.kind === "transaction" && Array.isArray(value)) {
      for (const item of value) if (item instanceof ReplyError) this.#look(item);
    }
  }

  fail(error: Error): void {
    const { owed } = this.#inner;
    const { kind, size } = this.#operation;
    // Of a pipeline some may have been answered; a transaction is answered as a whole, or not at all.
    const isBegun = kind === "pipeline" && owed < size;
    this.#ending.end(
      statusOf(error, false),
      undefined,
      isBegun ? this.#errors + owed : size,
      isBegun ? this.#bytes : -1,
      1,
    );
    // Whoever was told of the last reply may have ended the client for that.
    if (owed > 0) this.#inner.fail(error);
  }
}
