/**
 * What printed files are made of.
 *
 * @module
 */
import type { Signature } from "./parts.ts";

/** A method to be printed. Docs and bodies are lines. */
export interface MethodText {
  readonly name: string;
  readonly docs: readonly string[];
  /** What callers see, where it is not the signature itself; each with docs of its own. */
  readonly overloads?: readonly { readonly docs: readonly string[]; readonly signature: Signature }[];
  readonly signature: Signature;
  /** Left out: the method is abstract. */
  readonly body?: readonly string[];
}

/** An exported abstract class to be printed. */
export interface ClassText {
  readonly name: string;
  readonly docs: readonly string[];
  readonly typeParameters: readonly { readonly name: string; readonly constraint: string; readonly default: string }[];
  readonly extends?: string;
  readonly methods: readonly MethodText[];
}

/** What a file is made of, in order. */
export class Statements {
  readonly all: (string | ClassText)[] = [];

  addStatements(text: string | readonly string[]): void {
    this.all.push(...(typeof text === "string" ? [text] : text));
  }

  addClasses(classes: readonly ClassText[]): void {
    this.all.push(...classes);
  }
}

/** Turns statements into the text of a file. */
export type Assemble = (source: Statements) => string;

/** Adds the docstring of a module. */
export function moduleDoc(source: Statements, text: string): void {
  source.addStatements(`/**\n * ${text}\n *\n * @module\n */`);
}

/** Code without its docstrings. */
export function withoutDocs(code: string): string {
  return code.replaceAll(/\/\*\*.*?\*\//gs, "");
}

/** The types of src/command/values.ts that a text mentions. */
export function mentioned(text: string): string[] {
  const all =
    "AllOrNone AtMostOne Bit Bytes Dict Flag GeoPlace If Int Int64 Key KeysOf LexBound Many OneOf OneOfUnless PairArgs Pairs ScoreBound Strict Text Time Value";
  const code = withoutDocs(text);
  return all.split(" ").filter((name) => new RegExp(`\\b${name}\\b`).test(code));
}
