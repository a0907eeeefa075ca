/**
 * What waits for a connection of one line, and what becomes of it if none comes.
 *
 * @module
 */
import type { ConnectionError, ConnectionReport, TimeoutError } from "../errors.ts";
import { crowded, mayResend, told, toldInQueue, unreachable, wasSent } from "./fate.ts";
import type { LineOptions } from "./line_options.ts";
import type { Owed } from "./pending.ts";
import type { Traffic } from "./traffic.ts";
import { type Sendable, Waiting } from "./waiting.ts";

/** Whose backlog it is. */
export interface BacklogOwner {
  /** Neither closed nor about to be. */
  readonly isOpen: boolean;
  /** Why the last attempt to get another connection failed. */
  readonly failure: Error | undefined;
  /** Facts for an error that somebody has to make sense of. */
  report(): ConnectionReport;
  /** Some have waited in vain: nothing is as it was. */
  stir(): void;
}

/** The queue of a line, in the order in which its commands came. */
export class Backlog {
  readonly #owner: BacklogOwner;
  readonly #options: LineOptions;
  readonly #traffic: Traffic;
  readonly #waiting: Waiting;

  constructor(owner: BacklogOwner, options: LineOptions, traffic: Traffic) {
    this.#owner = owner;
    this.#options = options;
    this.#traffic = traffic;
    this.#waiting = new Waiting(options.queueTimeout, (take) => this.#fail(this.unreachable(), take()));
  }

  /** How many entries wait. */
  get size(): number {
    return this.#waiting.size;
  }

  /** Puts an entry behind all others. */
  push(owed: Sendable): void {
    this.#waiting.push(owed);
  }

  /** The same, unless too many wait already: then it is told so. */
  pushWithin(limit: number, owed: Sendable): void {
    const { size } = this.#waiting;
    if (size < limit) return this.#waiting.push(owed);
    owed.fail(crowded(owed, this.#options.address, size, this.#owner.report()));
  }

  /** See {@link Waiting.withdraw}. */
  withdraw(count?: number): void {
    this.#waiting.withdraw(count);
  }

  /** Takes all whose callers still wait, oldest first. */
  takeAll(): Sendable[] {
    return this.#waiting.takeAll();
  }

  /**
   * Takes what a lost connection leaves: `unsent` never left, `sent` may have run. What may go to another connection, if
   * there is to be one (`anew`), waits for it in its old order; all else fails.
   */
  inherit(anew: boolean, error: ConnectionError, unsent: Owed[], sent: Owed[]): void {
    const over: Owed[] = [];
    const again: Owed[] = [];
    for (const owed of sent) (anew && mayResend(owed, this.#options.resend) ? again : over).push(owed);
    // Whoever was asked may have closed the line.
    if (!this.#owner.isOpen) {
      anew = false;
      over.push(...again.splice(0));
    }
    for (const owed of again) this.#waiting.push(owed as Sendable);
    this.#traffic.retries += again.length;
    if (anew) { for (const owed of unsent) this.#waiting.push(owed as Sendable); }
    // Last, as whoever hears of it may do anything.
    for (const owed of over) owed.fail(told(error.message, owed, true, this.#owner.report(), error));
    if (anew) return;
    for (const owed of unsent) owed.fail(told(error.message, owed, wasSent(owed), this.#owner.report(), error));
  }

  /** There is no connection, and for now nobody tries to get one: everything that waits fails. */
  fail(error: Error): void {
    this.#fail(error, this.#waiting.takeAll());
  }

  #fail(error: Error, all: Sendable[]): void {
    for (const owed of all) owed.fail(toldInQueue(error, owed, this.#owner.report()));
    this.#owner.stir();
  }

  /** Says that there has been no connection for as long as anything may wait. */
  unreachable(): TimeoutError {
    const { address, queueTimeout } = this.#options;
    return unreachable(address, queueTimeout, this.#owner.report(), this.#owner.failure);
  }
}
