/**
 * Numbers of every kind on real servers, under both protocols: integers of 64 bits wherever a reply may hold one,
 * infinite and undefined decimals, numbers of any length; and what RESP3 says beside a reply.
 */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { connect, type Redis } from "../../mod.ts";
import { missing, type ServerVersion, startRedis } from "../support/servers.ts";
import { test } from "../support/test.ts";

const VERSIONS: readonly ServerVersion[] = ["redis-7.0", "redis-8", "redis-8.6", "valkey-9"];
const BIG = 9007199254740993n; // 2^53 + 1: the first integer that a double cannot hold
const SAFE = 9007199254740991n;

type Client = Redis;
type Bigints = Client["bigints"];

/** Where a reply may hold an integer, and how to read it from the value. */
interface Place {
  readonly where: string;
  prepare(redis: Client, value: bigint): Promise<unknown>;
  read(redis: Client | Bigints): Promise<unknown>;
  pick(value: unknown): unknown;
  /** The least that it may be. */
  readonly least?: bigint;
}

const PLACES: readonly Place[] = [
  {
    where: "the reply itself",
    prepare: (redis, value) => redis.set("n", value),
    read: (redis) => redis.incrby("n", 0),
    pick: (value) => value,
  },
  {
    where: "an element of an array",
    prepare: async (redis, value) => {
      await redis.del("b");
      await redis.bigints.bitfield("b", [{ set: { encoding: "i64", offset: 0, value } }]);
    },
    read: (redis) =>
      redis.bitfield("b", [{ get: { encoding: "u8", offset: 0 } }, { get: { encoding: "i64", offset: 0 } }]),
    pick: (value) => (value as unknown[])[1],
  },
  {
    where: "a field of a struct",
    prepare: async (redis, value) => {
      await redis.del("s");
      await redis.xadd("s", "1-1", { f: "v" });
      await redis.xsetid("s", "5-5", { entriesadded: value, maxdeletedid: "1-0" });
    },
    read: (redis) => redis.xinfoStream("s"),
    pick: (value) => (value as { "entries-added": unknown })["entries-added"],
    least: 1n,
  },
  {
    where: "a struct that an option asks for",
    prepare: (redis, value) => PLACES[2]!.prepare(redis, value),
    read: (redis) => redis.xinfoStream("s", { full: true }),
    pick: (value) => (value as { "entries-added": unknown })["entries-added"],
    least: 1n,
  },
  {
    where: "a field of a struct in an array",
    prepare: async (redis, value) => {
      await PLACES[2]!.prepare(redis, value);
      await redis.xgroupCreate("s", "g", "5-5", { entriesread: value });
    },
    read: (redis) => redis.xinfoGroups("s"),
    pick: (value) => (value as [{ "entries-read": unknown }])[0]["entries-read"],
    least: 1n,
  },
];

for (const version of VERSIONS) {
  const skip = missing(version);
  test(`integers of 64 bits are exact or refused, wherever they stand: ${version}`, { skip }, async () => {
    await using server = await startRedis({ version });
    for (const protocol of [2, 3] as const) {
      await using redis = await connect(server.url, { protocol });
      for (const place of PLACES) await hold(redis, place, `${place.where}, RESP${protocol}`);
    }
  });

  test(`many commands at once: who asked for bigints gets them, others are refused, nobody is mixed up: ${version}`, {
    skip,
  }, async () => {
    await using server = await startRedis({ version });
    for (const protocol of [2, 3] as const) {
      await using redis = await connect(server.url, { protocol });
      await redis.set("big", BIG);
      const mixed = await Promise.allSettled([
        redis.incrby("big", 0),
        redis.bigints.incrby("big", 0),
        redis.incrby("small", 0),
        redis.bytes.bigints.incrby("small", 0),
      ]);
      assertEquals(mixed.map((one) => one.status === "rejected" ? (one.reason as Error).name : one.value), [
        "RangeError",
        BIG,
        0,
        0n,
      ]);
      const piped = await redis.bigints.pipeline((p) => [p.incrby("big", 0), p.get("big"), p.exists("big")]);
      assertEquals(piped, [BIG, "9007199254740993", 1n]);
      await assertRejects(() => redis.pipeline((p) => [p.incrby("big", 0)]), Error, "2^53");
      assertEquals(await redis.bigints.transaction((t) => [t.incrby("big", 1), t.llen("no")]), [BIG + 1n, 0n]);
      await assertRejects(() => redis.transaction((t) => [t.incrby("big", 0), t.get("big")]), Error, "2^53");
      assertEquals(await redis.bigints.session((session) => session.incrby("big", 0)), BIG + 1n);
      assertEquals(await redis.call("INCRBY", "big", 0), BIG + 1n);
      assertEquals(await redis.get("big"), String(BIG + 1n));
    }
  });

  test(`decimals may be infinite, and no number: ${version}`, { skip }, async () => {
    await using server = await startRedis({ version });
    for (const protocol of [2, 3] as const) {
      await using redis = await connect(server.url, { protocol });
      for (const view of [redis, redis.bytes, redis.bigints]) {
        await view.del("z");
        await view.zadd("z", { low: -Infinity, half: 0.5, tiny: 5e-324, high: Infinity, vast: 1.7976931348623157e308 });
        assertEquals(await view.zmscore("z", "low", "half", "tiny", "high", "vast", "none"), [
          ...[-Infinity, 0.5, 5e-324, Infinity, 1.7976931348623157e308],
          null,
        ]);
        const scored = await view.zrange("z", 0, -1, { withscores: true });
        assertEquals(scored.map((pair) => pair[1]), [-Infinity, 5e-324, 0.5, 1.7976931348623157e308, Infinity]);
        assertEquals(await view.zadd("z", 1, "high", { incr: true }), Infinity);
        assertEquals(await view.zcount("z", "-inf", "+inf").then(Number), 5);
        assertEquals(Number(await view.zrangebyscore("z", Infinity, Infinity).then((found) => found.length)), 1);
      }
    }
  });

  test(`RESP3's own types, and what it says beside a reply, do no harm: ${version}`, { skip }, async () => {
    await using server = await startRedis({ version });
    await using redis = await connect(server.url, { protocol: 3 });
    const give = (what: string) => redis.eval(`redis.setresp(3); return ${what}`, []);
    assert(Number.isNaN(await give("{double=0/0}")));
    assertEquals(await give("{double=-1/0}"), -Infinity);
    const digits = "3492890328409238509324850943850943825024385";
    assertEquals(await give(`{big_number='${digits}'}`), BigInt(digits));
    assertEquals(await give("{verbatim_string={format='txt', string='plain'}}"), "plain");
    assertEquals(await give("{set={x=true}}"), ["x"]);
    assertEquals(await give("{map={k='v'}}"), ["k", "v"]);
    assertEquals(await give("true"), true);
    const after = await Promise.all([
      redis.call("DEBUG", "PROTOCOL", "attrib"),
      redis.echo("the next one"),
      redis.call("DEBUG", "PROTOCOL", "verbatim"),
      redis.call("DEBUG", "PROTOCOL", "bignum"),
      redis.echo("the last one"),
    ]);
    assertEquals(after, [
      "Some real reply following the attribute",
      "the next one",
      "This is a verbatim\nstring",
      1234567999999999999999999999999999999n,
      "the last one",
    ]);
    await using older = await connect(server.url, { protocol: 2 });
    assertEquals(await older.eval("redis.setresp(3); return {double=1.5}", []), "1.5");
    assertEquals(await older.eval(`redis.setresp(3); return {big_number='${digits}'}`, []), digits);
  });
}

async function hold(redis: Client, place: Place, message: string): Promise<void> {
  const values = [BIG, -BIG, 9223372036854775807n, -9223372036854775808n, SAFE, -SAFE, 1n, 0n];
  for (const value of values.filter((one) => one >= (place.least ?? one))) {
    await place.prepare(redis, value);
    assertEquals(place.pick(await place.read(redis.bigints)), value, message);
    if (value <= SAFE && value >= -SAFE) assertEquals(place.pick(await place.read(redis)), Number(value), message);
    else await assertRejects(() => place.read(redis), RangeError, "2^53", message);
    assertEquals(await redis.echo("still paired"), "still paired");
  }
}
