/**
 * What every source says about a command, in one spelling.
 *
 * Three kinds of files and a live server tell the same facts in different words (upper or lower case, booleans or lists of
 * flags, hyphens or underscores). Each importer turns its own into this, and nothing after it knows where a fact came from.
 *
 * @module
 */

/** The kind of an argument, as the servers name them. `any` stands for a kind that a source does not state. */
export type SourceType =
  | "string"
  | "integer"
  | "double"
  | "key"
  | "pattern"
  | "unix-time"
  | "pure-token"
  | "oneof"
  | "block"
  | "any";

/** One node of a command's argument tree. */
export interface SourceArgument {
  /** The name that the source gives it; free to change between releases. */
  readonly name: string;
  readonly type: SourceType;
  /** The word that stands before the value, or that is the argument itself (`pure-token`). */
  readonly token?: string;
  readonly optional: boolean;
  readonly multiple: boolean;
  /** Each value has its own token before it, instead of one before all. */
  readonly multipleToken: boolean;
  /** The version that added it, as far as the source says. */
  readonly since?: string;
  readonly deprecatedSince?: string;
  /** The members of a `oneof` or a `block`. */
  readonly children: readonly SourceArgument[];
}

/** Where a command's keys stand, as one key specification of the server says. */
export interface SourceKeys {
  /** Lower case: `ro`, `rw`, `access`, `not_key`, `incomplete`, `variable_flags`… */
  readonly flags: readonly string[];
  /** The place of the first key (the command's name is 0), the word that stands before it, or neither when unknown. */
  readonly begin: { readonly index: number } | { readonly keyword: string; readonly from: number } | "unknown";
  readonly find:
    | { readonly last: number; readonly step: number; readonly limit: number }
    | { readonly countAt: number; readonly first: number; readonly step: number }
    | "unknown";
}

/** One command as a source describes it. */
export interface SourceCommand {
  /** In upper case, the words apart by one space: `CONFIG GET`, `FT.SEARCH`. */
  readonly name: string;
  readonly group: string;
  readonly since: string;
  /** The number of words on the wire, negative for "at least"; absent where the source is silent. */
  readonly arity?: number;
  /** Lower case, words joined by underscores: `readonly`, `no_multi`. */
  readonly flags: ReadonlySet<string>;
  /** Tips by name: `request_policy` → `all_nodes`; a tip without a value maps to an empty string. */
  readonly tips: ReadonlyMap<string, string>;
  readonly arguments: readonly SourceArgument[];
  readonly keys: readonly SourceKeys[];
  readonly deprecatedSince?: string;
  /** Something for the server itself, not for users. */
  readonly system: boolean;
  /** Holds subcommands and cannot be called itself. */
  readonly container: boolean;
  readonly module?: string;
}

/** Everything that a source knows. */
export interface Source {
  /** What it is called in what is written, the same wherever it is read from: `Redis 7.0.15`, or a file's own name. */
  readonly label: string;
  /** By name, in upper case. */
  readonly commands: ReadonlyMap<string, SourceCommand>;
}

/** Data as `JSON.parse` gives it. */
// deno-lint-ignore no-explicit-any
export type Json = any;

const TYPES = new Set<string>([
  "string",
  "integer",
  "double",
  "key",
  "pattern",
  "unix-time",
  "pure-token",
  "oneof",
  "block",
]);

/** Reads an argument node; `flags` may be booleans beside the name (files) or a list (servers). */
export function readArgument(raw: Json): SourceArgument {
  // Docs files of the older form have words that stand for themselves, and several values behind one word.
  if (typeof raw === "string") return readArgument({ name: raw.toLowerCase(), type: "pure-token", token: raw });
  if (Array.isArray(raw.name)) return readArgument(asBlock(raw));
  const flags = new Set<string>(raw.flags ?? []);
  const children = (raw.arguments ?? []).map(readArgument);
  const stated = children.length && !TYPES.has(raw.type) ? "block" : raw.type;
  // Docs files of the older form, as modules' still are, call the word a command.
  const token = raw.token ?? raw.command;
  return {
    name: readText(raw.name ?? token) ?? "",
    type: TYPES.has(stated) ? stated : "any",
    token: readText(token),
    optional: says(raw.optional) || flags.has("optional"),
    multiple: says(raw.multiple) || flags.has("multiple"),
    multipleToken: says(raw.multiple_token) || flags.has("multiple_token"),
    since: readText(raw.since),
    deprecatedSince: readText(raw.deprecated_since),
    children,
  };
}

/** Values that have their names and types in lists. */
function asBlock(raw: Json): Json {
  const types = [raw.type].flat();
  const values = raw.name.map((name: Json, i: number) => ({ name, type: types[i] ?? types[0] }));
  return { ...raw, name: raw.name.join("-"), type: "block", arguments: values };
}

/** A text, where a source has one: it may have anything there. */
export function readText(raw: unknown): string | undefined {
  return typeof raw === "string" ? raw : undefined;
}

/** Some files write their booleans as text. */
function says(value: unknown): boolean {
  return value === true || value === "true";
}

/** Reads `NAME` and `NAME:VALUE` tips, whatever their case. */
export function readTips(raw: readonly string[] | undefined): Map<string, string> {
  return new Map((raw ?? []).map((tip) => {
    const [name, value = ""] = tip.toLowerCase().split(":");
    return [name, value];
  }));
}

/** Lower case with underscores: one spelling for flags of files and servers. */
export function readFlags(raw: readonly string[] | undefined): Set<string> {
  return new Set((raw ?? []).map((flag) => flag.toLowerCase().replaceAll("-", "_")));
}

/** Reads a key specification as source files (`begin_search.index.pos`) or as servers (`begin_search.spec.index`) spell it. */
export function readKeys(raw: Json): SourceKeys {
  const begin = raw.begin_search ?? {};
  const find = raw.find_keys ?? {};
  const index = begin.index ?? (begin.type === "index" ? begin.spec : undefined);
  const keyword = begin.keyword ?? (begin.type === "keyword" ? begin.spec : undefined);
  const range = find.range ?? (find.type === "range" ? find.spec : undefined);
  const counted = find.keynum ?? (find.type === "keynum" ? find.spec : undefined);
  const flags = Array.isArray(raw.flags) ? raw.flags : Object.keys(raw).filter((name) => raw[name] === true);
  return {
    flags: [...readFlags(flags)],
    begin: index
      ? { index: index.pos ?? index.index }
      : keyword
      ? { keyword: keyword.keyword, from: keyword.startfrom }
      : "unknown",
    find: range ? { last: range.lastkey, step: range.step ?? range.keystep, limit: range.limit } : counted
      ? {
        countAt: counted.keynumidx,
        first: counted.firstkey,
        step: counted.step ?? counted.keystep,
      }
      : "unknown",
  };
}
