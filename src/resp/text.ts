/**
 * Strings out of bytes, which is what most of the time of a large reply goes into.
 *
 * @module
 */
import type { Native } from "./native.ts";
import type { Bytes } from "./reply.ts";

/** Malformed UTF-8 becomes U+FFFD; a byte order mark is data like any other. */
export const utf8: TextDecoder = new TextDecoder("utf-8", { fatal: false, ignoreBOM: true });

/** Up to this many bytes, `String.fromCharCode` beats a call of the text decoder, if it gets many at a time. */
const SHORT = 16;

const char = String.fromCharCode;

/** The string of the bytes `from` … `to`. */
export function textOf(bytes: Uint8Array, from: number, to: number): string {
  const length = to - from;
  if (length > SHORT) return utf8.decode(bytes.subarray(from, to));
  let all = 0;
  for (let at = from; at < to; at++) all |= bytes[at];
  if (all > 127) return utf8.decode(bytes.subarray(from, to));
  return length <= 8 ? fewChars(bytes, from, length) : fewChars(bytes, from, 8) + fewChars(bytes, from + 8, length - 8);
}

/** Up to eight ASCII characters in one call. */
function fewChars(b: Uint8Array, i: number, length: number): string {
  switch (length) {
    case 0:
      return "";
    case 1:
      return char(b[i]);
    case 2:
      return char(b[i], b[i + 1]);
    case 3:
      return char(b[i], b[i + 1], b[i + 2]);
    case 4:
      return char(b[i], b[i + 1], b[i + 2], b[i + 3]);
    case 5:
      return char(b[i], b[i + 1], b[i + 2], b[i + 3], b[i + 4]);
    case 6:
      return char(b[i], b[i + 1], b[i + 2], b[i + 3], b[i + 4], b[i + 5]);
    case 7:
      return char(b[i], b[i + 1], b[i + 2], b[i + 3], b[i + 4], b[i + 5], b[i + 6]);
    default:
      return char(b[i], b[i + 1], b[i + 2], b[i + 3], b[i + 4], b[i + 5], b[i + 6], b[i + 7]);
  }
}

/** Arrays of bytes one after the other, `length` bytes together. */
export function joinBytes(parts: readonly Uint8Array[], length: number): Bytes {
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** The string of the bytes `from` … `to`, which is likely to be `last`. */
export function sameText(bytes: Uint8Array, from: number, to: number, last: string): string {
  if (to - from !== last.length) return textOf(bytes, from, to);
  for (let i = 0; i < last.length; i++) {
    const byte = bytes[from + i];
    if (byte > 127 || byte !== last.charCodeAt(i)) return textOf(bytes, from, to);
  }
  return last;
}

/** The bytes `from` … `to`, in memory of their own. */
export function copyOf(bytes: Uint8Array, from: number, to: number): Bytes {
  return bytes.slice(from, to);
}

/** The last place up to `to` where UTF-8 may be cut without changing what it decodes to: before a character begins. */
export function boundary(bytes: Uint8Array, from: number, to: number): number {
  for (let at = to - 1; at >= to - 3 && at > from; at--) {
    if (bytes[at] >= 0xc0) return at;
    if (bytes[at] < 0x80) return to;
  }
  return to;
}

/** How many UTF-16 units the valid UTF-8 from `from` to `to` has. */
function unitsOf(bytes: Uint8Array, from: number, to: number): number {
  let units = 0;
  for (let at = from; at < to; at++) {
    const byte = bytes[at];
    // Every byte but those that go on a character counts; four bytes make a surrogate pair.
    if ((byte & 0xc0) !== 0x80) units += byte < 0xf0 ? 1 : 2;
  }
  return units;
}

/** From this many bytes on, what the runtime has for text is worth its dearer call. */
const LONG = 4096;

/** How many strings are decoded alone after a stretch that was not UTF-8. */
const PENALTY = 64;

/**
 * Strings of neighbouring values: a stretch of the chunk is decoded once and the strings are cut from it, several times
 * cheaper than decoding each. If the stretch has as many UTF-16 units as bytes, each byte is one unit (ASCII, mostly);
 * else units are counted along, which is right as long as all of it is valid UTF-8. Stretches that are not are left, and
 * the values are decoded one by one for a while.
 *
 * A string may keep its stretch alive: how long stretches are bounds what one kept value can hold on to.
 */
export class TextWindow {
  #text = "";
  #from = 0;
  #to = 0;
  /** Where counting units has come to, in bytes and in units; bytes are -1 where there is no need to count. */
  #byte = -1;
  #unit = 0;
  #skip = 0;
  /** How long strings are made here. */
  text: Native["text"] = (bytes) => utf8.decode(bytes);

  /** Forgets the stretch: the bytes under it are about to change. */
  clear(): void {
    this.#text = "";
    this.#from = this.#to = 0;
  }

  /**
   * The string of the bytes `from` … `to` of a chunk that is valid up to `end`; a new stretch has `size` bytes. Calls go
   * forward through the chunk.
   */
  cut(bytes: Uint8Array, from: number, to: number, end: number, size: number): string {
    if (to > this.#to) return this.#open(bytes, from, to, end, size);
    if (this.#byte < 0) return this.#text.substring(from - this.#from, to - this.#from);
    return this.#count(bytes, from, to);
  }

  /** The string of the bytes `from` … `to` alone. */
  alone(bytes: Uint8Array, from: number, to: number): string {
    return to - from < LONG ? textOf(bytes, from, to) : this.text(bytes.subarray(from, to));
  }

  #count(bytes: Uint8Array, from: number, to: number): string {
    const start = this.#unit + unitsOf(bytes, this.#byte, from);
    this.#unit = start + unitsOf(bytes, from, to);
    this.#byte = to;
    return this.#text.substring(start, this.#unit);
  }

  #open(bytes: Uint8Array, from: number, to: number, end: number, size: number): string {
    // A stretch must serve several strings to be worth it.
    if ((to - from) * 4 > Math.min(end - from, size)) return this.alone(bytes, from, to);
    if (this.#skip > 0) {
      this.#skip--;
      return textOf(bytes, from, to);
    }
    const bound = boundary(bytes, to, Math.min(end, from + size));
    const text = utf8.decode(bytes.subarray(from, bound));
    this.#byte = -1;
    if (text.length !== bound - from) {
      if (text.includes("\ufffd")) {
        this.#skip = PENALTY;
        return textOf(bytes, from, to);
      }
      this.#byte = from;
      this.#unit = 0;
    }
    this.#text = text;
    this.#from = from;
    this.#to = bound;
    return this.cut(bytes, from, to, end, size);
  }
}
