// While a server is away, what needs a connection of its own waits for it as all else does.
import { assert, assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { type ClientOptions, connect, ConnectionError, connectPool, type Redis, TimeoutError } from "../../mod.ts";
import { CORE } from "../../src/client/core.ts";
import { connectTransport } from "../../src/transport/default.ts";
import type { Connect } from "../../src/transport/transport.ts";
import { gate } from "../support/gate.ts";
import { answering, HELLO, startScripted } from "../support/scripted.ts";
import { startRedis } from "../support/servers.ts";
import { test } from "../support/test.ts";

/** Waits for something to become true. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2));
}

for (const [what, open] of Object.entries({ "a client": connect, "a pool": connectPool })) {
  for (const protocol of [3, 2] as const) {
    test(`what needs a connection of its own waits for a server that is being restarted, ${what}, RESP${protocol}`, async () => {
      await using server = await startRedis();
      let failures = 0;
      const backoff = () => (failures++, 5);
      await using redis = await open(server.url, { protocol, backoff, queueTimeout: 60_000 });
      // One that has been a session's is lost as well; the others are new.
      await redis.session((session) => session.ping());
      await server.kill();
      await until(() => redis.stats().losses === 2);
      await using monitor = redis.monitor();
      const calls: Promise<unknown>[] = [
        redis.get("k"),
        redis.blpop(["none"], 0.01),
        redis.session((session) => session.get("k")),
        redis.watch("k", (session) => session.get("k")),
        redis.pipeline((p) => [p.blpop(["none"], 0.01)]),
        monitor.ready,
      ];
      const refused: unknown[] = [];
      for (const call of calls) call.catch((error) => refused.push(error.message));
      const before = failures;
      await until(() => failures > before + 3 || refused.length > 0);
      assertEquals(refused, []);
      await server.start();
      assertEquals(await Promise.all(calls), [null, null, null, null, [null], undefined]);
    });
  }
}

/** A client whose server has just gone: no attempt to reach it succeeds until `back()`. One may have a connection of his own. */
async function bereft(url: string, options: ClientOptions): Promise<{ redis: Redis; back: () => void }> {
  let reached = true;
  const through: Connect = (address, handler, signal) =>
    reached ? connectTransport(address, handler, signal) : Promise.reject(new Error("refused"));
  const redis = await connect(url, {
    connect: through,
    clientInfo: false,
    maxSessions: 1,
    backoff: () => 2,
    ...options,
  });
  reached = false;
  redis.call("LEAVE").catch(() => {});
  await until(() => redis.stats().losses === 1);
  return { redis, back: () => void (reached = true) };
}

/** Hangs up when it is told to, and agrees with everything else. */
const startFickle = () =>
  startScripted((peer, index) =>
    answering(([command]) => {
      if (command === "LEAVE") return void peer.destroy();
      return command === "HELLO" ? HELLO : "+OK\r\n";
    })(peer, index)
  );

test("what waits for a server that is away to have a connection of its own gives up after queueTimeout", async () => {
  await using server = await startFickle();
  const { redis } = await bereft(server.url, { queueTimeout: 30 });
  for (const [what, call] of [["BLPOP", () => redis.blpop(["q"], 0)], ["session", () => redis.session()]] as const) {
    const error = await assertRejects<TimeoutError>(call, TimeoutError, "within 30 ms");
    assertEquals([error.waitingFor, error.after, error.sent, error.command], ["connection", 30, false, what]);
    assert(error.report !== undefined);
  }
  assertEquals(redis.stats().leased, 0);
  redis.destroy();
});

test("whoever subscribes to a client that ended while the server was away is told that it did", async () => {
  await using server = await startFickle();
  const { redis } = await bereft(server.url, { queueLimit: 0 });
  redis.destroy();
  const error = await assertRejects(() => redis.subscribe("c"), ConnectionError, "closed");
  assertEquals(error.closed, true);
});

test("who gives up while the server is away leaves the connection to the next", async () => {
  await using server = await startFickle();
  const { redis, back } = await bereft(server.url, { queueTimeout: 0 });
  const stop = new AbortController();
  const session = redis.with({ signal: stop.signal }).session().catch((reason) => reason);
  const popped = redis.with({ timeout: 50 }).blpop(["q"], 0).catch((error) => error);
  assertEquals([redis.stats().leased, redis.stats().waiting], [1, 1]);
  stop.abort("enough");
  assertEquals(await session, "enough");
  const late = await popped;
  assertInstanceOf(late, TimeoutError);
  assertEquals([late.waitingFor, late.after, late.sent], ["connection", 50, false]);
  assertEquals([redis.stats().leased, redis.stats().waiting], [0, 0]);
  const next = redis.session((session) => session.call("PING"));
  back();
  assertEquals(await next, "OK");
  redis.destroy();
});

test("what waits for a server that is away hears when the client gives it up", async () => {
  await using server = await startFickle();
  let tries = 0;
  let enough = false;
  const backoff = () => (tries++, enough ? null : 2);
  const { redis } = await bereft(server.url, { queueTimeout: 0, backoff });
  let refused = false;
  const popped = redis.blpop(["q"], 0).catch((error) => (refused = true, error));
  const before = tries;
  await until(() => tries > before + 3 || refused);
  assertEquals(refused, false);
  enough = true;
  const error = await popped;
  assertInstanceOf(error, ConnectionError);
  assertEquals([error.sent, error.closed, error.command, redis.stats().leased], [false, false, "BLPOP", 0]);
  redis.destroy();
});

test("what waits for a server that is away hears when the client is closed", async () => {
  await using server = await startFickle();
  for (const close of [(redis: Redis) => redis.close(0), (redis: Redis) => redis.destroy()]) {
    const { redis } = await bereft(server.url, { queueTimeout: 0, maxSessions: 3 });
    const calls = [redis.session(), redis.session((s) => s.ping()), redis.blpop(["q"], 0)];
    const ends = Promise.all(calls.map((call) => assertRejects<ConnectionError>(() => call, ConnectionError)));
    await close(redis);
    for (const { sent, closed } of await ends) assertEquals([sent, closed], [false, true]);
  }
});

test("where no command may wait for a server that is away, what needs a connection of its own is refused, too", async () => {
  await using server = await startFickle();
  const states: string[] = [];
  const onState = (state: string): void => void states.push(state);
  const { redis, back } = await bereft(server.url, { queueLimit: 0, queueTimeout: 1000, onState });
  for (
    const [what, call] of [
      ["GET", () => redis.get("k")],
      ["BLPOP", () => redis.blpop(["q"], 0)],
      ["session", () => redis.session()],
      ["session", () => redis.watch("k", () => {})],
      ["pipeline", () => redis.pipeline((p) => [p.blpop(["q"], 0)])],
      ["MONITOR", () => redis.monitor().ready],
      ["SUBSCRIBE", () => redis.subscribe("c")],
    ] as const
  ) {
    const error = await assertRejects<ConnectionError>(call, ConnectionError, "0 commands wait already");
    assertEquals([error.sent, error.closed, error.command, error.report !== undefined], [false, false, what, true]);
  }
  assertEquals([redis.stats().leased, redis.stats().waiting], [0, 0]);
  back();
  await until(() => states.at(-1) === "ready");
  assertEquals(await redis.session((session) => session.get("k")), "OK");
  redis.destroy();
});

test("each attempt to reach a server that is away is told with why it failed, the last one as that", async () => {
  await using server = await startFickle();
  const told: [state: string, why: string][] = [];
  const onState = (state: string, error?: Error): void => void told.push([state, error?.message ?? ""]);
  const { redis, back } = await bereft(server.url, { onState, backoff: (attempt) => attempt < 4 ? 2 : null });
  await until(() => told.at(-1)![0] === "idle");
  assertEquals(told.map(([state]) => state), [
    "connecting",
    "ready",
    "reconnecting",
    ...["reconnecting", "reconnecting", "reconnecting"],
    "idle",
  ]);
  for (const [state, why] of told.slice(3)) assert(why.includes("refused"), `${state}: ${why}`);
  back();
  assertEquals(await redis.get("k"), "OK");
  assertEquals(told.slice(7).map(([state]) => state), ["connecting", "ready"]);
  redis.destroy();
});

test("who hears of an attempt that failed may close the client", async () => {
  await using server = await startFickle();
  let tries = 0;
  const backoff = () => (tries++, 2);
  const opened: Redis[] = [];
  const onState = (_: string, error?: Error): void => {
    if (error?.message.includes("refused")) opened[0]?.destroy();
  };
  const { redis } = await bereft(server.url, { backoff, queueTimeout: 1000, onState });
  opened.push(redis);
  await assertRejects(() => redis.get("k"), ConnectionError);
  const before = tries;
  await new Promise((resolve) => setTimeout(resolve, 20));
  assertEquals(tries, before);
});

test("as long as another connection of the pool is there, nobody waits for the first", async () => {
  const kill = gate();
  await using server = await startScripted(async (peer, index) => {
    if (index === 0) void kill.opened.then(() => peer.destroy());
    await answering((words) => words[0] === "HELLO" ? HELLO : "+OK\r\n")(peer, index);
  });
  let refused = 0;
  const once: Connect = (address, handler, signal) =>
    refused-- > 0 ? Promise.reject(new Error("refused")) : connectTransport(address, handler, signal);
  // One attempt fails, and the next one never comes.
  const options = { clientInfo: false, size: 8, connect: once, backoff: () => 1_000_000, queueTimeout: 0 };
  const pool = await connectPool(server.url, options);
  // As many as go to more than one.
  await Promise.all(Array.from({ length: 300 }, () => pool.set("k", "v")));
  assert(pool.stats().shared > 1);
  refused = 1;
  kill.open();
  await until(() => pool.stats().losses === 1 && refused === 0);
  const own: Promise<unknown>[] = [
    pool.session((session) => session.get("k")),
    pool.blpop(["queue"], 1),
    pool.pipeline((p) => [p.blpop(["queue"], 1)]),
  ];
  assertEquals(await Promise.all(own), ["OK", "OK", ["OK"]]);
  pool.destroy();
});

test("a subscription and a monitor that get no connection say that it was they who waited for one", async () => {
  await using server = await startFickle();
  const { redis } = await bereft(server.url, { queueTimeout: 5, waitTimeout: 5 });
  const told = async (call: Promise<unknown>) => {
    const error = await assertRejects(() => call);
    assert(error instanceof TimeoutError || error instanceof ConnectionError, String(error));
    return [error.command, error.report !== undefined];
  };
  assertEquals(await told(redis.psubscribe("*")), ["PSUBSCRIBE", true]);
  assertEquals(await told(redis.monitor().ready), ["MONITOR", true]);
  redis.destroy();
  assertEquals(await told(redis.subscribe("x")), ["SUBSCRIBE", true]);
  assertEquals(await told(redis.monitor().ready), ["MONITOR", true]);
});

for (const what of ["blpop", "monitor", "subscribe"] as const) {
  test(`${what} waits for an attempt at a connection of its own as long as queueTimeout says, not connectTimeout`, async () => {
    await using server = await startRedis();
    let attempts = 0;
    const hanging: Connect = (address, handler, signal) =>
      ++attempts === 1 ? connectTransport(address, handler, signal) : new Promise(() => {});
    const options = { connect: hanging, connectTimeout: 3000, queueTimeout: 100, protocol: 2 } as const;
    await using redis = await connect(server.url, options);
    const began = performance.now();
    const call = {
      blpop: () => redis.blpop(["q"], 0),
      monitor: async () => {
        await using monitor = redis.monitor();
        await monitor.ready;
      },
      subscribe: () => redis.subscribe("news"),
    }[what];
    const error = await assertRejects(call as () => Promise<unknown>, TimeoutError);
    assertEquals([error.waitingFor, error.after, error.sent], ["connection", 100, false]);
    assert(performance.now() - began < 2000);
    assertEquals(attempts, 2);
  });
}

test("while the first connection of a pool is away, a hanging attempt at another and the wait for the first are one wait", async () => {
  await using server = await startRedis();
  let isAway = false;
  const hanging: Connect = (address, handler, signal) =>
    isAway ? new Promise(() => {}) : connectTransport(address, handler, signal);
  const options = { connect: hanging, connectTimeout: 1500, queueTimeout: 600, backoff: () => 1 };
  await using redis = await connectPool(server.url, { ...options, size: 3 });
  // As many as go to all of them.
  await Promise.all(Array.from({ length: 1000 }, () => redis.ping()));
  assertEquals(redis.stats().shared, 3);
  const [first, , last] = redis[CORE].pool.lines;
  isAway = true;
  for (const line of [first, last]) line!.drop(new ConnectionError("lost"));
  await until(() => first!.state === "reconnecting" && last!.state === "reconnecting");
  const began = performance.now();
  const error = await assertRejects(() => redis.blpop(["q"], 5), TimeoutError);
  assertEquals([error.waitingFor, error.after], ["connection", 600]);
  const waited = performance.now() - began;
  assert(waited < 1100, `${waited} ms`);
});
