// A line is attacked at the seams of its states: what is lost there must fail or come back, never hang.
import { assert, assertEquals, assertInstanceOf, assertRejects, assertStringIncludes } from "@std/assert";
import { type ClientOptions, ConnectionError, connectPool, type Redis, TimeoutError } from "../../mod.ts";
import { CommandSpec, READONLY } from "../../src/command/spec.ts";
import { Pending } from "../../src/connection/pending.ts";
import { Room } from "../../src/connection/room.ts";
import { Ticket } from "../../src/connection/ticket.ts";
import { Waiting } from "../../src/connection/waiting.ts";
import { connectTransport } from "../../src/transport/default.ts";
import type { Connect, Transport, TransportHandler } from "../../src/transport/transport.ts";
import { gate } from "../support/gate.ts";
import { answering, greeted, HELLO, type ScriptedServer, startScripted } from "../support/scripted.ts";
import { test } from "../support/test.ts";
import { held } from "../support/timers.ts";
import { open } from "./open.ts";

/** A GET that counts how often it is encoded: work that a clock would measure in vain. */
class CountedGet extends CommandSpec {
  encoded = 0;

  constructor() {
    super("GET", READONLY, 1);
  }

  override get head(): Uint8Array {
    this.encoded++;
    return super.head;
  }
}

/** Answers everything with +OK. */
const agreeing = answering((words) => words[0] === "HELLO" ? HELLO : "+OK\r\n");

/** Errors without stacks, until the end of the scope: 150,000 of these take their time. */
function stackless(): Disposable {
  const before = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  return { [Symbol.dispose]: () => void (Error.stackTraceLimit = before) };
}

/** After so many microtasks. */
async function microtasks(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await undefined;
}

/** Real sockets, the first of which breaks so many microtasks after its first data has been dealt with. */
function breakingAfterGreeting(count: number): Connect {
  let sockets = 0;
  return async (address, handler, signal) => {
    if (sockets++ > 0) return await connectTransport(address, handler, signal);
    let closed = false;
    let transport: Transport | undefined;
    const close = (error?: Error): void => {
      if (closed) return;
      closed = true;
      transport!.destroy();
      handler.close(error);
    };
    const wrapped: TransportHandler = {
      data: (chunk) => {
        if (closed) return;
        handler.data(chunk);
        void microtasks(count).then(() => close(new Error("cut")));
      },
      drain: () => closed || handler.drain(),
      close,
    };
    return transport = await connectTransport(address, wrapped, signal);
  };
}

test("a connection that breaks at any microtask after the greeting hangs nobody", async () => {
  let opened = 0;
  for (let count = 0; count < 25; count++) {
    await using server = await startScripted(agreeing);
    const [outcome] = await Promise.allSettled([open(server.url, { connect: breakingAfterGreeting(count) })]);
    if (outcome.status === "rejected") {
      assertInstanceOf(outcome.reason, ConnectionError);
      continue;
    }
    opened++;
    await using redis = outcome.value;
    // It was lost before, within or after this call: a read comes back in any case.
    assertEquals(await redis.get("a"), "OK");
    assertEquals(await redis.get("b"), "OK");
  }
  assert(opened > 0 && opened < 25, `${opened} of 25 opened`);
});

test("credentials that never come are covered by connectTimeout", async () => {
  await using server = await startScripted(agreeing);
  const credentials = () => new Promise<never>(() => {});
  const error = await assertRejects(() => open(server.url, { credentials, connectTimeout: 50 }), TimeoutError);
  assertEquals([error.waitingFor, error.sent], ["connect", false]);
});

test("credentials that come after the connection broke do not hang it", async () => {
  await using server = await startScripted((peer) => peer.destroy());
  const credentials = async () => {
    await (await server.peer()).closed;
    await new Promise((resolve) => setTimeout(resolve, 20));
    return { password: "late" };
  };
  await assertRejects(() => open(server.url, { credentials, connectTimeout: 0 }), ConnectionError);
});

test("a server that knows no HELLO and hangs up hangs nobody", async () => {
  await using server = await startScripted(async (peer) => {
    await peer.command();
    await peer.send("-ERR unknown command 'HELLO'\r\n");
    peer.destroy();
  });
  await assertRejects(() => open(server.url, { connectTimeout: 0 }), ConnectionError);
});

test("a credentials function that throws fails the connect, and is asked again at the next", async () => {
  await using server = await startScripted(agreeing);
  let asked = 0;
  const credentials = () => {
    if (++asked === 1) return { username: "ada", password: "one" };
    if (asked === 2) throw new Error("the vault is closed");
    return Promise.resolve({ username: "ada", password: "two" });
  };
  await using redis = await open(server.url, { credentials, backoff: () => 1 });
  server.peers[0]!.destroy();
  await server.peer(2);
  assertEquals(await redis.get("a"), "OK");
  assertEquals(asked, 3);
});

for (
  const [what, backoff] of [
    ["throws", () => {
      throw new Error("no plan");
    }],
    ["gives no number", () => NaN],
    ["gives null", () => null],
  ] as const
) {
  test(`a backoff that ${what} gives up: what waits is rejected, the next call tries again`, async () => {
    await using server = await startScripted(greeted(async (peer, index) => {
      if (index === 0) await peer.command();
      if (index <= 1) return peer.destroy();
      while (await peer.command()) await peer.send("+OK\r\n");
    }));
    let connects = 0;
    const refused: Connect = (address, handler, signal) =>
      ++connects === 2 ? Promise.reject(new Error("refused")) : connectTransport(address, handler, signal);
    await using redis = await open(server.url, { backoff, connect: refused, queueTimeout: 0 });
    const lost = redis.get("a");
    await assertRejects(() => lost, ConnectionError);
    await Promise.allSettled([redis.get("b")]);
    assertEquals(await redis.get("c"), "OK");
  });
}

test("a resend function that throws counts as no", async () => {
  await using server = await startScripted(greeted(async (peer, index) => {
    if (index === 0) {
      await peer.until("two");
      return peer.destroy();
    }
    while (await peer.command()) await peer.send("+OK\r\n");
  }));
  const resend = () => {
    throw new Error("cannot tell");
  };
  await using redis = await open(server.url, { resend });
  const outcomes = await Promise.allSettled([redis.get("one"), redis.incr("two")]);
  for (const outcome of outcomes) {
    assert(outcome.status === "rejected" && outcome.reason instanceof ConnectionError && outcome.reason.sent);
  }
  assertEquals(await redis.get("three"), "OK");
});

test("150,000 commands that the socket did not take come back when it breaks", async () => {
  using _ = stackless();
  const cut = gate();
  await using server = await startScripted(greeted(async (peer) => {
    peer.hold();
    await cut.opened;
    peer.destroy();
  }));
  const none: Connect = (address, handler, signal) =>
    server.peers.length === 0 ? connectTransport(address, handler, signal) : Promise.reject(new Error("refused"));
  await using redis = await open(server.url, { connect: none, backoff: () => null, queueLimit: 1_000_000 });
  const filler = new Uint8Array(4 << 20);
  const fillers = Promise.allSettled(Array.from({ length: 5 }, () => redis.set("filler", filler)));
  const rest = Promise.allSettled(Array.from({ length: 150_000 }, () => redis.set("k", "v")));
  cut.open();
  for (const outcome of [...await fillers, ...await rest]) {
    assert(outcome.status === "rejected" && outcome.reason instanceof ConnectionError);
  }
});

test("a second close() waits like the first", async () => {
  const answer = gate();
  await using server = await startScripted(greeted(async (peer) => {
    await peer.command();
    await answer.opened;
    await peer.send("+OK\r\n");
    await peer.untilEnded();
  }));
  const redis = await open(server.url);
  const reply = redis.get("a");
  await (await server.peer()).until("GET");
  const closing = [redis.close(), redis.close()];
  await new Promise((resolve) => setTimeout(resolve));
  answer.open();
  assertEquals(await reply, "OK");
  await Promise.all(closing);
});

test("close() waits for a command that the server refused for now", async () => {
  let refusals = 2;
  await using server = await startScripted(greeted(async (peer) => {
    while (await peer.command()) await peer.send(refusals-- > 0 ? "-LOADING not now\r\n" : ":1\r\n");
  }));
  const redis = await open(server.url);
  const reply = redis.incr("a");
  await (await server.peer()).until("INCR");
  await redis.close();
  assertEquals(await reply, 1);
});

test("close() does not wait for a session's refused command that nothing is left to try again on", async () => {
  await using server = await startScripted(greeted(async (peer) => {
    await peer.command();
    await peer.send("-LOADING not now\r\n");
    peer.destroy();
  }));
  const redis = await open(server.url);
  const session = await redis.session();
  // Otherwise it could be tried again before the loss is heard of.
  using again = held(25);
  const refused = assertRejects(() => session.get("a"), ConnectionError, "session");
  while (redis.stats().losses === 0) await new Promise((resolve) => setTimeout(resolve));
  const began = performance.now();
  const closed = redis.close(4000);
  again.fire();
  await Promise.all([closed, refused]);
  assert(performance.now() - began < 3000);
});

test("a command waits for a connection as long as queueTimeout says, counted from its own call", async () => {
  await using server = await startScripted(greeted((peer) => peer.destroy()));
  const queueTimeout = 200;
  let connects = 0;
  const once: Connect = (address, handler, signal) =>
    connects++ === 0 ? connectTransport(address, handler, signal) : new Promise(() => {});
  await using redis = await open(server.url, { connect: once, queueTimeout, connectTimeout: 0 });
  const over: number[] = [];
  const call = async (nth: number): Promise<void> => {
    const began = performance.now();
    const error = await assertRejects(() => redis.incr(`${nth}`), TimeoutError);
    assertEquals([error.waitingFor, error.sent], ["connection", false]);
    // Timers of some runtimes come a little early.
    assert(performance.now() - began > queueTimeout - 2, `${nth} was over too soon`);
    over.push(nth);
  };
  while (connects < 2) await new Promise((resolve) => setTimeout(resolve));
  const calls: Promise<void>[] = [];
  // They keep coming until the first is over: none puts it off, and none is over with it.
  while (over.length === 0 && calls.length < 100) {
    calls.push(call(calls.length));
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assert(calls.length < 100, "the first is never over");
  await Promise.all(calls);
  assertEquals(over, calls.map((_, nth) => nth));
  redis.destroy();
});

test("30,000 commands that the socket did not take are taken back one by one", async () => {
  const go = gate();
  await using server = await startScripted(greeted(async (peer) => {
    peer.hold();
    await go.opened;
    peer.release();
    await peer.until(5 * (4 << 20)); // to look for text in all of it each time would take long
    await peer.until("kept\r\n");
    assertEquals(peer.text.includes("taken"), false);
    await peer.send("+OK\r\n".repeat(6));
    await peer.untilEnded();
  }));
  await using redis = await open(server.url);
  const filler = new Uint8Array(4 << 20);
  const fillers = Array.from({ length: 5 }, () => redis.set("filler", filler));
  const aborts = Array.from({ length: 30_000 }, () => new AbortController());
  const get = new CountedGet();
  const calls = aborts.map(({ signal }, i) => redis.with({ signal }).send(get, [`taken${i}`]));
  const kept = redis.get("kept");
  const settled = Promise.allSettled(calls);
  for (const abort of aborts) abort.abort("enough");
  for (const outcome of await settled) assert(outcome.status === "rejected" && outcome.reason === "enough");
  // What is left of them is encoded afresh when half has gone, not with each that goes.
  assert(get.encoded <= 2.5 * calls.length, `${get.encoded} encodings`);
  go.open();
  assertEquals(await kept, "OK");
  await Promise.all(fillers);
});

test("30,000 commands waiting for a connection are taken back one by one, too", async () => {
  await using server = await startScripted(greeted(async (peer, index) => {
    if (index === 0) return peer.destroy();
    await peer.until("more999\r\n");
    assertEquals(peer.text.includes("taken"), false);
    assert(peer.text.indexOf("kept") < peer.text.indexOf("more0"));
    await peer.send("+OK\r\n".repeat(1001));
    await peer.untilEnded();
  }));
  const go = gate();
  let connects = 0;
  const later: Connect = async (address, handler, signal) => {
    if (connects++ > 0) await go.opened;
    return await connectTransport(address, handler, signal);
  };
  await using redis = await open(server.url, { connect: later, connectTimeout: 0, queueTimeout: 0 });
  await (await server.peer()).closed;
  while (connects < 2) await new Promise((resolve) => setTimeout(resolve));
  const aborts = Array.from({ length: 30_000 }, () => new AbortController());
  const calls = aborts.slice(1).map(({ signal }, i) => redis.with({ signal }).get(`taken${i}`));
  const kept = redis.get("kept");
  const settled = Promise.allSettled(calls);
  for (const abort of aborts) abort.abort("enough");
  for (const outcome of await settled) assert(outcome.status === "rejected" && outcome.reason === "enough");
  const more = Array.from({ length: 1000 }, (_, i) => redis.get(`more${i}`));
  go.open();
  assertEquals(await kept, "OK");
  await Promise.all(more);
});

test("a pipeline that is given up while its parts wait for a connection leaves an empty queue when their time is up", async () => {
  const over = gate();
  const waiting = new Waiting(20, (take) => take().length > 0 && over.open());
  const part = { mode: 0, owed: 1, patient: false, chunks: [], reply: () => true, fail() {} };
  const ticket = new Ticket();
  for (let i = 0; i < 5; i++) waiting.push({ ...part, ticket });
  waiting.push(part);
  ticket.release();
  await over.opened;
  assertEquals(waiting.size, 0);
});

test("whoever gives up what has left already takes nobody out of the queue", async () => {
  const over = gate();
  let expired = 0;
  // Where the machine paused between two of them, they are over one after the other.
  const waiting = new Waiting(20, (take) => (expired += take().length) === 10 && over.open());
  const part = { mode: 0, owed: 1, patient: false, chunks: [], reply: () => true, fail() {} };
  for (let i = 0; i < 10; i++) waiting.push(part);
  waiting.withdraw(4);
  await over.opened;
  waiting.push(part);
  assertEquals([waiting.size, waiting.takeAll().length], [1, 1]);
});

test("a queue is gone through when half of it has given up, not for each that does", () => {
  const waiting = new Waiting(0, () => {});
  let looks = 0;
  const tickets = Array.from({ length: 30_000 }, () => new Ticket());
  for (const ticket of tickets) {
    waiting.push({
      mode: 0,
      owed: 1,
      patient: false,
      chunks: [],
      reply: () => true,
      fail() {},
      get ticket() {
        looks++;
        return ticket;
      },
    });
  }
  for (const ticket of tickets) {
    ticket.release();
    waiting.withdraw();
  }
  assertEquals(waiting.size, 0);
  assert(looks <= 3 * tickets.length, `${looks} looks`);
});

test("one signal for 20,000 commands in flight", async () => {
  await using server = await startScripted(greeted(async (peer) => {
    await peer.until("k19999\r\n");
    await peer.send("+OK\r\n".repeat(20_000));
    while (await peer.command()) {
      // taken off what came
    }
  }));
  await using redis = await open(server.url);
  const abort = new AbortController();
  // A signal looks through the listeners that it has for each that is added: it is to have one.
  let listeners = 0;
  const listen = abort.signal.addEventListener.bind(abort.signal);
  abort.signal.addEventListener = (...args: Parameters<typeof listen>) => {
    listeners++;
    listen(...args);
  };
  const both = redis.with({ signal: abort.signal });
  const replies = await Promise.all(Array.from({ length: 20_000 }, (_, i) => both.get(`k${i}`)));
  assert(replies.every((reply) => reply === "OK"));
  assertEquals(listeners, 1);
  abort.abort();
});

test("what waits for room is let through one by one, as room comes", async () => {
  let highest = 0;
  await using server = await startScripted(greeted(async (peer) => {
    for (let n = 1; await peer.command(); n++) {
      highest = Math.max(highest, redis.stats().pending);
      await peer.send(`:${n}\r\n`);
    }
  }));
  await using redis = await open(server.url, { maxPending: 4, overflow: "wait" });
  const replies = await Promise.all(Array.from({ length: 100 }, () => redis.incr("a")));
  assertEquals(replies, Array.from({ length: 100 }, (_, i) => i + 1));
  assert(highest <= 4, `${highest} were pending at once`);
});

test("a timeout and a signal cover the wait for room", async () => {
  await using server = await startScripted(greeted(async (peer) => {
    await peer.untilEnded();
  }));
  const redis = await open(server.url, { maxPending: 1, overflow: "wait" });
  const stuck = redis.incr("a");
  const late = await assertRejects(() => redis.with({ timeout: 20 }).incr("b"), TimeoutError);
  assertEquals([late.sent, late.command, late.waitingFor], [false, "INCR", "room"]);
  const abort = new AbortController();
  const aborted = redis.with({ signal: abort.signal }).incr("c");
  abort.abort("enough");
  assertEquals(await aborted.catch((reason) => reason), "enough");
  const waiting = redis.incr("d");
  redis.destroy();
  assertEquals((await Promise.allSettled([stuck, waiting])).map(({ status }) => status), ["rejected", "rejected"]);
});

test("whoever gives up the wait for room leaves at once, and is taken for nobody who waits for a connection", async () => {
  const connected = gate();
  let pending = 0;
  await using server = await startScripted(greeted(async (peer, index) => {
    for (let n = 0; n < 3; n++) await peer.command();
    if (index === 0) return peer.destroy();
    pending = redis.stats().pending;
    await peer.send("$1\r\nv\r\n".repeat(3));
    await peer.command();
    await peer.send("$1\r\nv\r\n");
  }));
  let connects = 0;
  const later: Connect = async (address, handler, signal) => {
    if (connects++ > 0) await connected.opened;
    return await connectTransport(address, handler, signal);
  };
  await using redis = await open(server.url, { connect: later, maxPending: 3, overflow: "wait" });
  const reads = Promise.all(["a", "b", "c", "first in line"].map((key) => redis.get(key)));
  const abort = new AbortController();
  const second = redis.with({ signal: abort.signal }).get("second in line");
  while (redis.stats().losses === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  abort.abort("enough");
  assertEquals(await second.catch((reason) => reason), "enough");
  connected.open();
  assertEquals([await reads, pending], [["v", "v", "v", "v"], 3]);
});

test("of those who wait for room only callers count that have not given up", () => {
  const sent: Pending[] = [];
  const room = new Room((pending) => sent.push(pending));
  const nothing = (): void => {};
  const [a, b, c, other] = [1, 2, 3, 4].map(() =>
    new Pending(new CommandSpec("GET"), [], undefined, 0, nothing, nothing)
  );
  for (const pending of [a!, b!, c!]) room.push(pending, () => false);
  assertEquals([room.withdraw(b!), room.withdraw(b!), room.withdraw(other!), room.size], [true, false, false, 2]);
  room.look(() => true);
  assertEquals([room.withdraw(a!), room.size], [true, 1]);
  room.look(() => false);
  assertEquals([sent.length, sent[0] === c, room.size], [1, true, 0]);
});

test("what waits for room hears when the line gives up", async () => {
  await using server = await startScripted(greeted(async (peer) => {
    await peer.command();
    peer.destroy();
  }));
  let connects = 0;
  const once: Connect = (address, handler, signal) =>
    connects++ === 0 ? connectTransport(address, handler, signal) : Promise.reject(new Error("refused"));
  const redis = await open(server.url, { connect: once, backoff: () => null, maxPending: 1, overflow: "wait" });
  const outcomes = await Promise.allSettled([redis.get("a"), redis.incr("b"), redis.incr("c")]);
  for (const outcome of outcomes) {
    assert(outcome.status === "rejected" && outcome.reason instanceof ConnectionError);
  }
  redis.destroy();
});

test("retryFor: 0 sends a refused command once", async () => {
  let seen = 0;
  await using server = await startScripted(greeted(async (peer) => {
    while (await peer.command()) {
      seen++;
      await peer.send("-LOADING not now\r\n");
    }
  }));
  await using redis = await open(server.url, { retryFor: 0 });
  await assertRejects(() => redis.incr("a"), Error, "not now");
  assertEquals(seen, 1);
});

test("a socket that opens in the breath in which it is given up is closed", async () => {
  await using server = await startScripted(agreeing);
  let give = () => {};
  const given = new Promise<void>((resolve) => give = resolve);
  let connects = 0;
  const late: Connect = async (address, handler, signal) => {
    const transport = await connectTransport(address, handler, connects++ === 0 ? signal : undefined);
    if (connects === 2) give();
    return transport;
  };
  const redis = await open(server.url, { connect: late });
  server.peers[0]!.destroy();
  await given;
  redis.destroy();
  await (await server.peer(1)).untilEnded();
  assertEquals(connects, 2);
});

/** A client that has lost its connection and given up: its next command connects again. */
async function idleClient(url: string, heard: (redis: Redis) => void, more: ClientOptions = {}): Promise<Redis> {
  let connects = 0;
  const refused: Connect = (address, handler, signal) =>
    ++connects === 2 ? Promise.reject(new Error("refused")) : connectTransport(address, handler, signal);
  const idle = gate();
  const redis: Redis = await open(url, {
    ...more,
    connect: refused,
    backoff: () => null,
    onState: (state) => {
      if (state === "idle") idle.open();
      if (state === "connecting" && connects > 0) heard(redis);
    },
  });
  await redis.incr("lost").catch(() => {});
  await idle.opened;
  return redis;
}

/** Hangs up on the first command of the first connection, and agrees to everything on others. */
const secondTime = greeted(async (peer, index) => {
  for (let words = await peer.command(); words; words = await peer.command()) {
    if (index === 0) return peer.destroy();
    if (words[0] === "SUBSCRIBE") await peer.send(">3\r\n$9\r\nsubscribe\r\n$4\r\nnews\r\n:1\r\n");
    else await peer.send("+OK\r\n");
  }
});

/** How many connections the server has had, those that were on their way included: another one comes behind them. */
async function connectionsBefore(server: ScriptedServer): Promise<number> {
  await using witness = await open(server.url);
  await witness.ping();
  return server.peers.length - 1;
}

test("a client that is destroyed as it hears that it connects does not connect", async () => {
  await using server = await startScripted(secondTime);
  const redis = await idleClient(server.url, (redis) => redis.destroy());
  const error = await assertRejects(() => redis.incr("a"), ConnectionError);
  assertEquals([error.closed, error.sent], [true, false]);
  assertEquals(await connectionsBefore(server), 1);
  await assertRejects(() => redis.incr("b"), ConnectionError, "closed");
});

test("who subscribes as the client connects takes the same connection", async () => {
  await using server = await startScripted(secondTime);
  let subscribed: Promise<unknown> | undefined;
  const redis = await idleClient(server.url, (redis) => subscribed ??= redis.subscribe("news"));
  assertEquals(await redis.get("a"), "OK");
  await subscribed;
  assertEquals(await connectionsBefore(server), 2);
  redis.destroy();
});

for (const delay of [60_000, null]) {
  test(`a client that is destroyed within backoff, which gives ${delay}, leaves no timer and stays closed`, async () => {
    await using server = await startScripted(secondTime);
    let connects = 0;
    const once: Connect = (address, handler, signal) =>
      ++connects > 1 ? Promise.reject(new Error("refused")) : connectTransport(address, handler, signal);
    const states: string[] = [];
    const redis: Redis = await open(server.url, {
      connect: once,
      backoff: () => {
        redis.destroy();
        return delay;
      },
      onState: (state) => states.push(state),
    });
    await assertRejects(() => redis.incr("a"), ConnectionError);
    await new Promise((resolve) => setTimeout(resolve, 20));
    assertEquals(states.at(-1), "closed");
    await assertRejects(() => redis.incr("b"), ConnectionError, "closed");
  });
}

test("attempts that fail at once and are tried again at once leave the process its events", async () => {
  await using server = await startScripted(secondTime);
  let connects = 0;
  const once: Connect = (address, handler, signal) =>
    // An end, where nothing else would ever run again.
    ++connects === 1 || connects > 10_000
      ? connectTransport(address, handler, signal)
      : Promise.reject(new Error("refused"));
  const redis = await open(server.url, { connect: once, backoff: () => 0 });
  await assertRejects(() => redis.incr("a"), ConnectionError);
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert(connects < 10_000);
  redis.destroy();
});

test("a server that greets and hangs up is tried with growing pauses, too", async () => {
  await using server = await startScripted(greeted((peer) => peer.destroy()));
  const failures: number[] = [];
  const gaveUp = gate();
  await using _redis = await open(server.url, {
    backoff: (attempt) => failures.push(attempt) < 5 ? 1 : null,
    onState: (state) => state === "idle" && gaveUp.open(),
  });
  await gaveUp.opened;
  assertEquals(failures, [1, 2, 3, 4, 5]);
});

test("a connection that is replaced for its age is so without a pause, however long the server had hung up on others", async () => {
  const failures: number[] = [];
  const lasting = gate();
  await using server = await startScripted(greeted(async (peer) => {
    // Where the machine pauses, one that is of no use may come of age first: then they are counted anew.
    if (!failures.includes(4)) return peer.destroy();
    lasting.open();
    while (await peer.command()) await peer.send("+OK\r\n");
  }));
  await using redis = await open(server.url, { maxLifetime: 100, backoff: (attempt) => failures.push(attempt) && 1 });
  await lasting.opened;
  const flapped = failures.length;
  const connections = server.peers.length;
  const { retired } = redis.stats();
  while (redis.stats().retired < retired + 2) assertEquals(await redis.get("a"), "OK");
  await server.peer(connections + 1);
  assertEquals(failures.length, flapped);
});

test("close() waits for what waits for room, and lets nothing else in", async () => {
  const answer = gate();
  await using server = await startScripted(greeted(async (peer) => {
    for (let n = 1; await peer.command(); n++) {
      await answer.opened;
      await peer.send(`:${n}\r\n`);
    }
  }));
  const redis = await open(server.url, { maxPending: 1, overflow: "wait" });
  const replies = Promise.all([1, 2, 3].map(() => redis.incr("a")));
  const closing = redis.close();
  await assertRejects(() => redis.incr("a"), ConnectionError, "closed");
  answer.open();
  assertEquals(await replies, [1, 2, 3]);
  await closing;
});

for (const within of [5000, Infinity]) {
  test(`close(${within}) waits for a reply that is owed on a connection which is being replaced`, async () => {
    const answer = gate();
    await using server = await startScripted(async (peer, index) => {
      await peer.command();
      if (index > 0) return; // never greets
      await peer.send(HELLO);
      await peer.command();
      await answer.opened;
      await peer.send(":1\r\n");
    });
    const redis = await open(server.url, { maxLifetime: 30 });
    const reply = redis.incr("a");
    await server.peer(1);
    const closing = redis.close(within);
    await new Promise((resolve) => setTimeout(resolve, 20));
    answer.open();
    assertEquals(await reply, 1);
    await closing;
  });
}

test("an error tells how much was owed while its client was being closed, and which command came too late", async () => {
  await using server = await startScripted(greeted((peer) => peer.untilEnded()));
  const redis = await open(server.url, {});
  const given = redis.with({ timeout: 30 }).get("k");
  const other = redis.get("k").catch(() => {});
  const closing = redis.close(100);
  const late = await assertRejects(() => given, TimeoutError);
  assertEquals([late.command, late.sent, late.report?.pending], ["GET", true, 2]);
  await Promise.all([closing, other]);
  const closed = await assertRejects(() => redis.hget("h", "f"), ConnectionError, "HGET: The client is closed");
  assertEquals([closed.command, closed.sent, closed.closed, closed.report?.pending], ["HGET", false, true, 0]);
});

test("what is taken back is not sent either if its connection was replaced meanwhile", async () => {
  await using server = await startScripted(greeted(async (peer, index) => {
    if (index === 0) peer.hold();
    await peer.untilEnded();
  }));
  const redis = await open(server.url, { maxLifetime: 30 });
  const filler = redis.set("filler", new Uint8Array(20 << 20)).catch(() => {});
  const stop = new AbortController();
  const given = redis.with({ signal: stop.signal });
  const taken = Promise.allSettled([given.incr("taken1"), given.pipeline((p) => [p.incr("taken2")])]);
  const last = redis.get("last").catch(() => {});
  // What has not left is to be sent here.
  const peer = await server.peer(1);
  stop.abort("enough");
  assert((await taken).every((outcome) => outcome.status === "rejected" && outcome.reason === "enough"));
  await peer.until("last\r\n");
  assert(!peer.text.includes("taken"));
  redis.destroy();
  await Promise.all([filler, last]);
});

test("a connection that breaks while it is replaced takes with it only what may have run", async () => {
  const arrived: string[] = [];
  await using server = await startScripted(greeted(async (peer, index) => {
    if (index > 0) {
      for (let words = await peer.command(); words; words = await peer.command()) {
        arrived.push(words[1]!);
        await peer.send("+OK\r\n");
      }
    } else peer.hold();
  }));
  const redis = await open(server.url, { maxLifetime: 100, backoff: () => null });
  const read = redis.get("read");
  const write = assertRejects(() => redis.set("write", "1"), ConnectionError);
  const filler = assertRejects(() => redis.set("filler", new Uint8Array(20 << 20)), ConnectionError);
  await new Promise((resolve) => setTimeout(resolve, 10));
  const unsent = [redis.set("first", "1"), redis.set("second", "1")];
  await server.peer(1);
  assertEquals(await redis.set("third", "1"), "OK");
  assertEquals(await Promise.all(unsent), ["OK", "OK"]);
  server.peers[0]!.reset();
  assertEquals(await read, "OK");
  assertEquals([(await write).sent, (await filler).sent], [true, true]);
  assertEquals(arrived, ["first", "second", "third", "read"]);
  redis.destroy();
});

test("of a pipeline that has begun to leave, nothing overtakes the beginning though its connection is replaced", async () => {
  const arrived: string[] = [];
  await using server = await startScripted(greeted(async (peer, index) => {
    for (let words = await peer.command(); words; words = await peer.command()) {
      if (!words[1]!.startsWith("key:0")) arrived.push(`${index} ${words[1]}`);
      await peer.send(`+${words[1]}\r\n`);
    }
  }));
  // The first socket says from the second write on that it has not taken everything.
  let drain: (() => void) | undefined;
  const slow: Connect = async (address, handler, signal) => {
    if (drain !== undefined) return await connectTransport(address, handler, signal);
    const heard: TransportHandler = {
      data: (chunk) => handler.data(chunk),
      drain() {},
      close: (error) => handler.close(error),
    };
    const transport = await connectTransport(address, heard, signal);
    let writes = 0;
    let waiting = 0;
    drain = () => (waiting = 0, handler.drain());
    return {
      write: (bytes) => {
        transport.write(bytes);
        waiting = ++writes === 1 ? 0 : 1;
        return waiting === 0;
      },
      get waiting() {
        return waiting;
      },
      destroy: () => transport.destroy(),
    };
  };
  const redis = await open(server.url, { maxLifetime: 60, connect: slow });
  const value = "x".repeat(20_000);
  const keys = ["key:0", "key:1", "key:2"];
  const piped = redis.pipeline((p) => keys.map((key) => p.set(key, value)));
  await new Promise((resolve) => setTimeout(resolve, 5));
  const single = redis.set("single", value);
  assertEquals(String(await single), "single");
  assertEquals(arrived, ["1 single"]);
  drain!();
  assertEquals((await piped).map(String), keys);
  assertEquals(arrived, ["1 single", "0 key:1", "0 key:2"]);
  redis.destroy();
});

test("what cannot be encoded once there is a connection holds up nobody", async () => {
  await using server = await startScripted(greeted(async (peer) => {
    for (let words = await peer.command(); words; words = await peer.command()) {
      if (words[1] !== "held") await peer.send("+OK\r\n");
    }
  }));
  const go = gate();
  let connects = 0;
  const later: Connect = async (address, handler, signal) => {
    if (connects++ > 0) await go.opened;
    return await connectTransport(address, handler, signal);
  };
  const redis = await connectPool(server.url, { size: 2, clientInfo: false, connect: later });
  const held = redis.get("held").catch(() => {});
  await (await server.peer()).until("held");
  const refused = assertRejects(() => redis.set("a", "\ud800"), TypeError);
  // It gets the line on which that waits.
  const session = redis.session((s) => s.get("b"));
  go.open();
  await refused;
  assertEquals(await session, "OK");
  redis.destroy();
  await held;
});

test("who waits for room behind what cannot be encoded is let through", async () => {
  await using server = await startScripted(secondTime);
  const go = gate();
  let connects = 0;
  const later: Connect = async (address, handler, signal) => {
    if (connects++ > 0) await go.opened;
    return await connectTransport(address, handler, signal);
  };
  await using redis = await open(server.url, { connect: later, maxPending: 1, overflow: "wait" });
  await assertRejects(() => redis.incr("lost"), ConnectionError);
  const refused = assertRejects(() => redis.set("a", "\ud800"), TypeError);
  const waiting = redis.get("b");
  go.open();
  await refused;
  assertEquals(await waiting, "OK");
});

test("queueLimit: 0 lets a command open the connection that it needs", async () => {
  await using server = await startScripted(secondTime);
  const redis = await idleClient(server.url, () => {}, { queueLimit: 0 });
  assertEquals(await redis.get("a"), "OK");
  assertEquals(await redis.session((s) => s.get("a")), "OK");
  redis.destroy();
});

test("queueLimit: 0 refuses nobody while a connection is opened or replaced, only after a loss", async () => {
  let refuses = false;
  const pauses: Promise<void>[] = [];
  await using server = await startScripted(agreeing);
  const connect: Connect = async (address, handler, signal) => {
    const pause = new Promise<void>((resolve) => setTimeout(resolve, 10));
    pauses.push(pause);
    await pause;
    if (refuses) throw new Error("refused");
    return await connectTransport(address, handler, signal);
  };
  const options = { clientInfo: false, connect, queueLimit: 0, maxLifetime: 40 };
  const redis = await connectPool(server.url, { ...options, size: 4, backoff: () => 10 });
  while (redis.stats().retired < 5) {
    const several = [redis.get("a"), redis.get("b")];
    await undefined;
    await Promise.all([...several, redis.get("c"), redis.get("d")]);
  }
  refuses = true;
  // A line that has yet to hear of its loss sends what comes, one that is being replaced lets it wait; and one may have
  // been on its way to the server.
  const hasty = redis.with({ timeout: 50 });
  let error: Error | undefined;
  for (let tries = 0; tries < 100 && !error?.message.includes("0 commands wait already"); tries++) {
    for (const peer of server.peers) peer.destroy();
    error = await hasty.set("a", 1).then(() => undefined, (failure) => failure);
  }
  assertInstanceOf(error, ConnectionError);
  assertStringIncludes(error.message, "0 commands wait already");
  assertEquals(error.sent, false);
  redis.destroy();
  await Promise.all(pauses);
});

test("a resend function that destroys the client leaves nothing waiting", async () => {
  await using server = await startScripted(greeted(async (peer) => {
    await peer.command();
    peer.destroy();
  }));
  const resend = () => {
    redis.destroy();
    return true;
  };
  const redis: Redis = await open(server.url, { resend, queueTimeout: 0 });
  const error = await assertRejects(() => redis.get("a"), ConnectionError);
  assertEquals(error.sent, true);
});

test("what was sent, and waits to be sent again when the client is destroyed, says that it may have run", async () => {
  const size = 5 * (4 << 20);
  const ready = gate();
  let connections = 0;
  await using server = await startScripted(greeted(async (peer, index) => {
    if (index > 0) return peer.hold();
    await peer.until(size);
    await peer.until("counter\r\n");
    peer.destroy();
  }));
  const redis = await open(server.url, {
    resend: () => true,
    onState: (state) => state === "ready" && ++connections === 2 && ready.open(),
  });
  const filler = new Uint8Array(4 << 20);
  const others = Promise.allSettled(Array.from({ length: 5 }, () => redis.set("filler", filler)));
  const count = assertRejects(() => redis.incr("counter"), ConnectionError, "it may have run");
  await ready.opened;
  await new Promise((resolve) => setTimeout(resolve, 20));
  redis.destroy();
  assertEquals((await count).sent, true);
  await others;
});

test("bytes that were given away before they were sent refuse their own command", async () => {
  await using server = await startScripted(agreeing);
  await using redis = await open(server.url);
  const bytes = new Uint8Array(10);
  const stop = new AbortController();
  const spoilt = assertRejects(() => redis.set("a", bytes), TypeError);
  const given = redis.with({ signal: stop.signal }).get("b").catch((reason) => reason);
  const other = redis.get("c");
  structuredClone(bytes, { transfer: [bytes.buffer] });
  stop.abort("enough"); // what stays of this turn is encoded afresh
  await spoilt;
  assertEquals([await given, await other], ["enough", "OK"]);
});

test("what a listener sends as soon as there is a connection leaves after what has waited for it", async () => {
  const seen: string[] = [];
  await using server = await startScripted(greeted(async (peer, index) => {
    for (let words = await peer.command(); words; words = await peer.command()) {
      if (index === 0) return peer.destroy();
      seen.push(words.join(" "));
      await peer.send("+OK\r\n");
    }
  }));
  let heard: Promise<unknown> | undefined;
  let connections = 0;
  const redis: Redis = await open(server.url, {
    onState: (state) => {
      if (state === "ready" && ++connections === 2) heard = redis.set("k", "second");
    },
  });
  await redis.incr("lost").catch(() => {});
  await redis.set("k", "first");
  await heard;
  assertEquals(seen, ["SET k first", "SET k second"]);
  redis.destroy();
});
