// Clients find their server by what sentinels say, and follow it.
import { assert, assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import {
  type Connect,
  connect,
  ConnectionError,
  connectPool,
  type Redis,
  ReplyError,
  TimeoutError,
} from "../../mod.ts";
import { cache } from "../../src/cache/mod.ts";
import { observe } from "../../src/observe/mod.ts";
import { primaryOf, replicaOf } from "../../src/sentinel/mod.ts";
import { connectTransport } from "../../src/transport/default.ts";
import type { Address } from "../../src/transport/transport.ts";
import { frozen } from "../support/frozen.ts";
import { gate } from "../support/gate.ts";
import { startScripted } from "../support/scripted.ts";
import { NAME, startGroup, until } from "../support/sentinels.ts";
import { freePort, missing, type Server, type ServerVersion, startRedis } from "../support/servers.ts";
import { test } from "../support/test.ts";

const VERSIONS: readonly ServerVersion[] = ["redis-7.0", "redis-8", "valkey-9"];

/** Which server a client is connected to, by its port. */
async function portOf(redis: { configGet(name: string): Promise<Record<string, string>> }): Promise<number> {
  return Number((await redis.configGet("port")).port);
}

/** How many listen to a sentinel. */
async function listeners(sentinel: Server): Promise<number> {
  await using client = await connect(sentinel.url);
  return (await client.clientList()).split(" sub=1 ").length - 1;
}

/** Sets "k", and waits until the replica has it. */
async function setEverywhere(redis: Redis, value: string): Promise<void> {
  const replicas = await redis.session(async (s) => {
    await s.set("k", value);
    return await s.wait(1, 5000);
  });
  assertEquals(replicas, 1);
}

for (const version of VERSIONS) {
  test(`a client follows the primary when the sentinels appoint another, ${version}`, {
    skip: missing(version),
  }, async () => {
    await using group = await startGroup({ server: { version } });
    await using redis = await connect({ connect: primaryOf(NAME, group.urls) });
    assertEquals(await portOf(redis), group.primary.port);
    await redis.set("k", "before");
    await group.failOver();
    // What is under way when the old one is left fails: it may have run.
    await until(async () => await portOf(redis).catch(() => 0) === group.replicas[0]!.port);
    await redis.set("k", "after");
    await using direct = await connect(group.replicas[0]!.url);
    assertEquals([await redis.get("k"), await direct.get("k")], ["after", "after"]);
  });

  test(`a primary that says nothing any more is left as soon as the sentinels have another, ${version}`, {
    skip: missing(version),
  }, async () => {
    await using group = await startGroup({ server: { version } });
    await using redis = await connect({ connect: primaryOf(NAME, group.urls), queueTimeout: 0 });
    const [replica] = group.replicas;
    await setEverywhere(redis, "before");
    await frozen(group.primary, async () => {
      // It is sent to the old one, which keeps its connection open. A read is sent again, to the new one.
      assertEquals(await redis.get("k"), "before");
      assertEquals(await portOf(redis), replica!.port);
      assertEquals(await redis.set("k", "after"), "OK");
    });
  });
}

test("the second sentinel is asked when the first is away, or says nothing", async () => {
  await using group = await startGroup({ replicas: 0, sentinels: 2 });
  const closed = `redis://127.0.0.1:${await freePort()}`;
  const [first, second] = group.urls;
  await using _one = await connect({ connect: primaryOf(NAME, [closed, second!]) });
  await frozen(group.sentinels[0]!, async () => {
    await using redis = await connect({ connect: primaryOf(NAME, [first!, second!], { timeout: 100 }) });
    assertEquals(await portOf(redis), group.primary.port);
  });
});

test("further sentinels are found by the first", async () => {
  await using group = await startGroup({ replicas: 0, sentinels: 2 });
  const primary = primaryOf(NAME, [group.urls[0]!]);
  {
    await using redis = await connect({ connect: primary });
    await redis.ping();
  }
  await group.sentinels[0]!.stop();
  await using redis = await connect({ connect: primary });
  assertEquals(await portOf(redis), group.primary.port);
});

test("when the sentinel that is listened to goes, another is", async () => {
  await using group = await startGroup({ sentinels: 3 });
  await using redis = await connect({ connect: primaryOf(NAME, group.urls), queueTimeout: 0 });
  await setEverywhere(redis, "v");
  await group.sentinels[0]!.stop();
  await frozen(group.primary, async () => {
    assertEquals(await redis.get("k"), "v");
    assertEquals(await portOf(redis), group.replicas[0]!.port);
  });
});

test("a sentinel that stands still with the primary keeps nobody there", async () => {
  await using group = await startGroup({ sentinels: 3 });
  await using redis = await connect({ connect: primaryOf(NAME, group.urls), queueTimeout: 0 });
  await setEverywhere(redis, "v");
  // It is the one that was asked first.
  await frozen([group.primary, group.sentinels[0]!], async () => {
    assertEquals(await redis.get("k"), "v");
    assertEquals(await portOf(redis), group.replicas[0]!.port);
  });
});

test("an attempt at a primary that does not answer is given up once there is another", async () => {
  await using group = await startGroup();
  let opened = 0;
  let hangs = false;
  const connect_: Connect = async (address, handler, signal) => {
    if (address.port !== group.primary.port) return await connectTransport(address, handler, signal);
    opened++;
    if (!hangs) return await connectTransport(address, handler, signal);
    // A machine that is off answers nothing.
    return await new Promise((_, reject) => signal!.addEventListener("abort", () => reject(signal!.reason)));
  };
  await using redis = await connect({
    connect: primaryOf(NAME, group.urls, { connect: connect_ }),
    connectTimeout: 60_000,
    queueTimeout: 0,
  });
  await setEverywhere(redis, "v");
  hangs = true;
  await group.primary.stop();
  assertEquals(await redis.get("k"), "v");
  assertEquals([await portOf(redis), opened >= 2], [group.replicas[0]!.port, true]);
});

test("who told of the switch for which an attempt is given up is asked first", async () => {
  await using group = await startGroup();
  await using silent = await startScripted(() => {});
  let hangs = false;
  const connect_: Connect = async (address, handler, signal) => {
    if (!hangs || address.port !== group.primary.port) return await connectTransport(address, handler, signal);
    return await new Promise((_, reject) => signal!.addEventListener("abort", () => reject(signal!.reason)));
  };
  const sentinels = [group.urls[0]!, silent.url];
  await using redis = await connect({
    // Whoever asks the other one first waits for as long.
    connect: primaryOf(NAME, sentinels, { connect: connect_, timeout: 20_000 }),
    connectTimeout: 60_000,
    queueTimeout: 10_000,
  });
  await setEverywhere(redis, "v");
  hangs = true;
  await group.primary.stop();
  assertEquals(await redis.get("k"), "v");
});

test("a client that is closed while it connects has nothing against the sentinel that it asked", async () => {
  await using group = await startGroup({ replicas: 0 });
  await using silent = await startScripted(() => {});
  const opening = gate();
  let hangs = true;
  const connect_: Connect = async (address, handler, signal) => {
    if (!hangs || address.port !== group.primary.port) return await connectTransport(address, handler, signal);
    opening.open();
    return await new Promise((_, reject) => signal!.addEventListener("abort", () => reject(signal!.reason)));
  };
  const primary = primaryOf(NAME, [group.urls[0]!, silent.url], { connect: connect_, timeout: 20_000 });
  const given = new AbortController();
  const attempt = primary({ hostname: "", port: 0 }, { data() {}, drain() {}, close() {} }, given.signal);
  await opening.opened;
  given.abort(new Error("closed"));
  await assertRejects(() => attempt, Error, "closed");
  hangs = false;
  await using redis = await connect({ connect: primary, connectTimeout: 5000 });
  assertEquals(await portOf(redis), group.primary.port);
});

test("a sentinel whose server is another than it says is asked last, whoever was asked since", async () => {
  await using group = await startGroup({ replicas: 0, sentinels: 2 });
  const [first, second] = group.sentinels;
  const asked: number[] = [];
  const open: Connect = (address, handler, signal) => {
    if (address.port !== group.primary.port) asked.push(address.port);
    return connectTransport(address, handler, signal);
  };
  // Nobody listens, so that all who are asked are seen.
  const primary = primaryOf(NAME, group.urls, { connect: Object.assign(open, { here: () => () => true }) });
  const attempt = async (): Promise<Address> => {
    const address = { hostname: "", port: 0 };
    (await primary(address, { data() {}, drain() {}, close() {} })).destroy();
    return address;
  };
  const wrong = await attempt();
  await first!.command("SENTINEL", "REMOVE", NAME);
  await attempt();
  assertEquals(asked.splice(0), [first!.port, first!.port, second!.port]);
  primary.wants!.other("replica", wrong);
  await attempt();
  assertEquals(asked, [second!.port]);
});

test("of several attempts at a time each names the place where it looked", async () => {
  await using group = await startGroup({ replicas: 2 });
  const open: Connect = async (address, handler, signal) => {
    if (address.port === group.sentinels[0]!.port) return await connectTransport(address, handler, signal);
    await new Promise((resolve) => setTimeout(resolve, 20));
    throw new Error(`nobody at ${address.port}`);
  };
  const replica = replicaOf(NAME, group.urls, { connect: open });
  const attempts = Array.from(
    { length: 20 },
    () => assertRejects(() => connect({ connect: replica }), ConnectionError),
  );
  for (const { message } of await Promise.all(attempts)) {
    const [, where, port] = /at 127\.0\.0\.1:(\d+): nobody at (\d+)$/.exec(message) ?? [];
    assert(where !== undefined && where === port, message);
  }
});

test("once nobody waits any longer, no further sentinel is asked", async () => {
  await using silent = await startScripted(() => {});
  const primary = primaryOf(NAME, [silent.url, silent.url, silent.url], { timeout: 200 });
  const attempts = [50, 100].map((connectTimeout) => connect({ connect: primary, connectTimeout }));
  for (const attempt of attempts) await assertRejects(() => attempt, TimeoutError);
  await new Promise((resolve) => setTimeout(resolve, 500));
  assertEquals(silent.peers.length, 1);
});

test("who still waits for an answer gets it, though others who waited for it have left", async () => {
  await using group = await startGroup({ replicas: 0 });
  await using silent = await startScripted(() => {});
  const primary = primaryOf(NAME, [silent.url, group.urls[0]!], { timeout: 200 });
  const left = connect({ connect: primary, connectTimeout: 50 });
  const stays = connect({ connect: primary });
  await assertRejects(() => left, TimeoutError);
  await using redis = await stays;
  assertEquals(await portOf(redis), group.primary.port);
});

test("why a connection is left is told", async () => {
  await using group = await startGroup();
  await using redis = await connect({ connect: primaryOf(NAME, group.urls) });
  await setEverywhere(redis, "v");
  await frozen(group.primary, async () => {
    const error = await assertRejects(
      () => redis.set("k", "w"),
      ConnectionError,
      "the sentinels have appointed another",
    );
    assertEquals(error.sent, true);
  });
});

test("sentinels that call the same server by different names end no connection", async () => {
  await using group = await startGroup({ replicas: 0, sentinels: 2 });
  await group.sentinels[1]!.command("SENTINEL", "CONFIG", "SET", "resolve-hostnames", "yes");
  await group.sentinels[1]!.command("SENTINEL", "CONFIG", "SET", "announce-hostnames", "yes");
  await using redis = await connect({ connect: primaryOf(NAME, group.urls) });
  await until(async () => await listeners(group.sentinels[0]!) + await listeners(group.sentinels[1]!) === 2);
  await group.sentinels[0]!.stop();
  await redis.set("k", "v");
  await new Promise((resolve) => setTimeout(resolve, 1500));
  assertEquals([await redis.get("k"), redis.stats().losses], ["v", 0]);
});

test("a user without a right to the channel is told of another primary as well", async () => {
  await using group = await startGroup();
  const [sentinel] = group.sentinels;
  await sentinel!.command("ACL", "SETUSER", "app", "on", ">secret", "+@all", "resetchannels");
  const sentinels = [{ port: sentinel!.port, username: "app", password: "secret" }];
  await using redis = await connect({ connect: primaryOf(NAME, sentinels), queueTimeout: 0 });
  await setEverywhere(redis, "v");
  await frozen(group.primary, async () => {
    assertEquals(await redis.get("k"), "v");
    assertEquals(await portOf(redis), group.replicas[0]!.port);
  });
});

test("if no sentinel knows, what each of them said is told", async () => {
  await using group = await startGroup({ replicas: 0 });
  const closed = `127.0.0.1:${await freePort()}`;
  const other = primaryOf("other", [`redis://${closed}`, group.urls[0]!]);
  const error = await assertRejects(() => connect({ connect: other }), ConnectionError);
  assertStringIncludes(error.message, "Cannot connect to primary other: no sentinel tells where that is");
  assertStringIncludes(error.message, `Cannot connect to ${closed}: connection refused`);
  assertStringIncludes(error.message, `127.0.0.1:${group.sentinels[0]!.port} knows of none`);
  assertEquals(error.sent, false);
  const none = await assertRejects(() => connect({ connect: replicaOf("other", group.urls) }), ConnectionError);
  assertStringIncludes(none.message, "No such master with that name");
  const lonely = await assertRejects(() => connect({ connect: replicaOf(NAME, group.urls) }), ConnectionError);
  assertStringIncludes(lonely.message, "replica of main: no sentinel tells where that is");
});

test("a server that is no sentinel is told of as such", async () => {
  await using server = await startRedis();
  const error = await assertRejects(() => connect({ connect: primaryOf(NAME, [server.url]) }), ConnectionError);
  assertStringIncludes(error.message, `127.0.0.1:${server.port}`);
  assertStringIncludes(error.message, "unknown command");
});

test("where the sentinels say the primary is, errors say as well", async () => {
  await using group = await startGroup({ replicas: 0 });
  await group.primary.stop();
  const error = await assertRejects(() => connect({ connect: primaryOf(NAME, group.urls) }), ConnectionError);
  const where = `primary main at 127.0.0.1:${group.primary.port}`;
  assertStringIncludes(error.message, `Cannot connect to ${where}: connection refused`);
});

test("a replica is not taken for the primary, nor a primary for a replica", async () => {
  await using group = await startGroup();
  const [replica] = group.replicas;
  const towards = (port: number) => ({ translate: () => ({ hostname: "127.0.0.1", port }) });
  const primary = primaryOf(NAME, [{ port: group.sentinels[0]!.port }], {
    connect: (address, handler, signal) =>
      // Sentinels are where they are.
      connectTransport(
        address.port === group.primary.port ? { ...address, port: replica!.port } : address,
        handler,
        signal,
      ),
  });
  await assertRejects(() => connect({ connect: primary }), ConnectionError, "The server is a replica");
  const { port } = group.primary;
  const wrong = replicaOf(NAME, group.urls, towards(port));
  await assertRejects(() => connect({ connect: wrong }), ConnectionError, "The server is a primary");
  // Nobody tells with RESP2: the first write does.
  await using old = await connect({ connect: primary, protocol: 2, retryFor: 0 });
  await assertRejects(() => old.set("k", "v"), ReplyError, "READONLY");
});

test("a replica is read from, and refuses writes at once", async () => {
  await using group = await startGroup();
  await using reader = await connect({ connect: replicaOf(NAME, group.urls) });
  assertEquals(await portOf(reader), group.replicas[0]!.port);
  const error = await assertRejects(() => reader.set("k", "v"), ReplyError);
  assertEquals([error.code, reader.stats().retries, reader.stats().connects], ["READONLY", 0, 1]);
});

test("connections to replicas take turns", async () => {
  await using group = await startGroup({ replicas: 2 });
  const towards = replicaOf(NAME, group.urls);
  const ports: number[] = [];
  for (let i = 0; i < 6; i++) {
    await using reader = await connect({ connect: towards });
    ports.push(await portOf(reader));
  }
  const [one, other] = ports;
  assertEquals([one, other].sort(), group.replicas.map(({ port }) => port).sort());
  assertEquals(ports, [one, other, one, other, one, other]);
});

test("a replica that becomes the primary is left for another", async () => {
  await using group = await startGroup({ replicas: 2 });
  await using readers = await connectPool({ connect: replicaOf(NAME, group.urls), size: 8, min: 8 });
  const sessions = await Promise.all(Array.from({ length: 7 }, () => readers.session()));
  const ports = new Set(await Promise.all(sessions.map(portOf)));
  await Promise.all(sessions.map((session) => session.release()));
  assertEquals([...ports].sort(), group.replicas.map(({ port }) => port).sort());
  await group.failOver();
  await until(async () => await group.portOfPrimary() !== group.primary.port);
  const promoted = await group.portOfPrimary();
  await until(async () => {
    const all = await Promise.all(
      Array.from({ length: 7 }, () => readers.session((s) => portOf(s)).catch(() => promoted)),
    );
    return !all.includes(promoted);
  });
});

test("where sockets end with a request, nobody listens to sentinels", async () => {
  await using group = await startGroup({ replicas: 0 });
  const away: Connect = (...where) => connectTransport(...where);
  const opened = Object.assign(away, { here: () => () => true });
  {
    await using redis = await connect({ connect: primaryOf(NAME, group.urls, { connect: opened }) });
    assertEquals(await portOf(redis), group.primary.port);
    await using _other = await connect({ connect: primaryOf(NAME, group.urls) });
    await until(async () => await listeners(group.sentinels[0]!) !== 0);
    assertEquals(await listeners(group.sentinels[0]!), 1);
  }
  await until(async () => await listeners(group.sentinels[0]!) === 0);
});

test("passwords of sentinels and of servers are apart", async () => {
  const server = { password: "of servers" };
  await using group = await startGroup({ server, sentinel: { password: "of sentinels" } });
  const { port } = group.sentinels[0]!;
  const sentinels = [{ port, password: "of sentinels" }];
  await using redis = await connect({ connect: primaryOf(NAME, sentinels), password: "of servers" });
  await redis.set("k", "v");
  await group.failOver();
  await until(async () => await portOf(redis).catch(() => 0) === group.replicas[0]!.port);
  const error = await assertRejects(() => connect({ connect: primaryOf(NAME, [{ port }]) }), ConnectionError, "NOAUTH");
  assert(!error.message.includes("of s"));
});

test("a pool and a cache follow as well, and subscriptions go on", async () => {
  await using group = await startGroup();
  const primary = primaryOf(NAME, group.urls);
  await using pool = await connectPool({ connect: primary, size: 3, min: 3 });
  await using redis = await connect({ connect: primary });
  await using cached = await cache(redis);
  await using news = await redis.subscribe("news");
  await setEverywhere(pool, "before");
  assertEquals(await cached.get("k"), "before");
  await frozen(group.primary, async () => {
    await until(() => pool.with({ timeout: 200 }).set("k", "after").then(() => true, () => false));
    await until(async () => await cached.get("k") === "after");
    await until(async () => await pool.publish("news", "still here") === 1);
    assertEquals((await news.next()).value?.message, "still here");
    assertEquals(news.gaps, 1);
  });
});

test("translate says where servers and sentinels are for this process", async () => {
  await using group = await startGroup({ replicas: 0, sentinels: 2 });
  const seen: string[] = [];
  const primary = primaryOf(NAME, [group.urls[0]!], {
    translate: ({ hostname, port }) => {
      seen.push(`${hostname}:${port}`);
      return { hostname: hostname === "127.0.0.1" ? "localhost" : hostname, port };
    },
  });
  await using redis = await connect({ connect: primary });
  let server: unknown;
  using _watching = observe(redis, (operation) => void (server = operation.server));
  await redis.ping();
  assertEquals(server, { hostname: "localhost", port: group.primary.port, path: undefined, database: 0 });
  const { port } = group.sentinels[1]!;
  assertEquals(seen.sort(), [`127.0.0.1:${group.primary.port}`, `127.0.0.1:${port}`].sort());
});

test("a database, a name and a signal are the client's as ever", async () => {
  await using group = await startGroup({ replicas: 0 });
  await using redis = await connect("redis://ignored:1/3", { connect: primaryOf(NAME, group.urls), clientName: "c" });
  const info = await redis.clientInfo();
  assertEquals(/ db=(\d+)/.exec(info)?.[1], "3");
  assertEquals(await redis.clientGetname(), "c");
});

test("whoever gives a name or sentinels that are none is told so at once", () => {
  assertThrows(() => primaryOf("", ["redis://h"]), TypeError, "must be a name");
  assertThrows(() => primaryOf(NAME, []), TypeError, "at least one sentinel");
  assertThrows(() => primaryOf(NAME, "redis://h" as never), TypeError, "at least one sentinel");
  assertThrows(() => primaryOf(NAME, ["http://h"]), TypeError, "redis:");
  assertThrows(() => primaryOf(NAME, [{ hostname: 5 } as never]), TypeError, "hostname");
  assertThrows(() => replicaOf(NAME, ["redis://h"], { timout: 5 } as never), TypeError, "timout");
  assertThrows(() => replicaOf(NAME, ["redis://h"], { timeout: 0.5 }), TypeError, "timeout");
  assertThrows(() => replicaOf(NAME, ["redis://h"], { timeout: 0 }), RangeError, "timeout");
  assertThrows(() => primaryOf(NAME, ["redis://h"], { translate: {} } as never), TypeError, "translate");
});
