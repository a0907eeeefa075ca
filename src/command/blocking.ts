/**
 * Which calls hold their connection.
 *
 * @module
 */
import { type Arg, BLOCKING, BLOCKING_OPTION, type CommandSpec } from "./spec.ts";

/** Whether this call may hold its connection. */
export function isBlocking(spec: CommandSpec, args: readonly Arg[]): boolean {
  if ((spec.flags & BLOCKING) !== 0) return true;
  return (spec.flags & BLOCKING_OPTION) !== 0 && blockOption(args) >= 0;
}

/** Where the BLOCK option of XREAD and its like stands, if it does; a stream may be called BLOCK, too. */
export function blockOption(args: readonly Arg[]): number {
  const streams = args.findIndex((arg) => String(arg).toUpperCase() === "STREAMS");
  return args.findIndex((arg, i) => String(arg).toUpperCase() === "BLOCK" && (streams < 0 || i < streams));
}
