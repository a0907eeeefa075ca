// A pool keeps within its limits, serves in order, and hands out what works.
import { assert, assertEquals, assertRejects } from "@std/assert";
import { type Connect, connect, ConnectionError, connectPool, type Session, TimeoutError } from "../../mod.ts";
import { connectTransport } from "../../src/transport/default.ts";
import { frozen } from "../support/frozen.ts";
import { gate } from "../support/gate.ts";
import { HELLO, type Peer, startScripted } from "../support/scripted.ts";
import { type Server, startRedis } from "../support/servers.ts";
import { test } from "../support/test.ts";
import { held } from "../support/timers.ts";

/** Waits for something to become true. */
async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 2));
}

/** Has the server answer two calls together, so that they go over two connections. */
async function atOnce(server: Server, call: () => Promise<unknown>): Promise<void> {
  const calls = await frozen(server, async () => {
    const first = call();
    await new Promise((resolve) => setTimeout(resolve));
    return [first, call()];
  });
  await Promise.all(calls);
}

const clients = (list: unknown): number => String(list).trim().split("\n").length;

test("min connections are there from the start, and stay; others close when nobody uses them", async () => {
  await using server = await startRedis();
  await using pool = await connectPool(server.url, { size: 6, min: 3, idleTimeout: 30 });
  assertEquals(clients(await pool.call("CLIENT LIST")), 3);
  const sessions = await Promise.all([1, 2, 3, 4].map(() => pool.session()));
  await Promise.all(sessions.map((session) => session.ping()));
  assertEquals(clients(await pool.call("CLIENT LIST")), 5);
  for (const session of sessions) await session.release();
  await until(async () => clients(await pool.call("CLIENT LIST")) === 3);
  assertEquals([pool.stats().retired, pool.stats().leases], [2, 4]);
});

test("a connection of the minimum that is lost or spoilt is opened again, though nobody asks for it", async () => {
  await using server = await startRedis();
  await using pool = await connectPool(server.url, { size: 3, min: 3 });
  const ids = String(await pool.call("CLIENT LIST")).match(/(?<=\bid=)\d+/g)!;
  const mine = String(await pool.call("CLIENT ID"));
  for (const id of ids.filter((id) => id !== mine)) await pool.call("CLIENT KILL", "ID", id);
  await until(async () => clients(await pool.call("CLIENT LIST")) === 3);
  await pool.session((s) => s.clientNoEvict(true));
  await until(async () => clients(await pool.call("CLIENT LIST")) === 3);
  assert(!/ flags=e/.test(String(await pool.call("CLIENT LIST"))));
  await pool.session(async (s) => {
    const id = String(await s.call("CLIENT ID"));
    await pool.call("CLIENT KILL", "ID", id);
    await assertRejects(() => s.ping(), ConnectionError);
  });
  await until(async () => clients(await pool.call("CLIENT LIST")) === 3);
});

test("a connection of the minimum that is lost while it is a session's is tried again until the server is back", async () => {
  await using server = await startRedis();
  let failed = 0;
  const counting: Connect = (address, handler, signal) =>
    connectTransport(address, handler, signal).catch((error) => {
      failed++;
      throw error;
    });
  await using pool = await connectPool(server.url, { size: 3, min: 3, backoff: () => 20, connect: counting });
  await using session = await pool.session();
  await session.ping();
  await server.kill();
  await assertRejects(() => session.ping(), ConnectionError);
  await session.release();
  // Each of the three has failed by then, more than once.
  const before = failed;
  await until(() => failed >= before + 9);
  await server.start();
  await until(async () => clients(await pool.call("CLIENT LIST")) === 3);
});

test("a connection of the minimum that could not be opened anew is tried again once the server is back", async () => {
  await using server = await startRedis();
  await using pool = await connectPool(server.url, { size: 3, min: 3, backoff: () => 20 });
  await using admin = await connect(server.url, { backoff: () => 20 });
  using again = held(1000);
  const spoilt = await pool.session();
  await spoilt.clientNoEvict(true);
  await server.kill();
  await spoilt.release();
  await until(() => pool.stats().leased === 0);
  await until(() => again.size === 1); // it has failed
  await server.start();
  const all = async () => clients(await admin.call("CLIENT LIST", "TYPE", "normal")) === 4;
  await until(async () => (again.fire(), await all()));
});

test("a connection of the minimum that took the place of a spoilt one is opened again when it is lost", async () => {
  await using server = await startRedis();
  await using pool = await connectPool(server.url, { size: 2, min: 2 });
  const spoilt = await pool.session();
  const waiting = pool.session();
  await spoilt.clientNoEvict(true);
  await spoilt.release();
  const session = await waiting;
  await pool.call("CLIENT KILL", "ID", await session.clientId());
  await assertRejects(() => session.ping(), ConnectionError);
  const before = pool.stats().connects;
  await session.release();
  // It is begun at once, or never: nobody else asks for it.
  for (let turns = 0; turns < 1000 && pool.stats().connects === before; turns++) await pool.ping();
  assertEquals(pool.stats().connects, before + 1);
});

test("a connection of the minimum that its server cannot reset is replaced, though nobody asks for it", async () => {
  await using server = await startScripted(async (peer) => {
    for (let words = await peer.command(); words; words = await peer.command()) {
      if (words[0] === "HELLO") await peer.send(HELLO);
      else await peer.send(words[0] === "RESET" ? "-ERR unknown command 'RESET'\r\n" : "+OK\r\n");
    }
  });
  await using pool = await connectPool(server.url, { size: 2, min: 2, clientInfo: false });
  await pool.session((session) => session.select(1));
  await server.peer(2);
  assertEquals([server.peers.length, pool.stats().idle], [3, 1]);
});

test("connectPool() fails if its minimum cannot be reached", async () => {
  await using server = await startRedis({ args: ["--maxclients", "2"] });
  await assertRejects(() => connectPool(server.url, { size: 4, min: 4 }), ConnectionError);
  // What could be opened was closed again; the server takes a moment to see it.
  await until(async () => {
    const pool = await connectPool(server.url, { size: 4, min: 2 }).catch(() => undefined);
    await pool?.close();
    return pool !== undefined;
  });
});

test("callers are served in the order in which they came, those that gave up passed over", async () => {
  await using server = await startRedis();
  await using pool = await connectPool(server.url, { size: 2 });
  const held = await pool.session();
  const order: number[] = [];
  const stop = new AbortController();
  const waiting = Array.from({ length: 20 }, (_, i) => {
    const client = i % 3 === 0 ? pool.with({ signal: stop.signal }) : pool;
    return client.session(() => void order.push(i)).catch((error) => error.message);
  });
  await until(() => pool.stats().waiting === 20);
  stop.abort(new Error("gave up"));
  assertEquals(pool.stats().waiting, 13);
  await held.release();
  const outcomes = await Promise.all(waiting);
  assertEquals(order, Array.from({ length: 20 }, (_, i) => i).filter((i) => i % 3 !== 0));
  assertEquals(outcomes.filter((one) => one === "gave up").length, 7);
  assertEquals([pool.stats().waiting, pool.stats().leased], [0, 0]);
});

test("commands wait for a server that is being restarted, whichever connection of a pool they go to", async () => {
  for (const second of ["new", "a session's", "shared, and a session's before"]) {
    await using server = await startRedis();
    const states: string[] = [];
    let failures = 0;
    const onState = (state: string) => state === "reconnecting" ? void failures++ : void states.push(state);
    await using pool = await connectPool(server.url, { size: 2, backoff: () => 20, onState });
    if (second !== "new") await pool.session((session) => session.ping());
    if (second.startsWith("shared")) await atOnce(server, () => pool.ping());
    const { shared, idle } = pool.stats();
    await server.kill();
    await until(() => pool.stats().losses === shared + idle);
    const first = pool.set("a", 1);
    await new Promise((resolve) => setTimeout(resolve));
    const other = pool.set("b", 1);
    const refused: unknown[] = [];
    for (const call of [first, other]) call.catch((error) => refused.push(error.message));
    const told = ["connecting", "ready"];
    // Each has told of its loss, and one of another attempt that failed.
    await until(() => failures > shared || refused.length > 0);
    assertEquals(refused, [], second);
    assertEquals(states, told, second);
    await server.start();
    assertEquals(await Promise.all([first, other]), ["OK", "OK"], second);
    await until(() => states.length >= told.length + shared);
    const after = Array.from({ length: shared }, () => "ready");
    assertEquals(states, [...told, ...after], second);
    assertEquals(pool.stats().shared, shared);
  }
});

test("a shared connection that is being made again is passed over for the first", async () => {
  await using server = await startScripted(async (peer, index) => {
    for (let words = await peer.command(); words; words = await peer.command()) {
      if (words[0] === "HELLO" && index < 2) await peer.send(HELLO);
      else if (words[0] === "GET") await peer.send("+one\r\n", "+two\r\n");
    }
  });
  await using pool = await connectPool(server.url, { size: 2, clientInfo: false, queueTimeout: 5000 });
  const one = pool.call("LATE");
  await new Promise((resolve) => setTimeout(resolve));
  const lost = assertRejects(() => pool.call("LOST"), ConnectionError);
  const second = await server.peer(1);
  await second.until("LOST");
  second.destroy();
  await lost;
  assertEquals(await Promise.all([pool.get("k"), one]), ["two", "one"]);
});

test("the first connection is passed over as well while it is being made again", async () => {
  const { open, opened } = gate();
  await using server = await startScripted(async (peer, index) => {
    for (let words = await peer.command(); words; words = await peer.command()) {
      if (words[0] === "HELLO" && index < 2) await peer.send(HELLO);
      if (words[0] === "LATE") await opened;
      if (words[0] !== "HELLO") await peer.send("+OK\r\n");
    }
  });
  await using pool = await connectPool(server.url, { size: 2, clientInfo: false, queueTimeout: 5000 });
  const late = pool.call("LATE");
  await new Promise((resolve) => setTimeout(resolve));
  await pool.get("k");
  open();
  await late;
  server.peers[0]!.destroy();
  await until(() => pool.stats().losses === 1);
  assertEquals([await pool.get("k"), pool.stats().shared], ["OK", 2]);
});

test("a further connection that the server refuses says why at once", async () => {
  await using server = await startScripted(async (peer, index) => {
    for (let words = await peer.command(); words; words = await peer.command()) {
      if (words[0] === "HELLO") await peer.send(index === 0 ? HELLO : "-WRONGPASS invalid\r\n");
      else if (words[0] !== "SLOW") await peer.send("+OK\r\n");
    }
  });
  const pool = await connectPool(server.url, { size: 2, clientInfo: false });
  const slow = assertRejects(() => pool.call("SLOW"), ConnectionError);
  await new Promise((resolve) => setTimeout(resolve));
  const error = await assertRejects(() => pool.get("b"), ConnectionError, "WRONGPASS");
  assertEquals(error.sent, false);
  pool.destroy();
  await slow;
});

test("who heard that a connection is being made again hears that it is there, whoever has it by then", async () => {
  await using server = await startRedis();
  const states: string[] = [];
  let taken: Promise<Session> | undefined;
  await using pool = await connectPool(server.url, {
    size: 2,
    onState(state) {
      states.push(state);
      if (state === "reconnecting") taken ??= pool.session();
    },
  });
  await atOnce(server, () => pool.ping());
  await pool.call("CLIENT KILL", "TYPE", "normal", "SKIPME", "yes");
  await until(() => taken !== undefined);
  await using session = await taken!;
  await session.ping();
  assertEquals(states, ["connecting", "ready", "connecting", "ready", "reconnecting", "ready"]);
});

test("a command too many for one connection goes to another that has room", async () => {
  await using server = await startRedis();
  for (const timeout of [undefined, 60_000]) {
    await using pool = await connectPool(server.url, { size: 4, maxPending: 100, timeout });
    const sets = Array.from({ length: 400 }, (_, i) => pool.set(`k${i}`, i).catch((error) => error.message));
    assertEquals(new Set(await Promise.all(sets)), new Set(["OK"]));
    assertEquals(pool.stats().shared, 4);
    // Now all are full.
    const all = Array.from({ length: 401 }, (_, i) => pool.set(`k${i}`, i).catch((error) => error.message));
    const outcomes = await Promise.all(all);
    assertEquals(outcomes.filter((outcome) => outcome !== "OK"), [outcomes[400]]);
    assert(outcomes[400].includes("100 commands"), outcomes[400]);
  }
});

test("what has no room on one connection of a pool goes to another that has, whether bytes or commands are too many", async () => {
  const taken: number[] = [];
  await using server = await startScripted(async (peer, index) => {
    for (let words = await peer.command(); words; words = await peer.command()) {
      if (words[0] === "STALL") peer.hold();
      taken[index] = (taken[index] ?? 0) + 1;
      if (words[0] === "SLOW") await new Promise((resolve) => setTimeout(resolve, 5));
      await peer.send(words[0] === "HELLO" ? HELLO : "+OK\r\n");
      if (words[0] === "STALL") return;
    }
  });
  const settings = { clientInfo: false, size: 2 } as const;
  const full = await connectPool(server.url, { ...settings, maxPendingBytes: 100_000 });
  await full.call("STALL");
  const stalled = full.set("big", "x".repeat(30_000_000)).catch(() => {});
  await until(() => full.stats().bytesWaiting > 100_000);
  // There it ties with the other one, as far as commands are counted.
  const [first, second] = [full.get("a"), full.get("b")];
  assertEquals(await Promise.all([first, second]), ["OK", "OK"]);
  full.destroy();
  await stalled;
  taken.length = 0;
  const waiting = await connectPool(server.url, { ...settings, maxPending: 4, overflow: "wait" });
  await Promise.all(Array.from({ length: 100 }, () => waiting.call("SLOW")));
  const shares = taken.filter((count) => count !== undefined);
  assert(shares.length === 2 && Math.min(...shares) > 20, String(shares));
  waiting.destroy();
});

test("onState hears nothing of connections that only sessions use", async () => {
  await using server = await startRedis();
  const states: string[] = [];
  const pool = await connectPool(server.url, { size: 3, min: 2, onState: (state) => void states.push(state) });
  await pool.session((session) => session.select(1));
  await pool.session((session) => session.clientNoEvict(true));
  await until(async () => clients(await pool.call("CLIENT LIST")) === 2);
  assertEquals(states, ["connecting", "ready"]);
  pool.destroy();
  assertEquals(states, ["connecting", "ready", "closed"]);
});

test("too many waiting callers are turned away at once, without anything being sent", async () => {
  await using server = await startRedis();
  await using pool = await connectPool(server.url, { size: 2, maxWaiting: 1, waitTimeout: 0 });
  const held = await pool.session();
  const waits = pool.session();
  const error = await assertRejects(() => pool.session(), ConnectionError, "1 callers wait");
  assertEquals([error.sent, error.command], [false, "session"]);
  assertEquals(pool.stats().refused, 1);
  await held.release();
  await (await waits).release();
});

test("waitTimeout is told as such, and counted", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url, { maxSessions: 1, waitTimeout: 20 });
  await using _held = await redis.session();
  const error = await assertRejects(() => redis.blpop(["q"], 0), TimeoutError, "None of the 2 connections");
  assertEquals([error.waitingFor, error.after, error.sent, error.command], ["connection", 20, false, "BLPOP"]);
  assertEquals(redis.stats().refused, 1);
});

test("who waits for a shared connection gets another that is free before, and it stays shared then", async () => {
  await using server = await startScripted(async (peer) => {
    for (let words = await peer.command(); words; words = await peer.command()) {
      if (words[0] === "HELLO") await peer.send(HELLO);
      else if (words[0] !== "SLOW") await peer.send("+OK\r\n");
    }
  });
  const pool = await connectPool(server.url, { clientInfo: false, size: 3 });
  const slow = [pool.call("SLOW")];
  await new Promise((resolve) => setTimeout(resolve));
  slow.push(pool.call("SLOW"));
  const ended = Promise.allSettled(slow);
  const session = await pool.session();
  const order: number[] = [];
  const waiting = [1, 2].map((n) => pool.session(() => void order.push(n)));
  assertEquals(pool.stats().waiting, 2);
  await session.release();
  assertEquals([pool.stats().idle, pool.stats().waiting], [0, 1]);
  await Promise.all(waiting);
  assertEquals(order, [1, 2]);
  const { shared, idle, leased } = pool.stats();
  assertEquals([shared, idle, leased], [2, 1, 0]);
  pool.destroy();
  await ended;
});

test("who waits while a shared connection is freed for him gets another one that is free before", async () => {
  const { open, opened } = gate();
  await using server = await startScripted(async (peer) => {
    for (let words = await peer.command(); words; words = await peer.command()) {
      if (words[0] === "HELLO") await peer.send(HELLO);
      if (words[0] === "LATE") await opened;
      if (words[0] !== "HELLO" && words[0] !== "SLOW") await peer.send("+OK\r\n");
    }
  });
  const pool = await connectPool(server.url, { clientInfo: false, size: 4 });
  const turn = () => new Promise((resolve) => setTimeout(resolve));
  const session = await pool.session();
  const slow: Promise<unknown>[] = [];
  for (let n = 0; n < 2; n++) {
    slow.push(pool.call("SLOW"));
    await turn();
  }
  const late = pool.call("LATE");
  const waiting = [pool.session(), pool.session()];
  await session.release();
  await waiting[0];
  open();
  await late;
  assert(await waiting[1]);
  const ended = Promise.allSettled(slow);
  pool.destroy();
  await ended;
});

test("each who waits gets a shared connection as soon as one is free", async () => {
  await using server = await startRedis();
  await using pool = await connectPool(server.url, { size: 4 });
  const busy: Promise<unknown>[] = [];
  const waiting = await frozen(server, async () => {
    for (let n = 0; n < 4; n++) {
      busy.push(pool.ping());
      await new Promise((resolve) => setTimeout(resolve));
    }
    const waiting = [1, 2, 3].map(() => pool.session());
    const { shared, leased, waiting: callers } = pool.stats();
    assertEquals([shared, leased, callers], [1, 3, 3]);
    return waiting;
  });
  for (const session of await Promise.all(waiting)) await session.release();
  await Promise.all(busy);
  assertEquals([pool.stats().leases, pool.stats().leased], [3, 0]);
});

test("who waits behind somebody that gives up a shared connection gets it once it is free", async () => {
  await using server = await startRedis();
  await using pool = await connectPool(server.url, { size: 2 });
  const { long, short, waiting } = await frozen(server, async () => {
    const long = pool.ping();
    await new Promise((resolve) => setTimeout(resolve));
    const short = pool.ping();
    const stop = new AbortController();
    const refused = assertRejects(() => pool.with({ signal: stop.signal }).session(), TypeError, "enough");
    const waiting = pool.session((session) => session.ping());
    assertEquals(pool.stats().waiting, 2);
    stop.abort(new TypeError("enough"));
    await refused;
    return { long, short, waiting };
  });
  assertEquals(await waiting, "PONG");
  assertEquals([pool.stats().leased, pool.stats().idle], [0, 1]);
  await Promise.all([long, short]);
});

test("nobody waits longer for a shared connection to be free, and it stays shared then", async () => {
  await using server = await startRedis();
  await using pool = await connectPool(server.url, { size: 2, waitTimeout: 40 });
  const stop = new AbortController();
  for (const client of [pool, pool.with({ signal: stop.signal })]) {
    const calls = await frozen(server, async () => {
      // At last it goes on: then whoever has waited for so long would get what it waits for.
      const last = setTimeout(() => server.resume(), 10_000);
      const long = pool.ping();
      await new Promise((resolve) => setTimeout(resolve));
      const short = pool.ping();
      const refused = assertRejects(() => client.session());
      if (client !== pool) setTimeout(() => stop.abort(new TypeError("enough")), 10);
      await refused;
      clearTimeout(last);
      assertEquals([pool.stats().shared, pool.stats().leased], [2, 0]);
      return [long, short];
    });
    await Promise.all(calls);
  }
  assertEquals(pool.stats().leases, 0);
  assertEquals(await pool.session((s) => s.ping()), "PONG");
});

test("whoever gives up in the breath in which a shared connection is free holds it no longer", async () => {
  await using server = await startRedis();
  await using pool = await connectPool(server.url, { size: 2 });
  for (let breath = 0; breath < 20; breath++) {
    const busy = Array.from({ length: 600 }, () => pool.ping());
    const stop = new AbortController();
    const given = pool.with({ signal: stop.signal }).session((session) => session.ping()).catch(() => {});
    await Promise.all(busy);
    for (let i = 0; i < breath; i++) await undefined;
    stop.abort(new Error("enough"));
    await given;
    await new Promise((resolve) => setTimeout(resolve));
    assertEquals(pool.stats().leased, 0);
  }
});

/** The second connection lives no more, as far as anybody looks, and nobody says so. */
async function deadToPings(peer: Peer, index: number): Promise<void> {
  for (let words = await peer.command(); words; words = await peer.command()) {
    if (words[0] === "HELLO") await peer.send(HELLO);
    else if (index !== 1 || words[0] !== "PING") await peer.send("+OK\r\n");
  }
}

test("an idle connection that died without a word is found before a session gets it", async () => {
  await using server = await startScripted(deadToPings);
  await using redis = await connect(server.url, { clientInfo: false, checkAfter: 1, maxSessions: 1 });
  await redis.session((s) => s.get("X"));
  await new Promise((resolve) => setTimeout(resolve, 5)); // silence is what this is about
  await redis.session(async (s) => assertEquals(await s.get("Y"), "OK"));
  assertEquals(redis.stats().unfit, 1);
  assert(!server.peers[1]!.text.includes("Y") && server.peers[2]!.text.includes("Y"));
});

test("so it is before somebody gets it who waited while it was another's", async () => {
  await using server = await startScripted(deadToPings);
  await using redis = await connect(server.url, { clientInfo: false, checkAfter: 1, maxSessions: 1 });
  const silent = await redis.session();
  assertEquals(await silent.get("X"), "OK");
  const waiting = redis.session((s) => s.get("Y"));
  await new Promise((resolve) => setTimeout(resolve, 5)); // silence is what this is about
  await silent.release();
  assertEquals(await waiting, "OK");
  assertEquals(redis.stats().unfit, 1);
  assert(!server.peers[1]!.text.includes("Y") && server.peers[2]!.text.includes("Y"));
});

test("who gives up while it is tried gives it back; when the client is closed meanwhile it is nobody's", async () => {
  for (const end of ["gives up", "was closed"]) {
    await using server = await startScripted(deadToPings);
    const redis = await connect(server.url, { clientInfo: false, checkAfter: 1, maxSessions: 1 });
    const silent = await redis.session();
    await silent.get("X");
    const stop = new AbortController();
    const waiting = assertRejects(() => redis.with({ signal: stop.signal }).session(), Error, end);
    await new Promise((resolve) => setTimeout(resolve, 5)); // silence is what this is about
    await silent.release();
    await Promise.race([waiting, server.peers[1]!.until("PING")]);
    if (end === "gives up") {
      const next = redis.session((session) => session.get("Y"));
      stop.abort(new Error("The caller gives up"));
      assertEquals(await next, "OK");
    } else redis.close();
    await waiting;
    assertEquals([redis.stats().leased, redis.stats().leases], [0, end === "gives up" ? 2 : 1]);
    redis.destroy();
  }
});

test("nor does anybody wait for the PING that such a connection has not answered", async () => {
  await using server = await startScripted(async (peer, index) => {
    for (let words = await peer.command(); words; words = await peer.command()) {
      if (words[0] === "HELLO") await peer.send(HELLO);
      else if (index !== 1) await peer.send("+PONG\r\n");
    }
  });
  const options = { size: 2, min: 2, clientInfo: false, pingInterval: 20, checkAfter: 1, waitTimeout: 200 };
  await using pool = await connectPool(server.url, options);
  const dead = await server.peer(1);
  await dead.until("PING");
  assertEquals(await pool.session((s) => s.ping()), "PONG");
  assertEquals([pool.stats().unfit, pool.stats().refused], [1, 0]);
});

test("nor is such a PING, refused for now, sent again within the transaction of whoever gets the connection", async () => {
  await using server = await startScripted(async (peer, index) => {
    let refusals = index === 1 ? 1 : 0;
    for (let words = await peer.command(); words; words = await peer.command()) {
      if (words[0] === "HELLO") await peer.send(HELLO);
      else if (words[0] === "PING" && refusals-- > 0) await peer.send("-LOADING not now\r\n");
      else await peer.send("+PONG\r\n");
    }
  });
  await using pool = await connectPool(server.url, { size: 2, min: 2, clientInfo: false, pingInterval: 20 });
  const idle = await server.peer(1);
  await idle.until("PING");
  await using session = await pool.session();
  await session.call("MULTI");
  await new Promise((resolve) => setTimeout(resolve, 100)); // long enough for another try
  await session.call("EXEC");
  assertEquals(idle.text.split("PING").length - 1, 1);
});

test("nor is a connection dead whose sign of life has yet to be read, as the process was busy", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url, { checkAfter: 1, maxSessions: 1 });
  const first = await redis.session((s) => s.clientId());
  await new Promise((resolve) => setTimeout(resolve, 5)); // silence is what this is about
  using limit = held(1000);
  const session = redis.session((s) => s.clientId());
  await until(() => limit.size > 0);
  // The timer comes before anything is read.
  limit.fire();
  assertEquals([await session, redis.stats().unfit], [first, 0]);
});

test("one that lives is used on", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url, { checkAfter: 1, maxSessions: 1 });
  const first = await redis.session((s) => s.clientId());
  await new Promise((resolve) => setTimeout(resolve, 5));
  assertEquals(await redis.session((s) => s.clientId()), first);
  assertEquals(redis.stats().unfit, 0);
});

test("old connections are replaced, and no command notices", async () => {
  await using server = await startRedis();
  await using pool = await connectPool(server.url, { size: 3, min: 2, maxLifetime: 60 });
  const seen = new Set<unknown>();
  let n = 0;
  while (seen.size < 4) {
    const ids = await Promise.all([pool.call("CLIENT ID"), pool.session((s) => s.clientId())]);
    for (const id of ids) seen.add(id);
    assertEquals(await pool.incr("n"), ++n);
  }
  assert(pool.stats().retired >= 2);
});

test("a connection that is reset after each session grows old all the same", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url, { maxLifetime: 100, maxSessions: 1 });
  const given = () => redis.session((s) => s.select(1).then(() => s.clientId()));
  // While it is being reset, and once it has been.
  for (const pause of [0, 5]) {
    const before = await given();
    let now = before;
    for (const since = performance.now(); now === before && performance.now() - since < 10_000;) {
      if (pause > 0) await new Promise((resolve) => setTimeout(resolve, pause));
      now = await given();
    }
    assert(now !== before, `${pause} ms`);
  }
});

test("a connection that carries subscriptions is not replaced: that would be a gap", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url, { maxLifetime: 30 });
  await using news = await redis.subscribe("news");
  const id = await redis.call("CLIENT ID");
  for (const since = performance.now(); performance.now() - since < 120;) await redis.ping();
  assertEquals(await redis.call("CLIENT ID"), id);
  assertEquals(news.gaps, 0);
});

test("a session that outlives its connection's time keeps it", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url, { maxLifetime: 30, maxSessions: 1 });
  const before = await redis.session(async (s) => {
    await s.watch("k");
    const id = await s.clientId();
    for (const since = performance.now(); performance.now() - since < 100;) await s.ping();
    assertEquals(await s.clientId(), id);
    assertEquals(await s.transaction((tx) => [tx.incr("k")]), [1]);
    return id;
  });
  assert(await redis.session((s) => s.clientId()) !== before);
});

test("a session's connection that is replaced for its age was not lost: who waits for the new one is not refused", async () => {
  await using server = await startRedis();
  await using pool = await connectPool(server.url, { size: 2, min: 2, queueLimit: 0, maxLifetime: 50 });
  const session = await pool.session();
  await session.ping();
  await new Promise((resolve) => setTimeout(resolve, 60)); // its age is what this is about
  const waiting = pool.session((s) => s.ping());
  await session.release();
  assertEquals(await waiting, "PONG");
  assert(pool.stats().retired > 0);
  assertEquals(pool.stats().losses, 0);
});

test("limits that make no sense are refused", async () => {
  await assertRejects(() => connectPool({ size: 2, min: 3 }), RangeError, "min must not be larger");
  await assertRejects(() => connectPool({ size: 0 }), RangeError, "size");
  await assertRejects(() => connect({ size: 5 } as never), TypeError, "connectPool()");
  await assertRejects(() => connect({ maxLifetime: -1 }), RangeError, "maxLifetime");
});
