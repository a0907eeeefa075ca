/**
 * Bytes for tests: made from text, joined, and cut in every way a socket may cut them.
 *
 * @module
 */
import type { Bytes } from "../../src/resp/reply.ts";

const encoder = new TextEncoder();

/** The text as UTF-8. */
export function utf8(text: string): Bytes {
  return encoder.encode(text);
}

/** The text with one byte per character: a reader's way to write arbitrary bytes as `"\xff\r\n"`. */
export function latin1(text: string): Bytes {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/** Text (as UTF-8) and bytes, joined. */
export function concat(...parts: readonly (string | Uint8Array)[]): Bytes {
  const chunks = parts.map((part) => typeof part === "string" ? utf8(part) : part);
  const whole = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let end = 0;
  for (const chunk of chunks) {
    whole.set(chunk, end);
    end += chunk.length;
  }
  return whole;
}

/** One way in which the same bytes may arrive. */
export interface Cut {
  /** For the message of a failed assertion: `"cut at 7"`. */
  readonly how: string;
  /** The pieces in order, each in memory of its own. */
  readonly chunks: Uint8Array[];
}

/** Every way worth trying: whole, byte by byte, and in two at every place. */
export function* cuts(bytes: string | Uint8Array): Generator<Cut> {
  const whole = concat(bytes);
  yield { how: "whole", chunks: [whole.slice()] };
  yield { how: "byte by byte", chunks: Array.from(whole, (byte) => Uint8Array.of(byte)) };
  for (let at = 1; at < whole.length; at++) {
    yield { how: `cut at ${at}`, chunks: [whole.slice(0, at), whole.slice(at)] };
  }
}

/**
 * Lends the chunk to `use` and spoils it afterwards, as a socket's buffer is reused: what was kept of it instead of
 * copied shows as rubbish.
 */
export function lend<T>(chunk: Uint8Array, use: (chunk: Uint8Array) => T): T {
  const lent = chunk.slice();
  try {
    return use(lent);
  } finally {
    lent.fill(0xaa);
  }
}
