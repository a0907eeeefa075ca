// A cluster's client when nodes die, stand still, change their roles, or are not there from the beginning.
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { connect, ConnectionError, type LineState, ReplyError, TimeoutError } from "../../mod.ts";
import { type Cluster as ClusterClient, connectCluster } from "../../src/cluster/mod.ts";
import type { Place } from "../../src/cluster/mod.ts";
import { slotOf } from "../../src/cluster/slots.ts";
import { noOpenssl } from "../support/certificates.ts";
import { replicasKnown } from "../support/clusters.ts";
import { gate } from "../support/gate.ts";
import { greeted, startScripted } from "../support/scripted.ts";
import { until } from "../support/sentinels.ts";
import { type Cluster, freePort, missing, type Server, type ServerVersion, startRedis } from "../support/servers.ts";
import { Slots, tags } from "../support/slots.ts";
import { test } from "../support/test.ts";

const VERSIONS: readonly ServerVersion[] = ["redis-7.0", "redis-8", "valkey-9"];
const skip = missing();

/** What replicates at once, and misses a node soon. */
const HASTY = ["--repl-diskless-sync-delay", "0", "--cluster-node-timeout", "1000"];
/** What replicates at once, and misses nobody while a test runs. */
const PATIENT = ["--repl-diskless-sync-delay", "0", "--cluster-node-timeout", "2000"];
const SIX = { cluster: { primaries: 3, replicas: 1 } } as const;

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Parts of keys that the first of three primaries has. */
const OF_FIRST = tags(4, 0, 5461);
const ALL = [...OF_FIRST, ...tags(4, 5461, 10_922), ...tags(4, 10_923)];

/** Writes each key with itself, and waits until the replicas have them. */
async function fill(redis: ClusterClient): Promise<void> {
  await redis.mset(Object.fromEntries(ALL.map((key) => [key, key])));
  for (const tag of [ALL[0]!, ALL[4]!, ALL[8]!]) {
    await redis.shardOf(tag).session(async (session) => {
      await session.set(tag, tag);
      assertEquals(await session.wait(1, 5000), 1);
    });
  }
}

/** Makes a replica the primary, with everybody's consent. */
async function promote(server: Server): Promise<void> {
  const isPrimary = async () => (await server.command("ROLE")).includes("master");
  await until(async () => (await server.command("INFO", "replication")).includes("master_link_status:up"));
  // The others elect nobody so soon after they have elected another.
  for (let tries = 0; !(await isPrimary()); tries++) {
    if (tries % 40 === 0) assertEquals(await server.command("CLUSTER", "FAILOVER"), "+OK\r\n");
    await pause(50);
  }
}

/** How often each node has run a command since it was asked to forget. */
async function calls(cluster: Cluster, command: string): Promise<number[]> {
  return await Promise.all(cluster.nodes.map(async (node) => {
    const found = new RegExp(`cmdstat_${command}:calls=(\\d+)`).exec(await node.command("INFO", "commandstats"));
    return Number(found?.[1] ?? 0);
  }));
}

async function forget(cluster: Cluster): Promise<void> {
  await Promise.all(cluster.nodes.map((node) => node.command("CONFIG", "RESETSTAT")));
}

for (const version of VERSIONS) {
  test(`a replica takes the place of a primary that dies, ${version}`, { skip: missing(version) }, async () => {
    await using cluster = await startRedis({ ...SIX, version, args: HASTY });
    const noticed = gate();
    const onState = (state: LineState) => state === "reconnecting" && noticed.open();
    await using redis = await connectCluster(cluster.urls, { queueTimeout: 30_000, onState });
    await fill(redis);
    const [dead] = cluster.nodes as [Server];
    const sent = Promise.allSettled(OF_FIRST.map((key) => redis.append(key, "!")));
    const blocked = redis.blpop([`{${OF_FIRST[0]}}list`], 0).then(() => undefined, (error) => error);
    await pause(20);
    await dead.kill();
    // What is written before the client hears of it, on each connection to that node, may have run.
    await noticed.opened;
    await pause(20);
    // What comes now waits for the other; the other shards answer at once.
    const later = Promise.all(OF_FIRST.map((key) => redis.get(key)));
    const written = redis.set(`{${OF_FIRST[0]}}new`, "v");
    const began = performance.now();
    const others = ALL.slice(OF_FIRST.length);
    assertEquals(await Promise.all(others.map((key) => redis.get(key))), others);
    assert(performance.now() - began < 1000);
    for (const [i, value] of (await later).entries()) assertStringIncludes(value!, OF_FIRST[i]!);
    assertEquals(await written, "OK");
    for (const { status } of await sent) assertEquals(status, "fulfilled");
    const lost = await blocked;
    assert(lost instanceof ConnectionError && lost.sent && !lost.closed, String(lost));
    assertEquals(await redis.mget(...others, `{${OF_FIRST[0]}}new`), [...others, "v"]);
    // It comes back as a replica.
    await dead.restart();
    await until(async () => (await dead.command("ROLE")).includes("slave"));
    assertEquals(await redis.mget(...others, `{${OF_FIRST[0]}}new`), [...others, "v"]);
  });

  test(
    `nothing is lost, or runs twice, when replicas are promoted, ${version}`,
    { skip: missing(version) },
    async () => {
      await using cluster = await startRedis({ ...SIX, version, args: PATIENT });
      await using redis = await connectCluster(cluster.urls);
      await fill(redis);
      let isOver = false;
      const counting = async (key: string, incr: (key: string) => Promise<number>) => {
        let count = 0;
        while (!isOver) {
          assertEquals(await incr(key), ++count, key);
          await pause(1);
        }
        return [key, String(count)] as const;
      };
      const ways: ((key: string) => Promise<number>)[] = [
        (key) => redis.incr(key),
        async (key) => (await redis.pipeline((p) => [p.incr(key)]))[0],
        async (key) => (await redis.transaction((t) => [t.incr(key)]))[0],
      ];
      const work = ALL.flatMap((tag) => ways.map((incr, i) => counting(`{${tag}}:${i}`, incr)));
      const lists = [ALL[0]!, ALL[4]!, ALL[8]!].map((tag) => `{${tag}}list`);
      const popping = lists.map(async (list) => {
        const popped: string[] = [];
        while (popped.at(-1) !== "last") popped.push((await redis.blpop([list], 0))![1]);
        return popped;
      });
      const failed: unknown[] = [];
      Promise.all([...work, ...popping]).catch((error) => failed.push(error));
      for (const replica of cluster.nodes.slice(3)) {
        await pause(300);
        await promote(replica);
        for (const list of lists) await redis.rpush(list, "one");
      }
      await pause(1500);
      isOver = true;
      for (const list of lists) await redis.rpush(list, "last");
      assertEquals(failed, []);
      const counts = await Promise.all(work);
      for (const popped of await Promise.all(popping)) assertEquals(popped, ["one", "one", "one", "last"]);
      for (const [key, count] of counts) {
        assert(Number(count) > 50, count);
        assertEquals(await redis.get(key), count);
      }
      // What the client itself asks of its nodes is pending, too.
      await until(() => Promise.resolve(redis.stats().pending === 0));
    },
  );
}

test("a primary that stands still is left for the one that takes its place", { skip }, async () => {
  await using cluster = await startRedis({ ...SIX, args: HASTY });
  await using redis = await connectCluster(cluster.urls, { refreshInterval: 200, queueTimeout: 30_000 });
  await fill(redis);
  const [still] = cluster.nodes as [Server];
  const [key] = OF_FIRST as [string];
  still.pause();
  try {
    const read = redis.get(key);
    const written = redis.incr(`{${key}}n`).then(() => undefined, (error) => error);
    const batch = redis.pipeline((p) => [p.incr(`{${key}}m`)], { errors: "return" });
    assertEquals(await read, key);
    const lost = await written;
    assert(lost instanceof ConnectionError && lost.sent && !lost.closed, String(lost));
    const [refused] = await batch;
    assert((refused as unknown) instanceof ConnectionError, String(refused));
    assertEquals(await redis.incr(`{${key}}n`), 1);
  } finally {
    still.resume();
  }
  assertEquals(await redis.incr(`{${key}}n`), 2);
  await until(async () => (await still.command("ROLE")).includes("slave"));
  assertEquals(await redis.incr(`{${key}}n`), 3);
});

test(
  "whoever blocks is served at once after a replica was promoted, over connections that were idle",
  { skip },
  async () => {
    await using cluster = await startRedis({ ...SIX, args: PATIENT });
    await using redis = await connectCluster(cluster.urls);
    const [tag] = OF_FIRST as [string];
    const list = `{${tag}}list`;
    // A connection of its own, which is idle afterwards.
    await redis.blpop([list], 0.01);
    await promote(cluster.nodes[3]!);
    await redis.rpush(list, "a", "b", "c");
    assertEquals(await redis.blpop([list], 0), [list, "a"]);
    const values = await Promise.all([redis.blpop([list], 0), redis.blpop([list], 0)]);
    assertEquals(values.map((value) => value![1]).sort(), ["b", "c"]);
    assertEquals(await redis.watch(list, (session) => session.transaction((t) => [t.llen(list)])), [0]);
  },
);

test("who answers what only reads is the caller's choice", { skip }, async () => {
  await using cluster = await startRedis({ ...SIX, args: PATIENT });
  for (const reads of ["primary", "replica", "any"] as const) {
    await using redis = await connectCluster(cluster.urls, { reads });
    await fill(redis);
    // Those that are not connected yet are passed over.
    await until(async () => {
      await forget(cluster);
      for (const key of ALL) assertEquals(await redis.get(key), key);
      const answered = (await calls(cluster, "get")).slice(3);
      return reads === "primary" || answered.every((count) => count > 0);
    });
    await forget(cluster);
    for (let round = 0; round < 2; round++) {
      assertEquals(await Promise.all(ALL.map((key) => redis.get(key))), ALL);
      assertEquals(await redis.mget(...ALL), ALL);
    }
    // Nobody else does what writes, or is to be one with what writes.
    await redis.pipeline((p) => [p.strlen(ALL[0]!), p.set(ALL[0]!, ALL[0]!)]);
    await redis.transaction((t) => [t.strlen(ALL[0]!)]);
    const got = await calls(cluster, "get");
    const [primaries, replicas] = [got.slice(0, 3), got.slice(3)];
    const sum = (counts: number[]) => counts.reduce((a, b) => a + b);
    if (reads !== "any") assertEquals(sum(reads === "primary" ? primaries : replicas), 2 * ALL.length, reads);
    else assert(primaries.every((count) => count > 0) && replicas.every((count) => count > 0), String(got));
    assertEquals(sum(got), 2 * ALL.length);
    assertEquals((await calls(cluster, "strlen")).slice(3), [0, 0, 0]);
  }
});

test("reads go on when the replica that answers them dies, and go to it again when it is back", { skip }, async () => {
  await using cluster = await startRedis({ ...SIX, args: PATIENT });
  await using redis = await connectCluster(cluster.urls, { reads: "replica", refreshInterval: 200 });
  await fill(redis);
  const replica = cluster.nodes[3]!;
  const answers = async () => {
    for (const key of OF_FIRST) await redis.get(key);
    return (await calls(cluster, "get"))[3]! > 0;
  };
  await until(answers);
  let isOver = false;
  const reading = Promise.all(OF_FIRST.map(async (key) => {
    let count = 0;
    for (; !isOver; count++) assertEquals(await redis.get(key), key);
    return count;
  }));
  await pause(100);
  await replica.kill();
  await pause(300);
  await replica.start();
  await until(answers);
  // Nothing is sent to one that stands still any more, once that is known; what was is answered when it goes on.
  isOver = true;
  assert((await reading).every((count) => count > 50));
});

test("a replica that was not there at first is read once it is", { skip }, async () => {
  await using cluster = await startRedis({ ...SIX, args: PATIENT });
  const replica = cluster.nodes[3]!;
  await replica.kill();
  await using redis = await connectCluster(cluster.urls, { reads: "replica", refreshInterval: 100 });
  for (const key of OF_FIRST) assertEquals(await redis.get(key), null);
  await pause(200);
  for (const key of OF_FIRST) assertEquals(await redis.get(key), null);
  await replica.start();
  await until(async () => {
    for (const key of OF_FIRST) await redis.get(key);
    return (await calls(cluster, "get"))[3]! > 0;
  });
});

test("what a replica cannot answer now, as its primary is away, the primary does", { skip }, async () => {
  await using cluster = await startRedis({ ...SIX, args: PATIENT });
  await using redis = await connectCluster(cluster.urls, { reads: "replica" });
  await fill(redis);
  const [key] = OF_FIRST as [string];
  const replica = cluster.nodes[3]!;
  await until(async () => {
    await redis.get(key);
    return (await calls(cluster, "get"))[3]! > 0;
  });
  // Its link is broken: until that is mended it says MASTERDOWN.
  await using direct = await connect(replica.options);
  await direct.configSet({ "replica-serve-stale-data": "no", masterauth: "wrong", masteruser: "nobody" });
  await cluster.nodes[0]!.command("CLIENT", "KILL", "TYPE", "replica");
  await until(async () => (await direct.info("replication")).includes("master_link_status:down"));
  const began = performance.now();
  const retries = redis.stats().retries;
  for (const tag of OF_FIRST) assertEquals(await redis.get(tag), tag);
  assert(performance.now() - began < 2000);
  assertEquals(redis.stats().retries - retries, OF_FIRST.length);
});

test("subscriptions outlive the node that they were made at", { skip }, async () => {
  await using cluster = await startRedis({ ...SIX, args: HASTY });
  await using redis = await connectCluster(cluster.urls, { queueTimeout: 30_000 });
  const messages: string[] = [];
  await using _subscription = await redis.subscribe("news", {
    onMessage: ({ message }) => void messages.push(message),
  });
  const counts = await Promise.all(cluster.nodes.map((node) => node.command("PUBSUB", "NUMSUB", "news")));
  const at = cluster.nodes[counts.findIndex((count) => count.endsWith(":1\r\n"))]!;
  const others = cluster.nodes.filter((node) => node !== at);
  await redis.publish("news", "before");
  await until(() => Promise.resolve(messages.includes("before")));
  await at.kill();
  await until(async () => {
    const heard = await Promise.all(others.map((node) => node.command("PUBSUB", "NUMSUB", "news")));
    return heard.some((count) => count.endsWith(":1\r\n"));
  });
  await until(async () => {
    await redis.publish("news", "after").catch(() => {});
    return messages.includes("after");
  });
});

test("a shard's subscription goes on when another node becomes the primary", { skip }, async () => {
  await using cluster = await startRedis({ ...SIX, args: PATIENT });
  await using redis = await connectCluster(cluster.urls, { refreshInterval: 500 });
  const [channel] = OF_FIRST as [string];
  const heard: string[] = [];
  const subscription = await redis.ssubscribe(channel, { onMessage: ({ message }) => void heard.push(message) });
  assertEquals(await redis.spublish(channel, "before"), 1);
  for (const server of [cluster.nodes[3]!, cluster.nodes[0]!]) {
    const before = subscription.gaps;
    await promote(server);
    // The old primary may still carry it, as a replica, until the client leaves that.
    await redis.spublish(channel, "meanwhile");
    await until(() => Promise.resolve(subscription.gaps > before));
    assertEquals(await redis.spublish(channel, server.url), 1);
    await until(() => Promise.resolve(heard.includes(server.url)));
  }
  await subscription.close();
  assertEquals(await redis.spublish(channel, "after"), 0);
  assert(!heard.includes("after"));
});

test("a walk over one key goes on from its beginning at the node that has become its primary", { skip }, async () => {
  await using cluster = await startRedis({ ...SIX, args: PATIENT });
  // Where several answer, one walk is one node's all the same.
  await using redis = await connectCluster(cluster.urls, { reads: "any" });
  await fill(redis);
  const [tag] = OF_FIRST as [string];
  const members = Array.from({ length: 3000 }, (_, i) => `member-${i}`);
  await redis.sadd(`{${tag}}set`, ...members);
  const seen = new Set<string>();
  let batches = 0;
  for await (const batch of redis.sscanIterator(`{${tag}}set`, { count: 100 })) {
    for (const member of batch) seen.add(member);
    if (++batches !== 10) continue;
    await promote(cluster.nodes[3]!);
    await until(async () => (await cluster.nodes[0]!.command("ROLE")).includes("slave"));
  }
  assertEquals(members.filter((member) => !seen.has(member)), []);
  assert(batches > 35, String(batches));
});

test("all nodes go, and come back", { skip }, async () => {
  await using cluster = await startRedis({ cluster: { primaries: 2 }, args: HASTY });
  await using redis = await connectCluster(cluster.url, { queueTimeout: 30_000 });
  await redis.set("a", 1);
  await Promise.all(cluster.nodes.map((node) => node.kill()));
  // What is sent before the loss is known may have run.
  await pause(100);
  const keys = tags(6);
  const waiting = Promise.all(keys.map((key) => redis.set(key, key)));
  const batch = redis.pipeline((p) => keys.map((key) => p.strlen(key)));
  const list = redis.blpop(["list"], 0);
  await pause(500);
  await Promise.all(cluster.nodes.map((node) => node.start()));
  await waiting;
  assertEquals((await batch).length, keys.length);
  assertEquals(await redis.mget(...keys), keys);
  await redis.rpush("list", "v");
  assertEquals(await list, ["list", "v"]);
});

test("close() and destroy() end everything, whenever they come", { skip }, async () => {
  await using cluster = await startRedis({ ...SIX, args: PATIENT });
  await using slots = await Slots.of(cluster.nodes.slice(0, 3));
  const [tag] = OF_FIRST as [string];
  const slot = slotOf(tag);
  for (let round = 0; round < 24; round++) {
    const redis = await connectCluster(cluster.urls, { reads: "any", refreshInterval: 10 });
    const words = [
      ...ALL.map((key) => redis.get(key)),
      ...ALL.map((key) => redis.incr(`{${key}}n`)),
      redis.mget(...ALL),
      redis.blpop([`{${tag}}list`], 0),
      redis.pipeline((p) => ALL.map((key) => p.get(key))),
      redis.transaction((t) => [t.get(tag)]),
      redis.watch(tag, (session) => session.transaction((t) => [t.get(tag)])),
      redis.subscribe("news"),
      redis.ssubscribe(tag),
      redis.ping(),
      (async () => {
        for await (const _ of redis.scanIterator({ count: 1 }));
      })(),
    ];
    const settled = Promise.allSettled(words);
    const moving = round % 3 === 0 ? slots.move([slot], round % 2 === 0 ? 0 : 1, round % 2 === 0 ? 1 : 0) : undefined;
    if (round % 4 > 0) await pause(2 ** (round % 4));
    for (let hop = 0; hop < round; hop++) await undefined;
    const began = performance.now();
    if (round % 2 === 0) redis.destroy();
    else await redis.close(200);
    for (const outcome of await settled) {
      if (outcome.status === "fulfilled") continue;
      const { reason } = outcome;
      assert(reason instanceof ConnectionError && reason.closed, `${round}: ${reason}`);
    }
    assert(performance.now() - began < 1500, `${round}: ${performance.now() - began} ms`);
    await assertRejects(() => redis.get(tag), ConnectionError, "closed");
    await assertRejects(() => redis.blpop([tag], 0), ConnectionError, "closed");
    await assertRejects(() => redis.pipeline((p) => [p.get(tag)]), ConnectionError, "closed");
    await assertRejects(() => redis.transaction((t) => [t.get(tag)]), ConnectionError, "closed");
    await moving;
  }
  // Nobody is left.
  for (const node of cluster.nodes) {
    await until(async () => !(await node.command("CLIENT", "LIST", "TYPE", "NORMAL")).includes("respire"));
  }
});

test("password and TLS hold for all nodes", { skip: skip || noOpenssl }, async () => {
  await using cluster = await startRedis({
    cluster: { primaries: 2, replicas: 1 },
    tls: true,
    password: "secret",
    args: PATIENT,
  });
  const [first] = cluster.nodes as [Server];
  await using redis = await connectCluster(first.options, { reads: "replica" });
  const keys = tags(10);
  for (const key of keys) assertEquals(await redis.set(key, key), "OK");
  await until(async () => (await redis.mget(...keys)).every((value, i) => value === keys[i]));
  assertEquals(await redis.ping(), "PONG");
  const { tls } = first.options;
  await assertRejects(
    () => connectCluster({ hostname: "127.0.0.1", port: first.port, tls }),
    ConnectionError,
    "NOAUTH",
  );
});

for (const kind of ["hostname", "unknown-endpoint"]) {
  test(`nodes are where translate says, where they give a ${kind}`, { skip }, async () => {
    const args = ["--cluster-announce-hostname", "node.invalid", "--cluster-preferred-endpoint-type", kind];
    await using cluster = await startRedis({ cluster: { primaries: 2 }, args });
    await using slots = await Slots.of(cluster.nodes);
    const seen = new Set<string>();
    const translate = (place: Place): Place => {
      seen.add(place.hostname);
      return place.hostname === "node.invalid" ? { hostname: "127.0.0.1", port: place.port } : place;
    };
    await using redis = await connectCluster(cluster.url, kind === "hostname" ? { translate } : {});
    const keys = tags(10);
    for (const key of keys) assertEquals(await redis.set(key, key), "OK");
    assertEquals(await redis.mget(...keys), keys);
    assertEquals(seen.has("node.invalid"), kind === "hostname");
    const [tag] = tags(1, 0, 8192);
    await slots.move([slotOf(tag!)], 0, 1);
    assertEquals(await redis.incr(`{${tag}}n`), 1);
  });
}

test("one of the nodes that are named is enough", { skip }, async () => {
  await using cluster = await startRedis({ cluster: { primaries: 2 } });
  const closed = () => freePort().then((port) => `redis://127.0.0.1:${port}`);
  for (let round = 0; round < 4; round++) {
    await using redis = await connectCluster([await closed(), cluster.url, await closed()]);
    assertEquals(redis.shards().length, 2);
  }
  const none = await assertRejects(async () => connectCluster([await closed(), await closed()]), ConnectionError);
  assertStringIncludes(none.message, "No node tells of the cluster");
  await assertRejects(async () => connectCluster(await closed()), ConnectionError);
});

test("a cluster of which nodes tell, and that nobody can reach, is not waited for", async () => {
  const away = await freePort();
  const text = `127.0.0.1\r\n:${away}\r\n$40\r\n${"a".repeat(40)}\r\n`;
  // As behind a network of containers, whose addresses are nobody else's.
  const node = () =>
    startScripted(greeted(async (peer) => {
      for (let words = await peer.command(); words !== null; words = await peer.command()) {
        await peer.send(words[1] === "SLOTS" ? `*1\r\n*3\r\n:0\r\n:16383\r\n*3\r\n$9\r\n${text}` : "+OK\r\n");
      }
    }));
  await using first = await node();
  await using second = await node();
  const several = await assertRejects(() => connectCluster([first.url, second.url]), ConnectionError);
  assertStringIncludes(several.message, String(away));
  await assertRejects(() => connectCluster([first.url, second.url], { backoff: () => null }), ConnectionError);
});

test("what is no cluster is not taken for one", { skip }, async () => {
  await using single = await startRedis();
  await using lonely = await startRedis({ clusterNode: true });
  await assertRejects(() => connectCluster(single.url), ReplyError, "cluster support disabled");
  await assertRejects(() => connectCluster(lonely.url), ConnectionError, "no slots");
  const both = await assertRejects(() => connectCluster([single.url, lonely.url]), ConnectionError);
  assertStringIncludes(both.message, "cluster support disabled");
  assertStringIncludes(both.message, "no slots");
});

test("a cluster that lacks a primary at first is connected to all the same", { skip }, async () => {
  await using cluster = await startRedis({
    cluster: { primaries: 2 },
    args: [...PATIENT, "--cluster-require-full-coverage", "no"],
  });
  const [first, second] = cluster.nodes as [Server, Server];
  await second.kill();
  await using redis = await connectCluster(first.url);
  const [here] = tags(1, 0, 8192);
  const [there] = tags(1, 8192);
  assertEquals(await redis.set(here!, "v"), "OK");
  await using hurried = await connectCluster(first.url, { queueTimeout: 100 });
  const error = await assertRejects(() => hurried.set(there!, "v"), TimeoutError);
  assertEquals([error.sent, error.waitingFor], [false, "connection"]);
  assertStringIncludes(error.message, "connection refused");
  // Who has time waits as for a primary that was lost.
  const waiting = Promise.all([redis.set(there!, "v"), redis.pipeline((p) => [p.get(here!), p.strlen(there!)])]);
  await pause(300);
  await second.start();
  assertEquals(await waiting, ["OK", ["v", 1]]);
  assertEquals(await hurried.get(there!), "v");
});

test("a client that is opened while a primary is being replaced waits for the one that follows", { skip }, async () => {
  await using cluster = await startRedis({ ...SIX, args: HASTY });
  await replicasKnown(cluster);
  const [dead, ...others] = cluster.nodes as [Server, ...Server[]];
  await dead.kill();
  await using redis = await connectCluster(others.map(({ url }) => url), { queueTimeout: 30_000 });
  assertEquals(await Promise.all(ALL.map((key) => redis.set(key, key))), ALL.map(() => "OK"));
  assertEquals(await redis.mget(...ALL), ALL);
});
