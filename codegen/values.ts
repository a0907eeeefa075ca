/**
 * What a single node's value is in TypeScript, and the words that it becomes on the wire.
 *
 * @module
 */
import type { ArgumentNode, ScalarType } from "./model.ts";
import { camelCase, pascal } from "./names.ts";

const TYPES: Record<ScalarType, string> = {
  key: "Key",
  value: "Value",
  int: "number",
  int64: "Int64",
  double: "number",
  "score-bound": "ScoreBound",
  "lex-bound": "LexBound",
  "time-s": "Time",
  "time-ms": "Time",
  pattern: "Value",
  id: "Value",
  cursor: "Value",
  bytes: "Value",
  json: "Value",
  "yes-no": "boolean",
  "on-off": "boolean",
  "true-false": "boolean",
};

/** The names of the scalar types. */
export const SCALAR_TYPES: readonly string[] = Object.keys(TYPES);

/** Whether a node is one value: a scalar or an enum, not a list. */
export function isScalar(node: ArgumentNode): boolean {
  return (node.type !== undefined || node.enum !== undefined) && node.list === undefined;
}

/** The TypeScript type of one value of a scalar or enum node. */
export function scalarType(node: ArgumentNode): string {
  if (typeof node.enum === "string") return pascal(node.enum);
  const literals = (node.enum ?? node.or ?? []).map((word) => JSON.stringify(word)).join(" | ");
  if (node.type === undefined) return literals;
  const type = TYPES[node.type];
  return literals === "" || type === "Value" || type === "Key" ? type : `${type} | ${literals}`;
}

/** The expressions of the words that a value becomes. */
export function scalarWords(node: ArgumentNode, expr: string): string[] {
  if (node.enum !== undefined) {
    const split = Array.isArray(node.enum) && node.enum.some((word) => word.includes(" "));
    return [split ? `...String(${expr}).split(" ")` : expr];
  }
  const convert = conversion(node);
  return [convert === undefined ? expr : convert(expr)];
}

/** How a value is turned into a word, where it is not one already. */
export function conversion(node: ArgumentNode): ((expr: string) => string) | undefined {
  const words = node.or ?? [];
  const unlessWord = (convert: string) => (expr: string) =>
    words.length === 0 ? `${convert}(${expr})` : `typeof ${expr} === "string" ? ${expr} : ${convert}(${expr})`;
  switch (node.type) {
    case "time-s":
      return unlessWord("seconds");
    case "time-ms":
      return unlessWord("milliseconds");
    case "yes-no":
      return (expr) => `${expr} ? "YES" : "NO"`;
    case "on-off":
      return (expr) => `${expr} ? "ON" : "OFF"`;
    case "true-false":
      return (expr) => `${expr} ? "true" : "false"`;
    default:
      return undefined;
  }
}

/** The words of a token as string literals. */
export function literals(token: string | undefined): string[] {
  return token === undefined ? [] : token.split(" ").map((word) => JSON.stringify(word));
}

/** The key of an option, or of a member of an object. Nobody could tell whether one that all objects inherit was given. */
export function optionKey(node: ArgumentNode): string {
  const { name = "" } = node;
  const key = node.as ?? (camelCase(node.token ?? node.flag ?? "") ||
    (/^[a-z][A-Za-z0-9]*$/.test(name) ? name : camelCase(name)));
  if (key === "" || key in {}) throw new Error(`${JSON.stringify(node).slice(0, 60)} needs "as" or "name"`);
  return /^[0-9]/.test(key) ? `_${key}` : key;
}
