/**
 * Turns a source's argument tree into ours.
 *
 * The sources spell one and the same thing in several ways: a token as a field of its value, as a first member of a block,
 * or as the token of a block around it; a count that only says how many values follow; a choice with one alternative. What
 * comes out has one spelling for each thing, so that everything after this has one case for each.
 *
 * @module
 */
import type { Modifiers, Node, ScalarType } from "./model.ts";
import type { SourceArgument } from "./sources/source.ts";

/** What {@link normalise} gives: the nodes, and what it had to guess. */
export interface Normalised {
  readonly nodes: Node[];
  /** One sentence each, for the person who reviews the merge. */
  readonly doubts: string[];
}

/** A node under construction: any of them, before it is known which. */
interface Draft extends Modifiers {
  name?: string;
  type?: ScalarType;
  flag?: string;
  enum?: string[];
  oneof?: Draft[];
  group?: Draft[];
}

/** Turns a command's arguments into nodes of `commands.json`. */
export function normalise(args: readonly SourceArgument[]): Normalised {
  const doubts: string[] = [];
  const drafts = siblings(args, doubts);
  const last = drafts.at(-1);
  const lists = drafts.filter((draft) => draft.list).length;
  if (last?.list === "array" && lists === 1 && !last.token && isPlain(last) && !drafts.some(isOption)) {
    last.list = "tail";
  }
  return { nodes: drafts as Node[], doubts };
}

/** Whether an integer says how many of what follows there are: its name says just that, or of what (`numkeys`). */
function isCount({ name }: SourceArgument, next: SourceArgument): boolean {
  if (/^(num|n?args|count)$/i.test(name)) return true;
  const [, counted] = /^num(.+)/i.exec(name) ?? [];
  const same = (text: string) => plural(camel(text)).toLowerCase();
  return counted !== undefined &&
    [next, ...next.children].some((one) => [one.name, one.type].map(same).includes(same(counted)));
}

/** Whether a count is one of arguments, of which a row has several (`SORTBY 2 @price DESC`). */
function countsWords({ name }: SourceArgument): boolean {
  return /^n?args$/i.test(name);
}

function siblings(args: readonly SourceArgument[], doubts: string[]): Draft[] {
  const out: Draft[] = [];
  for (let at = 0; at < args.length; at++) {
    const arg = args[at];
    const next = args[at + 1];
    // A count that says how many values follow: the caller passes the values, the encoder counts them.
    if (arg.type === "integer" && !arg.optional && next?.multiple && !next.token && isCount(arg, next)) {
      const nodes = convert(next, doubts);
      // Of values with a word before each nobody says whether the words count: the caller does it.
      if (!nodes.some((node) => node.repeat)) {
        for (const { opt, ...node } of nodes) {
          if (arg.token !== undefined) node.token = arg.token;
          if (countsWords(arg) && (node.group ?? node.oneof) !== undefined) node.count = "words";
          // An optional list behind a required count: no values means a count of 0.
          out.push({ ...node, list: "counted", ...(opt ? { opt, empty: true as const } : {}) });
        }
        at++;
        continue;
      }
    }
    out.push(...convert(arg, doubts));
  }
  return out;
}

/** One source node gives one node of ours, or several when a block dissolves into its surroundings. */
function convert(arg: SourceArgument, doubts: string[]): Draft[] {
  const nodes = base(arg, doubts);
  if (nodes.length !== 1) return nodes;
  const node = nodes[0];
  if (arg.multiple) {
    node.list ??= "array";
    if (node.name) node.name = plural(node.name);
    // A word that begins what is there several times is sent with each of it: `[FILTER field min max [FILTER …]]`.
    if (node.token !== undefined && (arg.multipleToken || arg.token === undefined)) node.repeat = true;
  }
  if (arg.optional) node.opt = true;
  if (arg.since && !node.since) node.since = arg.since;
  return [node];
}

function base(arg: SourceArgument, doubts: string[]): Draft[] {
  if (arg.type === "pure-token") {
    if (arg.token === undefined) doubts.push(`${arg.name}: a token without its word`);
    return [{ flag: arg.token ?? arg.name.toUpperCase() }];
  }
  if (arg.type === "oneof") return arg.children.length === 0 ? [] : [choice(arg, doubts)];
  if (arg.type === "block") return block(arg, doubts);
  const node: Draft = { name: camel(arg.name), type: scalarType(arg) };
  if (arg.token !== undefined) node.token = arg.token;
  return [node];
}

/** A choice: of words only (an enumeration or exclusive flags), or of alternatives that carry values. */
function choice(arg: SourceArgument, doubts: string[]): Draft {
  const token = arg.token === undefined ? {} : { token: arg.token };
  const members = arg.children.map((child) => {
    const nodes = convert(child, doubts);
    return nodes.length === 1 ? nodes[0] : { group: nodes };
  });
  if (members.length === 1) return under(arg.token, members[0]);
  if (members.every((member) => member.flag !== undefined)) {
    const exclusive = arg.optional && arg.token === undefined && !arg.multiple;
    const words = members.map((member) => member.flag!);
    const name = camel(arg.name);
    if (words.join() === "ON,OFF") return { name, type: "on-off", ...token };
    if (words.join() === "YES,NO") return { name, type: "yes-no", ...token };
    if (!exclusive) return { name, enum: words, ...token };
  }
  const values = members.filter((member) => member.flag === undefined);
  const [value] = values;
  // One plain value or a word in its place (`id | $`): a value that accepts the word.
  if (values.length === 1 && value.type !== undefined && value.token === undefined && !value.list) {
    return { ...value, or: members.flatMap((member) => member.flag ?? []), ...token };
  }
  return { oneof: members, ...token };
}

function block(arg: SourceArgument, doubts: string[]): Draft[] {
  let members = siblings(arg.children, doubts);
  let token = arg.token;
  const first = members[0];
  if (!first) return token === undefined ? [] : [{ flag: token }];
  if (members.length > 1 && members.every((one) => one.flag !== undefined && !one.opt && !one.list)) {
    return [under(token, { flag: members.map((one) => one.flag).join(" ") })];
  }
  if (token === undefined && first.flag !== undefined && !first.opt && !first.list && members.length > 1) {
    token = first.flag;
    members = members.slice(1);
  } else if (
    token === undefined && first.token !== undefined && !first.opt && !first.list && first.type && members.length > 1
  ) {
    token = first.token;
    const { token: _, ...bare } = first;
    members = [bare, ...members.slice(1)];
  }
  if (members.length === 1) {
    const only = { ...members[0] };
    // Both the block and its only member are lists: two levels that do not fold into one.
    const folds = token === undefined || only.token === undefined && !only.opt;
    if (!(only.list && arg.multiple) && folds) {
      if (arg.since && !only.since) only.since = arg.since;
      if (arg.optional) only.opt = true;
      return [under(token, only)];
    }
  }
  return dissolve(arg, token, members);
}

/** A node behind a word. Words in a row are one flag. */
function under(token: string | undefined, node: Draft): Draft {
  if (token === undefined) return node;
  if (node.flag !== undefined) return { ...node, flag: `${token} ${node.flag}` };
  return { ...node, token: node.token === undefined ? token : `${token} ${node.token}` };
}

/** A block that needs no object of its own gives its members to its surroundings. */
function dissolve(arg: SourceArgument, token: string | undefined, members: Draft[]): Draft[] {
  const [first, ...rest] = members;
  if (!arg.multiple) {
    if (!arg.optional && token === undefined) return members;
    const dependent = rest.length > 0 && first.type !== undefined && !first.opt && !first.list &&
      rest.every((node) => node.opt && (node.flag !== undefined || node.token !== undefined));
    const word = token ?? first.token;
    if (dependent && word !== undefined && !(token !== undefined && first.token !== undefined)) {
      const head: Draft = { ...first, token: word };
      if (arg.optional) head.opt = true;
      if (arg.since) head.since = arg.since;
      return [head, ...rest.map((node) => ({ ...node, needs: word }))];
    }
  }
  if (token !== undefined) return [{ token, group: members, ...(arg.multiple ? { name: camel(arg.name) } : {}) }];
  // An optional group that starts with a plain value continues the positional parameters: it has no name of its own.
  const positional = arg.optional && !arg.multiple && first.type !== undefined && !first.opt &&
    first.token === undefined;
  return [positional ? { group: members.map(unit) } : { name: camel(arg.name), group: members }];
}

/** Exclusive flags at the end of positional parameters are one more parameter, not options. */
function unit(node: Draft): Draft {
  if (!node.oneof?.every((member) => member.flag !== undefined)) return node;
  const { oneof, ...rest } = node;
  return { name: "unit", enum: oneof.map((member) => member.flag!), ...rest };
}

function plural(name: string): string {
  if (/s$|data$/.test(name)) return name;
  return /[^aeiou]y$/.test(name) ? `${name.slice(0, -1)}ies` : /(x|ch)$/.test(name) ? `${name}es` : `${name}s`;
}

function isPlain(node: Draft): boolean {
  return node.type !== undefined || (node.group?.every((member) => member.type !== undefined && !member.list) ?? false);
}

/** Whether a node becomes an option, or has something in it that does: beside options no list may be a rest parameter. */
function isOption(node: Draft): boolean {
  if (node.opt === true) return !(node.type !== undefined && node.token === undefined);
  // A choice that must be made is one between options, and a group that must be there stands for its members.
  return node.list === undefined && (node.oneof !== undefined || (node.group?.some(isOption) ?? false));
}

function scalarType(arg: SourceArgument): ScalarType {
  switch (arg.type) {
    case "key":
      return "key";
    case "integer":
      // Nobody tells how large it may get: ids and counters may be of 64 bits, and a cursor is given back as it came.
      return /cursor/i.test(arg.name) ? "cursor" : "int64";
    case "double":
      return "double";
    case "pattern":
      return "pattern";
    case "unix-time":
      return /milli|ms/i.test(arg.name) || arg.token === "PXAT" ? "time-ms" : "time-s";
    default:
      return "value";
  }
}

/** `min-idle-time` → `minIdleTime`; a name in capitals becomes lower case. */
export function camel(name: string): string {
  const words = name.replaceAll(/[^A-Za-z0-9]+/g, " ").trim().split(" ");
  return words.map((word, at) => {
    const plain = word === word.toUpperCase() ? word.toLowerCase() : word[0].toLowerCase() + word.slice(1);
    return at === 0 ? plain : plain[0].toUpperCase() + plain.slice(1);
  }).join("");
}
