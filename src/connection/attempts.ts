/**
 * The attempts of one line at a connection: one at a time, with pauses in between.
 *
 * @module
 */
import { ConnectionError } from "../errors.ts";
import { Attempt, type AttemptOptions } from "./attempt.ts";
import type { Backoff } from "./backoff.ts";
import { LONGEST_DELAY, NEVER_AFTER } from "./wait.ts";

/** What is under way, so that it can be given up. */
export class Attempts {
  readonly #options: AttemptOptions & { readonly backoff: Backoff };
  #present: Attempt | undefined;
  /** Ends a pause. */
  #wakeUp: (() => void) | undefined;
  /** When the present one, or the pause, is over at the latest, on the clock of `performance.now()`. */
  #due = Infinity;

  /** Takes the settings of each attempt, and when to try again after a failure. */
  constructor(options: AttemptOptions & { readonly backoff: Backoff }) {
    this.#options = options;
  }

  /** Begins one. Whoever does says when it is over. */
  begin(): Attempt {
    const { connectTimeout } = this.#options;
    this.#due = connectTimeout === 0 ? Infinity : performance.now() + connectTimeout;
    return this.#present = new Attempt(this.#options);
  }

  /** One is over, however it ended: there is nothing to give up any longer. */
  end(attempt: Attempt): void {
    if (this.#present !== attempt) return;
    this.#present = undefined;
    this.#due = Infinity;
  }

  /**
   * Whether what is under way ended with its request: it should have been over long ago, and nothing will come of it. Where
   * there are no requests it is only late, as is all in a process that was busy for so long.
   */
  get isOverdue(): boolean {
    return this.#options.connect.here !== undefined && performance.now() > this.#due + NEVER_AFTER;
  }

  /** Gives up the present one, or the pause before the next, for this reason. */
  abort(reason: Error): void {
    this.#present?.abort(reason);
    this.#wakeUp?.();
  }

  /** How long to wait after so many failures in a row, or what everybody is told as there is to be no further attempt. */
  delay(failures: number, error: Error): number | Error {
    if (failures === 0) return 0;
    try {
      const delay = this.#options.backoff(failures, error);
      if (delay === null) return error;
      if (typeof delay === "number" && !Number.isNaN(delay)) return Math.min(delay, LONGEST_DELAY);
      return new ConnectionError("Option backoff gave no number: no further attempt to connect", { cause: error });
    } catch (cause) {
      return new ConnectionError("Option backoff threw: no further attempt to connect", { cause });
    }
  }

  /** Waits so many milliseconds, or until somebody gives up. */
  pause(delay: number): Promise<void> {
    this.#due = performance.now() + delay;
    return new Promise((resolve) => {
      const over = (): void => {
        this.#due = Infinity;
        resolve();
      };
      const timer = setTimeout(over, delay);
      this.#wakeUp = () => (clearTimeout(timer), over());
    });
  }
}
