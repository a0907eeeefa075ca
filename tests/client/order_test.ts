// What is sent together stays together and in order, whatever happens to the lines it travels on.
import { assert, assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { connect, ConnectionError, connectPool, ReplyError, TimeoutError } from "../../mod.ts";
import { connectTransport } from "../../src/transport/default.ts";
import type { Connect } from "../../src/transport/transport.ts";
import { gate } from "../support/gate.ts";
import { startRedis } from "../support/servers.ts";
import { greeted, helloAs, type Script, startScripted } from "../support/scripted.ts";
import { test } from "../support/test.ts";

/** Greets as connection `index + 1`, then hands over. */
const numbered = (script: Script): Script => greeted(script, (index) => helloAs(index + 1));

test("a pipeline of several parts keeps order in a pool, even if its line becomes somebody's own", async () => {
  await using server = await startRedis();
  await using pool = await connectPool(server.url, { size: 3 });
  await Promise.all(Array.from({ length: 3000 }, () => pool.ping()));
  const p = pool.pipeline();
  const expected: string[] = [];
  const sessions = [];
  for (let part = 0; part < 6; part++) {
    for (let i = 0; i < 500; i++) p.call("ECHO", expected[expected.push(`${part}|${i}`) - 1]!);
    await p.drain();
    // Two of the three connections are taken away while the pipeline is under way.
    if (part === 1 || part === 3) sessions.push(pool.session());
  }
  assertEquals(await p.exec(), expected);
  for (const session of await Promise.all(sessions)) await session.release();
});

test("a pipeline without end stops at a loss, and does not fill memory while there is no connection", async () => {
  await using server = await startScripted(numbered(async (peer, index) => {
    if (index === 0) {
      await peer.command();
      peer.destroy();
    } else await peer.untilEnded();
  }));
  let connects = 0;
  const once: Connect = (address, handler, signal) =>
    connects++ === 0 ? connectTransport(address, handler, signal) : Promise.reject(new Error("refused"));
  await using redis = await connect(server.url, {
    clientInfo: false,
    connect: once,
    backoff: () => 10,
    queueTimeout: 60,
  });
  let made = 0;
  const value = "x".repeat(10_000);
  const endless = () =>
    redis.pipeline(function* (p) {
      for (;; made++) yield p.set("k", value);
    }, { replies: false });
  await assertRejects(endless, ConnectionError);
  const lost = made;
  // Now there is no connection: a part waits for one, and nothing more is made until it has one.
  await assertRejects(endless, TimeoutError);
  assert(made - lost < 1000, `${made - lost} commands were made that could not be sent`);
});

test("what blocks within a pipeline is found however it is spelled", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  const waiting = redis.pipeline((p) => [p.call("XREAD", "block", 0, "streams", "s", "$")]);
  while (!String(await redis.call("CLIENT LIST")).includes("cmd=xread")) await redis.ping();
  await redis.xadd("s", "*", { f: "v" });
  const [entries] = await waiting;
  assert(entries !== null);
});

test("a transaction whose MULTI is refused says that its commands ran one by one", async () => {
  await using server = await startRedis();
  await using admin = await connect(server.url);
  await admin.call("ACL SETUSER", "plain", "on", ">secret", "~*", "+@all", "-multi");
  await using redis = await connect(server.url, { username: "plain", password: "secret" });
  const error = await assertRejects(() => redis.transaction((tx) => [tx.incr("a")]), ReplyError, "one by one");
  assertEquals([error.code, error.command], ["NOPERM", "MULTI"]);
  assertEquals(await redis.get("a"), "1");
});

test("a line is given on only once the server has let go of what its caller gave up", async () => {
  const asked = gate();
  const answer = gate();
  const blocked: string[] = [];
  const stop = new AbortController();
  await using server = await startScripted(numbered(async (peer) => {
    for (let words = await peer.command(); words; words = await peer.command()) {
      if (words[0] === "BLPOP") {
        blocked.push(words[1]!);
        if (blocked.length === 1) stop.abort("enough");
        else await peer.send(`*2\r\n$1\r\nb\r\n$1\r\nx\r\n`);
      } else {
        assertEquals(words, ["CLIENT", "UNBLOCK", "2"]);
        await server.peers[1]!.send("*-1\r\n");
        asked.open();
        await answer.opened;
        await peer.send(":0\r\n");
      }
    }
  }));
  await using redis = await connect(server.url, { clientInfo: false, maxSessions: 1 });
  const first = redis.with({ signal: stop.signal }).blpop(["a"], 0).catch((reason) => reason);
  await asked.opened;
  const second = redis.blpop(["b"], 0);
  await new Promise((resolve) => setTimeout(resolve, 20));
  assertEquals(blocked, ["a"]);
  answer.open();
  assertEquals(await first, "enough");
  assertEquals(await second, ["b", "x"]);
});

test("a timeout covers a blocking command's wait for a connection, and for its socket", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url, { maxSessions: 1 });
  const session = await redis.session();
  const crowded = await assertRejects(() => redis.with({ timeout: 30 }).blpop(["a"], 0), TimeoutError);
  assertEquals([crowded.sent, crowded.waitingFor, crowded.command], [false, "connection", "BLPOP"]);
  await session.release();
  let connects = 0;
  const once: Connect = (address, handler, signal) =>
    connects++ === 0
      ? connectTransport(address, handler, signal)
      : new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason)));
  await using slow = await connect(server.url, { connect: once });
  const late = await assertRejects(() => slow.with({ timeout: 30 }).blpop(["a"], 0), TimeoutError);
  assertEquals([late.sent, late.waitingFor], [false, "connection"]);
  const stop = new AbortController();
  const aborted = slow.with({ signal: stop.signal }).blpop(["a"], 0).catch((reason) => reason);
  stop.abort("enough");
  assertEquals(await aborted, "enough");
  slow.destroy();
});

test("callers who give up waiting for a connection of their own are forgotten", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url, { maxSessions: 1, waitTimeout: 60_000 });
  const session = await redis.session();
  for (let i = 0; i < 100; i++) {
    const stop = new AbortController();
    const waiting = redis.with({ signal: stop.signal }).session().catch((reason) => reason);
    stop.abort("enough");
    assertEquals(await waiting, "enough");
  }
  assertEquals(redis.stats().waiting, 0);
  const next = redis.session();
  await session.release();
  await (await next).release();
});

test("a timeout of a session's command that is not sent yet keeps it from being sent", async () => {
  const seen: string[] = [];
  const go = gate();
  await using server = await startScripted(async (peer, index) => {
    const hello = await peer.command();
    if (index === 1) await go.opened;
    if (hello) await peer.send(helloAs(index + 1));
    for (let words = await peer.command(); words; words = await peer.command()) {
      seen.push(words.join(" "));
      await peer.send("+OK\r\n");
    }
  });
  await using redis = await connect(server.url, { clientInfo: false });
  const session = await redis.with({ timeout: 30 }).session();
  const error = await assertRejects(() => session.set("k", "v"), TimeoutError);
  assertEquals(error.sent, false);
  go.open();
  await session.get("after").catch((error) => assertInstanceOf(error, TimeoutError));
  await session.release();
  assertEquals(seen.filter((words) => words.startsWith("SET")), []);
});

test("what a shared line still has to do is done before it becomes somebody's own", async () => {
  const said: string[][] = [[], []];
  let refusals = 2;
  await using server = await startScripted(numbered(async (peer, index) => {
    for (let words = await peer.command(); words; words = await peer.command()) {
      said[index]!.push(words.join(" "));
      if (words[0] === "INCR" && refusals-- > 0) await peer.send("-LOADING not now\r\n");
      else await peer.send(words[0] === "INCR" ? ":1\r\n" : "+OK\r\n");
    }
  }));
  await using pool = await connectPool(server.url, { clientInfo: false, size: 2 });
  const first = pool.incr("a");
  await (await server.peer(0)).until("INCR");
  const second = pool.incr("b");
  await (await server.peer(1)).until("INCR");
  await pool.session(async (session) => {
    await session.select(1);
  });
  await Promise.all([first, second]);
  const [, own = []] = said;
  assertEquals(own.filter((words) => words === "INCR b").length > 0, true);
  assertEquals(own.slice(own.indexOf("SELECT 1")).filter((words) => words.startsWith("INCR")), []);
});

test("an empty map of bytes is the same alone, in a pipeline, in a transaction, and in a session", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  const alone = await redis.bytes.hgetall("none");
  const [piped] = await redis.bytes.pipeline((p) => [p.hgetall("none")]);
  const [together] = await redis.bytes.transaction((tx) => [tx.hgetall("none")]);
  const own = await redis.bytes.session((session) => session.hgetall("none"));
  for (const other of [piped, together, own]) {
    assertEquals(Object.prototype.toString.call(other), Object.prototype.toString.call(alone));
    assertEquals(other, alone);
  }
});

test("a pipeline that blocks gives its connection back when its caller gives up", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url, { maxSessions: 1 });
  // The connection is there: the time is for the server.
  await redis.session((session) => session.ping());
  const error = await assertRejects(
    () => redis.with({ timeout: 50 }).pipeline((p) => [p.blpop(["list"], 0)]),
    TimeoutError,
  );
  assertEquals(error.sent, true);
  assertEquals(await redis.blpop(["list"], 0.01), null);
  await redis.rpush("list", "kept");
  assertEquals(await redis.lrange("list", 0, -1), ["kept"]);
});

test("a long pipeline keeps order though its connection is replaced meanwhile", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url, { maxLifetime: 40 });
  let n = 0;
  while (redis.stats().retired < 8) {
    const p = redis.pipeline();
    const expected: number[] = [];
    for (let i = 0; i < 300_000; i++) {
      p.incr("n");
      expected.push(++n);
    }
    assertEquals((await p.exec()).findIndex((reply, i) => reply !== expected[i]), -1);
  }
});

test("a pipeline that waits for a connection to block on gives up no other one", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url, { maxSessions: 1 });
  await using _held = await redis.session();
  const before = await redis.call("CLIENT ID");
  const piped = redis.with({ timeout: 50 }).pipeline(function* (p) {
    for (let i = 0; i < 3000; i++) yield p.set("k", "x".repeat(100));
    yield p.blpop(["list"], 0);
  });
  const error = await assertRejects(() => piped, TimeoutError);
  assertEquals(error.sent, true);
  assertEquals(await redis.call("CLIENT ID"), before);
});

test("a long pipeline of a session that was given back ends with it", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url, { maxSessions: 1 });
  const value = "x".repeat(60_000);
  for (let round = 0; round < 5; round++) {
    const session = await redis.session();
    let made = 0;
    const endless = session.pipeline(function* (p) {
      for (;; made++) yield p.set(`key:${made % 100}`, value);
    }, { replies: false });
    const over = assertRejects(() => endless, ConnectionError);
    await session.release();
    await over;
    await redis.session(async (next) => {
      await next.select(5);
      assertEquals(await next.dbsize(), 0);
    });
  }
});

test("a stream's group may be called like an option, and options may be bytes", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  const bytes = (text: string) => new TextEncoder().encode(text);
  for (const group of ["streams", "block"]) {
    await redis.xgroupCreate("s", group, "$", { mkstream: true });
    const read = redis.xreadgroup(group, "group", { s: ">" }, { block: 0 });
    while (!String(await redis.call("CLIENT LIST")).includes("cmd=xreadgroup")) await redis.ping();
    await redis.xadd("s", "*", { f: "v" });
    assert(await read !== null);
  }
  const words = [bytes("block"), bytes("0"), "STREAMS", "s", "$"];
  const both = [redis.call("XREAD", ...words), redis.pipeline((p) => [p.call("XREAD", ...words)])];
  while (String(await redis.call("CLIENT LIST")).split("cmd=xread ").length < 3) await redis.ping();
  await redis.xadd("s", "*", { f: "v" });
  for (const read of both) assert(await read !== null);
});
