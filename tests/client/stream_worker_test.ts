import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { spawn } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { connect, ConnectionError, type Delivery, type Redis, ReplyError } from "../../mod.ts";
import { observe } from "../../src/observe/mod.ts";
import { frozen } from "../support/frozen.ts";
import { gate } from "../support/gate.ts";
import { halfOpenPool } from "../support/half_open.ts";
import { missing, type Server, type ServerVersion, startRedis } from "../support/servers.ts";
import { test } from "../support/test.ts";
import { held } from "../support/timers.ts";

const VERSIONS: readonly ServerVersion[] = ["redis-7.0", "redis-8", "valkey-9"];

/** Adds entries numbered from 0. */
async function add(redis: Redis, stream: string, count: number): Promise<void> {
  await redis.pipeline((p) => Array.from({ length: count }, (_, n) => p.xadd(stream, "*", { n })));
}

/** How many entries are delivered and not confirmed. */
async function pending(redis: Redis, stream: string, group = "g"): Promise<number> {
  return (await redis.xpending(stream, group))[0];
}

/** Waits until something holds, asking the server in between. */
async function until(redis: Redis, holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await redis.ping();
}

for (const version of VERSIONS) {
  for (const protocol of [3, 2] as const) {
    test(`a worker handles each entry once and confirms it, on ${version}, RESP${protocol}`, {
      skip: missing(version),
    }, async () => {
      await using server = await startRedis({ version });
      await using redis = await connect(server.url, { protocol });
      await add(redis, "s", 20);
      const seen: string[] = [];
      await using worker = redis.streamWorker({
        streams: "s",
        group: "g",
        handler: ({ stream, fields, deliveries }) => seen.push(`${stream} ${fields.n} ${deliveries}`),
      });
      await until(redis, () => worker.stats().handled === 20);
      await redis.xadd("s", "*", { n: 20 });
      await until(redis, () => worker.stats().handled === 21);
      assertEquals(seen, Array.from({ length: 21 }, (_, n) => `s ${n} 1`));
      assertEquals(await pending(redis, "s"), 0);
      assertEquals(worker.stats(), { running: 0, handled: 21, failed: 0, claimed: 0, dead: 0 });
      assertEquals(await worker.stop(), 0);
      await worker.ended;
      // Its name was of its own making: nobody needs it any more.
      assertEquals(await redis.xinfoConsumers("s", "g"), []);
      assertEquals(redis.stats().leased, 0);
    });
  }
}

test("workers of one group share the entries, several at once, of several streams", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  await Promise.all([add(redis, "a", 100), add(redis, "b", 100)]);
  const seen: string[] = [];
  let running = 0;
  let most = 0;
  // Nobody is done before both have something.
  const both = gate();
  const start = () =>
    redis.streamWorker({
      streams: ["a", "b"],
      group: "g",
      concurrency: 4,
      handler: async ({ stream, fields }) => {
        most = Math.max(most, ++running);
        await both.opened;
        seen.push(`${stream} ${fields.n}`);
        running--;
      },
    });
  await using first = start();
  await using second = start();
  await until(redis, () => first.stats().running > 0 && second.stats().running > 0);
  both.open();
  await until(redis, () => first.stats().handled + second.stats().handled === 200);
  assertEquals(new Set(seen).size, 200);
  assert(most >= 2 && most <= 8, `${most}`);
  assert(first.stats().handled > 0 && second.stats().handled > 0);
});

test("a failed entry comes again until it is given up", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  await add(redis, "s", 3);
  const tried: string[] = [];
  const errors: string[] = [];
  await using worker = redis.streamWorker({
    streams: "s",
    group: "g",
    claimIdle: 30,
    maxDeliveries: 3,
    handler: ({ fields, deliveries }) => {
      tried.push(`${fields.n} ${deliveries}`);
      if (fields.n === "1" || (fields.n === "2" && deliveries < 2)) throw new Error(`no ${fields.n}`);
    },
    onDead: (entry, error) => redis.xadd("dead", "*", { ...entry.fields, why: (error as Error).message }),
    onError: (error, entry) => errors.push(`${entry?.id === undefined ? "server" : (error as Error).message}`),
  });
  await until(redis, () => worker.stats().handled + worker.stats().dead === 3);
  assertEquals(tried.sort(), ["0 1", "1 1", "1 2", "1 3", "2 1", "2 2"]);
  assertEquals(errors.sort(), ["no 1", "no 1", "no 1", "no 2"]);
  assertEquals(worker.stats(), { running: 0, handled: 2, failed: 4, claimed: 3, dead: 1 });
  assertEquals((await redis.xrange("dead", "-", "+")).map(([, fields]) => ({ ...fields })), [{ n: "1", why: "no 1" }]);
  assertEquals(await pending(redis, "s"), 0);
});

test("an entry whose giving up fails stays pending", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  await add(redis, "s", 1);
  let tries = 0;
  await using worker = redis.streamWorker({
    streams: "s",
    group: "g",
    claimIdle: 20,
    maxDeliveries: 1,
    handler: () => Promise.reject(new Error("no")),
    onDead: ({ deliveries }) => {
      tries++;
      if (deliveries < 3) throw new Error("not yet");
    },
  });
  await until(redis, () => worker.stats().dead === 1);
  // The handler ran once; beyond that the entry was only given up.
  assertEquals([tries, worker.stats().failed], [3, 1]);
});

test("an entry that takes its time is not taken over while its worker lives", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  await add(redis, "s", 1);
  const finish = gate();
  await using slow = redis.streamWorker({
    streams: "s",
    group: "g",
    claimIdle: 900,
    handler: () => finish.opened,
  });
  await until(redis, () => slow.stats().running === 1);
  await using other = redis.streamWorker({ streams: "s", group: "g", claimIdle: 900, handler: () => {} });
  // The other looks every 450 ms, and has looked for longer than an entry may be idle.
  const asked = async () =>
    Number(/cmdstat_xpending:calls=(\d+)/.exec(await server.command("INFO", "commandstats"))?.[1] ?? 0);
  const before = await asked();
  await until(redis, async () => await asked() > before + 14);
  assertEquals([slow.stats().running, other.stats().claimed], [1, 0]);
  finish.open();
  await until(redis, () => slow.stats().handled === 1);
  assertEquals(await pending(redis, "s"), 0);
});

test("a worker that loses an entry to another is told", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  await add(redis, "s", 1);
  const lost = gate();
  await using worker = redis.streamWorker({
    streams: "s",
    group: "g",
    claimIdle: 300,
    handler: ({ signal }) =>
      new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(lost.open()))),
  });
  await until(redis, () => worker.stats().running === 1);
  const [id] = (await redis.xrange("s", "-", "+"))[0]!;
  // In the midst of a sign of life: the worker has just been told that it has the entry.
  let stolen: Promise<unknown> | undefined;
  using _watching = observe(redis, ({ name }) => {
    if (name === "XPENDING") return () => void (stolen ??= redis.xclaim("s", "g", "thief", 0, [id]));
  });
  await lost.opened;
  await stolen;
  await until(redis, () => worker.stats().handled === 1);
});

test("a worker that loses an entry to another is told, though that one has confirmed it already", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  const id = await redis.xadd("s", "*", { n: 1 });
  const [begun, lost] = [gate(), gate()];
  await using worker = redis.streamWorker({
    streams: "s",
    group: "g",
    claimIdle: 150,
    handler: ({ signal }) => {
      begun.open();
      return new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(lost.open())));
    },
  });
  await begun.opened;
  await redis.transaction((tx) => [tx.xclaim("s", "g", "thief", 0, [id]), tx.xack("s", "g", id)]);
  await lost.opened;
  await until(redis, () => worker.stats().handled === 1);
});

test("an entry that its handler deletes or has done is not lost to anybody", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  const signals: AbortSignal[] = [];
  const looked = gate();
  let looks = 0;
  using _watching = observe(redis, ({ name }) => void (name === "XRANGE" && ++looks === 3 && looked.open()));
  await using worker = redis.streamWorker({
    streams: "s",
    group: "g",
    claimIdle: 30,
    handler: async ({ id, fields, signal }) => {
      signals.push(signal);
      if (fields.n === "1") {
        await redis.xdel("s", id);
        // It is pending no longer from the next sign of life on: the worker looks where it is.
        await looked.opened;
      } else {
        // Signs of life go after the confirmation, and before that is answered.
        server.pause();
        setTimeout(() => server.resume(), 150);
      }
    },
  });
  await redis.xadd("s", "*", { n: 1 });
  await until(redis, () => worker.stats().handled === 1);
  await redis.xadd("s", "*", { n: 2 });
  await until(redis, () => worker.stats().handled === 2 && looks > 3);
  for (let i = 0; i < 3; i++) await redis.ping();
  assertEquals(signals.map(({ aborted }) => aborted), [false, false]);
});

for (const version of VERSIONS) {
  test(`an entry that was counted beyond what a number holds ends no worker, on ${version}`, {
    skip: missing(version),
  }, async () => {
    await using server = await startRedis({ version });
    await using redis = await connect(server.url);
    const highest = "9223372036854775807";
    await redis.xgroupCreate("s", "g", "0", { mkstream: true });
    const ids = [await redis.xadd("s", "*", { n: 0 }), await redis.xadd("s", "*", { n: 1 })] as string[];
    await redis.xreadgroup("g", "c", { s: ">" });
    for (const id of ids) await redis.call("XCLAIM", "s", "g", "c", "0", id, "RETRYCOUNT", highest);
    const options = { streams: "s", group: "g", claimIdle: 30 };
    const dead: number[] = [];
    const counted: number[] = [];
    const held = gate();
    await using first = redis.streamWorker({
      ...options,
      handler: async ({ deliveries }) => {
        counted.push(deliveries);
        await held.opened;
        throw new Error("not now");
      },
    });
    await until(redis, () => counted.length > 0);
    held.open();
    await first.stop();
    await first.ended;
    await using second = redis.streamWorker({
      ...options,
      maxDeliveries: 5,
      handler: () => {},
      onDead: ({ deliveries }) => void dead.push(deliveries),
    });
    await until(redis, () => second.stats().dead === 2);
    await second.stop();
    await second.ended;
    assertEquals(counted[0], Number.MAX_SAFE_INTEGER);
    assert(dead.every((count) => count > 1e15 && Number.isSafeInteger(count)), dead.join());
    assertEquals(await pending(redis, "s"), 0);
  });
}

test("what was not begun is given back by stop(), and that delivery does not count", async () => {
  for (const version of VERSIONS) {
    if (missing(version)) continue;
    await using server = await startRedis({ version });
    await using redis = await connect(server.url);
    await Promise.all([add(redis, "a", 1), add(redis, "b", 1)]);
    const seen: string[] = [];
    // Nothing is idle for so long while this test runs: what the second one gets was given back.
    const options = { streams: ["a", "b"], group: "g", claimIdle: 3_600_000, maxDeliveries: 1, onDead: () => {} };
    const handler = ({ stream, deliveries }: Delivery) => void seen.push(`${stream} ${deliveries}`);
    const first = redis.streamWorker({ ...options, handler: (entry) => (handler(entry), new Promise(() => {})) });
    await until(redis, () => first.stats().running === 2);
    assertEquals(await first.stop(1), 1);
    await using second = redis.streamWorker({ ...options, handler });
    await until(redis, () => second.stats().handled + second.stats().dead === 1);
    assertEquals(seen.sort(), ["a 1", "b 1"]);
    assertEquals([await pending(redis, "a"), await pending(redis, "b")].sort(), [0, 1]);
  }
});

test("what comes while a worker is being stopped is not begun, and given back", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  await using admin = await connect(server.url);
  let late = 0;
  let dead = 0;
  for (let round = 0; round < 3; round++) {
    const stream = `s${round}`;
    let stopped = false;
    const options = { streams: stream, group: "g", claimIdle: 3_600_000, maxDeliveries: 1, onDead: () => void dead++ };
    const first = redis.streamWorker({ ...options, handler: () => void (late += Number(stopped)) });
    await until(admin, async () => (await admin.clientList()).includes("cmd=xreadgroup "));
    const added = add(admin, stream, 1);
    for (let turn = 0; turn < 10; turn++) await Promise.resolve();
    // Meanwhile the server delivers the entry, which nobody here can see before the worker is told to stop.
    for (const end = performance.now() + 50; performance.now() < end;);
    stopped = true;
    await first.stop();
    await added;
    await using second = redis.streamWorker({ ...options, handler: () => {} });
    await until(redis, () => first.stats().handled + second.stats().handled + second.stats().dead === 1);
  }
  assertEquals([late, dead], [0, 0]);
});

test("what was lost on its way to a worker was not delivered by that", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  await using admin = await connect(server.url);
  const seen: string[] = [];
  await using worker = redis.streamWorker({
    streams: "s",
    group: "g",
    maxDeliveries: 1,
    handler: ({ fields, deliveries }) => void seen.push(`${fields.n} ${deliveries}`),
    onDead: () => {},
  });
  await until(admin, async () => (await admin.clientList()).includes("cmd=xreadgroup "));
  // The server has given it to the worker, which will never see that reply.
  await admin.transaction((tx) => [
    tx.xadd("s", "*", { n: 1 }),
    tx.xreadgroup("g", worker.consumer, { s: ">" }),
  ]);
  await admin.call("CLIENT KILL", "SKIPME", "yes");
  await until(admin, () => worker.stats().handled + worker.stats().dead === 1);
  assertEquals(seen, ["1 1"]);
});

test("entries that are gone from their stream do not hold up those behind them", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  await add(redis, "s", 21);
  await redis.xgroupCreate("s", "g", "0");
  const [[, entries] = ["", []]] = await redis.xreadgroup("g", "dead", { s: ">" }) ?? [];
  const ids = entries.map(([id]) => id);
  // Idle for longer than they may be, already: the first look finds them.
  await redis.xclaim("s", "g", "dead", 0, ids, { idle: 3_600_000 });
  await redis.xdel("s", ...ids.slice(0, 20));
  const sent: string[] = [];
  using _watching = observe(redis, ({ name }) => void (name === "PING" || sent.push(name)));
  let before: readonly string[] = [];
  await using worker = redis.streamWorker({
    streams: "s",
    group: "g",
    claimIdle: 200,
    handler: () => before = [...sent],
  });
  await until(redis, () => worker.stats().handled === 1);
  // In one go: a worker that is done with looking reads what is new.
  assert(!before.includes("XREADGROUP"), before.join(" "));
  assertEquals([worker.stats().claimed, await pending(redis, "s")], [1, 0]);
});

test("a worker that starts again under its name goes on with what it had", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  await add(redis, "s", 250);
  await redis.xgroupCreate("s", "g", "0");
  // Delivered to a worker that died; the last one it had read was deleted since.
  const [[, entries] = ["", []]] = await redis.xreadgroup("g", "me", { s: ">" }, { count: 150 }) ?? [];
  await redis.xdel("s", entries[149]![0]);
  const seen: number[] = [];
  const deliveries = new Set<string>();
  await using worker = redis.streamWorker({
    streams: "s",
    group: "g",
    consumer: "me",
    concurrency: 30,
    handler: (entry) => {
      seen.push(Number(entry.fields.n));
      deliveries.add(`${seen.length <= 149} ${entry.deliveries}`);
    },
  });
  await until(redis, () => worker.stats().handled === 249);
  assertEquals(seen, Array.from({ length: 250 }, (_, n) => n).filter((n) => n !== 149));
  assertEquals([...deliveries].sort(), ["false 1", "true 2"]);
  assertEquals(worker.stats().claimed, 149);
  await worker.stop();
  assertEquals((await redis.xinfoConsumers("s", "g")).map(({ name }) => name), ["me"]);
});

test("a worker goes on after FLUSHALL and after its stream was deleted", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  const seen: string[] = [];
  const errors: string[] = [];
  await using _worker = redis.streamWorker({
    streams: ["s", "t"],
    group: "g",
    from: "$",
    handler: ({ fields }) => seen.push(fields.n!),
    onError: (error) => errors.push((error as ReplyError).code),
  });
  for (const round of ["1", "2", "3"]) {
    await until(redis, async () => (await redis.clientList()).includes("cmd=xreadgroup "));
    await redis.transaction((tx) => [round === "2" ? tx.flushall() : tx.del("s"), tx.xadd("s", "*", { n: round })]);
    await until(redis, () => seen.includes(round));
  }
  assertEquals(seen, ["1", "2", "3"]);
  assert(errors.length >= 3 && errors.every((code) => code === "NOGROUP" || code === "UNBLOCKED"), errors.join());
});

test("an entry that is delivered anew while it is at work is not begun again, and hears of the end", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  const seen: Delivery[] = [];
  await using worker = redis.streamWorker({
    streams: "s",
    group: "g",
    concurrency: 2,
    handler: (entry) => {
      seen.push(entry);
      return new Promise(() => {});
    },
  });
  await redis.xadd("s", "1-0", { n: 1 });
  await until(redis, () => seen.length === 1);
  // The worker makes it again, and that one begins at the beginning.
  await redis.xgroupDestroy("s", "g");
  await redis.xadd("s", "2-0", { n: 2 });
  await until(redis, () => seen.length === 2);
  assertEquals(seen.map(({ id }) => id), ["1-0", "2-0"]);
  assertEquals(await worker.stop(1), 2);
  assertEquals(seen.map(({ signal }) => signal.aborted), [true, true]);
});

test("another entry of the id of one at work is handled after it, and not confirmed by it", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  const { open, opened } = gate();
  const seen: string[] = [];
  await using worker = redis.streamWorker({
    streams: "s",
    group: "g",
    block: 20,
    concurrency: 2,
    handler: async ({ id, fields }) => {
      seen.push(`${id} ${fields.n}`);
      if (fields.n === "old") await opened;
    },
  });
  await redis.xadd("s", "1-0", { n: "old" });
  await until(redis, () => seen.length === 1);
  await redis.transaction((tx) => [tx.del("s"), tx.xadd("s", "1-0", { n: "new" }), tx.xadd("s", "2-0", { n: 2 })]);
  await until(redis, () => seen.length === 2);
  open();
  await until(redis, () => worker.stats().running === 0);
  await until(redis, async () => await pending(redis, "s") === 0);
  assertEquals(seen, ["1-0 old", "2-0 2", "1-0 new"]);
});

test("a worker keeps its streams, whatever becomes of the list that they came in", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  await Promise.all([add(redis, "a", 1), add(redis, "b", 1)]);
  const streams = ["a"];
  const seen: string[] = [];
  await using worker = redis.streamWorker({ streams, group: "g", handler: ({ stream }) => void seen.push(stream) });
  streams[0] = "b";
  await until(redis, () => worker.stats().handled > 0);
  assertEquals(seen, ["a"]);
});

test("nothing is lost when connections and the server are", async () => {
  await using server = await startRedis({ args: ["--appendonly", "yes", "--appendfsync", "always"] });
  await using redis = await connect(server.url);
  await using admin = await connect(server.url);
  await add(admin, "s", 300);
  const times = new Map<string, number>();
  const start = () =>
    redis.streamWorker({
      streams: "s",
      group: "g",
      concurrency: 3,
      claimIdle: 200,
      block: 500,
      handler: async ({ fields }) => {
        times.set(fields.n!, (times.get(fields.n!) ?? 0) + 1);
        await admin.ping();
      },
    });
  await using first = start();
  await using second = start();
  for (const share of [60, 120, 180, 240]) {
    await until(admin, () => times.size >= share);
    if (share === 120) await server.restart();
    else await admin.call("CLIENT KILL", "SKIPME", "yes");
  }
  await until(admin, async () => times.size === 300 && await pending(admin, "s") === 0);
  const handled = first.stats().handled + second.stats().handled;
  const failed = first.stats().failed + second.stats().failed;
  const claimed = first.stats().claimed + second.stats().claimed;
  const runs = [...times.values()].reduce((sum, n) => sum + n, 0);
  // Each run was counted, and each run beyond the first was a delivery beyond the first.
  assert(runs >= handled + failed && runs - 300 <= claimed, JSON.stringify({ runs, handled, failed, claimed }));
  // Whether a worker noticed depends on what it was doing; its connections were lost in any case.
  assert(redis.stats().losses > 0);
});

/** How this runtime runs a program. */
function runtime(): string[] {
  if ("Deno" in globalThis) {
    return [
      "run",
      "--quiet",
      "--no-check",
      "--allow-net",
      "--allow-env=REDIS_URL",
      "--import-map=tests/support/offline.json",
    ];
  }
  return "Bun" in globalThis ? [] : ["--import", "tsx"];
}

/** Runs a worker in a process of its own, until it is killed at the end of the scope. */
function startProcess(server: Server) {
  const root = fileURLToPath(new URL("../..", import.meta.url));
  const child = spawn(process.execPath, [...runtime(), "tests/support/stream_worker.ts"], {
    cwd: root,
    env: { ...process.env, REDIS_URL: server.url },
    stdio: ["ignore", "ignore", "inherit"],
  });
  const ended = new Promise<void>((resolve) => child.on("exit", () => resolve()));
  return {
    [Symbol.asyncDispose]: () => {
      child.kill("SIGKILL");
      return ended;
    },
  };
}

test("what a killed worker had is taken over by another, and nothing is lost", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  await add(redis, "s", 200);
  for (let round = 1; round <= 2; round++) {
    // Killed at the end of this scope, whatever comes of the wait.
    await using _victim = startProcess(server);
    await until(redis, async () => await redis.scard("seen") >= round * 40);
  }
  const left = await pending(redis, "s");
  assert(left > 0, "the killed ones had entries at work");
  const again: number[] = [];
  await using worker = redis.streamWorker({
    streams: "s",
    group: "g",
    concurrency: 10,
    claimIdle: 100,
    handler: async ({ fields, deliveries }) => {
      if (deliveries > 1) again.push(Number(fields.n));
      await redis.transaction((tx) => [tx.sadd("seen", fields.n!), tx.incr("runs")]);
    },
  });
  await until(redis, async () => await redis.scard("seen") === 200 && await pending(redis, "s") === 0);
  assertEquals(worker.stats().claimed, left);
  assertEquals(new Set(again).size, left);
  const runs = Number(await redis.get("runs"));
  // Run again were at most those that a killed worker had not confirmed.
  assert(runs >= 200 && runs <= 200 + left, `${runs} runs, ${left} taken over`);
});

test("stop() waits for what is at work, as long as it may", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  await add(redis, "s", 2);
  const finish = gate();
  const started = gate();
  const handler = () => (started.open(), finish.opened);
  const worker = redis.streamWorker({ streams: "s", group: "g", consumer: "a", handler });
  await started.opened;
  const stopped = worker.stop();
  assertEquals(worker.stats().running, 1);
  finish.open();
  assertEquals([await stopped, worker.stats().handled, await pending(redis, "s")], [0, 1, 0]);
  // The second entry was not begun.
  let signal: AbortSignal | undefined;
  const begun = gate();
  const hangs = (entry: Delivery) => {
    signal = entry.signal;
    begun.open();
    return new Promise<void>((resolve) => entry.signal.addEventListener("abort", () => resolve()));
  };
  const stuck = redis.streamWorker({ streams: "s", group: "g", consumer: "b", handler: hangs });
  await begun.opened;
  assertEquals(await stuck.stop(1), 1);
  assertEquals(signal?.aborted, true);
  await stuck.ended;
});

test("a worker ends with its signal and with its client, and says what it cannot do", async () => {
  await using server = await startRedis();
  const redis = await connect(server.url);
  const control = new AbortController();
  const worker = redis.streamWorker({ streams: "s", group: "g", handler: () => {}, signal: control.signal });
  await until(redis, async () => (await redis.clientList()).includes("cmd=xreadgroup "));
  control.abort();
  await worker.ended;
  const never = redis.streamWorker({ streams: "s", group: "g", handler: () => {}, signal: control.signal });
  await never.ended;

  await redis.set("text", "x");
  const errors: unknown[] = [];
  const onError = (error: unknown) => errors.push(error);
  const refused = redis.streamWorker({ streams: "text", group: "g", handler: () => {}, onError });
  const error = await assertRejects(() => refused.ended, ReplyError, "WRONGTYPE");
  assertEquals(errors, [error]);

  const orphan = redis.streamWorker({ streams: "s", group: "g", handler: () => {} });
  await until(redis, async () => (await redis.clientList()).includes("cmd=xreadgroup "));
  await redis.close();
  await orphan.ended;
  await assertRejects(() => redis.ping(), ConnectionError);
  const late = redis.streamWorker({ streams: "s", group: "g", handler: () => {} });
  await assertRejects(() => late.ended, ConnectionError, "closed");

  const handler = () => {};
  assertThrows(() => redis.streamWorker({ streams: [], group: "g", handler }), TypeError, "one stream");
  assertThrows(() => redis.streamWorker({ streams: "s", group: "", handler }), TypeError, "group");
  assertThrows(
    () => redis.streamWorker({ streams: "s", group: "g", handler, concurrency: 0 }),
    RangeError,
    "concurrency",
  );
  assertThrows(() => redis.streamWorker({ streams: "s", group: "g", handler, maxDeliveries: 2 }), TypeError, "onDead");
});

test("a worker gives bytes on the bytes surface", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  const odd = new Uint8Array([0, 255, 13, 10]);
  await redis.xadd(odd, "1-0", [[odd, odd]]);
  await redis.xadd(odd, "2-0", [["fails", "once"]]);
  const seen: Delivery<Uint8Array>[] = [];
  await using worker = redis.bytes.bigints.streamWorker({
    streams: odd,
    group: "g",
    claimIdle: 30,
    handler: (entry) => {
      seen.push(entry);
      if (entry.id === "2-0" && entry.deliveries === 1) throw new Error("no");
    },
  });
  await until(redis, () => worker.stats().handled === 2);
  assertEquals(seen.map(({ id, stream, deliveries }) => [id, stream, deliveries]), [
    ["1-0", odd, 1],
    ["2-0", odd, 1],
    ["2-0", odd, 2],
  ]);
  assertEquals(seen[0]!.fields, new Map([[odd, odd]]));
});

test("stop() waits without end if it is told to", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  await add(redis, "s", 1);
  const [begun, done] = [gate(), gate()];
  const handler = async () => {
    begun.open();
    await done.opened;
  };
  const worker = redis.streamWorker({ streams: "s", group: "g", handler });
  await begun.opened;
  const stopped = worker.stop(Infinity);
  setTimeout(done.open, 50);
  assertEquals(await stopped, 0);
  assertEquals([await pending(redis, "s"), worker.stats().handled], [0, 1]);
});

/** A worker with an entry at work, which ends when the test says so, or never. */
async function startBusy(redis: Redis, signal?: AbortSignal) {
  await add(redis, "s", 1);
  const [begun, finish] = [gate(), gate()];
  const handler = () => (begun.open(), finish.opened);
  const worker = redis.streamWorker({ streams: "s", group: "g", handler, signal });
  await begun.opened;
  return { worker, finish };
}

test("stop() that is called again ends sooner, not later", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  const began = performance.now();
  for (const limits of [[undefined, 1], [60_000, 1], [1, 60_000], [Infinity, 1, undefined]]) {
    const { worker } = await startBusy(redis);
    const left = await Promise.all(limits.map((within) => worker.stop(within)));
    assertEquals(new Set(left), new Set([1]));
    await worker.ended;
    await redis.del("s");
  }
  assert(performance.now() - began < 9000);
});

test("a limit that is given to stop() counts, not the one that goes without saying", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  const stop = new AbortController();
  const { worker, finish } = await startBusy(redis, stop.signal);
  using unsaid = held(10_000);
  stop.abort();
  assertEquals(unsaid.size, 1);
  const stopped = worker.stop(60_000);
  assertEquals(unsaid.size, 0);
  const again = worker.stop();
  assertEquals(unsaid.size, 0);
  finish.open();
  assertEquals([await stopped, await again, worker.stats().handled], [0, 0, 1]);
});

/** Until the end of the scope, tells of each time that something comes that is repeated. */
function repeatedly(tell: () => void): Disposable {
  const schedule = globalThis.setInterval;
  const told = (task: () => void, every?: number) => schedule(() => (tell(), task()), every);
  globalThis.setInterval = told as typeof setInterval;
  return { [Symbol.dispose]: () => void (globalThis.setInterval = schedule) };
}

test("without a server a worker stops in time, and its signs of life do not pile up", async () => {
  await using server = await startRedis();
  const redis = await connect(server.url, { queueTimeout: 0, backoff: () => 20 });
  let beats = 0;
  using _ = repeatedly(() => beats++);
  const idle = redis.streamWorker({ streams: "idle", group: "g", handler: () => {} });
  await add(redis, "s", 1);
  const begun = gate();
  const handler = () => (begun.open(), new Promise(() => {}));
  const busy = redis.streamWorker({ streams: "s", group: "g", claimIdle: 3, handler });
  await begun.opened;
  await until(redis, async () => (await redis.clientList()).includes("cmd=xreadgroup "));
  await server.kill();
  for (const before = beats; beats < before + 100;) await new Promise((resolve) => setTimeout(resolve));
  assert(redis.stats().pending <= 4, `${redis.stats().pending}`);
  assertEquals([await idle.stop(1), await busy.stop(1)], [0, 1]);
  redis.destroy();
  await Promise.allSettled([idle.ended, busy.ended]);
});

test("a worker ends well if its client is closed while it makes its group again", async () => {
  await using server = await startRedis();
  const redis = await connect(server.url);
  const worker = redis.streamWorker({ streams: "s", group: "g", handler: () => {}, onError: () => redis.destroy() });
  await until(redis, async () => (await redis.clientList()).includes("cmd=xreadgroup "));
  await server.command("FLUSHALL");
  await worker.ended;
});

test("a stream is called as its surface calls it, and confirmed, however it was given", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  const odd = Uint8Array.of(255);
  await add(redis, "s", 1);
  await redis.xadd(odd, "*", { n: 1 });
  const seen: unknown[] = [];
  const options = { group: "g", claimIdle: 20, handler: ({ stream }: { stream: unknown }) => void seen.push(stream) };
  await using text = redis.streamWorker({ ...options, streams: odd });
  await using bytes = redis.bytes.streamWorker({ ...options, streams: "s" });
  await until(redis, () => text.stats().handled === 1 && bytes.stats().handled === 1);
  assertEquals((await redis.xpending(odd, "g"))[0], 0);
  assertEquals(new Set(seen), new Set(["\ufffd", new TextEncoder().encode("s")]));
});

test("a worker ends at once when its client is closed, and tells those at work", async () => {
  await using server = await startRedis();
  const redis = await connect(server.url);
  await add(redis, "busy", 1);
  const idle = redis.streamWorker({ streams: "idle", group: "g", handler: () => {} });
  const begun = gate();
  const told = gate();
  const handler = ({ signal }: Delivery) => {
    signal.addEventListener("abort", told.open);
    begun.open();
    return new Promise(() => {});
  };
  const busy = redis.streamWorker({ streams: "busy", group: "g", handler });
  await begun.opened;
  await until(redis, async () => (await redis.clientList()).includes("cmd=xreadgroup "));
  const began = performance.now();
  await redis.close(60_000);
  await Promise.all([idle.ended, busy.ended, told.opened]);
  assert(performance.now() - began < 30_000);
});

test("close() waits as long as it is told, though a worker is stopping in its own time", async () => {
  await using server = await startRedis();
  const redis = await connect(server.url);
  await add(redis, "s", 1);
  const begun = gate();
  const done = gate();
  const handler = () => {
    begun.open();
    return done.opened;
  };
  const worker = redis.streamWorker({ streams: "s", group: "g", handler });
  await begun.opened;
  const stopped = worker.stop(20_000);
  const began = performance.now();
  await redis.close(1);
  assert(performance.now() - began < 10_000);
  done.open();
  await Promise.all([stopped, worker.ended]);
});

test("a worker that is stopping in its own time ends at once when its client is closed", async () => {
  await using server = await startRedis();
  for (const end of ["close", "destroy"] as const) {
    const redis = await connect(server.url);
    await add(redis, "s", 1);
    const begun = gate();
    const handler = ({ signal }: Delivery) => {
      begun.open();
      return new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
    };
    const worker = redis.streamWorker({ streams: "s", group: end, handler });
    await begun.opened;
    const stopped = worker.stop(60_000);
    const began = performance.now();
    await redis[end](60_000);
    await Promise.all([stopped, worker.ended]);
    assert(performance.now() - began < 30_000);
  }
});

test("a worker that never had a server ends well when its client is closed", async () => {
  await using server = await startRedis();
  for (const end of ["close", "destroy"] as const) {
    const redis = await connect(server.url, { queueTimeout: 0 });
    await server.kill();
    const worker = redis.streamWorker({ streams: "s", group: "g", handler: () => {} });
    await new Promise((resolve) => setTimeout(resolve, 20));
    await redis[end](1);
    await worker.ended;
    await server.start();
  }
});

test("a worker's name is forgotten only once it reads no more, however short stop() is to wait", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  const order: string[] = [];
  using _watching = observe(redis, ({ name }) => {
    if (name === "XPENDING") order.push(name);
    if (name === "XREADGROUP") return () => void order.push(name);
  });
  const worker = redis.streamWorker({ streams: "s", group: "g", handler: () => {} });
  await until(redis, async () => (await redis.clientList()).includes("cmd=xreadgroup "));
  order.length = 0;
  const { stopped } = await frozen(server, async () => {
    const stopped = worker.stop(0);
    await new Promise((resolve) => setTimeout(resolve, 50));
    return { stopped };
  });
  assertEquals([await stopped, ...order], [0, "XREADGROUP", "XPENDING"]);
  assertEquals(await redis.xinfoConsumers("s", "g"), []);
});

test('in a pool a worker from "$" gets what is added after the call, to each stream, over whichever connection', async () => {
  await using server = await startRedis();
  await using other = await connect(server.url);
  const { pool, open, answered } = await halfOpenPool(server.url);
  await using _pool = pool;
  const seen: string[] = [];
  await using _worker = pool.streamWorker({
    streams: ["s", "t"],
    group: "g",
    from: "$",
    handler: ({ stream, fields }) => seen.push(`${stream} ${fields.n}`),
  });
  await answered;
  await Promise.all([other.xadd("s", "*", { n: "first" }), other.xadd("t", "*", { n: "first" })]);
  open();
  while ((await other.xinfoGroups("s")).length + (await other.xinfoGroups("t")).length < 2) await pool.ping();
  await Promise.all(["s", "t"].map((stream) => other.xadd(stream, "*", { n: "last" })));
  while (seen.filter((one) => one.endsWith("last")).length < 2) await pool.ping();
  assertEquals(seen.sort(), ["s first", "s last", "t first", "t last"]);
});

test("a handler may do with the bytes of a stream's name what it likes", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  await add(redis, "s", 2);
  const names: string[] = [];
  await using worker = redis.bytes.streamWorker({
    streams: new TextEncoder().encode("s"),
    group: "g",
    concurrency: 2,
    handler: ({ stream }) => {
      names.push(new TextDecoder().decode(stream));
      stream.fill(120);
    },
  });
  await until(redis, () => worker.stats().handled + worker.stats().failed === 2);
  assertEquals([names, await pending(redis, "s"), await redis.exists("x")], [["s", "s"], 0, 0]);
});
