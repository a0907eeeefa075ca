import { assert, assertEquals, assertRejects } from "@std/assert";
import { connect, ConnectionError, type Message, RedisError, ReplyError } from "../../mod.ts";
import { greeted, startScripted } from "../support/scripted.ts";
import { missing, startRedis } from "../support/servers.ts";
import { test } from "../support/test.ts";

test("a transaction that publishes to its own client gives its replies and the message", {
  skip: missing("redis-7.0"),
}, async () => {
  await using server = await startRedis({ version: "redis-7.0", args: ["--notify-keyspace-events", "KEA"] });
  await using redis = await connect(server.url);
  await using news = await redis.subscribe("news");
  for (let i = 1; i <= 3; i++) {
    assertEquals(await redis.transaction((tx) => [tx.incr("n"), tx.publish("news", `${i}`), tx.get("n")]), [
      i,
      1,
      `${i}`,
    ]);
    assertEquals((await news.next()).value?.message, `${i}`);
  }
  await using events = await redis.psubscribe("__keyevent@0__:*");
  await redis.zadd("z", { a: 1, b: 2, c: 3 });
  assertEquals(await Promise.all([redis.zpopmin("z", 2), redis.get("n")]), [[["a", 1], ["b", 2]], "3"]);
  assertEquals(await redis.transaction((tx) => [tx.set("a", "1"), tx.del("a", "n"), tx.get("a")]), ["OK", 2, null]);
  const heard: string[] = [];
  for await (const { channel } of events) {
    heard.push(channel.slice("__keyevent@0__:".length));
    if (heard.length === 5) break;
  }
  assertEquals(heard, ["zadd", "zpopmin", "set", "del", "del"]);
  assertEquals(redis.stats().losses, 0);
});

for (const protocol of [3, 2] as const) {
  const where = `RESP${protocol}`;

  test(`subscribe() iterates messages beside commands on one client, ${where}`, async () => {
    await using server = await startRedis();
    await using redis = await connect(server.url, { protocol });
    await using news = await redis.subscribe(["a", "b"]);
    assertEquals(await Promise.all([redis.publish("a", "1"), redis.publish("b", "2"), redis.publish("c", "3")]), [
      1,
      1,
      0,
    ]);
    const heard: Message[] = [];
    for await (const message of news) if (heard.push(message) === 2) break;
    assertEquals(heard, [{ channel: "a", message: "1" }, { channel: "b", message: "2" }]);
    assertEquals(await redis.publish("a", "nobody"), 0);
  });

  test(`psubscribe() tells pattern and channel, callbacks and binary payloads work, ${where}`, async () => {
    await using server = await startRedis();
    await using redis = await connect(server.url, { protocol });
    const heard: Message<Uint8Array>[] = [];
    let resolve!: () => void;
    const promise = new Promise<void>((done) => resolve = done);
    using _all = await redis.bytes.psubscribe("b*", {
      onMessage: (message) => {
        heard.push(message);
        resolve();
      },
    });
    await using text = await redis.subscribe("bin");
    const payload = new Uint8Array([0, 255, 13, 10]);
    await redis.publish("bin", payload);
    await promise;
    const bytesOf = (s: string) => new TextEncoder().encode(s);
    assertEquals(heard, [{ channel: bytesOf("bin"), message: payload, pattern: bytesOf("b*") }]);
    assertEquals((await text.next()).value?.channel, "bin");
  });

  test(`a subscription is made again after the connection was lost, and says so, ${where}`, async () => {
    await using server = await startRedis();
    await using redis = await connect(server.url, { protocol });
    await using admin = await connect(server.url);
    let heard!: () => void;
    const gap = new Promise<void>((resolve) => heard = resolve);
    await using news = await redis.subscribe("news", { onGap: heard });
    await admin.call("CLIENT KILL", "SKIPME", "yes");
    await gap;
    assertEquals(news.gaps, 1);
    assertEquals(await admin.publish("news", "after"), 1);
    assertEquals((await news.next()).value, { channel: "news", message: "after" });
  });
}

test("two subscriptions share a channel; the server hears of the first and of the last only", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  const one = await redis.subscribe("c");
  const two = await redis.subscribe("c");
  assertEquals(await redis.publish("c", "x"), 1);
  assertEquals((await one.next()).value, (await two.next()).value);
  await one.close();
  assertEquals(await redis.publish("c", "y"), 1);
  await two.close();
  assertEquals(await redis.publish("c", "z"), 0);
  assertEquals(await one.next(), { value: undefined, done: true });
});

test("a slow reader is bounded as it chose", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  await using strict = await redis.subscribe("c", { buffer: 3 });
  await using lossy = await redis.subscribe("c", { buffer: 3, overflow: "drop-oldest" });
  await using roomy = await redis.subscribe("c", { overflow: "unbounded" });
  await redis.pipeline((p) => [1, 2, 3, 4, 5].map((n) => p.publish("c", n)));
  while (roomy.waiting < 5) await redis.ping();
  assertEquals([lossy.waiting, lossy.dropped], [3, 2]);
  assertEquals((await lossy.next()).value?.message, "3");
  for (const n of ["1", "2", "3"]) assertEquals((await strict.next()).value?.message, n);
  await assertRejects(() => strict.next(), RedisError, "3 messages behind");
});

test("a subscription that is not allowed fails alone", async () => {
  await using server = await startRedis();
  await using admin = await connect(server.url);
  await admin.aclSetuser("reader", "on", "nopass", "+@all", "~*", "resetchannels", "&public:*");
  await using redis = await connect(server.url, { username: "reader", password: "x" });
  const [refused, value, allowed] = await Promise.allSettled([
    redis.subscribe("secret"),
    redis.incr("n"),
    redis.subscribe("public:1"),
  ]);
  assert(refused.status === "rejected" && refused.reason instanceof ReplyError);
  assertEquals(refused.reason.code, "NOPERM");
  assertEquals(value, { status: "fulfilled", value: 1 });
  assertEquals(allowed.status, "fulfilled");
  assertEquals(await admin.publish("public:1", "x"), 1);
});

test("ssubscribe() hears what spublish sends", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  await using shard = await redis.ssubscribe("s");
  await redis.spublish("s", "m");
  assertEquals((await shard.next()).value, { channel: "s", message: "m" });
});

test("closing the client ends its subscriptions", async () => {
  await using server = await startRedis();
  const redis = await connect(server.url);
  const news = await redis.subscribe("c");
  const next = news.next();
  await redis.close();
  assertEquals(await next, { value: undefined, done: true });
});

test("a second subscriber of one channel costs no connection", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  await using first = await redis.subscribe("news");
  const [second, ...replies] = await Promise.all([redis.subscribe("news"), redis.set("k", "v"), redis.get("k")]);
  assertEquals(replies, ["OK", "v"]);
  await second.close();
  await redis.get("k");
  assertEquals([redis.stats().losses, redis.stats().connects, first.gaps], [0, 1, 0]);
});

test("a subscription that is asked for as the client is destroyed opens no connection, RESP2", async () => {
  await using server = await startRedis();
  await using admin = await connect(server.url);
  const redis = await connect(server.url, { protocol: 2, clientName: "gone" });
  const subscribed = redis.subscribe("news");
  redis.destroy();
  await assertRejects(() => subscribed, ConnectionError, "closed");
  while (String(await admin.call("CLIENT LIST")).includes("name=gone")) await admin.ping();
});

test("a subscription that is confirmed on a connection that was replaced meanwhile has a gap", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  await server.command("REPLICAOF", "127.0.0.1", "1");
  // Refused for now, which makes the client look for a primary; the old connection still answers.
  const written = redis.set("k", "v");
  let gaps = 0;
  await using news = await redis.subscribe("news", { onGap: () => gaps++ });
  await server.command("REPLICAOF", "NO", "ONE");
  await written;
  while (gaps === 0) await redis.ping();
  await redis.publish("news", "x");
  assertEquals([(await news.next()).value?.message, news.gaps], ["x", gaps]);
});

for (
  const [options, says] of [
    [() => {}, "a listener is given as { onMessage }"],
    [null, "a listener is given as { onMessage }"],
    [{ onMessage: "call me" }, "onMessage must be a function"],
    [{ onGap: 1 }, "onGap must be a function"],
  ] as const
) {
  test(`options of a subscription are checked: ${typeof options}, ${says}`, async () => {
    await using server = await startRedis();
    await using redis = await connect(server.url);
    await assertRejects(() => redis.subscribe("news", options as never), TypeError, says);
  });
}

test("a subscription that is not confirmed as the client gives its server up is rejected, and onError hears nothing", async () => {
  await using server = await startScripted(greeted(async (peer) => {
    await peer.command();
    peer.destroy();
  }));
  await using redis = await connect(server.url, { clientInfo: false, backoff: () => null });
  const errors: unknown[] = [];
  const onError = (error: unknown) => void errors.push(error);
  await assertRejects(() => redis.subscribe("news", { onError }), ConnectionError);
  await new Promise((resolve) => setTimeout(resolve, 30));
  assertEquals(errors, []);
});

test("a signal that fires before a subscription is confirmed rejects it, and onError hears nothing; after that it hears", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  const errors: unknown[] = [];
  const onError = (error: unknown) => void errors.push(error);
  const early = new AbortController();
  const asked = redis.with({ signal: early.signal }).subscribe("news", { onError });
  early.abort(new Error("enough"));
  await assertRejects(() => asked, Error, "enough");
  await redis.ping();
  assertEquals(errors, []);
  const late = new AbortController();
  await using _news = await redis.with({ signal: late.signal }).subscribe("news", { onError });
  late.abort(new Error("enough"));
  assertEquals(errors, [late.signal.reason]);
});
