/**
 * Two runs of `micro.ts` against each other: what has become slower, and whether that is more than is allowed.
 *
 * @module
 */
import { short } from "./tables.ts";

/** What one case took, in nanoseconds; `low` and `high` leave a tenth of the rounds outside on either side. */
export interface Timing {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

/** What every case took, by runtime. */
export type Timings = Readonly<Record<string, Readonly<Record<string, Timing>>>>;

/** One case in one runtime, before and now. */
export interface Change {
  readonly name: string;
  readonly runtime: string;
  readonly before: Timing;
  readonly now: Timing;
  /** Now divided by before, of the medians. */
  readonly ratio: number;
}

/** Every case that both runs have. */
export function changes(before: Timings, now: Timings): Change[] {
  return Object.entries(now).flatMap(([runtime, cases]) =>
    Object.entries(cases).flatMap(([name, timing]) => {
      const old = before[runtime]?.[name];
      return old === undefined ? [] : [{ name, runtime, before: old, now: timing, ratio: timing.median / old.median }];
    })
  );
}

/**
 * Is that slower by more than the bound? Then its fast rounds are, too: what disturbs the machine makes slow rounds slower,
 * and leaves the fast ones as they were.
 */
export function slower({ before, now, ratio }: Change, bound: number): boolean {
  return ratio > bound && now.low / before.low > bound;
}

/** A change as one line: the ratio, and the medians with low and high that it is made of. */
export function line({ name, runtime, before, now, ratio }: Change): string {
  const range = ({ median, low, high }: Timing): string => `${short(median)} (${short(low)}–${short(high)})`;
  return `${name.padEnd(46)} ${runtime.padEnd(6)} ${ratio.toFixed(2).padStart(6)}×  ${range(before)} → ${
    range(now)
  } ns`;
}
