/**
 * A string whose bytes come in more than one chunk.
 *
 * @module
 */

/** Lengths up to this are believed at once; beyond, memory follows what really comes. */
const BELIEVED = 16 * 1024 * 1024;

const NOTHING = new Uint8Array(0);

/** Gathers the bytes of one string and the line end after it, copying each chunk once. */
export class Body {
  /** Where the bytes gather; may be longer than `length`. */
  #target: Uint8Array = NOTHING;
  /** Kept from string to string, for those whose bytes nobody keeps. */
  #scratch: Uint8Array = NOTHING;
  #length = 0;
  /** How much has come, the line end included. */
  #got = 0;
  #reuse = false;

  /** Starts a string of `length` bytes. With `reuse` the bytes are only looked at and their memory serves again. */
  start(length: number, reuse: boolean): void {
    this.#length = length;
    this.#got = 0;
    this.#reuse = reuse;
    if (reuse && this.#scratch.length >= length) this.#target = this.#scratch;
    else this.#target = new Uint8Array(Math.min(length, BELIEVED));
  }

  /**
   * Takes what belongs to the string from `chunk`, from `from` on.
   *
   * @returns the place after it if the string is complete; -1 if the chunk was used up; -2 - place of a byte that is no line end.
   */
  fill(chunk: Uint8Array, from: number, end: number): number {
    const length = this.#length;
    if (this.#got < length) {
      const count = Math.min(length - this.#got, end - from);
      this.#room(this.#got + count);
      this.#target.set(chunk.subarray(from, from + count), this.#got);
      this.#got += count;
      from += count;
      if (this.#got < length) return -1;
    }
    while (from < end) {
      if (chunk[from] !== (this.#got === length ? 13 : 10)) return -2 - from;
      this.#got++;
      from++;
      if (this.#got === length + 2) return from;
    }
    return -1;
  }

  /** The gathered bytes. Unless started with `reuse` they are the caller's. */
  finish(): Uint8Array {
    const target = this.#target;
    if (this.#reuse && target.length > this.#scratch.length) this.#scratch = target;
    this.#target = this.#scratch;
    return target.length === this.#length ? target : target.subarray(0, this.#length);
  }

  /** Called when everything that came is used up: lets go of memory beyond `bytes` that serves nobody now. */
  rest(bytes: number): void {
    if (this.#scratch.length <= bytes || this.#target === this.#scratch && this.#got < this.#length + 2) return;
    this.#scratch = NOTHING;
    if (this.#got === this.#length + 2) this.#target = NOTHING;
  }

  #room(needed: number): void {
    const target = this.#target;
    if (needed <= target.length) return;
    const larger = new Uint8Array(Math.min(this.#length, Math.max(needed, target.length * 2)));
    larger.set(target.subarray(0, this.#got));
    this.#target = larger;
  }
}
