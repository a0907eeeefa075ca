/**
 * Arrays (Redis 8.8 and later) and vector sets (Redis 8).
 *
 * @module
 */
import { call, type Scenario, varying } from "./invocation.ts";

/** Arrays. */
export const arrays: Scenario = [
  call((r) => r.arset("a", 0, "x", "y", "z")),
  call((r) => r.arget("a", 0)),
  call((r) => r.arget("a", 9)),
  call((r) => r.arlen("a")),
  call((r) => r.arcount("a")),
  call((r) => r.armset("a", { 5: "v", 6: "w" })),
  call((r) => r.armget("a", 0, 3)),
  call((r) => r.argetrange("a", 0, 6)),
  call((r) => r.arscan("a", 0, 9)),
  call((r) => r.arinsert("a", "k")),
  call((r) => r.arnext("a")),
  call((r) => r.arseek("a", 3)),
  call((r) => r.arlastitems("a", 2)),
  call((r) => r.argrep("a", "-", "+", [{ exact: "x" }])),
  call((r) => r.argrep("a", "-", "+", [{ exact: "x" }], { withvalues: true }), "withvalues"),
  call((r) => r.arop("a", 0, 9, { sum: true })),
  call((r) => r.arop("a", 0, 9, { match: "x" }), "match"),
  call((r) => r.arop("a", 0, 9, { and: true }), "and"),
  call((r) => r.arinfo("a")),
  call((r) => r.arinfo("a", { full: true })),
  call((r) => r.arring("a", 3, "q")),
  call((r) => r.ardel("a", 0)),
  call((r) => r.ardelrange("a", [1, 3])),
];

/** Vector sets. */
export const vectors: Scenario = [
  call((r) => r.vadd("v", "a", { values: [1, 0, 0] })),
  call((r) => r.vadd("v", "b", { values: [0, 1, 0], setattr: '{"x":1}' })),
  call((r) => r.vadd("v", "b", { values: [0, 1, 0] })),
  call((r) => r.vcard("v")),
  call((r) => r.vdim("v")),
  call((r) => r.vemb("v", "a")),
  call((r) => r.vemb("v", "nope")),
  call((r) => r.vemb("nope", "a")),
  call((r) => r.vemb("v", "a", { raw: true }), "raw"),
  call((r) => r.vemb("nope", "a", { raw: true }), "raw"),
  call((r) => r.vgetattr("v", "b")),
  call((r) => r.vgetattr("v", "a")),
  varying((r) => r.vinfo("v")),
  call((r) => r.vinfo("nope")),
  call((r) => r.vismember("v", "a")),
  call((r) => r.vismember("v", "z")),
  varying((r) => r.vlinks("v", "a")),
  varying((r) => r.vlinks("v", "a", { withscores: true }), "withscores"),
  call((r) => r.vlinks("v", "nope")),
  call((r) => r.vlinks("v", "nope", { withscores: true }), "withscores"),
  varying((r) => r.vrandmember("v")),
  call((r) => r.vrandmember("nope")),
  varying((r) => r.vrandmember("v", 2), "count"),
  call((r) => r.vrandmember("nope", 2), "count"),
  call((r) => r.vsim("v", { ele: "a" })),
  call((r) => r.vsim("v", { ele: "a", withscores: true }), "withscores"),
  call((r) => r.vsim("v", { ele: "a", withattribs: true }), "withattribs"),
  call((r) => r.vsim("v", { ele: "a", withscores: true, withattribs: true }), "withscores+withattribs"),
  call((r) => r.vsim("nope", { values: [1, 0, 0] })),
  call((r) => r.vsetattr("v", "a", '{"y":2}')),
  call((r) => r.vsetattr("v", "zz", '{"y":2}')),
  call((r) => r.vrange("v", "-", "+", 10)),
  call((r) => r.vrem("v", "a")),
  call((r) => r.vrem("v", "a")),
];
