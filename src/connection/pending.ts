/**
 * What a connection owes: commands whose replies have not come.
 *
 * @module
 */
import { type ConnectionReport, ReplyError, TimeoutError } from "../errors.ts";
import { BIGINTS, BYTES, type Push, type Reply } from "../resp/reply.ts";
import { isBlocking } from "../command/blocking.ts";
import { type Arg, BINARY, type CommandSpec, type Shape } from "../command/spec.ts";
import { detailed, overdue } from "./notice.ts";
import { onAbort } from "./signal.ts";
import type { Ticket } from "./ticket.ts";

/** Beside `BYTES` and `BIGINTS` in a mode: integers beyond 2^53 may come as `bigint`s, the reply's type allows it. */
export const LOOSE = 4;

/** How one command is to be sent, beyond what it is. */
export interface SendOptions {
  /** A sum of `BYTES`, `BIGINTS` and `LOOSE`. */
  readonly mode: number;
  /** Milliseconds from the call until the caller is released with a `TimeoutError`. */
  readonly timeout?: number | undefined;
  /** How much that was when the call was made, as an error tells it, where some of it is over. */
  readonly limit?: number | undefined;
  /** Releases the caller with `signal.reason`. */
  readonly signal?: AbortSignal | undefined;
  /** Over a connection that is open already, if there is one: it is not to wait for another while others do not. */
  readonly atOnce?: boolean | undefined;
}

/** An entry of the reply FIFO. It is settled by exactly one of: its last `reply`, or `fail`. */
export interface Owed {
  /** How its next reply is to be decoded. */
  readonly mode: number;
  /** How many replies it still waits for. */
  readonly owed: number;
  /** What an error calls it: the command's name, `"pipeline"`, `"transaction"`; empty unless given. */
  readonly name?: string | undefined;
  /** It may take the server any time to answer, or to answer a part of it: silence says nothing. */
  readonly patient: boolean;
  /** Takes the next reply; `unsafe` says that it holds integers beyond 2^53 as `bigint`s. True if that was the last. */
  reply(value: Reply, unsafe: boolean): boolean;
  /** No further reply will come. */
  fail(error: Error): void;
  /** How its reply after the next `nth` ones is to be decoded, where that is not `mode`. */
  modeAt?(nth: number): number;
  /** The same of whether that may take any time, where not all are as `patient` says. */
  patientAt?(nth: number): boolean;
  /**
   * Whether this is its last reply, the `nth` from 0 or else the next, where their number cannot be told beforehand. That
   * one only marks the end: it answers something that was sent for this, and says nothing of what its caller asked for.
   */
  ends?(value: Reply, nth?: number): boolean;
  /** Takes a push that is a part of its answer. False if this one is not. */
  confirm?(push: Push): boolean;
  /** Whether everything that comes from now on is its own, to the end of the connection; its lines may be of any length. */
  readonly endless?: boolean | undefined;
  /** By which its caller may take it back, where it is not a single command. */
  readonly ticket?: Ticket | undefined;
  /** What it is, for those who watch. */
  about?(): About;
}

/** What commands that travel together are called. */
export interface About {
  /** Whether it is one command, several, or several that run together. */
  readonly kind: "command" | "pipeline" | "transaction";
  /** The command's name, where all have the same; else empty. */
  readonly name: string;
  /** How many commands its caller has asked for. */
  readonly size: number;
}

/** Says why an integer was not rounded to fit a `number`. */
export function unsafeInteger(command: string): RangeError {
  return new RangeError(
    `${command}: the reply holds an integer beyond 2^53, which a number would round; read it through redis.bigints`,
  );
}

/** Who sends a command, and may send it again if it was refused. */
export interface Sender {
  /** True if it took the command back: it will be settled later. */
  again(pending: Pending, error: ReplyError): boolean;
  /** Takes back a command that was released, if that can be. */
  withdraw(pending: Pending): boolean;
  /** What keeps it from sending at present. */
  readonly missing: "connection" | "room";
  /** Facts for an error that somebody has to make sense of. */
  report(): ConnectionReport;
}

/** One command whose caller holds a promise. Plain fields in one order: this is the hottest object of the client. */
export class Pending implements Owed {
  readonly spec: CommandSpec;
  readonly args: readonly Arg[];
  readonly shape: Shape | undefined;
  readonly mode: number;
  /** Who waits. Replaced by somebody who wants to know of the outcome, too. */
  resolve: (value: never) => void;
  reject: (error: unknown) => void;
  /** How often its bytes have been handed to a socket. */
  attempts = 0;
  /** The caller has been released: the reply, if it comes, is dropped. */
  released = false;
  /** Who sent it. */
  line: Sender | undefined = undefined;
  /** How often the server refused it for now, and since when. */
  refusals = 0;
  refusedAt = 0;
  /** Undoes the timer and the signal listener. */
  unguard: (() => void) | undefined = undefined;

  constructor(
    spec: CommandSpec,
    args: readonly Arg[],
    shape: Shape | undefined,
    mode: number,
    resolve: (value: never) => void,
    reject: (error: unknown) => void,
  ) {
    this.spec = spec;
    this.args = args;
    this.shape = shape;
    this.mode = (spec.flags & BINARY) === 0 ? mode : mode | BYTES;
    this.resolve = resolve;
    this.reject = reject;
  }

  get owed(): number {
    return 1;
  }

  /** It has left, and no refusal says that it has not run. */
  get mayHaveRun(): boolean {
    return this.attempts > this.refusals;
  }

  /** What is known of it until its last reply comes, in the words of an error. */
  get fate(): string {
    if (this.mayHaveRun) return "it may have run";
    return this.refusals > 0 ? "the server refused it so far" : "it was not sent";
  }

  /** Whatever it is refused for, it is not tried again: as if that had lasted for ever. */
  tryOnce(): void {
    this.refusedAt = -Infinity;
  }

  get name(): string {
    return this.spec.name;
  }

  get patient(): boolean {
    return isBlocking(this.spec, this.args);
  }

  reply(value: Reply, unsafe: boolean): boolean {
    if (typeof value === "object" && value instanceof ReplyError) return this.#refused(value);
    if (this.unguard !== undefined) this.unguard();
    if (unsafe && (this.mode & (BIGINTS | LOOSE)) === 0) {
      this.reject(unsafeInteger(this.spec.name));
    } else if (this.shape === undefined) {
      this.resolve(value as never);
    } else {
      this.#shaped(value, this.shape);
    }
    return true;
  }

  #refused(error: ReplyError): true {
    if (this.line?.again(this, error)) return true;
    this.unguard?.();
    error.command = this.spec.name;
    this.reject(error);
    return true;
  }

  #shaped(value: Reply, shape: Shape): void {
    try {
      this.resolve(shape(value, this.mode) as never);
    } catch (error) {
      if (error instanceof ReplyError) error.command ||= this.spec.name;
      this.reject(error);
    }
  }

  fail(error: Error): void {
    if (this.unguard !== undefined) this.unguard();
    this.reject(error);
  }

  /** Releases the caller early when its time is up or its signal fires; whoever sent it then takes it back if that can be. */
  watch(options: SendOptions): void {
    const { timeout, limit = timeout, signal } = options;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const release = (error: unknown): void => {
      this.unguard?.();
      this.released = true;
      this.reject(error);
      this.line?.withdraw(this);
    };
    const unheard = signal && onAbort(signal, () => release(signal.reason));
    this.unguard = () => {
      clearTimeout(timer);
      unheard?.();
      this.unguard = undefined;
    };
    if (timeout !== undefined) {
      timer = setTimeout(() => {
        const { name, mayHaveRun: sent, fate, line } = this;
        const waitingFor = sent || this.refusals > 0 ? "reply" : line?.missing ?? "reply";
        const words = overdue("no reply", limit!, fate, name);
        const error = new TimeoutError(words, { waitingFor, after: limit!, sent });
        release(detailed(error, () => line?.report(), name));
      }, timeout);
    }
  }
}
