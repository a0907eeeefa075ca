/**
 * Compares a source with `commands.json` and drafts what ours has not.
 *
 * Nothing is taken over in silence: commands that are new are drafted with a reply of `any` and a doc that says so, and
 * whatever a person has to decide stands in the report.
 *
 * @module
 */
import { harmless } from "./docs.ts";
import { draft, guessedSince } from "./draft.ts";
import type { Command, CommandsFile, Node } from "./model.ts";
import { normalise } from "./normalise.ts";
import type { Source, SourceArgument, SourceCommand } from "./sources/source.ts";

/** What differs between a source and our file. */
export interface Difference {
  /** Names of commands that ours has not. */
  readonly added: string[];
  /** Words of the source's trees that are neither in ours nor ignored: `"SET/IFXX"`. */
  readonly tokens: string[];
  /** Commands whose number of words differs from what ours sends at least, or whose flags do. */
  readonly changed: string[];
  /** What could not be decided, a sentence each. */
  readonly doubts: string[];
}

/** What a source has that ours has not. */
export function compare(file: CommandsFile, source: Source): Difference {
  const difference: Difference = { added: [], tokens: [], changed: [], doubts: [] };
  for (const command of source.commands.values()) {
    if (isPrivate(command.name) || command.name in (file.$ignore ?? {})) continue;
    const ours = file[command.name] as Command | undefined;
    if (ours === undefined) {
      difference.added.push(command.name);
      difference.doubts.push(...normalise(command.arguments).doubts.map((doubt) => `${command.name}: ${doubt}`));
      continue;
    }
    if (ours.conn === "internal") continue;
    const known = wordsOf(nodesOf(ours), file.$types ?? {});
    for (const token of new Set(tokensOf(command.arguments))) {
      if (known.has(token) || `${command.name}/${token}` in (file.$ignore ?? {})) continue;
      difference.tokens.push(`${command.name}/${token}`);
    }
    difference.changed.push(...changes(command, ours));
  }
  return difference;
}

/** Modules begin a name with an underscore when it is for themselves: `_FT.DEBUG`, `FT._ALTERIFNX`. */
export function isPrivate(name: string): boolean {
  return /(^|\.)_/.test(name);
}

function changes(command: SourceCommand, ours: Command): string[] {
  const found: string[] = [];
  const least = command.name.split(" ").length + Math.min(...formsOf(ours).map(fewestWords));
  if (command.arity !== undefined && least < Math.abs(command.arity) && !LOOSE.has(command.name)) {
    found.push(`${command.name}: wants ${Math.abs(command.arity)} words, ours may send ${least}`);
  }
  // A source that states no flags says nothing about them.
  if (command.flags.size === 0) return found;
  for (const [flag, field] of [["readonly", "ro"], ["write", "write"]] as const) {
    if (command.flags.has(flag) !== (ours[field] === true)) {
      found.push(`${command.name}: ${command.flags.has(flag) ? "is" : "is not"} ${flag} there`);
    }
  }
  return found;
}

/** Commands that may be called with one word less than the server takes, as no single argument is the one that is needed. */
const LOOSE = new Set(["CLIENT KILL", "COMMAND GETKEYS", "COMMAND GETKEYSANDFLAGS"]);

/** A report for people, empty when there is nothing to say. */
export function report(difference: Difference, ours = "commands.json"): string {
  const parts: [string, readonly string[]][] = [
    [`commands that ${ours} has not`, difference.added],
    [`words that ${ours} has not`, difference.tokens],
    ["facts that differ", difference.changed],
    ["undecided", difference.doubts],
  ];
  return parts.filter(([, lines]) => lines.length > 0)
    .map(([title, lines]) => `${lines.length} ${title}:\n${lines.map((line) => `  ${harmless(line)}\n`).join("")}`)
    .join("");
}

/** Our file with what it has not yet: for a person to review, or to print a module for one server. */
export function merge(file: CommandsFile, source: Source, family: "redis" | "valkey"): CommandsFile {
  const merged: CommandsFile = { ...file };
  for (const name of compare(file, source).added) {
    const command = source.commands.get(name)!;
    const drafted = draft(command, source, family);
    const isStated = Object.keys(drafted.since).length > 0;
    merged[name] = isStated ? drafted : { ...drafted, since: guessedSince(command, source, family) };
  }
  return merged;
}

function formsOf(command: Command): Node[][] {
  return command.forms ?? [command.args ?? []];
}

function nodesOf(command: Command): Node[] {
  return formsOf(command).flat();
}

/** Any node, whichever kind it is. */
interface Loose {
  flag?: string;
  token?: string;
  enum?: string[] | string;
  type?: string;
  or?: string[];
  mid?: { flag: string };
  opt?: true | string;
  list?: string;
  empty?: true;
  oneof?: Node[];
  group?: Node[];
}

const SWITCHES: Record<string, string[]> = {
  "on-off": ["ON", "OFF"],
  "yes-no": ["YES", "NO"],
  "true-false": ["TRUE", "FALSE"],
};

/** Every word that ours may send, in upper case; of several in one, each too. */
function wordsOf(nodes: readonly Node[], types: Record<string, string>): Set<string> {
  const words = new Set<string>();
  const add = (text: string) => {
    words.add(text.toUpperCase());
    for (const word of text.toUpperCase().split(" ")) words.add(word);
  };
  const visit = (node: Loose) => {
    const named = typeof node.enum === "string" ? types[node.enum].replaceAll('"', "").split("|") : node.enum;
    const all = [
      node.flag,
      node.token,
      node.mid?.flag,
      ...named ?? [],
      ...node.or ?? [],
      ...SWITCHES[node.type ?? ""] ?? [],
    ];
    for (const text of all) if (text !== undefined) add(text);
    for (const member of [...node.oneof ?? [], ...node.group ?? []]) visit(member as Loose);
  };
  for (const node of nodes) visit(node as Loose);
  return words;
}

function tokensOf(args: readonly SourceArgument[]): string[] {
  return args.flatMap((
    one,
  ) => [...one.token === undefined ? [] : [one.token.toUpperCase()], ...tokensOf(one.children)]);
}

/** How few words an argument list can be. */
function fewestWords(nodes: readonly Node[]): number {
  return nodes.reduce((sum, node) => sum + fewest(node as Loose), 0);
}

function fewest(node: Loose): number {
  const token = node.token === undefined ? 0 : node.token.split(" ").length;
  if (node.empty) return token + 1;
  if (node.opt === true) return 0;
  const count = node.list === "counted" ? 1 : 0;
  if (node.flag !== undefined) return node.flag.split(" ").length;
  if (node.oneof !== undefined) return token + Math.min(...node.oneof.map((one) => fewest(one as Loose)));
  if (node.group !== undefined) return token + count + fewestWords(node.group);
  if (Array.isArray(node.enum)) return token + count + Math.min(...node.enum.map((word) => word.split(" ").length));
  return token + count + 1;
}
