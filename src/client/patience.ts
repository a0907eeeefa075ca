/**
 * Waiting for a connection of one's own.
 *
 * @module
 */
import { type ConnectionReport, TimeoutError } from "../errors.ts";
import { detailed, overdue } from "../connection/notice.ts";
import type { SendOptions } from "../connection/pending.ts";
import { onAbort } from "../connection/signal.ts";
import { limited } from "../connection/wait.ts";
import { left } from "./left.ts";

/** Who waits. */
export interface Wait {
  /** The command that cannot go before, without its arguments. */
  readonly command: string;
  /** What a connection looks like meanwhile. */
  readonly report: () => ConnectionReport;
}

/**
 * Waits no longer than the caller does: its time limit counts from the call, its signal ends the wait, and whatever the
 * work is waiting for must then be given up (by the signal that it gets). An error of a connection that fails says who
 * waited for it.
 *
 * @returns What the work gave, and the caller's options with the time that is left.
 */
export async function patience<T>(
  options: SendOptions,
  wait: Wait,
  work: (signal: AbortSignal | undefined) => Promise<T>,
): Promise<[T, SendOptions]> {
  try {
    return await released(options, wait, work);
  } catch (error) {
    throw options.signal?.aborted ? error : detailed(error, wait.report, wait.command);
  }
}

async function released<T>(
  options: SendOptions,
  wait: Wait,
  work: (signal: AbortSignal | undefined) => Promise<T>,
): Promise<[T, SendOptions]> {
  const { signal, timeout, limit = timeout } = options;
  if (signal === undefined && timeout === undefined) return [await work(undefined), options];
  signal?.throwIfAborted();
  const stop = new AbortController();
  const began = performance.now();
  const end = limited(options, () => stop.abort(late(wait, limit!)), (reason) => stop.abort(reason));
  let ended = (): void => {};
  // What the work has given in the same breath comes before the signal, unlike with `unlessAborted`: it is held by then.
  const stopped = new Promise<never>((_, reject) => ended = onAbort(stop.signal, () => reject(stop.signal.reason)));
  try {
    const value = await Promise.race([work(stop.signal), stopped]);
    return [value, left(options, began)];
  } finally {
    end();
    ended();
  }
}

function late({ command, report }: Wait, after: number): TimeoutError {
  const words = overdue("no connection was free", after, "it was not sent", command);
  return detailed(new TimeoutError(words, { waitingFor: "connection", after }), report, command);
}
