// What the server refuses for now is sent again; what does not fit is refused or waits.
import { assert, assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { connect, ConnectionError, ReplyError, type Session, TimeoutError, TransactionError } from "../../mod.ts";
import { connectTransport } from "../../src/transport/default.ts";
import type { Connect } from "../../src/transport/transport.ts";
import { HELLO, startScripted } from "../support/scripted.ts";
import { test } from "../support/test.ts";
import { clock, held } from "../support/timers.ts";

for (const code of ["LOADING", "MASTERDOWN", "TRYAGAIN", "CLUSTERDOWN"]) {
  test(`a write refused with ${code} is sent again until it passes`, async () => {
    let refusals = 2;
    await using server = await startScripted(async (peer) => {
      await peer.command();
      await peer.send(HELLO);
      while (await peer.command()) await peer.send(refusals-- > 0 ? `-${code} not now\r\n` : ":1\r\n");
    });
    await using redis = await connect(server.url, { clientInfo: false });
    assertEquals(await redis.incr("a"), 1);
    assertEquals(refusals, -1);
  });
}

test("who gives up while the server refuses is told that it has not run", async () => {
  await using server = await startScripted(async (peer) => {
    await peer.command();
    await peer.send(HELLO);
    while (await peer.command()) await peer.send("-LOADING not now\r\n");
  });
  await using redis = await connect(server.url, { clientInfo: false });
  // Otherwise another try could be under way when the time is up.
  using _ = held(25);
  using limit = held(500);
  const late = assertRejects(() => redis.with({ timeout: 500 }).incr("a"), TimeoutError, "refused it so far");
  while (redis.stats().retries === 0) await new Promise((resolve) => setTimeout(resolve));
  limit.fire();
  const error = await late;
  assertEquals([error.sent, error.waitingFor], [false, "reply"]);
});

test("what a script raises is not tried again, whatever its code; what the server says before it runs is", async () => {
  const says = [
    "TRYAGAIN the lock is taken",
    "LOADING Redis is loading the dataset in memory",
    "CLUSTERDOWN The cluster is down",
  ];
  await using server = await startScripted(async (peer) => {
    await peer.command();
    await peer.send(HELLO);
    while (await peer.command()) await peer.send(says.length > 0 ? `-${says.shift()}\r\n` : ":1\r\n");
  });
  await using redis = await connect(server.url, { clientInfo: false, retryFor: 5000 });
  await assertRejects(() => redis.eval("…", ["k"]), ReplyError, "the lock is taken");
  assertEquals(says.length, 2);
  says.unshift("TRYAGAIN the lock is taken");
  await assertRejects(() => redis.call("FCALL f", 0), ReplyError, "the lock is taken");
  assertEquals(says.length, 2);
  assertEquals(await redis.eval("…", ["k"]), 1);
});

/** A server that says of each command what is told here, and what it was asked for. */
async function answering(answers: Record<string, string>, said: string[]) {
  return await startScripted(async (peer) => {
    await peer.command();
    await peer.send(HELLO);
    for (let words = await peer.command(); words; words = await peer.command()) {
      said.push(words[0]!);
      await peer.send(`${answers[words[0]!]}\r\n`);
    }
  });
}

const DOWN = "-CLUSTERDOWN The cluster is down";
const REFUSED: [what: string, call: (session: Session) => Promise<unknown>, answers: Record<string, string>][] = [
  ["a command", (session) => session.incr("a"), { MULTI: "+OK", INCR: DOWN, EXEC: "-EXECABORT" }],
  ["a blocking one", (session) => session.blpop(["a"], 1), { MULTI: "+OK", BLPOP: DOWN, EXEC: "-EXECABORT" }],
];
for (const [what, call, answers] of REFUSED) {
  test(`what is refused within a session's MULTI is not tried again: that would be after EXEC, which says that nothing ran: ${what}`, async () => {
    const said: string[] = [];
    await using server = await answering(answers, said);
    const redis = await connect(server.url, { clientInfo: false });
    const session = await redis.session();
    const outcomes = await Promise.allSettled([session.call("MULTI"), call(session), session.call("EXEC")]);
    assertEquals(outcomes.map(({ status }) => status), ["fulfilled", "rejected", "rejected"]);
    assertEquals(said, Object.keys(answers));
    redis.destroy();
  });
}

test("an EXEC that is refused is not tried again: it would end the next transaction", async () => {
  const said: string[] = [];
  await using server = await answering({ MULTI: "+OK", INCR: "+QUEUED", EXEC: DOWN }, said);
  const redis = await connect(server.url, { clientInfo: false });
  const session = await redis.session();
  await session.call("MULTI");
  await session.incr("a");
  await assertRejects(() => session.call("EXEC"), ReplyError, "The cluster is down");
  assertEquals(said, ["MULTI", "INCR", "EXEC"]);
  redis.destroy();
});

test("what is refused after a session's RESET, which ends its MULTI, is tried again", async () => {
  const answers = { MULTI: "+OK", RESET: "+RESET", INCR: DOWN };
  await using server = await answering(answers, []);
  await using redis = await connect(server.url, { clientInfo: false });
  await using session = await redis.session();
  await session.call("MULTI");
  await session.call("RESET");
  const count = session.incr("a");
  while (redis.stats().retries === 0) await session.call("RESET");
  answers.INCR = ":1";
  assertEquals(await count, 1);
});

test("what was refused before a session's MULTI is not tried again within it: EXEC would have one reply more", async () => {
  const said: string[] = [];
  await using server = await answering({ MULTI: "+OK", INCR: DOWN }, said);
  const redis = await connect(server.url, { clientInfo: false });
  const session = await redis.session();
  const before = assertRejects(() => session.incr("a"), ReplyError, "The cluster is down");
  await session.call("MULTI");
  assertEquals((await before).command, "INCR");
  assertEquals(said, ["INCR", "MULTI"]);
  redis.destroy();
});

test("a write that was refused for now, and then waited for a connection in vain, says that it has not run", async () => {
  await using server = await startScripted(async (peer) => {
    await peer.command();
    await peer.send(HELLO);
    while (await peer.command()) await peer.send("-READONLY You can't write against a read only replica.\r\n");
  });
  let connects = 0;
  const once: Connect = (address, handler, signal) =>
    connects++ === 0 ? connectTransport(address, handler, signal) : Promise.reject(new Error("refused"));
  const redis = await connect(server.url, { clientInfo: false, connect: once, queueTimeout: 100, backoff: () => 10 });
  const late = await assertRejects(() => redis.incr("a"), TimeoutError, "the server refused it so far");
  assertEquals([late.waitingFor, late.sent], ["connection", false]);
  redis.destroy();
});

test("what was refused for now, but had been sent over a connection that was lost, says that it may have run", async () => {
  await using server = await startScripted(async (peer, index) => {
    await peer.command();
    await peer.send(HELLO);
    while (await peer.command()) {
      if (index === 0) return peer.destroy();
      await peer.send("-LOADING not now\r\n");
    }
  });
  const redis = await connect(server.url, { clientInfo: false, resend: () => true });
  const error = assertRejects(() => redis.incr("a"), ConnectionError, "INCR: The client was closed; it may have run");
  while (redis.stats().retries < 2) await new Promise((resolve) => setTimeout(resolve, 1));
  redis.destroy();
  assertEquals((await error).sent, true);
});

test("retryFor: 0 passes such a refusal on", async () => {
  await using server = await startScripted(async (peer) => {
    await peer.command();
    await peer.send(HELLO);
    while (await peer.command()) await peer.send("-LOADING not now\r\n");
  });
  await using redis = await connect(server.url, { clientInfo: false, retryFor: 0 });
  const error = await assertRejects(() => redis.incr("a"), ReplyError, "not now");
  assertEquals([error.code, error.command], ["LOADING", "INCR"]);
});

test("READONLY makes the client look for the primary afresh; all commands behind it arrive once", async () => {
  const arrived: string[] = [];
  await using server = await startScripted(async (peer, index) => {
    await peer.command();
    await peer.send(HELLO);
    for (let words = await peer.command(); words; words = await peer.command()) {
      if (index === 0) await peer.send("-READONLY You can't write against a read only replica.\r\n");
      else await peer.send(`:${arrived.push(words[1]!)}\r\n`);
    }
  });
  await using redis = await connect(server.url, { clientInfo: false });
  const replies = await Promise.all(["a", "b", "c"].map((key) => redis.incr(key)));
  assertEquals([...replies].sort(), [1, 2, 3]);
  assertEquals([...arrived].sort(), ["a", "b", "c"]);
  await server.peers[0]!.untilEnded();
});

test("pipelines and transactions that are refused by a replica look for the primary, too", async () => {
  const refusal = "-READONLY You can't write against a read only replica.\r\n";
  await using server = await startScripted(async (peer, index) => {
    await peer.command();
    await peer.send(HELLO);
    for (let words = await peer.command(); words; words = await peer.command()) {
      // A script may say so as well, which is nobody's primary that was lost.
      if (words[0] === "EVAL") await peer.send("-READONLY says a script\r\n");
      else if (words[0] === "EXEC") await peer.send(index < 2 ? "-EXECABORT discarded\r\n" : "*1\r\n:7\r\n");
      else if (words[0] === "MULTI") await peer.send("+OK\r\n");
      else await peer.send(index < 2 ? refusal : words[0] === "SET" ? "+QUEUED\r\n" : `:${index}\r\n`);
    }
  });
  using time = clock();
  await using redis = await connect(server.url, { clientInfo: false });
  await assertRejects(() => redis.pipeline((p) => [p.call("EVAL", "", 0)]), ReplyError, "says a script");
  assertEquals(server.peers.length, 1);
  const two = () => redis.pipeline((p) => [p.incr("a"), p.incr("b")], { errors: "return" });
  for (const reply of await two()) assertInstanceOf(reply, ReplyError);
  // Not so soon again.
  time.pass(300);
  const transaction = () => redis.transaction((tx) => [tx.set("a", 1)]);
  await assertRejects(transaction, TransactionError, "READONLY");
  assertEquals(await two(), [2, 2]);
  assertEquals(await transaction() as unknown[], [7]);
  assertEquals(server.peers.length, 3);
});

test("what is sent once only looks for the primary all the same, when it is refused by a replica", async () => {
  await using server = await startScripted(async (peer, index) => {
    await peer.command();
    await peer.send(HELLO);
    while (await peer.command()) {
      await peer.send(index === 0 ? "-READONLY You can't write against a read only replica.\r\n" : ":1\r\n");
    }
  });
  await using redis = await connect(server.url, { clientInfo: false, retryFor: 0 });
  await assertRejects(() => redis.incr("a"), ReplyError, "READONLY");
  assertEquals(await redis.incr("a"), 1);
});

test("a blocking pipeline that a replica refused in part can be given up, and its connection serves others", async () => {
  await using server = await startScripted(async (peer) => {
    for (let words = await peer.command(); words; words = await peer.command()) {
      if (words[0] === "HELLO") await peer.send(HELLO);
      else if (words[0] === "SET") await peer.send("-READONLY You can't write against a read only replica.\r\n");
      else if (words[0] !== "XREAD") await peer.send("+OK\r\n");
    }
  });
  await using redis = await connect(server.url, { clientInfo: false, maxSessions: 1 });
  const stop = new AbortController();
  const given = redis.with({ signal: stop.signal })
    .pipeline((p) => [p.set("a", 1), p.call("XREAD", "BLOCK", 0, "STREAMS", "s", "$")]);
  const refused = assertRejects(() => given, Error, "enough");
  while (server.peers[1] === undefined) await redis.get("b");
  await server.peers[1].until("XREAD");
  // The refusal has been heard once a later command was answered on the other connection.
  for (let i = 0; i < 3; i++) await redis.get("b");
  stop.abort(new Error("enough"));
  await refused;
  assertEquals(await redis.session((session) => session.get("b")), "OK");
  await server.peers[1].untilEnded();
});

test("a blocking pipeline of several parts is given up as a whole, though a replica refused the first", async () => {
  const asked: number[] = [];
  let answers = false;
  await using server = await startScripted(async (peer, index) => {
    for (let words = await peer.command(); words; words = await peer.command()) {
      if (words[0] === "HELLO") await peer.send(HELLO);
      else if (words[0] === "SET") await peer.send("-READONLY You can't write against a read only replica.\r\n");
      else if (words[0] === "XREAD" && asked.push(index) && answers) await peer.send("$-1\r\n");
      else if (words[0] === "GET") await peer.send("+OK\r\n");
    }
  });
  await using redis = await connect(server.url, { clientInfo: false, maxSessions: 1 });
  const given = (limits: { timeout?: number; signal?: AbortSignal }) =>
    redis.with(limits).pipeline((p) => {
      for (let i = 0; i < 400; i++) p.set("a", "x".repeat(100));
      return [p.call("XREAD", "BLOCK", 0, "STREAMS", "s", "$")];
    }, { errors: "return" });
  await assertRejects(() => given({ timeout: 300 }), TimeoutError, "it may have run");
  await server.peers[1]!.untilEnded();
  assertEquals(await redis.session((session) => session.get("b")), "OK");
  // One that is answered after all looks for the primary then.
  await new Promise((resolve) => setTimeout(resolve, 300));
  answers = true;
  assertEquals(await given({}), [null]);
  await server.peers[asked.at(-1)!]!.untilEnded();
  assertEquals(await redis.session((session) => session.get("b")), "OK");
  assertEquals(redis.stats().leased, 0);
});

test("who closes the client when he hears that the primary is looked for gets each reply once", async () => {
  await using server = await startScripted(async (peer) => {
    await peer.command();
    await peer.send(HELLO);
    while (await peer.command()) await peer.send("-READONLY You can't write against a read only replica.\r\n");
  });
  const redis = await connect(server.url, {
    clientInfo: false,
    onState: (state) => state === "reconnecting" && redis.destroy(),
  });
  const pipeline = redis.pipeline({ errors: "return" });
  pipeline.incr("a");
  pipeline.incr("b");
  assertEquals((await pipeline.exec()).length, 2);
});

test("while READONLY lasts, the primary is looked for now and then, not with each refusal; reads go on", async () => {
  let primary = false;
  await using server = await startScripted(async (peer) => {
    await peer.command();
    await peer.send(HELLO);
    // Where a connection leads to does not change.
    const refuses = !primary;
    for (let words = await peer.command(); words; words = await peer.command()) {
      if (words[0] === "GET") await peer.send("+OK\r\n");
      else await peer.send(refuses ? "-READONLY You can't write against a read only replica.\r\n" : ":1\r\n");
    }
  });
  await using redis = await connect(server.url, { clientInfo: false });
  const writes: Promise<number>[] = [];
  const began = performance.now();
  while (server.peers.length < 4 && performance.now() - began < 30_000) {
    writes.push(redis.incr("a"));
    assertEquals(await redis.get("b"), "OK");
  }
  // The first search was at once, each of the others a while after the one before.
  const took = performance.now() - began;
  assert(took > 400 && server.peers.length === 4, `${server.peers.length} connections in ${took} ms`);
  primary = true;
  assert((await Promise.all(writes)).every((reply) => reply === 1));
});

test("more pending commands than allowed are refused before they are sent, or wait their turn", async () => {
  for (const overflow of ["error", "wait"] as const) {
    let open = () => {};
    const gate = new Promise<void>((resolve) => open = resolve);
    await using server = await startScripted(async (peer) => {
      await peer.command();
      await peer.send(HELLO);
      await peer.command();
      await gate;
      await peer.send(":1\r\n");
      for (let n = 2; await peer.command(); n++) await peer.send(`:${n}\r\n`);
    });
    await using redis = await connect(server.url, { clientInfo: false, maxPending: 2, overflow });
    const all = Promise.allSettled([1, 2, 3, 4].map(() => redis.incr("a")));
    await server.peers[0]!.until("INCR");
    open();
    const outcome = await all;
    if (overflow === "wait") {
      assertEquals(outcome.map((one) => one.status === "fulfilled" && one.value), [1, 2, 3, 4]);
    } else {
      assertEquals(outcome.map((one) => one.status), ["fulfilled", "fulfilled", "rejected", "rejected"]);
      const { reason } = outcome[2] as PromiseRejectedResult;
      assert(reason instanceof ConnectionError);
      assertEquals(reason.sent, false);
    }
  }
});

test("who waits for room has it once what was to be tried again cannot be sent any more", async () => {
  let refusals = 1;
  await using server = await startScripted(async (peer) => {
    await peer.command();
    await peer.send(HELLO);
    while (await peer.command()) await peer.send(refusals-- > 0 ? "-LOADING not now\r\n" : "+OK\r\n");
  });
  await using redis = await connect(server.url, { clientInfo: false, maxPending: 1, overflow: "wait" });
  const value = new Uint8Array(1);
  const gone = assertRejects(() => redis.set("a", value), TypeError);
  const next = redis.with({ timeout: 2000 }).set("b", "x");
  while (redis.stats().retries === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  structuredClone(value, { transfer: [value.buffer] });
  await gone;
  assertEquals(await next, "OK");
});
