/**
 * Walks over keys, fields and members with SCAN and its like, as async iterators.
 *
 * @module
 */
import { nameText } from "../command/name.ts";
import type { Arg } from "../command/spec.ts";
import type { Key, Value } from "../command/values.ts";
import type { HscanOptions, ScanOptions, SscanOptions, ZscanOptions } from "../generated/options.ts";
import { kept } from "./names.ts";
import { isQueueing } from "./own_multi.ts";

/** What can scan: every surface of a client that answers at once. */
export interface Scanning<S extends string | Uint8Array = string> {
  /** See `Commands.scan`. */
  scan(cursor: Value, options?: ScanOptions): Promise<[cursor: S, keys: S[]]>;
  /** See `Commands.hscan`. */
  hscan(key: Key, cursor: Value, options?: HscanOptions): Promise<unknown>;
  /** See `Commands.sscan`. */
  sscan(key: Key, cursor: Value, options?: SscanOptions): Promise<[cursor: S, members: S[]]>;
  /** See `Commands.zscan`. */
  zscan(key: Key, cursor: Value, options?: ZscanOptions): Promise<unknown>;
}

/** Where a walk begins. */
export interface ScanFrom {
  /** The cursor of a walk that was left early ({@link ScanIterator.cursor}); `"0"`, the beginning, unless given. */
  readonly cursor?: string | undefined;
}

type Step<T> = (cursor: string) => Promise<readonly [next: Arg, items: T[]]>;

/**
 * A walk in batches, as the server hands them out; empty ones are left out. One batch is asked for at a time, when the
 * loop comes for it.
 *
 * What is there from beginning to end comes at least once. What is added or removed meanwhile may come or not, and the
 * server may give an item twice. A loop that was left can be gone on with by another: it begins with the batch that was
 * not finished.
 *
 * @example
 * ```ts
 * import { connect } from "@respire/redis";
 *
 * await using redis = await connect();
 * for await (const keys of redis.scanIterator({ match: "session:*" })) await redis.unlink(keys);
 * for await (const key of redis.scanIterator({ match: "user:*" }).each()) console.log(key);
 * ```
 */
export class ScanIterator<T> implements AsyncIterable<T[]> {
  /** Where a walk would go on: text, as it may have 64 bits. `"0"` before it has begun and after its end. */
  cursor: string;
  readonly #redis: object;
  readonly #step: Step<T>;
  #done = false;

  /** @internal Made by `redis.scanIterator` and its like. */
  constructor(redis: object, step: Step<T>, from = "0") {
    if (!/^\d+$/.test(from)) throw new TypeError("Option cursor must be what a former walk has given");
    this.#redis = redis;
    this.#step = step;
    this.cursor = from;
  }

  /** Its batches. */
  async *[Symbol.asyncIterator](): AsyncGenerator<T[], void, undefined> {
    while (!this.#done) {
      // "QUEUED" would be taken for a cursor, again and again.
      if (isQueueing(this.#redis)) throw new TypeError("An iterator has nothing to walk over within a session's MULTI");
      const [next, items] = await this.#step(this.cursor);
      if (items.length > 0) yield items;
      this.cursor = nameText(next);
      this.#done = this.cursor === "0";
    }
  }

  /** Its items one by one; they are read in batches all the same. */
  async *each(): AsyncGenerator<T, void, undefined> {
    for await (const items of this) yield* items;
  }
}

/** Fields with values come as an object, or as a Map where strings are bytes. */
function entriesOf(reply: unknown): unknown[] {
  if (Array.isArray(reply)) return reply;
  return reply instanceof Map ? [...reply] : Object.entries(reply as object);
}

/** The walks that a client has. */
export interface Scans {
  /** The keys of the database. */
  keys<S extends string | Uint8Array>(
    redis: Pick<Scanning<S>, "scan">,
    options?: ScanOptions & ScanFrom,
  ): ScanIterator<S>;
  /** Fields and values of a hash, or its fields only. */
  hash<T>(redis: Pick<Scanning, "hscan">, key: Key, options?: HscanOptions & ScanFrom): ScanIterator<T>;
  /** The members of a set. */
  set<S extends string | Uint8Array>(
    redis: Pick<Scanning<S>, "sscan">,
    key: Key,
    options?: SscanOptions & ScanFrom,
  ): ScanIterator<S>;
  /** Members and scores of a sorted set, or its members only. */
  sortedSet<T>(redis: Pick<Scanning, "zscan">, key: Key, options?: ZscanOptions & ScanFrom): ScanIterator<T>;
}

/** A walk over what stands under a key: that one to the end, whatever becomes of the caller's bytes. */
function within<T>(
  redis: object,
  key: Key,
  step: (key: Key, cursor: string) => ReturnType<Step<T>>,
  from?: string,
): ScanIterator<T> {
  const [own] = kept(key);
  return new ScanIterator(redis, (cursor) => step(own!, cursor), from);
}

/** What the server is asked with, and where the walk begins. What is no options at all is for the command to refuse. */
function parted<O extends ScanFrom>(
  options: O | undefined,
): [asked: Omit<O, "cursor"> | undefined, from: string | undefined] {
  if (options?.cursor === undefined) return [options, undefined];
  const { cursor, ...asked } = options;
  return [asked, cursor];
}

/** See {@link Scans}. */
export const scans: Scans = {
  keys(redis, options) {
    const [asked, from] = parted(options);
    return new ScanIterator(redis, (cursor) => redis.scan(cursor, asked), from);
  },
  hash(redis, key, options) {
    const [asked, from] = parted(options);
    return within(redis, key, async (own, cursor) => {
      const [next, items] = await redis.hscan(own, cursor, asked) as [Arg, unknown];
      return [next, entriesOf(items) as never[]];
    }, from);
  },
  set(redis, key, options) {
    const [asked, from] = parted(options);
    return within(redis, key, (own, cursor) => redis.sscan(own, cursor, asked), from);
  },
  sortedSet(redis, key, options) {
    const [asked, from] = parted(options);
    return within(redis, key, (own, cursor) => redis.zscan(own, cursor, asked) as Promise<[Arg, never[]]>, from);
  },
};
