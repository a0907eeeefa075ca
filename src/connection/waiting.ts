/**
 * What waits for a connection, each entry with a time limit of its own.
 *
 * @module
 */
import { Fifo } from "./fifo.ts";
import { type Owed, Pending } from "./pending.ts";

/** An entry that can be sent whenever there is a connection. */
export type Sendable = Pending | (Owed & { readonly chunks: readonly Uint8Array[] });

interface Entry {
  readonly owed: Sendable;
  readonly until: number;
}

function released(owed: Sendable): boolean {
  return owed instanceof Pending && owed.released;
}

/** The queue of a line that is not connected. One timer for all, none while it is empty. */
export class Waiting {
  readonly #limit: number;
  readonly #late: () => Error;
  readonly #entries = new Fifo<Entry>();
  #withdrawn = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Takes how many milliseconds an entry may wait (0: for ever), and what it is told then. */
  constructor(limit: number, late: () => Error) {
    this.#limit = limit;
    this.#late = late;
  }

  /** How many entries wait. */
  get size(): number {
    return this.#entries.size;
  }

  /** Puts an entry behind all others. */
  push(owed: Sendable): void {
    this.#entries.push({ owed, until: performance.now() + this.#limit });
    this.#arm();
  }

  /** A command has been released. Released ones are forgotten once they may be half of all. */
  withdraw(): void {
    if (++this.#withdrawn * 2 > this.#entries.size) this.forget();
  }

  /** Forgets what has been released. */
  forget(): void {
    if (this.#withdrawn === 0) return;
    this.#withdrawn = 0;
    for (const entry of this.#entries.takeAll()) if (!released(entry.owed)) this.#entries.push(entry);
  }

  /** Takes all that still want to be sent, oldest first. */
  takeAll(): Sendable[] {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#withdrawn = 0;
    return this.#entries.takeAll().map(({ owed }) => owed).filter((owed) => !released(owed));
  }

  #arm(): void {
    const oldest = this.#entries.peek();
    if (this.#limit === 0 || this.#timer !== undefined || oldest === undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#expire();
      this.#arm();
    }, Math.max(1, oldest.until - performance.now()));
  }

  #expire(): void {
    const now = performance.now();
    for (let entry = this.#entries.peek(); entry && entry.until <= now + 1; entry = this.#entries.peek()) {
      this.#entries.shift();
      entry.owed.fail(this.#late());
    }
  }
}
