/**
 * Lists that a function of src/command/args.ts appends, so that no loop has to be written for them.
 *
 * @module
 */
import type { ArgumentNode } from "./model.ts";
import { isPairs } from "./nodes.ts";
import { conversion } from "./values.ts";

/** The function of src/command/args.ts that appends a list, where there is one for it. */
export function listCall(node: ArgumentNode, expr: string): ((acc: string) => string) | undefined {
  if (node.repeat || node.count === "words") return undefined;
  if (isPairs(node)) {
    if (node.list === "zip") return (acc) => `pushZipped(${acc}, ${expr})`;
    const reversed = node.ts === "pairs-reversed";
    if (node.list === "counted") return reversed ? undefined : (acc) => `pushCountedPairs(${acc}, ${expr})`;
    const { range } = node.group![1]!;
    if (node.list === "tail" && range !== undefined) {
      return (acc) => `pushBounded(${acc}, ${expr}, ${range.join(", ")})`;
    }
    if (node.list === "tail") return (acc) => joined("pushPairArgs", "withPairs", acc, expr);
    return (acc) => `${reversed ? "pushReversed" : "pushPairs"}(${acc}, ${expr})`;
  }
  if (node.group !== undefined || node.oneof !== undefined) return undefined;
  if (Array.isArray(node.enum) && node.enum.some((word) => word.includes(" "))) return undefined;
  const convert = conversion(node);
  if (node.list === "joined") return (acc) => `pushJoined(${acc}, ${expr})`;
  if (node.list === "each") return (acc) => `pushEach(${acc}, ${expr})`;
  if (node.list === "some") return (acc) => `pushAll(${acc}, [${expr}].flat())`;
  if (node.list === "tail") {
    return convert === undefined
      ? (acc) => acc === "[]" ? `many(${expr})` : joined("pushMany", "withMany", acc, expr)
      : undefined;
  }
  const whole = expr.includes(" ") ? `(${expr})` : expr;
  const items = convert === undefined ? expr : `${whole}.map((item) => ${convert("item")})`;
  return (acc) => `${node.list === "counted" ? "pushCounted" : "pushAll"}(${acc}, ${items})`;
}

/** A call that appends to words; where these are only one, the call that starts with it. */
function joined(push: string, start: string, acc: string, expr: string): string {
  const [, only] = /^\[([\w."-]+)\]$/.exec(acc) ?? [];
  return only === undefined ? `${push}(${acc}, ${expr})` : `${start}(${only}, ${expr})`;
}
