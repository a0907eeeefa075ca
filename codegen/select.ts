/**
 * Chooses what a printed module is to have: commands by name or group, and features of the client.
 *
 * @module
 */
import { type Command, type CommandsFile, isEmitted, isStateful } from "./model.ts";
import { camelCase } from "./names.ts";

/** Something that the caller asked for and that does not exist. Its message is for people. */
export class SelectError extends Error {
  override readonly name = "SelectError";
}

/** One of {@link FEATURES}. */
export type Feature = typeof FEATURES[number];

/** What a client can have beside its commands. */
export const FEATURES = [
  ...["pipeline", "transaction", "session", "subscribe", "blocking", "pool"] as const,
  ...["iterate", "streams", "monitor", "call", "options", "cluster"] as const,
] as const;

/** Those of a client of one server: what `all` means. Who has a cluster says so, and only he loads what finds its nodes. */
export const ALONE: readonly Feature[] = FEATURES.filter((feature) => feature !== "cluster");

/** What a feature stands on. */
const NEEDS: Partial<Record<Feature, readonly Feature[]>> = {
  pipeline: ["call"],
  transaction: ["call"],
  session: ["call", "pool"],
  subscribe: ["call"],
  blocking: ["call", "pool"],
  iterate: ["call"],
  streams: ["call", "pool"],
  monitor: ["call", "pool"],
  cluster: ["call"],
};

/** The features with all that they stand on. */
function complete(chosen: readonly Feature[]): Set<Feature> {
  return new Set(chosen.flatMap((feature) => [feature, ...NEEDS[feature] ?? []]));
}

/** The features of a list such as `["pipeline", "session"]`; `["all"]` and `["none"]` are words, too. */
export function chooseFeatures(names: readonly string[]): Set<Feature> {
  const chosen = names.filter((name) => name !== "none" && name !== "all");
  for (const name of chosen) {
    if (FEATURES.includes(name as Feature)) continue;
    throw new SelectError(`there is no feature ${name}; there are ${FEATURES.join(", ")}, all, none`);
  }
  return complete([...names.includes("all") ? ALONE : [], ...chosen as Feature[]]);
}

/** The features that commands cannot do without, beside those that were chosen: nobody could call them. */
export function neededFeatures(file: CommandsFile, chosen: ReadonlySet<Feature>): Set<Feature> {
  const kinds = new Set(commandsOf(file).map(([, facts]) => facts.conn?.split(":")[0]));
  const needed: Feature[] = [];
  if (kinds.has("blocking")) needed.push("blocking");
  // What blocks follows a key that is on its way to another node by a session there.
  if (kinds.has("session") || (kinds.has("blocking") && chosen.has("cluster"))) needed.push("session");
  return complete(needed);
}

/** The commands of a file. */
export function commandsOf(file: CommandsFile): [string, Command][] {
  return Object.entries(file).filter(([name]) => !name.startsWith("$")) as [string, Command][];
}

/** The file with some of its commands. */
export function withCommands(file: CommandsFile, commands: readonly [string, Command][]): CommandsFile {
  const kept: CommandsFile = { $schema: 1, ...(file.$types === undefined ? {} : { $types: file.$types }) };
  for (const [name, facts] of commands) kept[name] = facts;
  return kept;
}

/**
 * The file with the commands that were asked for: `get`, `config get`, `configGet`, `ft.search`, `@hash` for a group.
 * Two are for better messages: `known` is what there is beyond the file, commands that a certain server has not; `left` are
 * those that it has and that have no method, and why.
 */
export function chooseCommands(
  file: CommandsFile,
  only: readonly string[],
  known: CommandsFile = file,
  left: ReadonlyMap<string, string> = new Map(),
): CommandsFile {
  const commands = commandsOf(file).filter(([, facts]) => isEmitted(facts));
  const chosen = new Set<string>();
  for (const item of only) {
    const found = item.startsWith("@")
      ? commands.filter(([, facts]) => facts.group.toLowerCase() === item.slice(1).toLowerCase())
      : commands.filter(([name]) => key(name) === key(item));
    if (found.length === 0) throw new SelectError(unknown(item, file, known, left));
    for (const [name] of found) chosen.add(name);
  }
  return withCommands(file, commands.filter(([name]) => chosen.has(name)));
}

/**
 * The chosen commands that only sessions have, and that only a group brought: nobody asked for sessions. Of a group that
 * has nothing else somebody did, and where there are sessions in any case, these may have them all.
 */
export function boundToSessions(chosen: CommandsFile, only: readonly string[]): string[] {
  const commands = commandsOf(chosen);
  const named = new Set(only.filter((item) => !item.startsWith("@")).map(key));
  const shared = new Set(commands.filter(([, facts]) => !isStateful(facts)).map(([, { group }]) => group));
  const stateful = commands.filter(([, facts]) => isStateful(facts));
  const bound = stateful.filter(([name, { group }]) => shared.has(group) && !named.has(key(name)));
  return bound.length < stateful.length ? [] : bound.map(([name]) => name);
}

/** `CONFIG GET`, `config|get` and `configGet` are the same. */
function key(name: string): string {
  return camelCase(name).toLowerCase();
}

const INSTEAD: Record<string, string> = {
  pubsub: "is no method; subscriptions come with --with subscribe",
  tx: "is no method; transactions come with --with transaction",
  dedicated: "takes its connection for good and is no method",
  internal: "has no method: send it with call()",
};

function unknown(
  item: string,
  file: CommandsFile,
  known: CommandsFile,
  left: ReadonlyMap<string, string>,
): string {
  if (item.startsWith("@")) {
    const groups = new Set(commandsOf(file).filter(([, facts]) => isEmitted(facts)).map(([, facts]) => facts.group));
    return `there is no group ${item}; there are ${[...groups].sort().map((group) => `@${group}`).join(", ")}`;
  }
  const parts = commandsOf(file).filter(([name, facts]) => isEmitted(facts) && /^\S+ /.test(name))
    .filter(([name]) => key(name.split(" ")[0]) === key(item)).map(([name]) => name.toLowerCase());
  if (parts.length > 0) return `${item} alone is no command; there are ${parts.join(", ")}`;
  const [call] = [...left].filter(([name]) => key(name) === key(item));
  if (call !== undefined) return `${call[0]} has no method (${call[1]}): send it with call()`;
  const [there] = commandsOf(file).filter(([name]) => key(name) === key(item));
  if (there !== undefined) {
    const [name, { conn }] = there;
    return `${name} ${INSTEAD[conn ?? "internal"] ?? INSTEAD.internal}`;
  }
  const [elsewhere] = commandsOf(known).filter(([name]) => key(name) === key(item));
  if (elsewhere !== undefined) return `the server has no ${elsewhere[0]}`;
  const near = nearest(item, commandsOf(file).filter(([, facts]) => isEmitted(facts)).map(([name]) => name));
  return `there is no command ${item}${near.length === 0 ? "" : `; is it ${near.join(" or ")}?`}`;
}

/** Up to three names that are nearest, a letter or two away. */
function nearest(item: string, names: readonly string[]): string[] {
  const wanted = key(item);
  const limit = wanted.length < 4 ? 1 : 2;
  const rated = names.map((name) => ({ name, far: distance(wanted, key(name)) })).filter(({ far }) => far <= limit);
  const least = Math.min(...rated.map(({ far }) => far));
  return rated.filter(({ far }) => far === least).map(({ name }) => name.toLowerCase()).sort().slice(0, 3);
}

/** How many letters must be put in, taken out, changed, or swapped with the next. */
function distance(one: string, other: string): number {
  const rows = [Array.from({ length: other.length + 1 }, (_, at) => at)];
  for (let i = 1; i <= one.length; i++) {
    const row = [i];
    for (let j = 1; j <= other.length; j++) {
      const same = one[i - 1] === other[j - 1];
      row[j] = Math.min(row[j - 1] + 1, rows[i - 1][j] + 1, rows[i - 1][j - 1] + (same ? 0 : 1));
      const swapped = i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1];
      if (swapped) row[j] = Math.min(row[j], rows[i - 2][j - 2] + 1);
    }
    rows.push(row);
  }
  return rows[one.length][other.length];
}
