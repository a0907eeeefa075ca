/**
 * Numbers from a seed: the same on every runtime.
 *
 * @module
 */

/** One stream of numbers. Streams forked from it by different names are independent of each other. */
export class Random {
  readonly #seed: number;
  #state: number;

  constructor(seed: number) {
    this.#seed = this.#state = seed >>> 0;
  }

  /** From 0 up to, but not including, 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number from 0 up to, but not including, `limit`. */
  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  /** True so often. */
  chance(part: number): boolean {
    return this.next() < part;
  }

  /** One of several, each as often as its weight says. */
  pick<T>(weighted: readonly (readonly [weight: number, T])[]): T {
    let at = this.next() * weighted.reduce((sum, [weight]) => sum + weight, 0);
    for (const [weight, value] of weighted) {
      at -= weight;
      if (at < 0) return value;
    }
    return weighted.at(-1)![1];
  }

  /** A whole number from 1 on, `mean` on average, with no memory: for the gaps between things that just happen. */
  gap(mean: number): number {
    return 1 + Math.floor(-Math.log(1 - this.next()) * mean);
  }

  /** Bytes of any kind. */
  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.below(256));
  }

  /** Another stream, which depends on this one's seed and the names alone. */
  fork(...names: (string | number)[]): Random {
    let hash = this.#seed ^ 0x811c9dc5;
    for (const char of names.join("\0")) hash = Math.imul(hash ^ char.codePointAt(0)!, 0x01000193);
    return new Random(hash ^ (hash >>> 15));
  }
}
