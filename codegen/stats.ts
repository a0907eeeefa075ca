/**
 * What the data covers, as a table: `deno task codegen --stats`.
 *
 * @module
 */
import { type ArgumentNode, type Branch, type Command, type CommandsFile, isEmitted } from "./model.ts";
import { parseReply, type ReplyType } from "./reply.ts";

/** Where commands come from, and how to tell. */
const FAMILIES: [name: string, has: (facts: Command) => boolean][] = [
  ["core", (facts) => facts.module === undefined],
  ["modules", (facts) => facts.module !== undefined],
  ["all", () => true],
];

/** What is counted of the commands that have a method. */
const COUNTS: [name: string, is: (facts: Command) => boolean][] = [
  ["with typed replies", (facts) => !branches(facts).some((branch) => holdsAny(parseReply(branch.type)))],
  ["reply depends on options", (facts) => branches(facts).length > 1],
  ["reply of the caller's type", (facts) => branches(facts).every((branch) => branch.type === "any")],
  ["arguments by an override", isOverridden],
  ["facts that mend the sources", (facts) => facts.fix !== undefined],
  ["only on a session", (facts) => facts.conn === "session"],
];

/** The table, a line for each count. */
export function stats(file: CommandsFile): string {
  const commands = Object.entries(file).filter(([name]) => !name.startsWith("$")).map(([, facts]) => facts as Command);
  const rows: [string, ((facts: Command) => boolean)][] = [
    ["commands", () => true],
    ["with a method", isEmitted],
    ...COUNTS.map((
      [name, is],
    ): [string, (facts: Command) => boolean] => [`  ${name}`, (facts) => isEmitted(facts) && is(facts)]),
  ];
  const lines = [
    ["", ...FAMILIES.map(([name]) => name)],
    ...rows.map(([name, is]) => [
      name,
      ...FAMILIES.map(([, has]) => String(commands.filter((facts) => has(facts) && is(facts)).length)),
    ]),
  ];
  return lines.map(([name, ...cells]) => name.padEnd(32) + cells.map((cell) => cell.padStart(9)).join("")).join("\n");
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
