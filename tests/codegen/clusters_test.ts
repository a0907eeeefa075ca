/**
 * Clients of clusters, as the generator writes them.
 */
import { assert, assertEquals, assertMatch, assertRejects, assertThrows } from "@std/assert";
import { generate } from "../../codegen/cli.ts";
import { methodName } from "../../codegen/names.ts";
import { slotOf } from "../../src/cluster/slots.ts";
import { missing, startRedis } from "../support/servers.ts";
import { Slots, tags } from "../support/slots.ts";
import { test } from "../support/test.ts";
import { noBundler, noCompiler, Workshop } from "./generating.ts";

const WHOLE = `
import { type Cluster, connect, connectCluster, type Redis } from "./whole.ts";

const KEYS = Array.from({ length: 40 }, (_, i) => \`key:\${i}\`);

export async function tour(url: string): Promise<unknown> {
  await using redis: Cluster = await connectCluster([url], { reads: "any" });
  for (const key of KEYS) await redis.set(key, 1);
  const counts: number[] = await redis.pipeline((p) => KEYS.map((key) => p.incr(key)));
  const values: (string | null)[] = await redis.mget(...KEYS);
  const [bytes, exact]: [Uint8Array | null, bigint] = [
    await redis.bytes.shardOf(KEYS[0]).get(KEYS[0]),
    await redis.bigints.incr(KEYS[0]),
  ];
  const both: [string | null, number] = await redis.transaction((tx) => [tx.get(KEYS[1]), tx.incr(KEYS[1])]);
  const watched: number = await redis.watch(KEYS[2], async (session) => Number(await session.get(KEYS[2])));
  const shards: Redis[] = redis.shards();
  const called = [
    await redis.call("GET", KEYS[3]),
    await redis.call("OBJECT", "ENCODING", KEYS[4]),
    await redis.call("DBSIZE"),
    await redis.call("MGET", KEYS[5], KEYS[6]),
    (await redis.pipeline((p) => [p.call("STRLEN", KEYS[7])]))[0],
  ];
  const walked = new Set<string>();
  for await (const key of redis.scanIterator().each()) walked.add(key);
  const heard: string[] = [];
  const subscription = await redis.ssubscribe("news", { onMessage: ({ message }) => void heard.push(message) });
  await redis.spublish("news", "now");
  while (heard.length === 0) await new Promise((done) => setTimeout(done, 5));
  await subscription.close();
  return { counts, values, bytes, exact, both, watched, shards: shards.length, called, walked: walked.size, heard };
}

export function wrong(redis: Cluster): void {
  // @ts-expect-error a cluster has no sessions, its shards have
  void (() => redis.session());
  // @ts-expect-error nor does a cursor of one node say anything to another
  void (() => redis.monitor());
  // @ts-expect-error what only sessions have
  void (() => redis.select(1));
  // @ts-expect-error the option is of clusters
  void (() => connect("redis://127.0.0.1:6379", { reads: "any" }));
}
`;

test("a cluster's node gives a module for clusters, typed, beside that for one server", {
  skip: missing() || noCompiler,
}, async () => {
  await using servers = await startRedis({ cluster: true });
  using shop = new Workshop();
  const { code, output } = await shop.generate("--from", servers.url, "--with", "all,cluster", "--out", "whole.ts");
  assertEquals(code, 0, output);
  assertMatch(shop.read("whole.ts"), /^ \* A client for Redis [\d.]+: \d+ commands, and one for clusters\.$/m);
  shop.write("consumer.ts", WHOLE);
  const checked = await shop.check("consumer.ts");
  assertEquals(checked.code, 0, checked.output);
  const found = await (await shop.load("consumer.ts")).tour(servers.url);
  assertEquals(found, {
    counts: Array(40).fill(2),
    values: Array(40).fill("2"),
    bytes: new TextEncoder().encode("2"),
    exact: 3n,
    both: ["2", 3],
    watched: 2,
    shards: 3,
    called: ["2", "int", 40, ["2", "2"], 1],
    walked: 40,
    heard: ["now"],
  });
});

const SMALL = `
import { type Cluster, connectCluster } from "./small.ts";

export function wrong(redis: Cluster): void {
  // @ts-expect-error only two commands
  void (() => redis.hget("a", "b"));
  // @ts-expect-error without pipelines
  void (() => redis.pipeline());
  // @ts-expect-error without transactions
  void (() => redis.transaction(() => []));
  // @ts-expect-error or what reads, decides and writes
  void (() => redis.watch("a", () => 1));
  // @ts-expect-error without subscriptions
  void (() => redis.ssubscribe("a"));
  // @ts-expect-error nodes are named
  void (() => connectCluster());
}
`;

test("a small client for clusters has what it names, and says what it has not", {
  skip: missing() || noCompiler,
}, async () => {
  await using servers = await startRedis({ cluster: true, password: "secret" });
  using shop = new Workshop();
  const { code, output } = await shop.generate("--only", "get,set", "--with", "cluster", "--out", "small.ts");
  assertEquals(code, 0, output);
  shop.write("consumer.ts", SMALL);
  const checked = await shop.check("consumer.ts");
  assertEquals(checked.code, 0, checked.output);
  const { connectCluster } = await shop.load("small.ts");
  await using redis = await connectCluster(servers.url);
  for (let i = 0; i < 40; i++) assertEquals(await redis.set(`key:${i}`, i), "OK");
  assertEquals(await Promise.all(Array.from({ length: 40 }, (_, i) => redis.get(`key:${i}`))), all(40));
  // Nobody here has described these: the first argument is their key.
  assertEquals(await redis.call("STRLEN", "key:39"), 2);
  assertEquals(await redis.call("OBJECT ENCODING", "key:3"), "int");
  for (
    const [name, act] of [
      ["pipelines", () => redis.pipeline()],
      ["transactions", () => redis.transaction(() => [])],
      ["iterators", () => redis.hscanIterator("a")],
      ["options", () => redis.reauthenticate()],
    ] as const
  ) assertThrows(act, TypeError, `generated without ${name}`);
  await assertRejects(() => redis.subscribe("a"), TypeError, "generated without subscriptions");
  await assertRejects(() => connectCluster("unix:///tmp/none"), TypeError, "generated without options");
  await assertRejects(() => connectCluster([]), TypeError, "at least one");
});

test("what blocks in a small client for clusters follows a key that is on its way", { skip: missing() }, async () => {
  await using servers = await startRedis({ cluster: { primaries: 2 } });
  await using slots = await Slots.of(servers.nodes);
  using shop = new Workshop();
  const { code, output } = await shop.generate("--only", "blpop,rpush", "--with", "cluster", "--out", "small.ts");
  assertEquals(code, 0, output);
  const { connectCluster } = await shop.load("small.ts");
  await using redis = await connectCluster(servers.url);
  const [tag] = tags(1, 0, 8192);
  await slots.begin(slotOf(tag!), 0, 1);
  const taken = redis.blpop([`{${tag}}list`], 10);
  assertEquals(await redis.rpush(`{${tag}}list`, "element"), 1);
  assertEquals(await taken, [`{${tag}}list`, "element"]);
  assertEquals(await slots.sizes(slotOf(tag!)), [0, 0]);
});

function all(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `${i}`);
}

test("a module for clusters carries its own commands only, and the sockets that were asked for", {
  skip: noBundler,
}, async () => {
  using shop = new Workshop();
  const bundled = (name: string) =>
    shop.bundle(name).files.filter(({ bytes }) => bytes > 0).map(({ path }) => path.replace(/^(.*\/)?src\//, ""));
  await shop.generate("--only", "get,set", "--with", "cluster", "--sockets", "node", "--out", "small.ts");
  const files = bundled("small.ts");
  assert(files.includes("cluster/shards.ts"), files.join("\n"));
  assertEquals(
    files.filter((path) => /^(generated|cache|observe)\/|^client\/(hub|pool|pipeline|session)\.ts/.test(path)),
    [],
  );
  assertEquals(files.filter((path) => path.startsWith("transport/")), ["transport/heap.ts", "transport/node.ts"]);
  // Who has no cluster does not pay for those of others.
  await shop.generate("--with", "all", "--out", "whole.ts");
  assertEquals(bundled("whole.ts").filter((path) => path.startsWith("cluster/")), []);
});

test("clusters are asked for by name, and no command takes the names of their module", async () => {
  const [all, both] = [await generate({ with: ["all"] }), await generate({ with: ["all", "cluster"] })];
  assertEquals([all, both].map(({ text }) => /function connectCluster\(/.test(text)), [false, true]);
  assertEquals(all.text, (await generate()).text);
  for (const name of ["CLUSTER", "CLUSTER KIT"]) assertThrows(() => methodName(name), Error, "a name CLUSTER");
});
