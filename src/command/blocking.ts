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

/** Where the time to wait stands: its place among the arguments (-1: the last), and milliseconds per unit. */
const TIMES: Record<string, readonly [place: number, unit: number]> = {
  BLPOP: [-1, 1000],
  BRPOP: [-1, 1000],
  BLMOVE: [-1, 1000],
  BLMOVEM: [4, 1000],
  BRPOPLPUSH: [-1, 1000],
  BLMPOP: [0, 1000],
  BZPOPMIN: [-1, 1000],
  BZPOPMAX: [-1, 1000],
  BZMPOP: [0, 1000],
  WAIT: [-1, 1],
  WAITAOF: [-1, 1],
};

/** How long the server is asked to wait, in milliseconds; `Infinity` if for ever. */
export function waitingTime(spec: CommandSpec, args: readonly Arg[]): number {
  if ((spec.flags & BLOCKING_OPTION) !== 0) return numberOf(args[blockOption(spec, args) + 1]);
  const time = TIMES[spec.name];
  if (time === undefined) return Infinity;
  const [place, unit] = time;
  return numberOf(args.at(place)) * unit;
}

/** What is no time is refused at once; 0 is for ever. */
function numberOf(arg: Arg | undefined): number {
  const number = arg === undefined ? 0 : Number(wordOf(arg));
  return number > 0 ? number : Infinity;
}
