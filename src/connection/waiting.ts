/**
 * What waits for a connection, each entry for as long as it may.
 *
 * @module
 */
import type { Connect } from "../transport/transport.ts";
import { Fifo } from "./fifo.ts";
import { Pending } from "./pending.ts";
import { isRecalled } from "./ticket.ts";
import type { Encoded } from "./traffic.ts";

/** What can be sent whenever there is a connection. */
export type Sendable = Pending | Encoded;

interface Entry {
  readonly owed: Sendable;
  readonly until: number;
}

function released(owed: Sendable): boolean {
  return owed instanceof Pending ? owed.released : isRecalled(owed);
}

/**
 * The queue of a line that is not connected. One timer for all, none while it is empty; where timers end with a request, one
 * for each that has something here.
 */
export class Waiting {
  readonly #limit: number;
  readonly #expired: (take: () => Sendable[]) => void;
  readonly #here: Connect["here"];
  readonly #entries = new Fifo<Entry>();
  /** How many entries are of no use, for their callers gave up: at most, as some of a batch may have left. */
  #withdrawn = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Whether the timer is one that still comes if this request goes on. */
  #isHere: (() => boolean) | undefined;

  /**
   * Takes how many milliseconds an entry may wait (0: for ever), who takes those that have, and what tells requests apart
   * where there are any.
   */
  constructor(limit: number, expired: (take: () => Sendable[]) => void, here?: Connect["here"]) {
    this.#limit = limit;
    this.#expired = expired;
    this.#here = here;
  }

  /** How many entries wait. */
  get size(): number {
    return Math.max(0, this.#entries.size - this.#withdrawn);
  }

  /** Puts an entry behind all others. */
  push(owed: Sendable): void {
    this.#entries.push({ owed, until: performance.now() + this.#limit });
    this.#arm();
  }

  /**
   * A caller gave up that had so many entries here, at most. Many often do at once: the queue is gone through when half of
   * it is of no use, not for each.
   */
  withdraw(count = 1): void {
    this.#withdrawn += count;
    if (this.#withdrawn * 2 < this.#entries.size) return;
    this.#withdrawn = 0;
    for (const entry of this.#entries.takeAll()) if (!released(entry.owed)) this.#entries.push(entry);
  }

  /** Takes all whose callers still wait, oldest first. */
  takeAll(): Sendable[] {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#withdrawn = 0;
    const wanted: Sendable[] = [];
    for (const { owed } of this.#entries.takeAll()) if (!released(owed)) wanted.push(owed);
    return wanted;
  }

  #arm(): void {
    const oldest = this.#entries.peek();
    if (this.#limit === 0 || oldest === undefined) return;
    // That of another request stays: it may go on for longer than this one.
    if (this.#timer !== undefined && (this.#isHere === undefined || this.#isHere())) return;
    this.#isHere = this.#here?.();
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#expired(() => this.#takeExpired());
      this.#arm();
    }, Math.max(1, oldest.until - performance.now()));
  }

  #takeExpired(): Sendable[] {
    const expired: Sendable[] = [];
    // Timers of some runtimes come a little early.
    const now = performance.now() + 1;
    for (let entry = this.#entries.peek(); entry && entry.until <= now; entry = this.#entries.peek()) {
      this.#entries.shift();
      // Nothing here makes sure that each of those was counted.
      if (released(entry.owed)) this.#withdrawn = Math.max(0, this.#withdrawn - 1);
      else expired.push(entry.owed);
    }
    // What was counted and had left already must not count against those that wait now.
    this.withdraw(0);
    return expired;
  }
}
