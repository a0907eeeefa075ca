/**
 * Commands that go to several nodes, and how their replies become one.
 *
 * @module
 */
import type { Arg, CommandSpec } from "../command/spec.ts";
import { Encoder } from "../resp/encoder.ts";
import { slotOf } from "./slots.ts";

/** A part of a command: what goes to one slot, or to each node of a kind. */
export interface Split {
  /** The slot of each part, with its arguments. */
  readonly parts: readonly { readonly slot: number; readonly args: Arg[] }[];
  /** Makes one reply of those of the parts, in their order. */
  readonly join: (replies: readonly unknown[]) => unknown;
}

/**
 * Parts a command whose keys may be anywhere (DEL, MGET, MSET and the like) by the slots of its keys; `undefined` if they
 * all have the same, or it is no such command. In a cluster no command has keys of several slots.
 *
 * @throws {TypeError} for what cannot be sent.
 */
export function split(spec: CommandSpec, args: readonly Arg[]): Split | undefined {
  const rule = spec.keys;
  if (spec.route !== "multi_shard" || typeof rule === "string" || rule[0] !== 1 || rule[1] !== -1) return undefined;
  const step = rule[2] as number;
  const slots: number[] = [];
  for (let at = 0; at < args.length; at += step) slots.push(slotOf(args[at]!));
  if (slots.every((slot) => slot === slots[0])) return undefined;
  // What cannot be sent is refused as a whole.
  new Encoder().command(spec.head, spec.words, args, spec.name);
  const parts = new Map<number, { slot: number; args: Arg[]; places: number[] }>();
  for (const [place, slot] of slots.entries()) {
    let part = parts.get(slot);
    if (part === undefined) parts.set(slot, part = { slot, args: [], places: [] });
    part.places.push(place);
    for (let at = place * step; at < Math.min(args.length, (place + 1) * step); at++) part.args.push(args[at]!);
  }
  const list = [...parts.values()];
  return { parts: list, join: spec.merge === "" ? scatter(list, slots.length) : (replies) => joined(spec, replies) };
}

/** Replies to lists of keys as the reply to all of them. */
function scatter(parts: readonly { readonly places: readonly number[] }[], count: number): Split["join"] {
  return (replies) => {
    const all: unknown[] = new Array(count);
    for (const [i, { places }] of parts.entries()) {
      for (const [at, place] of places.entries()) all[place] = (replies[i] as readonly unknown[])[at];
    }
    return all;
  };
}

/** Which nodes a command without a key is for, beside any one of them. */
export function nodesFor({ route }: CommandSpec): "shards" | "nodes" | undefined {
  if (route === "all_shards") return "shards";
  return route === "all_nodes" ? "nodes" : undefined;
}

type Whole = number | bigint;

/** Adds up. A reply beyond 2^53 may be of another kind than the others. */
function sum(replies: readonly unknown[]): Whole {
  return (replies as readonly Whole[]).reduce((a, b) =>
    typeof a === "number" && typeof b === "number" ? a + b : BigInt(a) + BigInt(b)
  );
}

/** Two flags as one, or two lists of them. */
function paired(a: unknown, b: unknown, both: (a: unknown, b: unknown) => unknown): unknown {
  if (Array.isArray(a) && Array.isArray(b)) return a.map((value, at) => paired(value, b[at], both));
  return both(a, b);
}

/** The replies of several nodes to one command, as the command's own reply. */
export function joined({ merge }: CommandSpec, replies: readonly unknown[]): unknown {
  const [first] = replies;
  if (merge === "agg_sum") return sum(replies);
  if (merge === "agg_logical_and") return replies.reduce((a, b) => paired(a, b, (a, b) => a && b));
  if (merge === "agg_logical_or") return replies.reduce((a, b) => paired(a, b, (a, b) => a || b));
  if (merge === "agg_min") return (replies as readonly Whole[]).reduce((a, b) => b < a ? b : a);
  if (merge === "agg_max") return (replies as readonly Whole[]).reduce((a, b) => b > a ? b : a);
  if (merge === "" && Array.isArray(first)) return replies.flat();
  return first;
}

/** Why a command is for a single node, of the caller's choice, or `undefined`. */
export function whyOne({ name, route }: CommandSpec): string | undefined {
  if (route !== "special" || !/^(?:SCAN|HOTKEYS )/.test(name)) return undefined;
  const instead = name === "SCAN" ? "scanIterator() walks over all nodes; else " : "";
  return `${name} tells of one node: ${instead}call it on one of shards()`;
}
