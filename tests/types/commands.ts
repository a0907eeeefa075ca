/**
 * Compiled, never run: what the methods' types allow, and what they promise.
 */
import type { Commands } from "../../src/generated/commands.ts";
import type { SetOptions, ZrangeOptions } from "../../src/generated/options.ts";
import type { Bytes, GeoPlace, Pairs, Value } from "../../src/command/values.ts";

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true : false;

/** Compiles only where the promised value has exactly this type. */
declare function gives<Wanted>(): <Got>(
  value: Promise<Got>,
  ...same: Equal<Got, Wanted> extends true ? [] : [never]
) => void;

declare const redis: Commands;
declare const bytes: Commands<Uint8Array>;
declare const bigints: Commands<string, bigint>;
declare const unsure: boolean;
// deno-lint-ignore no-explicit-any
declare const parsed: any;
declare const anySet: SetOptions;
declare const anyRange: ZrangeOptions;
declare const maybeCount: number | undefined;

export function replies(): void {
  gives<string | null>()(redis.get("k"));
  gives<Uint8Array | null>()(bytes.get("k"));
  gives<number>()(redis.incr("k"));
  // Null where the path leads nowhere, on no condition, too.
  gives<"OK" | null>()(redis.jsonSet("j", "$.a.b", "1"));
  gives<bigint>()(bigints.incr("k"));
  // All of them: what a consumer has comes as text, and the server counts it like the rest.
  gives<[bigint, string | null, string | null, [string, bigint][] | null]>()(bigints.xpending("s", "g"));
  gives<0 | 1>()(redis.hexists("h", "f"));
  gives<bigint>()(bigints.hexists("h", "f"));
  gives<Record<string, string>>()(redis.hgetall("h"));
  gives<Map<Uint8Array, Uint8Array>>()(bytes.hgetall("h"));
  gives<(string | null)[]>()(redis.mget("a", "b"));
  gives<number | null>()(redis.zscore("z", "m"));
  gives<Bytes | null>()(redis.dump("k"));

  // SET: literal, dynamic and absent options
  gives<"OK">()(redis.set("k", 1));
  gives<"OK">()(redis.set("k", 1, {}));
  gives<"OK">()(redis.set("k", 1, { ex: 5 }));
  gives<"OK" | null>()(redis.set("k", 1, { nx: true }));
  gives<"OK">()(redis.set("k", 1, { nx: false }));
  gives<"OK" | null>()(redis.set("k", 1, { nx: unsure }));
  gives<string | null>()(redis.set("k", 1, { get: true, ex: 10 }));
  gives<string | null>()(redis.set("k", 1, { get: unsure }));
  gives<string | null>()(redis.set("k", 1, anySet));
  gives<Uint8Array | null>()(bytes.set("k", 1, { get: true }));
  // Of what comes out of JSON.parse nobody knows what it asks for.
  gives<"OK" | null>()(redis.set("k", 1, { nx: parsed }));
  gives<string | null>()(redis.set("k", 1, { get: parsed }));
  gives<string | null>()(redis.set("k", 1, parsed));
  gives<string[] | [member: string, score: number][]>()(redis.zrange("z", 0, -1, { withscores: parsed }));
  gives<string[] | [member: string, score: number][]>()(redis.zrange("z", 0, -1, parsed));

  gives<string[]>()(redis.zrange("z", 0, -1));
  gives<[member: string, score: number][]>()(redis.zrange("z", 0, -1, { withscores: true }));
  gives<string[] | [member: string, score: number][]>()(redis.zrange("z", 0, -1, unsure ? { withscores: true } : {}));
  gives<string[] | [member: string, score: number][]>()(redis.zrange("z", 0, -1, anyRange));
  gives<number>()(redis.zadd("z", { a: 1 }));
  gives<number | null>()(redis.zadd("z", 1, "a", { incr: true }));

  gives<string | null>()(redis.lpop("l"));
  gives<string[] | null>()(redis.lpop("l", 2));
  gives<string[] | string | null>()(redis.lpop("l", maybeCount));
  gives<string | null>()(redis.hrandfield("h"));
  gives<string[]>()(redis.hrandfield("h", 2));
  gives<[name: string, value: string][]>()(redis.hrandfield("h", 2, { withvalues: true }));
  gives<string>()(redis.xadd("s", "*", { f: "v" }));
  gives<string | null>()(redis.xadd("s", "*", { f: "v" }, { nomkstream: true }));
  gives<"OK">()(redis.aclLog("RESET"));
  gives<"OK">()(redis.clientKill("127.0.0.1:1"));
  gives<number>()(redis.clientKill({ id: 1 }));
  gives<string[]>()(redis.geosearch("g", { bypolygon: [[0, 0], [0, 1], [1, 1]] }));

  const circle = { frommember: "m", byradius: { radius: 1, unit: "km" } } as const;
  gives<string[]>()(redis.geosearch("g", circle));
  gives<number>()(redis.geosearch("g", { ...circle, withdist: true }).then((found) => found[0].distance));
  // @ts-expect-error: it did not ask for the coordinates
  redis.geosearch("g", { ...circle, withdist: true }).then((found) => found[0].coordinates);
  gives<number | undefined>()(redis.memoryStats().then((told) => told["db.0"]?.["overhead.hashtable.main"]));
  gives<number>()(redis.eval<number>("return 1", ["k"]));
}

interface Person {
  readonly name: string;
  readonly born: number;
}

/** As docs/commands.md says. */
export function spread(person: Person): void {
  redis.hset("h", { ...person });
  redis.xadd("s", "*", { ...person });
  // @ts-expect-error: an interface might have other names as well, with values of any kind
  redis.hset("h", person);
}

export function refused(): void {
  // @ts-expect-error: two conditions
  redis.set("k", 1, { nx: true, xx: true });
  // @ts-expect-error: two lifetimes
  redis.set("k", 1, { ex: 1, px: 2 });
  // @ts-expect-error: for one way of eviction or the other
  redis.restore("k", 0, new Uint8Array(1), { idletime: 1, freq: 1 });
  // @ts-expect-error: there is no such option
  redis.set("k", 1, { exx: 1 });
  // @ts-expect-error: a typing error beside an option that is right
  redis.set("k", 1, { ex: 1, exx: 1 });
  // @ts-expect-error: no key
  redis.get();
  // @ts-expect-error: null is no value
  redis.set("k", null);
  // @ts-expect-error: neither is undefined
  redis.hset("h", { f: undefined });
  // @ts-expect-error: a field without a value
  redis.hset("h", "f");
  // @ts-expect-error: a word that is not among those
  redis.lmove("a", "b", "LEFT", "UP");
  // @ts-expect-error: one of the ways must be chosen
  redis.geosearch("g", { frommember: "m" });
  // @ts-expect-error: only one of the ways may be chosen
  redis.geosearch("g", {
    frommember: "m",
    byradius: { radius: 1, unit: "km" },
    bybox: { width: 1, height: 1, unit: "km" },
  });
  // @ts-expect-error: the centre is missing
  redis.geosearch("g", { byradius: { radius: 1, unit: "km" } });
  // @ts-expect-error: here too
  redis.geosearchstore("d", "g", { bybox: { width: 1, height: 1, unit: "km" } });
  // @ts-expect-error: an address or filters
  redis.clientKill();
  // @ts-expect-error: there is no such unit
  redis.geosearch("g", { frommember: "m", byradius: { radius: 1, unit: "miles" } });
  // @ts-expect-error: its reply would be no JSON text
  redis.jsonGet("j", ["$"], { format: "EXPAND" });
  // @ts-expect-error: nor here
  redis.jsonArrpop("j", "$", -1, { format: "EXPAND1" });
  // @ts-expect-error: how many, but not in which order
  redis.lmovem("a", "b", "LEFT", "LEFT", { count: 2 });
  // @ts-expect-error: nor how many
  redis.blmovem("a", "b", "LEFT", "LEFT", 1, { bulk: true });
  // @ts-expect-error: a group is never empty
  redis.tsMrange("-", "+", ["a=b"], { excludeempty: true, groupby: { label: "l", reduce: "sum" } });
  // @ts-expect-error: one for each key
  redis.tsNrange(["a", "b"], "-", "+", { aggregation: { type: "sum", bucketDuration: 5 } });
  // @ts-expect-error: a start without an end
  redis.bitcount("k", 0);
  // @ts-expect-error: a count without a start
  redis.xpending("s", "g", { count: 5 });
  // @ts-expect-error: BLPOP needs its timeout
  redis.blpop(["l"]);
  // @ts-expect-error: an operation is one of those
  redis.bitfield("k", [{ add: 5 }]);
  // @ts-expect-error: commands of the connection's state are for sessions
  redis.select(1);
  // @ts-expect-error: transactions have a way of their own
  redis.multi();
}

export function arguments_(
  fields: Map<string, number>,
  pairs: Pairs<Value, Value>,
  place: GeoPlace<{ withdist: true }, string, number>,
): void {
  redis.lmovem("a", "b", "LEFT", "LEFT");
  redis.lmovem("a", "b", "LEFT", "LEFT", { exactly: 2, bulk: true });
  redis.tsMrange("-", "+", ["a=b"], { excludeempty: unsure, count: 5 });
  redis.tsNrevrange(["a", "b"], "-", "+", { aggregation: { type: ["sum", ["min", "max"]], bucketDuration: 5 } });
  redis.hset("h", fields);
  redis.hset("h", pairs);
  redis.hset("h", [["f", 1n], ["g", new Uint8Array(1)]]);
  redis.del(...["a", "b"]);
  redis.del(["a", "b"]);
  redis.zadd("z", new Map([["a", 1]]), { nx: true });
  redis.zrangebyscore("z", "(1", "+inf");
  redis.zrangebyscore("z", -Infinity, 5);
  redis.expireat("k", new Date());
  redis.sadd("s", place.member, place.distance);
}
