// What is told and what is read cross on the wire: no order of the two may leave something old in the cache.
import { assertEquals, assertRejects } from "@std/assert";
import { type ClientOptions, connect, ConnectionError, type Redis } from "../../mod.ts";
import { cache, type CacheOptions, type Caching } from "../../src/cache/mod.ts";
import { connectTransport } from "../../src/transport/default.ts";
import { HELLO, type Peer, type ScriptedServer, startScripted } from "../support/scripted.ts";
import { test } from "../support/test.ts";
import { held } from "../support/timers.ts";

const CHANGED = ">2\r\n$10\r\ninvalidate\r\n*1\r\n$1\r\nk\r\n";
const EMPTIED = ">2\r\n$10\r\ninvalidate\r\n_\r\n";
const OLD = "$3\r\nold\r\n";
const NEW = "$3\r\nnew\r\n";
const OLD_SERVER = "-ERR unknown command 'HELLO'\r\n";

/** A server that greets, agrees to track, and leaves the rest of the cache's connection to the test. */
async function scripted(hello: (index: number) => string = () => HELLO): Promise<ScriptedServer> {
  return await startScripted(async (peer, index) => {
    await peer.command();
    await peer.send(hello(index));
  });
}

interface Scene extends AsyncDisposable {
  readonly redis: Redis;
  readonly cached: Redis & Caching;
  /** The server's end of the cache's connection. */
  readonly peer: Peer;
  readonly server: ScriptedServer;
}

async function scene(
  options?: CacheOptions,
  hello?: (index: number) => string,
  settings?: ClientOptions,
): Promise<Scene> {
  const server = await scripted(hello);
  const redis = await connect(server.url, { clientInfo: false, ...settings });
  const opening = cache(redis, options);
  const peer = await server.peer(1);
  assertEquals((await peer.command())!.slice(0, 3), ["CLIENT", "TRACKING", "ON"]);
  await peer.send("+OK\r\n");
  const cached = await opening;
  return {
    redis,
    cached,
    peer,
    server,
    async [Symbol.asyncDispose]() {
      redis.destroy();
      await server[Symbol.asyncDispose]();
    },
  };
}

/** The next command that the cache sends must be this. */
async function asked(peer: Peer, ...words: string[]): Promise<void> {
  assertEquals(await peer.command(), words);
}

/** The server tells this connection of changes from now on. */
async function tracks(peer: Peer): Promise<void> {
  await asked(peer, "CLIENT", "TRACKING", "ON");
  await peer.send("+OK\r\n");
}

/** What is left of a greeting for one that knows no HELLO, which would tell its number. */
async function speaksOld(peer: Peer): Promise<void> {
  await asked(peer, "CLIENT", "ID");
  await peer.send(":7\r\n");
}

test("the reply, then its invalidation: dropped", async () => {
  await using s = await scene();
  const read = s.cached.get("k");
  await asked(s.peer, "GET", "k");
  await s.peer.send(OLD + CHANGED);
  assertEquals(await read, "old");
  const again = s.cached.get("k");
  await asked(s.peer, "GET", "k");
  await s.peer.send(NEW);
  assertEquals([await again, await s.cached.get("k")], ["new", "new"]);
});

test("the invalidation while the reply is on its way: handed out, not kept", async () => {
  await using s = await scene();
  const read = s.cached.get("k");
  await asked(s.peer, "GET", "k");
  await s.peer.send(CHANGED, OLD);
  assertEquals([await read, s.cached.cache.stats().entries], ["old", 0]);
  const again = s.cached.get("k");
  await asked(s.peer, "GET", "k");
  await s.peer.send(NEW);
  assertEquals([await again, await s.cached.get("k")], ["new", "new"]);
});

test("an invalidation in the middle of a reply, byte by byte", async () => {
  for (const order of [OLD + CHANGED, CHANGED + OLD]) {
    await using s = await scene();
    const read = s.cached.get("k");
    await asked(s.peer, "GET", "k");
    await s.peer.send(...order);
    assertEquals(await read, "old");
    // The last byte of a push is heard before what is sent after it is answered.
    const heard = s.cached.call("PING");
    await asked(s.peer, "PING");
    await s.peer.send("+PONG\r\n");
    await heard;
    assertEquals(s.cached.cache.stats().entries, 0);
  }
});

test("an invalidation between the elements of a reply: handed out, not kept", async () => {
  for (const reply of [CHANGED + OLD + OLD, OLD + CHANGED + OLD, OLD + OLD + CHANGED]) {
    await using s = await scene();
    const read = s.cached.mget("k", "l");
    await asked(s.peer, "MGET", "k", "l");
    await s.peer.send("*2\r\n" + reply);
    assertEquals(await read, ["old", "old"]);
    const again = s.cached.mget("k", "l");
    await asked(s.peer, "MGET", "k", "l");
    await s.peer.send("*2\r\n" + NEW + NEW);
    assertEquals([await again, await s.cached.mget("k", "l")], [["new", "new"], ["new", "new"]]);
  }
});

test("an invalidation within a transaction of ours drops what is kept, and the transaction has its replies", async () => {
  await using s = await scene();
  const read = s.cached.get("k");
  await asked(s.peer, "GET", "k");
  await s.peer.send(OLD);
  assertEquals(await read, "old");
  const written = s.cached.transaction((tx) => [tx.incr("n"), tx.get("k")]);
  for (let i = 0; i < 4; i++) await s.peer.command();
  await s.peer.send("+OK\r\n+QUEUED\r\n+QUEUED\r\n*2\r\n:1\r\n" + CHANGED + NEW);
  assertEquals([await written, s.cached.cache.stats().entries], [[1, "new"], 0]);
});

test("who reads after the invalidation does not join the read from before", async () => {
  await using s = await scene();
  const before = s.cached.get("k");
  const joined = s.cached.get("k");
  await asked(s.peer, "GET", "k");
  const heard = s.cached.stats().bytesIn;
  await s.peer.send(CHANGED);
  const pong = s.cached.call("PING");
  await asked(s.peer, "PING");
  // The server has heard the PING, which does not say that the client has heard the server.
  while (s.cached.stats().bytesIn === heard) await new Promise((resolve) => setTimeout(resolve, 1));
  const after = s.cached.get("k");
  await asked(s.peer, "GET", "k");
  await s.peer.send(OLD + "+PONG\r\n" + NEW);
  assertEquals([await before, await joined, await pong, await after], ["old", "old", "PONG", "new"]);
  assertEquals(await s.cached.get("k"), "new");
});

test("of reads that may not wait for each other one is kept, though there is always another on its way", async () => {
  await using s = await scene();
  const limited = s.cached.with({ timeout: 5000 });
  const first = limited.get("k");
  await asked(s.peer, "GET", "k");
  const second = limited.get("k");
  await asked(s.peer, "GET", "k");
  await s.peer.send(OLD);
  assertEquals([await first, await limited.get("k"), s.cached.cache.stats().hits], ["old", "old", 1]);
  await s.peer.send(CHANGED + NEW);
  assertEquals([await second, s.cached.cache.stats().entries], ["new", 0]);
});

test("a write of ours while the read is on its way: the old reply is not kept", async () => {
  await using s = await scene();
  const read = s.cached.get("k");
  const write = s.cached.set("k", "new");
  const after = s.cached.get("k");
  await asked(s.peer, "GET", "k");
  await asked(s.peer, "SET", "k", "new");
  await asked(s.peer, "GET", "k");
  await s.peer.send(OLD + "+OK\r\n");
  assertEquals([await read, await write, s.cached.cache.stats().entries], ["old", "OK", 0]);
  await s.peer.send(NEW);
  assertEquals(await after, "new");
});

test("whoever has awaited a write does not read what it changed, though the server has not told yet", async () => {
  await using s = await scene();
  const write = s.cached.set("k", "new");
  await asked(s.peer, "SET", "k", "new");
  // As a retried write would: the read overtakes it.
  const read = s.cached.get("k");
  await asked(s.peer, "GET", "k");
  await s.peer.send("-LOADING starting\r\n" + OLD);
  assertEquals([await read, await s.cached.get("k")], ["old", "old"]);
  await asked(s.peer, "SET", "k", "new");
  await s.peer.send("+OK\r\n");
  await write;
  const after = s.cached.get("k");
  await asked(s.peer, "GET", "k");
  await s.peer.send(CHANGED + NEW);
  assertEquals(await after, "new");
});

test("what a builder's pipeline writes is never read over, though the server has not told yet", async () => {
  for (const long of [false, true]) {
    await using s = await scene();
    const read = s.cached.get("k");
    await asked(s.peer, "GET", "k");
    await s.peer.send(OLD);
    assertEquals(await read, "old");
    const write = long
      ? s.cached.pipeline(function* (p) {
        yield p.set("k", "new");
      })
      : s.cached.pipeline((p) => [p.set("k", "new")]);
    await asked(s.peer, "SET", "k", "new");
    const meanwhile = s.cached.get("k");
    await asked(s.peer, "GET", "k");
    await s.peer.send("+OK\r\n" + OLD);
    await Promise.all([write, meanwhile]);
    const after = s.cached.get("k");
    await asked(s.peer, "GET", "k");
    await s.peer.send(NEW);
    assertEquals(await after, "new");
  }
});

test("nor what a pipeline writes whose first exec() was refused", async () => {
  await using s = await scene();
  const pipeline = s.cached.pipeline();
  pipeline.set("k", "new");
  await assertRejects(() => pipeline.exec({ error: "return" } as object), Error, "Unknown option: error");
  const read = s.cached.get("k");
  await asked(s.peer, "GET", "k");
  await s.peer.send(OLD);
  assertEquals(await read, "old");
  const written = pipeline.exec();
  const after = s.cached.get("k");
  await asked(s.peer, "SET", "k", "new");
  await asked(s.peer, "GET", "k");
  await s.peer.send("+OK\r\n" + NEW);
  assertEquals([await written, await after], [["OK"], "new"]);
});

test("nor what a pipeline writes in a part that leaves later: what was read before that is not kept", async () => {
  await using s = await scene();
  const pipeline = s.cached.pipeline();
  for (let i = 0; i < 1000; i++) pipeline.set(`other:${i}`, "x".repeat(20));
  pipeline.set("k", "new");
  const written = pipeline.exec();
  const early = s.cached.get("k");
  const until = async (...last: string[]): Promise<number> => {
    let count = 1;
    while ((await s.peer.command())!.join() !== last.join()) count++;
    return count;
  };
  const before = await until("GET", "k");
  await s.peer.send("+OK\r\n".repeat(before - 1) + OLD);
  assertEquals(await early, "old");
  const behind = await until("SET", "k", "new");
  const late = s.cached.get("k");
  assertEquals(s.cached.cache.stats().hits, 0);
  await asked(s.peer, "GET", "k");
  await s.peer.send("+OK\r\n".repeat(behind) + NEW);
  assertEquals([await late, (await written).length], ["new", 1001]);
});

test("a reader of a stream that begins at its end asks where that is, though the last entry is kept", async () => {
  await using s = await scene();
  const entry = (id: string) => `*1\r\n*2\r\n+${id}\r\n*2\r\n+f\r\n+v\r\n`;
  const kept = s.cached.xrevrange("k", "+", "-", { count: 1 });
  await asked(s.peer, "XREVRANGE", "k", "+", "-", "COUNT", "1");
  await s.peer.send(entry("1-0"));
  await kept;
  await using reader = s.cached.readStream("k");
  await asked(s.peer, "XREVRANGE", "k", "+", "-", "COUNT", "1");
  await s.peer.send(entry("2-0"));
  while (reader.positions[0] === "$") await new Promise((resolve) => setTimeout(resolve, 1));
  assertEquals(reader.positions, ["2-0"]);
});

test("an emptied database drops what is kept and what is on its way", async () => {
  await using s = await scene();
  const kept = s.cached.get("a");
  await asked(s.peer, "GET", "a");
  await s.peer.send(OLD);
  await kept;
  const read = s.cached.get("k");
  await asked(s.peer, "GET", "k");
  await s.peer.send(EMPTIED + OLD);
  assertEquals([await read, s.cached.cache.stats().entries, s.cached.cache.stats().flushes], ["old", 0, 1]);
});

test("an error is not kept, and reaches all who wait", async () => {
  await using s = await scene();
  const reads = Promise.allSettled([s.cached.get("k"), s.cached.get("k")]);
  await asked(s.peer, "GET", "k");
  await s.peer.send("-WRONGTYPE no\r\n");
  for (const outcome of await reads) assertEquals(outcome.status, "rejected");
  const again = s.cached.get("k");
  await asked(s.peer, "GET", "k");
  await s.peer.send(NEW);
  assertEquals([await again, s.cached.cache.stats().entries], ["new", 1]);
});

test("a read that survives its connection is answered, but kept only once the next one tracks", async () => {
  await using s = await scene();
  const read = s.cached.get("k");
  await asked(s.peer, "GET", "k");
  s.peer.reset();
  const next = await s.server.peer(2);
  await asked(next, "CLIENT", "TRACKING", "ON");
  await asked(next, "GET", "k");
  const late = s.cached.get("late");
  await asked(next, "GET", "late");
  await next.send("-ERR no tracking today\r\n" + NEW + NEW);
  assertEquals([await read, await late, s.cached.cache.stats().entries], ["new", "new", 0]);
  next.reset();
  const third = await s.server.peer(3);
  await tracks(third);
  const tracked = s.cached.get("k");
  await asked(third, "GET", "k");
  await third.send(NEW);
  assertEquals([await tracked, s.cached.cache.stats().entries], ["new", 1]);
});

test("nothing is kept on a connection that speaks RESP2 only, for there no server tells of changes", async () => {
  await using s = await scene({}, (index) => index === 2 ? OLD_SERVER : HELLO);
  s.peer.reset();
  const old = await s.server.peer(2);
  await speaksOld(old);
  for (const word of [OLD, NEW]) {
    const read = s.cached.get("k");
    await asked(old, "GET", "k");
    await old.send(word);
    assertEquals([await read, s.cached.cache.stats().entries], [word.slice(4, 7), 0]);
  }
  old.reset();
  const next = await s.server.peer(3);
  await tracks(next);
  const read = s.cached.get("k");
  await asked(next, "GET", "k");
  await next.send(NEW);
  assertEquals([await read, await s.cached.get("k"), s.cached.cache.stats().hits], ["new", "new", 1]);
});

test("a connection for messages only, lost after the one that reads has come back, takes nothing from the cache", async () => {
  await using s = await scene({}, (index) => index === 2 || index === 3 ? OLD_SERVER : HELLO);
  s.peer.reset();
  const old = await s.server.peer(2);
  await speaksOld(old);
  const subscribing = s.cached.subscribe("news");
  const messages = await s.server.peer(3);
  await speaksOld(messages);
  await asked(messages, "SUBSCRIBE", "news");
  await messages.send("*3\r\n$9\r\nsubscribe\r\n$4\r\nnews\r\n:1\r\n*2\r\n$4\r\npong\r\n$0\r\n\r\n");
  await subscribing;
  old.reset();
  const next = await s.server.peer(4);
  await tracks(next);
  const read = s.cached.get("k");
  await asked(next, "GET", "k");
  await next.send(NEW);
  assertEquals(await read, "new");
  messages.reset();
  await s.server.peer(5);
  const again = s.cached.get("k");
  assertEquals(s.cached.cache.stats().hits, 1);
  assertEquals(await again, "new");
});

test("a server that may not track for now is asked again: what it was asked for before that is not kept", async () => {
  await using s = await scene();
  s.peer.reset();
  const peer = await s.server.peer(2);
  assertEquals(await peer.command(), ["CLIENT", "TRACKING", "ON"]);
  await peer.send("-BUSY Redis is busy running a script\r\n");
  const untold = s.cached.get("k");
  await asked(peer, "GET", "k");
  assertEquals(await peer.command(), ["CLIENT", "TRACKING", "ON"]);
  await peer.send(OLD + "+OK\r\n");
  assertEquals([await untold, s.cached.cache.stats().entries], ["old", 0]);
  const told = s.cached.get("k");
  await asked(peer, "GET", "k");
  await peer.send(NEW);
  assertEquals([await told, await s.cached.get("k"), s.cached.cache.stats().hits], ["new", "new", 1]);
});

test("the same where the question waits for a server that is starting", async () => {
  await using s = await scene();
  s.peer.reset();
  const peer = await s.server.peer(2);
  await asked(peer, "CLIENT", "TRACKING", "ON");
  const untold = s.cached.get("k");
  await asked(peer, "GET", "k");
  await peer.send("-LOADING not yet\r\n");
  await asked(peer, "CLIENT", "TRACKING", "ON");
  // In one piece: the read is heard of after the server's consent, though it came before.
  await peer.send(OLD + "+OK\r\n");
  assertEquals([await untold, s.cached.cache.stats().entries], ["old", 0]);
  const told = s.cached.get("k");
  await asked(peer, "GET", "k");
  await peer.send(NEW);
  assertEquals([await told, await s.cached.get("k"), s.cached.cache.stats().hits], ["new", "new", 1]);
});

test("whoever reads as soon as there is a connection reads behind the question for changes", async () => {
  await using server = await scripted();
  let cached: (Redis & Caching) | undefined = undefined;
  let read: Promise<string | null> | undefined;
  const onState = (state: string) => {
    if (state === "ready") read = cached?.get("k");
  };
  const redis = await connect(server.url, { clientInfo: false, onState });
  const opening = cache(redis);
  const peer = await server.peer(1);
  await tracks(peer);
  cached = await opening;
  peer.reset();
  const next = await server.peer(2);
  // The other way round, the server would not tell of changes of what was read, and it would be kept all the same.
  await asked(next, "CLIENT", "TRACKING", "ON");
  await asked(next, "GET", "k");
  await next.send("+OK\r\n" + NEW);
  assertEquals([await read, cached.cache.stats().entries], ["new", 1]);
  redis.destroy();
});

test("a server that has gone silent is not trusted for long", async () => {
  // It looks twice in that time, and no pause of this process is long enough to be taken for its own.
  using look = held(1_000_000);
  await using s = await scene({ maxSilence: 2_000_000 });
  const read = s.cached.get("k");
  await asked(s.peer, "GET", "k");
  await s.peer.send(OLD);
  assertEquals([await read, await s.cached.get("k")], ["old", "old"]);
  look.fire();
  await asked(s.peer, "PING");
  const heard = s.cached.stats().bytesIn;
  await s.peer.send("+PONG\r\n");
  while (s.cached.stats().bytesIn === heard) await new Promise((resolve) => setTimeout(resolve, 1));
  look.fire();
  await asked(s.peer, "PING"); // and no answer
  assertEquals([await s.cached.get("k"), s.cached.cache.stats().flushes], ["old", 0]);
  look.pass(1_000_000);
  look.fire();
  assertEquals(s.cached.cache.stats().flushes, 1);
  const late = s.cached.get("k");
  await asked(s.peer, "GET", "k");
  await s.peer.send("+PONG\r\n" + NEW);
  assertEquals([await late, s.cached.cache.stats().hits], ["new", 2]);
});

test("a server that speaks is trusted, though its answer stands behind much else", async () => {
  using look = held(1_000_000);
  await using s = await scene({ maxSilence: 2_000_000 });
  const read = s.cached.get("k");
  await asked(s.peer, "GET", "k");
  await s.peer.send(OLD);
  assertEquals(await read, "old");
  const slow = s.cached.call("SLOW");
  await asked(s.peer, "SLOW");
  look.pass(1_000_000);
  look.fire();
  await asked(s.peer, "PING");
  look.pass(1_000_000);
  const heard = s.cached.stats().bytesIn;
  await s.peer.send("$4\r\nsl");
  while (s.cached.stats().bytesIn === heard) await new Promise((resolve) => setTimeout(resolve, 1));
  look.fire();
  assertEquals([s.cached.cache.stats().flushes, await s.cached.get("k")], [0, "old"]);
  look.pass(1_000_000);
  look.fire();
  assertEquals(s.cached.cache.stats().flushes, 1);
  await s.peer.send("ow\r\n+PONG\r\n");
  assertEquals(await slow, "slow");
});

test("where a connection ends with its request, the next request is answered nothing from memory", async () => {
  let request = 1;
  const here = () => {
    const own = request;
    return () => own === request;
  };
  using look = held(1_000_000);
  const settings = { connect: Object.assign(connectTransport.bind(undefined), { here }) };
  await using s = await scene({ maxSilence: 2_000_000 }, undefined, settings);
  const read = s.cached.get("k");
  await asked(s.peer, "GET", "k");
  await s.peer.send(OLD);
  assertEquals([await read, await s.cached.get("k"), look.size], ["old", "old", 1]);
  request++;
  // Neither alone nor among others.
  const [later, several] = [s.cached.get("k"), s.cached.mget("k", "l")];
  assertEquals(s.cached.cache.stats().flushes, 2);
  await asked(s.peer, "GET", "k");
  await asked(s.peer, "MGET", "k", "l");
  s.peer.reset();
  const next = await s.server.peer(2);
  await tracks(next);
  // The timer of the request before never comes: nothing is left of it.
  assertEquals(look.size, 0);
  await asked(next, "GET", "k");
  await asked(next, "MGET", "k", "l");
  await next.send(NEW + "*2\r\n" + NEW + NEW);
  assertEquals([await later, await several], ["new", ["new", "new"]]);
  const again = s.cached.get("k");
  await asked(next, "GET", "k");
  await next.send(NEW);
  assertEquals([await again, await s.cached.get("k"), s.cached.cache.stats().hits], ["new", "new", 2]);
  assertEquals(look.size, 1);
});

test("what was asked before the process stood still for too long is not kept", async () => {
  await using s = await scene({ maxSilence: 40 });
  const before = s.cached.get("k");
  const until = performance.now() + 50;
  while (performance.now() < until);
  while (s.cached.cache.stats().flushes === 0) await new Promise((resolve) => setTimeout(resolve, 0));
  await asked(s.peer, "GET", "k");
  await s.peer.send(OLD);
  assertEquals([await before, s.cached.cache.stats().entries], ["old", 0]);
  const after = s.cached.get("k");
  // And not a question whether the server is there, which it would answer.
  await asked(s.peer, "GET", "k");
  await s.peer.send(NEW);
  assertEquals(await after, "new");
});

/** Until the end of the scope, the date is ahead by what the test says, and no other clock: as after a machine's sleep. */
function asleep(): Disposable & { milliseconds: number } {
  const now = Date.now;
  const sleep = { milliseconds: 0, [Symbol.dispose]: () => void (Date.now = now) };
  Date.now = () => now.call(Date) + sleep.milliseconds;
  return sleep;
}

test("what was kept before the machine slept for too long is dropped", async () => {
  using sleep = asleep();
  using look = held(1_000_000);
  await using s = await scene({ maxSilence: 2_000_000 });
  const read = s.cached.get("k");
  await asked(s.peer, "GET", "k");
  await s.peer.send(OLD);
  assertEquals(await read, "old");
  sleep.milliseconds = 2_000_001;
  look.fire();
  assertEquals([s.cached.cache.stats().flushes, s.cached.cache.stats().entries], [1, 0]);
});

test("a reply's time goes on while the machine sleeps", async () => {
  using sleep = asleep();
  await using s = await scene({ ttl: 1_000_000 });
  const read = s.cached.get("k");
  await asked(s.peer, "GET", "k");
  await s.peer.send(OLD);
  assertEquals([await read, await s.cached.get("k")], ["old", "old"]);
  sleep.milliseconds = 1_000_001;
  const again = s.cached.get("k");
  await asked(s.peer, "GET", "k");
  await s.peer.send(NEW);
  assertEquals([await again, s.cached.cache.stats().evicted], ["new", 1]);
});

for (const end of ["close", "destroy"] as const) {
  test(`a cache that is being closed ends with its client: ${end}`, async () => {
    await using s = await scene();
    const lost = assertRejects(() => s.cached.get("k"), ConnectionError, "closed");
    await asked(s.peer, "GET", "k");
    const closing = s.cached.close(600_000);
    await s.redis[end](1);
    await lost;
    await closing;
    await s.peer.untilEnded();
  });
}

test("broadcast mode asks for its prefixes", async () => {
  await using server = await scripted();
  const redis = await connect(server.url, { clientInfo: false });
  const opening = cache(redis, { mode: "broadcast", prefixes: ["a:", "b:"] });
  const peer = await server.peer(1);
  await asked(peer, "CLIENT", "TRACKING", "ON", "BCAST", "PREFIX", "a:", "PREFIX", "b:");
  await peer.send("+OK\r\n");
  const cached = await opening;
  const waiting = cached.get("a:1");
  await asked(peer, "GET", "a:1");
  redis.destroy();
  await assertRejects(() => waiting, ConnectionError);
});
