// A session is one connection of one's own: nobody gets it with what another has set, and it ends when it is lost.
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { connect, ConnectionError, connectPool, ReplyError, type Session, TimeoutError } from "../../mod.ts";
import { BLOCKING, BLOCKING_OPTION, SESSION } from "../../src/command/spec.ts";
import * as specs from "../../src/generated/specs.ts";
import { UNUSUAL } from "../../src/client/unusual.ts";
import { connectTransport } from "../../src/transport/default.ts";
import { gate } from "../support/gate.ts";
import { greeted, HELLO, startScripted } from "../support/scripted.ts";
import { missing, startRedis } from "../support/servers.ts";
import { test } from "../support/test.ts";

for (const version of ["redis-7.0", "redis-8", "valkey-9"] as const) {
  for (const protocol of [2, 3] as const) {
    test(`what a session sets is undone on the same connection, ${version}, RESP${protocol}`, {
      skip: missing(version),
    }, async () => {
      await using server = await startRedis({ version, password: "secret" });
      await using redis = await connect(server.url, { protocol, database: 2, clientName: "ours", maxSessions: 1 });
      await redis.set("where", "database 2");
      const used = await redis.session(async (s) => {
        await s.select(5);
        await s.clientSetname("theirs");
        await s.watch("where");
        await s.call("MULTI");
        assertEquals(await s.call("PING"), "QUEUED");
        return s.call("DISCARD").then(() => s.clientId());
      });
      await redis.session(async (s) => {
        assertEquals(await s.clientId(), used);
        assertEquals(await s.get("where"), "database 2");
        assertEquals(await s.clientGetname(), "ours");
        const info = String(await s.call("CLIENT INFO"));
        assert(info.includes(` resp=${protocol}`), info);
        assert(/ flags=N /.test(info) && !/ multi=[1-9]/.test(info), info);
        if (version !== "redis-7.0") assert(info.includes("lib-name=respire lib-ver="), info);
      });
    });

    test(`what RESET would leave, nobody inherits, ${version}, RESP${protocol}`, {
      skip: missing(version),
    }, async () => {
      await using server = await startRedis({ version });
      await using redis = await connect(server.url, { protocol, maxSessions: 1 });
      const used = await redis.session(async (s) => {
        await s.clientNoEvict(true);
        return await s.clientId();
      });
      await redis.session(async (s) => {
        assert(await s.clientId() !== used);
        assert(/ flags=N /.test(String(await s.call("CLIENT INFO"))));
      });
    });
  }
}

test("a session whose server is a replica by now keeps its connection, and nobody else gets it", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url, { maxSessions: 1 });
  const writes: ((session: Session) => Promise<unknown>)[] = [
    (session) => session.set("key", 1),
    (session) => session.pipeline((p) => [p.get("key"), p.set("key", 1)]),
    (session) => session.transaction((tx) => [tx.set("key", 1)]),
    (session) => session.call("MULTI").then(() => session.set("key", 1)),
  ];
  const numbers = new Set<number>();
  await redis.session(async (session) => numbers.add(await session.clientId()));
  for (const [done, write] of writes.entries()) {
    await redis.session(async (session) => {
      const number = await session.clientId();
      assertEquals(numbers.has(number), done === 0);
      numbers.add(number);
      await redis.replicaof("127.0.0.1", 1);
      await assertRejects(() => write(session), Error, "READONLY");
      await redis.replicaof("NO ONE");
      if (done < 3) assertEquals([await session.get("key"), await session.clientId()], [null, number]);
    });
  }
  await redis.session((session) => session.set("key", 2));
  assertEquals(await redis.get("key"), "2");
});

test("a session whose caller gave up before a replica refused him is not handed on either", async () => {
  const { open, opened } = gate();
  await using server = await startScripted(async (peer, index) => {
    await peer.command();
    await peer.send(HELLO);
    for (let words = await peer.command(); words; words = await peer.command()) {
      if (words[0] === "SET" && index === 1) await opened;
      await peer.send(words[0] === "SET" ? "-READONLY You can't write against a read only replica.\r\n" : ":7\r\n");
    }
  });
  await using redis = await connect(server.url, { clientInfo: false, maxSessions: 1 });
  // It has its connection at once: its time is for the server.
  await redis.session((before) => before.incr("n"));
  const session = await redis.with({ timeout: 20 }).session();
  await assertRejects(() => session.set("key", 1), TimeoutError, "it may have run");
  const released = session.release();
  open();
  await released;
  await redis.session((next) => next.incr("n"));
  assertEquals(server.peers.length, 3);
});

test("every command that the specification calls stateful or blocking is known by name, too, as the same", () => {
  const known = BLOCKING | BLOCKING_OPTION | SESSION;
  const unusual = Object.values(specs).filter((spec) => (spec.flags & known) !== 0);
  assert(unusual.length > 30);
  for (const { name, flags } of unusual) assertEquals([name, flags & known], [name, UNUSUAL.get(name)]);
});

test("a command that only a session has is refused elsewhere for the reason that holds for it", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  for (
    const [name, args, why] of [
      ["SELECT", [1], "SELECT changes the state of its connection"],
      ["WAIT", [0, 1], "WAIT waits for what its own connection has written"],
      ["WAITAOF", [0, 0, 1], "WAITAOF waits for what its own connection has written"],
    ] as const
  ) {
    await assertRejects(() => redis.call(name, ...args), TypeError, `${why}: use redis.session()`);
    assertThrows(() => redis.pipeline().call(name, ...args), TypeError, `${why}: send it on a session, on its own`);
  }
  assertEquals(await redis.session((s) => s.wait(0, 1)), 0);
});

test("a connection that was reset proves its pairing again", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url, { integrity: true, maxSessions: 1 });
  const echoes = async () => Number(/cmdstat_echo:calls=(\d+)/.exec(await redis.info("commandstats"))![1]);
  const first = await redis.session(async (s) => {
    await s.select(5); // from here on this connection is not tagged
    return await s.clientId();
  });
  await redis.session(async (s) => {
    assertEquals(await s.clientId(), first);
    const before = await echoes();
    for (let i = 0; i < 10; i++) assertEquals(await s.incr("n"), i + 1);
    assert(await echoes() >= before + 10);
  });
});

test("what a session leaves without a reset proves its pairing all the time", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url, { integrity: true, maxSessions: 1 });
  const echoes = async () => Number(/cmdstat_echo:calls=(\d+)/.exec(await redis.info("commandstats"))![1]);
  const numbers = new Set<number>();
  for (const use of [(s: Session) => s.watch("k"), (s: Session) => s.unwatch(), (s: Session) => s.wait(0, 1)]) {
    await redis.session(async (s) => {
      await use(s);
      numbers.add(await s.clientId());
    });
    await redis.session(async (s) => {
      numbers.add(await s.clientId());
      const before = await echoes();
      for (let i = 0; i < 10; i++) await s.incr("n");
      assert(await echoes() >= before + 10);
    });
  }
  assertEquals(numbers.size, 1);
  assertEquals(await redis.get("n"), "30");
});

test("a session that is given back within MULTI leaves nothing behind", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url, { maxSessions: 1 });
  await redis.session(async (s) => {
    await s.call("MULTI");
    await s.set("never", "written");
  });
  await redis.session(async (s) => {
    assertEquals(await s.set("k", "v"), "OK");
    assertEquals(await s.exists("never"), 0);
  });
});

for (const version of ["redis-7.0", "redis-8", "valkey-9"] as const) {
  test(`within a MULTI of its own a session takes no transaction, and what it keeps back does not run, ${version}`, {
    skip: missing(version),
  }, async () => {
    await using server = await startRedis({ version });
    await using redis = await connect(server.url);
    await using session = await redis.session();
    await session.call("MULTI");
    await session.set("kept back", 1);
    const transaction = () => session.transaction((tx) => [tx.incr("n")]);
    await assertRejects(transaction, TypeError, "within a MULTI of its own; send EXEC or DISCARD first");
    assertEquals(await redis.exists("kept back", "n"), 0);
    await session.call("DISCARD");
    assertEquals(await transaction(), [1]);
    assertEquals(await session.exists("kept back"), 0);
  });
}

test("within a session's own MULTI every reply is QUEUED", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  await redis.zadd("z", { ada: 1 });
  await using session = await redis.session();
  await session.call("MULTI");
  const replies: unknown[] = [await session.zscore("z", "ada"), await session.blpop(["list"], 0)];
  replies.push(...await session.pipeline((p) => [p.zscore("z", "ada"), p.zscore("z", "bob"), p.hgetall("h")]));
  assertEquals(replies, new Array(5).fill("QUEUED"));
  for (const walk of [session.scanIterator(), session.hscanIterator("h"), session.zscanIterator("z")]) {
    await assertRejects(() => walk[Symbol.asyncIterator]().next(), TypeError, "within a session's MULTI");
  }
  assertEquals((await session.call("EXEC") as unknown[]).length, replies.length);
  assertEquals(await session.zscore("z", "ada"), 1);
});

test("an EXEC that was not sent has ended no MULTI, and one that was refused has begun none", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  await using session = await redis.session();
  await session.call("MULTI");
  await session.set("kept back", 1);
  await assertRejects(() => session.call("EXEC", NaN), TypeError);
  await assertRejects(() => session.transaction((tx) => [tx.incr("n")]), TypeError, "within a MULTI of its own");
  await session.call("DISCARD");
  assertEquals(await redis.exists("kept back", "n"), 0);
  await redis.call("ACL SETUSER", "plain", "on", ">secret", "~*", "+@all", "-multi");
  await using plain = await connect(server.url, { username: "plain", password: "secret" });
  await using other = await plain.session();
  await assertRejects(() => other.call("MULTI"), ReplyError);
  assertEquals(await other.set("k", "v"), "OK");
  for await (const keys of other.scanIterator()) assertEquals(keys, ["k"]);
});

test("one that only watched keys is given back at the price of one command", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url, { maxSessions: 1 });
  const first = await redis.session(async (s) => {
    await s.watch("k");
    return await s.clientId();
  });
  await redis.set("k", "changed");
  await redis.session(async (s) => {
    assertEquals(await s.clientId(), first);
    assertEquals(await s.transaction((tx) => [tx.get("k")]), ["changed"]);
  });
  const stats = await redis.info("commandstats");
  assert(stats.includes("cmdstat_unwatch:calls=1,") && !stats.includes("cmdstat_reset"), stats);
});

test("where the server knows no RESET, the next user gets a new connection", async () => {
  await using server = await startScripted(async (peer) => {
    for (let words = await peer.command(); words; words = await peer.command()) {
      if (words[0] === "HELLO") await peer.send(HELLO);
      else if (words[0] === "RESET") await peer.send("-ERR unknown command 'RESET'\r\n");
      else await peer.send("+OK\r\n");
    }
  });
  await using redis = await connect(server.url, { clientInfo: false, maxSessions: 1 });
  await redis.session((s) => s.select(5));
  await redis.session(async (s) => assertEquals(await s.call("X"), "OK"));
  assertEquals(server.peers.length, 3);
  assert(!server.peers[2]!.text.includes("SELECT"));
});

test("where the connection is lost as it is reset, the next user waits for another, and so does the minimum", async () => {
  await using server = await startScripted(async (peer) => {
    for (let words = await peer.command(); words; words = await peer.command()) {
      if (words[0] === "HELLO") await peer.send(HELLO);
      else if (words[0] === "RESET") return peer.destroy();
      else await peer.send("+OK\r\n");
    }
  });
  let sockets = 0;
  const flaky: typeof connectTransport = (...to) =>
    ++sockets % 4 === 3 ? Promise.reject(new Error("refused")) : connectTransport(...to);
  await using redis = await connect(server.url, { clientInfo: false, maxSessions: 1, connect: flaky });
  await redis.session((s) => s.select(5));
  await redis.session(async (s) => assertEquals(await s.call("X"), "OK"));
  assertEquals([server.peers.length, sockets], [3, 4]);
  await using pool = await connectPool(server.url, { clientInfo: false, size: 2, min: 2, connect: flaky });
  await pool.session((s) => s.select(5));
  await server.peer(5);
});

test("a session whose connection is lost says so, and does not go on without what it had set", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  await using session = await redis.session();
  await session.watch("guarded");
  await redis.call("CLIENT KILL", "ID", await session.clientId());
  const error = await assertRejects(async () => {
    for (;;) await session.get("guarded"); // the first may go out before the loss is seen
  }, ConnectionError);
  assertEquals(error.closed, false);
  const over = await assertRejects(() => session.get("guarded"), ConnectionError, "of this session was lost");
  assertEquals([over.sent, over.command], [false, "GET"]);
  const transaction = session.transaction((tx) => [tx.set("guarded", "overwritten")]);
  assertEquals((await assertRejects(() => transaction, ConnectionError, "of this session was lost")).sent, false);
  assertEquals(await redis.get("guarded"), null);
  await redis.session(async (s) => assertEquals(await s.set("guarded", "anew"), "OK"));
});

test("a read in a session is not sent again behind its back", async () => {
  await using server = await startScripted(async (peer, index) => {
    await peer.command();
    await peer.send(HELLO);
    for (let words = await peer.command(); words; words = await peer.command()) {
      if (index === 1 && words[0] === "GET") return peer.destroy();
      await peer.send("+OK\r\n");
    }
  });
  await using redis = await connect(server.url, { clientInfo: false });
  await using session = await redis.session();
  await session.watch("k");
  const [read, write] = await Promise.allSettled([session.get("k"), session.incr("n")]);
  for (const one of [read, write]) {
    assert(one.status === "rejected" && one.reason instanceof ConnectionError);
    assertEquals(one.reason.sent, true);
  }
  assertEquals(server.peers.length, 2);
});

test("READONLY within a session is the caller's: another connection would not have its state", async () => {
  await using server = await startScripted(async (peer, index) => {
    await peer.command();
    await peer.send(HELLO);
    while (await peer.command()) await peer.send(index === 1 ? "-READONLY You can't write\r\n" : "+OK\r\n");
  });
  await using redis = await connect(server.url, { clientInfo: false });
  await using session = await redis.session();
  await assertRejects(() => session.incr("n"), Error, "READONLY");
  assertEquals(server.peers.length, 2);
});

test("what would leave commands without replies, or replies without commands, is refused however it is spelled", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  await using session = await redis.session();
  const bytes = new TextEncoder().encode("reply");
  for (const surface of [redis, session]) {
    await assertRejects(() => surface.call("CLIENT REPLY", "OFF"), TypeError, "without replies");
    await assertRejects(() => surface.call("client reply", "skip"), TypeError, "without replies");
    await assertRejects(() => surface.call("CLIENT", "REPLY", "off"), TypeError, "without replies");
    await assertRejects(() => surface.call("CLIENT", bytes, "off"), TypeError, "without replies");
    await assertRejects(() => surface.call("monitor"), TypeError, "redis.monitor()");
    await assertRejects(() => surface.call("PSYNC", "?", -1), TypeError, "stream of changes");
    await assertRejects(() => surface.call("REPLCONF", "ACK", 0), TypeError, "not all of it is answered");
    await assertRejects(() => surface.call("SUBSCRIBE", "news"), TypeError, "redis.subscribe()");
    for (const line of ["subscribe news", "SELECT 1", "BLPOP queue", "PSYNC ?"]) {
      await assertRejects(() => surface.call(line), TypeError, "arguments are given apart");
    }
  }
  assertEquals(await session.call("CLIENT REPLY", "ON"), "OK");
  assertEquals(await session.get("k"), null);
});

test("what stands behind a command's name in call() goes out as it was given, whatever the case of the name", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  await using session = await redis.session();
  await redis.set("Key", 7);
  for (const surface of [redis, session]) {
    assertEquals(await surface.call(" get Key "), "7");
    assertEquals(await surface.call("object encoding", "Key"), "int");
    assertEquals(await surface.call("Object", "Encoding", "Key"), "int");
  }
  assertEquals(await redis.pipeline((p) => [p.call("get Key"), p.call("GET key")]), ["7", null]);
  const refused = await assertRejects(() => redis.call("lpush Key", 1), ReplyError);
  assertEquals(refused.command, "LPUSH");
  const unknown = await assertRejects(() => redis.call("object nothing", 1), ReplyError);
  assertEquals(unknown.command, "OBJECT");
});

test("a blocking command given up on a session loses no element, and the session goes on", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  // The connection is there: the time is for the server.
  await redis.session((session) => session.ping());
  const hasty = redis.with({ timeout: 50 });
  await using session = await hasty.session();
  const error = await assertRejects(() => session.blpop(["queue"], 0), TimeoutError, "nothing was taken");
  assertEquals([error.sent, error.command], [true, "BLPOP"]);
  await redis.rpush("queue", "kept");
  assertEquals(await session.lrange("queue", 0, -1), ["kept"]);
});

test("a session given back while a command runs is answered, or replaced", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url, { maxSessions: 1 });
  const quick = await redis.session();
  const before = quick.incr("n");
  await quick.release();
  assertEquals(await before, 1);
  await assertRejects(() => quick.incr("n"), TypeError, "given back");
  await assertRejects(() => quick.transaction((tx) => [tx.incr("n")]), TypeError, "given back");
  await assertRejects(() => quick.pipeline((p) => [p.incr("n")]), TypeError, "given back");
  const held = await redis.session();
  const blocked = held.blpop(["queue"], 0);
  blocked.catch(() => {});
  while (!String(await redis.call("CLIENT LIST")).includes("cmd=blpop")) await redis.ping();
  await held.release();
  const over = await assertRejects(
    () => blocked,
    ConnectionError,
    "BLPOP: The session was given back; it may have run",
  );
  assertEquals([over.sent, over.closed], [true, false]);
  await redis.session(async (s) => assertEquals(await s.incr("n"), 2));
  await redis.rpush("queue", "still there");
  assertEquals(await redis.llen("queue"), 1);
});

test("a session given back while its client is being closed is answered, too", async () => {
  await using server = await startRedis();
  const redis = await connect(server.url);
  const session = await redis.session();
  await session.ping();
  const before = session.incr("n");
  const closed = redis.close();
  await session.release();
  assertEquals(await before, 1);
  await closed;
});

test("a session given back while its connection is made again is answered, too", async () => {
  await using server = await startRedis();
  const [lost, back] = [gate(), gate()];
  let first = 2;
  const slow: typeof connectTransport = async (...to) => {
    if (first-- <= 0) await (lost.open(), back.opened);
    return await connectTransport(...to);
  };
  await using pool = await connectPool(server.url, { size: 2, min: 2, connect: slow });
  await pool.call("CLIENT KILL", "ID", await pool.session((s) => s.clientId()));
  await lost.opened;
  const session = await pool.session();
  const before = session.incr("n");
  const released = session.release();
  back.open();
  assertEquals(await before, 1);
  await released;
});

test("a session given back while its connection is lost as it is reset is answered on another, too", async () => {
  const lose = gate();
  await using server = await startScripted(async (peer) => {
    for (let words = await peer.command(); words; words = await peer.command()) {
      if (words[0] === "HELLO") await peer.send(HELLO);
      else if (words[0] === "RESET") return await lose.opened.then(() => peer.destroy());
      else await peer.send("+OK\r\n");
    }
  });
  await using redis = await connect(server.url, { clientInfo: false, maxSessions: 1 });
  await redis.session((s) => s.select(5));
  const session = await redis.session();
  const before = session.call("X");
  const released = session.release();
  lose.open();
  assertEquals(await before, "OK");
  await released;
});

test("a session that sets something before it has its connection is reset all the same", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url, { maxSessions: 1 });
  const session = await redis.session();
  const selected = session.select(5).catch(() => {});
  await session.release();
  await selected;
  await redis.session((s) => s.set("k", "0"));
  assertEquals(await redis.get("k"), "0");
});

test("with({ timeout }) holds for waiting for a session, too", async () => {
  await using server = await startRedis();
  await using pool = await connectPool(server.url, { size: 2, waitTimeout: 0 });
  await using _held = await pool.session();
  const late = await assertRejects(() => pool.with({ timeout: 40 }).session(), TimeoutError, "no connection was free");
  assertEquals([late.sent, late.waitingFor, late.after], [false, "connection", 40]);
  const popped = await assertRejects(() => pool.with({ timeout: 40 }).blpop(["q"], 0), TimeoutError);
  assertEquals([popped.sent, popped.waitingFor, popped.command], [false, "connection", "BLPOP"]);
  const stop = new AbortController();
  const aborted = pool.with({ signal: stop.signal }).session();
  stop.abort(new Error("enough"));
  await assertRejects(() => aborted, Error, "enough");
  assertEquals(pool.stats().waiting, 0);
});

test("a session's arguments are for the encoder to look at, and to refuse", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  const bad = Object.create(null);
  await redis.session(async (s) => {
    for (const surface of [redis, s]) {
      await assertRejects(() => surface.set("k", bad), TypeError, "SET: argument 2 is an object");
      await assertRejects(() => surface.call("ECHO", bad), TypeError, "ECHO: argument 1 is an object");
    }
  });
});

for (const way of ["session", "watch"] as const) {
  test(`whoever hears that his ${way}() failed waits for no silent server, and nobody gets its connection`, async () => {
    await using server = await startScripted(greeted(async (peer, index) => {
      // The first connection is shared, the second is that of the work that fails.
      if (index === 2) {
        assertEquals(await peer.command(), ["GET", "k"]);
        await peer.send("$1\r\nv\r\n");
      }
      await peer.untilEnded();
    }));
    await using redis = await connect(server.url, { clientInfo: false, maxSessions: 1 });
    // Enough for the connection to be opened.
    const hasty = redis.with({ timeout: 500 });
    const work = { session: () => hasty.session((s) => s.get("k")), watch: () => hasty.watch("k", () => {}) };
    await assertRejects(work[way], TimeoutError, "no reply");
    assertEquals(redis.stats().leased, 1);
    assertEquals(await redis.session((s) => s.get("k")), "v");
    assertEquals(redis.stats().leased, 0);
  });
}

test("the next user of a connection finds nothing of a session whose work failed", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url, { maxSessions: 1 });
  const failing = redis.session(async (s) => {
    await s.select(5);
    await s.watch("k");
    s.set("k", "5").catch(() => {});
    throw new Error("enough");
  });
  const next = redis.session((s) => s.set("k", "0"));
  await assertRejects(() => failing, Error, "enough");
  assertEquals([await next, await redis.get("k")], ["OK", "0"]);
});
