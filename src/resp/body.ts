/**
 * A string whose bytes come in more than one chunk.
 *
 * @module
 */
import { boundary, textOf } from "./text.ts";

/** Lengths up to this are believed at once; beyond, memory follows what really comes. */
const BELIEVED = 16 * 1024 * 1024;
/** A long text is decoded in pieces of this many bytes: each while the next is on its way, and cheap to allocate. */
const PIECE = 64 * 1024;
/** Less than this is not worth a piece of its own: it is gathered first. */
const SCRAP = 16 * 1024;

const NOTHING = new Uint8Array(0);

/** Takes the bytes of one string, and of the line end after it, as they come. */
export class Body {
  #length = 0;
  /** How much has come, the line end included. */
  #got = 0;
  #asText = false;
  /** For bytes: where they gather. May be shorter than the string while little of it has come. */
  #target: Uint8Array = NOTHING;
  /** For text: what is decoded, and the bytes that are not yet. Their memory serves again. */
  #text = "";
  #scratch: Uint8Array = NOTHING;
  #held = 0;

  /** Starts a string of `length` bytes that is to become a text, or bytes. */
  start(length: number, asText: boolean): void {
    this.#length = length;
    this.#got = 0;
    this.#asText = asText;
    if (!asText) {
      this.#target = new Uint8Array(Math.min(length, BELIEVED));
      return;
    }
    const room = Math.min(length, PIECE);
    if (this.#scratch.length < room) this.#scratch = new Uint8Array(Math.max(room, Math.min(PIECE, room * 2)));
  }

  /**
   * Takes what belongs to the string from `chunk`, from `from` on.
   *
   * @returns the place after it if the string is complete; -1 if the chunk is used up; -2 - p if the byte at p is not
   * that of a line end.
   */
  fill(chunk: Uint8Array, from: number, end: number): number {
    const length = this.#length;
    if (this.#got < length) {
      const stop = Math.min(end, from + length - this.#got);
      this.#got += stop - from;
      if (this.#asText) this.#takeText(chunk, from, stop);
      else this.#takeBytes(chunk, from, stop);
      from = stop;
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

  /** The string, of the kind that it was started as. Bytes are the caller's. */
  finish(): string | Uint8Array {
    if (!this.#asText) {
      const target = this.#target;
      this.#target = NOTHING;
      return target;
    }
    const text = this.#text + textOf(this.#scratch, 0, this.#held);
    this.#text = "";
    this.#held = 0;
    return text;
  }

  /** No string is coming: lets memory beyond `bytes` go. */
  rest(bytes: number): void {
    if (this.#scratch.length > bytes) this.#scratch = NOTHING;
  }

  #takeBytes(chunk: Uint8Array, from: number, stop: number): void {
    const before = this.#got - (stop - from);
    if (this.#got > this.#target.length) {
      const larger = new Uint8Array(Math.min(this.#length, Math.max(this.#got, this.#target.length * 2)));
      larger.set(this.#target.subarray(0, before));
      this.#target = larger;
    }
    this.#target.set(chunk.subarray(from, stop), before);
  }

  #takeText(chunk: Uint8Array, from: number, stop: number): void {
    const scratch = this.#scratch;
    while (from < stop) {
      if (this.#held === 0 && stop - from >= SCRAP && this.#length > PIECE) {
        const cut = boundary(chunk, from, Math.min(stop, from + PIECE));
        this.#text += textOf(chunk, from, cut);
        from = cut;
        if (stop - from >= SCRAP) continue;
      }
      const count = Math.min(stop - from, scratch.length - this.#held);
      scratch.set(chunk.subarray(from, from + count), this.#held);
      this.#held += count;
      from += count;
      if (this.#held < scratch.length || this.#length <= PIECE) continue;
      const cut = boundary(scratch, 0, this.#held);
      this.#text += textOf(scratch, 0, cut);
      scratch.copyWithin(0, cut, this.#held);
      this.#held -= cut;
    }
  }
}
