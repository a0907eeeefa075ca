/**
 * Commands that must not go over a shared connection, by name: what `call` needs, for it has no spec to look at.
 *
 * @module
 */
import { BLOCKING, BLOCKING_OPTION, PUBSUB, SESSION } from "../command/spec.ts";

const NAMES: readonly (readonly [flags: number, names: string])[] = [
  [BLOCKING, "BLPOP BRPOP BLMOVE BLMOVEM BRPOPLPUSH BLMPOP BZPOPMIN BZPOPMAX BZMPOP WAIT WAITAOF"],
  [BLOCKING_OPTION, "XREAD XREADGROUP TS.READ"],
  [
    SESSION,
    "MULTI EXEC DISCARD WATCH UNWATCH HELLO AUTH SELECT RESET QUIT MONITOR SYNC PSYNC ASKING READONLY READWRITE",
  ],
  [PUBSUB, "SUBSCRIBE PSUBSCRIBE SSUBSCRIBE UNSUBSCRIBE PUNSUBSCRIBE SUNSUBSCRIBE"],
];

const CLIENT = "REPLY TRACKING CACHING SETNAME SETINFO NO-EVICT NO-TOUCH CAPA IMPORT-SOURCE";

/** Flags by command name. */
export const UNUSUAL: ReadonlyMap<string, number> = new Map([
  ...NAMES.flatMap(([flags, names]) => names.split(" ").map((name): [string, number] => [name, flags])),
  ...CLIENT.split(" ").map((word): [string, number] => [`CLIENT ${word}`, SESSION]),
]);
