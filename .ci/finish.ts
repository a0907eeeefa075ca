/**
 * What is done to a file that esbuild wrote.
 *
 * @module
 */

/** A class at the top level, up to its last line. */
const CLASS = /^var (\w+) = class( extends \w+)? \{$([^]*?)^\};$/gm;

/** A member whose name is an expression, unless that is one of the language's own symbols. */
const COMPUTED = /^ {2}(?:async )?\*?\[(?!Symbol\.)/m;

/** A value at the top level that is no class, function or literal, on one line or up to a line that ends a bracket. */
const VALUE = /^var (\w+) = (?!class|function|async|[("`/])(.*|.*[[({]\n(?: .*\n)*[\])}].*);$/gm;

/** One call whose arguments call nothing. */
const CALL = /^(?:new )?[\w.]+\([^()]*\)$/;

/** A class without members of its own, and what puts it on its commands. */
const GRAFTED = /^var (\w+) = class( extends \w+) \{\n\};\ngraft\(\1, (\w+)\);$/gm;

/** The whole of it. */
export function finish(text: string): string {
  return withoutEffects(withOwnNames(withoutDocs(text)));
}

/** The declarations have them, and an import is faster without: they are half of the text. */
function withoutDocs(text: string): string {
  return text.replace(/^ *\/\*\*(?:[^*]|\*(?!\/))*\*\/\n/gm, "");
}

/** A class that names itself is `var Cluster = class _Cluster` here; people are to see what we call it. */
function withOwnNames(text: string): string {
  const renamed = Array.from(text.matchAll(/^var (\w+) = class _\1\b/gm), ([, name]) => name!);
  return renamed.reduce((text, name) => text.replace(new RegExp(`\\b_${name}\\b`, "g"), name), text);
}

/**
 * Says of each value at the top level what `sideEffects: false` says of the whole: that without its name nobody needs it.
 * Bundlers leave out what they may. JSR's package.json for npm does not have that line, and modules that share a file
 * are kept or left out statement by statement.
 */
function withoutEffects(text: string): string {
  return text.replace(GRAFTED, "var $1 = /* @__PURE__ */ graft(class $1$2 {\n}, $3);").replace(
    VALUE,
    (whole, name: string, value: string) => {
      if (!value.includes("(")) return whole;
      return `var ${name} = ${CALL.test(value) ? `/* @__PURE__ */ ${value}` : pure(value)};`;
    },
  ).replace(CLASS, (whole, name: string, base: string | undefined, body: string) => {
    return COMPUTED.test(body) ? `var ${name} = ${pure(`class ${name}${base ?? ""} {${body}}`)};` : whole;
  });
}

/** An expression of any kind as a call, for only calls can be marked. */
function pure(expression: string): string {
  const value = expression.startsWith("{") ? `(${expression})` : expression;
  return `/* @__PURE__ */ (() => ${value})()`;
}
