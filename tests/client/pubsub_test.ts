// What befalls subscriptions: lost connections, restarts, refusals, crowds, slow and failing listeners.
import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  connect,
  ConnectionError,
  connectPool,
  exponential,
  type Message,
  type Redis,
  RedisError,
  ReplyError,
  TimeoutError,
} from "../../mod.ts";
import { AGAIN } from "../../src/client/passing.ts";
import { frozen } from "../support/frozen.ts";
import { gate } from "../support/gate.ts";
import { answering, greeted, HELLO, type Script, startScripted } from "../support/scripted.ts";
import { missing, type ServerVersion, startRedis } from "../support/servers.ts";
import { test } from "../support/test.ts";
import { held } from "../support/timers.ts";

const VERSIONS: readonly ServerVersion[] = ["redis-7.0", "redis-8", "valkey-9"];

/** Waits until something holds, asking the server in between; that may fail, as connections are lost here. */
async function until(redis: Redis, holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await redis.ping().catch(() => {});
}

/** The messages of a subscription until the one that says so, as text. */
async function heard(subscription: AsyncIterator<Message>, last: string): Promise<string[]> {
  const list: string[] = [];
  for (;;) {
    const { value } = await subscription.next();
    list.push(`${value.channel} ${value.message}`);
    if (value.message === last) return list;
  }
}

for (const version of VERSIONS) {
  for (const protocol of [3, 2] as const) {
    const where = `${version}, RESP${protocol}`;

    test(`subscriptions of all kinds outlive a server that starts again, ${where}`, {
      skip: missing(version),
    }, async () => {
      await using server = await startRedis({ version });
      await using redis = await connect(server.url, { protocol });
      const gaps: string[] = [];
      await using plain = await redis.subscribe(["a", "b"], { onGap: () => gaps.push("plain") });
      await using pattern = await redis.psubscribe("p*", { onGap: () => gaps.push("pattern") });
      await using shard = await redis.ssubscribe("s", { onGap: () => gaps.push("shard") });
      await redis.publish("b", "before");
      // Under RESP2 it comes over another connection, and dies with the server if it is still on its way.
      await until(redis, () => plain.waiting === 1);
      await server.restart();
      await until(redis, () => gaps.length === 3);
      await redis.pipeline((p) => [p.publish("b", "after"), p.publish("pq", "after"), p.spublish("s", "after")]);
      assertEquals(await heard(plain, "after"), ["b before", "b after"]);
      assertEquals(await heard(pattern, "after"), ["pq after"]);
      assertEquals(await heard(shard, "after"), ["s after"]);
      // Once each, though one listens to two channels.
      assertEquals([gaps.sort(), plain.gaps, pattern.gaps, shard.gaps], [["pattern", "plain", "shard"], 1, 1, 1]);
    });

    test(`keyspace events are messages, ${where}`, { skip: missing(version) }, async () => {
      await using server = await startRedis({ version, args: ["--notify-keyspace-events", "KEA"] });
      await using redis = await connect(server.url, { protocol });
      await using events = await redis.psubscribe("__keyevent@0__:*");
      await using key = await redis.subscribe("__keyspace@0__:k");
      await redis.set("k", "x");
      await redis.del("k");
      assertEquals((await heard(events, "k"))[0], "__keyevent@0__:set k");
      assertEquals(await heard(key, "del"), ["__keyspace@0__:k set", "__keyspace@0__:k del"]);
    });

    test(`channels and payloads of any bytes go through, ${where}`, { skip: missing(version) }, async () => {
      await using server = await startRedis({ version });
      await using redis = await connect(server.url, { protocol });
      const odd = Uint8Array.from({ length: 256 }, (_, i) => i);
      const other = odd.toReversed();
      await using one = await redis.bytes.subscribe(odd);
      await using two = await redis.bytes.subscribe([other, "text"]);
      assertEquals(await redis.publish(odd, other), 1);
      assertEquals(await redis.publish(other, odd), 1);
      await redis.publish("text", "é");
      assertEquals((await one.next()).value, { channel: odd, message: other });
      assertEquals((await two.next()).value, { channel: other, message: odd });
      assertEquals((await two.next()).value?.message, new TextEncoder().encode("é"));
      await one.close();
      assertEquals([await redis.publish(odd, ""), await redis.publish(other, "")], [0, 1]);
    });

    test(`ten thousand channels are listened to, over a lost connection too, ${where}`, {
      skip: missing(version),
    }, async () => {
      await using server = await startRedis({ version });
      await using redis = await connect(server.url, { protocol });
      await using admin = await connect(server.url);
      const names = Array.from({ length: 10_000 }, (_, i) => `channel:${i}`);
      await using all = await redis.subscribe(names, { overflow: "unbounded" });
      await using single = await redis.subscribe("channel:9999");
      const tell = (word: string) => admin.pipeline((p) => names.map((name) => p.publish(name, word)));
      assertEquals(await tell("one"), names.map(() => 1));
      await until(redis, () => all.waiting === 10_000);
      await admin.call("CLIENT KILL", "SKIPME", "yes");
      await until(redis, () => all.gaps === 1 && single.gaps === 1);
      assertEquals(await tell("two"), names.map(() => 1));
      const messages: string[] = [];
      for await (const { channel, message } of all) if (messages.push(`${channel} ${message}`) === 20_000) break;
      assertEquals(messages, ["one", "two"].flatMap((word) => names.map((name) => `${name} ${word}`)));
      assertEquals({ ...await admin.pubsubNumsub("channel:0", "channel:9999") }, { "channel:0": 0, "channel:9999": 1 });
      assertEquals((await heard(single, "two")).length, 2);
    });
  }
}

test("who asks for a refused channel together with others is refused as well", async () => {
  await using server = await startRedis();
  await using admin = await connect(server.url);
  await admin.aclSetuser("reader", "on", "nopass", "+@all", "~*", "resetchannels", "&public:*");
  await using redis = await connect(server.url, { username: "reader", password: "x" });
  const settled = await Promise.allSettled([
    redis.subscribe("secret"),
    redis.subscribe("secret"),
    redis.subscribe(["public:1", "secret"]),
    redis.subscribe("public:1"),
  ]);
  assertEquals(settled.map(({ status }) => status), ["rejected", "rejected", "rejected", "fulfilled"]);
  for (const one of settled.slice(0, 3)) assertEquals((one as PromiseRejectedResult).reason.command, "SUBSCRIBE");
  // Nobody listens any more to what was granted beside what was not.
  assertEquals({ ...await admin.pubsubNumsub("public:1") }, { "public:1": 1 });
  await admin.aclSetuser("reader", "&secret");
  await using granted = await redis.subscribe("secret");
  await admin.publish("secret", "x");
  assertEquals((await granted.next()).value?.message, "x");
});

test("a channel that is no longer allowed ends its own subscription only", async () => {
  await using server = await startRedis();
  await using admin = await connect(server.url);
  await admin.aclSetuser("reader", "on", "nopass", "+@all", "~*", "resetchannels", "&a", "&b");
  await using redis = await connect(server.url, { username: "reader", password: "x" });
  const errors: Error[] = [];
  await using a = await redis.subscribe("a");
  await using b = await redis.subscribe("b", { onError: (error) => errors.push(error) });
  // The server hangs up on who has lost a channel.
  await admin.aclSetuser("reader", "resetchannels", "&a");
  await until(admin, () => a.gaps === 1 && errors.length === 1);
  assert(errors[0] instanceof ReplyError && errors[0].code === "NOPERM");
  await assertRejects(() => b.next(), ReplyError, "NOPERM");
  assertEquals(await b.next(), { value: undefined, done: true });
  assertEquals(await admin.publish("a", "x"), 1);
  assertEquals((await a.next()).value?.message, "x");
});

test("a channel that is left while it is asked for again, with one that is refused, is left", async () => {
  await using server = await startRedis();
  await using admin = await connect(server.url);
  await admin.aclSetuser("reader", "on", "nopass", "+@all", "~*", "resetchannels", "&a", "&b");
  let connections = 0;
  let left: Promise<void> | undefined;
  const onState = (state: string) => {
    if (state === "ready" && ++connections === 2) left = a.close();
  };
  await using redis = await connect(server.url, { username: "reader", password: "x", onState });
  const a = await redis.subscribe("a");
  const b = await redis.subscribe("b");
  await admin.aclSetuser("reader", "resetchannels", "&a");
  await assertRejects(() => b.next(), ReplyError, "NOPERM");
  await left;
  await redis.get("k");
  assertEquals((await admin.pubsubNumsub("a")).a, 0);
});

test("a channel that had yet to be asked for when the connection broke, and is given up then, is not asked for", async () => {
  await using server = await startRedis();
  await using admin = await connect(server.url);
  const stop = new AbortController();
  const onState = (state: string) => {
    if (state === "reconnecting") stop.abort("enough");
  };
  await using redis = await connect(server.url, { onState });
  const id = await redis.clientId();
  await using _kept = await redis.subscribe("kept");
  const turn = () => new Promise((resolve) => setTimeout(resolve));
  const { lost, kept, given, killed } = await frozen(server, async () => {
    // The socket takes no more.
    const lost = redis.set("k", "x".repeat(20_000_000)).catch(() => {});
    while (redis.stats().bytesWaiting === 0) await turn();
    const kept = redis.subscribe("kept too");
    const given = redis.with({ signal: stop.signal }).subscribe("given up").catch((reason) => reason);
    await turn();
    return { lost, kept, given, killed: admin.clientKill({ id }) };
  });
  await killed;
  await lost;
  assertEquals(await given, "enough");
  await using _other = await kept;
  await redis.get("k");
  assertEquals({ ...await admin.pubsubNumsub("kept", "kept too", "given up") }, {
    "kept": 1,
    "kept too": 1,
    "given up": 0,
  });
});

test("a user without the right to PING can subscribe", async () => {
  await using server = await startRedis();
  await using admin = await connect(server.url);
  await admin.aclSetuser("reader", "on", "nopass", "+@all", "-ping", "~*", "&*");
  await using redis = await connect(server.url, { username: "reader", password: "x" });
  await using news = await redis.subscribe("news");
  assertEquals(await redis.publish("news", "x"), 1);
  assertEquals((await news.next()).value?.message, "x");
});

/** A server that has one reply for each command. */
function saying(replies: Record<string, string>): Script {
  return answering(([name]) => name === "HELLO" ? HELLO : replies[name!] ?? "+OK\r\n");
}

test("replies stay paired when SUBSCRIBE is answered and the PING beside it refused", async () => {
  const confirmed = (kind: string) => `>3\r\n$${kind.length}\r\n${kind}\r\n$1\r\nc\r\n:1\r\n`;
  await using server = await startScripted(saying({
    SUBSCRIBE: confirmed("subscribe"),
    UNSUBSCRIBE: confirmed("unsubscribe"),
    PING: "-LOADING the server is loading\r\n",
    ECHO: "$4\r\nmine\r\n",
  }));
  await using redis = await connect(server.url);
  const news = await redis.subscribe("c");
  assertEquals(await redis.echo("mine"), "mine");
  await news.close();
  assertEquals(await redis.echo("mine"), "mine");
});

test("replies stay paired when SUBSCRIBE and the PING beside it are refused", async () => {
  await using server = await startScripted(saying({
    SUBSCRIBE: "-LOADING the server is loading\r\n",
    PING: "-LOADING the server is loading\r\n",
    ECHO: "$4\r\nmine\r\n",
  }));
  await using redis = await connect(server.url);
  const [refused, echoed] = await Promise.allSettled([redis.subscribe("c"), redis.echo("mine")]);
  assert(refused.status === "rejected" && refused.reason.code === "LOADING");
  assertEquals(echoed, { status: "fulfilled", value: "mine" });
});

for (const how of ["is closed", "is subscribed again", "is given another connection"]) {
  test(`what a server refuses for now, when it is asked for anew, is asked for again until its client ${how}`, async () => {
    const asked: string[] = [];
    let busy = 2;
    await using server = await startScripted((peer, index) =>
      answering(([name, channel]) => {
        if (name === "HELLO") return HELLO;
        if (name !== "SUBSCRIBE") return "+OK\r\n";
        asked.push(`${index} ${channel}`);
        const refused = index === 1 && busy-- > 0;
        return refused
          ? "-BUSY Redis is busy running a script\r\n"
          : `>3\r\n$9\r\nsubscribe\r\n$1\r\n${channel}\r\n:1\r\n`;
      })(peer, index)
    );
    const redis = await connect(server.url, { clientInfo: false });
    const news = await redis.subscribe("a");
    server.peers[0]!.destroy();
    await until(redis, () => asked.length === 2);
    if (how === "is given another connection") server.peers[1]!.destroy();
    if (how !== "is closed") await until(redis, () => news.gaps === 1);
    await redis.close();
    assertEquals(await news.next(), { value: undefined, done: true });
    assertEquals(
      asked,
      {
        "is closed": ["0 a", "1 a"],
        "is subscribed again": ["0 a", "1 a", "1 a", "1 a"],
        "is given another connection": ["0 a", "1 a", "2 a"],
      }[how],
    );
  });
}

test("who subscribes to what a server has refused for now asks it afresh", async () => {
  const asked: number[] = [];
  await using server = await startScripted((peer, index) =>
    answering(([name]) => {
      if (name === "HELLO") return HELLO;
      if (name !== "SUBSCRIBE") return "+OK\r\n";
      asked.push(index);
      return asked.length === 2
        ? "-BUSY Redis is busy running a script\r\n"
        : ">3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n";
    })(peer, index)
  );
  const redis = await connect(server.url, { clientInfo: false });
  const first = await redis.subscribe("a");
  server.peers[0]!.destroy();
  await until(redis, () => asked.length === 2);
  await redis.ping();
  await redis.subscribe("a");
  assertEquals([asked, first.gaps], [[0, 1, 1], 0]);
  await until(redis, () => first.gaps === 1);
  await redis.close();
});

test("a server that refuses for now to send no more is told again, but of what somebody listens to again", async () => {
  const left: string[] = [];
  await using server = await startScripted(answering(([name, ...channels]) => {
    if (name === "HELLO") return HELLO;
    if (name === "PING") return "+PONG\r\n";
    if (name === "UNSUBSCRIBE") left.push(channels.join());
    const kind = name!.toLowerCase();
    return left.length === 1
      ? "-BUSY Redis is busy running a script\r\n"
      : channels.map((channel) => `>3\r\n$${kind.length}\r\n${kind}\r\n$1\r\n${channel}\r\n:1\r\n`).join("");
  }));
  const redis = await connect(server.url, { clientInfo: false });
  const news = await redis.subscribe(["a", "b"]);
  await news.close();
  left.push("refused");
  await redis.subscribe("a");
  await until(redis, () => left.length === 3);
  await redis.close();
  assertEquals(left, ["a,b", "refused", "b"]);
});

test("a server that refuses for now to send no more is told again though it refuses who asks for it meanwhile", async () => {
  const busy = "-BUSY Redis is busy running a script\r\n";
  const told: string[] = [];
  using again = held(AGAIN);
  await using server = await startScripted(async (peer) => {
    for (let words = await peer.command(); words; words = await peer.command()) {
      const kind = words[0]!.toLowerCase();
      if (kind === "hello") await peer.send(HELLO);
      else if (kind === "ping") await peer.send("+PONG\r\n");
      else if (told.push(kind) === 2) await peer.send(busy);
      else if (told.length === 3) {
        // Not before the server would have been told again.
        assertEquals(again.size, 1);
        again.fire();
        await peer.send(busy);
      } else await peer.send(`>3\r\n$${kind.length}\r\n${kind}\r\n$1\r\na\r\n:1\r\n`);
    }
  });
  const redis = await connect(server.url, { clientInfo: false });
  await (await redis.subscribe("a")).close();
  await assertRejects(() => redis.subscribe("a"), ReplyError, "BUSY");
  await until(redis, () => (again.fire(), told.length === 4));
  await redis.close();
  assertEquals(told, ["subscribe", "unsubscribe", "subscribe", "unsubscribe"]);
});

test("who subscribes while the connection is lost is subscribed on the next one", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  await using first = await redis.subscribe("first");
  for (let round = 1; round <= 5; round++) {
    const [, news] = await Promise.all([server.restart(), redis.subscribe(`news:${round}`)]);
    await until(redis, () => first.gaps === round);
    assertEquals(await redis.publish(`news:${round}`, "x"), 1);
    assertEquals((await news.next()).value?.message, "x");
    await news.close();
  }
});

test("pushes that are no messages are handed out", async () => {
  await using server = await startRedis();
  const pushed: unknown[] = [];
  await using redis = await connect(server.url, { onPush: ({ items }) => pushed.push(items) });
  await using _news = await redis.subscribe("news");
  await redis.session(async (session) => {
    await session.clientTracking(true);
    await session.get("k");
    await redis.set("k", "x");
    await redis.publish("news", "x");
    await until(redis, () => pushed.length === 1);
    assertEquals(await session.get("k"), "x");
  });
  assertEquals(pushed, [["invalidate", ["k"]]]);
});

test("a listener that throws hurts neither others nor the connection", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  const thrown: unknown[] = [];
  // What is thrown is thrown again in a task of its own, where this test catches it.
  const schedule = globalThis.setTimeout;
  globalThis.setTimeout = ((task: () => void, delay?: number) =>
    schedule(() => {
      try {
        task();
      } catch (error) {
        thrown.push(error);
      }
    }, delay)) as typeof setTimeout;
  try {
    const got: string[] = [];
    await using _bad = await redis.subscribe("c", {
      onMessage: () => {
        throw new Error("mine");
      },
    });
    await using _good = await redis.subscribe("c", { onMessage: ({ message }) => got.push(message) });
    await redis.publish("c", "x");
    await redis.publish("c", "y");
    await until(redis, () => got.length === 2 && thrown.length === 2);
    assertEquals(thrown.map((error) => (error as Error).message), ["mine", "mine"]);
  } finally {
    globalThis.setTimeout = schedule;
  }
});

test("the server hears when the last listener leaves: by its scope, its loop, or its failure", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  const listeners = async () => (await redis.pubsubNumsub("c")).c;
  {
    using _a = await redis.subscribe("c");
    using _b = await redis.subscribe("c");
    assertEquals(await listeners(), 1);
  }
  assertEquals(await listeners(), 0);
  const loop = await redis.subscribe("c");
  await redis.publish("c", "x");
  for await (const _ of loop) break;
  assertEquals(await listeners(), 0);
  const slow = await redis.subscribe("c", { buffer: 1 });
  await redis.publish("c", "x");
  await redis.publish("c", "y");
  await until(redis, async () => await listeners() === 0);
  assertEquals((await slow.next()).value?.message, "x");
  await assertRejects(() => slow.next(), RedisError, "1 messages behind");
});

test("a session never takes the connection that messages come over", async () => {
  await using server = await startRedis();
  await using redis = await connectPool(server.url, { size: 3 });
  await using news = await redis.subscribe("news");
  // The others are busier than the one with the subscription.
  await Promise.all(Array.from({ length: 1000 }, () => redis.incr("n")));
  await using one = await redis.session();
  await using two = await redis.session();
  await Promise.all([one.select(1), two.select(2)]);
  await Promise.all([one.release(), two.release()]);
  await redis.publish("news", "x");
  assertEquals((await news.next()).value?.message, "x");
  assertEquals(news.gaps, 0);
});

test("subscriptions end with an error when the client gives its server up", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url, { backoff: (attempt) => attempt < 3 ? 1 : null });
  const errors: Error[] = [];
  const news = await redis.subscribe("news", { onError: (error) => errors.push(error) });
  const failed = assertRejects(() => news.next(), ConnectionError);
  await server.kill();
  await failed;
  assertEquals(errors.length, 1);
  await server.start();
  await using again = await redis.subscribe("news");
  await redis.publish("news", "x");
  assertEquals((await again.next()).value?.message, "x");
});

test("a subscriber hears again after an outage, however many attempts that took", async () => {
  await using server = await startRedis();
  const patient = exponential({ base: 1, cap: 1 });
  const many = gate();
  await using redis = await connect(server.url, {
    backoff: (attempt, error) => {
      if (attempt === 50) many.open();
      return patient(attempt, error);
    },
  });
  await using news = await redis.subscribe("news");
  const next = news.next();
  await server.kill();
  await Promise.race([many.opened, next]);
  await server.start();
  while (await redis.publish("news", "x") === 0);
  assertEquals((await next).value?.message, "x");
  assertEquals(news.gaps, 1);
});

test("a subscription ends with the signal of its surface, and is given up in time", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  const listeners = async () => (await redis.pubsubNumsub("c")).c;
  const control = new AbortController();
  const reason = new Error("enough");
  const news = await redis.with({ signal: control.signal }).subscribe("c");
  const failed = assertRejects(() => news.next());
  assertEquals(await listeners(), 1);
  control.abort(reason);
  assertEquals(await failed, reason);
  assertEquals(await listeners(), 0);
  assertEquals(await assertRejects(() => redis.with({ signal: control.signal }).subscribe("c")), reason);
  // While the server says nothing.
  const second = new AbortController();
  await frozen(server, async () => {
    const aborted = assertRejects(() => redis.with({ signal: second.signal }).subscribe("c"));
    const late = assertRejects(() => redis.with({ timeout: 20 }).subscribe("c"), TimeoutError, "SUBSCRIBE");
    second.abort(reason);
    assertEquals(await aborted, reason);
    await late;
  });
  await until(redis, async () => await listeners() === 0);
});

for (const protocol of [3, 2] as const) {
  test(`between two gaps no message is lost or out of order, RESP${protocol}`, async () => {
    await using server = await startRedis();
    await using redis = await connect(server.url, { protocol });
    await using admin = await connect(server.url);
    let published = 0;
    const heard: (number | "gap")[] = [];
    const end = gate();
    await using numbers = await redis.subscribe("n", {
      onMessage: ({ message }) => message === "end" ? end.open() : heard.push(Number(message)),
      onGap: () => heard.push("gap"),
    });
    for (let round = 0; round < 10; round++) {
      await admin.pipeline((p) => Array.from({ length: 500 }, () => p.publish("n", published++)));
      const killed = admin.call("CLIENT KILL", "SKIPME", "yes");
      await admin.pipeline((p) => Array.from({ length: 500 }, () => p.publish("n", published++)));
      await killed;
      await until(admin, () => numbers.gaps === round + 1);
    }
    await admin.publish("n", "end");
    await end.opened;
    let last = -1;
    let gap = false;
    // The first is not lost, and nothing behind the last one, either.
    for (const one of [...heard, published]) {
      if (one === "gap") {
        gap = true;
        continue;
      }
      assert(gap ? one > last : one === last + 1, `${one} after ${last}${gap ? ", and a gap" : ""}`);
      last = one;
      gap = false;
    }
    assertEquals(numbers.gaps, 10);
    assert(heard.length >= 5000, `${heard.length}`);
  });
}

for (const protocol of [3, 2] as const) {
  test(`a listener hears of a gap before the first message after it, RESP${protocol}`, async () => {
    const push = protocol === 3 ? ">3" : "*3";
    const confirmed = `${push}\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n`;
    const saying = (index: number) => `${push}\r\n$7\r\nmessage\r\n$1\r\nc\r\n$1\r\n${index}\r\n`;
    await using server = await startScripted(async (peer, index) => {
      for (let words = await peer.command(); words !== null; words = await peer.command()) {
        if (words[0] === "HELLO") await peer.send(HELLO);
        else if (words[0] === "CLIENT") await peer.send(":7\r\n");
        else if (words[0] === "PING") await peer.send(`${confirmed}+PONG\r\n${saying(index)}`);
      }
    });
    const redis = await connect(server.url, { protocol, clientInfo: false });
    const listening = protocol === 3 ? 0 : 1; // which connection
    const heard: string[] = [];
    const again = gate();
    await redis.subscribe("c", {
      onMessage: ({ message }) => (heard.push(message), message !== `${listening}` && again.open()),
      onGap: () => heard.push("gap"),
    });
    (await server.peer(listening)).destroy();
    await again.opened;
    redis.destroy();
    assertEquals(heard, [`${listening}`, "gap", `${listening + 1}`]);
  });
}

test("who subscribes while the client is closed is refused, and leaves no connection, RESP2", async () => {
  await using server = await startRedis();
  await using admin = await connect(server.url);
  const redis = await connect(server.url, { protocol: 2, clientName: "closing" });
  const refused = assertRejects(() => redis.subscribe("news"), ConnectionError, "closed");
  await redis.close();
  await refused;
  await until(admin, async () => !(await admin.clientList()).includes("name=closing"));
  assertEquals(redis.stats().connects, 1);
});

test("channels are told apart whatever they are called, and however they are given", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  const named = ["\ufeffnews", "news", "\ufffd", "\u0000255", Uint8Array.of(255), Uint8Array.of(254), "\0"];
  const heard: [number, string][] = [];
  const listen = (name: string | Uint8Array, i: number) =>
    redis.subscribe(name, { onMessage: ({ message }) => heard.push([i, message]) });
  await Promise.all(named.slice(0, 4).map(listen));
  for (const i of [0, 1, 2, 3]) assertEquals(await redis.publish(named[i]!, "\ufeffx"), 1);
  await until(redis, () => heard.length === 4);
  await Promise.all(named.slice(4).map((name, i) => listen(name, i + 4)));
  for (const name of named) assertEquals(await redis.publish(name, "\ufeffy"), 1);
  await until(redis, () => heard.length === 11);
  assertEquals(heard, [
    ...[0, 1, 2, 3].map((i): [number, string] => [i, "\ufeffx"]),
    ...named.map((_, i): [number, string] => [i, "\ufeffy"]),
  ]);
});

test("who is refused takes nobody with him who asks for the same at the same time", async () => {
  await using server = await startRedis();
  await using admin = await connect(server.url);
  await admin.aclSetuser("reader", "on", "nopass", "+@all", "~*", "resetchannels", "&public:*");
  await using redis = await connect(server.url, { username: "reader", password: "x" });
  for (const other of ["secret", "\ud800"]) {
    const all = redis.subscribe([`public:${other.length}`, other, "public:2"]);
    const wanted = redis.subscribe(["public:2", `public:${other.length}`]);
    await assertRejects(() => all, Error, other === "secret" ? "NOPERM" : "surrogate");
    await using granted = await wanted;
    assertEquals(await admin.publish("public:2", "x"), 1);
    assertEquals((await granted.next()).value?.message, "x");
  }
  assertEquals((await admin.pubsubNumsub("public:2"))["public:2"], 0);
});

test("who asks for a channel as another one is refused that wanted more is not refused with it", async () => {
  await using server = await startRedis();
  await using admin = await connect(server.url);
  await admin.aclSetuser("reader", "on", "nopass", "+@all", "~*", "resetchannels", "&public:*");
  await using redis = await connect(server.url, { username: "reader", password: "x" });
  for (let later = 0; later < 10; later++) {
    // Answered together: between the refusal and its caller's hearing of it there are some microtasks.
    const [refused, read] = [redis.subscribe(["public:1", "secret"]), redis.get("k")];
    const wanted = read.then(async () => {
      for (let i = 0; i < later; i++) await undefined;
      return await redis.subscribe("public:1");
    });
    await assertRejects(() => refused, ReplyError, "NOPERM");
    await using granted = await wanted;
    await admin.publish("public:1", "x");
    assertEquals((await granted.next()).value?.message, "x");
  }
});

test("who asks for a channel after one gave up that is refused with others is heard of all the same", async () => {
  await using server = await startRedis();
  await using admin = await connect(server.url);
  await admin.aclSetuser("reader", "on", "nopass", "+@all", "~*", "resetchannels", "&public:*");
  await using redis = await connect(server.url, { username: "reader", password: "x" });
  await using _other = await redis.subscribe("public:2");
  const stop = new AbortController();
  const { refused, wanted } = await frozen(server, async () => {
    const refused = redis.with({ signal: stop.signal }).subscribe(["public:1", "secret"]).catch((reason) => reason);
    await new Promise((resolve) => setTimeout(resolve, 10));
    stop.abort("enough");
    const wanted = redis.subscribe("public:1");
    await new Promise((resolve) => setTimeout(resolve, 10));
    return { refused, wanted };
  });
  assertEquals(await refused, "enough");
  await using granted = await wanted;
  await admin.publish("public:1", "x");
  assertEquals((await granted.next()).value?.message, "x");
});

test("a subscription ends with an error when the server gives its shard away", async () => {
  await using server = await startRedis({ clusterNode: true });
  await server.command("CLUSTER", "ADDSLOTSRANGE", "0", "16383");
  while (!(await server.command("CLUSTER", "INFO")).includes("cluster_state:ok")) await server.command("PING");
  await using redis = await connect(server.url);
  await using other = await redis.subscribe("s");
  await using shard = await redis.ssubscribe("s");
  const failed = assertRejects(() => shard.next(), RedisError, "shard");
  await server.command("CLUSTER", "DELSLOTSRANGE", "0", "16383");
  await failed;
  await redis.publish("s", "x");
  assertEquals((await other.next()).value?.message, "x");
});

test("who waits for a connection that speaks no RESP3 any more is subscribed on one of its own", async () => {
  const asked: string[] = [];
  await using server = await startScripted(async (peer, index) => {
    for (let words = await peer.command(); words !== null; words = await peer.command()) {
      const [name, channel] = words as [string, string];
      asked.push(`${index} ${name}`);
      if (name === "HELLO") await peer.send(index === 0 ? HELLO : "-ERR unknown command 'HELLO'\r\n");
      else if (name === "CLIENT") await peer.send(":7\r\n");
      else if (name === "PING") await peer.send("+PONG\r\n");
      else await peer.send(`${index === 0 ? ">" : "*"}3\r\n$9\r\nsubscribe\r\n$1\r\n${channel}\r\n:1\r\n`);
    }
  });
  const lost = gate();
  const onState = (state: string) => state === "reconnecting" && lost.open();
  const redis = await connect(server.url, { clientInfo: false, backoff: () => 10, onState });
  const one = await redis.subscribe("a");
  const failed = assertRejects(() => one.next(), ConnectionError, "RESP3");
  (await server.peer(0)).destroy();
  await lost.opened;
  const two = redis.subscribe("b");
  await failed;
  await two;
  assertEquals(asked.filter((command) => command.endsWith(" SUBSCRIBE")), ["0 SUBSCRIBE", "2 SUBSCRIBE"]);
  redis.destroy();
});

test("a connection that was replaced brings no messages beside those of the new one", async () => {
  const hello = ">3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$5\r\nhello\r\n";
  await using server = await startScripted(async (peer, index) => {
    for (let words = await peer.command(); words; words = await peer.command()) {
      if (words[0] === "HELLO") await peer.send(HELLO);
      else if (words[0] === "SUBSCRIBE") await peer.send(">3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n");
      else if (words[0] === "PING") await peer.send("+PONG\r\n");
      else if (words[0] === "INCR") await peer.send(index === 0 ? "-READONLY a replica\r\n" : ":1\r\n");
    }
  });
  const redis = await connect(server.url, { clientInfo: false });
  const heard: string[] = [];
  await using _sub = await redis.subscribe("c", { onMessage: ({ message }) => heard.push(message) });
  const both = [redis.incr("a"), redis.get("keeps the old connection").catch(() => {})];
  assertEquals(await both[0], 1);
  await redis.ping();
  for (const peer of server.peers) await peer.send(hello);
  await redis.ping();
  assertEquals([server.peers.length, heard], [2, ["hello"]]);
  redis.destroy();
  await both[1];
});

test("a connection that was replaced still confirms subscriptions: what refuses their PING is not taken for more", async () => {
  const confirmed = ">3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n";
  const refused = "-NOPERM no ping\r\n";
  const answers: Record<string, string> = { HELLO, SUBSCRIBE: confirmed, PING: refused, INCR: ":1\r\n" };
  const asked = gate();
  await using server = await startScripted(async (peer, index) => {
    for (let words = await peer.command(); words; words = await peer.command()) {
      if (index > 0 || words[0] === "HELLO") await peer.send(answers[words[0]!]!);
      else if (words[0] === "PING") asked.open();
      else if (words[1] === "b") await peer.send(`-READONLY a replica\r\n${confirmed}${refused}+a\r\n+b\r\n`);
    }
  });
  const redis = await connect(server.url, { clientInfo: false });
  const written = redis.incr("n");
  const subscribed = redis.subscribe("c");
  await asked.opened;
  const [, ...read] = await Promise.all([subscribed, redis.get("a"), redis.get("b"), written]);
  assertEquals(read, ["a", "b", 1]);
  redis.destroy();
});

test("each connection confirms what was asked on it, though the one in its place is asked for the same", async () => {
  const confirmed = ">3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n-NOPERM no ping\r\n";
  const [askedAgain, answered] = [gate(), gate()];
  await using server = await startScripted(async (peer, index) => {
    for (let words = await peer.command(); words; words = await peer.command()) {
      if (words[0] === "HELLO") await peer.send(HELLO);
      else if (words[0] === "INCR" && index > 0) await peer.send(":1\r\n");
      else if (words[0] === "PING" && index > 0) {
        askedAgain.open();
        await answered.opened;
        await peer.send(confirmed);
      }
    }
  });
  const redis = await connect(server.url, { clientInfo: false });
  const old = await server.peer(0);
  const written = redis.incr("n");
  const subscribed = redis.subscribe("c");
  await old.until("PING\r\n");
  const read = Promise.all([redis.get("a"), redis.get("b")]);
  await old.until("b\r\n");
  await old.send("-READONLY a replica\r\n");
  await askedAgain.opened;
  await old.send(`${confirmed}+a\r\n+b\r\n`);
  assertEquals(await read, ["a", "b"]);
  answered.open();
  await using _subscription = await subscribed;
  assertEquals(await written, 1);
  redis.destroy();
});

test("a connection that is replaced as soon as it has confirmed subscriptions anew means one more gap", async () => {
  const confirmed = ">3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n+PONG\r\n";
  await using server = await startScripted(async (peer, index) => {
    for (let words = await peer.command(); words; words = await peer.command()) {
      if (words[0] === "HELLO") await peer.send(HELLO);
      else if (words[0] === "PING" && index !== 1) await peer.send(confirmed);
      // All at once: before anybody hears of the confirmation, the connection is another one.
      else if (words[0] === "INCR") await peer.send(index === 1 ? `${confirmed}-READONLY a replica\r\n` : ":1\r\n");
    }
  });
  const redis = await connect(server.url, { clientInfo: false });
  const subscription = await redis.subscribe("c");
  const lost = redis.set("k", "v").catch(() => {});
  (await server.peer(0)).destroy();
  await lost;
  assertEquals([await redis.incr("n"), await redis.incr("n"), subscription.gaps], [1, 1, 2]);
  redis.destroy();
});

test("a subscription keeps its channels, whatever becomes of the list that they came in, or of their bytes", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  await using admin = await connect(server.url);
  const list = ["a"];
  const one = await redis.subscribe(list);
  list[0] = "b";
  await one.close();
  assertEquals((await redis.pubsubNumsub("a")).a, 0);
  const name = new TextEncoder().encode("a");
  await using two = await redis.subscribe(name);
  name.set(new TextEncoder().encode("b"));
  await admin.call("CLIENT KILL", "SKIPME", "yes");
  await until(admin, () => redis.stats().reconnects === 1);
  await redis.ping();
  assertEquals([await admin.publish("a", "x"), await admin.publish("b", "x"), two.gaps], [1, 0, 1]);
});

test("a channel may be a number of any size", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  await using large = await redis.subscribe(2 ** 60);
  await redis.publish(String(2n ** 60n), "x");
  await redis.ping();
  assertEquals(large.waiting, 1);
});

test("who gives up a subscription hears whether the server was asked for it, and what it waited for", async () => {
  await using server = await startScripted(async (peer, index) => {
    if (index > 0) return await peer.untilEnded();
    await peer.command();
    await peer.send(HELLO);
    await peer.until("SUBSCRIBE");
    peer.hold();
  });
  const redis = await connect(server.url, { clientInfo: false });
  const givenUp = async (channel: string) => {
    const late = redis.with({ timeout: 20 }).subscribe(channel);
    const { sent, waitingFor, command } = await assertRejects(() => late, TimeoutError);
    return [sent, waitingFor, command];
  };
  assertEquals(await givenUp("sent"), [true, "reply", "SUBSCRIBE"]);
  // More than a socket takes: what comes behind that stays here.
  const large = redis.set("k", new Uint8Array(32 << 20)).catch(() => {});
  while (redis.stats().bytesWaiting === 0) await new Promise((resolve) => setTimeout(resolve, 0));
  assertEquals((await givenUp("behind"))[0], false);
  (await server.peer(0)).destroy();
  await server.peer(1);
  // What was asked on the lost connection the server has forgotten.
  assertEquals(await givenUp("sent"), [false, "connection", "SUBSCRIBE"]);
  redis.destroy();
  await large;
});

test("a subscription that was given up hears nothing, though it is confirmed in one breath with a message", async () => {
  const messages = gate();
  await using server = await startScripted(greeted(async (peer) => {
    await peer.until("PING");
    await messages.opened;
    const words = (...items: string[]) => items.map((item) => `$${item.length}\r\n${item}\r\n`).join("");
    await peer.send(`>3\r\n${words("subscribe", "c")}:1\r\n+PONG\r\n>3\r\n${words("message", "c", "hi")}`);
    await peer.until("UNSUBSCRIBE");
    await peer.send(`>3\r\n${words("unsubscribe", "c")}:0\r\n+PONG\r\n`);
  }));
  const redis = await connect(server.url, { clientInfo: false });
  const heard: string[] = [];
  const onMessage = ({ message }: Message) => void heard.push(message);
  const late = redis.with({ timeout: 20 }).subscribe("c", { onMessage });
  assertEquals((await assertRejects(() => late, TimeoutError)).sent, true);
  messages.open();
  await (await server.peer(0)).until("UNSUBSCRIBE");
  while (redis.stats().pending > 0) await new Promise((resolve) => setTimeout(resolve, 1));
  assertEquals(heard, []);
  redis.destroy();
});

test("a subscription that was given up before it left is not asked for, unless others want to hear", async () => {
  await using server = await startScripted(async (peer) => {
    await peer.command();
    await peer.send(HELLO);
    await peer.until("SET");
    peer.hold();
  });
  const redis = await connect(server.url, { clientInfo: false });
  const peer = await server.peer(0);
  // More than a socket takes: what comes behind that stays here.
  const large = redis.set("k", new Uint8Array(32 << 20)).catch(() => {});
  await peer.until("SET");
  await new Promise((resolve) => setTimeout(resolve, 20));
  const limited = redis.with({ timeout: 20 });
  const late = [limited.subscribe("unheard"), limited.subscribe(["alone", "shared"])];
  const kept = redis.subscribe("shared").catch(() => {});
  for (const one of late) assertEquals((await assertRejects(() => one, TimeoutError)).sent, false);
  const after = redis.get("after").catch(() => {});
  peer.release();
  await peer.until("after");
  assert(!peer.text.includes("unheard"));
  assert(peer.text.includes("shared"));
  // It was asked for together with that, and nobody hears it.
  await peer.until("UNSUBSCRIBE\r\n$5\r\nalone");
  redis.destroy();
  await Promise.all([large, kept, after]);
});

test("a subscription that was given up while there was no connection is not asked for on the next one", async () => {
  const back = gate();
  await using server = await startScripted(async (peer, index) => {
    if (index === 1) await back.opened;
    await answering((words) => words[0] === "HELLO" ? HELLO : "+PONG\r\n")(peer, index);
  });
  const redis = await connect(server.url, { clientInfo: false });
  (await server.peer(0)).destroy();
  const next = await server.peer(1);
  const late = redis.with({ timeout: 20 }).subscribe("c");
  assertEquals((await assertRejects(() => late, TimeoutError)).sent, false);
  back.open();
  await redis.ping();
  await redis.ping();
  assert(!next.text.includes("SUBSCRIBE"));
  redis.destroy();
});

test("the error of a subscription that has no connection any more says which command it was", async () => {
  await using server = await startScripted(async (peer) => {
    await peer.command();
    await peer.send(HELLO);
    await peer.untilEnded();
  });
  const redis = await connect(server.url, { clientInfo: false });
  const refused = assertRejects(() => redis.psubscribe("*"), ConnectionError, "PSUBSCRIBE: ");
  await (await server.peer(0)).until("PSUBSCRIBE");
  redis.destroy();
  assertEquals((await refused).command, "PSUBSCRIBE");
});

for (const end of ["is closed", "loses its connection"] as const) {
  test(`who gives up a subscription that was asked for hears so, though his client ${end}`, async () => {
    await using server = await startScripted(async (peer, index) => {
      if (index > 0) return await peer.untilEnded();
      await peer.command();
      await peer.send(HELLO);
      await peer.untilEnded();
    });
    const timeout = 54_321;
    using limit = held(timeout);
    const redis = await connect(server.url, { clientInfo: false });
    const late = assertRejects(() => redis.with({ timeout }).subscribe("x"), TimeoutError);
    const peer = await server.peer(0);
    await peer.until("SUBSCRIBE");
    const closing = end === "is closed" ? redis.close(60_000) : undefined;
    if (closing === undefined) {
      peer.destroy();
      await server.peer(1);
    }
    limit.fire();
    const { sent, waitingFor, command } = await late;
    assertEquals([sent, waitingFor, command], [true, "reply", "SUBSCRIBE"]);
    redis.destroy();
    await closing;
  });
}

for (const protocol of [3, 2] as const) {
  test(`what one listener does with the bytes of a message the others do not see, RESP${protocol}`, {
    skip: missing(),
  }, async () => {
    await using server = await startRedis();
    await using redis = await connect(server.url, { protocol });
    const got: string[] = [];
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    const onMessage = (message: Message<Uint8Array>): void => {
      got.push(`${text(message.channel)} ${text(message.message)} ${message.pattern ? text(message.pattern) : "-"}`);
      for (const bytes of Object.values(message)) bytes.fill(120);
    };
    await using _first = await redis.bytes.subscribe("c", { onMessage });
    await using _second = await redis.bytes.subscribe("c", { onMessage });
    await using _third = await redis.subscribe("c", {
      onMessage: ({ channel, message }) => void got.push(`${channel} ${message} text`),
    });
    await using _fourth = await redis.bytes.psubscribe("c*", { onMessage });
    await using _fifth = await redis.bytes.psubscribe("c*", { onMessage });
    await redis.publish("c", "abc");
    await until(redis, () => got.length === 5);
    assertEquals(got.sort(), ["c abc -", "c abc -", "c abc c*", "c abc c*", "c abc text"]);
  });
}
