/**
 * Compiled, never run: what a client with a cache is.
 */
import { cache, type Cached, type Caching } from "../../src/cache/mod.ts";
import type { BareClient, Redis, Surfaces } from "../../mod.ts";

declare const redis: Redis;
/** A client that was generated without most of it. */
declare const small: BareClient<Surfaces>;

export async function surfaces(): Promise<unknown[]> {
  const cached: Cached<Redis> = await cache(redis);
  const bytes: Uint8Array | null = await cached.bytes.get("k");
  const exact: bigint = await cached.bytes.bigints.incr("n");
  const less: Redis & Caching = cached;
  const parts = [cached.cache, cached.bytes.cache, cached.bigints.bytes.cache, cached.with({}).bytes.cache];
  const other: Redis<Uint8Array> & Caching = await cache(redis.bytes);
  return [bytes, exact, less, parts.map((part) => part.stats().hits), other, (await cache(small)).cache.stats()];
}

export async function mistakes(): Promise<void> {
  // @ts-expect-error: a client has none
  redis.bytes.cache;
  // @ts-expect-error: nor has a session
  await (await cache(redis)).session((session) => session.cache);
}
