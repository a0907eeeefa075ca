/**
 * Prints statements by itself: what users' generators do, who shall not have to install anything. A test holds it against
 * what ts-morph prints.
 *
 * @module
 */
import type { Signature } from "./parts.ts";
import type { ClassText, MethodText, Statements } from "./statements.ts";

/** The statements as the text of a file. */
export function assembleText(source: Statements): string {
  const { all } = source;
  const parts = all.map((statement, at) => {
    const text = typeof statement === "string" ? statement : printClass(statement);
    // A class stands apart from what is before and after it.
    const apart = at > 0 && (typeof statement !== "string" || typeof all[at - 1] !== "string");
    return `${apart ? "\n" : ""}${text}${text.endsWith("\n") ? "" : "\n"}`;
  });
  return parts.join("");
}

function printClass(printed: ClassText): string {
  const parameters = printed.typeParameters.map((one) => `${one.name} extends ${one.constraint} = ${one.default}`);
  const parent = printed.extends === undefined ? "" : ` extends ${printed.extends}`;
  const methods = printed.methods.map((method) => printMethod(method).map((line) => line && `  ${line}`).join("\n"));
  return [
    ...docLines(printed.docs),
    `export abstract class ${printed.name}<${parameters.join(", ")}>${parent} {`,
    methods.join("\n\n"),
    "}",
  ].join("\n");
}

function printMethod(method: MethodText): string[] {
  const head = `${method.body === undefined ? "abstract " : ""}${method.name}`;
  const overloads = method.overloads ?? [];
  const lines = overloads.length > 0 ? [] : docLines(method.docs);
  for (const { docs, signature } of overloads) lines.push(...docLines(docs), `${method.name}${print(signature)};`);
  if (method.body === undefined) return [...lines, `${head}${print(method.signature)};`];
  return [...lines, `${head}${print(method.signature)} {`, ...method.body.map((line) => `  ${line}`), "}"];
}

function print({ generics, params, returns }: Signature): string {
  return `${generics}(${params}): ${returns}`;
}

/** A docstring: on one line if it is one. */
function docLines(lines: readonly string[]): string[] {
  if (lines.length === 1) return [`/** ${lines[0]} */`];
  return ["/**", ...lines.map((line) => line === "" ? " *" : ` * ${line}`), " */"];
}
