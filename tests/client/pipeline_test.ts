// Long pipelines: only the first part is encoded as it is queued, and nobody may notice.
import { assert, assertEquals, assertInstanceOf, assertRejects, assertThrows } from "@std/assert";
import { connect, ConnectionError, connectPool, type Redis, ReplyError, TimeoutError } from "../../mod.ts";
import { connectTransport } from "../../src/transport/default.ts";
import type { Connect } from "../../src/transport/transport.ts";
import { frozen } from "../support/frozen.ts";
import { greeted, startScripted } from "../support/scripted.ts";
import { gate } from "../support/gate.ts";
import { startRedis } from "../support/servers.ts";
import { test } from "../support/test.ts";
import { held } from "../support/timers.ts";

/** Enough for what follows it not to be in the first part. */
const LEAD = 2000;

test("what is queued late is sent as it was when it was queued", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  const p = redis.pipeline();
  for (let i = 0; i < LEAD; i++) p.set(`lead:${i}`, "x");
  const small = new Uint8Array([1, 2, 3]);
  const large = new Uint8Array(100_000).fill(4);
  const keys = ["lead:0", "lead:1"];
  p.set("small", small);
  p.mget(keys);
  p.set("large", large);
  p.set("text", "я".repeat(20_000));
  p.set("long", "y".repeat(200_000));
  p.set("number", 1.5);
  p.set("bigint", 2n ** 62n);
  small.fill(9);
  large.fill(9);
  keys[0] = "none";
  const replies = await p.exec();
  assertEquals(replies.slice(0, LEAD), new Array(LEAD).fill("OK"));
  assertEquals(replies.slice(LEAD), ["OK", ["x", "x"], "OK", "OK", "OK", "OK", "OK"]);
  assertEquals(await redis.bytes.get("small"), new Uint8Array([1, 2, 3]));
  assertEquals(await redis.bytes.get("large"), new Uint8Array(100_000).fill(4));
  assertEquals(await redis.get("text"), "я".repeat(20_000));
  assertEquals(await redis.get("long"), "y".repeat(200_000));
  assertEquals(await redis.mget("number", "bigint"), ["1.5", String(2n ** 62n)]);
});

test("what cannot be sent is refused as it is queued, and the rest goes on without it", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  const p = redis.pipeline();
  for (let i = 0; i < LEAD; i++) p.incr("n");
  assertThrows(() => p.hset("h", "f", undefined as unknown as string), TypeError, "HSET: argument 3 is undefined");
  assertThrows(() => p.hset("h", "f", NaN), TypeError, "HSET: argument 3 is NaN");
  assertThrows(() => p.hset("h", "f", "\ud800".repeat(40_000)), TypeError, "HSET: argument 3");
  p.incr("n");
  const replies = await p.exec();
  assertEquals(replies.length, LEAD + 1);
  assertEquals(replies.at(-1), LEAD + 1);
});

test("half a surrogate pair in a long pipeline is refused in its place, with everything behind it", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  const fill = () => {
    const p = redis.pipeline();
    for (let i = 0; i < 10 * LEAD; i++) p.hset("h", i === 5 * LEAD ? "\udc00" : `field:${i}`, i);
    return p;
  };
  await assertRejects(() => fill().exec(), TypeError, "HSET: argument 2 is a string with half a surrogate pair");
  await redis.del("h");
  const replies = await fill().exec({ errors: "return" });
  assertEquals(replies.length, 10 * LEAD);
  const answered = replies.findIndex((reply) => reply !== 1);
  assert(answered > 0 && answered <= 5 * LEAD, `answered: ${answered}`);
  assertEquals(await redis.hlen("h"), answered);
  assertEquals(await redis.hget("h", `field:${answered - 1}`), String(answered - 1));
  assert(replies.slice(answered).every((reply) => reply instanceof Error));
  assertInstanceOf(replies[5 * LEAD], TypeError);
  assert(!String(replies.at(-1)).includes("surrogate"), "what came later is told that it was not sent");
  assertEquals([(replies.at(-1) as ConnectionError).sent, (replies.at(-1) as Error).cause], [false, replies[5 * LEAD]]);
  assertEquals(await redis.ping(), "PONG");
});

test("commands queued while earlier ones are under way come after them", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  const p = redis.pipeline();
  const drains: Promise<void>[] = [];
  for (let i = 0; i < 20 * LEAD; i++) {
    p.rpush("list", i);
    if (i % 3333 === 0) drains.push(p.drain());
  }
  const replies = await p.exec();
  await Promise.all(drains);
  assertEquals(replies, Array.from({ length: 20 * LEAD }, (_, i) => i + 1));
  assertEquals(await redis.lrange("list", 0, -1), Array.from({ length: 20 * LEAD }, (_, i) => String(i)));
});

test("bytes, strings and blocking commands mix in a long pipeline", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  const p = redis.pipeline();
  for (let i = 0; i < LEAD; i++) p.rpush("list", i % 2 === 0 ? new TextEncoder().encode(`v${i}`) : `v${i}`);
  p.blpop(["list"], 1);
  p.call("LINDEX", "list", 0);
  p.hkeys("none");
  const replies = await p.exec();
  assertEquals(replies.slice(LEAD), [["list", "v0"], "v1", []]);
});

test("pipelines that use each other's memory, a dozen at a time, keep their values apart", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  const SIZES = [1, 7, 100, 230, 600, 2500];
  const value = (key: string) => `value of ${key} `.repeat(1 + key.length % 4);
  const keys: string[] = [];
  const runs = new Set<Promise<unknown>>();
  for (let n = 0; n < 240; n++) {
    const p = redis.pipeline();
    for (let i = 0; i < SIZES[n % SIZES.length]!; i++) {
      const key = `${n}:${i}`;
      keys.push(key);
      p.set(key, value(key));
    }
    const run = p.exec().finally(() => runs.delete(run));
    runs.add(run);
    if (runs.size >= 1 + n % 12) await Promise.race(runs);
  }
  await Promise.all(runs);
  for (let i = 0; i < keys.length; i += 5000) {
    const some = keys.slice(i, i + 5000);
    assertEquals(await redis.mget(...some), some.map(value));
  }
});

test("what a socket has not taken yet is not written over", async () => {
  const ROUNDS = 12;
  const text = (key: string) => `${key} `.repeat(50);
  const wrong: string[] = [];
  const full = gate();
  await using server = await startScripted(greeted(async (peer) => {
    let commands = 0;
    for (let words = await peer.command(); words !== null; words = await peer.command()) {
      const [name, key, value] = words;
      if (name === "CLIENT") {
        await peer.send("+OK\r\n");
        continue;
      }
      if (commands === 0) {
        peer.hold();
        await full.opened;
        peer.release();
      }
      if (name !== "SET" || value !== text(key!)) wrong.push(`${name} ${key}`);
      if (++commands % LEAD === 0) await peer.send("+OK\r\n".repeat(LEAD));
    }
  }));
  await using redis = await connect(server.url);
  const runs = Array.from({ length: ROUNDS }, (_, n) => {
    const p = redis.pipeline({ replies: false });
    for (let i = 0; i < LEAD; i++) p.set(`key:${n}:${i}`, text(`key:${n}:${i}`));
    return p.exec();
  });
  while (redis.stats().bytesWaiting === 0) await new Promise((resolve) => setTimeout(resolve));
  full.open();
  assertEquals(await Promise.all(runs), new Array(ROUNDS).fill([]));
  assertEquals(wrong, []);
});

test("what a connection that was replaced has yet to send is not written over", async () => {
  await using server = await startRedis();
  for (const size of [300, 500, 700, 1100]) {
    let connects = 0;
    const kept: { bytes: Uint8Array; copy: Uint8Array }[] = [];
    const slow: Connect = async (address, handler, signal) => {
      const socket = await connectTransport(address, handler, signal);
      if (++connects > 1) return socket;
      let waiting = 0;
      return {
        get waiting() {
          return waiting;
        },
        write(bytes) {
          if (kept.length === 0 && bytes.length < 1000) return socket.write(bytes);
          kept.push({ bytes, copy: bytes.slice() });
          waiting += bytes.length;
          return true;
        },
        destroy: () => socket.destroy(),
      };
    };
    const redis = await connect(server.url, { connect: slow, maxLifetime: 60 });
    const run = redis.pipeline(function* (p) {
      for (let i = 0; i < 2e6 / size; i++) yield p.set(`key:${i}`, `value ${i} `.repeat(size / 10));
    }, { replies: false });
    const lost = assertRejects(() => run, ConnectionError);
    while (connects < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert(kept.length > 5);
    assert(kept.every(({ bytes, copy }) => copy.every((byte, i) => byte === bytes[i])), `values of ${size} bytes`);
    redis.destroy();
    await lost;
  }
});

test("close() does not wait for the parts of a pipeline that was given up while there is no connection", async () => {
  await using server = await startRedis();
  let connects = 0, isStuck = false, lose = () => {};
  const stuck: Connect = async (address, handler, signal) => {
    if (++connects > 1) throw new Error("The server is gone");
    const socket = await connectTransport(address, handler, signal);
    lose = () => {
      socket.destroy();
      handler.close();
    };
    return {
      get waiting() {
        return socket.waiting;
      },
      write: (bytes) => !isStuck && socket.write(bytes),
      destroy: () => socket.destroy(),
    };
  };
  const redis = await connect(server.url, { connect: stuck, queueTimeout: 0 });
  isStuck = true;
  const first = assertRejects(() => redis.incr("n"), ConnectionError);
  await new Promise((resolve) => setTimeout(resolve, 5));
  using limit = held(60);
  const run = assertRejects(() =>
    redis.with({ timeout: 60 }).pipeline((p) => {
      for (let i = 0; i < 2 * LEAD; i++) p.incr("n");
      return [];
    }), TimeoutError);
  await new Promise((resolve) => setTimeout(resolve, 20));
  lose();
  await first;
  assert(redis.stats().pending > 2);
  limit.fire();
  assertEquals((await run).sent, false);
  assertEquals(redis.stats().pending, 0);
  const began = performance.now();
  await redis.close(4000);
  assert(performance.now() - began < 3000);
});

test("a pipeline that is run again before it is over runs once more after that", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  for (const size of [3, LEAD, 5 * LEAD]) {
    await redis.del("list");
    const p = redis.pipeline();
    const runs: Promise<unknown[]>[] = [];
    const drains: Promise<void>[] = [];
    for (let run = 0; run < 4; run++) {
      for (let i = 0; i < size; i++) {
        p.rpush("list", `${run} ${i}`.repeat(20));
        if (i === size >> 1 && run % 2 === 1) drains.push(p.drain());
      }
      runs.push(p.exec());
      assertEquals(p.length, 0);
    }
    await Promise.all(drains);
    const replies = await Promise.all(runs);
    assertEquals(replies.flat(), Array.from({ length: 4 * size }, (_, i) => i + 1));
    assertEquals(replies.map(({ length }) => length), [size, size, size, size]);
    const list = await redis.lrange("list", 0, -1);
    assertEquals(list, Array.from(list, (_, i) => `${Math.floor(i / size)} ${i % size}`.repeat(20)));
  }
});

test("an error belongs to the run that it came in", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  await redis.set("text", "x");
  const p = redis.pipeline();
  p.incr("text");
  const first = assertRejects(() => p.exec(), Error, "not an integer");
  p.incr("number");
  const second = p.exec();
  await first;
  assertEquals(await second, [1]);
});

test("what is queued while a blocking pipeline drains does not keep it from ending", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  const p = redis.pipeline();
  p.rpush("queue", "x");
  p.blpop(["queue"], 1);
  const drained = p.drain();
  p.set("after", "1");
  assertEquals(await p.exec(), [1, ["queue", "x"], "OK"]);
  await drained;
});

test("a run that is over gives back no memory that somebody else began with", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  const hash = (fields: number, value: string) =>
    Object.fromEntries(Array.from({ length: fields }, (_, i) => [`field:${i}`, value.repeat(20)]));
  const p = redis.pipeline();
  p.hset("first", hash(1000, "x"));
  const first = p.exec();
  const waiting = redis.pipeline(); // begins with what the first run has left
  waiting.set("waiting", "its value");
  p.set("second", "y");
  await Promise.all([first, p.exec()]);
  const other = redis.pipeline();
  other.hset("other", hash(1500, "z"));
  assertEquals(await waiting.exec(), ["OK"]);
  assertEquals(await other.exec(), [1500]);
  assertEquals(await redis.get("waiting"), "its value");
});

test('a pipeline that was opened with errors: "return" returns them', async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  await redis.set("text", "x");
  const p = redis.pipeline({ errors: "return" });
  for (let run = 1; run < 3; run++) {
    p.incr("text");
    p.incr("n");
    const [bad, good] = await p.exec();
    assertInstanceOf(bad, Error);
    assertEquals(good, run);
  }
  p.incr("text");
  await assertRejects(() => p.exec({ errors: "throw" }), Error, "not an integer");
});

test("where replies are not kept, no error is", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  await redis.set("text", "x");
  const options = { replies: false, errors: "return" } as const;
  await assertRejects(() => redis.pipeline((p) => [p.incr("text")], options), ReplyError, "not an integer");
  const p = redis.pipeline({ replies: false });
  p.incr("text");
  await assertRejects(() => p.exec({ errors: "return" }), ReplyError, "not an integer");
});

test("where replies are not kept, an integer may be beyond 2^53", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  await redis.set("n", 2n ** 60n);
  await assertRejects(() => redis.pipeline((p) => [p.incr("n")]), RangeError, "2^53");
  assertEquals(await redis.pipeline((p) => [p.incr("n")], { replies: false }), []);
});

test("drain() tells whoever fills a pipeline by hand that it is lost, as exec() does", async () => {
  await using server = await startScripted(greeted(async (peer, index) => {
    if (index > 0) return await peer.untilEnded();
    await peer.until("after");
    peer.destroy();
  }));
  await using redis = await connect(server.url, { clientInfo: false });
  const heard = [redis.pipeline(), redis.pipeline({ replies: false, errors: "return" })];
  const returned = redis.pipeline({ errors: "return" });
  for (const p of [...heard, returned]) {
    p.incr("n");
    await p.drain();
  }
  await assertRejects(() => redis.incr("after"), ConnectionError);
  for (const p of heard) {
    p.incr("n");
    // Whoever does not wait for it is no second time to handle what exec() tells.
    p.drain();
    for (const way of ["drain", "drain", "exec"] as const) {
      assertEquals((await assertRejects(async () => await p[way](), ConnectionError)).sent, true);
    }
  }
  await returned.drain();
  assertInstanceOf((await returned.exec())[0], ConnectionError);
});

test("an asynchronous builder is refused, and rejects nobody else", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  const untyped = redis as unknown as Record<"pipeline" | "transaction", (build: unknown) => Promise<unknown>>;
  type Queue = { get(key: string): Promise<unknown> };
  for (const surface of ["pipeline", "transaction"] as const) {
    // What an asynchronous source is for, is said where there is it.
    const says = surface === "pipeline" ? "redis.pipeline(), drain() and exec()" : "at once";
    const refused = (build: unknown) => assertRejects(() => untyped[surface](build), TypeError, says);
    await refused(async (queue: Queue) => [await queue.get("k")]);
    await refused(async function* (queue: Queue) {
      yield await queue.get("k");
    });
  }
  // What nobody handles is heard of a turn later.
  await new Promise((resolve) => setTimeout(resolve, 5));
});

test("a pipeline of which a part was not sent says that the others may have run", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  const p = redis.pipeline();
  for (let i = 0; i < LEAD; i++) p.incr("n");
  await p.drain();
  await redis.close();
  p.incr("n");
  const error = await assertRejects(() => p.exec(), ConnectionError, "what came before it has run");
  assertEquals([error.sent, error.closed], [true, true]);
  await using again = await connect(server.url);
  assertEquals(await again.get("n"), String(LEAD));
});

test("close() waits for pipelines that have not handed over everything", async () => {
  await using server = await startRedis();
  const long = (p: { incr(key: string): unknown }) => {
    for (let i = 0; i < 20 * LEAD; i++) p.incr("n");
    return [];
  };
  const opens = [
    () => connect(server.url),
    () => connectPool(server.url, { size: 3 }),
  ];
  for (const open of opens) {
    const redis = await open();
    await redis.del("n");
    const session = await redis.session();
    const p = redis.pipeline({ replies: false });
    long(p);
    const runs = [redis.pipeline(long), session.pipeline(long), p.exec()];
    long(p);
    runs.push(p.exec());
    await redis.close();
    assertEquals(await Promise.all(runs), [[], [], [], []]);
    await using again = await connect(server.url);
    assertEquals(await again.get("n"), String(80 * LEAD));
  }
});

test("close() waits for a pipeline no longer than it is told", async () => {
  await using server = await startScripted(greeted((peer) => peer.untilEnded()));
  const redis = await connect(server.url, { clientInfo: false });
  const run = assertRejects(() => redis.pipeline((p) => [p.get("k")]), ConnectionError);
  const began = performance.now();
  await redis.close(40);
  assert(performance.now() - began < 4000);
  assertEquals((await run).sent, true);
});

test("a pipeline filled by hand has its client's limits, each run its own", async () => {
  await using server = await startScripted(greeted((peer) => peer.untilEnded()));
  await using redis = await connect(server.url, { clientInfo: false });
  const p = redis.with({ timeout: 30 }).pipeline();
  p.get("k");
  const first = p.exec();
  p.incr("n");
  const second = p.exec();
  for (const [run, sent] of [[first, true], [second, false]] as const) {
    const error = await assertRejects(() => run, TimeoutError);
    assertEquals(error.sent, sent);
  }
  const stop = new AbortController();
  const other = redis.with({ signal: stop.signal }).pipeline();
  for (let i = 0; i < LEAD; i++) other.set(`key:${i}`, "x".repeat(1000));
  const drained = assertRejects(() => other.drain(), RangeError, "enough");
  stop.abort(new RangeError("enough"));
  await drained;
  redis.destroy();
});

/** Waits until the sockets take no more of what a client has for a server that stands still. */
async function untilStuck(redis: Redis): Promise<void> {
  for (let waiting = 0; waiting === 0 || waiting !== redis.stats().bytesWaiting;) {
    waiting = redis.stats().bytesWaiting;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

test("what a given-up drain() takes back leaves each reply in its place, though exec() follows at once", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  const limited = redis.with({ timeout: 60_000 });
  using limit = held(60_000);
  const p = limited.pipeline({ errors: "return" });
  const { run } = await frozen(server, async () => {
    for (let i = 0; i < 3000; i++) p.echo(`${i}:`.padEnd(10_000, "x"));
    const drained = assertRejects(() => p.drain(), TimeoutError);
    await untilStuck(redis);
    limit.fire();
    const run = p.exec();
    await drained;
    return { run };
  });
  const replies = await run;
  assertEquals(replies.length, 3000);
  const answered = replies.findIndex((reply) => reply instanceof Error);
  assert(answered > 0, `answered: ${answered}`);
  replies.forEach((reply, i) => {
    if (i < answered) assertEquals(parseInt(reply as string), i);
    else assert(reply instanceof ConnectionError, `${i} holds no error`);
  });
  assertEquals(await redis.ping(), "PONG");
});

test("each part of a pipeline tells that its client was closed, those that were not handed over, too", async () => {
  await using server = await startRedis();
  const redis = await connect(server.url);
  const replies = await frozen(server, async () => {
    const run = redis.pipeline((p) => Array.from({ length: 4000 }, () => p.echo("x".repeat(10_000))), {
      errors: "return",
    });
    await untilStuck(redis);
    redis.destroy();
    return await run;
  });
  assertEquals(replies.length, 4000);
  assert(replies.every((reply) => reply instanceof ConnectionError && reply.closed));
  const last = replies.at(-1);
  assert(last instanceof ConnectionError && !last.sent);
});

test("a part that gets no connection of its own leaves the replies before it in their places", async () => {
  const release = gate();
  await using server = await startScripted(greeted(async (peer) => {
    for (let words = await peer.command(); words !== null; words = await peer.command()) {
      if (words[0] === "INCR") await release.opened.then(() => peer.send(":1\r\n"));
    }
  }));
  const redis = await connect(server.url, { clientInfo: false, maxSessions: 1, maxWaiting: 0 });
  await redis.session(); // the only one that there may be
  const p = redis.pipeline({ errors: "return" });
  p.incr("n");
  void p.drain();
  p.blpop(["queue"], 1);
  const run = p.exec();
  await (await server.peer(0)).until("INCR");
  await new Promise((resolve) => setTimeout(resolve, 5)); // it is refused meanwhile
  release.open();
  const [first, second] = await run;
  assertEquals(first, 1);
  assertInstanceOf(second, ConnectionError);
  redis.destroy();
});

test("a run that was given up keeps nothing from the next", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  const p = redis.with({ timeout: 500 }).pipeline();
  await frozen(server, async () => {
    p.get("k");
    await assertRejects(() => p.exec(), TimeoutError);
    p.incr("never");
    assertEquals((await assertRejects(() => p.exec(), TimeoutError)).sent, false);
  });
  await redis.ping();
  p.incr("n");
  assertEquals(await p.exec(), [1]);
  assertEquals(await redis.get("never"), null);
});

test("a pipeline without a blocking command takes no connection of its own, whatever was refused or came before", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url, { maxSessions: 1, waitTimeout: 50 });
  const p = redis.pipeline();
  p.rpush("queue", "x");
  p.blpop(["queue"], 1);
  assertEquals(await p.exec(), [1, ["queue", "x"]]);
  await using _session = await redis.session();
  assertThrows(() => p.blpop(["queue", undefined as never], 1), TypeError, "BLPOP: argument 2 is undefined");
  p.set("k", 1);
  assertEquals(await p.exec(), ["OK"]);
  // Two runs at once: the first may block, and the second is none of its business.
  p.blpop(["queue"], 1);
  const blocked = assertRejects(() => p.exec(), TimeoutError, "was free");
  p.set("k", 2);
  assertEquals(await p.exec(), ["OK"]);
  await blocked;
});

test("a failure that is told inside of a reply is the command's, alone, in a pipeline and in a transaction", async () => {
  await using server = await startScripted(greeted(async (peer) => {
    let queues = false;
    for (let words = await peer.command(); words !== null; words = await peer.command()) {
      if (words[0] === "MULTI") queues = true;
      if (words[0] === "MULTI") await peer.send("+OK\r\n");
      else if (words[0] === "EXEC") await peer.send("*1\r\n*1\r\n+Timeout limit was reached\r\n");
      else await peer.send(queues ? "+QUEUED\r\n" : "*2\r\n:0\r\n*1\r\n-SEARCH_BROKEN it broke\r\n");
    }
  }));
  await using redis = await connect(server.url, { clientInfo: false });
  const inside = () => redis.transaction((tx) => [tx.ftSearch("i", "*")]);
  const errors = [
    await assertRejects(() => redis.ftSearch("i", "*"), ReplyError, "it broke"),
    await assertRejects(() => redis.pipeline((p) => [p.ftSearch("i", "*")]), ReplyError, "it broke"),
    await assertRejects(inside, ReplyError, "Timeout limit was reached"),
  ];
  assertEquals(errors.map(({ code, command }) => [code, command]), [
    ...[["SEARCH_BROKEN", "FT.SEARCH"], ["SEARCH_BROKEN", "FT.SEARCH"]],
    ["ERR", "FT.SEARCH"],
  ]);
});

test("a function in the place of options is refused", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  const options = (() => {}) as never;
  assertThrows(() => redis.pipeline((p) => [p.get("k")], options), TypeError, "must be an object");
  assertThrows(() => redis.with(options), TypeError, "must be an object");
  await assertRejects(() => redis.transaction((tx) => [tx.get("k")], options), TypeError, "must be an object");
});
