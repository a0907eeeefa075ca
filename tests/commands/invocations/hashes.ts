/**
 * Hashes.
 *
 * @module
 */
import { call, type Scenario, varying } from "./invocation.ts";

/** Hashes. */
export const hashes: Scenario = [
  call((r) => r.hset("h", { f1: "v1", f2: "v2" })),
  call((r) => r.hset("h", "__proto__", "x", "f2", "v2")),
  call((r) => r.hsetnx("h", "f1", "z")),
  call((r) => r.hsetnx("h", "f3", 3)),
  call((r) => r.hget("h", "f1")),
  call((r) => r.hget("h", "nope")),
  call((r) => r.hget("nope", "f")),
  call((r) => r.hgetall("h")),
  call((r) => r.hgetall("nope")),
  call((r) => r.hmget("h", "f1", "nope")),
  call((r) => r.hmset("h", { f9: 9 })),
  call((r) => r.hkeys("h")),
  call((r) => r.hvals("h")),
  call((r) => r.hlen("h")),
  call((r) => r.hexists("h", "f1")),
  call((r) => r.hexists("h", "nope")),
  call((r) => r.hstrlen("h", "f1")),
  call((r) => r.hincrby("h", "n", 5)),
  call((r) => r.hincrbyfloat("h", "fl", 1.25)),
  call((r) => r.hdel("h", "f9", "nope")),
  call((r) => r.hscan("h", "0")),
  call((r) => r.hscan("h", "0", { novalues: true }), "novalues"),
  call((r) => r.hscan("nope", "0")),
  call((r) => r.hrandfield("nope")),
  call((r) => r.hset("one", "f", "v")),
  call((r) => r.hrandfield("one")),
  call((r) => r.hrandfield("one", 5), "count"),
  call((r) => r.hrandfield("one", 5, { withvalues: true }), "withvalues"),
  call((r) => r.hrandfield("nope", 5, { withvalues: true }), "withvalues"),
  call((r) => r.hrandfield("nope", 5), "count"),
];

/** Fields that expire. */
export const fieldExpiry: Scenario = [
  call((r) => r.hset("h", { f1: "v1", f2: "v2" })),
  call((r) => r.hexpire("h", 1000, ["f1", "nope"])),
  call((r) => r.hpexpire("h", 1000000, ["f1", "nope"])),
  call((r) => r.hexpire("h", 1000, ["f1"], { nx: true })),
  call((r) => r.hexpireat("h", 33333333333, ["f1"])),
  call((r) => r.hpexpireat("h", 33333333333000, ["f1"])),
  call((r) => r.hexpiretime("h", ["f1", "f2", "nope"])),
  call((r) => r.hpexpiretime("h", ["f1", "f2", "nope"])),
  varying((r) => r.httl("h", ["f1", "f2", "nope"])),
  varying((r) => r.hpttl("h", ["f1", "f2", "nope"])),
  call((r) => r.hexpiretime("nokey", ["f"])),
  call((r) => r.hpersist("h", ["f1", "f2", "nope"])),
  call((r) => r.hgetex("h", ["f1", "nope"], { ex: 100 })),
  call((r) => r.hgetex("nokey", ["f1"])),
  call((r) => r.hsetex("h", { f1: "v" }, { ex: 100 })),
  call((r) => r.hsetex("h", { f1: "v" }, { fnx: true })),
  call((r) => r.hgetdel("h", ["f2", "nope"])),
  call((r) => r.hgetdel("nokey", ["f1"])),
  call((r) => r.himportPrepare("fs", "a", "b")),
  call((r) => r.himportSet("hk", "fs", 1, 2)),
  call((r) => r.himportDiscard("fs")),
  call((r) => r.himportDiscardall()),
];
