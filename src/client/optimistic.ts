/**
 * Optimistic locking: read, decide, and write only if nobody has changed what was read; else begin anew.
 *
 * @module
 */
import { TransactionError } from "../errors.ts";
import type { Key } from "../command/values.ts";
import { LONGEST_DELAY, pause } from "../connection/wait.ts";
import { checkKnown } from "./known.ts";

/** How often, and how soon after each other, `redis.watch` tries. */
export interface WatchOptions {
  /** How often the work is done at most; 20 unless given. */
  readonly attempts?: number | undefined;
  /**
   * Milliseconds to wait after so many attempts that failed (from 1); unless given a random time below a bound that doubles
   * from 2 up to 100, so that those who met once do not meet again.
   */
  readonly backoff?: ((attempt: number) => number) | undefined;
}

/** The names of {@link WatchOptions}. */
const KNOWN = ["attempts", "backoff"];

/** The part of a session that this needs. */
export interface Watching {
  /** WATCH. */
  watch(...keys: Key[]): Promise<unknown>;
}

/** What does the work on its session: a session itself. */
export interface Optimistic {
  /** See {@link optimistic}. */
  optimistic<T>(keys: readonly Key[], work: () => T | Promise<T>, options: WatchOptions): Promise<T>;
}

function jittered(attempt: number): number {
  return Math.random() * Math.min(100, 2 * 2 ** (attempt - 1));
}

/** Does the work until no watched key has changed in between. */
export async function optimistic<T>(
  session: Watching,
  keys: readonly Key[],
  work: () => T | Promise<T>,
  options: WatchOptions,
  signal?: AbortSignal,
): Promise<T> {
  checkKnown(options, KNOWN);
  const { attempts = 20, backoff = jittered } = options;
  if (!Number.isInteger(attempts) || attempts < 1) {
    throw new RangeError("Option attempts must be a whole number from 1");
  }
  if (keys.length === 0) throw new TypeError("WATCH: expected at least one key");
  for (let attempt = 1;; attempt++) {
    await session.watch(...keys);
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof TransactionError && error.reason === "watch")) throw error;
      if (attempt === attempts) throw exhausted(attempts, error);
      const delay = backoff(attempt);
      if (typeof delay !== "number" || Number.isNaN(delay)) throw new TypeError("Option backoff gave no number");
      await pause(Math.min(delay, LONGEST_DELAY), signal);
    }
  }
}

function exhausted(attempts: number, cause: TransactionError): TransactionError {
  const what = `A watched key changed each time, ${attempts} times: nothing of the transaction ran`;
  const error = new TransactionError(what, "watch");
  error.attempts = attempts;
  error.cause = cause;
  return error;
}
