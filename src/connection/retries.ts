/**
 * Commands that the server refused for now, each waiting for its next try.
 *
 * @module
 */
import type { ReplyError } from "../errors.ts";
import type { Pending } from "./pending.ts";

/** Refusals that pass: the server is starting, moving or electing. Each says that the command did not run. */
const TRANSIENT = new Set(["LOADING", "MASTERDOWN", "TRYAGAIN", "CLUSTERDOWN", "READONLY"]);

/**
 * A script may raise errors with these codes, too, and may have done something before. So of what scripts and functions
 * are answered with only the servers' own words are believed.
 */
const SCRIPTS = /^(?:EVAL|EVALSHA|FCALL)(?:_RO)?$/;
const OWN_WORDS = new RegExp(
  "^(?:LOADING \\w+ is loading|MASTERDOWN Link with|READONLY You can't write against|TRYAGAIN Multiple keys|" +
    "CLUSTERDOWN (?:The cluster is down|Hash slot not served))",
);

/** The longest pause between two tries, in milliseconds. */
const LONGEST = 1000;

/** Waits between the tries of refused commands. */
export class Retries {
  readonly #timers = new Map<Pending, ReturnType<typeof setTimeout>>();
  readonly #retryFor: number;
  readonly #send: (pending: Pending, refusal: ReplyError) => void;

  /** Tries for so many milliseconds; `send` is how a command is sent again, and is told why it has to be. */
  constructor(retryFor: number, send: (pending: Pending, refusal: ReplyError) => void) {
    this.#retryFor = retryFor;
    this.#send = send;
  }

  /** How many wait. */
  get size(): number {
    return this.#timers.size;
  }

  /** Takes a command back to send it again later. False if this refusal stays, or the command's time is over. */
  take(pending: Pending, error: ReplyError): boolean {
    const now = performance.now();
    if (!TRANSIENT.has(error.code)) return false;
    if (SCRIPTS.test(pending.spec.name) && !OWN_WORDS.test(error.message)) return false;
    if (pending.refusedAt === 0) pending.refusedAt = now;
    if (now - pending.refusedAt >= this.#retryFor) return false;
    const delay = Math.min(LONGEST, 25 * 2 ** pending.refusals++);
    this.#timers.set(
      pending,
      setTimeout(() => {
        this.#timers.delete(pending);
        this.#send(pending, error);
      }, delay),
    );
    return true;
  }

  /** Forgets a command whose caller is gone. False if it is not here. */
  drop(pending: Pending): boolean {
    clearTimeout(this.#timers.get(pending));
    return this.#timers.delete(pending);
  }

  /** Rejects all, each with an error of its own. */
  fail(errorOf: (pending: Pending) => Error): void {
    const all = [...this.#timers];
    this.#timers.clear();
    for (const [pending, timer] of all) {
      clearTimeout(timer);
      pending.fail(errorOf(pending));
    }
  }
}
