/**
 * How arguments that are more than one word are laid out: what the bodies of generated methods call.
 *
 * @module
 */
import type { Arg } from "./spec.ts";
import type { Many, PairArgs, Pairs, Time } from "./values.ts";

/** Plain arguments or one array of them, as an array that is ours to send. What comes behind an array is not left out. */
export function many<T>(items: Many<T>): T[] {
  const first = items[0];
  return items.length === 1 && Array.isArray(first) ? first.slice() : items as T[];
}

/** Appends plain arguments, or one array of them. */
export function pushMany(args: Arg[], items: Many<Arg>): Arg[] {
  const first = items[0];
  return pushAll(args, items.length === 1 && Array.isArray(first) ? first : items as readonly Arg[]);
}

/** Appends every item. (Not `push(...items)`, which overflows the stack with many.) */
export function pushAll(args: Arg[], items: readonly Arg[]): Arg[] {
  const all = itemsOf(items);
  for (let i = 0; i < all.length; i++) args.push(all[i]);
  return args;
}

/** A list, to be walked. A text has a length and elements as well: its letters would be sent. */
export function itemsOf<T>(items: readonly T[]): readonly T[] {
  if (typeof items === "string") throw new TypeError("One of the arguments is a string; expected an array");
  return items;
}

/** A list of tuples, to be walked. A text would pass for one of its letters. */
export function tuplesOf<T>(tuples: readonly T[]): readonly T[] {
  const all = itemsOf(tuples);
  if (Array.isArray(all) && all.some((one) => typeof one === "string")) {
    throw new TypeError("One of the arguments holds a string; expected arrays");
  }
  return all;
}

/** Appends how many items there are, then the items. */
export function pushCounted(args: Arg[], items: readonly Arg[]): Arg[] {
  args.push(items.length);
  return pushAll(args, items);
}

/** Appends one word: an item, or several with commas between. */
export function pushJoined(args: Arg[], items: Arg | readonly Arg[]): Arg[] {
  args.push(Array.isArray(items) ? items.join(",") : items as Arg);
  return args;
}

/** Appends a word for each item, which is one or several with commas between. */
export function pushEach(args: Arg[], items: readonly (Arg | readonly Arg[])[]): Arg[] {
  for (const item of itemsOf(items)) pushJoined(args, item);
  return args;
}

/** Names of options, by the list that generated code has of them. */
const lists = new Map<string, ReadonlySet<string>>();

/**
 * Whether there are options; `names` lists those of the command. What other clients take in their place, words one after
 * the other or names of their own, would not be sent: a lock would be taken whoever had it, and never end.
 */
export function isGiven<T extends object>(options: T | undefined, names: string): options is T {
  if (options === undefined) return false;
  if (typeof options !== "object" || options === null) {
    throw new TypeError("Options are given as an object, such as { ex: 60 }");
  }
  let known = lists.get(names);
  if (known === undefined) lists.set(names, known = new Set(names.split(" ")));
  for (const name in options) {
    if (known.has(name) || options[name] === undefined) continue;
    // What begins with _, or is inherited, may be of somebody's class.
    if (!name.startsWith("_") && Object.hasOwn(options, name)) {
      throw new TypeError(`Unknown option: ${name}; known are ${[...known].join(", ")}`);
    }
  }
  return true;
}

/** Whether an argument is a record, Map or other iterable of pairs, and not a single value. */
export function isPairs(value: unknown): value is Pairs<Arg, Arg> {
  return typeof value === "object" && value !== null && !ArrayBuffer.isView(value);
}

/** Whether the pairs were given one by one. A list of words is none: each would pass for a pair of its first two letters. */
function isListed<V>(pairs: Pairs<Arg, V>): pairs is Iterable<readonly [Arg, V]> {
  const isWords = Array.isArray(pairs) && !pairs.every(Array.isArray);
  if (isWords || !isPairs(pairs)) {
    throw new TypeError(
      "Names and values are given as an object, a Map or an array of [name, value], not one after the other",
    );
  }
  return Symbol.iterator in pairs;
}

/** The pairs, however they were given. */
export function entries<V>(pairs: Pairs<Arg, V>): Iterable<readonly [Arg, V]> {
  return isListed(pairs) ? pairs : Object.entries(pairs);
}

/** Appends name, value, name, value… */
export function pushPairs(args: Arg[], pairs: Pairs<Arg, Arg>): Arg[] {
  if (isListed(pairs)) {
    for (const [name, value] of pairs) args.push(name, value);
  } else {
    for (const name of Object.keys(pairs)) args.push(name, pairs[name]);
  }
  return args;
}

/** Appends value, name, value, name… of pairs whose name is what comes second on the wire. */
export function pushReversed(args: Arg[], pairs: Pairs<Arg, Arg>): Arg[] {
  if (isListed(pairs)) {
    for (const [name, value] of pairs) args.push(value, name);
  } else {
    for (const name of Object.keys(pairs)) args.push(pairs[name], name);
  }
  return args;
}

/** Appends what a rest parameter of names and values holds: plain arguments, or all in one. */
export function pushPairArgs(args: Arg[], given: PairArgs<Arg, Arg>): Arg[] {
  const first = given[0];
  return given.length === 1 && isPairs(first) ? pushPairs(args, first) : pushAll(args, given as readonly Arg[]);
}

/** The same, where each value is an integer as servers read it, within bounds: others they would answer with half a reply. */
export function pushBounded(args: Arg[], given: PairArgs<Arg, Arg>, least: number, most: number): Arg[] {
  const first = args.length + 1;
  pushPairArgs(args, given);
  for (let at = first; at < args.length; at += 2) {
    const value: unknown = args[at];
    const isBytes = ArrayBuffer.isView(value);
    // What cannot be sent at all is for the encoder to refuse.
    if (!isBytes && !/^(?:string|number|bigint)$/.test(typeof value)) continue;
    const word = isBytes ? new TextDecoder().decode(value) : String(value);
    if (!/^(0|-?[1-9]\d*)$/.test(word) || Number(word) < least || Number(word) > most) {
      throw new RangeError(`One of the arguments is no integer from ${least} to ${most}`);
    }
  }
  return args;
}

/**
 * One word, then plain arguments or one array of them. (Written out for the common lengths: an array that is made at its
 * length costs a fifth of one that grows.)
 */
export function withMany(first: Arg, items: Many<Arg>): Arg[] {
  const [a, b] = items as readonly Arg[];
  if (items.length === 1 && !Array.isArray(a)) return [first, a];
  return items.length === 2 ? [first, a, b] : pushMany([first], items);
}

/** One word, then what a rest parameter of names and values holds. */
export function withPairs(first: Arg, given: PairArgs<Arg, Arg>): Arg[] {
  return given.length === 2 ? [first, given[0], given[1]] : pushPairArgs([first], given);
}

/** Appends how many pairs there are, then name, value, name, value… */
export function pushCountedPairs(args: Arg[], pairs: Pairs<Arg, Arg>): Arg[] {
  const at = args.push(0);
  pushPairs(args, pairs);
  args[at - 1] = (args.length - at) / 2;
  return args;
}

/** Appends all names, then all values, in the same order. */
export function pushZipped(args: Arg[], pairs: Pairs<Arg, Arg>): Arg[] {
  const values: Arg[] = [];
  if (isListed(pairs)) {
    for (const [name, value] of pairs) {
      args.push(name);
      values.push(value);
    }
  } else {
    for (const name of Object.keys(pairs)) {
      args.push(name);
      values.push(pairs[name]);
    }
  }
  return pushAll(args, values);
}

/** Writes the number of items at a place that was kept for it: the words since then, so many to an item. */
export function setCount(args: Arg[], at: number, words = 1): void {
  args[at] = (args.length - at - 1) / words;
}

/** A point in time as whole seconds. A number is taken to be seconds already. */
export function seconds(time: Time): number {
  return typeof time === "number" ? time : Math.floor(time.getTime() / 1000);
}

/** A point in time as milliseconds. A number is taken to be milliseconds already. */
export function milliseconds(time: Time): number {
  return typeof time === "number" ? time : time.getTime();
}
