/**
 * Time limits and signals for work that is more than one command.
 *
 * @module
 */
import { type ConnectionReport, TimeoutError } from "../errors.ts";
import { detailed, overdue } from "../connection/notice.ts";
import type { SendOptions } from "../connection/pending.ts";
import { limited } from "../connection/wait.ts";

/**
 * Releases the caller when the time is up or the signal fires. What was sent may run, its replies are read and dropped in
 * order; `giveUp` keeps the rest from being sent, and tells whether anything was.
 */
export function guarded<T>(
  what: string,
  options: SendOptions,
  work: () => Promise<T>,
  report: () => ConnectionReport,
  giveUp: () => boolean,
): Promise<T> {
  const { signal, timeout } = options;
  if (signal === undefined && timeout === undefined) return work();
  if (signal?.aborted) return Promise.reject(signal.reason);
  return new Promise((resolve, reject) => {
    const late = (): void => {
      const facts = report();
      const sent = giveUp();
      const words = overdue("not all replies came", timeout!, sent ? "it may have run" : "it was not sent", what);
      const error = new TimeoutError(words, { waitingFor: sent ? "reply" : "connection", after: timeout!, sent });
      reject(detailed(error, () => facts, what));
    };
    const end = limited(options, late, (reason) => {
      giveUp();
      reject(reason);
    });
    work().then(resolve, reject).finally(end);
  });
}
