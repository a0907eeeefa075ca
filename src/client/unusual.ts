/**
 * Commands that must not go over a shared connection, by name: what `call` needs, for it has no spec to look at.
 *
 * @module
 */
import { type Arg, BLOCKING, BLOCKING_OPTION, CommandSpec, PUBSUB, SESSION } from "../command/spec.ts";

const NAMES: readonly (readonly [flags: number, names: string])[] = [
  [
    BLOCKING,
    "BLPOP BRPOP BLMOVE BLMOVEM BRPOPLPUSH BLMPOP BZPOPMIN BZPOPMAX BZMPOP WAIT WAITAOF",
  ],
  [BLOCKING_OPTION, "XREAD XREADGROUP TS.READ"],
  [
    SESSION,
    "MULTI EXEC DISCARD WATCH UNWATCH HELLO AUTH SELECT RESET QUIT MONITOR SYNC PSYNC ASKING READONLY READWRITE",
  ],
  [
    PUBSUB,
    "SUBSCRIBE PSUBSCRIBE SSUBSCRIBE UNSUBSCRIBE PUNSUBSCRIBE SUNSUBSCRIBE",
  ],
];

const CLIENT = "REPLY TRACKING CACHING SETNAME SETINFO NO-EVICT NO-TOUCH CAPA IMPORT-SOURCE";

/** Flags by command name. */
export const UNUSUAL: ReadonlyMap<string, number> = new Map([
  ...NAMES.flatMap(([flags, names]) => names.split(" ").map((name): [string, number] => [name, flags])),
  ...CLIENT.split(" ").map((
    word,
  ): [string, number] => [`CLIENT ${word}`, SESSION]),
]);

/** A spec made on the spot for a command that is named at run time. */
export function namedSpec(name: string, args: readonly Arg[]): CommandSpec {
  const upper = name.trim().toUpperCase();
  if (!/^\S+( \S+)?$/.test(upper)) {
    throw new TypeError(
      "A command's name is one or two words; arguments are given apart from it",
    );
  }
  const flags = UNUSUAL.get(upper) ??
    UNUSUAL.get(`${upper} ${String(args[0]).toUpperCase()}`) ?? 0;
  return new CommandSpec(upper, flags);
}
