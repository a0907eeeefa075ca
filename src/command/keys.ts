/**
 * Which of a command's arguments are keys.
 *
 * @module
 */
import type { Arg } from "../resp/arg.ts";
import type { CommandSpec } from "./spec.ts";

/** The keys among the arguments (the name not counted), as they were given; `undefined` where the rule does not tell. */
export function keysOf(spec: CommandSpec, args: readonly Arg[]): Arg[] | undefined {
  const rule = spec.keys;
  if (rule === "none") return [];
  if (rule === "unknown") return undefined;
  if (rule === "streams") {
    const streams = args.findIndex((arg) => typeof arg === "string" && arg.toUpperCase() === "STREAMS");
    if (streams < 0) return undefined;
    return args.slice(streams + 1, streams + 1 + (args.length - streams - 1) / 2);
  }
  if (rule[0] === "numkeys") {
    const count = Number(args[rule[1] - 1]);
    return Number.isInteger(count) ? args.slice(rule[1], rule[1] + count) : undefined;
  }
  const [first, last, step] = rule;
  const end = last < 0 ? args.length + last : last - 1;
  const keys: Arg[] = [];
  for (let i = first - 1; i <= end && i < args.length; i += step) keys.push(args[i]!);
  return keys;
}
