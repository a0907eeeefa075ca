/**
 * Streams.
 *
 * @module
 */
import { call, type Scenario, varying } from "./invocation.ts";

/** Streams: writing and reading. */
export const streams: Scenario = [
  call((r) => r.xadd("s", "1-1", { a: 1, b: 2 })),
  call((r) => r.xadd("s", "2-1", "a", 1)),
  varying((r) => r.xadd("other", "*", { a: 1 })),
  call((r) => r.xadd("nope", "1-1", { a: 1 }, { nomkstream: true }), "nomkstream"),
  call((r) => r.xadd("s", "3-1", { c: 1 }, { nomkstream: true }), "nomkstream"),
  call((r) => r.xlen("s")),
  call((r) => r.xrange("s", "-", "+")),
  call((r) => r.xrevrange("s", "+", "-", { count: 1 })),
  call((r) => r.xrange("nope", "-", "+")),
  call((r) => r.xread({ s: "0" }, { count: 2 })),
  call((r) => r.xread([["s", "0"], ["nope", "0"]])),
  call((r) => r.xread({ s: "99" })),
  call((r) => r.xread({ s: "$" }, { block: 5 })),
  call((r) => r.xinfoStream("s")),
  call((r) => r.xinfoHelp()),
  call((r) => r.xdel("s", "2-1")),
  call((r) => r.xdelex("s", ["1-1", "9-9"])),
  call((r) => r.xtrim("s", { maxlen: 0 })),
  call((r) => r.xsetid("s", "5-5")),
  call((r) => r.xinfoStream("s")),
  call((r) => r.xinfoStream("s", { full: true }), "full"),
  call((r) => r.xcfgset("s", { idmpDuration: 10 })),
  call((r) => r.xadd("s", "6-1", { a: 1 })),
  call((r) => r.xidmprecord("s", "producer", "one", "6-1")),
];

/** Streams: groups of consumers. */
export const groups: Scenario = [
  call((r) => r.xadd("s", "1-1", { a: 1, b: 2 })),
  call((r) => r.xadd("s", "2-1", { a: 1 })),
  call((r) => r.xadd("s", "3-1", { c: 1 })),
  call((r) => r.xgroupCreate("s", "g", "0")),
  call((r) => r.xgroupCreate("s", "gx", "$", { mkstream: true })),
  call((r) => r.xgroupSetid("s", "gx", "0")),
  call((r) => r.xgroupDestroy("s", "gx")),
  call((r) => r.xgroupDestroy("s", "gx")),
  call((r) => r.xgroupCreateconsumer("s", "g", "c9")),
  call((r) => r.xgroupCreateconsumer("s", "g", "c9")),
  call((r) => r.xgroupDelconsumer("s", "g", "c9")),
  call((r) => r.xgroupHelp()),
  call((r) => r.xpending("s", "g")),
  call((r) => r.xreadgroup("g", "c", { s: ">" }, { count: 2 })),
  call((r) => r.xreadgroup("g", "c", { s: "0" })),
  call((r) => r.xdel("s", "2-1")),
  call((r) => r.xreadgroup("g", "c", { s: "0" })),
  call((r) => r.xreadgroup("g", "c", { s: ">" }, { count: 9 })),
  call((r) => r.xreadgroup("g", "c", { s: ">" })),
  varying((r) => r.xreadgroup("g", "c", { s: ">" }, { count: 9, claim: 0 }), "claim"),
  call((r) => r.xreadgroup("g", "c", { s: ">" }, { claim: 1e9 }), "claim"),
  call((r) => r.xpending("s", "g")),
  varying((r) => r.xpending("s", "g", { start: "-", end: "+", count: 10 }), "start"),
  varying((r) => r.xpending("s", "g", { start: "-", end: "+", count: 10, consumer: "nobody" }), "start"),
  varying((r) => r.xinfoStream("s")),
  varying((r) => r.xinfoStream("s", { full: { count: 5 } }), "full"),
  varying((r) => r.xinfoGroups("s")),
  varying((r) => r.xinfoConsumers("s", "g")),
  call((r) => r.xclaim("s", "g", "c2", 0, ["1-1"])),
  call((r) => r.xclaim("s", "g", "c2", 0, ["1-1"], { justid: true }), "justid"),
  call((r) => r.xautoclaim("s", "g", "c2", 0, "0")),
  call((r) => r.xautoclaim("s", "g", "c2", 0, "0", { justid: true }), "justid"),
  call((r) => r.xnack("s", "g", "FAIL", ["1-1"])),
  call((r) => r.xack("s", "g", "1-1")),
  call((r) => r.xackdel("s", "g", ["3-1", "9-9"])),
];
