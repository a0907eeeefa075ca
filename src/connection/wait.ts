/**
 * Waiting with an end.
 *
 * @module
 */
import type { SendOptions } from "./pending.ts";
import { onAbort } from "./signal.ts";

/** The longest time that a timer can be set to, in milliseconds: with a longer one it fires at once. */
export const LONGEST_DELAY = 2 ** 31 - 1;

/**
 * What is not over so many milliseconds after its time never will be: in a Worker a timer ends with the request that set it,
 * and with it all that waits for it.
 */
export const NEVER_AFTER = 1000;

/** Waits for a promise to settle, at most so many milliseconds; leaves no timer behind. True if it settled in time. */
export async function settledWithin(promise: Promise<unknown>, milliseconds: number): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<boolean>((resolve) =>
    timer = setTimeout(() => resolve(false), Math.min(milliseconds, LONGEST_DELAY))
  );
  try {
    return await Promise.race([promise.then(() => true, () => true), late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Calls `late` when the time is over, and `aborted` with the signal's reason when that fires; gives what ends both. */
export function limited(
  { timeout, signal }: Pick<SendOptions, "timeout" | "signal">,
  late: () => void,
  aborted: (reason: unknown) => void,
): () => void {
  const timer = timeout === undefined ? undefined : setTimeout(late, timeout);
  const unheard = signal && onAbort(signal, () => aborted(signal.reason));
  return () => {
    clearTimeout(timer);
    unheard?.();
  };
}

/** Waits for so many milliseconds. Rejects with the signal's reason once that fires, or has. */
export function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) return Promise.reject(signal.reason);
  return new Promise((resolve, reject) => {
    const end = limited(
      { timeout: milliseconds, signal },
      () => (end(), resolve()),
      (reason) => (end(), reject(reason)),
    );
  });
}

/** The promise's outcome, or the signal's reason if there is one that fires first. */
export function unlessAborted<T>(signal: AbortSignal | undefined, promise: Promise<T>): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    const forget = onAbort(signal, () => reject(signal.reason));
    promise.then(resolve, reject).finally(forget);
    if (signal.aborted) reject(signal.reason);
  });
}

/** Lets the runtime's events come: promises alone never do, however many are awaited. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
