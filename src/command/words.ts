/**
 * Arguments that are words of a command's grammar.
 *
 * @module
 */
import type { Arg } from "../resp/arg.ts";

/** An argument as a word: it may be given as bytes, and in any case. */
export function wordOf(arg: Arg): string {
  if (!ArrayBuffer.isView(arg)) return String(arg).toUpperCase();
  return new TextDecoder().decode(new Uint8Array(arg.buffer, arg.byteOffset, arg.byteLength)).toUpperCase();
}
