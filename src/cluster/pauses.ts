/**
 * Waiting until a cluster may say something else.
 *
 * @module
 */
import { onAbort } from "../connection/signal.ts";

/** How long at most, in milliseconds. */
const LONGEST = 1000;

/** What waits a little, of one cluster's client: no longer than that is open. */
export class Pauses {
  readonly #paused = new Set<() => void>();
  #ended = false;

  /** Does something in a little while, the later the oftener that was so; gives what does it now. */
  later(times: number, work: () => void): () => void {
    const go = (): void => {
      clearTimeout(timer);
      if (this.#paused.delete(go)) work();
    };
    const timer = setTimeout(go, Math.min(LONGEST, 25 * 2 ** times));
    this.#paused.add(go);
    return go;
  }

  /** Waits a little, the longer the oftener that was so; no longer than the signal says. */
  pause(times: number, signal?: AbortSignal): Promise<void> {
    if (this.#ended || signal?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const go = this.later(times, () => {
        unheard?.();
        resolve();
      });
      const unheard = signal && onAbort(signal, go);
    });
  }

  /** Nothing waits any longer. */
  end(): void {
    this.#ended = true;
    for (const go of this.#paused) go();
  }
}
