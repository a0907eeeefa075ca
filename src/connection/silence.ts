/**
 * Watches how long a connection has been silent.
 *
 * @module
 */

/** Before a server is taken for dead, what it has said has so many milliseconds to be read. */
export const SECOND_LOOK = 50;

/** What is watched. */
export interface Watched {
  /** What is waited for: nothing, a reply that has to come soon, or one that may take any time. */
  readonly expects: "nothing" | "reply" | "anything";
  /**
   * Since when there has been silence, on the clock of `performance.now()`: neither has a byte come, nor has one been taken
   * of a large write, which may last.
   */
  readonly silentSince: number;
  /** A reply is owed, and the server has said nothing for so many milliseconds. */
  silent(milliseconds: number): void;
  /** Nothing has come for a while, and that may or may not mean something. */
  quiet(why: "idle" | "patient"): void;
}

/**
 * Looks at the silence from time to time. One timer at a time, none per command: it comes often enough for the shorter of
 * the two limits, whichever of them applies when it does.
 */
export class SilenceWatch {
  readonly #watched: Watched;
  readonly #silence: number;
  readonly #idle: number;
  /** How often to look, at least; 0: there is nothing to look for. */
  #step: number;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Takes the limits in milliseconds: of silence while a reply is owed, and while none is; 0 is none. */
  constructor(watched: Watched, silence: number, idle: number) {
    this.#watched = watched;
    this.#silence = silence;
    this.#idle = idle;
    this.#step = silence === 0 ? idle : idle === 0 ? silence : Math.min(silence, idle);
  }

  /** Begins, unless it has. */
  start(): void {
    if (this.#timer === undefined && this.#step > 0) this.#after(this.#step);
  }

  /** Looks no more, even if it is told to begin: a socket may break in the midst of the write that does so. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#step = 0;
  }

  #after(delay: number, doubted = -1): void {
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#look(doubted);
    }, delay);
  }

  /** `doubted`: since when there was silence at the look before, if that was too long. */
  #look(doubted: number): void {
    const watched = this.#watched;
    const { expects, silentSince } = watched;
    const step = this.#step;
    // Nothing to look at until something is sent; that starts the watch again.
    if (expects === "nothing" && this.#idle === 0) return;
    const limit = expects === "nothing" ? this.#idle : this.#silence;
    const quiet = performance.now() - silentSince;
    if (limit === 0 || quiet < limit) return this.#after(limit === 0 ? step : Math.min(step, limit - quiet));
    // In a process that was busy for so long, timers come before what its sockets hold.
    if (expects === "reply") {
      return silentSince === doubted ? watched.silent(quiet) : this.#after(SECOND_LOOK, silentSince);
    }
    this.#after(step);
    watched.quiet(expects === "nothing" ? "idle" : "patient");
  }
}
