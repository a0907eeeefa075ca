/**
 * How long to wait before the next attempt to connect.
 *
 * @module
 */

/**
 * Decides on the next attempt to get back a connection that was lost: milliseconds to wait, or `null` to give up. `attempt`
 * counts failures from 1. Not asked about the first attempt after a loss, which follows at once, nor by `connect`, which tries
 * once.
 */
export type Backoff = (attempt: number, error: Error) => number | null;

/** The settings of {@link exponential}. */
export interface BackoffOptions {
  /** The longest first delay, in milliseconds; 50 unless given. */
  readonly base?: number | undefined;
  /** The longest delay, in milliseconds; 2000 unless given. */
  readonly cap?: number | undefined;
  /** How many failures in a row before giving up; never unless given. */
  readonly attempts?: number | undefined;
  /** A source of numbers from 0 to 1; `Math.random` unless given. */
  readonly random?: (() => number) | undefined;
}

/**
 * Doubles the delay with each failure, up to a cap, and takes a random part of it (half to whole), so that many clients
 * that lost one server do not come back at the same instant.
 */
export function exponential(options: BackoffOptions = {}): Backoff {
  const { base = 50, cap = 2000, attempts = Infinity, random = Math.random } = options;
  return (attempt) => {
    if (attempt >= attempts) return null;
    const longest = Math.min(cap, base * 2 ** Math.min(attempt - 1, 50));
    return longest * (0.5 + random() / 2);
  };
}
