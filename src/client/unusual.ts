/**
 * Commands that must not go over a shared connection, by name: what `call` needs, for it has no spec to look at.
 *
 * @module
 */
import { type Arg, BLOCKING, BLOCKING_OPTION, CommandSpec, PUBSUB, SESSION } from "../command/spec.ts";
import { wordOf } from "../command/words.ts";
import type { Reply } from "../resp/reply.ts";

const NAMES: readonly (readonly [flags: number, names: string])[] = [
  [
    BLOCKING,
    "BLPOP BRPOP BLMOVE BLMOVEM BRPOPLPUSH BLMPOP BZPOPMIN BZPOPMAX BZMPOP",
  ],
  // They wait for what was written before on the same connection.
  [BLOCKING | SESSION, "WAIT WAITAOF"],
  [BLOCKING_OPTION, "XREAD XREADGROUP TS.READ"],
  [
    SESSION,
    "MULTI EXEC DISCARD WATCH UNWATCH HELLO AUTH SELECT RESET QUIT MONITOR SYNC PSYNC REPLCONF ASKING READONLY READWRITE",
  ],
  [
    PUBSUB,
    "SUBSCRIBE PSUBSCRIBE SSUBSCRIBE UNSUBSCRIBE PUNSUBSCRIBE SUNSUBSCRIBE",
  ],
];

const WORDS: Readonly<Record<string, string>> = {
  CLIENT: "REPLY TRACKING CACHING SETNAME SETINFO NO-EVICT NO-TOUCH CAPA IMPORT-SOURCE",
  HIMPORT: "PREPARE SET DISCARD DISCARDALL",
  SCRIPT: "DEBUG",
};

/** Flags by command name. */
export const UNUSUAL: ReadonlyMap<string, number> = new Map([
  ...NAMES.flatMap(([flags, names]) => names.split(" ").map((name): [string, number] => [name, flags])),
  ...Object.entries(WORDS).flatMap(([first, words]) =>
    words.split(" ").map((word): [string, number] => [`${first} ${word}`, SESSION])
  ),
]);

/** A spec made on the spot for a command that is named at run time, and what is sent behind its name. */
export function named(name: string, args: Arg[]): [spec: CommandSpec, args: Arg[]] {
  const upper = name.trim().toUpperCase();
  const [, first, second] = /^(\S+)(?: (\S+))?$/.exec(name.trim()) ?? [];
  const container = first?.toUpperCase() ?? "";
  // None of these has a second word: with an argument as such they would pass for what nobody has described.
  if (first === undefined || (second !== undefined && UNUSUAL.has(container))) {
    throw new TypeError(
      "A command's name is one or two words; arguments are given apart from it",
    );
  }
  // Elsewhere it is a value, of any size.
  const isWord = args.length > 0 && Object.hasOwn(WORDS, upper);
  const flags = UNUSUAL.get(upper) ?? (isWord ? UNUSUAL.get(`${upper} ${wordOf(args[0]!)}`) : undefined);
  // Whether the second word is one of the command, or an argument after all, only the server knows: it is sent as it is,
  // and nobody is told of it.
  if (second !== undefined && flags === undefined) return [new CommandSpec(container), [second, ...args]];
  return [new CommandSpec(upper, flags), args];
}

/** Sends a command that is named at run time. What is wrong with the name is told as a refusal is: by the promise. */
export function sendNamed(
  name: string,
  args: Arg[],
  send: (spec: CommandSpec, args: Arg[]) => Promise<Reply>,
): Promise<Reply> {
  let spec: CommandSpec;
  try {
    [spec, args] = named(name, args);
  } catch (error) {
    return Promise.reject(error);
  }
  return send(spec, args);
}
