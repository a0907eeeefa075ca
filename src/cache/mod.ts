/**
 * Client-side caching: replies are kept in this process, and dropped as soon as the server says that what they were made
 * of has changed (RESP3 `CLIENT TRACKING`).
 *
 * ```ts
 * import { connect } from "@respire/redis";
 * import { cache } from "@respire/redis/cache";
 *
 * await using redis = await connect();
 * await using cached = await cache(redis, { maxEntries: 10_000 });
 * await cached.hgetall("user:1"); // asks the server
 * await cached.hgetall("user:1"); // does not
 * ```
 *
 * @module
 */
import { CORE, type Core, ON } from "../client/core.ts";
import type { CacheStats } from "../client/stats.ts";
import { closedMeanwhile, tooLate } from "../connection/fate.ts";
import { settledWithin } from "../connection/wait.ts";
import { type CacheOptions, readCacheOptions } from "./options.ts";
import { cachingKit } from "./kit.ts";
import { Tracker } from "./tracker.ts";

export type { CacheOptions } from "./options.ts";
export type { CacheStats } from "../client/stats.ts";

/** Any client: that of this package, or one that was generated. */
export interface Cacheable {
  /** @internal What its surfaces share. */
  readonly [CORE]: Core;
  /** @internal Makes the same surface of another client. */
  [ON](core: Core): unknown;
}

/** What a client with a cache has beside its commands. */
export interface Caching {
  /** The cache. */
  readonly cache: CacheControl;
}

/** A client with a cache, on each of its surfaces. */
export type Cached<R> = R & Caching & { readonly [Surface in keyof R & ("bytes" | "bigints")]: Cached<R[Surface]> };

/** A look at a cache, and a hand on it. */
export interface CacheControl {
  /** What it holds, and has done. */
  stats(): CacheStats;
  /** Drops everything. */
  clear(): void;
}

/**
 * Opens a client beside another, with the same commands and settings, that answers reads from replies it has kept.
 *
 * It has a connection of its own for its commands; those that block take one each, as ever. The client it was made
 * from is as before, and closing that one closes this one.
 *
 * @param redis The client whose settings it takes over.
 * @param options How much is kept, and what.
 * @throws {TypeError} if the server or the settings allow only RESP2, which cannot tell of changes.
 * @throws {ReplyError} if the server refuses to track.
 * @throws {ConnectionError} if there is no connection, or the client is closed.
 *
 * @example Keep what is read often
 * ```ts
 * import { connect } from "@respire/redis";
 * import { cache } from "@respire/redis/cache";
 *
 * await using redis = await connect();
 * await using cached = await cache(redis, { mode: "broadcast", prefixes: ["user:"] });
 * await cached.get("user:1");
 * console.log(cached.cache.stats().hits);
 * ```
 */
export async function cache<R extends Cacheable>(redis: R, options: CacheOptions = {}): Promise<Cached<R>> {
  const parent = redis[CORE];
  const tracker = new Tracker(readCacheOptions(options));
  if (parent.closed) throw tooLate();
  const control: CacheControl = { stats: () => tracker.stats(), clear: () => tracker.drop(undefined) };
  const opened = await parent.sibling<Cacheable>(cachingKit(parent.kit, tracker, control), {
    onReady: (line) => tracker.ready(line),
    onLost: () => tracker.lost(),
    onPush: (push) => tracker.push(push),
  });
  const own = opened[CORE];
  const line = own.pool.first();
  const cacheStats = (): CacheStats => tracker.stats();
  const companion = {
    // It may be closing already, and have longer for that.
    close: async (within: number) => {
      await settledWithin(own.close(within), within);
      own.destroy();
    },
    destroy: () => own.destroy(),
    cacheStats,
  };
  parent.companions.add(companion);
  // What one user may read another may not.
  const renewed = (): void => tracker.drop(undefined);
  own.identity?.renewed.add(renewed);
  own.companions.add({
    close: () => Promise.resolve(tracker.close()),
    destroy: () => {
      parent.companions.delete(companion);
      own.identity?.renewed.delete(renewed);
      tracker.close();
    },
    cacheStats,
  });
  try {
    // While this one was opened: nobody would close it.
    if (parent.closed) throw closedMeanwhile();
    if (line.protocol !== 3) {
      throw new TypeError("Client-side caching needs RESP3: with RESP2 no server tells of changes");
    }
    await tracker.confirmed;
  } catch (error) {
    own.destroy();
    throw error;
  }
  return redis[ON](own) as Cached<R>;
}
