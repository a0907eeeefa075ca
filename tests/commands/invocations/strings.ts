/**
 * Strings, bitmaps and HyperLogLogs.
 *
 * @module
 */
import { call, type Scenario } from "./invocation.ts";

/** Strings. */
export const strings: Scenario = [
  call((r) => r.set("k", "v")),
  call((r) => r.set("k", "v", { nx: true }), "nx"),
  call((r) => r.set("k2", "v", { nx: true, ex: 100 }), "nx"),
  call((r) => r.set("k", "v2", { get: true }), "get"),
  call((r) => r.set("new", "v2", { get: true, keepttl: true }), "get"),
  call((r) => r.set("k", "v3", { ifeq: "something else" }), "ifeq"),
  call((r) => r.get("k")),
  call((r) => r.get("missing")),
  call((r) => r.getset("k", "w")),
  call((r) => r.getset("gs", "w")),
  call((r) => r.getdel("k")),
  call((r) => r.getdel("k")),
  call((r) => r.set("k", "hello")),
  call((r) => r.getex("k", { ex: 100 })),
  call((r) => r.getex("missing", { persist: true })),
  call((r) => r.getrange("k", 0, 1)),
  call((r) => r.substr("k", 0, 1)),
  call((r) => r.setrange("k", 1, "xyz")),
  call((r) => r.strlen("k")),
  call((r) => r.append("k", "zz")),
  call((r) => r.setex("se", 100, "v")),
  call((r) => r.psetex("pse", 100000, "v")),
  call((r) => r.setnx("sn", "v")),
  call((r) => r.setnx("sn", "v")),
  call((r) => r.mset({ a: 1, b: 2 })),
  call((r) => r.msetnx({ c: 1, d: 2 })),
  call((r) => r.msetnx("c", 1, "d", 2)),
  call((r) => r.msetex({ a: 1, b: 2 }, { ex: 100 })),
  call((r) => r.msetex({ a: 1, b: 2 }, { nx: true })),
  call((r) => r.mget("a", "b", "missing")),
  call((r) => r.incr("n")),
  call((r) => r.incrby("n", 5)),
  call((r) => r.decr("n")),
  call((r) => r.decrby("n", 2n)),
  call((r) => r.incrbyfloat("f", 1.5)),
  call((r) => r.incrbyfloat("f", 1e20)),
  call((r) => r.increx("ix")),
  call((r) => r.increx("ix", { byfloat: 1.5 }), "byfloat"),
  call((r) => r.lcs("k", "k")),
  call((r) => r.lcs("k", "k", { len: true }), "len"),
  call((r) => r.lcs("k", "k", { idx: true }), "idx"),
  call((r) => r.lcs("k", "k", { idx: true, withmatchlen: true }), "idx+withmatchlen"),
  call((r) => r.lcs("missing", "missing too")),
  call((r) => r.set("q", 1)),
  call((r) => r.delifeq("q", "nope")),
  call((r) => r.delifeq("q", 1)),
  call((r) => r.delex("k")),
  call((r) => r.delex("missing")),
  call((r) => r.delex("a", { ifeq: "zzz" })),
  call((r) => r.digest("b")),
  call((r) => r.digest("missing")),
];

/** Bitmaps and HyperLogLogs. */
export const bits: Scenario = [
  call((r) => r.setbit("bm", 7, 1)),
  call((r) => r.setbit("bm", 7, 1)),
  call((r) => r.getbit("bm", 7)),
  call((r) => r.bitcount("bm")),
  call((r) => r.bitcount("bm", 0, -1, "BIT")),
  call((r) => r.bitpos("bm", 1)),
  call((r) => r.bitpos("bm", 1, 5)),
  call((r) => r.bitop("NOT", "bm2", "bm")),
  call((r) =>
    r.bitfield("bf", [
      { set: { encoding: "u8", offset: 0, value: 200 } },
      { incrby: { encoding: "u8", offset: 0, increment: 10 } },
      { overflow: "FAIL" },
      { incrby: { encoding: "u8", offset: 0, increment: 200 } },
      { get: { encoding: "u8", offset: 0 } },
    ])
  ),
  call((r) => r.bitfieldRo("bf", { get: [["u8", 0], ["i8", 0]] })),
  call((r) => r.pfadd("hll", "a", "b", "c")),
  call((r) => r.pfadd("hll", "a")),
  call((r) => r.pfcount("hll")),
  call((r) => r.pfmerge("hll2", "hll")),
];
