/**
 * What is left of a caller's time, where a call waits for more than one thing.
 *
 * @module
 */
import type { SendOptions } from "../connection/pending.ts";

/** The same options with what is left of a limit that counts from `began`, as `performance.now()` told it. */
export function left(options: SendOptions, began: number): SendOptions {
  const { timeout, limit = timeout } = options;
  if (timeout === undefined) return options;
  return { ...options, limit, timeout: Math.max(1, Math.ceil(timeout - (performance.now() - began))) };
}
