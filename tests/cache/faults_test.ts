// A cache behind a network that cuts, resets, stalls and delays: late it may be, but it never goes back in time.
import { assert, assertEquals } from "@std/assert";
import { connect, type Redis, RedisError } from "../../mod.ts";
import { cache } from "../../src/cache/mod.ts";
import { startProxy } from "../chaos/proxy.ts";
import { Random } from "../chaos/random.ts";
import { missing, startRedis } from "../support/servers.ts";
import { test } from "../support/test.ts";

const KEYS = ["a", "b", "c", "d"];

for (const mode of ["default", "broadcast"] as const) {
  test(`behind a bad network nobody sees an older value after a newer: ${mode} mode`, { skip: missing() }, async () => {
    await using server = await startRedis();
    await using proxy = await startProxy({ random: new Random(42), port: server.port, gap: 4000, stall: 150 });
    await using direct = await connect(server.url);
    await using redis = await connect(proxy.url, { silenceTimeout: 100, backoff: () => 5, queueTimeout: 0 });
    await using cached = await cache(redis, { mode, maxSilence: 100 });
    await Promise.all(KEYS.map((key) => write(direct, key, 0)));
    proxy.calm = false;
    let next = 1;
    const newest = new Map<string, number>();
    const seen = new Map<string, number>();
    // Values only grow, so an old one shows.
    const look = async (key: string): Promise<void> => {
      const least = Math.max(seen.get(key) ?? 0, newest.get(key) ?? 0);
      const value = await cached.zscore(key, "m").catch(refused);
      if (value === undefined) return;
      assert(value! >= least, `${key}: ${value} after ${least}`);
      seen.set(key, value!);
    };
    for (let round = 0; round < 300; round++) {
      await write(direct, KEYS[round % KEYS.length]!, next++);
      const own = KEYS[(round * 7 + 1) % KEYS.length]!;
      const mine = next++;
      const written = await write(cached, own, mine).catch(refused);
      // What was acknowledged to us we must read, or something newer.
      if (written !== undefined) newest.set(own, mine);
      for (const key of KEYS) await look(key);
      for (const key of KEYS) await look(key);
    }
    proxy.calm = true;
    while (await cached.call("PING").catch(refused) !== "PONG");
    for (const key of KEYS) await cached.zscore(key, "m").catch(refused);
    const { losses } = cached.stats();
    proxy.cutAll();
    while (cached.stats().losses === losses) await direct.ping();
    // Nobody tells of these.
    for (const key of KEYS) await write(direct, key, next++);
    while (await cached.call("PING").catch(refused) !== "PONG");
    for (const key of KEYS) assertEquals(await cached.zscore(key, "m"), await direct.zscore(key, "m"));
    const { hits, flushes } = cached.cache.stats();
    assert(hits > 100 && flushes > 5, `${hits} hits, ${flushes} flushes`);
  });
}

/** A write that was given up may run later, after newer ones: so none may lower what is there. */
function write(redis: Redis, key: string, value: number): Promise<unknown> {
  return redis.zadd(key, { m: value }, { gt: true });
}

/** Faults may reject a call; they must say so in the client's own words. */
function refused(error: unknown): undefined {
  if (!(error instanceof RedisError)) throw error;
}
