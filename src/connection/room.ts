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
  /** Those of them whose callers still wait. */
  readonly #here = new Set<Pending>();
  readonly #send: (pending: Pending) => void;

  /** Takes how a command is sent once there is room. */
  constructor(send: (pending: Pending) => void) {
    this.#send = send;
  }

  /** How many wait. */
  get size(): number {
    return this.#here.size;
  }

  /** Sends a command once `free` says so. */
  push(pending: Pending, free: () => boolean): void {
    this.#here.add(pending);
    this.#waiters.push({ pending, free });
  }

  /**
   * A caller gave up. False if its command is not here. When most have gone, their places are cleared away, for the first in
   * line may have to wait for long.
   */
  withdraw(pending: Pending): boolean {
    if (!this.#here.delete(pending)) return false;
    if (this.#here.size * 2 >= this.#waiters.size) return true;
    for (const waiter of this.#waiters.takeAll()) if (this.#here.has(waiter.pending)) this.#waiters.push(waiter);
    return true;
  }

  /** Something was settled: those that wait may go, one by one, for each takes room again. Of a closed line, all go. */
  look(isAlive: () => boolean): void {
    for (let next = this.#waiters.peek(); next !== undefined; next = this.#waiters.peek()) {
      const { pending, free } = next;
      if (this.#here.has(pending) && isAlive() && !free()) return;
      this.#waiters.shift();
      if (this.#here.delete(pending)) this.#send(pending);
    }
  }
}
