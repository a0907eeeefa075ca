/**
 * Troubles that pass, for what goes on by itself: it waits a little and tries again.
 *
 * @module
 */
import { ConnectionError, ReplyError, TimeoutError } from "../errors.ts";
import { pause } from "../connection/wait.ts";

/** Refusals of a server that is starting, moving, electing, or short of something; or that lets go, as it is a replica now. */
const PASSING = /^(LOADING|MASTERDOWN|TRYAGAIN|CLUSTERDOWN|READONLY|NOREPLICAS|MISCONF|OOM|BUSY|UNBLOCKED)$/;

/** How long after such a refusal the same server is asked again, where it is asked for as long as it takes, in milliseconds. */
export const AGAIN = 1000;

/** Why what goes on by itself ends its own wait: to whoever observes it that is no failure. */
export const ENOUGH: unique symbol = Symbol("enough");

/** Whether the same may work later. */
export function passes(error: unknown): error is Error {
  if (error instanceof ConnectionError) return !error.closed;
  return error instanceof TimeoutError || (error instanceof ReplyError && PASSING.test(error.code));
}

/** Waits, longer with each failure: 50 ms at first, 2 s at most. Ends early, without an error, when the signal fires. */
export function pauseAfter(failures: number, signal: AbortSignal): Promise<void> {
  return pause(Math.min(2000, 25 * 2 ** failures), signal).catch(() => {});
}
