/**
 * One contestant's rates against another's.
 *
 * @module
 */
import { type Figure, median } from "./results.ts";

/** The ratio that counts, and the least and the greatest of single rounds. */
export type Ratio = readonly [value: number, least: number, most: number];

/** Round by round: contestants take turns, so what slows the machine down slows both. */
export function roundByRound(mine: Figure, other: Figure): Ratio {
  const ratios = mine.samples.slice(0, other.samples.length).map((rate, round) => rate / other.samples[round]);
  return [median(ratios), Math.min(...ratios), Math.max(...ratios)];
}

/** Of figures from two workloads: their rounds were not at the same time, so there are no ratios of single ones. */
export function apart(mine: Figure, other: Figure): Ratio {
  const value = mine.median / other.median;
  return [value, value, value];
}

/** Whether the other's median is ahead of mine by more than the spread of the two, the larger one counting. */
export function isAhead(other: Figure, mine: Figure): boolean {
  const swing = ({ samples }: Figure): number => (Math.max(...samples) - Math.min(...samples)) / 2;
  return other.median - mine.median > Math.max(swing(mine), swing(other));
}
