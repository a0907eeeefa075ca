/**
 * How long something may be waited for, where that may be said again while the wait lasts.
 *
 * @module
 */
import { LONGEST_DELAY } from "../connection/wait.ts";

/** A limit of one wait. */
export class Limit {
  readonly #passed: Promise<void>;
  #pass: () => void = () => {};
  #until: number | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #over = false;

  constructor() {
    this.#passed = new Promise((resolve) => this.#pass = resolve);
  }

  /** From now on so many milliseconds, if they end sooner than those that were set before. */
  set(within: number): void {
    const until = performance.now() + within;
    if (this.#over || (this.#until !== undefined && until >= this.#until)) return;
    this.#until = until;
    this.#arm(within);
  }

  /** Waits for a promise to settle, as long as was set, or is set meanwhile; `otherwise` milliseconds if nothing is. */
  async wait(promise: Promise<unknown>, otherwise: number): Promise<void> {
    if (this.#until === undefined) this.#arm(otherwise);
    await Promise.race([promise.catch(() => {}), this.#passed]);
    this.#over = true;
    clearTimeout(this.#timer);
  }

  #arm(within: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#pass, Math.min(within, LONGEST_DELAY));
  }
}
