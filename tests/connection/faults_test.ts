// The invariant of this file: no promise ever settles with another command's reply, and every one settles once.
import { assert, assertEquals, assertInstanceOf, assertRejects, assertStringIncludes } from "@std/assert";
import { connect, ConnectionError, ReplyError, TimeoutError } from "../../mod.ts";
import { SECOND_LOOK } from "../../src/connection/silence.ts";
import { cuts } from "../support/bytes.ts";
import { gate } from "../support/gate.ts";
import { answering, greeted, HELLO, startScripted } from "../support/scripted.ts";
import { test } from "../support/test.ts";
import { held } from "../support/timers.ts";
import { open } from "./open.ts";

test("connect() explains a refused port", async () => {
  const server = await startScripted();
  const { url } = server;
  await server[Symbol.asyncDispose]();
  const error = await assertRejects(() => connect(url), ConnectionError, "connection refused");
  assertEquals(error.sent, false);
});

test("an attempt that fails without a word is told by its code", async () => {
  const error = Object.assign(new AggregateError([]), { code: "EADDRNOTAVAIL" });
  await assertRejects(
    () => open("redis://many.example", { connect: () => Promise.reject(error) }),
    ConnectionError,
    "Cannot connect to many.example:6379: EADDRNOTAVAIL",
  );
});

test("connect() explains a host name that does not resolve", async () => {
  await assertRejects(() => connect("redis://no-such-host.invalid:6379"), ConnectionError, "cannot be resolved");
});

test("connect() gives up on a server that accepts and says nothing", async () => {
  await using server = await startScripted();
  const error = await assertRejects(() => connect(server.url, { connectTimeout: 100 }), TimeoutError, "100 ms");
  assertEquals(error.waitingFor, "connect");
});

test("a greeting that a busy process has yet to read has a second look to be read in", async () => {
  const { open: answer, opened } = gate();
  await using server = await startScripted(async (peer) => {
    await peer.command();
    await opened;
    await peer.send(HELLO);
  });
  using limit = held(1234);
  using look = held(SECOND_LOOK);
  const connecting = open(server.url, { connectTimeout: 1234 });
  await (await server.peer()).until("HELLO");
  limit.fire();
  answer();
  await using _redis = await connecting;
  assertEquals([limit.size, look.size], [0, 0]);
});

test("connect() tells a server that is not Redis", async () => {
  await using server = await startScripted(async (peer) => {
    await peer.until(1);
    await peer.send("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
  });
  await assertRejects(() => open(server.url), ConnectionError, "does not speak the Redis protocol");
});

test("connect() passes on what a server in protected mode says", async () => {
  await using server = await startScripted(async (peer) => {
    await peer.send("-DENIED Redis is running in protected mode\r\n");
    peer.end();
  });
  await assertRejects(() => open(server.url), ConnectionError, "protected mode");
});

test("connect() falls back to RESP2 where HELLO is not known", async () => {
  const seen: string[][] = [];
  await using server = await startScripted(answering((words) => {
    seen.push(words);
    return words[0] === "HELLO" ? "-ERR unknown command 'HELLO'\r\n" : "+OK\r\n";
  }));
  await using redis = await open(server.url, { username: "ada", password: "secret", database: 2 });
  assertEquals(await redis.call("ANYTHING"), "OK");
  assertEquals(seen.map((words) => words[0]), ["HELLO", "SELECT", "AUTH", "SELECT", "CLIENT", "ANYTHING"]);
  assertEquals(seen[2], ["AUTH", "ada", "secret"]);
});

test("a reply cut at any byte settles its own command, and the next its own", async () => {
  const replies = "$5\r\nhe\r\no\r\n-ERR no\r\n*2\r\n:1\r\n$-1\r\n";
  for (const { chunks } of cuts(replies)) {
    await using server = await startScripted(greeted(async (peer) => {
      for (let i = 0; i < 3; i++) await peer.command();
      await peer.send(...chunks);
    }));
    await using redis = await open(server.url);
    const [one, two, three] = await Promise.allSettled([redis.get("a"), redis.incr("b"), redis.call("X")]);
    assertEquals(one, { status: "fulfilled", value: "he\r\no" });
    assert(two.status === "rejected" && two.reason instanceof ReplyError);
    assertEquals(two.reason.command, "INCR");
    assertEquals(three, { status: "fulfilled", value: [1, null] });
  }
});

test("a connection dropped with 10,000 commands in flight rejects each once, saying that they may have run", async () => {
  await using server = await startScripted(greeted(async (peer) => {
    await peer.until("k9999\r\n");
    await peer.send(":1\r\n:2\r\n:3\r\n:4");
    peer.destroy();
  }));
  await using redis = await open(server.url, { backoff: () => null });
  const all = await Promise.allSettled(Array.from({ length: 10_000 }, (_, i) => redis.incr(`k${i}`)));
  assertEquals(all.slice(0, 3).map((one) => one.status === "fulfilled" && one.value), [1, 2, 3]);
  for (const one of all.slice(3)) {
    assert(one.status === "rejected");
    assertInstanceOf(one.reason, ConnectionError);
    assertEquals(one.reason.sent, true);
    assertEquals(one.reason.command, "INCR");
  }
});

test("a read-only command is sent again after its connection was lost, a write is not", async () => {
  await using server = await startScripted(greeted(async (peer, index) => {
    if (index === 0) {
      await peer.command();
      await peer.command();
      return peer.destroy();
    }
    while (await peer.command()) await peer.send("$1\r\nv\r\n");
  }));
  await using redis = await open(server.url);
  const [read, write] = await Promise.allSettled([redis.get("a"), redis.incr("b")]);
  assertEquals(read, { status: "fulfilled", value: "v" });
  assert(write.status === "rejected" && write.reason instanceof ConnectionError && write.reason.sent);
});

test("garbage ends the connection: what follows it is not paired", async () => {
  await using server = await startScripted(greeted(async (peer, index) => {
    if (index > 0) return;
    await peer.command();
    await peer.command();
    await peer.send(":1\r\nwhat is this\r\n:2\r\n");
  }));
  await using redis = await open(server.url, { backoff: () => null });
  const [one, two] = await Promise.allSettled([redis.incr("a"), redis.incr("b")]);
  assertEquals(one, { status: "fulfilled", value: 1 });
  assert(two.status === "rejected" && two.reason instanceof ConnectionError);
});

test("a reply that nobody waits for ends the connection", async () => {
  await using server = await startScripted(greeted(async (peer, index) => {
    while (await peer.command()) await peer.send(index === 0 ? ":1\r\n:99\r\n" : ":2\r\n");
  }));
  await using redis = await open(server.url);
  assertEquals(await redis.incr("a"), 1);
  await server.peers[0]!.untilEnded();
  assertEquals(await redis.incr("a"), 2);
});

test("pushes between replies are routed apart", async () => {
  const pushed: unknown[] = [];
  await using server = await startScripted(greeted(async (peer) => {
    for (let i = 0; i < 2; i++) await peer.command();
    await peer.send(">2\r\n$4\r\nnews\r\n:7\r\n:1\r\n>1\r\n+more\r\n", ":2\r\n");
  }));
  await using redis = await open(server.url, { onPush: (push) => pushed.push(push.items) });
  assertEquals(await Promise.all([redis.incr("a"), redis.incr("b")]), [1, 2]);
  assertEquals(pushed, [["news", 7], ["more"]]);
});

test("a push in the middle of a reply is routed apart, and the reply is whole", async () => {
  const pushed: unknown[] = [];
  const exec = "+OK\r\n+QUEUED\r\n+QUEUED\r\n*2\r\n>3\r\n+told\r\n+news\r\n+x\r\n:1\r\n>1\r\n+more\r\n:2\r\n";
  for (const { how, chunks } of cuts(exec)) {
    await using server = await startScripted(greeted(async (peer) => {
      for (let i = 0; i < 4; i++) await peer.command();
      await peer.send(...chunks);
      await peer.command();
      await peer.send(":3\r\n");
    }));
    await using redis = await open(server.url, { onPush: (push) => pushed.push(push.items) });
    assertEquals(await redis.transaction((tx) => [tx.incr("a"), tx.incr("b")]), [1, 2], how);
    assertEquals(await redis.incr("c"), 3, how);
    assertEquals(pushed.splice(0), [["told", "news", "x"], ["more"]], how);
  }
});

test("a subscription that is confirmed inside a reply ends the connection: nobody knows what it stands for", async () => {
  await using server = await startScripted(greeted(async (peer, index) => {
    if (index > 0) return;
    for (let i = 0; i < 4; i++) await peer.command();
    await peer.send("+OK\r\n+QUEUED\r\n+QUEUED\r\n*2\r\n>3\r\n+subscribe\r\n+news\r\n:1\r\n:2\r\n");
  }));
  await using redis = await open(server.url, { backoff: () => null });
  const error = await assertRejects(() => redis.transaction((tx) => [tx.incr("a"), tx.incr("b")]), ConnectionError);
  assertStringIncludes(error.message, "confirmed inside a reply");
});

test("a silent server is given up while replies are owed", async () => {
  await using server = await startScripted(greeted(async (peer) => void await peer.command()));
  await using redis = await open(server.url, { silenceTimeout: 100, backoff: () => null });
  const error = await assertRejects(() => redis.incr("a"), ConnectionError, "silent");
  assertEquals(error.sent, true);
  assertEquals(error.report?.pending, 1);
});

test("a timeout releases the caller, and the late reply is nobody else's", async () => {
  await using server = await startScripted(greeted(async (peer) => {
    await peer.command();
    await peer.command();
    await peer.send(":1\r\n:2\r\n");
  }));
  await using redis = await open(server.url);
  const error = await assertRejects(() => redis.with({ timeout: 50 }).incr("a"), TimeoutError, "may have run");
  assertEquals([error.sent, error.waitingFor, error.command], [true, "reply", "INCR"]);
  assertEquals(await redis.incr("b"), 2);
});

test("a signal that fires before the turn is over keeps the command from being sent", async () => {
  const seen: string[][] = [];
  await using server = await startScripted(greeted(answering((words) => {
    seen.push(words);
    return ":1\r\n";
  })));
  await using redis = await open(server.url);
  const stop = new AbortController();
  const before = redis.incr("before");
  const aborted = redis.with({ signal: stop.signal }).incr("aborted");
  const after = redis.incr("after");
  stop.abort(new Error("enough"));
  await assertRejects(() => aborted, Error, "enough");
  assertEquals(await Promise.all([before, after]), [1, 1]);
  assertEquals(seen.map((words) => words[1]), ["before", "after"]);
});

test("a signal that fires after sending releases the caller; the reply is dropped in order", async () => {
  const stop = new AbortController();
  await using server = await startScripted(greeted(async (peer) => {
    await peer.command();
    stop.abort(new Error("enough"));
    await peer.command();
    await peer.send(":1\r\n:2\r\n");
  }));
  await using redis = await open(server.url);
  await assertRejects(() => redis.with({ signal: stop.signal }).incr("a"), Error, "enough");
  assertEquals(await redis.incr("b"), 2);
});

test("a bad argument is refused before a byte is written, and its neighbours are not hurt", async () => {
  const seen: string[][] = [];
  await using server = await startScripted(greeted(answering((words) => {
    seen.push(words);
    return ":1\r\n";
  })));
  await using redis = await open(server.url);
  const all = await Promise.allSettled([
    redis.incr("a"),
    redis.hset("h", "secret-field", undefined as unknown as string),
    redis.incr("b"),
  ]);
  assertEquals(all.map((one) => one.status), ["fulfilled", "rejected", "fulfilled"]);
  const { reason } = all[1] as PromiseRejectedResult;
  assertInstanceOf(reason, TypeError);
  assertStringIncludes(reason.message, "HSET: argument 3");
  assert(!reason.message.includes("secret-field"));
  assertEquals(seen.map((words) => words[0]), ["INCR", "INCR"]);
});

test("destroy() rejects what is pending and leaves nothing open", async () => {
  await using server = await startScripted(greeted(async (peer) => void await peer.command()));
  const redis = await open(server.url);
  const pending = redis.incr("a");
  await server.peers[0]!.until("INCR");
  redis.destroy();
  const error = await assertRejects(() => pending, ConnectionError);
  assertEquals(error.sent, true);
  await server.peers[0]!.untilEnded();
  await assertRejects(() => redis.incr("a"), ConnectionError, "closed");
});

test("close() waits for replies that are owed", async () => {
  await using server = await startScripted(greeted(async (peer) => {
    await peer.command();
    await peer.send(":1\r\n");
  }));
  const redis = await open(server.url);
  const pending = redis.incr("a");
  await redis.close();
  assertEquals(await pending, 1);
});

test("a pipeline whose connection breaks rejects, or tells each command's fate", async () => {
  await using server = await startScripted(greeted(async (peer) => {
    for (let i = 0; i < 3; i++) await peer.command();
    await peer.send(":1\r\n");
    peer.destroy();
  }));
  await using redis = await open(server.url, { backoff: () => null });
  const replies = await redis.pipeline((p) => [p.incr("a"), p.incr("b"), p.incr("c")], { errors: "return" });
  assertEquals(replies[0], 1);
  for (const lost of replies.slice(1)) {
    assertInstanceOf(lost, ConnectionError);
    assertEquals(lost.sent, true);
  }
});
