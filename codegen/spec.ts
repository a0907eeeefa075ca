/**
 * From a command to the expression of its `CommandSpec`: flags, where its keys are, cluster policies.
 *
 * @module
 */
import { type ArgumentNode, type Command, isStateful } from "./model.ts";
import { isBinary, parseReply } from "./reply.ts";

/** `new CommandSpec(…)` for a command. */
export function printSpec(command: string, facts: Command): string {
  const args = [
    printFlags(facts),
    printKeys(facts),
    JSON.stringify(facts.route ?? ""),
    JSON.stringify(facts.merge ?? ""),
  ];
  const defaults = ["0", '"none"', '""', '""'];
  while (args.length > 0 && args.at(-1) === defaults[args.length - 1]) args.pop();
  return `new CommandSpec(${[JSON.stringify(command), ...args].join(", ")})`;
}

function printFlags(facts: Command): string {
  const flags: string[] = [];
  if (facts.ro) flags.push("READ_ONLY");
  if (facts.write) flags.push("WRITE");
  if (facts.conn === "blocking" || facts.conn === "session:blocking") flags.push("BLOCKING");
  else if (facts.conn?.startsWith("blocking:")) flags.push("BLOCKING_OPTION");
  if (isStateful(facts)) flags.push("SESSION");
  const types = typeof facts.reply === "string" ? [facts.reply] : facts.reply.map((branch) => branch.type);
  if (types.some((type) => isBinary(parseReply(type)))) flags.push("BINARY");
  return flags.length === 0 ? "0" : flags.join(" | ");
}

/** Where the keys are, as a spec has it. */
export function printKeys(facts: Command): string {
  if (facts.keys !== undefined) return printRule(facts.keys);
  const [first, ...others] = (facts.forms ?? [facts.args ?? []]) as ArgumentNode[][];
  // What a reply depends on must be known in full. Of a write that holds whatever its arguments say.
  const all = facts.write !== true;
  const key = deriveKeys(first, all);
  return others.some((form) => deriveKeys(form, all) !== key) ? '"unknown"' : key;
}

/** A rule that the data states. */
export function printRule(rule: string): string {
  if (rule === "?") return '"unknown"';
  if (rule === "none") return '"none"';
  if (/^streams$|^STREAMS/.test(rule)) return '"streams"';
  const numkeys = /^(?:numkeys:|#)(\d+)$/.exec(rule);
  if (numkeys !== null) return `["numkeys", ${numkeys[1]}]`;
  const range = /^(-?\d+)(?:\.\.(-?\d+)(?::(\d+))?)?$/.exec(rule);
  if (range === null) throw new Error(`keys: ${JSON.stringify(rule)} is not a rule`);
  const [, first, last, step] = range;
  return last === undefined ? first : `[${first}, ${last}, ${step ?? 1}]`;
}

/**
 * Reads off the tree where the keys are: after how many words the first one comes, and how they go on. `all`: the first ones
 * will not do where there are others further away.
 */
function deriveKeys(nodes: readonly ArgumentNode[], all: boolean): string {
  const flat = nodes.flatMap(open);
  if (!flat.some(holdsKey)) return '"none"';
  let at = 1;
  for (const [index, node] of flat.entries()) {
    const after = flat.slice(index + 1);
    const words = node.token?.split(" ").length ?? 0;
    if (holdsKey(node)) {
      return node.opt === undefined || node.empty || node.list === "tail"
        ? keyRule(node, at + words, after, all)
        : '"unknown"';
    }
    const width = fixedWidth(node);
    if (width === undefined) return '"unknown"';
    at += width;
  }
  return '"unknown"';
}

/** A required group without a list stands for its members. */
function open(node: ArgumentNode): ArgumentNode[] {
  if (node.group === undefined || node.list !== undefined || node.opt !== undefined) return [node];
  const token: ArgumentNode[] = node.token === undefined ? [] : [{ flag: node.token }];
  return [...token, ...node.group.flatMap(open)];
}

function holdsKey(node: ArgumentNode): boolean {
  return node.type === "key" || [...node.group ?? [], ...node.oneof ?? []].some(holdsKey);
}

function fixedWidth(node: ArgumentNode): number | undefined {
  if (node.flag !== undefined && node.opt === undefined) return node.flag.split(" ").length;
  if (node.opt !== undefined || node.list !== undefined || node.type === undefined && node.enum === undefined) {
    return undefined;
  }
  return (node.token?.split(" ").length ?? 0) + 1;
}

function keyRule(node: ArgumentNode, at: number, after: readonly ArgumentNode[], all: boolean): string {
  if (node.list === "zip") return '"streams"';
  // Beside a key, or before it, there may be words of any kind: only of plain values behind it is known how many.
  if (all && node.list !== undefined && after.some(holdsKey)) return '"unknown"';
  const members = node.group ?? [];
  const isPlain = members.every((part, i) => fixedWidth(part) === 1 && (i === 0) === (part.type === "key"));
  if (node.repeat || !isPlain) return '"unknown"';
  if (node.list === "counted") return members.length > 1 ? '"unknown"' : `["numkeys", ${at}]`;
  const widths = after.map(fixedWidth);
  if (node.list !== undefined) {
    if (widths.includes(undefined)) return '"unknown"';
    const trailing = (widths as number[]).reduce((sum, width) => sum + width, 0);
    return `[${at}, ${-1 - trailing}, ${node.group?.length ?? 1}]`;
  }
  if (node.type !== "key") return '"unknown"';
  return follow(at, after, all);
}

/** One key; others may follow right after it (RENAME), the last of them to the end, or further away (SORT … STORE). */
function follow(at: number, after: readonly ArgumentNode[], all: boolean): string {
  const end = after.findIndex((node) => !isOneKey(node));
  const more = end < 0 ? after.length : end;
  const [next, ...rest] = after.slice(more);
  const isList = next?.type === "key" && next.token === undefined && ["tail", "array"].includes(next.list ?? "");
  if (isList && rest.length === 0) return `[${at}, -1, 1]`;
  if (all && next !== undefined && [next, ...rest].some(holdsKey)) return '"unknown"';
  return more === 0 ? String(at) : `[${at}, ${at + more}, 1]`;
}

function isOneKey({ type, token, list, opt }: ArgumentNode): boolean {
  return type === "key" && token === undefined && list === undefined && opt === undefined;
}
