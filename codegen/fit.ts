/**
 * Fits what we know to what a source has: its commands and no others, options that its version knows, and drafts of what
 * we do not know.
 *
 * @module
 */
import { planArguments } from "./arguments.ts";
import { harmless } from "./docs.ts";
import { draft, ourModule } from "./draft.ts";
import { compare, isPrivate } from "./merge.ts";
import { makeMethod } from "./method.ts";
import { type ArgumentNode, type Branch, type Command, type CommandsFile, isEmitted, type Since } from "./model.ts";
import { camelCase } from "./names.ts";
import { allMembers } from "./plan.ts";
import { Names } from "./reply_names.ts";
import { commandsOf, withCommands } from "./select.ts";
import type { LiveSource } from "./sources/live.ts";
import type { Source, SourceArgument, SourceCommand } from "./sources/source.ts";
import { printSpec } from "./spec.ts";
import { compareVersions } from "./versions.ts";

/** What our file is after it was fitted. */
export interface Fitted {
  readonly file: CommandsFile;
  /** What it is for: `"Redis 7.0.15 with search 1.2.2"`. */
  readonly title: string;
  /** Names of commands that are drafts. */
  readonly drafted: readonly string[];
  /** Commands that cannot become a method, and why. */
  readonly left: ReadonlyMap<string, string>;
}

/** The file for one source. */
export function fit(ours: CommandsFile, source: Source): Fitted {
  const server = serverOf(source);
  const known = commandsOf(ours).filter(([name]) => has(source, name))
    .map(([name, facts]): [string, Command] => [name, server === undefined ? facts : prune(facts, server)]);
  const added = compare(ours, source).added.map((name) => source.commands.get(name)!);
  const taken = new Set(known.filter(([, facts]) => isEmitted(facts)).map(([name]) => camelCase(name)));
  const drafts = new Map<string, Command>();
  const left = leftOut(ours, source);
  for (const command of added.filter((one) => !one.container && !one.system)) {
    const facts = usable(command, source, server?.family ?? "redis", taken);
    if (typeof facts === "string") left.set(command.name, facts);
    else drafts.set(command.name, facts);
  }
  const all = [...known, ...drafts].sort(([a], [b]) => a < b ? -1 : 1);
  return { file: withCommands(ours, all), title: titleOf(source), drafted: [...drafts.keys()], left };
}

/** Commands that nobody has looked at as methods: hidden and outdated ones, and those that answer to another name. */
function leftOut(ours: CommandsFile, source: Source): Map<string, string> {
  const left = new Map<string, string>();
  for (const command of source.commands.values()) {
    const why = command.container ? undefined : whyNone(command, ours);
    if (why !== undefined) left.set(command.name, why);
  }
  for (const { name, container } of isLive(source) ? source.renamed.values() : []) {
    const known = ours[name] as Command | undefined;
    if (!container && (known === undefined || isEmitted(known))) left.set(name, "the server has given it another name");
  }
  return left;
}

/** Why a command that a source has is no method, where that is known before its arguments are read. */
function whyNone({ name, system }: SourceCommand, ours: CommandsFile): string | undefined {
  const known = ours[name] as Command | undefined;
  if (known === undefined) {
    if (isPrivate(name)) return "its name says that it is the module's own";
    return ours.$ignore?.[name] ?? (system ? "the source says that it is for the server itself" : undefined);
  }
  // What a module has for itself goes by such a name, and what only holds subcommands has them here.
  const isOutdated = known.conn === "internal" && known.module !== undefined;
  return isOutdated && !Object.keys(ours).some((other) => other.startsWith(`${name} `))
    ? "outdated, or for its module itself"
    : undefined;
}

/**
 * Whether a source has a command of ours. Where it lists a command without subcommands, what we call one is an argument
 * to it: the search module has `FT.CURSOR`, and reads the word behind it by itself.
 */
function has({ commands }: Source, name: string): boolean {
  const [first, word] = name.split(" ");
  return commands.has(name) ||
    word !== undefined && commands.has(first) && ![...commands.keys()].some((one) => one.startsWith(`${first} `));
}

/** A draft of which a method can be made: with the arguments that are described, or else any; or why there is none. */
function usable(
  command: SourceCommand,
  source: Source,
  family: "redis" | "valkey",
  taken: Set<string>,
): Command | string {
  const name = camelCase(command.name);
  if (taken.has(name)) return `${name} is taken by another command`;
  const bare = { ...command, arguments: [] };
  const told = isDeep(command.arguments) ? bare : command;
  if (!isPlain({ ...told, tips: [...told.tips.values()] })) {
    return "its description has something in it that nobody sees, or that ends a comment";
  }
  let reason = "";
  for (const described of [told, bare]) {
    try {
      const facts = draftOf(described, source, family);
      makeMethod(command.name, facts, new Names({}));
      printSpec(command.name, facts);
      taken.add(name);
      return facts;
    } catch (error) {
      reason = (error as Error).message;
    }
  }
  return reason;
}

/** A draft that says since when, and nothing of the other family: whether that has the command nobody knows. */
function draftOf(command: SourceCommand, source: Source, family: "redis" | "valkey"): Command {
  const facts = draft(command, source, family);
  const { [family]: stated } = facts.since as Exclude<Since, string>;
  return stated === undefined ? facts : { ...facts, since: stated };
}

/** Whether arguments are nested as no command's are. Each level doubles the work of writing types and code for them. */
function isDeep(args: readonly SourceArgument[], levels = 8): boolean {
  return args.some(({ children }) => levels === 0 || isDeep(children, levels - 1));
}

/** Whether all texts of a description may stand in a module, where comments and strings show them as they are. */
function isPlain(value: unknown): boolean {
  if (typeof value === "string") return harmless(value) === value;
  return typeof value !== "object" || value === null || Object.values(value).every(isPlain);
}

function isLive(source: Source): source is LiveSource {
  return "server" in source;
}

function titleOf(source: Source): string {
  const names = isLive(source) ? [...source.modules].map(([name, number]) => `${name} ${number}`).sort() : [];
  return harmless(names.length === 0 ? source.label : `${source.label} with ${names.join(", ")}`);
}

/** Whose versions count, and which ones they are. */
interface Server {
  readonly family: "redis" | "valkey";
  readonly version: string;
  readonly modules: ReadonlyMap<string, string>;
}

/** Only of Redis and Valkey we know which version brought what. A user who may not INFO does not hear the version. */
function serverOf(source: Source): Server | undefined {
  if (!isLive(source) || source.server !== "redis" && source.server !== "valkey") return undefined;
  if (!/^\d/.test(source.version)) return undefined;
  const family = source.server;
  const modules = [...source.modules].map(([name, version]): [string, string] => [ourModule(name, family), version]);
  return { family, version: source.version, modules: new Map(modules) };
}

/** A command without the options that came later. */
function prune(facts: Command, server: Server): Command {
  const has = (since: Since | undefined) => isThere(since, server, facts.module);
  const all = (facts.forms ?? [facts.args ?? []]) as ArgumentNode[][];
  const there = all.filter((form) => !form.some((node) => isNewer(node, has)));
  const forms = (there.length > 0 ? there : all).map((form) => pruneNodes(form, has));
  const pruned: Command = { ...facts };
  delete pruned.args;
  delete pruned.forms;
  if (forms.length > 1) pruned.forms = forms as Command["forms"];
  else if (forms[0].length > 0) pruned.args = forms[0] as Command["args"];
  if (typeof facts.reply !== "string") pruned.reply = pruneBranches(facts.reply, forms);
  return pruned;
}

function isThere(since: Since | undefined, { family, version, modules }: Server, module: string | undefined): boolean {
  if (since === undefined) return true;
  if (typeof since === "string") return family === "valkey" || compareVersions(since, version) <= 0;
  // Of a module whose version nobody tells all is there.
  const isLoaded = (name: string, first: string) => compareVersions(first, modules.get(name) ?? first) <= 0;
  if (since.module !== undefined) return isLoaded(module ?? "", since.module);
  if (since.valkeyModule !== undefined) return family === "valkey" && isLoaded(`valkey-${module}`, since.valkeyModule);
  const own = since[family];
  return own !== undefined && compareVersions(own, version) <= 0;
}

/** Whether a node must be there and came later: of several forms, one that the server has not. */
function isNewer(node: ArgumentNode, has: (since: Since | undefined) => boolean): boolean {
  return node.opt === undefined && (!has(node.since) || (node.group?.some((member) => isNewer(member, has)) ?? false));
}

function pruneNodes(nodes: readonly ArgumentNode[], has: (since: Since | undefined) => boolean): ArgumentNode[] {
  const pruned = nodes.flatMap((node) => {
    // What must be there was there from the beginning, whatever it was called.
    if (node.opt !== undefined && !has(node.since)) return [];
    const { mid, ...rest } = node;
    const kept: ArgumentNode = { ...rest };
    if (mid !== undefined && has(mid.since)) kept.mid = mid;
    if (node.group !== undefined) kept.group = pruneNodes(node.group, has);
    if (node.oneof !== undefined) {
      kept.oneof = pruneNodes(node.oneof.filter((one) => has(one.since)), has);
      if (kept.oneof.length === 0) return node.opt === undefined ? [node] : [];
    }
    return [kept];
  });
  const tokens = new Set(pruned.flatMap((node) => [node, ...node.oneof ?? []]).map((node) => node.token));
  // What may be left out beside an option that is gone may not be left out.
  return pruned.map(({ opt, ...node }) =>
    opt === undefined || typeof opt === "string" && !tokens.has(opt) ? node : { ...node, opt }
  );
}

/** Branches that ask for an option that is gone are gone. */
function pruneBranches(branches: readonly Branch[], forms: readonly ArgumentNode[][]): Branch[] {
  const plans = forms.map(planArguments);
  const there = new Set(
    plans.flatMap((plan) => [
      ...plan.params.map((param) => param.name),
      ...allMembers(plan.options).map((member) => member.key),
    ]),
  );
  return branches.flatMap((branch) => {
    if (branch.when === undefined) return [branch];
    const when = branch.when.filter((all) => all.split("+").every((atom) => there.has(atom.split("=")[0])));
    return when.length === 0 ? [] : [{ ...branch, when }];
  });
}
