import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  connect,
  ConnectionError,
  type MonitorLine,
  ProtocolError,
  RedisError,
  ReplyError,
  TimeoutError,
} from "../../mod.ts";
import { gate } from "../support/gate.ts";
import { HELLO, startScripted } from "../support/scripted.ts";
import { missing, type ServerVersion, startRedis } from "../support/servers.ts";
import { test } from "../support/test.ts";

const VERSIONS: readonly ServerVersion[] = ["redis-7.0", "redis-8", "valkey-9"];

for (const version of VERSIONS) {
  for (const protocol of [3, 2] as const) {
    test(`monitor() gives the commands that run, on ${version}, RESP${protocol}`, {
      skip: missing(version),
    }, async () => {
      await using server = await startRedis({ version });
      await using redis = await connect(server.url, { protocol, database: 2 });
      await using monitor = redis.monitor();
      await monitor.ready;
      const before = Date.now();
      const odd = 'quo"te \\ line\r\n\t\x07\x08 é \u{1f600} \\x41';
      // Replies stay paired with their commands while lines come.
      const replies = await Promise.all([
        redis.set("k", odd),
        redis.get("k"),
        redis.eval("return redis.call('DBSIZE')", []),
      ]);
      assertEquals(replies, ["OK", odd, 1]);
      const lines: MonitorLine[] = [];
      for await (const line of monitor) {
        if (line.command[0]!.toUpperCase() !== "CLIENT") lines.push(line);
        if (lines.length === 4) break;
      }
      assertEquals(lines.map(({ database, command }) => [database, ...command]), [
        [2, "SET", "k", odd],
        [2, "GET", "k"],
        [2, "EVAL", "return redis.call('DBSIZE')", "0"],
        [2, "DBSIZE"],
      ]);
      assert(/^127\.0\.0\.1:\d+$/.test(lines[0]!.address), lines[0]!.address);
      assertEquals(lines[3]!.address, "lua");
      assert(Math.abs(lines[0]!.time - before) < 60_000, `${lines[0]!.time}`);
      assertEquals(await monitor.next(), { value: undefined, done: true });
      while ((await redis.clientList()).includes("cmd=monitor")) await redis.ping();
      assertEquals(redis.stats().leased, 0);
    });
  }
}

test("monitor() gives bytes on the bytes surface", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  await using monitor = redis.bytes.monitor();
  await monitor.ready;
  const payload = Uint8Array.from({ length: 256 }, (_, i) => i);
  await redis.set("k", payload);
  const { value } = await monitor.next();
  assertEquals(value?.command[2], payload);
});

test("a slow reader of a monitor is bounded", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  await using strict = redis.monitor({ buffer: 2 });
  await using lossy = redis.monitor({ buffer: 2, overflow: "drop-oldest" });
  await Promise.all([strict.ready, lossy.ready]);
  await redis.pipeline((p) => [1, 2, 3, 4, 5].map((n) => p.set("k", n)));
  // The reader of each monitor is told in its own time.
  while (lossy.dropped < 3) await redis.dbsize();
  const last = (await lossy.next()).value!.command;
  assert(["SET", "DBSIZE"].includes(last[0]!), last[0]);
  assert((await strict.next()).value);
  await strict.next();
  await assertRejects(() => strict.next(), RedisError, "2 lines behind");
});

test("monitor() and subscriptions work with integrity", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url, { integrity: true });
  await using monitor = redis.monitor();
  await monitor.ready;
  await using news = await redis.subscribe("news");
  await redis.publish("news", "x");
  assertEquals((await news.next()).value?.message, "x");
  for await (const { command } of monitor) if (command[0]!.toUpperCase() === "PUBLISH") break;
  assertEquals(await redis.ping(), "PONG");
});

test("a monitor ends with its connection, its signal, its client, and where it is refused", async () => {
  await using server = await startRedis();
  await using admin = await connect(server.url);
  await using lost = admin.monitor();
  await lost.ready;
  const failed = assertRejects(() => lost.next(), ConnectionError);
  const id = /^id=(\d+) .*cmd=monitor/m.exec(await admin.clientList())![1]!;
  await admin.call("CLIENT KILL", "ID", id);
  assertEquals((await failed).command, "MONITOR");

  const control = new AbortController();
  const watched = admin.with({ signal: control.signal }).monitor();
  await watched.ready;
  const reason = new Error("enough");
  control.abort(reason);
  assertEquals(await assertRejects(() => watched.next()), reason);

  await admin.aclSetuser("reader", "on", "nopass", "+@all", "-monitor", "~*", "&*");
  const redis = await connect(server.url, { username: "reader", password: "x" });
  const refused = redis.monitor();
  assertEquals((await assertRejects(() => refused.ready, ReplyError)).code, "NOPERM");
  await assertRejects(() => refused.next(), ReplyError);
  assertEquals(await redis.ping(), "PONG");
  await redis.close();
  await assertRejects(() => redis.monitor().next(), ConnectionError, "closed");
  const closed = await connect(server.url);
  const last = closed.monitor();
  await last.ready;
  const end = last.next();
  await closed.close();
  assertEquals(await end, { value: undefined, done: true });
  await using session = await admin.session();
  await assertRejects(() => session.call("MONITOR"), TypeError, "redis.monitor()");
  assertEquals(await session.ping(), "PONG");
});

test("a monitor shows arguments of any length, and a byte order mark", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  await using monitor = redis.monitor();
  await monitor.ready;
  const value = "\ufeff" + "\0".repeat(100_000);
  await redis.set("k", value);
  assertEquals((await monitor.next()).value?.command, ["SET", "k", value]);
});

test("a monitor shows megabytes with quotes in them, and what comes after", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  await using monitor = redis.monitor();
  await monitor.ready;
  const value = "x".repeat(20_000_000);
  await redis.mset({ k: value, 'a" "b\\': "last" });
  const [name, key, shown, ...rest] = (await monitor.next()).value!.command;
  assert(shown === value, `${shown?.length} characters`);
  assertEquals([name, key, ...rest], ["MSET", "k", 'a" "b\\', "last"]);
});

test("a monitor makes no words of a line that has none, or lacks a quote", async () => {
  const head = "1.000000 [0 127.0.0.1:1]";
  const lines = [
    "",
    " ",
    ' "GET',
    ' "GET" "k',
    ' "GET" "k\\"',
    ' "GET"  "k"',
    ' "GET""k"',
    ' "GET" k',
    ' "GET" ',
    ' "\\x4"',
  ];
  await using server = await startScripted(async (peer, index) => {
    for (let words; (words = await peer.command()) !== null;) {
      await peer.send(words[0] === "HELLO" ? HELLO : "+OK\r\n");
      if (words[0] === "MONITOR") await peer.send(`+${head} "PING"\r\n+${head}${lines[index - 1]}\r\n`);
    }
  });
  await using redis = await connect(server.url, { clientInfo: false });
  for (const line of lines) {
    await using monitor = redis.monitor();
    assertEquals((await monitor.next()).value?.command, ["PING"]);
    await assertRejects(() => monitor.next(), ProtocolError, "a line of MONITOR cannot be understood", line);
  }
});

test("nobody waits for a monitor when its client is closed", async () => {
  await using server = await startRedis();
  const redis = await connect(server.url);
  const monitor = redis.monitor();
  await monitor.ready;
  const began = performance.now();
  await redis.close(60_000);
  assert(performance.now() - began < 30_000);
  assertEquals(await monitor.next(), { value: undefined, done: true });
});

test("a monitor that ends before it has a connection waits for none, and destroys none", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url, { maxSessions: 1 });
  const control = new AbortController();
  const session = await redis.session();
  await session.ping();
  const { connects } = redis.stats();
  const closed = redis.monitor();
  const failed = redis.with({ signal: control.signal }).monitor();
  assertEquals(redis.stats().waiting, 2);
  await closed.close();
  control.abort(new Error("enough"));
  assertEquals(redis.stats().waiting, 0);
  await assertRejects(() => closed.ready, ConnectionError, "closed");
  await assertRejects(() => failed.next(), Error, "enough");
  await session.release();
  // Nor does one that could have it, and has not said MONITOR.
  await redis.monitor().close();
  assertEquals(await redis.session((s) => s.ping()), "PONG");
  assertEquals([redis.stats().connects, redis.stats().leased], [connects, 0]);
});

test("a connection that is being made for a monitor that ends meanwhile serves whoever is next", async () => {
  const answered = gate();
  await using server = await startScripted(async (peer, index) => {
    if (index === 1) await answered.opened;
    while (await peer.command()) await peer.send(HELLO);
  });
  const redis = await connect(server.url, { clientInfo: false, maxSessions: 1 });
  const monitor = redis.monitor();
  await server.peer(1);
  await monitor.close();
  await new Promise((resolve) => setTimeout(resolve, 0));
  assertEquals(redis.stats().leased, 0);
  const session = redis.session((s) => s.dbsize());
  answered.open();
  await session;
  assertEquals(server.peers.length, 2);
  redis.destroy();
});

test("of monitors that end with one signal the one that waits takes nobody's place", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url, { maxSessions: 1 });
  const control = new AbortController();
  const surface = redis.with({ signal: control.signal });
  const first = surface.monitor();
  await first.ready;
  const second = surface.monitor();
  const sessions = [1, 2, 3, 4].map(() => redis.session((s) => s.ping()));
  const reason = new Error("enough");
  control.abort(reason);
  assertEquals(await assertRejects(() => first.next()), reason);
  assertEquals(await assertRejects(() => second.next()), reason);
  assertEquals(await Promise.all(sessions), ["PONG", "PONG", "PONG", "PONG"]);
  assertEquals([redis.stats().waiting, redis.stats().leased], [0, 0]);
});

test("a monitor that gets no connection in time says that it waited for one", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url, { maxSessions: 1, waitTimeout: 5 });
  await using _session = await redis.session();
  const { command, report } = await assertRejects(() => redis.monitor().ready, TimeoutError);
  assertEquals([command, report !== undefined], ["MONITOR", true]);
});

test("a listener in the place of options is refused: nobody would call it", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  for (const options of [() => {}, null]) {
    assertThrows(() => redis.monitor(options as never), TypeError, "options of a monitor must be an object");
  }
  assertEquals(redis.stats().leased, 0);
});
