/**
 * Listening to an `AbortSignal` that many calls share.
 *
 * @module
 */

const heard = new WeakMap<AbortSignal, Set<() => void>>();

/**
 * Calls the listener when the signal fires; gives a function that ends this. A signal takes longer for each listener that
 * it has (it looks for the same one among them), and some runtimes warn beyond ten: so each has one listener of ours,
 * whatever number of commands wait, and none once nothing does.
 */
export function onAbort(signal: AbortSignal, listener: () => void): () => void {
  const listeners = heard.get(signal) ?? listen(signal);
  listeners.add(listener);
  return () => {
    if (!listeners.delete(listener) || listeners.size > 0) return;
    signal.removeEventListener("abort", fire);
    heard.delete(signal);
  };
}

function listen(signal: AbortSignal): Set<() => void> {
  const listeners = new Set<() => void>();
  heard.set(signal, listeners);
  signal.addEventListener("abort", fire, { once: true });
  return listeners;
}

function fire(event: Event): void {
  const signal = event.target as AbortSignal;
  const listeners = heard.get(signal);
  heard.delete(signal);
  // No copy of them: one that is taken off by another, as it has ended what that was for, is not called.
  for (const listener of listeners ?? []) listener();
}
