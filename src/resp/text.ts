/**
 * Strings out of bytes, which is what most of the time of a large reply goes into.
 *
 * @module
 */

/** Malformed UTF-8 becomes U+FFFD; a byte order mark is data like any other. */
const utf8 = new TextDecoder("utf-8", { fatal: false, ignoreBOM: true });

/** Up to this many bytes, characters one by one beat a call of the text decoder. */
const SHORT = 24;

const fromCharCode = String.fromCharCode;

/** The string of the bytes `from` … `to`. */
export function textOf(bytes: Uint8Array, from: number, to: number): string {
  if (to - from > SHORT) return utf8.decode(bytes.subarray(from, to));
  let text = "";
  let at = from;
  for (; at + 4 <= to; at += 4) {
    const a = bytes[at], b = bytes[at + 1], c = bytes[at + 2], d = bytes[at + 3];
    if ((a | b | c | d) > 127) return utf8.decode(bytes.subarray(from, to));
    text += fromCharCode(a, b, c, d);
  }
  for (; at < to; at++) {
    const a = bytes[at];
    if (a > 127) return utf8.decode(bytes.subarray(from, to));
    text += fromCharCode(a);
  }
  return text;
}

/** Arrays of bytes one after the other, `length` bytes together. */
export function joinBytes(parts: readonly Uint8Array[], length: number): Uint8Array {
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** How many bytes are decoded at once. Also the most that one string can keep alive besides itself. */
const WINDOW = 8 * 1024;
/** A longer string is decoded alone: it would waste most of a window. */
const LONGEST = 1024;
/** How many strings are decoded alone after a window that was not plain. */
const PENALTY = 64;

/**
 * Strings of neighbouring values: a stretch of the chunk is decoded once and the strings are cut from it, several times
 * cheaper than decoding each. That is right if the stretch has as many UTF-16 units as bytes, because then each byte is
 * one unit (ASCII, mostly); otherwise the values are decoded one by one for a while.
 */
export class TextWindow {
  #text = "";
  #from = 0;
  #to = 0;
  #skip = 0;

  /** Forgets the stretch: the bytes under it are about to change. */
  clear(): void {
    this.#text = "";
    this.#from = this.#to = 0;
  }

  /** The string of the bytes `from` … `to` of a chunk that is valid up to `end`. */
  cut(bytes: Uint8Array, from: number, to: number, end: number): string {
    if (from >= this.#from && to <= this.#to) return this.#text.substring(from - this.#from, to - this.#from);
    return this.#open(bytes, from, to, end);
  }

  #open(bytes: Uint8Array, from: number, to: number, end: number): string {
    const length = to - from;
    if (length > LONGEST) return textOf(bytes, from, to);
    if (this.#skip > 0) {
      this.#skip--;
      return textOf(bytes, from, to);
    }
    const bound = Math.min(end, from + WINDOW);
    if (bound - to < length) return textOf(bytes, from, to);
    const text = utf8.decode(bytes.subarray(from, bound));
    if (text.length !== bound - from) {
      this.#skip = PENALTY;
      return textOf(bytes, from, to);
    }
    this.#text = text;
    this.#from = from;
    this.#to = bound;
    return text.substring(0, length);
  }
}
