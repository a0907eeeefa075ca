/**
 * The values that a RESP reply becomes.
 *
 * @module
 */
import type { ReplyError } from "../errors.ts";

/** Bytes in memory of their own: `Uint8Array<ArrayBuffer>`, or `Uint8Array` to a compiler that knows of no difference. */
export type Bytes = ReturnType<Uint8Array["slice"]>;

/**
 * A decoded reply. Maps are flat arrays (key, value, key, value…) and sets are arrays, so that RESP2 and RESP3 give the
 * same value; an error inside an aggregate stands in its place. An integer beyond ±(2^53 - 1) is a `bigint`.
 */
export type Reply = null | string | number | bigint | boolean | Bytes | ReplyError | Reply[];

/** An out-of-band value of RESP3 (`>`): a message, an invalidation… It answers no command. */
export class Push {
  /** Its elements, the kind first. */
  readonly items: Reply[];

  /** Takes the elements of the push frame. */
  constructor(items: Reply[]) {
    this.items = items;
  }
}

/** What the decoder gives while the bytes of the next reply are not complete. */
export const NEED_MORE: unique symbol = Symbol("NEED_MORE");

/** Strings become `Uint8Array`s. */
export const BYTES = 1;
/** Integers (`:`) become `bigint`s, small ones too. */
export const BIGINTS = 2;
