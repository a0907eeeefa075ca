// For every kind of data whose reads are kept, a write by somebody else is told of: on the newest servers at hand.
import { assertEquals, assertNotEquals } from "@std/assert";
import { connect, type Redis } from "../../mod.ts";
import { cache, type Caching } from "../../src/cache/mod.ts";
import { findBinary } from "../support/binaries.ts";
import { findModule } from "../support/modules.ts";
import { startRedis } from "../support/servers.ts";
import { test } from "../support/test.ts";

type Step = (redis: Redis) => Promise<unknown>;

/** A write, a read, and a write that changes what the read gives. */
interface Family {
  readonly name: string;
  readonly commands?: readonly string[];
  readonly before: Step;
  readonly reads: readonly Step[];
  readonly change: Step;
}

const FAMILIES: readonly Family[] = [
  {
    name: "strings",
    before: (r) => r.mset({ k: "ab", other: "ab" }),
    reads: [
      (r) => r.get("k"),
      (r) => r.mget("k", "other"),
      (r) => r.strlen("k"),
      (r) => r.getrange("k", 0, -1),
      (r) => r.getbit("k", 19),
      (r) => r.bitcount("k"),
      (r) => r.lcs("k", "other"),
      (r) => r.substr("k", 0, -1),
    ],
    change: (r) => r.append("k", "xyz").then(() => r.append("other", "xyz")),
  },
  {
    name: "keys",
    before: (r) => r.set("k", "v"),
    reads: [(r) => r.exists("k"), (r) => r.type("k")],
    change: (r) => r.del("k"),
  },
  {
    name: "expiry",
    before: (r) => r.set("k", "v", { ex: 1000 }),
    reads: [(r) => r.expiretime("k"), (r) => r.pexpiretime("k")],
    change: (r) => r.expire("k", 5000),
  },
  {
    name: "hashes",
    before: (r) => r.hset("h", { a: "1" }),
    reads: [
      (r) => r.hget("h", "b"),
      (r) => r.hmget("h", "a", "b"),
      (r) => r.hgetall("h"),
      (r) => r.hkeys("h"),
      (r) => r.hvals("h"),
      (r) => r.hlen("h"),
      (r) => r.hexists("h", "b"),
      (r) => r.hstrlen("h", "b"),
    ],
    change: (r) => r.hset("h", { b: "2" }),
  },
  {
    name: "lists",
    before: (r) => r.rpush("l", "a", "b"),
    reads: [(r) => r.lrange("l", 0, -1), (r) => r.llen("l"), (r) => r.lindex("l", 0), (r) => r.lpos("l", "a")],
    change: (r) => r.lpush("l", "c"),
  },
  {
    name: "sets",
    before: (r) => r.sadd("s", "a").then(() => r.sadd("t", "a", "b")),
    reads: [
      (r) => r.smembers("s").then((members) => members.sort()),
      (r) => r.scard("s"),
      (r) => r.sismember("s", "b"),
      (r) => r.smismember("s", "a", "b"),
      (r) => r.sdiff("t", "s"),
      (r) => r.sinter("s", "t").then((members) => members.sort()),
      (r) => r.sintercard(["s", "t"]),
    ],
    change: (r) => r.sadd("s", "b"),
  },
  {
    name: "sorted sets",
    before: (r) => r.zadd("z", { a: 1 }).then(() => r.zadd("y", { a: 1, b: 2 })),
    reads: [
      (r) => r.zrange("z", 0, -1),
      (r) => r.zrange("z", 0, -1, { withscores: true }),
      (r) => r.zcard("z"),
      (r) => r.zscore("z", "b"),
      (r) => r.zmscore("z", "a", "b"),
      (r) => r.zrank("z", "b"),
      (r) => r.zcount("z", 0, 5),
      (r) => r.zinter(["z", "y"]),
      (r) => r.zdiff(["y", "z"]),
      (r) => r.zintercard(["z", "y"]),
    ],
    change: (r) => r.zadd("z", { b: 3 }),
  },
  {
    name: "streams",
    before: (r) => r.xadd("x", "1-1", { f: "v" }),
    reads: [(r) => r.xlen("x"), (r) => r.xrange("x", "-", "+"), (r) => r.xrevrange("x", "+", "-")],
    change: (r) => r.xadd("x", "2-1", { f: "v" }),
  },
  {
    name: "places",
    before: (r) => r.call("GEOADD", "g", "1", "1", "a"),
    reads: [(r) => r.geopos("g", "b"), (r) => r.geohash("g", "b"), (r) => r.geodist("g", "a", "b")],
    change: (r) => r.call("GEOADD", "g", "2", "2", "b"),
  },
  {
    name: "counts of distinct things",
    before: (r) => r.pfadd("p", "a"),
    reads: [(r) => r.pfcount("p")],
    change: (r) => r.pfadd("p", "b", "c"),
  },
  {
    name: "vector sets",
    before: (r) => r.call("VADD", "v", "VALUES", "2", "1", "0", "a"),
    reads: [(r) => r.vcard("v"), (r) => r.vismember("v", "b")],
    change: (r) => r.call("VADD", "v", "VALUES", "2", "0", "1", "b"),
  },
];

const JSON_FAMILY: Family = {
  name: "JSON",
  commands: ["JSON.GET", "JSON.TYPE"],
  before: (r) => r.call("JSON.SET", "j", "$", '{"a":1}'),
  reads: [(r) => r.jsonGet("j"), (r) => r.jsonType("j", "$.b")],
  change: (r) => r.call("JSON.SET", "j", "$.b", "2"),
};

/** Reads what somebody else then changes: from the cache the second time, and afresh after the change. */
async function changed(redis: Redis, { name, commands, before, reads, change }: Family): Promise<void> {
  await using cached = await cache(redis, { commands });
  await redis.flushall();
  await before(redis);
  // That everything was flushed may be on its way yet, and would take the place of the first read away.
  await cached.call("PING");
  const old = await all(cached, reads);
  assertEquals(await all(cached, reads), old, name);
  await change(redis);
  await cached.call("PING");
  const fresh = await all(cached, reads);
  assertEquals(fresh, await all(redis, reads), name);
  fresh.forEach((value, i) => assertNotEquals(value, old[i], `${name}: the change does not show in read ${i}`));
  const { hits } = cached.cache.stats();
  assertEquals(hits, reads.length, `${name}: ${hits} of ${reads.length} were answered from the cache`);
}

for (const version of ["redis-8.6", "redis-7.0", "valkey-9"] as const) {
  test(`a write by somebody else drops what was read, whatever the data: ${version}`, {
    skip: findBinary(version) ? false : "no such server",
  }, async () => {
    await using server = await startRedis({ version });
    await using redis = await connect(server.url);
    const known = new Set((await redis.commandList()).map((name) => name.toUpperCase()));
    for (const family of FAMILIES) if (family.name !== "vector sets" || known.has("VADD")) await changed(redis, family);
  });
}

const json = findModule("rejson");

test("a write by somebody else drops what was read, if it is JSON, too", {
  skip: json ? false : "no module rejson on this machine",
}, async () => {
  await using server = await startRedis({ args: ["--loadmodule", json!] });
  await using redis = await connect(server.url);
  await changed(redis, JSON_FAMILY);
});

async function all(redis: Redis | (Redis & Caching), reads: readonly Step[]): Promise<unknown[]> {
  const values: unknown[] = [];
  for (const read of reads) values.push(await read(redis));
  return values;
}
