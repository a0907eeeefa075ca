/**
 * Waiting for something to happen the next time.
 *
 * @module
 */

/** Whoever waits for it hears it once. */
export class Bell {
  #waiters: (() => void)[] = [];

  /** Whether somebody waits. */
  get isAwaited(): boolean {
    return this.#waiters.length > 0;
  }

  /** Resolves when it rings next. */
  next(): Promise<void> {
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  /** Lets all go on who wait. */
  ring(): void {
    if (this.#waiters.length === 0) return;
    for (const waiter of this.#waiters.splice(0)) waiter();
  }
}
