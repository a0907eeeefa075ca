// A client of a cluster: each command where its key is, several slots, pipelines, transactions, subscriptions.
import { assert, assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import {
  connect,
  ConnectionError,
  defineFunction,
  defineScript,
  ReplyError,
  TimeoutError,
  TransactionError,
} from "../../mod.ts";
import {
  BaseCluster,
  BaseClusterPipeline,
  type Cluster,
  type ClusterSurfaces,
  connectCluster,
  openCluster,
} from "../../src/cluster/mod.ts";
import { joined } from "../../src/cluster/plan.ts";
import { slotFor, slotOf } from "../../src/cluster/slots.ts";
import { BaseClient } from "../../src/client/common.ts";
import { connectTransport } from "../../src/client/mod.ts";
import { KIT as NODE } from "../../src/client/default.ts";
import { graft, type Surfaces } from "../../src/client/kit.ts";
import { type Arg, CommandSpec, READONLY, type Shape, WRITE } from "../../src/command/spec.ts";
import { observe } from "../../src/observe/mod.ts";
import { replicasKnown } from "../support/clusters.ts";
import { freePort, missing, type ServerVersion, startRedis } from "../support/servers.ts";
import { test } from "../support/test.ts";

const VERSIONS: readonly ServerVersion[] = ["redis-7.0", "redis-8", "valkey-9"];

/** Keys of many slots. */
const KEYS = Array.from({ length: 60 }, (_, i) => `key:${i}`);

/** What comes of an iterator (Node 20 has no `Array.fromAsync`). */
async function listed<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

/** How many keys each node has. */
async function sizes(redis: Cluster): Promise<number[]> {
  return await Promise.all(redis.shards().map((shard) => shard.dbsize()));
}

test("the slot of a key is that of the part in braces, if there is one", () => {
  // The check value of CRC-16/XMODEM is 0x31C3.
  assertEquals(slotOf("123456789"), 0x31c3 % 16384);
  assertEquals(slotOf("{user}:1"), slotOf("user"));
  assertEquals(slotOf("a{user}b{other}"), slotOf("user"));
  assertEquals(slotOf("{a}{b}"), slotOf("a"));
  for (const whole of ["{}x", "{", "x{", "}x{", "x{}{y}"]) {
    assertEquals(slotOf(whole), slotOf(new TextEncoder().encode(whole)), whole);
    assert(slotOf(whole) !== slotOf("x") || whole === "x", whole);
  }
  assertEquals(slotOf(42), slotOf("42"));
  assertEquals(slotOf(42n), slotOf("42"));
  assertEquals(slotOf("{é}1"), slotOf("é"));
  assertEquals(slotFor(new CommandSpec("SPUBLISH"), ["channel", "m"]), slotOf("channel"));
  assertEquals(slotFor(new CommandSpec("EVAL", 0, ["numkeys", 2]), ["return 1", 1, "k"]), slotOf("k"));
  assertEquals(slotFor(new CommandSpec("EVAL", 0, ["numkeys", 2]), ["return 1", 0, "k"]), undefined);
  assertEquals(slotFor(new CommandSpec("XREAD", 0, "streams"), ["COUNT", 1, "STREAMS", "s", "0"]), slotOf("s"));
  assertEquals(slotFor(new CommandSpec("PING"), []), undefined);
});

test("the server agrees about slots, whatever the key is", async () => {
  await using server = await startRedis({ cluster: { primaries: 1 } });
  await using redis = await connect(server.nodes[0]!.options);
  const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
  const keys = [
    ...KEYS,
    "",
    "é",
    "日本{語}",
    "{}",
    "a{b",
    "a{}b",
    "{{x}}",
    "x{y}{z}",
    "😀{😀}",
    bytes,
    "a\r\nb",
    7,
    -1.5,
  ];
  for (const key of keys) assertEquals(slotOf(key), await redis.clusterKeyslot(key as string), String(key));
});

for (const version of VERSIONS) {
  const skip = missing(version);

  test(`each command goes to the node that has its key, ${version}`, { skip }, async () => {
    await using servers = await startRedis({ cluster: true, version });
    await using redis = await connectCluster(servers.url);
    assertEquals(redis.shards().length, 3);
    const { errors } = redis.stats();
    for (const key of KEYS) assertEquals(await redis.set(key, key), "OK");
    assertEquals(await Promise.all(KEYS.map((key) => redis.get(key))), KEYS);
    const each = await sizes(redis);
    assert(each.every((size) => size > 0), String(each));
    assertEquals(await redis.dbsize(), KEYS.length);
    // Nobody was sent to another node.
    const moved = await Promise.all(redis.shards().map((shard) => shard.info("errorstats")));
    assertEquals(moved.filter((stats) => stats.includes("MOVED")), []);
    assertEquals(redis.stats().errors, errors);
  });

  test(`keys of several slots at once, ${version}`, { skip }, async () => {
    await using servers = await startRedis({ cluster: true, version });
    await using redis = await connectCluster(servers.urls);
    assertEquals(await redis.mset(Object.fromEntries(KEYS.map((key) => [key, `${key}!`]))), "OK");
    assertEquals(await redis.mget(...KEYS, "none"), [...KEYS.map((key) => `${key}!`), null]);
    assertEquals(await redis.exists(...KEYS, "none"), KEYS.length);
    assertEquals(await redis.bigints.exists(...KEYS), BigInt(KEYS.length));
    assertEquals(await redis.touch(...KEYS.slice(0, 10), "none"), 10);
    assertEquals((await redis.keys("key:*")).sort(), [...KEYS].sort());
    assertEquals(await redis.del(...KEYS.slice(0, 20)), 20);
    assertEquals(await redis.unlink(...KEYS), KEYS.length - 20);
    assertEquals(await redis.mset({ "{t}1": "a", "{t}2": "b" }), "OK");
    assertEquals(new TextDecoder().decode((await redis.bytes.mget("{t}1", "none"))[0]!), "a");
    // Of what is a command in itself the server says no.
    const error = await assertRejects(() => redis.rename("a", "b"), ReplyError);
    assertEquals(error.code, "CROSSSLOT");
  });
}

test("what has no key goes to all, or to one, and the replies are one", async () => {
  await using servers = await startRedis({ cluster: { primaries: 3, replicas: 1 } });
  await replicasKnown(servers);
  await using redis = await connectCluster(servers.url);
  assertEquals(await redis.ping(), "PONG");
  await redis.configSet({ "maxmemory-policy": "allkeys-lfu" });
  for (const node of servers.nodes) {
    assertStringIncludes(await node.command("CONFIG", "GET", "maxmemory-policy"), "allkeys-lfu");
  }
  const digest = await redis.scriptLoad("return 1");
  for (const shard of redis.shards()) assertEquals(await shard.scriptExists(digest), [1]);
  assertEquals(await redis.scriptExists(digest, "0".repeat(40)), [1, 0]);
  await redis.shards()[1]!.scriptFlush();
  assertEquals(await redis.scriptExists(digest), [0]);
  await redis.mset(Object.fromEntries(KEYS.map((key) => [key, "v"])));
  assertEquals(await redis.flushall(), "OK");
  assertEquals(await sizes(redis), [0, 0, 0]);
  assertStringIncludes(await redis.clusterInfo(), "cluster_state:ok");
  const error = await assertRejects(() => redis.scriptKill(), ReplyError);
  assertEquals(error.code, "NOTBUSY");
  // A read that comes too late has no replica opened for it.
  const late = await connectCluster(servers.url, { reads: "replica" });
  late.destroy();
  const { connects } = late.stats();
  await assertRejects(() => late.get("k"), ConnectionError, "closed");
  await new Promise((resolve) => setTimeout(resolve, 100));
  assertEquals(late.stats().connects, connects);
});

test("what several nodes reply becomes one, as the command's module says", () => {
  const one = (merge: string, ...replies: unknown[]) => joined(new CommandSpec("M", 0, "none", "", merge), replies);
  assertEquals([one("agg_sum", 1, 2, 3n), one("agg_min", 2, 1, 3), one("agg_max", 2, 3n, 1)], [6n, 1, 3n]);
  assertEquals([one("agg_logical_and", 1, 0), one("agg_logical_or", 0, 1)], [0, 1]);
  assertEquals(one("agg_logical_and", [1, 1, 0], [0, 1, 0]), [0, 1, 0]);
  assertEquals(one("agg_logical_or", [1, 1, 0], [0, 1, 0]), [1, 1, 0]);
  assertEquals([one("", ["a"], ["b"]), one("all_succeeded", "OK", "OK")], [["a", "b"], "OK"]);
});

test("what is for one node, or changes a connection, is refused with what to do", async () => {
  await using servers = await startRedis({ cluster: true });
  await using redis = await connectCluster(servers.url);
  const scan = await assertRejects(() => redis.scan("0"), TypeError);
  assertStringIncludes(scan.message, "scanIterator()");
  const watch = await assertRejects(() => redis.call("WATCH", "k"), TypeError);
  assertStringIncludes(watch.message, "shardOf(key).session()");
  const subscribe = await assertRejects(() => redis.call("SUBSCRIBE", "k"), TypeError);
  assertStringIncludes(subscribe.message, "redis.subscribe()");
  await redis.set("k", "v");
  assertEquals(await redis.shardOf("k").get("k"), "v");
  const [value, id] = await redis.shardOf("k").session(async (s) => [await s.get("k"), await s.clientId()]);
  assertEquals([value, typeof id], ["v", "number"]);
});

test("a walk over all keys gives each at least once, and single keys are walked over where they are", async () => {
  await using servers = await startRedis({ cluster: true });
  await using redis = await connectCluster(servers.url);
  const keys = Array.from({ length: 500 }, (_, i) => `scan:${i}`);
  await redis.pipeline((p) => keys.map((key) => p.set(key, "v")), { replies: false });
  await redis.set("other", "v");
  const found = new Set<string>();
  let batches = 0;
  for await (const batch of redis.scanIterator({ match: "scan:*", count: 50 })) {
    batches++;
    for (const key of batch) found.add(key);
  }
  assertEquals([...found].sort(), [...keys].sort());
  assert(batches > 3, String(batches));
  const each: string[] = [];
  for await (const key of redis.scanIterator({ match: "scan:1*" }).each()) each.push(key);
  assertEquals(each.length, keys.filter((key) => key.startsWith("scan:1")).length);
  await redis.hset("h", { a: "1", b: "2" });
  await redis.sadd("s", "x", "y");
  await redis.zadd("z", { m: 1 });
  assertEquals((await listed(redis.hscanIterator("h").each())).sort(), [["a", "1"], ["b", "2"]]);
  assertEquals((await listed(redis.sscanIterator("s").each())).sort(), ["x", "y"]);
  assertEquals(await listed(redis.zscanIterator("z").each()), [["m", 1]]);
});

test("a pipeline goes to all nodes at once, and its replies come in order", async () => {
  await using servers = await startRedis({ cluster: true });
  await using redis = await connectCluster(servers.url);
  const before = redis.stats().commands;
  const replies = await redis.pipeline((p) => KEYS.flatMap((key) => [p.set(key, key), p.get(key)]));
  assertEquals(replies, KEYS.flatMap((key) => ["OK", key]));
  assertEquals(redis.stats().commands - before, 2 * KEYS.length);
  const [values, size, none, one] = await redis.pipeline((
    p,
  ) => [p.mget(...KEYS), p.dbsize(), p.get("none"), p.hgetall("h")]);
  assertEquals(values, KEYS);
  assertEquals(size, KEYS.length);
  assertEquals(none, null);
  assertEquals({ ...one }, {});
  assertEquals(await redis.pipeline((p) => [p.set("n", 1)], { replies: false }), []);
  assertEquals(await redis.bigints.pipeline((p) => [p.incr("n"), p.del(...KEYS)]), [2n, BigInt(KEYS.length)]);
  assertEquals(await redis.pipeline(() => []), []);
});

test("errors of a pipeline: the first is thrown, or each stands in its place", async () => {
  await using servers = await startRedis({ cluster: true });
  await using redis = await connectCluster(servers.url);
  await redis.set("text", "x");
  const outcome = await redis.pipeline((p) => [p.set("a", 1), p.incr("text"), p.incr("a"), p.rename("a", "b")], {
    errors: "return",
  });
  assertEquals(outcome[0], "OK");
  assertEquals([(outcome[1] as ReplyError).code, (outcome[1] as ReplyError).command], ["ERR", "INCR"]);
  assertEquals(outcome[2], 2);
  assertEquals((outcome[3] as ReplyError).code, "CROSSSLOT");
  const error = await assertRejects(() => redis.pipeline((p) => [p.rename("a", "b"), p.incr("text")]), ReplyError);
  assertEquals(error.command, "RENAME");
  await assertRejects(() => redis.pipeline((p) => [p.incr("text")], { replies: false }), ReplyError);
  // What cannot be sent is refused at once, as a whole.
  const p = redis.pipeline();
  assertThrows(() => p.mset({ a: 2, b: undefined as never, c: 3 }), TypeError);
  p.get("a");
  assertEquals(await p.exec(), ["2"]);
  assertThrows(() => redis.pipeline({ replie: false } as never), TypeError);
  const scan = await assertRejects(() => redis.pipeline((p) => [p.scan("0")]), TypeError);
  assertStringIncludes(scan.message, "scanIterator()");
  await assertRejects(() => redis.pipeline(() => [Promise.resolve(1)]), TypeError);
  await assertRejects(async () => await redis.pipeline((() => Promise.resolve([])) as never), TypeError);
});

test("a long pipeline is filled by hand or by a generator, and drained on the way", async () => {
  await using servers = await startRedis({ cluster: true });
  await using redis = await connectCluster(servers.url);
  const p = redis.pipeline();
  const text = "x".repeat(10_000);
  let drained = 0;
  for (let i = 0; i < 2000; i++) {
    p.set(`long:${i}`, text);
    if (p.full) {
      await p.drain();
      drained++;
    }
  }
  const replies = await p.exec();
  assertEquals([replies.length, new Set(replies).size], [2000, 1]);
  assert(drained > 0);
  p.get("long:0");
  assertEquals(await p.exec(), [text]);
  const made = await redis.pipeline(function* (p) {
    for (let i = 0; i < 2000; i++) yield p.strlen(`long:${i}`);
  });
  assertEquals(made, new Array(2000).fill(10_000));
});

test("a transaction is one slot's, and runs where that is", async () => {
  await using servers = await startRedis({ cluster: true });
  await using redis = await connectCluster(servers.url);
  for (const i of [1, 2, 3, 4, 5, 6]) {
    const replies = await redis.transaction((tx) => [tx.set(`{${i}}a`, i), tx.incr(`{${i}}a`), tx.get(`{${i}}b`)]);
    assertEquals(replies, ["OK", i + 1, null]);
  }
  const error = await assertRejects(() => redis.transaction((tx) => [tx.set("a", 1), tx.set("b", 2)]), TypeError);
  assertStringIncludes(error.message, "one slot");
  assertEquals(await redis.exists("a", "b"), 0);
  await assertRejects(() => redis.transaction((tx) => [tx.call("NO-SUCH", "k")]), TransactionError);
  // Nor does one without a key try again what will never be otherwise.
  const began = performance.now();
  const unknown = await assertRejects(() => redis.transaction((tx) => [tx.call("NO-SUCH")]), TransactionError);
  assertEquals([unknown.reason, performance.now() - began < 5000], ["abort", true]);
  assertEquals(await redis.transaction(() => []), []);
});

test("watched keys are one slot's", async () => {
  await using servers = await startRedis({ cluster: true });
  await using redis = await connectCluster(servers.url);
  await redis.set("{w}n", 1);
  const counts = await Promise.all(
    Array.from({ length: 5 }, () =>
      redis.watch("{w}n", async (s) => {
        const n = Number(await s.get("{w}n"));
        const [set] = await s.transaction((tx) => [tx.set("{w}n", n + 1)]);
        return set;
      })),
  );
  assertEquals(counts, new Array(5).fill("OK"));
  assertEquals(await redis.get("{w}n"), "6");
  await assertRejects(() => redis.watch(["a", "b"], () => 1), TypeError, "one slot");
});

test("blocking commands wait where their key is, and give up as ever", async () => {
  await using servers = await startRedis({ cluster: true });
  await using redis = await connectCluster(servers.url);
  const waiting = KEYS.slice(0, 6).map((key) => redis.blpop([key], 10));
  await Promise.all(KEYS.slice(0, 6).map((key) => redis.rpush(key, `of ${key}`)));
  assertEquals(await Promise.all(waiting), KEYS.slice(0, 6).map((key): [string, string] => [key, `of ${key}`]));
  const stop = new AbortController();
  const given = redis.with({ signal: stop.signal }).blpop(["never"], 0);
  setTimeout(() => stop.abort(new Error("enough")), 50);
  await assertRejects(() => given, Error, "enough");
  await assertRejects(() => redis.with({ timeout: 50 }).blpop(["never"], 0), TimeoutError);
});

test("subscriptions are the cluster's, those of shards one slot's", async () => {
  await using servers = await startRedis({ cluster: true });
  await using redis = await connectCluster(servers.url);
  await using news = await redis.subscribe(["news", "more"]);
  await using all = await redis.psubscribe("n*");
  await redis.publish("news", "hello");
  assertEquals((await news.next()).value, { channel: "news", message: "hello" });
  assertEquals((await all.next()).value, { channel: "news", message: "hello", pattern: "n*" });
  for (const channel of KEYS.slice(0, 5)) {
    await using local = await redis.ssubscribe(channel);
    assertEquals(await redis.spublish(channel, `on ${channel}`), 1);
    assertEquals((await local.next()).value, { channel, message: `on ${channel}` });
  }
  await assertRejects(() => redis.ssubscribe(["a", "b"]), TypeError, "one slot");
});

test("scripts and functions run where their keys are, on nodes that have not seen them", async () => {
  await using servers = await startRedis({ cluster: true });
  await using redis = await connectCluster(servers.url);
  const add = defineScript({ keys: 1, args: 1, lua: "return redis.call('INCRBY', KEYS[1], ARGV[1])", reply: Number });
  for (const key of KEYS.slice(0, 10)) assertEquals(await add.run(redis, [key], [2]), 2);
  assertEquals(
    await redis.pipeline((p) => KEYS.slice(0, 10).map((key) => add.run(p, [key], [3]))),
    new Array(10).fill(5),
  );
  assertEquals(await redis.transaction((tx) => [add.run(tx, [KEYS[0]!], [1])]), [6]);
  const twice = defineFunction({
    name: "twice",
    keys: 1,
    args: 0,
    library: `#!lua name=lib
      redis.register_function("twice", function(keys) return 2 * redis.call("GET", keys[1]) end)
    `,
    reply: Number,
  });
  for (const key of KEYS.slice(1, 10)) assertEquals(await twice.run(redis, [key]), 10);
});

test("streams are read and worked through where they are", async () => {
  await using servers = await startRedis({ cluster: true });
  await using redis = await connectCluster(servers.url);
  await redis.xadd("{log}1", "*", { n: "1" });
  await using reader = redis.readStream(["{log}1", "{log}2"], { from: "0" });
  assertEquals((await reader.next()).value?.fields.n, "1");
  await redis.xadd("{log}2", "*", { n: "2" });
  assertEquals((await reader.next()).value?.fields.n, "2");
  const done: unknown[] = [];
  {
    await using _worker = redis.streamWorker({
      streams: "{log}1",
      group: "g",
      handler: ({ fields }) => void done.push(fields.n),
    });
    await redis.xadd("{log}1", "*", { n: "3" });
    while (done.length < 2) await new Promise((resolve) => setTimeout(resolve, 10));
  }
  assertEquals(done, ["1", "3"]);
  assertThrows(() => redis.readStream(["a", "b"]), TypeError, "one slot");
});

test("commands by name are routed as their methods; of an unknown one the first argument is the key", async () => {
  await using servers = await startRedis({ cluster: true });
  await using redis = await connectCluster(servers.url);
  for (const key of KEYS) assertEquals(await redis.call("SET", key, "1"), "OK");
  assertEquals(await redis.call("dbsize"), KEYS.length);
  assertEquals(await redis.call("MGET", ...KEYS), new Array(KEYS.length).fill("1"));
  assertEquals(await redis.call("object encoding", KEYS[3]!), "int");
  assertEquals(await redis.call("object", "encoding", KEYS[4]!), "int");
  assertEquals(await redis.pipeline((p) => KEYS.map((key) => p.call("INCR", key))), new Array(KEYS.length).fill(2));
  const error = await assertRejects(() => redis.call("NO-SUCH", "k"), ReplyError);
  assertStringIncludes(error.message, "unknown command");
  await assertRejects(() => redis.call("a b c"), TypeError);
});

test("who observes the client hears of the commands of all nodes", async () => {
  await using servers = await startRedis({ cluster: true });
  await using redis = await connectCluster(servers.url);
  const seen: string[] = [];
  using _observing = observe(redis, ({ name }) => void seen.push(name));
  await Promise.all(KEYS.map((key) => redis.set(key, "v")));
  assertEquals(seen.filter((name) => name === "SET").length, KEYS.length);
});

abstract class Few {
  abstract send<T>(spec: CommandSpec, args: Arg[], shape?: Shape): Promise<T>;

  get(key: string): Promise<string | null> {
    return this.send(GET, [key]);
  }

  set(key: string, value: string): Promise<"OK"> {
    return this.send(SET, [key, value]);
  }
}
const GET = new CommandSpec("GET", READONLY, 1);
const SET = new CommandSpec("SET", WRITE, 1);

interface FewAlone extends Few {}
class FewAlone extends BaseClient<Surfaces> {}
graft(FewAlone, Few);

interface FewInPipelines extends Few {}
class FewInPipelines extends BaseClusterPipeline {}
graft(FewInPipelines, Few);

interface FewSurfaces extends ClusterSurfaces {
  readonly pipeline: FewInPipelines;
  readonly shard: FewAlone;
}
interface FewInClusters extends Few {}
class FewInClusters extends BaseCluster<FewSurfaces> {}
graft(FewInClusters, Few);

test("a set of commands of one's own has a client of clusters as well", async () => {
  await using servers = await startRedis({ cluster: true });
  const kit = {
    client: FewInClusters,
    pipeline: FewInPipelines,
    node: { ...NODE, client: FewAlone },
    commands: [GET, SET],
  };
  await using redis = await openCluster<FewInClusters>(kit, connectTransport, servers.url);
  for (const key of KEYS) assertEquals(await redis.set(key, "v"), "OK");
  assertEquals(await redis.pipeline((p) => [p.get(KEYS[0]!), p.get(KEYS[1]!)]), ["v", "v"]);
  assertEquals(await redis.shardOf(KEYS[2]!).get(KEYS[2]!), "v");
});

test("a client that cannot be opened says why", async () => {
  const closed = `redis://127.0.0.1:${await freePort()}`;
  const refused = await assertRejects(() => connectCluster(closed), ConnectionError);
  assertStringIncludes(refused.message, closed.slice("redis://".length));
  const both = await assertRejects(() => connectCluster([closed, closed]), ConnectionError);
  assertStringIncludes(both.message, "No node tells of the cluster");
  await using server = await startRedis();
  const alone = await assertRejects(() => connectCluster(server.url), ReplyError);
  assertStringIncludes(alone.message, "cluster support disabled");
  await using servers = await startRedis({ cluster: true });
  await using redis = await connectCluster([closed, servers.url]);
  assertEquals(await redis.set("k", "v"), "OK");
  await assertRejects(() => connectCluster([]), TypeError, "at least one");
  await assertRejects(() => connectCluster(servers.url, { reads: "nobody" as never }), TypeError, "reads");
  await assertRejects(() => connectCluster(servers.url, { read: "any" } as never), TypeError, "read");
  await assertRejects(() => connectCluster({ path: "/tmp/x" }), TypeError, "unix socket");
  await assertRejects(() => connectCluster(servers.url, { refreshInterval: -1 }), RangeError);
  assertThrows(() => redis.with({ time: 1 } as never), TypeError);
});

test("a closed client refuses, and waits for what is owed", async () => {
  await using servers = await startRedis({ cluster: true });
  const redis = await connectCluster(servers.url);
  const owed = Promise.all(KEYS.map((key) => redis.set(key, key)));
  await redis.close();
  assertEquals(await owed, KEYS.map(() => "OK"));
  const error = await assertRejects(() => redis.get("k"), ConnectionError);
  assertEquals([error.closed, error.sent], [true, false]);
  await assertRejects(() => redis.mget(...KEYS), ConnectionError);
  await assertRejects(() => redis.pipeline((p) => [p.get("k")]), ConnectionError);
  await assertRejects(() => redis.reauthenticate({ password: "x" }), ConnectionError);
  const other = await connectCluster(servers.url);
  const lost = other.get("k");
  other.destroy();
  await assertRejects(() => lost, ConnectionError);
});
