/**
 * The parts that a method is made from.
 *
 * @module
 */
import { pascal } from "./names.ts";
import type { Param, Plan } from "./plan.ts";
import type { ReplyType } from "./reply.ts";

/** What the printer of a whole file does for its methods. */
export interface Context {
  /** The TypeScript of a reply type, named and put elsewhere when it is long. */
  type(type: ReplyType, name: string): string;
  /** Takes a name for the type of a list's items; `false` where the printed file has a type of that name. */
  claim(name: string): boolean;
  /** The expression of the shape of a reply type, or `undefined` where none is needed. */
  shape(type: ReplyType, name: string): string | undefined;
}

/** One signature of a method. */
export interface Signature {
  generics: string;
  params: string;
  returns: string;
}

/** A branch of the reply with its conditions parsed. */
export interface Case {
  /** Any of these; each is all of its atoms. Empty: always. */
  when: { name: string; value?: string; positional: boolean }[][];
  type: ReplyType;
  decode?: string;
}

/** What is known of the positional parameters in one overload. */
export interface Given {
  params: Param[];
  /** Names of optional parameters that are given (true), not given (false), or either (left out). */
  presence: Map<string, boolean>;
  /** A parameter that is one word. */
  literal?: { name: string; value: string };
}

/** All that signatures and bodies follow from. */
export interface Parts {
  /** The method's name. */
  name: string;
  /** The constant that holds the command's spec. */
  constant: string;
  /** A plan for each form of the arguments. */
  plans: Plan[];
  /** The branches of the reply. */
  cases: Case[];
  /** Names types and shapes. */
  context: Context;
}

/** The name of the type of a method's options. */
export function optionsName(method: string): string {
  return `${pascal(method)}Options`;
}

/** The members of a printed union. */
export function split(printed: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let from = 0;
  for (let at = 0; at < printed.length; at++) {
    if ("[{<(".includes(printed[at])) depth++;
    else if ("]})".includes(printed[at]) || printed[at] === ">" && printed[at - 1] !== "=") depth--;
    else if (printed[at] === "|" && depth === 0) {
      parts.push(printed.slice(from, at).trim());
      from = at + 1;
    }
  }
  return [...parts, printed.slice(from).trim()];
}
