/**
 * Commands that wait for room: there is a connection, but too much is under way already.
 *
 * @module
 */
import { Fifo } from "./fifo.ts";
import type { Pending } from "./pending.ts";

/** First come, first served. */
export class Room {
  readonly #waiters = new Fifo<{ readonly pending: Pending; readonly free: () => boolean }>();
  readonly #send: (pending: Pending) => void;

  /** Takes how a command is sent once there is room. */
  constructor(send: (pending: Pending) => void) {
    this.#send = send;
  }

  /** How many wait. */
  get size(): number {
    return this.#waiters.size;
  }

  /** Sends a command once `free` says so. */
  push(pending: Pending, free: () => boolean): void {
    this.#waiters.push({ pending, free });
  }

  /** Something was settled: those that wait may go, one by one, for each takes room again. Of a closed line, all go. */
  look(isAlive: () => boolean): void {
    for (let next = this.#waiters.peek(); next !== undefined; next = this.#waiters.peek()) {
      const { pending, free } = next;
      if (!pending.released && isAlive() && !free()) return;
      this.#waiters.shift();
      if (!pending.released) this.#send(pending);
    }
  }
}
