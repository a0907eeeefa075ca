// Slots move from node to node while a cluster's client is at work: nothing runs twice, is lost, or gets another's reply.
import { assert, assertEquals, assertRejects } from "@std/assert";
import { connect, ConnectionError, defineScript, ReplyError, TimeoutError } from "../../mod.ts";
import { type Cluster, connectCluster } from "../../src/cluster/mod.ts";
import { slotOf } from "../../src/cluster/slots.ts";
import { HELLO, type Peer, startScripted } from "../support/scripted.ts";
import { until } from "../support/sentinels.ts";
import { missing, type Server, type ServerVersion, startRedis } from "../support/servers.ts";
import { Slots, tags } from "../support/slots.ts";
import { test } from "../support/test.ts";

const VERSIONS: readonly ServerVersion[] = ["redis-7.0", "redis-8", "valkey-9"];
const skip = missing();
const TWO = { cluster: { primaries: 2 } } as const;

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** How often commands were sent again, or on, while the work lasted. */
async function again(redis: Cluster, work: () => Promise<unknown>): Promise<number> {
  const before = redis.stats().retries;
  await work();
  return redis.stats().retries - before;
}

/** A node of which no other knows: it has no slots. */
async function joined(nodes: readonly Server[]): Promise<Server> {
  // It does not follow another when its last slot is gone.
  const fresh = await startRedis({ clusterNode: true, args: ["--cluster-allow-replica-migration", "no"] });
  const [{ hostname, port }] = nodes as [Server];
  await fresh.command("CLUSTER", "MEET", hostname, String(port));
  const all = [...nodes, fresh];
  const known = `cluster_known_nodes:${all.length}\r`;
  await until(async () =>
    (await Promise.all(all.map((node) => node.command("CLUSTER", "INFO")))).every((info) =>
      info.includes(known) && info.includes("cluster_state:ok")
    )
  );
  return fresh;
}

for (const version of VERSIONS) {
  test(`keys are found while their slot moves, and after, ${version}`, { skip: missing(version) }, async () => {
    await using cluster = await startRedis({ ...TWO, version });
    await using slots = await Slots.of(cluster.nodes);
    await using redis = await connectCluster(cluster.url, { refreshInterval: 0 });
    const [tag] = tags(1, 0, 8192);
    const slot = slotOf(tag!);
    const [here, there] = [`{${tag}}here`, `{${tag}}there`];
    assertEquals(await again(redis, () => redis.set(here, 1)), 0);
    await slots.begin(slot, 0, 1);
    assertEquals(await again(redis, () => redis.set(there, 2)), 1);
    assertEquals(await slots.sizes(slot), [1, 1]);
    const all = () => Promise.all([redis.get(here), redis.get(there), redis.incr(here), redis.incr(there)]);
    const values: unknown[] = [];
    assertEquals(await again(redis, async () => values.push(...await all())), 2);
    assertEquals(values, ["1", "2", 2, 3]);
    // One is here, one is there: until both are there, no node has both.
    const both = redis.mget(here, there);
    await pause(50);
    await slots.carry(slot, 0, 1);
    assertEquals(await both, ["2", "3"]);
    await slots.end(slot, 0, 1);
    assertEquals(await again(redis, () => redis.incr(here)), 1);
    assertEquals(await again(redis, () => redis.incr(here)), 0);
    assertEquals([await redis.get(here), await redis.get(there)], ["4", "3"]);
    assertEquals(await slots.sizes(slot), [0, 2]);
  });

  test(`counters count while their slots move to and fro, ${version}`, { skip: missing(version) }, async () => {
    await using cluster = await startRedis({ ...TWO, version });
    await using slots = await Slots.of(cluster.nodes);
    await using redis = await connectCluster(cluster.urls);
    const names = tags(4, 0, 8192);
    const script = defineScript({
      keys: 1,
      args: 0,
      lua: `return redis.call("INCR", KEYS[1])`,
      reply: Number,
    });
    const end = performance.now() + 3000;
    /** One after the other: each reply is the one after that of before, or a command has run twice, or never. */
    const counting = async (name: string, incr: (key: string) => Promise<number>) => {
      const key = `{${name}}:${crypto.randomUUID()}`;
      let count = 0;
      while (performance.now() < end) {
        assertEquals(await incr(key), ++count, key);
        if (count % 7 === 0) assertEquals(await redis.get(key), String(count));
      }
      return count;
    };
    const retries = await again(redis, () =>
      slots.during(names.map(slotOf), async () => {
        const ways: ((key: string) => Promise<number>)[] = [
          (key) => redis.incr(key),
          (key) => redis.incr(key),
          async (key) => (await redis.pipeline((p) => [p.incr(key)]))[0],
          async (key) => (await redis.transaction((t) => [t.incr(key)]))[0],
          (key) => script.run(redis, [key]),
          async (key) => (await redis.pipeline((p) => [script.run(p, [key])]))[0],
          (key) => redis.with({ timeout: 60_000 }).incr(key),
        ];
        const counts = await Promise.all(names.flatMap((name) => ways.map((incr) => counting(name, incr))));
        assert(counts.every((count) => count > 10), String(counts));
      }));
    assert(retries > 50, String(retries));
    // What the client itself asks of its nodes is pending, too.
    await until(() => Promise.resolve(redis.stats().pending === 0));
  });
}

test("pipelines run in order, and get the replies of their own commands, while slots move", { skip }, async () => {
  await using cluster = await startRedis(TWO);
  await using slots = await Slots.of(cluster.nodes);
  await using redis = await connectCluster(cluster.url);
  const moving = tags(3, 0, 8192);
  const all = [...moving, ...tags(3, 8192)];
  const counts = new Map(all.map((tag) => [tag, 0]));
  const retries = await again(redis, () =>
    slots.during(moving.map(slotOf), async () => {
      for (let round = 0; round < 150; round++) {
        const order = Array.from({ length: 60 }, (_, i) => all[(i * 7 + round) % all.length]!);
        const replies = await redis.pipeline((p) => order.flatMap((tag) => [p.incr(`{${tag}}n`), p.echo(tag)]));
        for (const [i, tag] of order.entries()) {
          counts.set(tag, counts.get(tag)! + 1);
          assertEquals(replies.slice(2 * i, 2 * i + 2), [counts.get(tag)!, tag]);
        }
      }
    }));
  assert(retries > 10, String(retries));
  for (const tag of all) assertEquals(await redis.get(`{${tag}}n`), String(counts.get(tag)));
});

test("keys of many slots are read and written together while some of them move", { skip }, async () => {
  await using cluster = await startRedis(TWO);
  await using slots = await Slots.of(cluster.nodes);
  await using redis = await connectCluster(cluster.url);
  const moving = tags(3, 0, 8192);
  const keys = [...moving, ...tags(3, 8192)].flatMap((tag) => [`{${tag}}a`, `{${tag}}b`]);
  await slots.during(moving.map(slotOf), async () => {
    for (let round = 0; round < 60; round++) {
      const values = keys.map((key) => `${key} ${round}`);
      await redis.mset(Object.fromEntries(keys.map((key, i) => [key, values[i]!])));
      assertEquals(await redis.mget(...keys), values);
      assertEquals(await redis.exists(...keys), keys.length);
      if (round % 3 === 0) assertEquals(await redis.del(...keys), keys.length);
    }
  });
});

test("a transaction runs once, where its keys are, or waits until they are in one place", { skip }, async () => {
  await using cluster = await startRedis(TWO);
  await using slots = await Slots.of(cluster.nodes);
  await using redis = await connectCluster(cluster.url, { refreshInterval: 0 });
  const [tag] = tags(1, 0, 8192);
  const slot = slotOf(tag!);
  const [here, there] = [`{${tag}}here`, `{${tag}}there`];
  const both = () => redis.transaction((t) => [t.incr(here), t.incr(there)]);
  await slots.begin(slot, 0, 1);
  // None is here: it is made there. (Of several, none can be before the slot has moved.)
  assertEquals(await redis.transaction((t) => [t.incr(here), t.incr(here)]), [1, 2]);
  assertEquals(await slots.sizes(slot), [0, 1]);
  const [first] = await Promise.all([both(), pause(100).then(() => slots.end(slot, 0, 1))]);
  assertEquals(first, [3, 1]);
  assertEquals(await redis.mset({ [here]: 1, [there]: 1 }), "OK");
  assertEquals(await both(), [2, 2]);
  // One is left behind, so that no node has both.
  await slots.begin(slot, 1, 0);
  const far = await connect(cluster.nodes[1]!.url);
  await far.migrate("127.0.0.1", cluster.nodes[0]!.port, 0, 5000, [there]);
  await far.close();
  assertEquals(await slots.sizes(slot), [1, 1]);
  const [values] = await Promise.all([both(), pause(100).then(() => slots.carry(slot, 1, 0))]);
  assertEquals(values, [3, 3]);
  await slots.end(slot, 1, 0);
  assertEquals(await both(), [4, 4]);
});

test("watch() does its work once its keys are in one place", { skip }, async () => {
  await using cluster = await startRedis(TWO);
  await using slots = await Slots.of(cluster.nodes);
  await using redis = await connectCluster(cluster.url, { refreshInterval: 0 });
  const [tag] = tags(1, 0, 8192);
  const slot = slotOf(tag!);
  const key = `{${tag}}n`;
  let works = 0;
  const increase = () =>
    redis.watch(key, async (session) => {
      works++;
      const n = Number(await session.get(key));
      return await session.transaction((t) => [t.set(key, n + 1)]);
    });
  await increase();
  await slots.move([slot], 0, 1);
  await increase();
  assertEquals([await redis.get(key), works], ["2", 2]);
  // It has gone, and the slot has yet to: a session cannot ask there.
  await slots.begin(slot, 1, 0);
  await slots.carry(slot, 1, 0);
  await Promise.all([increase(), pause(100).then(() => slots.end(slot, 1, 0))]);
  assertEquals(await redis.get(key), "3");
});

test("a command that blocks goes where its key goes", { skip }, async () => {
  await using cluster = await startRedis(TWO);
  await using slots = await Slots.of(cluster.nodes);
  await using redis = await connectCluster(cluster.url);
  const [tag] = tags(1, 0, 8192);
  const slot = slotOf(tag!);
  const list = `{${tag}}list`;
  const moved = redis.blpop([list], 0);
  await pause(100);
  await slots.move([slot], 0, 1);
  await redis.rpush(list, "a", "b");
  assertEquals(await moved, [list, "a"]);
  assertEquals(await redis.lrange(list, 0, -1), ["b"]);
  await redis.del(list);
  // While it moves it is waited for where it will be.
  await slots.begin(slot, 1, 0);
  const asked = redis.blpop([list], 0);
  await pause(100);
  await slots.end(slot, 1, 0);
  await redis.rpush(list, "c");
  assertEquals(await asked, [list, "c"]);
});

test("a node that joins is found with its first slot, and let go after its last", { skip }, async () => {
  await using cluster = await startRedis(TWO);
  await using fresh = await joined(cluster.nodes);
  await using slots = await Slots.of([...cluster.nodes, fresh]);
  await using redis = await connectCluster(cluster.url, { refreshInterval: 200 });
  const [tag] = tags(1, 0, 8192);
  const slot = slotOf(tag!);
  const [count, list] = [`{${tag}}n`, `{${tag}}list`];
  await redis.incr(count);
  assertEquals(redis.shards().length, 2);
  await slots.begin(slot, 0, 2);
  // It is asked before it has anything.
  await redis.rpush(`{${tag}}other`, "v");
  assertEquals([await redis.incr(count), redis.shards().length], [2, 2]);
  await slots.carry(slot, 0, 2);
  assertEquals(await redis.incr(count), 3);
  await slots.end(slot, 0, 2);
  assertEquals(await redis.incr(count), 4);
  await until(() => Promise.resolve(redis.shards().length === 3));
  // The server sends on who waits there within a second or so, and its client may know before that.
  const blocked = Promise.all(Array.from({ length: 5 }, (_, i) => redis.blpop([`${list}${i}`], 0)));
  blocked.catch(() => {});
  await pause(100);
  await slots.move([slot], 2, 0);
  assertEquals(await redis.incr(count), 5);
  await until(() => Promise.resolve(redis.shards().length === 2));
  for (let i = 0; i < 5; i++) await redis.rpush(`${list}${i}`, "v");
  assertEquals((await blocked).map((item) => item![1]), ["v", "v", "v", "v", "v"]);
});

test("stream readers and workers go where their stream goes", { skip }, async () => {
  await using cluster = await startRedis(TWO);
  await using fresh = await joined(cluster.nodes);
  await using slots = await Slots.of([...cluster.nodes, fresh]);
  await using redis = await connectCluster(cluster.url, { refreshInterval: 100 });
  const [tag] = tags(1, 0, 8192);
  const slot = slotOf(tag!);
  const stream = `{${tag}}stream`;
  const [added, handled, read]: string[][] = [[], [], []];
  const errors: unknown[] = [];
  await using worker = redis.streamWorker({
    streams: [stream],
    group: "g",
    from: "0",
    handler: ({ id }) => void handled!.push(id),
    onError: (error) => errors.push(error),
  });
  await using reader = redis.readStream(stream, { from: "0", onError: (error) => void errors.push(error) });
  const reading = (async () => {
    for await (const { id } of reader) read!.push(id);
  })();
  let isOver = false;
  const adding = (async () => {
    while (!isOver) {
      added!.push((await redis.xadd(stream, "*", { n: added!.length }))!);
      await pause(3);
    }
  })();
  // Its only slot comes to the new node, and leaves it again.
  for (const [from, to] of [[0, 1], [1, 2], [2, 0]] as const) {
    await pause(500);
    await slots.move([slot], from, to);
  }
  await pause(500);
  // Nothing comes for longer than a node is kept that has no slot any more.
  isOver = true;
  await adding;
  await slots.move([slot], 0, 2);
  await pause(1500);
  await slots.move([slot], 2, 1);
  await pause(1500);
  added!.push((await redis.xadd(stream, "*", { last: 1 }))!);
  await until(() => Promise.resolve(read!.at(-1) === added!.at(-1) && handled!.includes(added!.at(-1)!)));
  assertEquals(read, added);
  assertEquals(new Set(handled), new Set(added));
  assertEquals(await redis.xpending(stream, "g").then(([count]) => count), 0);
  await reader.close();
  await reading;
  await worker.stop();
  assert(added!.length > 100, String(errors));
});

test("a walk over all keys gives each that is there from beginning to end, while slots move", { skip }, async () => {
  await using cluster = await startRedis(TWO);
  await using slots = await Slots.of(cluster.nodes);
  await using redis = await connectCluster(cluster.url);
  const moving = tags(6, 0, 8192);
  const keys = [...moving, ...tags(6, 8192)].flatMap((tag) => Array.from({ length: 60 }, (_, i) => `{${tag}}${i}`));
  await redis.mset(Object.fromEntries(keys.map((key) => [key, ""])));
  for (let round = 0; round < 8; round++) {
    const at = round % 2;
    const seen = new Set<string>();
    let batches = 0;
    let moved: Promise<void> | undefined;
    for await (const batch of redis.scanIterator({ count: 20 })) {
      for (const key of batch) seen.add(key);
      if (++batches === 1 + 3 * round) moved = slots.move(moving.map(slotOf), at, 1 - at);
      await pause(1);
    }
    assert(moved !== undefined);
    await moved;
    assertEquals(keys.filter((key) => !seen.has(key)), []);
  }
});

test("a walk finds keys that move behind it, to a node that it has been to", { skip }, async () => {
  await using cluster = await startRedis(TWO);
  await using slots = await Slots.of(cluster.nodes);
  await using redis = await connectCluster(cluster.url);
  const [tag] = tags(1, 8192);
  const keys = Array.from({ length: 300 }, (_, i) => `{${tag}}${i}`);
  const [first] = tags(1, 0, 8192);
  await redis.mset({ ...Object.fromEntries(keys.map((key) => [key, ""])), [first!]: "" });
  const seen = new Set<string>();
  for await (const batch of redis.scanIterator({ count: 10 })) {
    const isFirst = seen.size === 0;
    for (const key of batch) seen.add(key);
    // The first node has been walked over by the time the second gives anything.
    if (!isFirst && seen.size < 100) {
      await slots.begin(slotOf(tag!), 1, 0);
      await slots.carry(slotOf(tag!), 1, 0);
    }
  }
  assertEquals(keys.filter((key) => !seen.has(key)), []);
});

test("a walk goes on when the node that it is at loses its last slot", { skip }, async () => {
  await using cluster = await startRedis(TWO);
  await using fresh = await joined(cluster.nodes);
  await using slots = await Slots.of([...cluster.nodes, fresh]);
  const [tag] = tags(1, 0, 1);
  const slot = slotOf(tag!);
  await slots.move([slot], 0, 2);
  await using redis = await connectCluster(cluster.url, { refreshInterval: 50 });
  const keys = Array.from({ length: 300 }, (_, i) => `{${tag}}${i}`);
  await redis.mset(Object.fromEntries(keys.map((key) => [key, ""])));
  const seen = new Set<string>();
  let batches = 0;
  for await (const batch of redis.scanIterator({ count: 10 })) {
    for (const key of batch) seen.add(key);
    if (++batches === 3) {
      await slots.move([slot], 2, 0);
      await until(() => Promise.resolve(redis.shards().length === 2));
      await pause(1200);
    }
  }
  assertEquals(keys.filter((key) => !seen.has(key)), []);
});

test("a walk over one key begins anew where the key goes, and misses nothing", { skip }, async () => {
  await using cluster = await startRedis(TWO);
  await using slots = await Slots.of(cluster.nodes);
  await using redis = await connectCluster(cluster.url, { refreshInterval: 0 });
  const [tag] = tags(1, 0, 8192);
  const slot = slotOf(tag!);
  const key = `{${tag}}hash`;
  const fields = Object.fromEntries(Array.from({ length: 3000 }, (_, i) => [`field-${i}`, String(i)]));
  await redis.hset(key, fields);
  await redis.zadd(`${key}z`, Object.fromEntries(Object.keys(fields).map((name, i) => [name, i])));
  /** Steps of a resharding, each within another walk, and from one to the next. */
  const steps: (() => Promise<void>)[] = [
    () => slots.begin(slot, 0, 1),
    () => slots.carry(slot, 0, 1),
    () => slots.end(slot, 0, 1),
    () => slots.move([slot], 1, 0),
  ];
  for (const step of steps) {
    const seen: Record<string, string> = {};
    let batches = 0;
    for await (const batch of redis.hscanIterator(key, { count: 100 })) {
      for (const [field, value] of batch) seen[field] = value;
      if (++batches === 12) await step();
    }
    assertEquals(seen, fields);
    assert(batches > 25, String(batches));
  }
  const names = new Set<string>();
  let batches = 0;
  for await (const batch of redis.bytes.zscanIterator(`${key}z`, { count: 100 })) {
    for (const [name] of batch) names.add(new TextDecoder().decode(name));
    if (++batches === 12) await slots.begin(slot, 0, 1).then(() => slots.carry(slot, 0, 1));
  }
  assertEquals(names.size, 3000);
  // Page by page, each with the cursor of the one before.
  const pages: string[] = [];
  let cursor = "0";
  do {
    const walk = redis.hscanIterator(key, { count: 1000, cursor });
    let batches = 0;
    for await (const batch of walk) {
      if (++batches === 2) break;
      pages.push(...batch.map(([field]) => field));
    }
    cursor = walk.cursor;
  } while (cursor !== "0" && pages.length < 9000);
  assertEquals(new Set(pages).size, 3000);
  assert(pages.length < 9000, String(pages.length));
});

for (const protocol of [3, 2] as const) {
  test(`a shard's subscription goes where its slot goes, RESP${protocol}`, { skip }, async () => {
    await using cluster = await startRedis(TWO);
    await using fresh = await joined(cluster.nodes);
    await using slots = await Slots.of([...cluster.nodes, fresh]);
    await using redis = await connectCluster(cluster.url, { protocol, refreshInterval: 100 });
    const [tag] = tags(1, 0, 8192);
    const slot = slotOf(tag!);
    const channels = [`{${tag}}a`, `{${tag}}b`];
    const heard: string[] = [];
    const gaps: number[] = [];
    const subscription = await redis.ssubscribe(channels, {
      onMessage: ({ channel, message }) => void heard.push(`${channel} ${message}`),
      onGap: () => void gaps.push(heard.length),
    });
    const wanted: string[] = [];
    const publish = async (message: string) => {
      for (const channel of channels) {
        assertEquals(await redis.spublish(channel, message), 1);
        wanted.push(`${channel} ${message}`);
      }
    };
    await publish("here");
    // To a node that is known, to one that was not, and from that, which is let go, back.
    for (const [from, to] of [[0, 1], [1, 2], [2, 0]] as const) {
      const before = subscription.gaps;
      await slots.move([slot], from, to);
      await until(() => Promise.resolve(subscription.gaps > before));
      await publish(`from ${from} to ${to}`);
    }
    await until(() => Promise.resolve(heard.length === wanted.length));
    assertEquals([heard, gaps], [wanted, [2, 4, 6]]);
    await subscription.close();
    assertEquals(await redis.spublish(channels[0]!, "nobody"), 0);
  });
}

test(
  "a shard's subscription that moves ends with its client, its signal, or what the server says",
  { skip },
  async () => {
    await using cluster = await startRedis(TWO);
    await using slots = await Slots.of(cluster.nodes);
    const [tag] = tags(1, 0, 8192);
    const slot = slotOf(tag!);
    const redis = await connectCluster(cluster.url, { refreshInterval: 0 });
    const ending = await redis.ssubscribe(tag!);
    const loop = (async () => {
      for await (const _ of ending);
      return "over";
    })();
    const caller = new AbortController();
    const aborted = await redis.with({ signal: caller.signal }).ssubscribe(`{${tag}}aborted`);
    caller.abort(new Error("enough"));
    await assertRejects(() => aborted.next(), Error, "enough");
    // Where it goes to the user may not hear it.
    const refused = await redis.ssubscribe(`{${tag}}refused`);
    await cluster.nodes[1]!.command("ACL", "SETUSER", "default", "resetchannels", `&${tag}`);
    await slots.move([slot], 0, 1);
    await assertRejects(() => refused.next(), ReplyError, "NOPERM");
    await until(() => Promise.resolve(ending.gaps === 1));
    assertEquals(await redis.spublish(tag!, "v"), 1);
    await slots.move([slot], 1, 0);
    // In the midst of it.
    await redis.close();
    assertEquals(await loop, "over");
    await assertRejects(() => redis.ssubscribe(tag!), ConnectionError, "closed");
  },
);

test("a pipeline that was filled for a node that is gone goes where its keys are", { skip }, async () => {
  await using cluster = await startRedis(TWO);
  await using fresh = await joined(cluster.nodes);
  await using slots = await Slots.of([...cluster.nodes, fresh]);
  const [tag] = tags(1, 0, 8192);
  const slot = slotOf(tag!);
  await slots.move([slot], 0, 2);
  await using redis = await connectCluster(cluster.url, { refreshInterval: 50 });
  const pipeline = redis.pipeline();
  pipeline.incr(`{${tag}}n`);
  pipeline.incr(`{${tag}}n`);
  await slots.move([slot], 2, 0);
  await until(() => Promise.resolve(redis.shards().length === 2));
  await pause(100);
  assertEquals(await pipeline.exec(), [1, 2]);
});

test("a pipeline that ran out of time can be filled and run again", { skip }, async () => {
  await using cluster = await startRedis(TWO);
  await using redis = await connectCluster(cluster.url);
  const key = tags(1)[0]!;
  const pipeline = redis.with({ timeout: 300 }).pipeline();
  const [server] = cluster.nodes.slice(slotOf(key) < 8192 ? 0 : 1);
  server!.pause();
  try {
    pipeline.get(key);
    await assertRejects(() => pipeline.exec(), TimeoutError);
  } finally {
    server!.resume();
  }
  pipeline.incr("n");
  assertEquals(await pipeline.exec(), [1]);
  assertEquals(await pipeline.exec(), []);
});

function idOf(port: number): string {
  return String(port).padStart(40, "0");
}

/** CLUSTER SLOTS: the first slot is at the first port, and so on; the last port has the rest. */
function slotsAt(...ports: readonly number[]): string {
  const rows = ports.map((port, i) => {
    const last = i === ports.length - 1 ? 16_383 : i;
    return `*3\r\n:${i}\r\n:${last}\r\n*3\r\n$9\r\n127.0.0.1\r\n:${port}\r\n$40\r\n${idOf(port)}\r\n`;
  });
  return `*${rows.length}\r\n${rows.join("")}`;
}

/** Answers what a client says of itself; what it has to do is another's affair. */
async function serve(
  peer: Peer,
  topology: () => string,
  answer: (words: string[]) => string | undefined,
): Promise<void> {
  for (let words = await peer.command(); words !== null; words = await peer.command()) {
    const [name] = words;
    const own = name === "HELLO" ? HELLO : name === "CLUSTER" ? topology() : name === "CLIENT" ? "+OK\r\n" : undefined;
    const reply = own ?? answer(words);
    if (reply !== undefined) await peer.send(reply);
  }
}

test("a node that sends to itself for ever, or two that send to each other, are asked a few times only", async () => {
  const asked = [0, 0];
  const ports: number[] = [];
  const node = (i: number) =>
    startScripted((peer) =>
      serve(peer, () => slotsAt(ports[0]!, ports[1]!), ([name, key]) => {
        asked[i]!++;
        const [slot, port] = key === "self" ? [slotOf("self"), ports[i]] : [slotOf(key!), ports[1 - i]];
        return name === "ASKING" ? "+OK\r\n" : `-${name === "GET" ? "MOVED" : "ASK"} ${slot} 127.0.0.1:${port}\r\n`;
      })
    );
  await using first = await node(0);
  await using second = await node(1);
  ports.push(first.port, second.port);
  const redis = await connectCluster(first.url);
  const all = ["self", "k"].flatMap((key) => [redis.get(key), redis.incr(key), redis.blpop([key], 0)]);
  for (const outcome of await Promise.allSettled(all)) {
    const { reason } = outcome as PromiseRejectedResult;
    assert(reason instanceof ReplyError && ["MOVED", "ASK"].includes(reason.code), String(reason));
  }
  const count = asked[0]! + asked[1]!;
  assert(count > 4 * all.length && count < 50 * all.length, `${count}`);
  redis.destroy();
});

test("what a node says the cluster cannot take goes to whoever has its slot by then", async () => {
  const ports: number[] = [];
  let owner = 0;
  const node = (i: number) =>
    startScripted((peer) =>
      serve(peer, () => slotsAt(ports[owner]!), () => {
        if (i === 1) return "+from the other\r\n";
        // The others have elected one that does not know of it.
        owner = 1;
        return "-CLUSTERDOWN The cluster is down\r\n";
      })
    );
  await using first = await node(0);
  await using second = await node(1);
  ports.push(first.port, second.port);
  await using redis = await connectCluster(first.url, { refreshInterval: 0, maxPending: 1, overflow: "wait" });
  // One waits for another try, one for room.
  const counts: unknown[] = await Promise.all([redis.incr("k"), redis.incr("k")]);
  assertEquals(counts, ["from the other", "from the other"]);
  assertEquals(await redis.pipeline((p) => [p.get("k")]), ["from the other"]);
});

test("what was sent on to a node that nobody can reach goes to whoever has the slot after all", async () => {
  const away = await startScripted(() => {});
  await away[Symbol.asyncDispose]();
  const ports: number[] = [];
  const asked: string[] = [];
  await using node = await startScripted((peer) =>
    serve(peer, () => slotsAt(ports[0]!), ([name, key]) => {
      asked.push(name!);
      const isFirst = asked.filter((one) => one === name).length === 1;
      return isFirst ? `-MOVED ${slotOf(key!)} 127.0.0.1:${away.port}\r\n` : "+here\r\n";
    })
  );
  ports.push(node.port);
  await using redis = await connectCluster(node.url, { refreshInterval: 0, queueTimeout: 5000 });
  const read = redis.get("k");
  const [written, piped] = await Promise.all([redis.incr("j"), redis.pipeline((p) => [p.append("i", "1")])]);
  assertEquals([await read, written, ...piped] as unknown[], ["here", "here", "here"]);
  assertEquals(asked.toSorted(), ["APPEND", "APPEND", "GET", "GET", "INCR", "INCR"]);
});

test("what is to be asked of a node that nobody can reach waits no longer than anything may", async () => {
  const away = await startScripted(() => {});
  await away[Symbol.asyncDispose]();
  const ports: number[] = [];
  let isThere = false;
  await using node = await startScripted((peer) =>
    serve(peer, () => slotsAt(ports[0]!), ([name]) => {
      if (name === "MULTI") return "+OK\r\n";
      if (name === "EXEC") return "-EXECABORT Transaction discarded because of previous errors.\r\n";
      return isThere ? "+here\r\n" : `-ASK ${slotOf("k")} 127.0.0.1:${away.port}\r\n`;
    })
  );
  ports.push(node.port);
  await using redis = await connectCluster(node.url, { refreshInterval: 0, queueTimeout: 300 });
  // Of the second nobody knows that the node has been tried for already.
  for (let round = 0; round < 2; round++) {
    const error = await assertRejects(() => redis.incr("k"), TimeoutError);
    assertEquals([error.waitingFor, error.sent], ["connection", false]);
  }
  await assertRejects(() => redis.pipeline((p) => [p.incr("k")]), TimeoutError);
  await assertRejects(() => redis.transaction((tx) => [tx.incr("k")]), TimeoutError);
  // What the client itself asks of its nodes is pending, too.
  await until(() => Promise.resolve(redis.stats().pending === 0));
  isThere = true;
  assertEquals(await redis.get("k"), "here");
});

test("who waits for a connection of its own to a node that is elsewhere by then gets one there", async () => {
  const ports: number[] = [];
  let owner = 0;
  let isMute = false;
  const node = () =>
    startScripted(async (peer) => {
      if (isMute && owner === 0) return; // never greets
      await serve(
        peer,
        () => `*1\r\n*3\r\n:0\r\n:16383\r\n*3\r\n$9\r\n127.0.0.1\r\n:${ports[owner]}\r\n$40\r\n${idOf(1)}\r\n`,
        ([name]) => name === "BLPOP" ? "*2\r\n$4\r\nlist\r\n$1\r\nx\r\n" : "+OK\r\n",
      );
    });
  await using first = await node();
  await using second = await node();
  ports.push(first.port, second.port);
  await using redis = await connectCluster(first.url, { refreshInterval: 20 });
  const { length } = first.peers;
  isMute = true;
  const popped = redis.blpop(["list"], 0);
  await first.peer(length);
  owner = 1;
  assertEquals(await popped, ["list", "x"]);
});

test("a node that the others have left behind is not believed, though it is asked", async () => {
  const ports: number[] = [];
  let isReplaced = false;
  const asked = [0, 0, 0, 0];
  const node = (i: number) =>
    startScripted(async (peer) => {
      for (let words = await peer.command(); words !== null; words = await peer.command()) {
        const knows = isReplaced && i !== 0;
        if (words[0] === "CLUSTER" && words[1] === "NODES") await peer.send(epochs([1, knows ? 8 : 2, 3, 8], ports));
        else if (words[0] === "CLUSTER") {
          if (isReplaced) asked[i]!++;
          await peer.send(slotsAt(ports[0]!, knows ? ports[3]! : ports[1]!, ports[2]!));
        } else if (words[0] === "HELLO") await peer.send(HELLO);
        else await peer.send(words[0] === "GET" ? `+node ${i}\r\n` : "+OK\r\n");
      }
    });
  await using left = await node(0);
  const dead = await node(1);
  await using third = await node(2);
  await using heir = await node(3);
  ports.push(left.port, dead.port, third.port, heir.port);
  // Of three slots each node has one.
  const [ofLeft, ofDead] = [tags(1, 0, 1)[0]!, tags(1, 1, 2)[0]!];
  await using redis = await connectCluster(left.url, { refreshInterval: 20, backoff: () => 10 });
  assertEquals([await redis.get(ofLeft), await redis.get(ofDead)], ["node 0", "node 1"]);
  isReplaced = true;
  await dead[Symbol.asyncDispose]();
  assertEquals(await redis.get(ofDead), "node 3");
  const connections = heir.peers.length;
  const before = asked[0]!;
  await until(() => Promise.resolve(asked[0]! > before + 3));
  // What it says changes nothing.
  assertEquals(await redis.get(ofDead), "node 3");
  assertEquals([heir.peers.length, heir.peers.every(({ ended }) => !ended)], [connections, true]);
});

test("a cluster that was made anew is believed, though it has no past", async () => {
  const ports: number[] = [];
  let epoch = 7;
  const node = (i: number) =>
    startScripted(async (peer) => {
      for (let words = await peer.command(); words !== null; words = await peer.command()) {
        if (words[0] === "CLUSTER" && words[1] === "NODES") await peer.send(epochs([epoch, epoch], ports));
        else if (words[0] === "CLUSTER") {
          await peer.send(epoch === 7 ? slotsAt(...ports) : slotsAt(...ports.toReversed()));
        } else if (words[0] === "HELLO") await peer.send(HELLO);
        else await peer.send(words[0] === "GET" ? `+node ${i}\r\n` : "+OK\r\n");
      }
    });
  await using first = await node(0);
  await using second = await node(1);
  ports.push(first.port, second.port);
  const [key] = tags(1, 0, 1);
  await using redis = await connectCluster(first.url, { refreshInterval: 20 });
  assertEquals(await redis.get(key!), "node 0");
  epoch = 1;
  await until(async () => await redis.get(key!) === "node 1");
});

/** CLUSTER NODES, of which nothing is of interest but the names and epochs of the nodes. */
function epochs(of: readonly number[], ports: readonly number[]): string {
  const text = ports.map((port, i) => `${idOf(port)} 127.0.0.1:${port}@1 master - 0 0 ${of[i]} connected 0\n`).join("");
  return `$${text.length}\r\n${text}\r\n`;
}

test("what is sent on while its client is being closed opens nothing", async () => {
  const peers: Peer[] = [];
  const ports: number[] = [];
  await using other = await startScripted(() => {});
  await using node = await startScripted((peer) =>
    serve(peer, () => slotsAt(ports[0]!), ([name]) => {
      if (name === "BLPOP" || name === "GET") peers.push(peer);
      return undefined;
    })
  );
  ports.push(node.port);
  const redis = await connectCluster(node.url, { refreshInterval: 0 });
  const settled = Promise.allSettled([redis.blpop(["list"], 0), redis.get("list")]);
  await until(() => Promise.resolve(peers.length === 2));
  const closing = redis.close(1000);
  await pause(20);
  for (const peer of peers) await peer.send(`-MOVED ${slotOf("list")} 127.0.0.1:${other.port}\r\n`);
  await closing;
  const outcomes = await settled;
  assertEquals(outcomes.map(({ status }) => status), ["rejected", "rejected"]);
  for (const outcome of outcomes) {
    const { reason } = outcome as PromiseRejectedResult;
    assert(reason instanceof ConnectionError && reason.closed, String(reason));
  }
  await pause(50);
  assertEquals(other.peers.length, 0);
});
