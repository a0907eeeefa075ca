// A dead peer never hangs a caller: silence is noticed whatever is waited for, and every error says what may have run.
import { assert, assertEquals, assertInstanceOf, assertMatch, assertRejects } from "@std/assert";
import { type Connect, connect, ConnectionError, TimeoutError } from "../../mod.ts";
import { SilenceWatch, type Watched } from "../../src/connection/silence.ts";
import { connectTransport } from "../../src/transport/default.ts";
import { gate } from "../support/gate.ts";
import { greeted, helloAs, type Script, startScripted } from "../support/scripted.ts";
import { startRedis } from "../support/servers.ts";
import { test } from "../support/test.ts";
import { open } from "./open.ts";

const HELLO = helloAs(7);

/** Greets as connection 7, then hands over. */
const numbered = (script: Script): Script => greeted(script, () => HELLO);

test("an idle connection is tried with a PING, again and again", async () => {
  let pings = 0;
  await using server = await startScripted(numbered(async (peer) => {
    for (let words = await peer.command(); words; words = await peer.command()) {
      assertEquals(words, ["PING"]);
      pings++;
      await peer.send("+PONG\r\n");
    }
  }));
  await using _redis = await open(server.url, { pingInterval: 20 });
  const peer = await server.peer();
  await peer.until("PING\r\n*1\r\n$4\r\nPING\r\n*1\r\n$4\r\nPING");
  assert(pings >= 2);
});

test("a half-open connection is found though nobody uses it, and made again before anybody does", async () => {
  const states: string[] = [];
  await using server = await startScripted(numbered(async (peer, index) => {
    if (index === 0) return; // says nothing for ever, as a peer does that vanished without a word
    while (await peer.command()) await peer.send("+PONG\r\n");
  }));
  await using redis = await open(server.url, {
    pingInterval: 30,
    silenceTimeout: 60,
    onState: (state) => states.push(state),
  });
  await server.peer(1);
  await redis.ping();
  // On a slow machine this one may be found silent, too, before its answer is heard.
  assertEquals(states.slice(0, 4), ["connecting", "ready", "reconnecting", "ready"]);
});

test("a user who may not PING is alive all the same", async () => {
  await using server = await startScripted(numbered(async (peer) => {
    while (await peer.command()) await peer.send("-NOPERM no permissions to run the 'ping' command\r\n");
  }));
  const states: string[] = [];
  await using _redis = await open(server.url, { pingInterval: 20, onState: (state) => states.push(state) });
  await (await server.peer()).until("PING\r\n*1\r\n$4\r\nPING");
  assertEquals(states, ["connecting", "ready"]);
});

test("a connection that breaks within the write that has it watched is not watched", async () => {
  let looks = 0;
  const watched: Watched = {
    get expects() {
      looks++;
      return "nothing" as const;
    },
    silentSince: 0,
    silent() {},
    quiet() {},
  };
  const watch = new SilenceWatch(watched, 1, 1);
  watch.stop();
  watch.start();
  await new Promise((resolve) => setTimeout(resolve, 20));
  assertEquals(looks, 0);
});

test("pingInterval: 0 leaves an idle connection alone", async () => {
  await using server = await startScripted(numbered(async (peer) => {
    while (await peer.command()) await peer.send("+PONG\r\n");
  }));
  await using _left = await open(server.url, { pingInterval: 0, silenceTimeout: 20 });
  const left = await server.peer();
  await using _tried = await open(server.url, { pingInterval: 20 });
  await (await server.peer(1)).until("PING\r\n*1\r\n$4\r\nPING\r\n*1\r\n$4\r\nPING");
  assert(!left.text.includes("PING"));
});

test("a blocked command is not disturbed by silence, but given up when the server no longer knows its connection", async () => {
  const asked: string[][] = [];
  await using server = await startScripted(numbered(async (peer) => {
    for (let words = await peer.command(); words; words = await peer.command()) {
      if (words[0] === "BLPOP") continue; // for ever
      asked.push(words);
      // It knows the connection when it is asked for the first time, and has lost it by the second.
      await peer.send(asked.length === 1 ? "$4\r\nid=7\r\n" : "$0\r\n\r\n");
    }
  }));
  await using redis = await open(server.url, { silenceTimeout: 40 });
  const error = await assertRejects(() => redis.blpop(["queue"], 0), ConnectionError, "does not know this connection");
  assertEquals([error.sent, error.command], [true, "BLPOP"]);
  // A slow machine may ask once more before the answer is acted on.
  assert(asked.length >= 2);
  for (const words of asked) assertEquals(words, ["CLIENT", "LIST", "ID", "7"]);
});

test("a server is asked about a blocked command at each silenceTimeout, not more often", async () => {
  let asked = 0;
  const often = gate();
  await using server = await startScripted(greeted(async (peer) => {
    for (let words = await peer.command(); words; words = await peer.command()) {
      if (words[0] === "CLIENT") {
        if (++asked === 4) often.open();
        await peer.send("$4\r\nid=7\r\n");
      } else {
        // A sign of life shortly after the first: so the first look finds nearly a whole silence.
        await new Promise((resolve) => setTimeout(resolve, 10));
        await peer.send(">2\r\n+a\r\n+b\r\n");
      }
    }
  }, () => HELLO));
  const redis = await open(server.url, { silenceTimeout: 200, pingInterval: 0 });
  const began = performance.now();
  const blocked = redis.blpop(["queue"], 0).catch(() => {});
  await often.opened;
  const took = performance.now() - began;
  assert(took > 600, `asked ${asked} times within ${took} ms`);
  redis.destroy();
  await blocked;
});

/** A socket that takes a fortieth of what is large at a time, as one over a slow line does. */
const slowly: Connect = async (address, handler, signal) => {
  let left = 0;
  let takenAt = 0;
  const transport = await connectTransport(address, {
    data: (chunk) => handler.data(chunk),
    close: (error) => handler.close(error),
    drain: () => left === 0 && transport.waiting === 0 && handler.drain(),
  }, signal);
  return {
    get waiting() {
      return left + transport.waiting;
    },
    get takenAt() {
      return takenAt;
    },
    write(bytes) {
      if (bytes.length < 1000) return transport.write(bytes);
      left = bytes.length;
      const size = Math.ceil(left / 40);
      const step = () => {
        const from = bytes.length - left;
        left = Math.max(0, left - size);
        takenAt = performance.now();
        transport.write(bytes.slice(from, bytes.length - left));
        if (left > 0) setTimeout(step, 50);
      };
      step();
      return false;
    },
    destroy: () => transport.destroy(),
  };
};

test("a server that takes a large write is alive, however long that lasts", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url, { silenceTimeout: 500, connect: slowly, backoff: () => null });
  const value = "x".repeat(100_000);
  assertEquals(await redis.set("long", value), "OK");
  assertEquals(await redis.get("long"), value);
});

test("a process that was busy for longer than silenceTimeout finds the reply that has come meanwhile", async () => {
  await using server = await startRedis();
  // The server has as long to answer as the process is busy: long enough for a slow machine.
  await using redis = await connect(server.url, { silenceTimeout: 500 });
  await redis.set("a", "1");
  for (let round = 0; round < 3; round++) {
    const reply = redis.incr("a");
    await new Promise((resolve) => setTimeout(resolve));
    const until = performance.now() + 700;
    const other = redis.incr("a");
    await undefined;
    while (performance.now() < until);
    assertEquals(await Promise.all([reply, other]), [2 * round + 2, 2 * round + 3]);
  }
});

test("a real server is asked about a blocked command, and its element arrives long after", async () => {
  await using server = await startRedis();
  // Long enough for a busy machine, on which everybody else's replies must come in time.
  await using redis = await connect(server.url, { silenceTimeout: 400 });
  const popped = redis.blpop(["queue"], 0);
  const calls = async () => Number(/cmdstat_client\|list:calls=(\d+)/.exec(await redis.info("commandstats"))?.[1] ?? 0);
  while (await calls() < 2) await redis.ping();
  await redis.rpush("queue", "late");
  assertEquals(await popped, ["queue", "late"]);
});

test("a timeout carries what its connection looked like", async () => {
  await using server = await startScripted(numbered(async (peer) => void await peer.command()));
  await using redis = await open(server.url);
  const others = redis.get("other").catch((error) => error);
  const error = await assertRejects(() => redis.with({ timeout: 30 }).incr("a"), TimeoutError);
  assertEquals([error.sent, error.report?.pending, error.report?.generation], [true, 2, 1]);
  assert(error.report!.silentFor! >= 0);
  redis.destroy();
  assertInstanceOf(await others, ConnectionError);
});

test("a command that waited for a connection says that it was not sent", async () => {
  await using server = await startScripted(numbered(async (peer, index) => {
    if (index > 0) return;
    await peer.command();
    await peer.send(":1\r\n");
    peer.destroy();
  }));
  let lost = (): void => {};
  const gone = new Promise<void>((resolve) => lost = resolve);
  await using redis = await open(server.url, {
    queueTimeout: 60,
    backoff: () => 1000,
    onState: (state) => state === "reconnecting" && lost(),
  });
  assertEquals(await redis.incr("a"), 1);
  await gone;
  await server[Symbol.asyncDispose]();
  const error = await assertRejects(() => redis.incr("b"), TimeoutError, "INCR: No connection");
  // And why: nobody else hears of it as long as it is tried again.
  assertMatch(error.message, /within 60 ms: Cannot connect to .*: \w/);
  assertEquals([error.sent, error.waitingFor, error.command], [false, "connection", "INCR"]);
});

test("a command that was sent, and then waited for another connection in vain, says that it may have run", async () => {
  await using server = await startScripted(numbered(async (peer) => {
    await peer.command();
    peer.destroy();
  }));
  let connects = 0;
  const once: Connect = (address, handler, signal) =>
    connects++ === 0 ? connectTransport(address, handler, signal) : Promise.reject(new Error("refused"));
  const resend = () => true;
  await using redis = await open(server.url, { connect: once, queueTimeout: 50, backoff: () => 10, resend });
  const error = await assertRejects(() => redis.incr("a"), TimeoutError);
  assertEquals([error.sent, error.waitingFor, error.command], [true, "connection", "INCR"]);
});

test("a caller's own limit while there is no connection says what is missing", async () => {
  await using server = await startScripted(async (peer, index) => {
    await peer.command();
    if (index > 0) return;
    await peer.send(HELLO);
    peer.destroy();
  });
  await using redis = await open(server.url);
  await server.peer(1);
  const error = await assertRejects(() => redis.with({ timeout: 30 }).incr("a"), TimeoutError, "it was not sent");
  assertEquals([error.sent, error.waitingFor, error.after], [false, "connection", 30]);
});

test("subscribe() does not wait for ever for a server that is gone", async () => {
  let lost = (): void => {};
  const gone = new Promise<void>((resolve) => lost = resolve);
  await using server = await startScripted(async (peer, index) => {
    if (index > 0) return peer.destroy();
    await peer.command();
    await peer.send(HELLO);
    await peer.command();
    peer.destroy();
  });
  await using redis = await open(server.url, {
    queueTimeout: 50,
    backoff: () => 20,
    onState: (state) => state === "reconnecting" && lost(),
  });
  await redis.incr("a").catch(() => {});
  await gone;
  const error = await assertRejects(() => redis.subscribe("news"), TimeoutError, "No connection");
  assertEquals([error.sent, error.waitingFor], [false, "connection"]);
});

test("10,000 commands that give up at once while a connection is made cost little, and none is sent", async () => {
  const seen: string[] = [];
  let greet = (): void => {};
  const mayGreet = new Promise<void>((resolve) => greet = resolve);
  await using server = await startScripted(async (peer, index) => {
    await peer.command();
    if (index > 0) await mayGreet;
    await peer.send(HELLO);
    if (index === 0) return peer.destroy();
    for (let words = await peer.command(); words; words = await peer.command()) {
      seen.push(words[1]!);
      await peer.send(":1\r\n");
    }
  });
  await using redis = await open(server.url, { connectTimeout: 0 });
  await server.peer(1);
  const stop = new AbortController();
  const cancellable = redis.with({ signal: stop.signal });
  const given = Array.from({ length: 10_000 }, (_, i) => cancellable.incr(`given up ${i}`));
  const kept = redis.incr("kept");
  stop.abort(new Error("enough"));
  const outcomes = await Promise.allSettled(given);
  assert(outcomes.every((one) => one.status === "rejected" && one.reason === stop.signal.reason));
  greet();
  assertEquals(await kept, 1);
  assertEquals(seen, ["kept"]);
});

test("an XREAD that does not block is owed its reply like any other command: silence ends its connection", async () => {
  await using server = await startScripted(numbered(async (peer) => await peer.untilEnded()));
  await using redis = await open(server.url, { silenceTimeout: 40, pingInterval: 0, backoff: () => null });
  const outcomes = await Promise.allSettled([redis.xread({ log: "0" }), redis.incr("behind")]);
  for (const outcome of outcomes) {
    assert(outcome.status === "rejected" && outcome.reason instanceof ConnectionError);
  }
});

for (const integrity of [false, true]) {
  const where = integrity ? ", though what was answered before is not proven yet" : "";
  test(`what blocks behind other commands is not disturbed by silence${where}`, async () => {
    await using server = await startRedis();
    // Long enough for a busy machine, on which everybody else's replies must come in time.
    await using redis = await connect(server.url, { silenceTimeout: 400, integrity });
    const popped = Promise.all([
      redis.pipeline((p) => [p.strlen("queue"), p.blpop(["queue"], 0)]),
      redis.session((session) => session.pipeline((p) => [p.strlen("queue"), p.blpop(["queue"], 0)])),
      redis.session((session) => Promise.all([session.strlen("queue"), session.blpop(["queue"], 0)])),
    ]);
    // Each is asked about on its own, and one that was given up is not.
    const asked = async () =>
      Number(/cmdstat_client\|list:calls=(\d+)/.exec(await redis.info("commandstats"))?.[1] ?? 0);
    while (await Promise.race([asked(), popped.then(() => 3)]) < 3) await redis.ping();
    await redis.rpush("queue", "first", "second", "third");
    const values = (await popped).map(([length, element]) => [length, element![1]]);
    assertEquals(values.sort(), [[0, "first"], [0, "second"], [0, "third"]]);
  });
}

test("nor is WAIT, and its session's connection is used on", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url, { silenceTimeout: 400, maxSessions: 1 });
  let id = 0;
  const waited = redis.session(async (session) => {
    id = await session.clientId();
    return await session.wait(1, 0);
  });
  const asked = async () => (await redis.info("commandstats")).includes("cmdstat_client|list:");
  while (!(await Promise.race([asked(), waited]))) await redis.ping();
  await redis.call("CLIENT UNBLOCK", id);
  assertEquals(await waited, 0);
  assertEquals(await redis.session((session) => session.clientId()), id);
});
