/**
 * A string whose bytes come in more than one chunk.
 *
 * @module
 */
import { type Native, WEB } from "./native.ts";
import type { Bytes } from "./reply.ts";
import { boundary } from "./text.ts";

/** Lengths up to this are believed at once; beyond, memory follows what really comes. */
const BELIEVED = 16 * 1024 * 1024;

/** So many bytes are worth a read of their own. */
const MUCH = 16 * 1024;

const NOTHING = new Uint8Array(0);

/**
 * Where the text of one body at a time gathers, kept for the next one whoever that is: memory that has just been used is
 * several times as fast as fresh pages. The process keeps one such piece, however many connections there are.
 */
let spare: Uint8Array = NOTHING;

function takeSpare(room: number): Uint8Array {
  const taken = spare;
  spare = NOTHING;
  return taken.length >= room ? taken : new Uint8Array(room);
}

/** Takes the bytes of one string, and of the line end after it, as they come. */
export class Body {
  #length = 0;
  /** How much has come, the line end included. */
  #got = 0;
  #asText = false;
  /** For bytes: where they gather. May be shorter than the string while little of it has come. */
  #target: Bytes = NOTHING;
  /** For text: what is decoded, and the bytes that are not yet. */
  #text = "";
  /** It is longer than a string can be: what else comes of it is passed over. */
  #tooLong = false;
  #scratch: Uint8Array = NOTHING;
  #held = 0;
  /** How strings are made here. */
  native: Native = WEB;

  /** Starts a string of `length` bytes that is to become a text, or bytes. */
  start(length: number, asText: boolean): void {
    this.#length = length;
    this.#got = 0;
    this.#asText = asText;
    this.#tooLong = false;
    if (asText) this.#scratch = takeSpare(Math.min(length, this.native.piece));
    else this.#target = this.native.bytes(Math.min(length, BELIEVED));
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

  /** Where the next bytes of the string belong, if its bytes are kept as they come and many are missing. */
  room(): Uint8Array | undefined {
    const target = this.#target;
    return target.length - this.#got < MUCH ? undefined : target.subarray(this.#got);
  }

  /** The string, of the kind that it was started as; `undefined` if it is too long for a text. Bytes are the caller's. */
  finish(): string | Bytes | undefined {
    if (!this.#asText) {
      const target = this.#target;
      this.#target = NOTHING;
      return target;
    }
    if (this.#held > 0) this.#append(this.#scratch, 0, this.#held);
    const text = this.#tooLong ? undefined : this.#text;
    if (this.#scratch.length > spare.length) spare = this.#scratch;
    this.#scratch = NOTHING;
    this.#text = "";
    this.#held = 0;
    return text;
  }

  #takeBytes(chunk: Uint8Array, from: number, stop: number): void {
    const before = this.#got - (stop - from);
    if (this.#got > this.#target.length) {
      const larger = this.native.bytes(Math.min(this.#length, Math.max(this.#got, this.#target.length * 2)));
      larger.set(this.#target.subarray(0, before));
      this.#target = larger;
    }
    // What was read into the room we gave is where it belongs.
    if (chunk.buffer !== this.#target.buffer) this.#target.set(chunk.subarray(from, stop), before);
  }

  #append(bytes: Uint8Array, from: number, to: number): void {
    if (this.#tooLong) return;
    const text = this.native.text(bytes.subarray(from, to));
    try {
      this.#text += text;
    } catch {
      this.#tooLong = true;
      this.#text = "";
    }
  }

  #takeText(chunk: Uint8Array, from: number, stop: number): void {
    const { piece } = this.native;
    const scratch = this.#scratch;
    while (from < stop) {
      // Of a text of several pieces, what is not too small for one is decoded where it is.
      if (this.#held === 0 && this.#length > piece && stop - from >= piece / 4) {
        const cut = boundary(chunk, from, Math.min(stop, from + piece));
        this.#append(chunk, from, cut);
        from = cut;
        continue;
      }
      const count = Math.min(stop - from, piece - this.#held);
      scratch.set(chunk.subarray(from, from + count), this.#held);
      this.#held += count;
      from += count;
      if (this.#held < piece || this.#length <= piece) continue;
      const cut = boundary(scratch, 0, piece);
      this.#append(scratch, 0, cut);
      scratch.copyWithin(0, cut, piece);
      this.#held -= cut;
    }
  }
}
