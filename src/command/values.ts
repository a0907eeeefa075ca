/**
 * The types that the methods of commands are made of: what may be passed as an argument, which options exclude each
 * other, and how a reply's type follows from the options.
 *
 * @module
 */

export type { Bytes } from "../resp/reply.ts";

/** The name of a key: text, or bytes of any kind. */
export type Key = string | ArrayBufferView;

/** What a value, field or member may be given as. Text travels as UTF-8, views byte for byte. */
export type Value = string | number | bigint | ArrayBufferView;

/** A number for as long as it is safe; beyond 2^53 pass a `bigint`. */
export type Int64 = number | bigint;

/** A point in time: a `Date`, or a number of the unit that the parameter names. */
export type Time = number | Date;

/** One end of a range of scores: a number, `"-inf"`, `"+inf"`, or `"(5"` to leave 5 itself out. */
export type ScoreBound = number | "-inf" | "+inf" | `(${string}`;

/** One end of a range of members: `"-"`, `"+"`, `"[a"` to take `a` in, `"(a"` to leave it out; or the same as bytes. */
export type LexBound = "-" | "+" | `[${string}` | `(${string}` | ArrayBufferView;

/** Plain arguments, or one array of them. */
export type Many<T> = readonly T[] | readonly [items: readonly T[]];

/** Names with values: an object, a `Map`, or any other iterable of pairs. */
export type Pairs<K, V> = { readonly [name: string]: V } | Iterable<readonly [name: K, value: V]>;

/** Names with values as plain arguments (`"f", "v", …`), or all in one {@link Pairs}. */
export type PairArgs<K, V> =
  | readonly [pairs: Pairs<K, V>]
  | readonly [name: K, value: V, ...more: (K | V)[]];

/** The keys of every member of a union. */
export type KeysOf<U> = U extends unknown ? keyof U : never;

/** Exactly one of the members of T. */
export type OneOf<T> = {
  [K in keyof T]: { [P in K]: T[P] } & { [P in Exclude<keyof T, K>]?: undefined };
}[keyof T];

/** One of the members of T, or none; which of both may turn out at run time only. */
export type AtMostOne<T> = {
  [K in keyof T]: { [P in K]?: T[P] | undefined } & { [P in Exclude<keyof T, K>]?: undefined };
}[keyof T];

/** Exactly one of the members of T; none only where K is given. */
export type OneOfUnless<T, K extends string> =
  | OneOf<T>
  | ({ [P in keyof T]?: undefined } & { [P in K]: NonNullable<unknown> });

/** All members of T, or none of them. */
export type AllOrNone<T> = T | { [K in keyof T]?: undefined };

/** Refuses keys that K does not have, where a generic parameter would let them pass. */
export type Strict<O, K> = { [P in keyof O]: P extends K ? unknown : never };

/** Those of the keys K that O gives for certain. */
export type Certain<O, K extends PropertyKey> = K extends keyof O
  ? undefined extends O[K] ? never : false extends O[K] ? never : K
  : never;

/** Those of the keys K that O may give: `any` may be anything, and fits where nothing else does. */
export type Possible<O, K extends PropertyKey> = K extends keyof O
  ? 0 extends 1 & O[K] ? K : [O[K]] extends [false | undefined] ? never : K
  : never;

/**
 * Whether the options O give at least one of the keys K: `true`, `false`, or `boolean` when it only turns out at run
 * time.
 */
export type Flag<O, K extends PropertyKey> = O extends unknown
  ? [Possible<O, K>] extends [never] ? false : [Certain<O, K>] extends [never] ? boolean : true
  : never;

/** A where the flag is true, B where it is false, both where it is not known. */
export type If<F extends boolean, A, B> = F extends true ? A : B;

/** Members that are there where the flag is true, and may be where it is not known. */
export type Part<F extends boolean, A> = [F] extends [true] ? A : [F] extends [false] ? unknown : Partial<A>;

/** A place that GEOSEARCH and its like found, with what the options O ask for. */
export type GeoPlace<O, S, I> =
  & {
    /** Its name in the sorted set. */
    member: S;
  }
  & Part<Flag<O, "withdist">, { distance: number }>
  & Part<Flag<O, "withhash">, { hash: I }>
  & Part<Flag<O, "withcoord">, { coordinates: { longitude: number; latitude: number } }>;

/** An integer of few values: the literals L, or `bigint` where integers are bigints. */
export type Int<I, L extends number> = I extends number ? L : bigint;

/** 0 or 1. */
export type Bit<I> = Int<I, 0 | 1>;

/** Text of few values: the literals L, or bytes where strings are bytes. */
export type Text<S, L extends string> = S extends string ? L : S;

/**
 * Names with values as a reply: an object that inherits nothing, or a `Map` where strings are bytes (bytes cannot be
 * property names).
 */
export type Dict<S, V> = S extends string ? Record<string, V> : Map<S, V>;
