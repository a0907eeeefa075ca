/**
 * Timers whose length a test chooses, so that no pause of the machine changes which of two comes first.
 *
 * Each fails at the end of its scope if nobody has set such a timer: then a length has changed in `src/`, and the test is
 * about nothing any more.
 *
 * @module
 */

type Handle = ReturnType<typeof setTimeout>;
type Schedule = (task: () => void, delay?: number) => Handle;

/** Until the end of the scope, timers that last from so long to so long are set by somebody else. */
function intercepted(least: number, most: number, set: (task: () => void, schedule: Schedule) => Handle): Disposable {
  const schedule: Schedule = globalThis.setTimeout;
  let met = 0;
  const choosing: Schedule = (task, delay) => {
    if (delay === undefined || delay < least || delay > most) return schedule(task, delay);
    met++;
    return set(task, schedule);
  };
  globalThis.setTimeout = choosing as typeof setTimeout;
  return {
    [Symbol.dispose]() {
      globalThis.setTimeout = schedule as typeof setTimeout;
      if (met === 0) throw new Error(`Nobody has set a timer of ${least} ms`);
    },
  };
}

/** Until the end of the scope, timers of so many milliseconds last as long as the other number says. */
export function retimed(milliseconds: number, instead: number): Disposable {
  return intercepted(milliseconds, milliseconds, (task, schedule) => schedule(task, instead));
}

/** A clock that goes on when the test says so, too. */
export interface Clock extends Disposable {
  /** Lets so many milliseconds more pass by the clock. */
  pass(milliseconds: number): void;
}

/** Until the end of the scope, `performance.now()` goes on when the test says so, too. */
export function clock(): Clock {
  const own = Object.getOwnPropertyDescriptor(performance, "now");
  const now = performance.now.bind(performance);
  let passed = 0;
  Object.defineProperty(performance, "now", { configurable: true, writable: true, value: () => now() + passed });
  return {
    pass: (more) => void (passed += more),
    [Symbol.dispose]() {
      if (own) Object.defineProperty(performance, "now", own);
      else delete (performance as { now?: unknown }).now;
    },
  };
}

/** Timers that come when the test says so, and a clock that goes on when it does. */
export interface Held extends Clock {
  /** How many have been set, and neither come nor been cleared. */
  readonly size: number;
  /** Has those come that were set until now, and not cleared. */
  fire(): void;
}

/** Until the end of the scope, timers of so many milliseconds, or from so many to so many, wait for `fire`. */
export function held(least: number, most = least): Held {
  const clear = globalThis.clearTimeout;
  const moved = clock();
  const waiting = new Map<unknown, () => void>();
  const interception = intercepted(least, most, (task, schedule) => {
    const handle = schedule(task, 2 ** 31 - 1);
    waiting.set(handle, task);
    return handle;
  });
  globalThis.clearTimeout = (handle) => {
    waiting.delete(handle);
    clear(handle);
  };
  return {
    get size() {
      return waiting.size;
    },
    pass: (more) => moved.pass(more),
    fire() {
      for (const [handle, task] of [...waiting]) {
        if (!waiting.delete(handle)) continue;
        clear(handle as Handle);
        task();
      }
    },
    [Symbol.dispose]() {
      globalThis.clearTimeout = clear;
      moved[Symbol.dispose]();
      interception[Symbol.dispose]();
    },
  };
}
