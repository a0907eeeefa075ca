/**
 * Asks a running server what it knows: `COMMAND`, `COMMAND INFO`, `COMMAND DOCS`, `MODULE LIST` and `INFO server`.
 *
 * Takes any function that sends a command, and replies of either protocol: maps may be flat arrays, `Map`s or objects.
 *
 * @module
 */
import { readBytes, readDecimals } from "../versions.ts";
import {
  type Json,
  readArgument,
  readFlags,
  readKeys,
  readText,
  readTips,
  type Source,
  type SourceCommand,
} from "./source.ts";

/** Sends a command, its name's words apart by a space, and gives the reply as it came. */
export type Ask = (name: string, ...args: string[]) => Promise<unknown>;

/** A source that is a running server. */
export interface LiveSource extends Source {
  /** What the server calls itself: `redis`, `valkey`, or another server's name in lower case. */
  readonly server: string;
  /** Its own version: of Valkey, Valkey's. */
  readonly version: string;
  /** The modules it has loaded, by name, with their versions. */
  readonly modules: ReadonlyMap<string, string>;
  /** What it describes and does not obey, as it was given another name (`rename-command`). */
  readonly renamed: ReadonlyMap<string, SourceCommand>;
}

/**
 * Reads everything that a server says about its commands.
 *
 * @param place Where it is, for errors.
 * @throws {Error} if it has no COMMAND DOCS (Redis before 7.0 and some relatives): the message names server and version.
 */
export async function readLive(place: string, ask: Ask): Promise<LiveSource> {
  const about = await readServer(ask);
  const [told, docs, modules] = await Promise.all([
    ask("COMMAND"),
    ask("COMMAND DOCS").catch((error: Error) => error),
    ask("MODULE LIST").catch(() => []),
  ]);
  if (docs instanceof Error && /NOPERM|not? permission/i.test(docs.message)) throw docs;
  if (docs instanceof Error || !Array.isArray(told)) {
    const why = docs instanceof Error ? docs.message : "an odd reply to COMMAND";
    throw new Error(`${place}: ${about.server} ${about.version} has no COMMAND DOCS to read arguments from (${why})`);
  }
  const described = new Map(Object.entries(record(docs)).map(([name, doc]) => [name.toUpperCase(), record(doc)]));
  const infos = entries(told);
  const obeyed = await obeyedNames(infos.map(([name]) => String(name)), ask);
  const commands = new Map<string, SourceCommand>();
  const renamed = new Map<string, SourceCommand>();
  for (const info of infos) readCommand(info, described, obeyed.has(String(info[0])) ? commands : renamed);
  // A server gives them in the order of its hash table, which moves.
  const [sorted, sortedRenamed] = [commands, renamed].map((map) =>
    new Map([...map].sort(([one], [other]) => one < other ? -1 : 1))
  );
  const label = `${about.server.slice(0, 1).toUpperCase()}${about.server.slice(1)} ${about.version}`;
  return { label, ...about, modules: readModules(modules, about.server), commands: sorted, renamed: sortedRenamed };
}

/** `COMMAND` tells the names that commands were born with. `COMMAND INFO` looks for the ones that the server goes by. */
async function obeyedNames(names: readonly string[], ask: Ask): Promise<Set<string>> {
  const found = await ask("COMMAND INFO", ...names).catch(() => undefined);
  // Who may not ask, or gets something odd, has to believe all.
  if (!Array.isArray(found) || found.length !== names.length) return new Set(names);
  return new Set(names.filter((name, at) => list(found[at])[0] === name));
}

function readCommand(info: Json, docs: ReadonlyMap<string, Json>, commands: Map<string, SourceCommand>): void {
  const [wireName, arity, flags, , , , , tips, keySpecs, subcommands] = info;
  const [parent, word] = String(wireName).toUpperCase().split("|");
  const name = word === undefined ? parent : `${parent} ${word}`;
  const doc = docs.get(parent) ?? {};
  const own = word === undefined ? doc : subcommand(doc, String(wireName));
  const words = entries(subcommands);
  commands.set(name, {
    name,
    group: String(own.group ?? "module").replaceAll("_", "-"),
    since: readText(own.since) ?? "",
    arity: Number(arity),
    flags: readFlags(list(flags).map(String)),
    tips: readTips(list(tips).map(String)),
    arguments: list(own.arguments).map((one) => readArgument(argument(one))),
    keys: list(keySpecs).map((one) => readKeys(keySpec(one))),
    deprecatedSince: readText(own.deprecated_since),
    system: readFlags(list(own.doc_flags).map(String)).has("syscmd"),
    container: words.length > 0 && parent !== "COMMAND",
    module: readText(own.module ?? doc.module),
  });
  for (const one of words) readCommand(one, docs, commands);
}

/** What `COMMAND` tells of commands; anything else between them tells of none. */
function entries(reply: unknown): Json[] {
  return list(reply).filter(Array.isArray);
}

function subcommand(doc: Json, wireName: string): Json {
  const subs = record(doc.subcommands);
  const key = Object.keys(subs).find((one) => one.toLowerCase() === wireName.toLowerCase());
  return key === undefined ? {} : record(subs[key]);
}

function argument(reply: unknown): Json {
  const fields = record(reply);
  return {
    ...fields,
    flags: list(fields.flags).map(String),
    arguments: fields.arguments === undefined ? undefined : list(fields.arguments).map(argument),
  };
}

function keySpec(reply: unknown): Json {
  const fields = record(reply);
  const part = (value: unknown) => {
    const { type, spec } = record(value);
    return { type, spec: record(spec) };
  };
  return {
    flags: list(fields.flags).map(String),
    begin_search: part(fields.begin_search),
    find_keys: part(fields.find_keys),
  };
}

/** Which server it is. Who may not `INFO` may say HELLO, which no rule forbids. */
async function readServer(ask: Ask): Promise<{ server: string; version: string }> {
  try {
    return readInfo(await ask("INFO", "server"));
  } catch {
    const { server = "redis", version = "unknown" } = record(await ask("HELLO").catch(() => []));
    return { server: String(server), version: String(version) };
  }
}

function readInfo(text: unknown): { server: string; version: string } {
  const fields = new Map(String(text).split(/\r?\n/).map((line) => line.split(":", 2) as [string, string]));
  for (const name of ["valkey", "dragonfly", "kvrocks", "garnet"]) {
    const version = fields.get(`${name}_version`);
    if (version !== undefined) return { server: name, version: version.replace(/^v/, "") };
  }
  return { server: fields.get("server_name") ?? "redis", version: fields.get("redis_version") ?? "unknown" };
}

function readModules(reply: unknown, server: string): Map<string, string> {
  return new Map(
    list(reply).map((one) => {
      const { name, ver } = record(one);
      const inBytes = server === "valkey" && name === "search" && Number(ver) >= 1 << 16;
      return [String(name), (inBytes ? readBytes : readDecimals)(Number(ver))];
    }),
  );
}

function list(value: unknown): unknown[] {
  if (value instanceof Set) return [...value];
  return Array.isArray(value) ? value : [];
}

/** A map of a reply, however it came, as an object. */
function record(value: unknown): Record<string, Json> {
  if (value instanceof Map) return Object.fromEntries([...value].map(([name, one]) => [String(name), one]));
  if (!Array.isArray(value)) return typeof value === "object" && value !== null ? value as Record<string, Json> : {};
  const fields: Record<string, Json> = {};
  for (let at = 0; at + 1 < value.length; at += 2) fields[String(value[at])] = value[at + 1];
  return fields;
}
