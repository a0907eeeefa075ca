/**
 * Finds rows of `commands.json` that say nothing: exceptions to what is not there, types that nobody uses.
 *
 * @module
 */
import type { ArgumentNode, Branch, Command, CommandsFile } from "./model.ts";
import { camelCase } from "./names.ts";
import { namesIn, parseReply } from "./reply.ts";
import { optionKey } from "./values.ts";

/** Everything that is useless, each with its path: `SET.fix.ex: names nothing of the command`. */
export function uselessRows(file: CommandsFile): string[] {
  const commands = Object.entries(file).filter(([name]) => !name.startsWith("$")) as [string, Command][];
  return [
    ...Object.keys(file.$ignore ?? {}).flatMap((row) => ignored(row, file)),
    ...unusedTypes(file.$types ?? {}, commands),
    ...unusedSnapshots(file, commands),
    ...commands.flatMap(([name, facts]) => Object.keys(facts.fix ?? {}).flatMap((row) => fixed(name, row, facts))),
    ...commands.flatMap(([name, facts]) => lists(facts).flatMap((nodes) => unmet(name, nodes))),
  ];
}

function ignored(row: string, file: CommandsFile): string[] {
  const [name, ...rest] = row.split("/");
  const token = rest.join("/");
  const facts = file[name] as Command | undefined;
  if (rest.length === 0) return facts === undefined ? [] : [`$ignore.${row}: the command is there`];
  if (facts === undefined) return [`$ignore.${row}: there is no command ${name}`];
  const words = new Set(nodesOf(facts).flatMap(spelled).map((word) => word.toUpperCase()));
  return words.has(token.toUpperCase()) ? [`$ignore.${row}: the command has this word`] : [];
}

function unusedTypes(types: Record<string, string>, commands: readonly [string, Command][]): string[] {
  const used = new Set<string>();
  const visit = (reply: string): void => {
    for (const name of namesIn(parseReply(reply))) {
      if (used.has(name) || types[name] === undefined) continue;
      used.add(name);
      visit(types[name]);
    }
  };
  for (const [, facts] of commands) {
    for (const { type } of branches(facts)) visit(type);
    for (const node of nodesOf(facts)) if (typeof node.enum === "string") used.add(node.enum);
  }
  return Object.keys(types).filter((name) => !used.has(name)).map((name) => `$types.${name}: nobody uses it`);
}

function unusedSnapshots(file: CommandsFile, commands: readonly [string, Command][]): string[] {
  const known = file.$snapshots ?? {};
  return commands.flatMap(([name, { src }]) =>
    src === undefined ? [] : src.split(/[\s,+]+/).filter((one) => known[one] === undefined)
      .map((one) => `${name}.src: there is no snapshot ${one}`)
  );
}

/** Fields of a command that a source may have otherwise. */
const FIELDS = new Set(["args", "forms", "keys", "route", "merge", "since", "ro", "write", "conn"]);

function fixed(command: string, row: string, facts: Command): string[] {
  const [what, field] = row.split(".");
  const nodes = nodesOf(facts);
  const node = nodes.filter((one) => namesOf(one).includes(what));
  if (node.length === 0 && !FIELDS.has(what)) {
    return [`${command}.fix.${row}: names nothing of the command`];
  }
  if (field !== undefined && !node.some((one) => field in one)) {
    return [`${command}.fix.${row}: ${what} states no ${field}`];
  }
  return [];
}

/** Options that exclude another which does not stand beside them: both would be let through. */
function unmet(command: string, nodes: readonly ArgumentNode[]): string[] {
  const options = nodes.filter((node) =>
    node.opt !== undefined && node.oneof === undefined && namesOf(node).length > 0
  );
  return nodes.flatMap((node) => {
    const { not } = node;
    if (not === undefined) return [];
    if (options.includes(node) && options.some((one) => one !== node && optionKey(one) === camelCase(not))) return [];
    return [
      `${command}.args: ${namesOf(node)[0]} is not beside ${not}, but no two options of these names stand together`,
    ];
  });
}

function branches(facts: Command): Branch[] {
  return typeof facts.reply === "string" ? [{ type: facts.reply }] : facts.reply;
}

/** All nodes, by the lists that they stand in. */
function lists(facts: Command): ArgumentNode[][] {
  const within = (nodes: ArgumentNode[]): ArgumentNode[][] => [
    nodes,
    ...nodes.flatMap(({ mid, group, oneof }) =>
      [mid && [mid as ArgumentNode], group, oneof].flatMap((list) => list === undefined ? [] : within(list))
    ),
  ];
  return ((facts.forms ?? [facts.args ?? []]) as ArgumentNode[][]).flatMap(within);
}

/** All nodes, whatever they stand in. */
function nodesOf(facts: Command): ArgumentNode[] {
  return lists(facts).flat();
}

/** What a row may call a node: its name, a word of it, or its key. */
function namesOf(node: ArgumentNode): string[] {
  const words = spelled(node);
  return [...words, ...words.map(camelCase), ...[node.name, node.as].filter((name) => name !== undefined)];
}

/** The words that a node may send. */
function spelled(node: ArgumentNode): string[] {
  const texts = [node.token, node.flag, ...Array.isArray(node.enum) ? node.enum : [], ...node.or ?? []];
  return texts.filter((text) => text !== undefined).flatMap((text) => [text, ...text.split(" ")]);
}
