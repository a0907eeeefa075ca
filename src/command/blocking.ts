/**
 * Which calls hold their connection.
 *
 * @module
 */
import { type Arg, BLOCKING, BLOCKING_OPTION, type CommandSpec } from "./spec.ts";
import { wordOf } from "./words.ts";

/** Whether this call may hold its connection. */
export function isBlocking(spec: CommandSpec, args: readonly Arg[]): boolean {
  if ((spec.flags & BLOCKING) !== 0) return true;
  return (spec.flags & BLOCKING_OPTION) !== 0 && blockOption(spec, args) >= 0;
}

/**
 * Where the BLOCK option of XREAD and its like stands; -1 if it does not. Groups, consumers, streams and series may be
 * called like an option.
 */
export function blockOption({ name }: CommandSpec, args: readonly Arg[]): number {
  for (let i = name === "TS.READ" ? 2 : 0; i < args.length; i++) {
    const word = wordOf(args[i]!);
    if (word === "BLOCK") return i;
    if (word === "STREAMS") return -1;
    if (word === "GROUP") i += 2;
  }
  return -1;
}
