/**
 * Work that closing a client, or giving a session back, has to wait for.
 *
 * @module
 */

/** What is under way, though no reply may be owed at this moment: before its commands, or between two parts. */
export class Running {
  readonly #works = new Set<Promise<unknown>>();

  /** How many are not over. */
  get size(): number {
    return this.#works.size;
  }

  /** One more, until it is over. What is given back is its caller's to handle: nobody else hears of a rejection. */
  async add<T>(work: Promise<T>): Promise<T> {
    this.#works.add(work);
    // Not `work.finally()`: that takes up to three times as many microtasks, and each short pipeline waits for them.
    try {
      return await work;
    } finally {
      this.#works.delete(work);
    }
  }

  /** Resolves once everything is over that is under way now. */
  over(): Promise<unknown> {
    return Promise.allSettled(this.#works);
  }
}
