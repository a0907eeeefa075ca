/**
 * What the generated methods send, word for word: one case for each form that arguments may have.
 */
import { readFile } from "node:fs/promises";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { planArguments } from "../../codegen/arguments.ts";
import { type ArgumentNode, type CommandsFile, isEmitted } from "../../codegen/model.ts";
import { methodName } from "../../codegen/names.ts";
import { isEmpty } from "../../codegen/plan.ts";
import { commandsOf } from "../../codegen/select.ts";
import { isGiven } from "../../src/command/args.ts";
import type { Arg, CommandSpec, Shape } from "../../src/command/spec.ts";
import { SessionCommands } from "../../src/generated/commands.ts";
import type { HotkeysReport } from "../../src/generated/replies.ts";
import { test } from "../support/test.ts";

/** Keeps what a method sends, as one line. */
class Recorder extends SessionCommands {
  shape: Shape | undefined;
  #sent = "";

  override send<T>(spec: CommandSpec, args: Arg[], shape?: Shape): Promise<T> {
    this.#sent = [spec.name, ...args].join(" ");
    this.shape = shape;
    return Promise.resolve(undefined as T);
  }

  /** What the call sends. */
  of(call: (redis: this) => Promise<unknown>): string {
    this.#sent = "(nothing)";
    call(this);
    return this.#sent;
  }
}

const redis = new Recorder();

const text = await readFile(new URL("../../commands.json", import.meta.url), "utf8");
const commands = JSON.parse(text) as CommandsFile;

const cases: [wire: string, call: (redis: Recorder) => Promise<unknown>][] = [
  ["DBSIZE", (r) => r.dbsize()],
  ["CONFIG GET save max*", (r) => r.configGet("save", "max*")],
  ["DEL a b", (r) => r.del("a", "b")],
  ["DEL a b", (r) => r.del(["a", "b"])],
  ["SADD s a 1", (r) => r.sadd("s", "a", 1)],
  ["SADD s a 1", (r) => r.sadd("s", ["a", 1])],
  ["LPOP l", (r) => r.lpop("l")],
  ["LPOP l 2", (r) => r.lpop("l", 2)],
  ["LMOVE a b LEFT RIGHT", (r) => r.lmove("a", "b", "LEFT", "RIGHT")],
  ["BITOP AND d a b", (r) => r.bitop("AND", "d", "a", "b")],
  ["SET k v", (r) => r.set("k", "v")],
  ["SET k v NX GET EX 5", (r) => r.set("k", "v", { ex: 5, get: true, nx: true })],
  ["SET k v", (r) => r.set("k", "v", { get: false })],
  ["SET k v PXAT 1500", (r) => r.set("k", "v", { pxat: new Date(1500) })],
  ["SET k v EXAT 1", (r) => r.set("k", "v", { exat: new Date(1999) })],
  ["SET k v IFEQ w", (r) => r.set("k", "v", { ifeq: "w" })],
  ["SET k 9007199254740993", (r) => r.set("k", 9007199254740993n)],
  ["EXPIREAT k 7 NX", (r) => r.expireat("k", 7, { nx: true })],
  ["HSET h f v", (r) => r.hset("h", "f", "v")],
  ["HSET h f v g 2", (r) => r.hset("h", "f", "v", "g", 2)],
  ["HSET h f v g 2", (r) => r.hset("h", { f: "v", g: 2 })],
  ["HSET h f v g 2", (r) => r.hset("h", new Map<string, string | number>([["f", "v"], ["g", 2]]))],
  ["HSET h f v g 2", (r) => r.hset("h", [["f", "v"], ["g", 2]])],
  ["MSET a 1 b 2", (r) => r.mset({ a: 1, b: 2 })],
  ["MSET a 1", (r) => r.mset("a", 1)],
  ["HSETEX h EX 9 FIELDS 2 f v g w", (r) => r.hsetex("h", { f: "v", g: "w" }, { ex: 9 })],
  ["HEXPIRE h 9 GT FIELDS 2 f g", (r) => r.hexpire("h", 9, ["f", "g"], { gt: true })],
  ["ZADD z 1 m", (r) => r.zadd("z", 1, "m")],
  ["ZADD z NX CH 1 m", (r) => r.zadd("z", 1, "m", { ch: true, nx: true })],
  ["ZADD z 1 m 2 n", (r) => r.zadd("z", { m: 1, n: 2 })],
  ["ZADD z GT 1 m 2 n", (r) => r.zadd("z", [["m", 1], ["n", 2]], { gt: true })],
  [
    "ZRANGE z (1 +inf BYSCORE REV LIMIT 0 5 WITHSCORES",
    (r) => r.zrange("z", "(1", "+inf", { byscore: true, rev: true, limit: { offset: 0, count: 5 }, withscores: true }),
  ],
  ["ZRANGEBYSCORE z -inf (5", (r) => r.zrangebyscore("z", "-inf", "(5")],
  [
    "ZUNION 2 a b WEIGHTS 1 2 AGGREGATE MAX WITHSCORES",
    (r) => r.zunion(["a", "b"], { weights: [1, 2], aggregate: "MAX", withscores: true }),
  ],
  ["ZMPOP 1 z MIN COUNT 3", (r) => r.zmpop(["z"], "MIN", { count: 3 })],
  ["BLPOP a b 0", (r) => r.blpop(["a", "b"], 0)],
  ["SINTERCARD 2 a b LIMIT 3", (r) => r.sintercard(["a", "b"], { limit: 3 })],
  ["SCAN 0 MATCH a* COUNT 9 TYPE string", (r) => r.scan("0", { match: "a*", count: 9, type: "string" })],
  [
    "SORT k BY w_* LIMIT 0 9 GET # GET v_* DESC ALPHA STORE d",
    (r) =>
      r.sort("k", {
        by: "w_*",
        limit: { offset: 0, count: 9 },
        get: ["#", "v_*"],
        desc: true,
        alpha: true,
        store: "d",
      }),
  ],
  ["BITCOUNT k", (r) => r.bitcount("k")],
  ["BITCOUNT k 0 -1 BIT", (r) => r.bitcount("k", 0, -1, "BIT")],
  [
    "BITFIELD k GET u8 0 INCRBY i5 #1 10 OVERFLOW FAIL",
    (r) =>
      r.bitfield("k", [{ get: { encoding: "u8", offset: 0 } }, {
        incrby: { encoding: "i5", offset: "#1", increment: 10 },
      }, { overflow: "FAIL" }]),
  ],
  ["GEOADD g 13.5 38.5 m 15 37 n", (r) => r.geoadd("g", [[13.5, 38.5, "m"], [15, 37, "n"]])],
  [
    "GEOSEARCH g FROMLONLAT 15 37 BYRADIUS 200 km ASC COUNT 3 ANY WITHDIST",
    (r) =>
      r.geosearch("g", {
        fromlonlat: { longitude: 15, latitude: 37 },
        byradius: { radius: 200, unit: "km" },
        asc: true,
        count: 3,
        any: true,
        withdist: true,
      }),
  ],
  ["XADD s * f v", (r) => r.xadd("s", "*", "f", "v")],
  [
    "XADD s NOMKSTREAM MAXLEN ~ 9 LIMIT 5 1-0 f v g w",
    (r) => r.xadd("s", "1-0", { f: "v", g: "w" }, { nomkstream: true, trim: { maxlen: 9, approx: true, limit: 5 } }),
  ],
  ["XREAD COUNT 2 BLOCK 0 STREAMS a b 0 $", (r) => r.xread({ a: "0", b: "$" }, { block: 0, count: 2 })],
  ["XREADGROUP GROUP g c NOACK STREAMS a >", (r) => r.xreadgroup("g", "c", { a: ">" }, { noack: true })],
  ["XPENDING s g", (r) => r.xpending("s", "g")],
  [
    "XPENDING s g IDLE 9 - + 10 c",
    (r) => r.xpending("s", "g", { start: "-", end: "+", count: 10, consumer: "c", idle: 9 }),
  ],
  ["XINFO STREAM s FULL", (r) => r.xinfoStream("s", { full: true })],
  ["XINFO STREAM s FULL COUNT 2", (r) => r.xinfoStream("s", { full: { count: 2 } })],
  ["EVAL return 0", (r) => r.eval("return")],
  ["EVAL return 1 k a b", (r) => r.eval("return", ["k"], ["a", "b"])],
  ["FCALL f 1 k", (r) => r.fcall("f", ["k"])],
  ["CLIENT KILL 127.0.0.1:5", (r) => r.clientKill("127.0.0.1:5")],
  ["CLIENT KILL ID 5 SKIPME NO", (r) => r.clientKill({ id: 5, skipme: false })],
  ["CLIENT KILL ID 5 7", (r) => r.clientKill({ id: [5, 7n] })],
  ["CLIENT NO-EVICT ON", (r) => r.clientNoEvict(true)],
  ["REPLICAOF h 5", (r) => r.replicaof("h", 5)],
  ["REPLICAOF NO ONE", (r) => r.replicaof("NO ONE")],
  ["AUTH p", (r) => r.auth("p")],
  ["AUTH u p", (r) => r.auth("u", "p")],
  ["ACL LOG RESET", (r) => r.aclLog("RESET")],
  [
    "MIGRATE h 5  0 9 REPLACE AUTH2 u p KEYS a b",
    (r) => r.migrate("h", 5, 0, 9, ["a", "b"], { replace: true, auth2: { username: "u", password: "p" } }),
  ],
  [
    "BF.INSERT b TIGHTENING 0.5 SEED s VALIDATESCALETO 9 ITEMS i",
    (r) => r.bfInsert("b", ["i"], { validatescaleto: 9, tightening: 0.5, seed: "s" }),
  ],
  ["BF.INFO b MAXSCALEDCAPACITY", (r) => r.bfInfo("b", { maxscaledcapacity: true })],
  ["JSON.DEBUG FIELDS d $.a", (r) => r.jsonDebug("FIELDS", "d", "$.a")],
  ["JSON.GET d INDENT  $.a $.b", (r) => r.jsonGet("d", ["$.a", "$.b"], { indent: "" })],
  [
    "TS.RANGE t - + AGGREGATION avg,max 60",
    (r) => r.tsRange("t", "-", "+", { aggregation: { type: ["avg", "max"], bucketDuration: 60 } }),
  ],
  ["VADD v VALUES 2 0.5 1 e", (r) => r.vadd("v", "e", { values: [0.5, 1] })],
  [
    "FT.CREATE i SCHEMA t TEXT WEIGHT 2 SORTABLE v VECTOR FLAT 6 TYPE FLOAT32 DIM 4 DISTANCE_METRIC L2",
    (r) =>
      r.ftCreate("i", [
        { field: "t", text: { weight: 2 }, sortable: true },
        { field: "v", vectorFlat: { type: "FLOAT32", dim: 4, distanceMetric: "L2" } },
      ]),
  ],
  ["FT.SEARCH i * SORTBY t DESC WITHCOUNT", (r) => r.ftSearch("i", "*", { sortby: "t", desc: true, withcount: true })],
  ["FT.AGGREGATE i * LOAD * GROUPBY 1 @a REDUCE COUNT 0 AS n SORTBY 2 @n DESC MAX 5", (r) =>
    r.ftAggregate("i", "*", [
      { loadAll: true },
      { groupby: { properties: ["@a"], reduce: [{ reducer: "COUNT", as: "n" }] } },
      { sortby: { by: ["@n", "DESC"], max: 5 } },
    ])],
];
for (const [wire, call] of cases) {
  test(`a method sends: ${wire}`, () => assertEquals(redis.of(call as never), wire));
}

test("the shape follows from the options, when the arguments are laid out", () => {
  redis.zrange("z", 0, -1);
  assertEquals(redis.shape, undefined);
  redis.zrange("z", 0, -1, { withscores: true });
  assertEquals(redis.shape?.(["a", "1"]), [["a", 1]]);
  redis.zadd("z", { a: 1 }, { incr: true });
  assertEquals(redis.shape?.("1.5"), 1.5);
  redis.get("k");
  assertEquals(redis.shape, undefined);
});

test("a reply is read by the options that were sent, whatever becomes of the object that they came in", () => {
  const options = { withscores: true, return: ["title"] };
  redis.ftSearch("books", "hello", options);
  options.withscores = false;
  options.return.pop();
  const found = { total_results: 1, results: [{ id: "b:1", score: 1.5, extra_attributes: { title: "x" } }] };
  assertEquals(JSON.parse(JSON.stringify(redis.shape?.([1, "b:1", "1.5", ["title", "x"]]))), found);
});

test("an option that is sent, as it is true to JavaScript, is read out of the reply as well", () => {
  const loose = { withdist: 1, nocontent: 1 } as unknown as { withdist: true; nocontent: true };
  const circle = { frommember: "m", byradius: { radius: 1, unit: "km" } } as const;
  const sent = redis.of((r) => r.geosearch("g", { ...circle, withdist: loose.withdist }));
  assertEquals(sent, "GEOSEARCH g FROMMEMBER m BYRADIUS 1 km WITHDIST");
  assertEquals(redis.shape?.([["m", "0.5"]]), [{ member: "m", distance: 0.5 }]);
  assertEquals(redis.of((r) => r.ftSearch("i", "*", { nocontent: loose.nocontent })), "FT.SEARCH i * NOCONTENT");
  assertEquals(JSON.stringify(redis.shape?.([2, "a", "b"])), '{"total_results":2,"results":[{"id":"a"},{"id":"b"}]}');
});

test("names that look like numbers keep the server's order where that says which is the most", () => {
  redis.topkList("t", { withcount: true });
  assertEquals(redis.shape?.(["9", 3, "2", 1]), [["9", 3], ["2", 1]]);
  redis.hotkeysGet();
  const [report] = redis.shape?.([["by-cpu-time-us", ["9", 3, "2", 1], "by-net-bytes", []]]) as HotkeysReport[];
  assertEquals([report!["by-cpu-time-us"], report!["by-net-bytes"]], [[["9", 3], ["2", 1]], []]);
});

test("each database has its own details in what memory is used for", () => {
  redis.memoryStats();
  const told = redis.shape?.(["db.12", ["overhead.hashtable.main", 72], "db.dict.rehashing.count", 0]);
  assertEquals(JSON.stringify(told), '{"db.12":{"overhead.hashtable.main":72},"db.dict.rehashing.count":0}');
});

test("a hundred thousand members are not too many", () => {
  const members = Array.from({ length: 100_000 }, (_, at) => `m${at}`);
  assertEquals(
    redis.of((r) => r.sadd("s", members)).length,
    "SADD s".length + members.join("").length + members.length,
  );
});

test("a text where a list or a pair belongs is refused: its letters would be sent", () => {
  // deno-lint-ignore no-explicit-any
  const untyped = redis as any;
  const slips: (() => void)[] = [
    () => untyped.blpop("queue", 0),
    () => untyped.hexpire("h", 9, "field"),
    () => untyped.hset("h", ["name", "Ada"]),
    () => untyped.zadd("z", ["ada", "bob"]),
    () => untyped.xread(["log", "events"]),
    () => untyped.sort("k", { get: "w*" }),
    () => untyped.clientTracking(true, { bcast: true, prefix: "user:" }),
    () => untyped.clusterAddslotsrange("12", "34"),
  ];
  for (const slip of slips) assertThrows(slip, TypeError, "array", String(slip));
});

test("words in the place of options, or options that a command does not have, are refused: they would not be sent", () => {
  // deno-lint-ignore no-explicit-any
  const untyped = redis as any;
  const slips: [call: () => void, told: string][] = [
    [() => untyped.set("k", "v", "EX", 60), "as an object"],
    [() => untyped.zrange("z", 0, -1, "WITHSCORES"), "as an object"],
    [() => untyped.set("k", "v", { EX: 60 }), "Unknown option: EX; known are get, "],
    [
      () => untyped.set("lock", "me", { condition: "NX", expiration: { type: "EX", value: 60 } }),
      "Unknown option: condition",
    ],
    [() => untyped.scan(0, { pattern: "a*" }), "Unknown option: pattern; known are match, count, type"],
    [() => untyped.set("k", "v", null), "as an object"],
  ];
  for (const [slip, told] of slips) assertThrows(slip, TypeError, told, String(slip));
  assertEquals(redis.of(() => redis.set("k", "v", { ex: 60, nx: undefined })), "SET k v EX 60");
});

/** Every way to call a method with options: its name, and what stands before them. */
function callsWithOptions(): { method: string; before: unknown[]; alone: boolean }[] {
  return commandsOf(commands).filter(([, facts]) => isEmitted(facts)).flatMap(([name, facts]) => {
    const plans = ((facts.forms ?? [facts.args ?? []]) as ArgumentNode[][]).map(planArguments);
    const most = Math.max(...plans.map(({ params }) => params.length));
    return plans.filter(({ options }) => !isEmpty(options)).flatMap(({ params }) => {
      const before = params.map((param) => sample(param.type));
      // Pairs go as plain arguments, too.
      const plain = params.findIndex((param) => param.plain !== undefined);
      const ways = plain < 0 ? [before] : [before, [...before.slice(0, plain), 1, 1, ...before.slice(plain + 1)]];
      return ways.map((before) => ({ method: methodName(name), before, alone: params.length === most }));
    });
  });
}

/** Something that a parameter of this type takes. */
function sample(type: string): unknown {
  if (/^Pairs</.test(type)) return [[1, 1]];
  if (/^readonly |\[\]$/.test(type)) return [];
  return type.startsWith("{") ? {} : 1;
}

test("no method takes words for its options, or options that it does not have", async () => {
  // deno-lint-ignore no-explicit-any
  const untyped = redis as any;
  const calls = callsWithOptions();
  for (const { method, before, alone } of calls) {
    const call = `${method}(${JSON.stringify(before)}, …)`;
    assertThrows(() => untyped[method](...before, { word: true }), TypeError, "Unknown option: word; known are ", call);
    // In the place of options alone, a word may be what another form takes.
    if (!alone) continue;
    for (const slip of ["WORD", 5, null]) {
      assertThrows(() => untyped[method](...before, slip), TypeError, "as an object", call);
    }
  }
  // None is missing: all that have options say so in the types.
  const source = await readFile(new URL("../../src/generated/commands.ts", import.meta.url), "utf8");
  const typed = [...source.matchAll(/^ {2}(\w+)[<(].*\b\w+Options\b/gm)].map(([, method]) => method);
  assertEquals(new Set(calls.map(({ method }) => method)), new Set(typed));
});

test("options may be anybody's object: what begins with _ is their own, or an option of a server", () => {
  class Lasting {
    private readonly _ms = 5;
    get px(): number {
      return this._ms;
    }
  }
  assertEquals(redis.of(() => redis.set("k", "v", new Lasting())), "SET k v PX 5");
  assert(isGiven({ _2d: true }, "_2d"));
  const inherited = Object.create({ merge: () => {} });
  assertEquals(redis.of(() => redis.set("k", "v", Object.assign(inherited, { px: 5 }))), "SET k v PX 5");
  assert(isGiven({ nx: true, made: undefined }, "nx xx"), "what is undefined is not given");
});

test("of several lists none is left out", () => {
  // An array is nothing that can be sent, which is told when it is to be.
  // deno-lint-ignore no-explicit-any
  const untyped = redis as any;
  assertEquals(redis.of(() => untyped.del(["a"], ["b", "c"])), "DEL a b,c");
  assertEquals(redis.of(() => untyped.sadd("s", ["a"], ["b"], "c")), "SADD s a b c");
});

test("an array of the caller's is not changed and not kept", () => {
  const keys = ["a", "b"];
  let sent: Arg[] = [];
  class Keeper extends SessionCommands {
    override send<T>(_: CommandSpec, args: Arg[]): Promise<T> {
      sent = args;
      return Promise.resolve(undefined as T);
    }
  }
  new Keeper().del(keys);
  assert(sent !== keys);
  assertEquals(sent, ["a", "b"]);
});

test("what a reply of few numbers means is said, number by number", () => {
  for (const [name, { reply, doc, returns = "" }] of commandsOf(commands)) {
    for (const [codes] of JSON.stringify(reply).matchAll(/-?\d(?:\|-?\d)+/g)) {
      const unsaid = codes.split("|").filter((code) => !new RegExp(`(?<![-\\w])${code}(?!\\w)`).test(doc + returns));
      assertEquals(unsaid, [], name);
    }
  }
});

test("what is said of a parameter is more than its word on the wire", async () => {
  const source = await readFile(new URL("../../src/generated/commands.ts", import.meta.url), "utf8");
  assertEquals(source.match(/@param \w+ `[A-Z ]+`\.$/gm) ?? [], []);
});
