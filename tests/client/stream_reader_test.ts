import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { connect, ConnectionError, type Redis, ReplyError, type StreamItem } from "../../mod.ts";
import { observe } from "../../src/observe/mod.ts";
import { gate } from "../support/gate.ts";
import { halfOpenPool } from "../support/half_open.ts";
import { missing, type ServerVersion, startRedis } from "../support/servers.ts";
import { test } from "../support/test.ts";

const VERSIONS: readonly ServerVersion[] = ["redis-7.0", "redis-8", "valkey-9"];

async function take<T>(items: AsyncIterator<T>, count: number): Promise<T[]> {
  const taken: T[] = [];
  while (taken.length < count) taken.push((await items.next()).value);
  return taken;
}

/** Waits until somebody waits for entries of streams. */
async function isWaiting(redis: Redis, readers = 1): Promise<void> {
  while ((await redis.clientList()).split("cmd=xread ").length <= readers) await redis.ping();
}

for (const version of VERSIONS) {
  for (const protocol of [3, 2] as const) {
    test(`readStream() gives what is there and what comes, on ${version}, RESP${protocol}`, {
      skip: missing(version),
    }, async () => {
      await using server = await startRedis({ version });
      await using redis = await connect(server.url, { protocol });
      for (let n = 1; n <= 5; n++) await redis.xadd("s", `${n}-0`, { n });
      await using reader = redis.readStream("s", { from: "2-0", count: 2 });
      const item = (n: number): StreamItem => ({ stream: "s", id: `${n}-0`, fields: { n: `${n}` } });
      assertEquals((await take(reader, 3)).map((got) => ({ ...got, fields: { ...got.fields } })), [3, 4, 5].map(item));
      const next = reader.next();
      await isWaiting(redis);
      await redis.xadd("s", "6-0", { n: 6 });
      assertEquals((await next).value?.id, "6-0");
      assertEquals(reader.positions, ["6-0"]);
    });
  }
}

test("readStream() begins with what is added after the call, unless told otherwise", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  await redis.xadd("old", "1-0", { n: 1 });
  await using reader = redis.readStream(["old", "new"]);
  // Added before the loop begins.
  await redis.xadd("old", "2-0", { n: 2 });
  await redis.xadd("new", "1-0", { n: 3 });
  const items = await take(reader, 2);
  assertEquals(items.map(({ stream, id }) => `${stream} ${id}`).sort(), ["new 1-0", "old 2-0"]);
  await using both = redis.readStream(["old", "new"], { from: ["1-0", "0"] });
  assertEquals((await take(both, 2)).map(({ id }) => id), ["2-0", "1-0"]);
});

test("readStream() gives bytes, of streams with any name", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  const odd = new Uint8Array([0, 255, 13, 10]);
  await redis.xadd(odd, "1-0", [[odd, odd]]);
  await redis.xadd("text", "1-0", { a: "b" });
  await using reader = redis.bytes.bigints.readStream(["text", odd], { from: "0" });
  const [first, second] = await take(reader, 2);
  assertEquals(second, { stream: odd, id: "1-0", fields: new Map([[odd, odd]]) });
  assertEquals(first!.id, "1-0");
  assertEquals(reader.positions, ["1-0", "1-0"]);
});

test("a reader keeps its streams, whatever becomes of the list that they came in", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  await redis.xadd("a", "1-0", { n: 1 });
  const streams = ["a"];
  await using reader = redis.readStream(streams, { from: "0" });
  streams.push("b");
  assertEquals((await reader.next()).value?.id, "1-0");
});

test("a reader stops at once and gives its connection back", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url, { maxSessions: 1 });
  const connections = async () => (await redis.clientList()).trim().split("\n").length;
  for (const stop of ["return", "close", "signal"] as const) {
    const control = new AbortController();
    const reader = redis.readStream("s", { signal: control.signal, block: 60_000 });
    const next = reader.next();
    next.catch(() => {});
    await isWaiting(redis);
    const reason = new Error("enough");
    if (stop === "signal") control.abort(reason);
    else await reader[stop]();
    if (stop === "signal") assertEquals(await assertRejects(() => next), reason);
    else assertEquals(await next, { value: undefined, done: true });
    await reader.close();
    assertEquals(redis.stats().leased, 0);
    // The same connection serves whoever comes next.
    assertEquals(await redis.blpop(["nothing"], 0.001), null);
    assertEquals(await connections(), 2);
  }
  // A loop that is left does the same.
  await redis.xadd("s", "1-0", { n: 1 });
  for await (const { id } of redis.readStream("s", { from: "0" })) {
    assertEquals(id, "1-0");
    break;
  }
  assertEquals(redis.stats().leased, 0);
});

test("a signal that is undefined leaves readers and workers that of their surface", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  const control = new AbortController();
  const reason = new Error("enough");
  control.abort(reason);
  const surface = redis.with({ signal: control.signal });
  await using reader = surface.readStream("s", { signal: undefined, from: "0" });
  const taken: string[] = [];
  const began = gate();
  const handler = ({ stream }: StreamItem) => void (taken.push(stream), began.open());
  await using worker = surface.streamWorker({ streams: "t", group: "g", handler, signal: undefined });
  // So that neither waits where it has no signal.
  const added = redis.transaction((tx) => [tx.xadd("s", "*", { n: 1 }), tx.xadd("t", "*", { n: 1 })]);
  assertEquals(await reader.next().catch((error) => error), reason);
  await added;
  await Promise.race([worker.ended, began.opened]);
  assertEquals(taken, []);
});

test("a reader goes on with the next entry when its connection is lost, and when the server is", async () => {
  await using server = await startRedis({ args: ["--appendonly", "yes", "--appendfsync", "always"] });
  await using redis = await connect(server.url);
  await using admin = await connect(server.url);
  const troubles: Error[] = [];
  await using reader = redis.readStream("s", { from: "0", block: 60_000, onError: (error) => troubles.push(error) });
  const ids: string[] = [];
  const wanted: string[] = [];
  for (let round = 0; round < 5; round++) {
    const next = reader.next();
    await isWaiting(admin);
    if (round === 3) await server.restart();
    else if (round > 0) await admin.call("CLIENT KILL", "SKIPME", "yes");
    for (let n = 0; n < 3; n++) wanted.push((await admin.xadd("s", "*", { round, n }))!);
    ids.push((await next).value!.id);
    ids.push(...(await take(reader, 2)).map(({ id }) => id));
  }
  assertEquals(ids, wanted);
  assert(troubles.every((error) => error instanceof ConnectionError));
});

test("a reader ends where it cannot read, and with its client", async () => {
  await using server = await startRedis();
  const redis = await connect(server.url);
  await redis.set("text", "x");
  await assertRejects(() => redis.readStream("text").next(), ReplyError, "WRONGTYPE");
  await assertRejects(() => redis.readStream("text", { from: "0" }).next(), ReplyError, "WRONGTYPE");
  assertThrows(() => redis.readStream([]), TypeError, "at least one");
  assertThrows(() => redis.readStream(["a", "b"], { from: ["0"] }), TypeError, "one id for each");
  assertThrows(() => redis.readStream("a", { block: 0 }), RangeError, "block");
  const reader = redis.readStream("s", { from: "0", block: 60_000 });
  const next = reader.next();
  await isWaiting(redis);
  redis.destroy();
  assertEquals(await next, { value: undefined, done: true });
  assertEquals(await reader.next(), { value: undefined, done: true });
  await assertRejects(() => redis.readStream("s", { from: "0" }).next(), ConnectionError, "closed");
});

test("the timeout of a surface is not that of a reader", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  await using reader = redis.with({ timeout: 20 }).readStream("s", { from: "0", block: 60 });
  const next = reader.next();
  const reads = async () => Number(/cmdstat_xread:calls=(\d+)/.exec(await server.command("INFO", "commandstats"))?.[1]);
  while (!(await reads() >= 2)) await redis.ping();
  await redis.xadd("s", "1-0", { n: 1 });
  assertEquals((await next).value?.id, "1-0");
});

test("a reader has one reader", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  await using reader = redis.readStream("s", { from: "0" });
  const next = reader.next();
  await assertRejects(() => reader.next(), TypeError, "One reader");
  await redis.xadd("s", "1-0", { n: 1 });
  assertEquals((await next).value?.id, "1-0");
});

test("a reader goes on when its server becomes a replica and a primary again", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  await using admin = await connect(server.url);
  const troubles: string[] = [];
  const onError = (error: Error) => troubles.push(error instanceof ReplyError ? error.code : error.name);
  await using reader = redis.readStream("s", { from: "0", block: 60_000, onError });
  const next = reader.next();
  await isWaiting(admin);
  await server.command("REPLICAOF", "127.0.0.1", "1");
  await server.command("REPLICAOF", "NO", "ONE");
  await admin.xadd("s", "1-0", { n: 1 });
  assertEquals((await next).value?.id, "1-0");
  assertEquals(troubles[0], "UNBLOCKED");
});

test("a reader that is closed while it waits for another try asks no more", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url, { queueTimeout: 20, backoff: () => 20 });
  await server.kill();
  while (await redis.ping().then(() => true, () => false));
  const calls: string[] = [];
  using _watching = observe(redis, ({ name }) => void calls.push(name));
  const reader = redis.readStream("s", { onError: () => void reader.close() });
  // What nobody could catch would end this program.
  assertEquals(await reader.next(), { value: undefined, done: true });
  await new Promise((resolve) => setTimeout(resolve, 20));
  assertEquals(calls, ["XREVRANGE"]);
});

test("a reader that could not begin at once tells so while it lasts, and no more once it reads", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url, { queueTimeout: 20, backoff: () => 20 });
  await server.kill();
  while (await redis.ping().then(() => true, () => false));
  const troubles: Error[] = [];
  await using reader = redis.readStream("s", { block: 60_000, onError: (error) => troubles.push(error) });
  const next = reader.next();
  while (troubles.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  await server.start();
  await using admin = await connect(server.url);
  await isWaiting(admin);
  await admin.xadd("s", "1-0", { n: 1 });
  assertEquals((await next).value?.id, "1-0");
  const told = troubles.length;
  await admin.xadd("s", "2-0", { n: 2 });
  assertEquals([(await reader.next()).value?.id, troubles.length], ["2-0", told]);
});

test("a stream that is named twice is followed twice, and no entry comes again", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  await redis.xadd("s", "1-0", { n: 1 });
  await using reader = redis.readStream(["s", "s"], { from: "0", block: 20 });
  assertEquals((await take(reader, 2)).map(({ id }) => id), ["1-0", "1-0"]);
  const next = reader.next();
  await redis.xadd("s", "2-0", { n: 2 });
  assertEquals((await next).value?.id, "2-0");
  assertEquals(reader.positions, ["2-0", "1-0"]);
  // Whoever goes on from there has something new for one of the two places only.
  await using resumed = redis.readStream(["s", "s"], { from: reader.positions, block: 20 });
  assertEquals((await resumed.next()).value?.id, "2-0");
  const after = take(resumed, 2);
  await redis.xadd("s", "10-0", { n: 3 });
  assertEquals((await after).map(({ id }) => id), ["10-0", "10-0"]);
  assertEquals(resumed.positions, ["10-0", "10-0"]);
});

test("an id to begin with may have zeros before it", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  for (const id of ["5-1", "6-0"]) await redis.xadd("s", id, { n: 1 });
  await using reader = redis.readStream("s", { from: "05-00", count: 1 });
  assertEquals((await take(reader, 2)).map(({ id }) => id), ["5-1", "6-0"]);
  assertEquals(reader.positions, ["6-0"]);
});

test("a reader may wait longer than a timer can", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  const troubles: Error[] = [];
  await using reader = redis.readStream("s", { from: "0", block: 2 ** 32, onError: (error) => troubles.push(error) });
  const next = reader.next();
  await isWaiting(redis);
  await new Promise((resolve) => setTimeout(resolve, 20));
  await redis.xadd("s", "1-0", { n: 1 });
  assertEquals((await next).value?.id, "1-0");
  assertEquals(troubles, []);
});

test("nobody waits for a reader when its client is closed, and it ends", async () => {
  await using server = await startRedis();
  const redis = await connect(server.url);
  await using fresh = redis.readStream("s");
  await using reader = redis.readStream("s", { block: 60_000 });
  const next = reader.next();
  await isWaiting(redis);
  const began = performance.now();
  await redis.close(60_000);
  assert(performance.now() - began < 30_000);
  const end = { value: undefined, done: true } as const;
  assertEquals([await next, await reader.next(), await fresh.next()], [end, end, end]);
});

test("streams that look alike as text are read as bytes", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  const [one, other] = [Uint8Array.of(255), Uint8Array.of(254)];
  assertThrows(() => redis.readStream([one, other], { from: "0" }), TypeError, "redis.bytes");
  const handler = () => {};
  assertThrows(() => redis.streamWorker({ streams: [one, other], group: "g", handler }), TypeError, "redis.bytes");
  await redis.xadd(other, "1-0", { n: 1 });
  await redis.xadd("\ufffd", "2-0", { n: 1 });
  const streams = ["\ufffd", one, other];
  await using reader = redis.bytes.readStream(streams, { from: "0", block: 20 });
  const items = await take(reader, 2);
  assertEquals(items.map(({ stream, id }) => [...stream, id]), [[239, 191, 189, "2-0"], [254, "1-0"]]);
  assertEquals(reader.positions, ["2-0", "0", "1-0"]);
  // The same name twice, or however it is spelled, is no riddle.
  await using text = redis.readStream([other, other, "s", new TextEncoder().encode("s")], { from: "0" });
  assertEquals((await take(text, 2)).map(({ id }) => id), ["1-0", "1-0"]);
});

test("in a pool readStream() begins at the call, though a further connection is still being opened", async () => {
  await using server = await startRedis();
  await using other = await connect(server.url);
  await other.xadd("s", "1-0", { n: 1 });
  const { pool, open, answered } = await halfOpenPool(server.url);
  await using _pool = pool;
  await using reader = pool.readStream("s");
  await answered;
  await other.xadd("s", "2-0", { n: 2 });
  open();
  while (reader.positions[0] === "$") await pool.ping();
  assertEquals(reader.positions, ["1-0"]);
  assertEquals((await reader.next()).value?.id, "2-0");
});

test("each entry has bytes of its own for the name of its stream", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  for (let n = 1; n <= 2; n++) await redis.xadd("s", `${n}-0`, { n });
  await using reader = redis.bytes.readStream("s", { from: "0" });
  const names: string[] = [];
  for await (const { stream } of reader) {
    names.push(new TextDecoder().decode(stream));
    stream.fill(120);
    if (names.length === 2) break;
  }
  assertEquals(names, ["s", "s"]);
});

test("listeners that are none are refused at once", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  assertThrows(() => redis.readStream("s", { onError: {} as never }), TypeError, "onError");
  const worker = { streams: "s", group: "g", handler: () => {} };
  assertThrows(() => redis.streamWorker({ ...worker, onError: {} as never }), TypeError, "onError");
  assertThrows(() => redis.streamWorker({ ...worker, maxDeliveries: 3, onDead: {} as never }), TypeError, "onDead");
});
