/**
 * What is known about a command before its arguments: the one thing that generated code, connections and routers share.
 *
 * @module
 */
import type { Reply } from "../resp/reply.ts";

export type { Arg } from "../resp/arg.ts";

/**
 * Turns a decoded reply into the value that the command's type promises. The same code serves RESP2 and RESP3. The mode
 * is what the reply was decoded with (BYTES, BIGINTS), where it is known: it tells an empty map of text from one of
 * bytes.
 */
export type Shape = (reply: Reply, mode?: number) => unknown;

/** Where the keys stand among the arguments that follow the command's name; see {@link CommandSpec.keys}. */
export type KeyRule =
  | readonly [first: number, last: number, step: number]
  | readonly ["numkeys", at: number]
  | "streams"
  | "none"
  | "unknown";

/** Changes nothing on the server: may be sent again, answered by a replica, cached. */
export const READONLY = 1;
/** Holds its connection until something happens: never on a shared one. */
export const BLOCKING = 2;
/** Blocks only when given the BLOCK option (XREAD, XREADGROUP). */
export const BLOCKING_OPTION = 4;
/** Changes the state of its connection: only on a session. */
export const SESSION = 8;
/** The pub/sub family: only a subscriber sends it. */
export const PUBSUB = 16;
/** Its replies are bytes whatever the client's mode (DUMP). */
export const BINARY = 32;
/** Changes data. Neither READONLY nor WRITE: administrative. */
export const WRITE = 64;

const encoder = new TextEncoder();

function headOf(name: string): Uint8Array {
  const words = name.split(" ").map((word) => `$${encoder.encode(word).length}\r\n${word}\r\n`);
  return encoder.encode(words.join(""));
}

/** What is known about a command before its arguments. */
export class CommandSpec {
  /** The name as the docs write it: `"CONFIG GET"`. */
  readonly name: string;
  /** How many words the name has on the wire. */
  readonly words: number;
  /** A sum of the flags of this module, such as {@link READONLY}. */
  readonly flags: number;
  /**
   * Which arguments (the name not counted) are keys. A triple is first, last (negative counts from the end) and step;
   * a plain number in generated code stands for `[n, n, 1]`. Positions begin at 1. `["numkeys", n]`: how many keys follow
   * stands at n.
   */
  readonly keys: KeyRule;
  /** How a cluster sends a command without a single slot: Redis' request policy, or empty. */
  readonly route: string;
  /** How a cluster joins the replies: Redis' response policy, or empty. */
  readonly merge: string;
  #head: Uint8Array | undefined;

  /** Takes the name (words apart by one space), flags, key rule and cluster policies. */
  constructor(name: string, flags = 0, keys: KeyRule | number = "none", route = "", merge = "") {
    this.name = name;
    this.words = 1;
    for (let at = name.indexOf(" "); at >= 0; at = name.indexOf(" ", at + 1)) this.words++;
    this.flags = flags;
    this.keys = typeof keys === "number" ? [keys, keys, 1] : keys;
    this.route = route;
    this.merge = merge;
  }

  /** The name's words as bulk strings. Encoded once, but not before it is needed: most programs use few commands. */
  get head(): Uint8Array {
    return this.#head ??= headOf(this.name);
  }
}
