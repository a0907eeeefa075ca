/**
 * What stands on the command line of the programs of this folder, and where they leave what they measured. What cannot be
 * understood ends the program with one line that says so.
 *
 * @module
 */
import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import type { ParseArgsConfig } from "node:util";

type Options = NonNullable<ParseArgsConfig["options"]>;

/** Ends the program: what it was told makes no sense. */
export function refuse(message: string): never {
  console.error(message);
  process.exit(1);
}

/** The options by their names. */
export function parsed<T extends Options>(options: T): ReturnType<typeof parseArgs<{ options: T }>>["values"] {
  try {
    return parseArgs({ options, args: process.argv.slice(2) }).values;
  } catch (error) {
    const [what] = (error as Error).message.split(/\.?(?:\s|$)(?=To |$)/);
    refuse(`${what}; there are: --${Object.keys(options).join(", --")}`);
  }
}

/** The names that an option lists, if it is given; each is one of those known. */
export function listed(option: string, text: string | undefined, known: readonly string[]): string[] | undefined {
  const names = text?.split(",");
  for (const name of names ?? []) {
    if (!known.includes(name)) refuse(`--${option}: nothing is named "${name}"; there are: ${known.join(", ")}`);
  }
  return names;
}

/** The number that an option gives, more than none. */
export function positive(option: string, text: string): number {
  const value = Number(text);
  if (!(value > 0 && value < Infinity)) refuse(`--${option}: "${text}" is no number above 0`);
  return value;
}

/** The file for results: in the folder that `--out` names; else `results/` if they are whole, and `.cache/` if not. */
export function resultsFile(group: string, whole: boolean, out: string | undefined): string {
  const folder = out === undefined ? join(import.meta.dirname!, whole ? "results" : ".cache") : resolve(out);
  mkdirSync(folder, { recursive: true });
  return join(folder, `${group}.json`);
}
