/**
 * What the data covers, as a table: `deno task codegen --stats`.
 *
 * @module
 */
import { type ArgumentNode, type Branch, type Command, type CommandsFile, isEmitted, isStateful } from "./model.ts";
import { parseReply, type ReplyType } from "./reply.ts";

/** Where commands come from, and how to tell. */
const FAMILIES: [name: string, has: (facts: Command) => boolean][] = [
  ["core", (facts) => facts.module === undefined],
  ["modules", (facts) => facts.module !== undefined],
  ["all", () => true],
];

/** What is counted of the commands that have a method. */
const COUNTS: [name: string, is: (facts: Command) => boolean][] = [
  ["with typed arguments", (facts) => !takesAnything(facts)],
  ["with typed replies", (facts) => !branches(facts).some((branch) => holdsAny(parseReply(branch.type)))],
  ["reply depends on options", (facts) => branches(facts).length > 1],
  ["reply of the caller's type", (facts) => branches(facts).every((branch) => branch.type === "any")],
  ["arguments by an override", isOverridden],
  ["facts that mend the sources", (facts) => facts.fix !== undefined],
  ["only on a session", isStateful],
];

/** The table, a line for each count; of those with a method their share too. */
export function stats(file: CommandsFile): string {
  const commands = Object.entries(file).filter(([name]) => !name.startsWith("$")).map(([, facts]) => facts as Command);
  const of = FAMILIES.map(([, has]) => commands.filter(has));
  const emitted = of.map((some) => some.filter(isEmitted));
  const lines = [
    ["", ...FAMILIES.map(([name]) => name)],
    ["commands", ...of.map((some) => String(some.length))],
    ["with a method", ...emitted.map((some) => String(some.length))],
    ...COUNTS.map(([name, is]) => [`  ${name}`, ...emitted.map((some) => share(some.filter(is).length, some.length))]),
  ];
  return lines.map(([name, ...cells]) => name.padEnd(30) + cells.map((cell) => cell.padStart(16)).join("")).join("\n");
}

function share(part: number, whole: number): string {
  return `${part} (${whole === 0 ? 0 : Math.round(part / whole * 1000) / 10} %)`;
}

/** Whether its arguments are a guess from its arity and keys, as of a command that nobody described. */
function takesAnything(facts: Command): boolean {
  const nodes = (facts.args ?? []) as ArgumentNode[];
  return nodes.some((node) => node.name === "args" && node.list === "tail") &&
    nodes.every((node) => node.type === "key" || /^arg(s|\d+)$/.test(node.name ?? ""));
}

function branches(facts: Command): Branch[] {
  return typeof facts.reply === "string" ? [{ type: facts.reply }] : facts.reply;
}

/** Whether somewhere in the type is something that nobody knows. */
function holdsAny(type: ReplyType): boolean {
  switch (type.kind) {
    case "name":
      return type.name === "any";
    case "nullable":
    case "array":
      return holdsAny(type.of);
    case "union":
      return type.of.some(holdsAny);
    case "map":
      return holdsAny(type.value);
    case "pairs":
      return holdsAny(type.first) || holdsAny(type.second);
    case "tuple":
      return type.items.some((item) => holdsAny(item.type));
    case "struct":
      return type.fields.some((field) => holdsAny(field.type));
    default:
      return false;
  }
}

/** Whether the rule alone would not have made its signature: a form named by hand, or several forms. */
function isOverridden(facts: Command): boolean {
  const named = (node: ArgumentNode): boolean =>
    node.ts !== undefined && node.ts !== "pairs" || [...node.group ?? [], ...node.oneof ?? []].some(named);
  return facts.forms !== undefined || ((facts.args ?? []) as ArgumentNode[]).some(named);
}
