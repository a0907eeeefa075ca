/**
 * Writes `commands.json` so that a change of one fact is a change of one line.
 *
 * @module
 */
import type { Branch, Command, CommandsFile, Node } from "./model.ts";

const COMMAND_KEYS = [
  "group",
  "since",
  "module",
  "doc",
  "note",
  "args",
  "forms",
  "reply",
  "null",
  "returns",
  "complexity",
  "ro",
  "write",
  "conn",
  "keys",
  "route",
  "merge",
  "deprecated",
  "src",
  "fix",
];

const NODE_KEYS = [
  "flag",
  "token",
  "name",
  "type",
  "enum",
  "or",
  "range",
  "mid",
  "list",
  "count",
  "empty",
  "repeat",
  "opt",
  "needs",
  "not",
  "as",
  "ts",
  "since",
  "doc",
  "oneof",
  "group",
];

/** The file as text: commands sorted by name, one argument node a line, keys in a fixed order, a line feed at the end. */
export function formatCommands(file: CommandsFile): string {
  const names = Object.keys(file).filter((name) => !name.startsWith("$")).sort();
  const heads = Object.keys(file).filter((name) => name.startsWith("$")).sort();
  const parts = [
    ...heads.map((name) => ` ${JSON.stringify(name)}: ${table(file[name])}`),
    ...names.map((name) => ` ${JSON.stringify(name)}: ${command(name, file[name] as Command)}`),
  ];
  return `{\n${parts.join(",\n")}\n}\n`;
}

function table(value: unknown): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const rows = Object.entries(value).sort(([a], [b]) => a < b ? -1 : 1);
  if (rows.length === 0) return "{}";
  return `{\n${rows.map(([name, row]) => `  ${JSON.stringify(name)}: ${JSON.stringify(row)}`).join(",\n")}\n }`;
}

function command(name: string, value: Command): string {
  const unknown = Object.keys(value).find((key) => !COMMAND_KEYS.includes(key));
  if (unknown !== undefined) throw new TypeError(`${name}: unknown key ${unknown}`);
  const lines = COMMAND_KEYS.filter((key) => key in value).map((key) => {
    const field = value[key as keyof Command];
    return `  ${JSON.stringify(key)}: ${commandField(name, key, field)}`;
  });
  return `{\n${lines.join(",\n")}\n }`;
}

function commandField(name: string, key: string, value: unknown): string {
  if (key === "args") return nodes(name, value as Node[], "   ");
  if (key === "forms") {
    return `[\n${(value as Node[][]).map((form) => `   ${nodes(name, form, "    ")}`).join(",\n")}\n  ]`;
  }
  if (key === "reply" && Array.isArray(value)) {
    return `[\n${(value as Branch[]).map((branch) => `   ${JSON.stringify(branch)}`).join(",\n")}\n  ]`;
  }
  return JSON.stringify(value);
}

function nodes(name: string, list: readonly Node[], indent: string): string {
  if (list.length === 0) return "[]";
  const rows = list.map((node) => indent + JSON.stringify(ordered(name, node)));
  return `[\n${rows.join(",\n")}\n${indent.slice(1)}]`;
}

/** A node with its keys in the fixed order, and its members' too. */
function ordered(name: string, node: Node): unknown {
  const unknown = Object.keys(node).find((key) => !NODE_KEYS.includes(key));
  if (unknown !== undefined) throw new TypeError(`${name}: unknown key ${unknown} in ${JSON.stringify(node)}`);
  const out: Record<string, unknown> = {};
  for (const key of NODE_KEYS) {
    const value = (node as unknown as Record<string, unknown>)[key];
    if (value === undefined) continue;
    const members = key === "oneof" || key === "group";
    out[key] = members
      ? (value as Node[]).map((member) => ordered(name, member))
      : key === "mid"
      ? ordered(name, value as Node)
      : value;
  }
  return out;
}
