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

/** Timers of one length that wait, and a clock that goes on, until a test says otherwise: see {@link held}. */
export interface Held extends Disposable {
  /** How many such timers have been set, and neither fired nor cleared. */
  readonly size: number;
  /** Lets so many milliseconds more pass by the clock. */
  pass(milliseconds: number): void;
  /** Lets the timers fire. */
  fire(): void;
}

/** Until the end of the scope, timers of so many milliseconds fire when the test says so. */
export function held(milliseconds: number): Held {
  const { setTimeout: schedule, clearTimeout: cancel } = globalThis;
  const own = Object.getOwnPropertyDescriptor(performance, "now");
  const now = performance.now.bind(performance);
  const tasks = new Map<unknown, () => void>();
  let passed = 0;
  globalThis.setTimeout = ((task: () => void, delay?: number) => {
    if (delay !== milliseconds) return schedule(task, delay);
    const timer = {};
    tasks.set(timer, task);
    return timer;
  }) as unknown as typeof setTimeout;
  globalThis.clearTimeout = ((timer: number) => tasks.delete(timer) || cancel(timer)) as typeof clearTimeout;
  Object.defineProperty(performance, "now", { configurable: true, writable: true, value: () => now() + passed });
  return {
    get size() {
      return tasks.size;
    },
    pass: (more) => void (passed += more),
    fire() {
      const due = [...tasks.values()];
      tasks.clear();
      for (const task of due) task();
    },
    [Symbol.dispose]() {
      globalThis.setTimeout = schedule;
      globalThis.clearTimeout = cancel;
      if (own) Object.defineProperty(performance, "now", own);
      else delete (performance as { now?: unknown }).now;
    },
  };
}
