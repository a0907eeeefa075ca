/**
 * Drafts a command that we do not know, in our format, from what a source says of it.
 *
 * @module
 */
import { harmless } from "./docs.ts";
import type { Command, Node, Since } from "./model.ts";
import { normalise } from "./normalise.ts";
import type { LiveSource } from "./sources/live.ts";
import type { Source, SourceCommand, SourceKeys } from "./sources/source.ts";
import { printKeys, printRule } from "./spec.ts";

/** What modules call themselves where it is not what we call them. */
const MODULES = new Map([["rejson", "json"], ["bf", "bloom"], ["ft", "search"]]);

/** Valkey's own, which call themselves what Redis' do and count their versions by themselves. */
const VALKEY_MODULES = new Map([["json", "valkey-json"], ["bf", "valkey-bloom"], ["search", "valkey-search"]]);

/** What we call a module. */
export function ourModule(name: string, family: "redis" | "valkey"): string {
  const lower = name.toLowerCase();
  return (family === "valkey" ? VALKEY_MODULES.get(lower) : undefined) ?? MODULES.get(lower) ?? lower;
}

/** The first release with a command, if the source says so. */
function statedSince(command: SourceCommand, family: "redis" | "valkey"): Since {
  if (!/^\d+\.\d+\.\d+$/.test(command.since)) return {};
  return command.module === undefined ? { [family]: command.since } : { module: command.since };
}

/** The release at hand, for a person to review: nothing older is known to have the command. */
export function guessedSince(command: SourceCommand, source: Source, family: "redis" | "valkey"): Since {
  const live = source as Partial<LiveSource>;
  if (command.module !== undefined) return { module: live.modules?.get(command.module) ?? "0.0.0" };
  return { [family]: /^\d+\.\d+\.\d+/.exec(live.version ?? "")?.[0] ?? "0.0.0" };
}

/** What the source alone says about a command, in our format. */
export function draft(command: SourceCommand, source: Source, family: "redis" | "valkey"): Command {
  const { nodes } = normalise(command.arguments);
  const module = command.module && ourModule(command.module, family);
  const drafted: Command = {
    group: command.group === "module" ? module ?? "module" : command.group,
    since: statedSince(command, family),
    doc: harmless(`\`${command.name}\`, as ${source.label} describes it.`),
    reply: "any",
  };
  if (module !== undefined) drafted.module = module;
  const args = nodes.length > 0 ? nodes : guessed(command);
  if (args.length > 0) drafted.args = args;
  if (command.flags.has("readonly")) drafted.ro = true;
  if (command.flags.has("write")) drafted.write = true;
  const keys = nodes.length === 0 ? placesOf(command, true) : unseen(drafted, command);
  if (keys !== undefined) drafted.keys = keys;
  if (command.container || command.system) drafted.conn = "internal";
  else if (command.flags.has("blocking")) drafted.conn = "blocking";
  const route = command.tips.get("request_policy");
  const join = command.tips.get("response_policy");
  if (route) drafted.route = route;
  if (join) drafted.merge = join;
  return drafted;
}

/**
 * Where the keys are, as far as arguments that are described do not show it. A server drops nothing from caches for keys that
 * it does not know: where it knows of one only, and the arguments show something else, nobody tells.
 */
function unseen(drafted: Command, command: SourceCommand): string | undefined {
  const rule = placesOf(command, false);
  const shown = printKeys(drafted);
  if (rule === undefined || printRule(rule) === shown) return undefined;
  return /^\d+$/.test(rule) && shown !== '"none"' ? "?" : rule;
}

/** The places that are keys'. Of those of a channel, say, servers tell as well, for a cluster's sake. */
function keySpecs({ keys }: SourceCommand): SourceKeys[] {
  return keys.filter(({ flags }) => !flags.includes("not_key"));
}

/**
 * Where the keys are as the source says, as a rule of {@link Command.keys}. A key that is not told is one whose cached reply
 * nobody drops.
 */
function placesOf(command: SourceCommand, isGuessed: boolean): string | undefined {
  const { flags } = command;
  const [spec, ...others] = keySpecs(command);
  if (spec === undefined) return isGuessed && flags.has("movablekeys") ? "?" : undefined;
  const { begin, find } = spec;
  // Several places, or one that only the server finds: what stands first among the arguments is not all.
  if (others.length > 0 || begin === "unknown" || find === "unknown") return "?";
  // The word that it stands behind is among the arguments.
  if (!isGuessed && !("index" in begin)) return undefined;
  if (!("index" in begin) || !(find.step > 0)) return "?";
  const numbers = [begin.index, ..."countAt" in find ? [find.countAt, find.first] : [find.last, find.step]];
  if (!numbers.every(Number.isSafeInteger)) return "?";
  const first = begin.index - command.name.split(" ").length + 1;
  if ("countAt" in find) {
    return find.first === find.countAt + 1 && find.step === 1 ? `numkeys:${first + find.countAt}` : "?";
  }
  // Of a single range this flag says that it is not all, or that the module itself is to be asked.
  if (find.limit > 1 || flags.has("movablekeys") || spec.flags.includes("incomplete")) return "?";
  if (find.last === 0) return String(first);
  return `${first}..${find.last < 0 ? find.last : first + find.last}:${find.step}`;
}

/** Whether a number of words may be one: more than this no command asks for, and we would write as many parameters. */
function isLikely(words: number | undefined): words is number {
  return Number.isInteger(words) && Math.abs(words!) <= 64;
}

/** Of a command whose arguments nobody describes: as many as its arity and its keys ask for, then any number. */
function guessed(command: SourceCommand): Node[] {
  const arity = isLikely(command.arity) ? command.arity : -1;
  const words = command.name.split(" ").length;
  // Where keys are counted, the place is that of the count.
  const keys = new Set(
    keySpecs(command).flatMap(({ begin, find }) =>
      begin !== "unknown" && "index" in begin && isLikely(begin.index) && find !== "unknown" && "last" in find
        ? begin.index - words
        : []
    ),
  );
  // Modules tend to state no arity: then a place for a key says where it stands, not that it must be there.
  const required = Math.abs(arity) - words;
  const places = Math.max(required, ...[...keys].map((at) => at + 1), 0);
  const nodes: Node[] = Array.from({ length: places }, (_, at) => {
    const opt = at < required ? {} : { opt: true } as const;
    if (!keys.has(at)) return { name: `arg${at + 1}`, type: "value", ...opt };
    return { name: at === 0 ? "key" : `key${at + 1}`, type: "key", ...opt };
  });
  if (arity < 0) nodes.push({ name: "args", type: "value", list: "tail", opt: true });
  return nodes;
}
