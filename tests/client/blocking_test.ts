// Giving up on a blocking command must not lose what it took.
import { assert, assertEquals, assertRejects } from "@std/assert";
import { connect, ConnectionError, connectPool, type Redis, ReplyError, TimeoutError } from "../../mod.ts";
import { MARGIN } from "../../src/client/overdue.ts";
import { SECOND_LOOK } from "../../src/connection/silence.ts";
import { observe } from "../../src/observe/mod.ts";
import { startRedis } from "../support/servers.ts";
import { HELLO, helloAs, startScripted } from "../support/scripted.ts";
import { test } from "../support/test.ts";
import { held, retimed } from "../support/timers.ts";

async function untilBlocked(redis: Redis, name: string): Promise<void> {
  while (!String(await redis.call("CLIENT LIST")).includes(`cmd=${name}`)) await redis.ping();
}

for (const protocol of [3, 2] as const) {
  test(`a signal frees a blocked connection, and the next element is not lost, RESP${protocol}`, async () => {
    await using server = await startRedis();
    await using redis = await connect(server.url, { protocol });
    const stop = new AbortController();
    const popped = redis.with({ signal: stop.signal }).blpop(["list"], 0);
    await untilBlocked(redis, "blpop");
    stop.abort(new Error("enough"));
    await assertRejects(() => popped, Error, "enough");
    await redis.rpush("list", "kept");
    assertEquals(await redis.lrange("list", 0, -1), ["kept"]);
    assertEquals(redis.stats().leased, 0);
  });
}

test("in a pool whose open connection is busy, and the next not open yet, the server is asked to let go all the same", async () => {
  await using server = await startRedis();
  await using pool = await connectPool(server.url, { size: 3 });
  const stop = new AbortController();
  const popped = pool.with({ signal: stop.signal }).blpop(["list"], 0);
  await untilBlocked(pool, "blpop");
  const busy = pool.ping();
  for (let i = 0; i < 3; i++) await Promise.resolve(); // it has left, and is not answered
  stop.abort(new Error("enough"));
  await assertRejects(() => popped, Error, "enough");
  await busy;
  assertEquals(pool.stats().losses, 0);
});

test("a timeout of the caller releases a blocked command with a TimeoutError", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  // It has its connection at once: its time is for the server.
  await redis.session((session) => session.ping());
  const error = await assertRejects(() => redis.with({ timeout: 50 }).blpop(["list"], 0), TimeoutError, "let go");
  assertEquals([error.waitingFor, error.command], ["reply", "BLPOP"]);
  assertEquals(await redis.blpop(["list"], 0.01), null);
});

test("the client's timeout ends what blocks, too, unless `with` lifts it", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url, { timeout: 50 });
  const unlimited = redis.with({ timeout: undefined });
  const popped = unlimited.blpop(["kept"], 0);
  // Called later: it would be over later, too.
  await assertRejects(() => redis.blpop(["list"], 0), TimeoutError, "BLPOP");
  await unlimited.rpush("kept", "x");
  assertEquals(await popped, ["kept", "x"]);
});

test("whoever observes what blocks hears why it was given up; a reader or worker that ends gives nothing up", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  const ends: string[] = [];
  using _watching = observe(redis, ({ name }) => ({ status, errors }) => {
    if (["BLPOP", "XREAD", "XREADGROUP"].includes(name)) ends.push(`${name} ${status} ${errors}`);
  });
  const stop = new AbortController();
  const aborted = assertRejects(() => redis.with({ signal: stop.signal }).blpop(["l"], 0), Error, "enough");
  await untilBlocked(redis, "blpop");
  stop.abort(new Error("enough"));
  await aborted;
  await assertRejects(() => redis.with({ timeout: 30 }).blpop(["l"], 0), TimeoutError);
  const reader = redis.readStream("s", { block: 60_000 });
  const next = reader.next();
  await untilBlocked(redis, "xread ");
  await reader.close();
  await next;
  const worker = redis.streamWorker({ streams: "s", group: "g", handler: () => {}, block: 60_000 });
  await untilBlocked(redis, "xreadgroup");
  await worker.stop();
  assertEquals(ends, ["BLPOP abort 1", "BLPOP timeout 1", "XREAD ok 0", "XREADGROUP ok 0"]);
});

test("a process that was busy when the server answered gets what it said, and keeps its connections", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  await using session = await redis.session();
  await session.ping();
  const popped = [redis.blpop(["list"], 0.1), session.blpop(["list"], 0.1)];
  await untilBlocked(redis, "blpop");
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, MARGIN + 300);
  assertEquals(await Promise.all(popped), [null, null]);
  assertEquals([await session.ping(), redis.stats().losses], ["PONG", 0]);
});

test("an element that is on its way when the caller gives up is given to the caller", async () => {
  const stop = new AbortController();
  await using server = await startScripted(async (peer) => {
    for (let words = await peer.command(); words; words = await peer.command()) {
      if (words[0] === "HELLO") await peer.send(helloAs(7));
      else if (words[0] === "BLPOP") stop.abort(new Error("enough"));
      else if (words[1] === "UNBLOCK") {
        assertEquals(words[2], "7");
        await peer.send(":0\r\n");
        await server.peers[1]!.send("*2\r\n$4\r\nlist\r\n$1\r\nx\r\n");
      } else await peer.send("+OK\r\n");
    }
  });
  await using redis = await connect(server.url);
  assertEquals(await redis.with({ signal: stop.signal }).blpop(["list"], 0), ["list", "x"]);
});

test("a server that hears of the giving up before the command is asked again, and lets go", async () => {
  const stop = new AbortController();
  let asked = 0;
  await using server = await startScripted(async (peer) => {
    for (let words = await peer.command(); words; words = await peer.command()) {
      if (words[0] === "HELLO") await peer.send(helloAs(7));
      else if (words[0] === "BLPOP") stop.abort(new Error("enough"));
      else {
        await peer.send(`:${asked}\r\n`);
        if (asked++ === 1) await server.peers[1]!.send("*-1\r\n");
      }
    }
  });
  await using redis = await connect(server.url, { clientInfo: false });
  await assertRejects(() => redis.with({ signal: stop.signal }).blpop(["l"], 0), Error, "enough");
  assertEquals([asked, redis.stats().losses], [2, 0]);
});

test("a server that does not let go loses its connection, and the error says that the command may have run", async () => {
  const stop = new AbortController();
  await using server = await startScripted(async (peer) => {
    for (let words = await peer.command(); words; words = await peer.command()) {
      if (words[0] === "HELLO") await peer.send(helloAs(7));
      else if (words[0] === "BLPOP") stop.abort(new Error("enough"));
      else await peer.send(":0\r\n");
    }
  });
  await using redis = await connect(server.url);
  const error = await assertRejects(() => redis.with({ signal: stop.signal }).blpop(["l"], 0), ConnectionError);
  assertEquals(error.sent, true);
  assertEquals((error.cause as Error).message, "enough");
  await server.peers[1]!.untilEnded();
});

test("many blocking commands at once share a bounded number of connections", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url, { maxSessions: 3 });
  const all = Promise.all(Array.from({ length: 9 }, () => redis.blpop(["list"], 10)));
  await untilBlocked(redis, "blpop");
  for (let i = 0; i < 9; i++) await redis.rpush("list", i);
  const values = (await all).map((one) => Number(one![1])).sort();
  assertEquals(values, [0, 1, 2, 3, 4, 5, 6, 7, 8]);
  assert(redis.stats().idle <= 3);
});

test("xread() with a stream called BLOCK is not blocking, with the option it is", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  await redis.xadd("BLOCK", "1-1", { f: "v" });
  const entries = await redis.xread({ BLOCK: "0" });
  assertEquals(entries!.map(([stream]) => stream), ["BLOCK"]);
  assertEquals(redis.stats().idle, 0);
  assertEquals(await redis.xread({ BLOCK: "$" }, { block: 10 }), null);
  assertEquals(redis.stats().idle, 1);
});

test("a blocking command may wait longer than a timer can, and close() as long as it takes", async () => {
  await using server = await startRedis();
  await using admin = await connect(server.url);
  const redis = await connect(server.url);
  const popped = redis.blpop(["queue"], 3_000_000);
  while (!(await admin.clientList()).includes("cmd=blpop "));
  const closed = redis.close(Infinity);
  await new Promise((resolve) => setTimeout(resolve, 50));
  await admin.rpush("queue", "x");
  assertEquals(await popped, ["queue", "x"]);
  await closed;
});

test("a blocking command that waits for another try when its caller gives up is not sent again", async () => {
  let released = false;
  let after = 0;
  await using server = await startScripted(async (peer, index) => {
    for (let words = await peer.command(); words; words = await peer.command()) {
      if (words[0] === "HELLO") await peer.send(helloAs(index + 1));
      else if (words[0] !== "BLPOP") await peer.send(":0\r\n");
      else await peer.send(released && ++after ? "*-1\r\n" : "-LOADING not now\r\n");
    }
  });
  await using redis = await connect(server.url, { clientInfo: false });
  using again = held(25);
  // What is left of the caller's time when there is a connection.
  using limit = held(40_000, 50_000);
  const refused = assertRejects(
    () => redis.with({ timeout: 50_000 }).blpop(["list"], 0),
    TimeoutError,
    "the server refused it so far",
  );
  while (redis.stats().retries === 0) await new Promise((resolve) => setTimeout(resolve));
  limit.fire();
  const error = await refused;
  assertEquals([error.sent, error.waitingFor], [false, "reply"]);
  released = true;
  assertEquals(redis.stats().leased, 0);
  again.fire();
  // On the same connection, behind what would have been sent again.
  await redis.session((session) => session.ping());
  assertEquals([after, redis.stats().pending, server.peers.length], [0, 0, 2]);
});

test("a read that nobody could call off is not sent again, and the next one gets its connection", async () => {
  await using server = await startRedis();
  await using admin = await connect(server.url);
  await admin.call("ACL SETUSER", "plain", "on", ">secret", "~*", "+@all", "-client|unblock");
  await using redis = await connect(server.url, { username: "plain", password: "secret", maxSessions: 1 });
  const stop = new AbortController();
  const read = redis.with({ signal: stop.signal }).xread({ s: "$" }, { block: 0 });
  await untilBlocked(admin, "xread");
  stop.abort(new Error("enough"));
  const error = await assertRejects(() => read, ConnectionError);
  assertEquals([error.sent, error.command, (error.cause as Error).message], [true, "XREAD", "enough"]);
  assertEquals(await redis.with({ timeout: 2000 }).session((session) => session.get("k")), null);
});

test("a blocking command that was refused, and waits for another connection, has taken nothing when its caller gives up", async () => {
  await using server = await startScripted(async (peer, index) => {
    await peer.command();
    if (index > 1) return; // never greets
    await peer.send(HELLO);
    while (await peer.command()) await peer.send("-READONLY You can't write against a read only replica.\r\n");
  });
  const redis = await connect(server.url, { clientInfo: false });
  using again = held(25);
  using limit = held(40_000, 50_000);
  const refused = assertRejects(
    () => redis.with({ timeout: 50_000 }).blpop(["list"], 0),
    TimeoutError,
    "the server refused it so far",
  );
  await server.peer(2);
  again.fire();
  limit.fire();
  assertEquals((await refused).sent, false);
  redis.destroy();
});

// What Redis and Valkey do in this case: they say so, hear nothing more, and close the connection.
const PARTING = "-UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)\r\n";
const WAYS: Record<string, (redis: Redis) => Promise<unknown>> = {
  "a command": (redis) => redis.blpop(["list"], 0),
  "a pipeline": (redis) => redis.pipeline((p) => [p.blpop(["list"], 0)]),
  "a session": (redis) => redis.session((session) => session.blpop(["list"], 0)),
};
for (const [way, block] of Object.entries(WAYS)) {
  test(`nobody gets the connection on which a primary that became a replica let go of ${way}`, async () => {
    await using server = await startScripted(async (peer, index) => {
      for (let words = await peer.command(); words; words = await peer.command()) {
        if (words[0] === "HELLO") await peer.send(helloAs(index));
        else if (words[0] !== "BLPOP") await peer.send("+OK\r\n");
        else if (index !== 1) await peer.send("*2\r\n$4\r\nlist\r\n$1\r\nx\r\n");
        else {
          await peer.send(PARTING);
          // Its end is on its way, and comes after what is sent at once.
          if (await peer.command()) return peer.end();
        }
      }
    });
    await using redis = await connect(server.url, { clientInfo: false });
    await assertRejects(() => block(redis), ReplyError, "UNBLOCKED");
    assertEquals(await redis.blpop(["list"], 0), ["list", "x"]);
    assertEquals(server.peers.length, 3);
  });
}

test("how long a server may take over what blocks counts from when it has it, not from the call", async () => {
  // The margin that the server has takes seconds.
  using _ = retimed(MARGIN + 10, 100);
  const began = performance.now();
  await using server = await startScripted(async (peer) => {
    for (let words = await peer.command(); words; words = await peer.command()) {
      if (words[0] === "HELLO") await peer.send(HELLO);
      else if (performance.now() - began < 150) await peer.send("-LOADING not now\r\n");
      else setTimeout(() => void peer.send("*2\r\n$4\r\nlist\r\n$1\r\nx\r\n"), 150);
    }
  });
  await using redis = await connect(server.url, { clientInfo: false });
  assertEquals(await redis.blpop(["list"], 0.01), ["list", "x"]);
});

test("how long a server may take over what blocks counts from when it has answered what blocked before it", async () => {
  await using server = await startRedis();
  await using other = await connect(server.url);
  await using redis = await connect(server.url);
  await using session = await redis.session();
  using clock = held(MARGIN + 10);
  const popped = [session.blpop(["first"], 0), session.blpop(["second"], 0.01)];
  await untilBlocked(other, "blpop");
  // It looks, and sees that the server is not to be blamed: so it looks again as long after.
  for (let looks = 0; looks < 3; looks++) {
    assertEquals(clock.size, 1);
    clock.pass(MARGIN + 100);
    clock.fire();
  }
  await other.rpush("first", "x");
  assertEquals(await Promise.all(popped), [["first", "x"], null]);
});

for (
  const [what, call] of Object.entries<(redis: Redis) => Promise<unknown>>({
    "a command": (redis) => redis.blpop(["list"], 0.01),
    "a pipeline": (redis) => redis.pipeline((p) => [p.get("k"), p.blpop(["list"], 0.01)]),
    "a session's pipeline": (redis) => redis.session((s) => s.pipeline((p) => [p.get("k"), p.blpop(["list"], 0.01)])),
  })
) {
  for (const observed of [false, true]) {
    test(`${what} that blocks ends when the server is silent long after its time${observed ? ", observed" : ""}`, async () => {
      await using server = await startScripted(async (peer) => {
        for (let words = await peer.command(); words; words = await peer.command()) {
          if (words[0] !== "BLPOP") await peer.send(words[0] === "HELLO" ? HELLO : "+OK\r\n");
        }
      });
      await using redis = await connect(server.url, { clientInfo: false });
      if (observed) observe(redis, () => undefined);
      using clock = held(MARGIN + 10);
      const error = assertRejects(() => call(redis), ConnectionError, "did not answer");
      const peer = await server.peer(1);
      await peer.until("BLPOP");
      assertEquals(clock.size, 1);
      clock.pass(MARGIN + 10);
      // What came before it may not have been read yet: then it is looked at again.
      const looking = setInterval(() => clock.fire(), 5);
      assertEquals((await error.finally(() => clearInterval(looking))).sent, true);
      await peer.untilEnded();
    });
  }
}

test("how long a server may take over what blocks in a pipeline counts from what it said last; for ever is for ever", async () => {
  await using server = await startScripted(async (peer) => {
    for (let words = await peer.command(); words; words = await peer.command()) {
      if (words[0] !== "BLPOP") await peer.send(words[0] === "HELLO" ? HELLO : "+OK\r\n");
    }
  });
  await using redis = await connect(server.url, { clientInfo: false });
  const replies = () => redis.stats().replies;
  using clock = held(MARGIN + 10);
  const popped = redis.pipeline((p) => [p.blpop(["a"], 0.01), p.blpop(["b"], 0.01)]);
  const peer = await server.peer(1);
  await peer.until("$1\r\nb\r\n");
  assertEquals(clock.size, 1);
  clock.pass(MARGIN - 1000);
  const before = replies();
  await peer.send("*-1\r\n");
  while (replies() === before) await new Promise((resolve) => setTimeout(resolve));
  clock.pass(1010);
  clock.fire();
  await peer.send("*-1\r\n");
  assertEquals(await popped, [null, null]);
  const endless = redis.pipeline((p) => [p.blpop(["c"], 0.01), p.blpop(["d"], 0)]);
  await peer.until("$1\r\nd\r\n");
  assertEquals(clock.size, 0);
  await peer.send("*-1\r\n", "*-1\r\n");
  assertEquals(await endless, [null, null]);
});

test("a blocking pipeline gets what came while its process stood still, and what does not block in it may take its time", async () => {
  await using server = await startScripted(async (peer) => {
    for (let words = await peer.command(); words; words = await peer.command()) {
      if (words[0] === "HELLO") await peer.send(HELLO);
    }
  });
  await using redis = await connect(server.url, { clientInfo: false });
  using clock = held(MARGIN + 10);
  const popped = redis.pipeline((p) => [p.blpop(["a"], 0.01)]);
  const peer = await server.peer(1);
  await peer.until("$1\r\na\r\n");
  clock.pass(MARGIN + 10);
  // Timers come before what the socket holds.
  void peer.send("*2\r\n$1\r\na\r\n$1\r\nx\r\n");
  clock.fire();
  assertEquals(await popped, [["a", "x"]]);
  const slow = redis.pipeline((p) => [p.get("slow"), p.blpop(["b"], 0.01)]);
  await peer.until("$1\r\nb\r\n");
  clock.pass(MARGIN + 10);
  clock.fire();
  await new Promise((resolve) => setTimeout(resolve, 2 * SECOND_LOOK));
  await peer.send("+v\r\n*-1\r\n");
  assertEquals(await slow, ["v", null]);
});

test("a limit that is over says how long it was, whatever of it went by before there was a connection", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url, { maxSessions: 1 });
  const session = await redis.session();
  await session.ping();
  const popped = redis.with({ timeout: 300 }).blpop(["list"], 0);
  const ended = assertRejects(() => popped, TimeoutError, "within 300 ms");
  await new Promise((resolve) => setTimeout(resolve, 30));
  await session.release();
  assertEquals((await ended).after, 300);
});

test("who gives up what waits for another connection to block on is told at once, and so is who observes it", async () => {
  await using server = await startScripted(async (peer, index) => {
    for (let words = await peer.command(); words && index < 2; words = await peer.command()) {
      if (words[0] === "HELLO") await peer.send(helloAs(index + 1));
      else if (words[0] === "XREAD") return peer.destroy();
      else await peer.send(":0\r\n");
    }
  });
  const redis = await connect(server.url, { clientInfo: false });
  const ends: string[] = [];
  observe(redis, ({ name }) => ({ status }) => ends.push(`${name} ${status}`));
  const stop = new AbortController();
  const read = redis.with({ signal: stop.signal }).xread({ s: "$" }, { block: 0 });
  await server.peer(2);
  const began = performance.now();
  stop.abort(new Error("enough"));
  const error = await assertRejects(() => read, ConnectionError, "it may have run");
  assert(performance.now() - began < 1500);
  assertEquals([error.sent, ends], [true, ["XREAD connection"]]);
  redis.destroy();
});

test("close() waits for what blocks though it has no connection yet", async () => {
  await using server = await startRedis();
  const redis = await connect(server.url, { maxSessions: 1 });
  await redis.rpush("queue", "first", "second");
  const popped = [redis.blpop(["queue"], 0), redis.blpop(["queue"], 0)];
  await redis.close();
  assertEquals(await Promise.all(popped), [["queue", "first"], ["queue", "second"]]);
});

test("what blocks is refused after close(), though that waits for what blocked before", async () => {
  await using server = await startRedis();
  await using other = await connect(server.url);
  const redis = await connect(server.url);
  const popped = redis.blpop(["queue"], 0);
  await untilBlocked(other, "blpop");
  const closed = redis.close(2000);
  const late = await assertRejects(() => redis.with({ timeout: 500 }).blpop(["queue"], 0), ConnectionError, "closed");
  assertEquals([late.sent, late.closed], [false, true]);
  await other.rpush("queue", "first", "second");
  assertEquals(await popped, ["queue", "first"]);
  await closed;
  assertEquals(await other.lrange("queue", 0, -1), ["second"]);
});

test("what blocks on a session can be called off while its client is being closed", async () => {
  await using server = await startRedis();
  await using admin = await connect(server.url);
  const redis = await connect(server.url);
  const stop = new AbortController();
  const popped = redis.with({ signal: stop.signal }).session((session) => session.blpop(["list"], 0));
  await untilBlocked(admin, "blpop");
  const closed = redis.close();
  stop.abort(new Error("enough"));
  await assertRejects(() => popped, Error, "enough");
  await closed;
});

test("a blocking command whose time cannot be read is refused, and nothing waits", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  const gone = new Uint8Array([48]);
  structuredClone(gone.buffer, { transfer: [gone.buffer] });
  await assertRejects(() => redis.call("BLPOP", "q", gone), TypeError);
  assertEquals([await redis.ping(), redis.stats().leased], ["PONG", 0]);
});
