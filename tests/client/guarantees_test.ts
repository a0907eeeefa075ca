// What docs/guarantees.md promises and no other file tests.
import { assert, assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { readFileSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { connect, ConnectionError, ProtocolError, TimeoutError } from "../../mod.ts";
import { type Arg, CommandSpec, WRITE } from "../../src/command/spec.ts";
import { connectTransport } from "../../src/transport/default.ts";
import type { Connect } from "../../src/transport/transport.ts";
import { gate } from "../support/gate.ts";
import { run } from "../support/programs.ts";
import { missing, startRedis } from "../support/servers.ts";
import { greeted, HELLO, type Peer, startScripted } from "../support/scripted.ts";
import { test } from "../support/test.ts";

test("each promise of the guarantees page names a test that exists", () => {
  const page = readFileSync(new URL("../../docs/guarantees.md", import.meta.url), "utf8");
  const links = [...page.matchAll(/\[([^\]]+)\]\(\.\.\/(tests\/[^)]+_test\.ts)\)/g)];
  assert(links.length > 40, `${links.length} links`);
  for (const [, name, file] of links) {
    const source = readFileSync(new URL(`../../${file}`, import.meta.url), "utf8");
    const names = [...source.matchAll(/test\(\s*(?:"([^"]+)"|`([^`]+)`)/g)].map((found) => found[1] ?? found[2]!);
    assert(names.some((one) => one.replace(/\$\{[^}]+\}/g, "…") === name), `${file} has no test "${name}"`);
  }
});

/** Promises that no test can hold, and why. */
const UNTESTED: Readonly<Record<string, string>> = {
  "A pipeline is not a transaction": "it says what may happen, not what does",
};

test("each promise of the guarantees page names its test, or is excused", () => {
  const page = readFileSync(new URL("../../docs/guarantees.md", import.meta.url), "utf8");
  const [promised, rest] = page.split("## What is not promised");
  assert(rest !== undefined);
  const bullets = promised!.split(/^(?=- |## )/m).filter((part) => part.startsWith("- "));
  assert(bullets.length > 40, `${bullets.length} promises`);
  const excuses = Object.keys(UNTESTED);
  const untested = bullets.filter((bullet) => !/^ {2}Test: \[/m.test(bullet));
  const beginnings = untested.map((bullet) => excuses.find((start) => bullet.startsWith(`- ${start}`)) ?? bullet);
  assertEquals(beginnings, excuses);
});

/** Real sockets, and how many bytes each write has. */
function countingWrites(writes: number[]): Connect {
  return async (address, handler, signal) => {
    const transport = await connectTransport(address, handler, signal);
    const write = transport.write.bind(transport);
    transport.write = (bytes) => {
      writes.push(bytes.length);
      return write(bytes);
    };
    return transport;
  };
}

test("what is called first is sent first, whatever it is, and what is called together leaves together", async () => {
  const said: string[] = [];
  await using server = await startScripted(async (peer) => {
    await peer.command();
    await peer.send(HELLO);
    await peer.until("last");
    for (let words = await peer.command(); words; words = await peer.command()) {
      said.push(words.slice(0, 2).join(" "));
      const queued = said.lastIndexOf("MULTI") > said.lastIndexOf("EXEC");
      if (words[0] === "EXEC") await peer.send("*1\r\n:1\r\n");
      else await peer.send(words[0] === "MULTI" ? "+OK\r\n" : queued ? "+QUEUED\r\n" : ":1\r\n");
    }
  });
  const writes: number[] = [];
  await using redis = await connect(server.url, { clientInfo: false, connect: countingWrites(writes) });
  writes.length = 0; // what the handshake took
  await Promise.all([
    redis.incr("a"),
    redis.pipeline((p) => [p.incr("b"), p.incr("c")]),
    redis.with({ timeout: 5000 }).incr("d"),
    redis.transaction((tx) => [tx.incr("e")]),
    redis.incr("f"),
    redis.incr("last"),
  ]);
  assertEquals(said, ["INCR a", "INCR b", "INCR c", "INCR d", "MULTI", "INCR e", "EXEC", "INCR f", "INCR last"]);
  assertEquals(writes.length, 1);
});

test("what is called together and is long leaves in several writes, none of which waits for a reply", async () => {
  await using server = await startScripted(greeted(async (peer) => {
    await peer.until("last");
    await peer.send("+OK\r\n".repeat(101));
    await peer.untilEnded();
  }));
  const writes: number[] = [];
  await using redis = await connect(server.url, { clientInfo: false, connect: countingWrites(writes) });
  writes.length = 0;
  await Promise.all([
    ...Array.from({ length: 100 }, (_, i) => redis.set(`k${i}`, "x".repeat(4096))),
    redis.get("last"),
  ]);
  // It would stop here if one of them did; and each carries several commands.
  assert(writes.length > 1 && writes.length < 25, writes.join());
});

/** A server that greets, takes a command, and hangs up instead of answering. */
function hangingUp(seen: string[]): (peer: Peer) => Promise<void> {
  return async (peer) => {
    await peer.command();
    await peer.send(HELLO);
    const words = await peer.command();
    if (words) seen.push(words[0]!);
    peer.destroy();
  };
}

test("a read is repeated three times at most", async () => {
  const seen: string[] = [];
  await using server = await startScripted(hangingUp(seen));
  await using redis = await connect(server.url, { clientInfo: false });
  const error = await assertRejects(() => redis.get("k"), ConnectionError);
  assertEquals([error.sent, seen.length], [true, 4]);
});

test("a read is repeated after a loss however often it was refused for now before", async () => {
  const says = [...Array(4).fill("-LOADING not now\r\n"), undefined, "+v\r\n"];
  await using server = await startScripted(async (peer) => {
    await peer.command();
    await peer.send(HELLO);
    while (await peer.command()) {
      const answer = says.shift();
      if (answer === undefined) return peer.destroy();
      await peer.send(answer);
    }
  });
  await using redis = await connect(server.url, { clientInfo: false });
  assertEquals(await redis.get("k"), "v");
});

test(
  "a read whose reply broke a limit is not repeated, what was pending beside it is",
  { skip: missing() },
  async () => {
    await using server = await startRedis();
    for (const integrity of [false, true]) {
      await using redis = await connect(server.url, { limits: { bulk: 1000 }, integrity });
      await redis.mset({ short: "v", long: "x".repeat(1001) });
      const refused = async (get: Promise<unknown>): Promise<void> => {
        const error = await assertRejects(() => get, ConnectionError);
        assertInstanceOf(error.cause, ProtocolError);
        assertEquals([error.sent, error.command], [true, "GET"]);
      };
      await refused(redis.get("long"));
      const alone = redis.stats();
      assertEquals([alone.losses, alone.retries], [1, 0]);
      const [before, long, ...beside] = ["short", "long", "short", "short"].map((key) => redis.get(key));
      await refused(long!);
      assertEquals(await Promise.all([before, ...beside]), ["v", "v", "v"]);
      const { losses, retries } = redis.stats();
      // Without proof the first of them had its answer.
      assertEquals([losses, retries], [2, integrity ? 3 : 2]);
    }
  },
);

test("a read is repeated when a push broke a limit, or when another's reply was lost", async () => {
  const long = `>3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$1001\r\n${"x".repeat(1001)}\r\n`;
  const many = `>1001\r\n`;
  const inside = `$1\r\na\r\n*1\r\n${long}$1\r\nb\r\n`;
  for (const broken of [long, many, inside]) {
    await using server = await startScripted(async (peer, index) => {
      await peer.command();
      await peer.send(HELLO);
      await peer.until("last");
      await peer.send(index === 0 ? broken : "$1\r\nv\r\n".repeat(broken === inside ? 1 : 2));
      await peer.untilEnded();
    });
    const redis = await connect(server.url, { clientInfo: false, limits: { bulk: 1000, elements: 1000 } });
    const replies = await Promise.all([redis.get("first"), redis.get("last")]);
    assertEquals(replies, [broken === inside ? "a" : "v", "v"]);
    assertEquals(redis.stats().losses, 1);
    redis.destroy();
  }
});

test("the next batch of a cursor is never asked for twice: the server counts as read what it has sent", async () => {
  const seen: string[] = [];
  await using server = await startScripted(hangingUp(seen));
  await using redis = await connect(server.url, { clientInfo: false });
  const error = await assertRejects(() => redis.ftCursorRead("books", 7), ConnectionError);
  assertEquals([error.sent, seen.length], [true, 1]);
  await assertRejects(() => redis.ftCursorDel("books", 7), ConnectionError);
  assertEquals(seen.length, 2);
});

test("a pipeline or transaction whose caller gives up before it is sent is never sent, and says so", async () => {
  await using server = await startRedis();
  let connects = 0;
  let go = () => {};
  const gate = new Promise<void>((resolve) => go = resolve);
  const slow: Connect = async (address, handler, signal) => {
    if (connects++ > 0) await gate;
    return await connectTransport(address, handler, signal);
  };
  await using redis = await connect(server.url, { connect: slow });
  await server.command("CLIENT", "KILL", "TYPE", "normal");
  while (connects < 2) await new Promise((resolve) => setTimeout(resolve));
  const hurried = redis.with({ timeout: 20 });
  const outcomes = await Promise.allSettled([
    hurried.pipeline((p) => [p.incr("piped")]),
    hurried.transaction((tx) => [tx.incr("together")]),
    hurried.incr("single"),
  ]);
  const sent = outcomes.map((outcome) => {
    assert(outcome.status === "rejected");
    assertInstanceOf(outcome.reason, TimeoutError);
    return outcome.reason.sent;
  });
  assertEquals(sent, [false, false, false]);
  go();
  assertEquals(await redis.mget("piped", "together", "single"), [null, null, null]);
});

test("what a caller's own functions throw breaks nothing", async () => {
  const thrown: unknown[] = [];
  const before = globalThis.setTimeout;
  /** Timers that come at once and have not come yet. */
  let due = 0;
  // What a listener throws is thrown again by a timer: here these are caught.
  const caught = (work: () => void, ...rest: [number?]) => {
    if (rest.length === 0) due++;
    return before(() => {
      if (rest.length === 0) due--;
      try {
        work();
      } catch (error) {
        thrown.push(error);
      }
    }, ...rest);
  };
  globalThis.setTimeout = caught as typeof setTimeout;
  try {
    await using server = await startRedis();
    const fail = (name: string) => () => {
      throw new Error(name);
    };
    await using redis = await connect(server.url, { onState: fail("onState"), onPush: fail("onPush") });
    await redis.session(async (session) => {
      await session.clientTracking(true);
      await session.get("tracked");
      await redis.set("tracked", "x");
      assertEquals(await session.get("tracked"), "x");
    });
    const listener = { onMessage: fail("onMessage"), onGap: fail("onGap") };
    await using heard = await redis.subscribe("news", listener);
    assertEquals(await redis.publish("news", "x"), 1);
    await server.command("CLIENT", "KILL", "TYPE", "normal");
    await server.command("CLIENT", "KILL", "TYPE", "pubsub");
    assertEquals(await redis.get("k"), null);
    assertEquals(heard.dropped, 0);
    await using reader = redis.readStream("s", { from: "0", onError: fail("onError") });
    const next = reader.next();
    while (!(await redis.clientList()).includes("cmd=xread "));
    for (const primary of [["127.0.0.1", "1"], ["NO", "ONE"]]) await server.command("REPLICAOF", ...primary);
    await redis.xadd("s", "1-0", { n: 1 });
    assertEquals((await next).value?.id, "1-0");
    const names = ["onError", "onGap", "onMessage", "onPush", "onState"];
    const seen = () => [...new Set(thrown.map((error) => error instanceof Error ? error.message : error))];
    for (let turns = 0; turns < 3000 && seen().length < names.length; turns++) {
      await new Promise((resolve) => before(resolve));
    }
    assertEquals(seen().sort(), names);
  } finally {
    globalThis.setTimeout = before;
    // Closing is told to the listener, too.
    while (due > 0) await new Promise((resolve) => before(resolve));
  }
});

test("a byte array is encoded when it is sent, as is what send is given, and the caller's again once the call is settled", async () => {
  await using server = await startRedis();
  const go = gate();
  let connects = 0;
  const later: Connect = async (address, handler, signal) => {
    if (connects++ > 0) await go.opened;
    return await connectTransport(address, handler, signal);
  };
  await using redis = await connect(server.url, { connect: later });
  const bytes = new Uint8Array(1 << 20).fill(1);
  const kept = bytes.slice();
  await redis.set("settled", bytes);
  bytes.fill(2);
  assertEquals(await redis.bytes.get("settled"), kept);
  await server.command("CLIENT", "KILL", "TYPE", "normal");
  while (connects < 2) await new Promise((resolve) => setTimeout(resolve));
  const args: Arg[] = ["sent", "before"];
  const waiting = Promise.all([redis.set("waits", bytes), redis.send(new CommandSpec("SET", WRITE, 1), args)]);
  bytes.fill(3);
  args[1] = "after";
  go.open();
  await waiting;
  assertEquals([await redis.bytes.get("waits"), await redis.get("sent")], [bytes, "after"]);
});

test("a rejection that nobody handles is heard of, whatever was called", async () => {
  const how = "Deno" in globalThis
    ? ["run", "-A", "--quiet", "--no-check"]
    : "Bun" in globalThis
    ? []
    : ["--import", "tsx"];
  await using server = await startRedis();
  const words = [process.execPath, ...how, "tests/support/unheard.ts"];
  const root = fileURLToPath(new URL("../..", import.meta.url));
  const { printed, errors } = await run(words, { cwd: root, env: { REDIS_URL: server.url } });
  assertEquals([errors, JSON.parse(printed).toSorted()], ["", ["BLPOP", "INCR", "INCR", "INCR", "INCR"]]);
});
