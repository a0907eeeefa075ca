/**
 * Commands that no connection of a client can carry: what comes after them answers nothing, or nothing comes at all.
 *
 * @module
 */
import { type Arg, BLOCKING, type CommandSpec, PUBSUB } from "../command/spec.ts";
import { wordOf } from "../command/words.ts";

const REPLICA = "the server would send its stream of changes, which this client does not read";

const REASONS: Readonly<Record<string, string>> = {
  MONITOR: "commands are watched with redis.monitor()",
  SYNC: REPLICA,
  PSYNC: REPLICA,
  REPLCONF: "only a replica says it, and not all of it is answered",
};

const NO_REPLIES = "without replies nobody can tell what became of a command; " +
  "where they are of no interest, pipeline({ replies: false }) does not keep them";

/** Why this command is one of sessions. */
export function whyApart({ name, flags }: CommandSpec): string {
  // WAIT and WAITAOF: what others have written on a shared connection is not the caller's.
  const waits = (flags & BLOCKING) !== 0;
  return `${name} ${waits ? "waits for what its own connection has written" : "changes the state of its connection"}`;
}

/** Why this command is refused on any connection, or `undefined`. */
export function refusal(spec: CommandSpec, args: readonly Arg[]): TypeError | undefined {
  if ((spec.flags & PUBSUB) !== 0) return new TypeError(`${spec.name}: subscriptions are made with redis.subscribe()`);
  const [first, ...others] = spec.name.split(" ");
  const reason = REASONS[first!];
  if (reason !== undefined) return new TypeError(`${first}: ${reason}`);
  // Of no other command anything is looked at that may be a value, of any size.
  if (first !== "CLIENT") return undefined;
  const [second, third] = [...others, ...args.slice(0, 2).map(wordOf)];
  return second === "REPLY" && third !== "ON" ? new TypeError(`CLIENT REPLY: ${NO_REPLIES}`) : undefined;
}
