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
  const words = [...spec.name.split(" "), ...args.slice(0, 2).map(wordOf)];
  const reason = REASONS[words[0]!];
  if (reason !== undefined) return new TypeError(`${words[0]}: ${reason}`);
  const silent = words[0] === "CLIENT" && words[1] === "REPLY" && words[2] !== "ON";
  return silent ? new TypeError(`CLIENT REPLY: ${NO_REPLIES}`) : undefined;
}
