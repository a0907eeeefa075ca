/**
 * The named types and shapes of replies.
 *
 * @module
 */
import { DECODERS } from "./decoders.ts";
import type { Context } from "./parts.ts";
import { namesIn, parseReply, type ReplyType } from "./reply.ts";
import { printShape, printType } from "./reply_print.ts";

/** The shapes that replies ask for by name, and their files. */
const DECODER_FILES = Object.entries(DECODERS).map(([name, { file }]) => [name, file]);

/** A reply type longer than this gets a name of its own. */
const LONG_TYPE = 90;

/** The named types and shapes: those of `$types`, and what gets a name because it is long or used. */
export class Names implements Context {
  readonly #types: Map<string, ReplyType>;
  readonly #generics = new Map<string, ("S" | "I")[]>();
  readonly #aliases = new Map<string, { text: string; doc: string }>();
  readonly #shapes = new Map<string, string>();
  readonly #shapeNames = new Map<string, string>();
  readonly #claimed = new Set<string>();

  constructor(types: Record<string, string>) {
    this.#types = new Map(Object.entries(types).map(([name, source]) => [name, parseReply(source)]));
    for (const [name, type] of this.#types) {
      for (const other of namesIn(type)) {
        if (!this.#types.has(other)) throw new Error(`$types.${name}: there is no type ${other}`);
      }
    }
    // Which of S and I a type takes depends on the types in it: repeat until nothing changes.
    for (let changed = true; changed;) {
      changed = false;
      for (const [name, type] of this.#types) {
        const needs = this.#isEnum(type) ? [] : letters(printType(type, this.#generics));
        if (needs.length > (this.#generics.get(name)?.length ?? 0)) {
          this.#generics.set(name, needs);
          changed = true;
        }
      }
    }
  }

  /** A union of words only is used for arguments too: plain literals. */
  #isEnum(type: ReplyType): boolean {
    return type.kind === "union" && type.of.every((member) => member.kind === "text");
  }

  type(type: ReplyType, name: string): string {
    for (const other of namesIn(type)) if (!this.#types.has(other)) throw new Error(`reply: there is no type ${other}`);
    const outer = type.kind === "nullable" ? type.of : type;
    const inner = outer.kind === "array" ? outer.of : outer;
    const text = printType(inner, this.#generics);
    if (text.length <= LONG_TYPE || inner.kind === "union") return printType(type, this.#generics);
    const known = [...this.#aliases].find(([, alias]) => alias.text === text);
    const alias = known?.[0] ?? name;
    if (known === undefined) {
      this.#aliases.set(alias, { text, doc: `What \`${name.replace(/Reply\d*$/, "").toLowerCase()}\` tells.` });
    }
    const needs = letters(text);
    const used = needs.length === 0 ? alias : `${alias}<${needs.join(", ")}>`;
    return `${used}${outer.kind === "array" ? "[]" : ""}${type.kind === "nullable" ? " | null" : ""}`;
  }

  claim(name: string): boolean {
    // Options and replies have names of these forms, those of methods that are made later, too.
    if (this.#claimed.has(name) || this.#types.has(name) || /(Options|Reply\d*)$/.test(name)) return false;
    this.#claimed.add(name);
    return true;
  }

  shape(type: ReplyType, name: string): string | undefined {
    const text = printShape(type, (of) => this.#namedShape(of));
    if (text === undefined || /^\w+$/.test(text)) return text;
    const known = this.#shapeNames.get(text);
    if (known !== undefined) return known;
    this.#shapes.set(name, text);
    this.#shapeNames.set(text, name);
    return name;
  }

  /** The shape of a row of `$types`; recursive ones refer to themselves when they run, not when they are made. */
  readonly #making = new Set<string>();
  #namedShape(of: string): string | undefined {
    const type = this.#types.get(of);
    if (type === undefined) throw new Error(`there is no type ${of}`);
    const name = `${of[0].toLowerCase()}${of.slice(1)}Shape`;
    if (this.#making.has(of)) return `(reply, mode) => ${name}(reply, mode)`;
    if (this.#shapes.has(name)) return name;
    this.#making.add(of);
    const text = printShape(type, (other) => this.#namedShape(other));
    this.#making.delete(of);
    if (text === undefined) return undefined;
    if (/^\w+$/.test(text)) return text;
    this.#shapes.set(name, text);
    return name;
  }

  /** The named types that code mentions. */
  typesIn(code: string): string[] {
    const names = [...this.#types.keys(), ...this.#aliases.keys()];
    return names.filter((name) => new RegExp(`\\b${name}\\b`).test(code)).sort();
  }

  /** The shapes that code mentions: ours by name, and the functions that make them. */
  shapesIn(code: string): { named: string[]; combinators: { name: string; file: string }[] } {
    const has = (name: string) => new RegExp(`\\b${name}\\b`).test(code);
    return {
      named: [...this.#shapes.keys()].filter(has).sort(),
      combinators: [["bool", "shape.ts"], ["double", "shape.ts"], ...DECODER_FILES]
        .filter(([name]) => new RegExp(`this\\.send\\(.*[,?:] ${name}(\\);|\\(| :)`).test(code))
        .map(([name, file]) => ({ name, file })),
    };
  }

  #rows(): Row[] {
    const rows = [...this.#types].map(([name, type]) => {
      const text = this.#isEnum(type) ? printEnum(type) : printType(type, this.#generics);
      return { name, text, doc: `See the methods that give it.` };
    });
    rows.push(...[...this.#aliases].map(([name, alias]) => ({ name, ...alias })));
    return rows.sort((a, b) => a.name < b.name ? -1 : 1);
  }

  /** The declarations of the named types that code mentions, and of those that these mention. */
  declarationsIn(code: string): string[] {
    const rows = this.#rows();
    return rows.filter(reached(rows.map(({ name, text }) => [name, text]), code)).map(declaration);
  }

  /** The constants of the shapes that code mentions, and of those that these mention. */
  shapeStatementsIn(code: string): string[] {
    const shapes = [...this.#shapes];
    return shapes.filter(reached(shapes, code)).map(shapeStatement);
  }

  /** The declarations of all named types. */
  declarations(): string[] {
    return this.#rows().map(declaration);
  }

  /** The constants of all shapes. */
  shapeStatements(): string[] {
    return [...this.#shapes].map(shapeStatement);
  }
}

/** The functions of src/command/shape.ts that shapes are made with, as far as code calls them. */
export function shapeCallsIn(code: string): string[] {
  return "bool double either list map orNull pairs struct text tuple tupleRest".split(" ").filter((name) =>
    new RegExp(`\\b${name}\\b(?!:)`).test(code)
  );
}

function shapeStatement([name, text]: readonly [string, string]): string {
  return `/** \`${text}\` */\nexport const ${name}: Shape = /* @__PURE__ */ ${text};`;
}

/** Tells, of rows with a name and a text, which ones code needs: those that it mentions, and what their texts mention. */
function reached(
  rows: readonly (readonly [name: string, text: string])[],
  code: string,
): (_: unknown, at: number) => boolean {
  const needed = new Set<number>();
  const visit = (text: string): void => {
    rows.forEach(([name, inner], at) => {
      if (needed.has(at) || !new RegExp(`\\b${name}\\b`).test(text)) return;
      needed.add(at);
      visit(inner);
    });
  };
  visit(code);
  return (_, at) => needed.has(at);
}

/** A named type. */
interface Row {
  readonly name: string;
  readonly text: string;
  readonly doc: string;
}

function declaration({ name, text, doc }: Row): string {
  const generics = letters(text).map((letter) => `${letter} = ${letter === "S" ? "string" : "number"}`);
  const parameters = generics.length === 0 ? "" : `<${generics.join(", ")}>`;
  return /^\{.*\}$/.test(text) && parseable(text)
    ? `/** ${doc} */\nexport interface ${name}${parameters} {\n${fields(text)}\n}`
    : `/** ${doc} */\nexport type ${name}${parameters} = ${text};`;
}

function letters(text: string): ("S" | "I")[] {
  return (["S", "I"] as const).filter((letter) => new RegExp(`(?<!["\\w])${letter}(?!["\\w])`).test(text));
}

function printEnum(type: ReplyType): string {
  return type.kind === "union"
    ? type.of.map((member) => member.kind === "text" ? JSON.stringify(member.value) : "").join(" | ")
    : "never";
}

/** Whether the outer braces of a text belong together. */
function parseable(text: string): boolean {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    if (text[at] === "{") depth++;
    if (text[at] === "}" && --depth === 0 && at < text.length - 1) return false;
  }
  return true;
}

/** The fields of an object type, one a line. */
/** Names the server's own field: what it means is the server's to say, and JSR wants every symbol documented. */
function fieldDoc(part: string): string {
  const numbered = /^\[name: `(.+)\$\{number\}`\]/.exec(part);
  const name = numbered ? `${numbered[1]}<n>` : /^"?([^"?:]+)/.exec(part)?.[1] ?? part;
  return `/** The field \`${name.trim()}\`. */`;
}

function fields(text: string): string {
  const parts: string[] = [];
  let depth = 0;
  let from = 1;
  for (let at = 1; at < text.length - 1; at++) {
    if ("{[<(".includes(text[at])) depth++;
    else if ("}]>)".includes(text[at])) depth--;
    else if (text[at] === ";" && depth === 0) {
      parts.push(text.slice(from, at).trim());
      from = at + 1;
    }
  }
  return [...parts, text.slice(from, -1).trim()].map((part) => `  ${fieldDoc(part)}\n  ${part};`).join("\n");
}
