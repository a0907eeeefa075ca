/**
 * Waiting for something to happen the next time.
 *
 * @module
 */

/** Whoever waits for it hears it once. */
export class Bell {
  /** What has to be the case for it to ring. */
  readonly holds: () => boolean;
  #waiters: (() => void)[] = [];

  /** Takes what has to be the case, if anything. */
  constructor(holds: () => boolean = () => true) {
    this.holds = holds;
  }

  /** Resolves when it rings next. */
  next(): Promise<void> {
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  /** Lets all go on who wait. */
  ring(): void {
    if (this.#waiters.length > 0 && this.holds()) this.#waiters.splice(0).forEach((waiter) => waiter());
  }
}
