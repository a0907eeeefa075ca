/**
 * Arguments that are words of a command's grammar.
 *
 * @module
 */
import type { Arg } from "../resp/arg.ts";
import { nameText } from "./name.ts";

/** An argument as a word: it may be given as bytes, and in any case. */
export function wordOf(arg: Arg): string {
  return nameText(arg).toUpperCase();
}
