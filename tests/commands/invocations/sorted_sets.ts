/**
 * Sorted sets and places.
 *
 * @module
 */
import { call, type Invocation, type Redis, type Scenario } from "./invocation.ts";

/** Sorted sets: adding, counting, ranks and scores. */
export const scores: Scenario = [
  call((r) => r.zadd("z", { a: 1, b: 2.5, c: Infinity })),
  call((r) => r.zadd("z", 3, "b", { xx: true, ch: true })),
  call((r) => r.zadd("z", 2, "a", { incr: true }), "incr"),
  call((r) => r.zadd("z", 2, "a", { nx: true, incr: true }), "incr"),
  call((r) => r.zcard("z")),
  call((r) => r.zcount("z", "-inf", "+inf")),
  call((r) => r.zincrby("z", 1.5, "a")),
  call((r) => r.zscore("z", "c")),
  call((r) => r.zscore("z", "nope")),
  call((r) => r.zscore("nope", "a")),
  call((r) => r.zmscore("z", "a", "nope", "c")),
  call((r) => r.zrank("z", "a")),
  call((r) => r.zrank("z", "nope")),
  call((r) => r.zrank("z", "a", { withscore: true }), "withscore"),
  call((r) => r.zrank("z", "nope", { withscore: true }), "withscore"),
  call((r) => r.zrevrank("z", "a")),
  call((r) => r.zrevrank("z", "nope")),
  call((r) => r.zrevrank("z", "a", { withscore: true }), "withscore"),
  call((r) => r.zrevrank("nope", "a", { withscore: true }), "withscore"),
  call((r) => r.zrem("z", "b")),
];

/** Sorted sets: ranges. */
export const ranges: Scenario = [
  call((r) => r.zadd("z", { a: 1, b: 2.5, c: 3 })),
  call((r) => r.zadd("zl", { a: 0, b: 0 })),
  call((r) => r.zrange("z", 0, -1)),
  call((r) => r.zrange("z", 0, -1, { withscores: true }), "withscores"),
  call((r) => r.zrange("nope", 0, -1, { withscores: true }), "withscores"),
  call((r) => r.zrevrange("z", 0, -1)),
  call((r) => r.zrevrange("z", 0, -1, { withscores: true }), "withscores"),
  call((r) => r.zrangebyscore("z", "-inf", "(3")),
  call((r) => r.zrangebyscore("z", 0, "+inf", { withscores: true, limit: { offset: 0, count: 1 } }), "withscores"),
  call((r) => r.zrevrangebyscore("z", "+inf", "-inf")),
  call((r) => r.zrevrangebyscore("z", "+inf", "-inf", { withscores: true }), "withscores"),
  call((r) => r.zrangebylex("zl", "-", "+")),
  call((r) => r.zrevrangebylex("zl", "+", "-")),
  call((r) => r.zlexcount("zl", "[a", "+")),
  call((r) => r.zrangestore("zd", "z", 0, -1)),
  call((r) => r.zremrangebyrank("zd", 0, 0)),
  call((r) => r.zremrangebyscore("zd", 3, 3)),
  call((r) => r.zremrangebylex("zl", "[a", "[a")),
  call((r) => r.zadd("z1", { a: 1.5 })),
  call((r) => r.zrandmember("nope")),
  call((r) => r.zrandmember("z1")),
  call((r) => r.zrandmember("z1", 3), "count"),
  call((r) => r.zrandmember("z1", 3, { withscores: true }), "withscores"),
  call((r) => r.zrandmember("nope", 3, { withscores: true }), "withscores"),
  call((r) => r.zscan("z", "0")),
  call((r) => r.zscan("z1", "0", { noscores: true }), "noscores"),
];

/** Sorted sets: several at once. */
export const combined: Scenario = [
  call((r) => r.zadd("z", { a: 1, b: 2.5, c: 3 })),
  call((r) => r.zadd("y", { a: 1, d: 4 })),
  call((r) => r.zunion(["z", "y"])),
  call((r) => r.zunion(["z", "y"], { withscores: true, weights: [1, 2] }), "withscores"),
  call((r) => r.zinter(["z", "y"])),
  call((r) => r.zinter(["z", "y"], { withscores: true, aggregate: "MAX" }), "withscores"),
  call((r) => r.zdiff(["z", "y"])),
  call((r) => r.zdiff(["z", "y"], { withscores: true }), "withscores"),
  call((r) => r.zunionstore("zu", ["z", "y"])),
  call((r) => r.zinterstore("zi", ["z", "y"])),
  call((r) => r.zdiffstore("zx", ["z", "y"])),
  call((r) => r.zintercard(["z", "y"])),
];

/** Sorted sets: taking members out. */
export const popped: Scenario = [
  call((r) => r.zadd("z", { a: 1, b: 2, c: 3, d: 4.5, e: 5, f: 6, g: 7, h: 8 })),
  call((r) => r.zpopmin("z")),
  call((r) => r.zpopmin("nope")),
  call((r) => r.zpopmin("z", 1), "count"),
  call((r) => r.zpopmin("nope", 1), "count"),
  call((r) => r.zpopmax("z")),
  call((r) => r.zpopmax("nope")),
  call((r) => r.zpopmax("z", 2), "count"),
  call((r) => r.zpopmax("z", 0), "count"),
  call((r) => r.bzpopmin(["z"], 1)),
  call((r) => r.bzpopmin(["nope"], 0.01)),
  call((r) => r.bzpopmax(["z"], 1)),
  call((r) => r.bzpopmax(["nope"], 0.01)),
  call((r) => r.zadd("zu", { a: 1, b: 2, c: 3.5 })),
  call((r) => r.zmpop(["zu"], "MIN", { count: 2 })),
  call((r) => r.zmpop(["nope"], "MIN")),
  call((r) => r.bzmpop(1, ["zu"], "MIN")),
  call((r) => r.bzmpop(0.01, ["nope"], "MIN")),
];

interface With {
  withcoord?: true;
  withdist?: true;
  withhash?: true;
}

/** Every combination of what can be asked for beside the members. */
function eachWith(run: (redis: Redis, options: With) => Promise<unknown>): Invocation[] {
  return [1, 2, 3, 4, 5, 6, 7].map((bits) => {
    const options: With = {};
    if (bits & 1) options.withdist = true;
    if (bits & 2) options.withhash = true;
    if (bits & 4) options.withcoord = true;
    return call((r) => run(r, options), Object.keys(options).join("+"));
  });
}

const HERE = { fromlonlat: { longitude: 15, latitude: 37 }, byradius: { radius: 200, unit: "km" }, asc: true } as const;

/** Places. */
export const places: Scenario = [
  call((r) => r.geoadd("g", [[13.361389, 38.115556, "Palermo"], [15.087269, 37.502669, "Catania"]])),
  call((r) => r.geodist("g", "Palermo", "Catania", "km")),
  call((r) => r.geodist("g", "Palermo", "nope")),
  call((r) => r.geohash("g", "Palermo", "nope")),
  call((r) => r.geohash("nope", "a")),
  call((r) => r.geopos("g", "Palermo", "nope")),
  call((r) => r.geopos("nope", "a")),
  call((r) => r.geosearch("g", HERE)),
  ...eachWith((r, options) => r.geosearch("g", { ...HERE, ...options })),
  call((r) => r.geosearchstore("gs", "g", { frommember: "Palermo", bybox: { width: 400, height: 400, unit: "km" } })),
  call((r) => r.georadius("g", 15, 37, 200, "km", { asc: true })),
  call((r) => r.georadius("g", 15, 37, 200, "km", { store: "gd" }), "store"),
  ...eachWith((r, options) => r.georadius("g", 15, 37, 200, "km", { asc: true, ...options })),
  call((r) => r.georadiusbymember("g", "Palermo", 200, "km", { asc: true })),
  call((r) => r.georadiusbymember("g", "Palermo", 200, "km", { storedist: "gd" }), "storedist"),
  ...eachWith((r, options) => r.georadiusbymember("g", "Palermo", 200, "km", { asc: true, ...options })),
  call((r) => r.georadiusRo("g", 15, 37, 200, "km", { asc: true })),
  ...eachWith((r, options) => r.georadiusRo("g", 15, 37, 200, "km", { asc: true, ...options })),
  call((r) => r.georadiusbymemberRo("g", "Palermo", 200, "km", { asc: true })),
  ...eachWith((r, options) => r.georadiusbymemberRo("g", "Palermo", 200, "km", { asc: true, ...options })),
];
