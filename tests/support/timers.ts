/**
 * Timers whose length a test chooses, so that no pause of the machine changes which of two comes first.
 *
 * @module
 */

/** Until the end of the scope, timers of so many milliseconds last as long as the other number says. */
export function retimed(milliseconds: number, instead: number): Disposable {
  const schedule = globalThis.setTimeout;
  globalThis.setTimeout =
    ((task: () => void, delay?: number) =>
      schedule(task, delay === milliseconds ? instead : delay)) as typeof setTimeout;
  return { [Symbol.dispose]: () => void (globalThis.setTimeout = schedule) };
}
