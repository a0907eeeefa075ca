/**
 * What printed files are made of.
 *
 * @module
 */
import type { ClassDeclarationStructure, StatementStructures } from "ts-morph";

/** What a file is made of; ts-morph takes it all at once, which is what makes it quick. */
export class Statements {
  readonly all: (string | StatementStructures)[] = [];

  addStatements(text: string | readonly string[]): void {
    this.all.push(...(typeof text === "string" ? [text] : text));
  }

  addClasses(classes: readonly ClassDeclarationStructure[]): void {
    this.all.push(...classes);
  }
}

/** Adds the docstring of a module. */
export function moduleDoc(source: Statements, text: string): void {
  source.addStatements(`/**\n * ${text}\n *\n * @module\n */`);
}

/** The types of src/command/values.ts that a text mentions. */
export function mentioned(text: string): string[] {
  const all =
    "AllOrNone AtMostOne Bit Dict Flag GeoPlace If Int Int64 Key KeysOf LexBound Many OneOf OneOfUnless PairArgs Pairs ScoreBound Strict Text Time Value";
  const code = text.replaceAll(/\/\*\*.*?\*\//gs, "");
  return all.split(" ").filter((name) => new RegExp(`\\b${name}\\b`).test(code));
}
