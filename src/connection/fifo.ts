/**
 * A first-in-first-out queue that neither shifts arrays nor allocates per entry.
 *
 * @module
 */

/** A growing ring. Its length is always a power of two, so that wrapping round is a mask. */
export class Fifo<T> {
  #ring: (T | undefined)[] = new Array(16);
  #head = 0;
  #size = 0;

  /** How many entries it holds. */
  get size(): number {
    return this.#size;
  }

  /** Adds an entry at the end. */
  push(entry: T): void {
    if (this.#size === this.#ring.length) this.#grow();
    this.#ring[(this.#head + this.#size) & (this.#ring.length - 1)] = entry;
    this.#size++;
  }

  /** The oldest entry, without taking it. */
  peek(): T | undefined {
    return this.#ring[this.#head];
  }

  /** The entry `index` places behind the oldest. */
  at(index: number): T | undefined {
    return this.#ring[(this.#head + index) & (this.#ring.length - 1)];
  }

  /** Takes the oldest entry. */
  shift(): T | undefined {
    if (this.#size === 0) return undefined;
    const entry = this.#ring[this.#head];
    this.#ring[this.#head] = undefined;
    this.#head = (this.#head + 1) & (this.#ring.length - 1);
    this.#size--;
    return entry;
  }

  /** Takes the newest entries, as many as told, oldest of them first. */
  takeLast(count: number): T[] {
    const last: T[] = [];
    for (let i = this.#size - count; i < this.#size; i++) {
      const at = (this.#head + i) & (this.#ring.length - 1);
      last.push(this.#ring[at]!);
      this.#ring[at] = undefined;
    }
    this.#size -= count;
    return last;
  }

  /** Takes all entries, oldest first. */
  takeAll(): T[] {
    const all: T[] = [];
    for (let entry = this.shift(); entry !== undefined; entry = this.shift()) all.push(entry);
    return all;
  }

  #grow(): void {
    const old = this.#ring;
    const ring = new Array(old.length * 2);
    for (let i = 0; i < this.#size; i++) ring[i] = old[(this.#head + i) & (old.length - 1)];
    this.#ring = ring;
    this.#head = 0;
  }
}
