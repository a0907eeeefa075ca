import { assert, assertEquals, assertInstanceOf, assertRejects, assertThrows } from "@std/assert";
import {
  connect,
  ConnectionError,
  connectPool,
  KIT,
  Redis,
  ReplyError,
  TimeoutError,
  TransactionError,
} from "../../mod.ts";
import { connectTransport, open } from "../../src/client/mod.ts";
import { answering, greeted, startScripted } from "../support/scripted.ts";
import { startRedis } from "../support/servers.ts";
import { test } from "../support/test.ts";
import { adapters } from "../transport/adapters.ts";

test("connect() takes a URL, options, or both", async () => {
  await using server = await startRedis();
  for (
    const [target, options] of [
      [server.url, undefined],
      [{ hostname: server.hostname, port: server.port }, undefined],
      [server.url, { database: 3, clientName: "tester" }],
    ] as const
  ) {
    await using redis = await connect(target, options);
    await redis.set("k", "v");
    assertEquals(await redis.get("k"), "v");
  }
  await using redis = await connect(server.url, { clientName: "tester" });
  assertEquals(await redis.call("CLIENT GETNAME"), "tester");
});

test("connect() refuses options that make no sense, naming them", async () => {
  await assertRejects(async () => await connect("http://localhost"), TypeError, "http://");
  await assertRejects(async () => await connect({ hots: "x" } as never), TypeError, "hots");
  await assertRejects(async () => await connect({ port: 70000 }), RangeError, "port");
  await assertRejects(async () => await connect({ connectTimeout: 1.5 }), TypeError, "connectTimeout");
});

test("a wrong password is told in the server's words, without the password", async () => {
  await using server = await startRedis({ password: "right" });
  const address = { hostname: server.hostname, port: server.port };
  const error = await assertRejects(() => connect({ ...address, password: "wrong-one" }), ConnectionError, "WRONGPASS");
  assert(!error.message.includes("wrong-one"));
  await assertRejects(() => connect(address), ConnectionError, "NOAUTH");
  await using redis = await connect({ ...address, password: "right" });
  assertEquals(await redis.call("PING"), "PONG");
  await using old = await connect({ ...address, password: "right", protocol: 2 });
  assertEquals(await old.call("PING"), "PONG");
});

test("strings, bytes and bigints are three views of one connection", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  const bytes = new Uint8Array([0, 13, 10, 255, 128]);
  await redis.set(bytes, bytes);
  assertEquals(await redis.bytes.get(bytes), bytes);
  await redis.set("n", "9007199254740993");
  assertEquals(await redis.bigints.incr("n"), 9007199254740994n);
  await assertRejects(() => redis.incr("n"), RangeError, "beyond 2^53");
  assertEquals(await redis.call("INCR", "n"), 9007199254740996n);
  assertEquals(redis.stats().shared, 1);
});

test("an error reply rejects its own command and nothing else", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  const [, bad, good] = await Promise.allSettled([redis.set("s", "text"), redis.incr("s"), redis.get("s")]);
  assert(bad.status === "rejected");
  assertInstanceOf(bad.reason, ReplyError);
  assertEquals([bad.reason.code, bad.reason.command], ["ERR", "INCR"]);
  assertEquals(good, { status: "fulfilled", value: "text" });
});

test("a pipeline gives a typed tuple, or its errors in their places", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  const [text, n]: [string | null, number] = await redis.pipeline((p) => [p.get("a"), p.incr("n")]);
  assertEquals([text, n], [null, 1]);
  await redis.set("s", "text");
  await assertRejects(() => redis.pipeline((p) => [p.incr("s"), p.incr("n")]), ReplyError, "integer");
  const [bad, good] = await redis.pipeline((p) => [p.incr("s"), p.incr("n")], { errors: "return" });
  assertInstanceOf(bad, ReplyError);
  assertEquals(good, 3);
  assertEquals(
    await redis.pipeline((p) => {
      const last = p.get("s");
      p.incr("n");
      return [last];
    }),
    ["text"],
  );
});

test("a pipeline filled by hand keeps order over many parts", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  const p = redis.pipeline();
  for (let i = 0; i < 50_000; i++) p.hset("words", `word|${i}`, String(i));
  assertEquals(await p.exec(), new Array(50_000).fill(1));
  const q = redis.pipeline();
  for (let i = 0; i < 50_000; i++) q.hget("words", `word|${i}`);
  const replies = await q.exec();
  assertEquals(replies.length, 50_000);
  for (let i = 0; i < replies.length; i++) if (replies[i] !== String(i)) throw new Error(`mispaired at ${i}`);
  assertEquals(await q.exec(), []);
});

test("a pipeline of a generator keeps no replies if told so", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  const replies = await redis.pipeline(function* (p) {
    for (let i = 0; i < 100_000; i++) yield p.incr("n");
  }, { replies: false });
  assertEquals(replies, []);
  assertEquals(await redis.get("n"), "100000");
});

test("a generator that returns a list gives the replies of that, on a session as well", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  const [text, n]: [string | null, number] = await redis.pipeline(function* (p) {
    yield p.set("text", "a");
    return [p.get("text"), p.incr("n")];
  });
  assertEquals([text, n], ["a", 1]);
  const all = await redis.session((s) =>
    s.pipeline(function* (p) {
      yield p.incr("n");
      yield p.incr("n");
    })
  );
  assertEquals(all, [2, 3]);
});

test("a pipeline of a list that keeps no replies gives none, and its type says so", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  const none: [] = await redis.pipeline((p) => [p.incr("n"), p.incr("n")], { replies: false });
  assertEquals(none, []);
  const same: [] = await redis.session((s) => s.pipeline((p) => [p.incr("n")], { replies: false, errors: "return" }));
  assertEquals(same, []);
  assertEquals(await redis.get("n"), "3");
});

test("a queued command cannot be awaited, and a builder must list its own commands", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  const p = redis.pipeline();
  await assertRejects(async () => await p.get("a"), TypeError, "cannot be awaited");
  await assertRejects(
    async () => await redis.pipeline(((q: typeof p) => Promise.resolve([q.get("a")])) as never),
    TypeError,
    "at once",
  );
  await assertRejects(async () => await redis.pipeline(() => [redis.get("a")]), TypeError, "not a command");
  const none = undefined as never;
  for (const build of [none, {} as never]) {
    await assertRejects(() => redis.transaction(build), TypeError, "must be a function");
    await redis.session(async (s) => {
      await assertRejects(() => s.pipeline(build), TypeError, "must be a function");
      await assertRejects(() => s.transaction(build), TypeError, "must be a function");
    });
  }
  assertThrows(() => p.hset("h", "f", null as unknown as string), TypeError, "argument 3");
});

test("a transaction is one tuple, all or nothing", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  assertEquals(await redis.transaction((tx) => [tx.incr("a"), tx.get("a"), tx.hset("h", "f", "v")]), [1, "1", 1]);
  const [bad, good] = await redis.transaction((tx) => [tx.incr("h"), tx.incr("a")], { errors: "return" });
  assertInstanceOf(bad, ReplyError);
  assertEquals(good, 2);
  // The server takes it for the transaction, and refuses it as it runs: the rest has run as well.
  const refused = await assertRejects(
    () => redis.transaction((tx) => [tx.incr("a"), tx.set("k", "v", { ex: -1 })]),
    ReplyError,
    "invalid expire time",
  );
  assertEquals([refused.command, await redis.get("a"), await redis.get("k")], ["SET", "3", null]);
});

test("a transaction that the server refuses names the command and its code; the server's words are the cause", async () => {
  await using server = await startRedis();
  await using admin = await connect(server.url);
  await admin.call("ACL SETUSER", "ada", "on", ">secret", "~*", "+@all", "-incr", "-exec");
  await using redis = await connect(server.url, { username: "ada", password: "secret" });
  const refused = async (build: Parameters<typeof redis.transaction>[0]) => {
    const error = await assertRejects(() => redis.transaction(build), TransactionError);
    assertInstanceOf(error.cause, ReplyError);
    return { ...error, message: error.message, cause: error.cause };
  };
  const denied = await refused((tx) => [tx.get("a"), tx.get("b"), tx.incr("n")]);
  assertEquals(denied.message, "The server refused INCR (NOPERM): nothing of the transaction ran");
  assertEquals([...denied.errors.keys()], [2]);
  assertEquals(denied.cause, denied.errors.get(2));
  assertEquals([denied.cause.command, denied.cause.message.includes("permission")], ["INCR", true]);
  const unknown = await refused((tx) => [tx.call("NOPE", "an argument")]);
  assertEquals([unknown.cause.command, unknown.message.includes("an argument")], ["NOPE", false]);
  const last = await refused((tx) => [tx.get("a")]);
  assertEquals([last.cause.command, last.errors.size, last.message.includes("permission")], ["EXEC", 0, false]);
});

test("an EXEC that is refused otherwise is a ReplyError that names it", async () => {
  const answers: Record<string, string> = { MULTI: "+OK", GET: "+QUEUED", EXEC: "-CLUSTERDOWN The cluster is down" };
  await using server = await startScripted(greeted(answering(([name]) => `${answers[name!]}\r\n`)));
  await using redis = await connect(server.url, { clientInfo: false });
  const error = await assertRejects(() => redis.transaction((tx) => [tx.get("a")]), ReplyError);
  assertEquals(error.command, "EXEC");
});

test("a transaction whose MULTI is refused within another says that nothing ran, where EXEC says so", async () => {
  const answers: Record<string, string> = { MULTI: "-ERR MULTI calls can not be nested", GET: "+QUEUED" };
  await using server = await startScripted(greeted(answering(([name]) => `${answers[name!]}\r\n`)));
  await using redis = await connect(server.url, { clientInfo: false });
  for (const [exec, reason] of [["-EXECABORT Transaction discarded", "abort"], ["_", "watch"]] as const) {
    answers.EXEC = exec;
    const error = await assertRejects(() => redis.transaction((tx) => [tx.get("a")]), TransactionError);
    assertEquals(error.reason, reason);
  }
});

test("WATCH makes a transaction fail when a watched key changes", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  await using session = await redis.session();
  await session.watch("a");
  await redis.set("a", "changed");
  const error = await assertRejects(() => session.transaction((tx) => [tx.get("a")]), TransactionError);
  assertEquals(error.reason, "watch");
  await session.watch("a");
  assertEquals(await session.transaction((tx) => [tx.get("a")]), ["changed"]);
});

test("blocking commands hold nobody up", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  const popped = redis.blpop(["list"], 10);
  const stream = redis.call("XREAD", "BLOCK", 10_000, "STREAMS", "s", "$");
  assertEquals(await redis.get("a"), null);
  await redis.rpush("list", "x");
  assertEquals(await popped, ["list", "x"]);
  while (!(String(await redis.call("CLIENT LIST"))).includes("cmd=xread")) await redis.get("a");
  await redis.call("XADD", "s", "*", "f", "v");
  assert(Array.isArray(await stream));
});

test("commands that change their connection are refused on a shared one, and a session is clean after them", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  for (const name of ["MULTI", "SELECT", "SUBSCRIBE", "client reply", "MONITOR"]) {
    await assertRejects(() => redis.call(name, "1"), TypeError);
  }
  await redis.session(async (s) => {
    await s.select(5);
    await s.set("only-in-5", "x");
  });
  await redis.session(async (s) => assertEquals(await s.get("only-in-5"), null));
});

test("a pool spreads commands, keeps the surface, and opens lazily", async () => {
  await using server = await startRedis();
  await using pool = await connectPool({ hostname: server.hostname, port: server.port, size: 4 });
  assertEquals(pool.stats().shared, 1);
  const n = 20_000;
  const replies = await Promise.all(Array.from({ length: n }, (_, i) => pool.hset("h", `f${i}`, "v")));
  assertEquals(replies.length, n);
  assert(pool.stats().shared > 1 && pool.stats().shared <= 4);
  assertEquals(await pool.call("HLEN", "h"), n);
  assertEquals(await pool.pipeline((p) => [p.hget("h", "f1")]), ["v"]);
});

test("a pool hands out sessions first come, first served, with a limit on waiting", async () => {
  await using server = await startRedis();
  await using pool = await connectPool({ hostname: server.hostname, port: server.port, size: 2, waitTimeout: 100 });
  const order: number[] = [];
  const first = await pool.session();
  const second = pool.session().then(async (s) => (order.push(2), await s.release()));
  const third = pool.session().then(async (s) => (order.push(3), await s.release()));
  assertEquals(pool.stats().waiting, 2);
  await first.release();
  await Promise.all([second, third]);
  assertEquals(order, [2, 3]);
  await using _held = await pool.session();
  const error = await assertRejects(() => pool.session(), TimeoutError);
  assertEquals(error.waitingFor, "connection");
  assertEquals(await pool.get("still"), null);
});

test("a pool survives its server being restarted", async () => {
  await using server = await startRedis();
  await using pool = await connectPool({ hostname: server.hostname, port: server.port, size: 3 });
  await Promise.all(Array.from({ length: 1000 }, (_, i) => pool.incr(`k${i}`)));
  await server.restart();
  assertEquals(await pool.get("nothing"), null);
});

test("100 MB of pipeline does not deadlock", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  const value = "x".repeat(100_000);
  const p = redis.pipeline();
  for (let i = 0; i < 1000; i++) p.call("ECHO", value);
  const replies = await p.exec();
  assertEquals(replies.length, 1000);
  assert(replies.every((reply) => reply === value));
});

test("values of every kind come back as they went", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  const values = ["", "\r\n", "$5\r\n", "ä€😀", "x".repeat(1_000_000), "é".repeat(300_000)];
  for (const value of values) {
    await redis.set("k", value);
    assertEquals(await redis.get("k"), value);
  }
  await redis.set("k", 1e21);
  assertEquals(await redis.get("k"), "1000000000000000000000");
  await assertRejects(() => redis.set("k", "\ud800"), TypeError, "surrogate");
  await assertRejects(() => redis.set("k", NaN), TypeError, "NaN");
});

for (const { name, connect: connectTransport } of await adapters()) {
  test(`${name}: texts of every size come back as they went, many at once`, async () => {
    await using server = await startRedis();
    await using redis = await connect(server.url, { connect: connectTransport });
    const texts: string[] = [];
    for (const size of [1, 1024, 4095, 4096, 4097, 16_384, 65_536, 102_400, 524_287, 524_288, 524_289, 600_000]) {
      for (const letter of ["a", "é"]) {
        const ends = `${letter}${texts.length}`;
        texts.push(ends + letter.repeat(size) + ends);
      }
    }
    await redis.pipeline((p) => texts.map((text, i) => p.set(`k${i}`, text)));
    for (let round = 0; round < 3; round++) {
      const got = await Promise.all(texts.map((_, i) => redis.get(`k${i}`)));
      texts.forEach((text, i) => assert(got[i] === text, `${text.length} characters`));
    }
    assert((await redis.mget(texts.map((_, i) => `k${i}`))).every((text, i) => text === texts[i]));
    for (const [i, text] of texts.entries()) assert(await redis.get(`k${i}`) === text, `${text.length} characters`);
  });

  test(`${name}: long arguments are sent as they were when the command was issued, whatever becomes of them`, async () => {
    await using server = await startRedis();
    await using redis = await connect(server.url, { connect: connectTransport });
    const buffer = new Uint8Array(12_000_000);
    const sizes = [12_000_000, 11_000_000, 40_000, 1_000_000, 33_000, 70_000];
    let n = 0;
    // Alone, and with others behind it that find the socket still busy with it, which takes no 11 MB at once.
    for (let together = 1; together <= 24; together++) {
      const issued = Array.from({ length: together % 4 + 1 }, () => {
        const size = sizes[n % sizes.length]!;
        const letter = 65 + n % 26;
        const key = `k${n % 7}-${together}`;
        const value = buffer.subarray(0, size).fill(letter);
        const set = redis.set(key, n++ % 3 === 0 ? String.fromCharCode(letter).repeat(size) : value);
        buffer.fill(0, 0, size);
        return { key, size, letter, set };
      });
      if (together % 5 === 0) await Promise.all(issued.map(({ set }) => set));
      for (const { key, size, letter, set } of issued) {
        const got = redis.bytes.get(key);
        assertEquals(await set, "OK");
        const bytes = (await got)!;
        let wrong = bytes[size - 1] === letter ? -1 : size - 1;
        for (let at = 0; at < size; at += 61) if (bytes[at] !== letter) wrong = at;
        assertEquals([bytes.length, wrong], [size, -1], key);
      }
    }
  });
}

test("a byte order mark is text like any other, in a transaction and in messages, too", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  await redis.set("k", "\ufefftext");
  const [text] = await redis.transaction((tx) => [tx.get("k"), tx.dump("k")]);
  assertEquals(text, "\ufefftext");
  await using _bytes = await redis.bytes.subscribe("other");
  for (const channel of ["\ufeffnews", "a\ufffdb"]) {
    await using news = await redis.subscribe(channel);
    assertEquals(await redis.publish(channel, "\ufeffhello"), 1);
    for await (const message of news) {
      assertEquals(message, { channel, message: "\ufeffhello" });
      break;
    }
  }
});

test("a class that extends Redis is opened with KIT, and has its methods on every surface", async () => {
  class Shop extends Redis {
    async sell(item: string): Promise<number> {
      const [left] = await this.transaction((tx) => [tx.decr(`stock:${item}`)]);
      return left;
    }
  }
  await using server = await startRedis();
  await using shop = await open<Shop>({ ...KIT, client: Shop }, connectTransport, server.url);
  await shop.set("stock:pears", 5);
  assertEquals(await shop.sell("pears"), 4);
  assertEquals(await shop.with({ timeout: 60_000 }).sell("pears"), 3);
  assert(shop.bytes instanceof Shop && shop.bigints instanceof Shop);
});
