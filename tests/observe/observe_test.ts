// What whoever watches a client learns: of every operation once, its end once, and nothing of its arguments.
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  connect,
  ConnectionError,
  connectPool,
  type Redis,
  ReplyError,
  TimeoutError,
  TransactionError,
} from "../../mod.ts";
import { CommandSpec } from "../../src/command/mod.ts";
import { observe, type Operation, type Outcome } from "../../src/observe/mod.ts";
import { gate } from "../support/gate.ts";
import { greeted, HELLO, startScripted } from "../support/scripted.ts";
import { missing, startRedis } from "../support/servers.ts";
import { test } from "../support/test.ts";

/** Begun operations and their ends, in order. */
class Seen {
  readonly begun: Operation[] = [];
  readonly ended: { operation: Operation; outcome: Outcome }[] = [];

  readonly observer = (operation: Operation) => {
    this.begun.push(operation);
    return (outcome: Outcome): void => void this.ended.push({ operation, outcome });
  };

  /** The ends so far, short. */
  get ends(): string[] {
    return this.ended.map(({ operation: { kind, name, size }, outcome: { status, code, errors, retries } }) =>
      `${kind} ${name} ${size}: ${status} ${code ?? "-"} ${errors} ${retries}`
    );
  }
}

/** What has come to something when whoever watches ends its client. */
const RUNS: Record<string, (redis: Redis) => Promise<void>> = {
  "command": async (redis) => assertEquals(await redis.get("k"), "value"),
  "refused command": async (redis) => void await assertRejects(() => redis.incr("k"), ReplyError, "WRONGTYPE"),
  "pipeline": async (redis) => assertEquals(await redis.pipeline((p) => [p.get("k"), p.get("l")]), ["value", "value"]),
};

test("every kind of operation is told of, with its outcome", { skip: missing() }, async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url, { database: 3 });
  const seen = new Seen();
  using _watching = observe(redis, seen.observer);
  await redis.set("key", "secret");
  await assertRejects(() => redis.hget("key", "field"), ReplyError);
  await redis.pipeline((p) => [p.get("key"), p.get("other")]);
  await redis.pipeline((p) => [p.get("key"), p.incr("key"), p.lpush("key", "x")], { errors: "return" });
  await redis.transaction((tx) => [tx.incr("n"), tx.incr("n")]);
  await redis.transaction((tx) => [tx.set("n", "1"), tx.lpush("n", "x")], { errors: "return" });
  await assertRejects(() => redis.transaction((tx) => [tx.call("NONSENSE", "secret")]), TransactionError);
  await redis.session(async (session) => {
    await session.watch("n");
    await redis.incr("n");
    await assertRejects(() => session.transaction((tx) => [tx.get("n")]), TransactionError);
  });
  const popped = redis.blpop(["queue"], 5);
  await redis.rpush("queue", "job");
  await popped;
  await redis.call("CONFIG GET", "maxmemory");
  await using news = await redis.subscribe("news");
  await news.close();
  const wanted = [
    "command SET 1: ok - 0 0",
    "command HGET 1: reply WRONGTYPE 1 0",
    "pipeline GET 2: ok - 0 0",
    "pipeline  3: reply ERR 2 0",
    "transaction INCR 2: ok - 0 0",
    "transaction  2: reply WRONGTYPE 1 0",
    "transaction NONSENSE 1: reply ERR 1 0",
    "command WATCH 1: ok - 0 0",
    "command INCR 1: ok - 0 0",
    "transaction GET 1: watch - 0 0",
  ];
  assertEquals(seen.ends.slice(0, wanted.length), wanted);
  const rest = seen.ends.slice(wanted.length);
  for (const name of ["BLPOP", "RPUSH", "CONFIG", "SUBSCRIBE", "UNSUBSCRIBE"]) {
    assertEquals(rest.filter((line) => line === `command ${name} 1: ok - 0 0`).length, 1, `${name} in ${rest}`);
  }
  assertEquals(seen.begun.length, seen.ended.length);
  const [set] = seen.begun;
  assertEquals(set!.bytes, "*3\r\n$3\r\nSET\r\n$3\r\nkey\r\n$6\r\nsecret\r\n".length);
  assertEquals(set!.server, { hostname: "127.0.0.1", port: server.port, path: undefined, database: 3 });
  assertEquals([set!.pending, set!.generation, seen.begun[2]!.bytes], [0, 1, 22 + 24]);
  for (const { outcome } of seen.ended) assert(outcome.duration >= 0 && outcome.duration < 60_000);
  assert(!JSON.stringify(seen.begun).includes("secret") && !JSON.stringify(seen.ended).includes("secret"));
});

test("bytes are what goes over the wire, whatever the arguments", { skip: missing() }, async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  const seen = new Seen();
  using _watching = observe(redis, seen.observer);
  const before = redis.stats().bytesOut;
  const heard = redis.stats().bytesIn;
  await redis.set("h\u00e9\u20ac\u{1f600}".repeat(40), new Uint8Array(1000));
  await redis.call("CONFIG GET", "maxmemory");
  await redis.incrby("n", 12345);
  await redis.zadd("z", { far: Infinity, nearer: 1e22, near: 2 ** 60, below: -0.5 });
  // Bun's sockets give away what they have sent if it is as large.
  await redis.pipeline((p) => [p.get("a"), p.set("b", "c"), p.set("large", new Uint8Array(100_000))]);
  assertEquals(seen.begun.reduce((sum, { bytes }) => sum + bytes, 0), redis.stats().bytesOut - before);
  await redis.get("missing");
  await redis.get("b");
  await assertRejects(() => redis.lpush("b", "x"), ReplyError);
  const replies = seen.ended.map(({ outcome }) => outcome.bytes);
  assertEquals(replies.slice(0, 1).concat(replies.slice(2, 7)), [5, 8, 4, 3 + 5 + 5, 3, 7]);
  assertEquals(replies.reduce((sum, bytes) => sum! + bytes!, 0), redis.stats().bytesIn - heard);
  assert(replies[7]! > "-WRONGTYPE \r\n".length);
});

test("whoever has stopped watching is not told the bytes of another reply", { skip: missing() }, async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  const seen = new Seen();
  const watching = observe(redis, seen.observer);
  await redis.set("large", "x".repeat(1000));
  await redis.get("large");
  const last = redis.get("missing");
  watching.stop();
  await last;
  assertEquals(seen.ended.map(({ outcome }) => outcome.bytes), [5, 1009, undefined]);
});

test("failures are told apart", async () => {
  await using server = await startScripted(async (peer, index) => {
    if (index > 0) return await peer.untilEnded();
    await peer.command();
    await peer.send(HELLO);
    await peer.untilEnded();
  });
  const redis = await connect(server.url, { clientInfo: false });
  const seen = new Seen();
  observe(redis, seen.observer);
  const stop = new AbortController();
  const aborted = redis.with({ signal: stop.signal }).get("k");
  stop.abort();
  await assertRejects(() => aborted);
  await assertRejects(() => redis.with({ timeout: 5 }).incr("k"), TimeoutError);
  await assertRejects(() => redis.set("k", {} as string), TypeError);
  const waiting = Promise.allSettled([redis.get("k"), redis.pipeline((p) => [p.get("k"), p.incr("k")])]);
  await Promise.resolve();
  redis.destroy();
  for (const outcome of await waiting) assert(outcome.status === "rejected");
  assertEquals(seen.ends, [
    "command GET 1: abort - 1 0",
    "command INCR 1: timeout - 1 0",
    "command SET 1: refused - 1 0",
    "command GET 1: connection - 1 0",
    "pipeline  2: connection - 2 0",
  ]);
});

test("a command that is refused for want of room is told of", async () => {
  await using server = await startScripted(greeted(() => {}));
  const redis = await connect(server.url, { clientInfo: false, maxPending: 1 });
  const seen = new Seen();
  using _watching = observe(redis, seen.observer);
  const first = redis.get("a");
  await assertRejects(() => redis.hget("b", "f"), ConnectionError);
  assertEquals(seen.ends, ["command HGET 1: connection - 1 0"]);
  redis.destroy();
  await assertRejects(() => first, ConnectionError);
});

test("a command that waits for room is told of when it is issued, and once, whatever becomes of it", async () => {
  const given = gate();
  await using server = await startScripted(greeted(async (peer) => {
    await given.opened;
    await peer.send("$1\r\n1\r\n");
    await peer.until("PING");
    await peer.send("+PONG\r\n");
  }));
  await using redis = await connect(server.url, { clientInfo: false, maxPending: 1, overflow: "wait" });
  const seen = new Seen();
  using _watching = observe(redis, seen.observer);
  const control = new AbortController();
  const first = redis.get("a");
  const late = assertRejects(() => redis.with({ timeout: 1 }).hget("b", "f"), TimeoutError);
  const left = assertRejects(() => redis.with({ signal: control.signal }).hlen("b"), Error, "enough");
  const last = redis.ping();
  const begun = seen.begun.map(({ name, pending }) => `${name} ${pending}`);
  await late;
  control.abort(new Error("enough"));
  await left;
  given.open();
  assertEquals([await first, await last], ["1", "PONG"]);
  assertEquals(seen.ends, [
    "command HGET 1: timeout - 1 0",
    "command HLEN 1: abort - 1 0",
    "command GET 1: ok - 0 0",
    "command PING 1: ok - 0 0",
  ]);
  assertEquals(begun, ["GET 0", "HGET 1", "HLEN 1", "PING 1"]);
  assertEquals(seen.begun.length, begun.length);
});

test("what is sent again is one operation, and says how often", async () => {
  await using server = await startScripted(async (peer, index) => {
    await peer.command();
    await peer.send(HELLO);
    await peer.command();
    if (index === 0) return peer.reset();
    await peer.send("-LOADING not yet\r\n");
    await peer.command();
    await peer.send("$1\r\nv\r\n");
  });
  await using redis = await connect(server.url, { clientInfo: false });
  const seen = new Seen();
  using _watching = observe(redis, seen.observer);
  assertEquals(await redis.get("k"), "v");
  assertEquals([seen.begun.length, seen.ends], [1, ["command GET 1: ok - 0 2"]]);
});

test("an unsafe integer is told as refused", { skip: missing() }, async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  const seen = new Seen();
  using _watching = observe(redis, seen.observer);
  await redis.set("n", "9007199254740993");
  await assertRejects(() => redis.incr("n"), RangeError);
  assertEquals(seen.ends[1], "command INCR 1: refused - 1 0");
});

test("a monitor is told of once the server has answered it", { skip: missing() }, async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  await redis.aclSetuser("reader", "on", "nopass", "+@all", "-monitor", "~*");
  await using reader = await connect(server.url, { username: "reader", password: "x" });
  const seen = new Seen();
  using _watching = observe(redis, seen.observer);
  using _reading = observe(reader, seen.observer);
  const monitor = redis.monitor();
  await monitor.ready;
  assertEquals(seen.ends, ["command MONITOR 1: ok - 0 0"]);
  await assertRejects(() => reader.monitor().ready, ReplyError);
  await monitor.close();
  assertEquals(seen.ends.slice(1), ["command MONITOR 1: reply NOPERM 1 0"]);
});

test("what answers the PING behind a subscription is not told as its own", { skip: missing() }, async () => {
  await using server = await startRedis();
  await using admin = await connect(server.url);
  await admin.aclSetuser("reader", "on", "nopass", "+@all", "-ping", "~*", "resetchannels", "&open");
  await using redis = await connect(server.url, { username: "reader", password: "x" });
  const seen = new Seen();
  using _watching = observe(redis, seen.observer);
  await using _news = await redis.subscribe("open");
  await assertRejects(() => redis.subscribe("secret"), ReplyError);
  assertEquals(seen.ends.slice(0, 2), ["command SUBSCRIBE 1: ok - 0 0", "command SUBSCRIBE 1: reply NOPERM 1 0"]);
});

test("observers come and go, and cannot break what they watch", { skip: missing() }, async () => {
  await using server = await startRedis();
  await using pool = await connectPool(server.url, { size: 2 });
  const seen = [new Seen(), new Seen()];
  const first = observe(pool, seen[0]!.observer);
  const second = observe(pool, seen[1]!.observer);
  const rude = observe(pool, () => {
    throw new Error("at the start");
  });
  const ruder = observe(pool, () => () => {
    throw new Error("at the end");
  });
  observe(pool, () => {}).stop();
  await pool.set("k", "v");
  first.stop();
  first.stop();
  rude.stop();
  ruder.stop();
  assertEquals(await pool.pipeline((p) => [p.get("k")]), ["v"]);
  second[Symbol.dispose]();
  await pool.get("k");
  assertEquals(seen.map(({ ends }) => ends), [
    ["command SET 1: ok - 0 0"],
    ["command SET 1: ok - 0 0", "pipeline GET 1: ok - 0 0"],
  ]);
  assertThrows(() => observe(pool, {} as never), TypeError);
});

test("watched replies are paired as ever, with integrity on, too", { skip: missing() }, async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url, { integrity: true });
  const seen = new Seen();
  using _watching = observe(redis, seen.observer);
  await using one = await redis.subscribe("a");
  await using two = await redis.subscribe("a");
  const values = await Promise.all([
    redis.set("k", "v"),
    redis.pipeline((p) => [p.get("k"), p.dump("k"), p.strlen("k")]),
    redis.transaction((tx) => [tx.get("k"), tx.strlen("k")]),
    redis.get("k"),
  ]);
  assertEquals([values[0], values[1][0], values[1][2], values[2], values[3]], ["OK", "v", 1, ["v", 1], "v"]);
  assertEquals(seen.ended.at(-1)!.outcome.bytes, undefined);
  assertEquals([seen.begun.length - seen.ended.length, one.gaps, two.gaps], [0, 0, 0]);
  assert(seen.ended.length >= 5);
});

test("a lost connection ends what was on it", async () => {
  await using server = await startScripted(async (peer) => {
    await peer.command();
    await peer.send(HELLO);
    await peer.command();
    peer.reset();
  });
  await using redis = await connect(server.url, { clientInfo: false, resend: () => false });
  const seen = new Seen();
  using _watching = observe(redis, seen.observer);
  await assertRejects(() => redis.get("k"), ConnectionError);
  assertEquals(seen.ends, ["command GET 1: connection - 1 0"]);
});

test("whoever hears of a lost connection may send at once, behind what goes to the next one anyway", async () => {
  const said: string[] = [];
  await using server = await startScripted(greeted(async (peer, index) => {
    for (let words = await peer.command(); words; words = await peer.command()) {
      if (index === 0) {
        if (words[1] === "b") return peer.reset();
        continue;
      }
      said.push(words.join(" "));
      await peer.send("$5\r\nvalue\r\n");
    }
  }));
  await using redis = await connect(server.url, { clientInfo: false, resend: (spec) => spec.name === "GET" });
  let sent: Promise<string | null> | undefined;
  using _watching = observe(redis, () => ({ status }) => {
    if (status === "connection") sent ??= redis.get("at once");
  });
  const [set, get] = await Promise.allSettled([redis.set("a", 1), redis.get("b")]);
  assertEquals([set.status, get.status], ["rejected", "fulfilled"]);
  assertEquals(await sent, "value");
  assertEquals(said, ["GET b", "GET at once"]);
});

for (const where of ["on its connection", "for a connection"]) {
  test(`whoever hears of a pipeline given up while it waited ${where} may close the client: nobody is left behind`, async () => {
    await using server = await startScripted(async (peer, index) => {
      for (let words = await peer.command(); words && index === 0; words = await peer.command()) {
        if (words[0] === "INCR") return peer.destroy();
        await peer.send(words[0] === "HELLO" ? HELLO : "+OK\r\n");
      }
    });
    const redis = await connect(server.url, { clientInfo: false, queueTimeout: 0 });
    if (where === "for a connection") await redis.incr("lost").catch(() => {});
    using _watching = observe(redis, ({ kind }) => () => {
      if (kind === "pipeline") redis.destroy();
    });
    const stop = new AbortController();
    const given = redis.with({ signal: stop.signal }).pipeline((p) => [p.get("a"), p.get("b")]).catch((reason) =>
      reason
    );
    const other = assertRejects(() => redis.get("c"), ConnectionError, "closed");
    stop.abort("enough");
    assertEquals([await given, (await other).closed], ["enough", true]);
  });
}

for (const [what, run] of Object.entries(RUNS)) {
  test(`whoever ends the client for what a ${what} has come to takes nothing from its caller`, async () => {
    await using server = await startScripted(greeted(async (peer) => {
      for (let words = await peer.command(); words; words = await peer.command()) {
        if (words[0] === "GET") await peer.send("$5\r\nvalue\r\n");
        else if (words[0] === "INCR") await peer.send("-WRONGTYPE no\r\n");
      }
    }));
    const redis = await connect(server.url, { clientInfo: false });
    const seen = new Seen();
    using _seeing = observe(redis, seen.observer);
    using _ending = observe(redis, () => () => redis.destroy());
    await run(redis);
    assertEquals([seen.ends.length, seen.ended[0]!.outcome.status], [1, what.includes("refused") ? "reply" : "ok"]);
    await assertRejects(() => redis.get("k"), ConnectionError, "closed");
  });
}

test("bytes of a reply are its own, however it is cut and whatever comes between", async () => {
  const replies = ["$5\r\nhello\r\n", "*2\r\n:1\r\n$2\r\nab\r\n", "-ERR no\r\n", "+OK\r\n"];
  const push = ">2\r\n+message\r\n+x\r\n";
  for (const cut of [1, 2, 3, 7, 1000]) {
    await using server = await startScripted(async (peer) => {
      await peer.command();
      await peer.send(HELLO);
      for (const _ of replies) await peer.command();
      const all = replies.join(push);
      await peer.send(
        ...Array.from({ length: Math.ceil(all.length / cut) }, (_, i) => all.slice(i * cut, (i + 1) * cut)),
      );
    });
    await using redis = await connect(server.url, { clientInfo: false });
    const seen = new Seen();
    using _watching = observe(redis, seen.observer);
    await Promise.allSettled(replies.map((_, i) => redis.call("X", i)));
    assertEquals(seen.ended.map(({ outcome }) => outcome.bytes), replies.map(({ length }) => length), `cut ${cut}`);
  }
});

test("a refused MULTI or EXEC is no error of one command more", async () => {
  await using server = await startScripted(greeted(async (peer) => {
    for (let n = 0; n < 3; n++) await peer.command();
    await peer.send("-NOPERM no\r\n-NOPERM no\r\n-NOPERM no\r\n");
    await peer.untilEnded();
  }));
  await using redis = await connect(server.url, { clientInfo: false });
  const seen = new Seen();
  using _watching = observe(redis, seen.observer);
  await assertRejects(() => redis.transaction((tx) => [tx.set("k", "v")]));
  assertEquals(seen.ends, ["transaction SET 1: reply NOPERM 1 0"]);
});

test("a refusal that is told of later than it came does not have the bytes of another reply", async () => {
  await using server = await startScripted(greeted(async (peer) => {
    for (let words = await peer.command(); words; words = await peer.command()) {
      await peer.send(words[0] === "GET" ? "-LOADING not yet\r\n" : "+OK\r\n");
    }
  }));
  await using redis = await connect(server.url, { clientInfo: false });
  const seen = new Seen();
  using _watching = observe(redis, seen.observer);
  await redis.session(async (session) => {
    const refused = assertRejects(() => session.get("k"), ReplyError, "LOADING");
    await session.call("MULTI");
    await refused;
    await session.call("DISCARD");
  });
  const { outcome } = seen.ended.find(({ operation }) => operation.name === "GET")!;
  assertEquals([outcome.status, outcome.bytes], ["reply", undefined]);
});

test("a pipeline that is lost half-way tells what came of it", async () => {
  await using server = await startScripted(greeted(async (peer) => {
    for (let n = 0; n < 4; n++) await peer.command();
    await peer.send("-ERR no\r\n+OK\r\n");
    await peer.until("MORE");
    peer.reset();
  }));
  await using redis = await connect(server.url, { clientInfo: false, resend: () => false, backoff: () => null });
  const seen = new Seen();
  using _watching = observe(redis, seen.observer);
  const second = gate();
  const lost = redis.pipeline((p) => [
    p.set("a", 1),
    p.send(new CommandSpec("SET"), ["a", 2], () => second.open()),
    p.set("a", 3),
    p.set("a", 4),
  ], { errors: "return" });
  await second.opened;
  const more = redis.call("MORE");
  assertEquals((await lost).map((reply) => reply instanceof Error), [true, false, true, true]);
  await assertRejects(() => more, ConnectionError);
  assertEquals(seen.ends[0], "pipeline SET 4: connection - 3 0");
  assertEquals(seen.ended[0]!.outcome.bytes, "-ERR no\r\n+OK\r\n".length);
});

test("commands of one name have it together, though they were sent by name", { skip: missing() }, async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  const seen = new Seen();
  using _watching = observe(redis, seen.observer);
  await redis.pipeline((p) => [p.call("GET", "a"), p.call("get", "b"), p.get("c")]);
  await redis.transaction((tx) => [tx.call("SET", "a", 1), tx.call("SET", "b", 2)]);
  assertEquals(seen.ends, ["pipeline GET 3: ok - 0 0", "transaction SET 2: ok - 0 0"]);
});
