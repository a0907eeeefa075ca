/**
 * What waits for a connection of one line, and what becomes of it if none comes.
 *
 * @module
 */
import type { ConnectionError, ConnectionReport, TimeoutError } from "../errors.ts";
import { crowded, mayResend, sessionOver, told, toldInQueue, tooLate, unreachable, wasSent } from "./fate.ts";
import type { Lifecycle } from "./lifecycle.ts";
import type { LineOptions } from "./line_options.ts";
import type { Owed } from "./pending.ts";
import type { Traffic } from "./traffic.ts";
import { settledWithin } from "./wait.ts";
import { type Sendable, Waiting } from "./waiting.ts";

/** Whose backlog it is. */
export interface BacklogOwner {
  /** Facts for an error that somebody has to make sense of. */
  report(): ConnectionReport;
  /** Some have waited in vain: nothing is as it was. */
  stir(): void;
}

/** The queue of a line, in the order in which its commands came. */
export class Backlog {
  readonly #owner: BacklogOwner;
  readonly #life: Lifecycle;
  readonly #options: LineOptions;
  readonly #traffic: Traffic;
  readonly #waiting: Waiting;

  constructor(owner: BacklogOwner, life: Lifecycle, options: LineOptions, traffic: Traffic) {
    this.#owner = owner;
    this.#life = life;
    this.#options = options;
    this.#traffic = traffic;
    const { queueTimeout, connect } = options;
    this.#waiting = new Waiting(queueTimeout, (take) => this.refuse(this.#unreachable(), take()), connect.here);
  }

  /** How many entries wait. */
  get size(): number {
    return this.#waiting.size;
  }

  /**
   * Takes what cannot be sent now, and has a connection opened where nobody is about it; or tells it why it may not wait.
   * Of a session whose connection is lost nothing may: `lost` says how.
   */
  admit(owed: Sendable, lost: ConnectionError | undefined): void {
    const { isOpen, needsOpener } = this.#life;
    if (!isOpen) return owed.fail(toldInQueue(tooLate(), owed, this.#owner.report()));
    if (lost !== undefined) return owed.fail(sessionOver(owed, lost, this.#owner.report()));
    const { refusal } = this;
    if (refusal !== undefined) return owed.fail(told(refusal, owed, wasSent(owed), this.#owner.report()));
    this.#waiting.push(owed);
    if (needsOpener) this.#life.open().catch(() => {});
  }

  /** Why nothing more may wait, if as much does as may. */
  get refusal(): string | undefined {
    const { state, isDown, needsOpener } = this.#life;
    const { queueLimit, address } = this.#options;
    const { size } = this.#waiting;
    // Whoever opens the line has to wait for that, or nobody ever would; and all may who come while it is opened.
    if (size < queueLimit || !isDown || state === "idle" || needsOpener) return undefined;
    return crowded(address, size);
  }

  /** Puts an entry behind all others. */
  push(owed: Sendable): void {
    this.#waiting.push(owed);
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
   * there is to be one (`anew`), waits for it in its old order; all else fails. So does the `unread` one, whose reply could
   * not be read: it would end the next connection, too.
   */
  inherit(anew: boolean, error: ConnectionError, unsent: Owed[], sent: Owed[], unread?: Owed): void {
    const over: Owed[] = [];
    const again: Owed[] = [];
    for (const owed of sent) {
      (anew && owed !== unread && mayResend(owed, this.#options.resend) ? again : over).push(owed);
    }
    // Whoever was asked may have closed the line.
    if (!this.#life.isOpen) {
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
    this.refuse(error, this.#waiting.takeAll());
  }

  /** Fails each of these, which will be sent on no connection, with an error of its own. */
  refuse(error: Error, all: readonly Sendable[]): void {
    for (const owed of all) owed.fail(toldInQueue(error, owed, this.#owner.report()));
    this.#owner.stir();
  }

  /**
   * Waits for a connection as long as anything may wait, `since` then: an attempt may take longer, and attempts may go on for
   * as long as the caller's backoff likes.
   */
  async wait(opening: Promise<void>, since = performance.now()): Promise<void> {
    const { queueTimeout } = this.#options;
    const left = Math.max(0, since + queueTimeout - performance.now());
    if (queueTimeout > 0 && !(await settledWithin(opening, left))) throw this.#unreachable();
    await opening;
  }

  /** Says that there has been no connection for as long as anything may wait. */
  #unreachable(): TimeoutError {
    const { address, queueTimeout } = this.#options;
    return unreachable(address, queueTimeout, this.#owner.report(), this.#life.failure);
  }
}
