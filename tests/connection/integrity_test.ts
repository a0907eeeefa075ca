// With integrity on, no command ever gets another one's reply: a reply too few or too many ends the connection first.
import { assert, assertEquals, assertInstanceOf, assertRejects, assertStringIncludes } from "@std/assert";
import { type ClientOptions, connect, ConnectionError, ProtocolError, type Redis, ReplyError } from "../../mod.ts";
import { frozen } from "../support/frozen.ts";
import { HELLO, type Peer, type Script, startScripted } from "../support/scripted.ts";
import { missing, startRedis } from "../support/servers.ts";
import { test } from "../support/test.ts";

const bulk = (text: string): string => `$${text.length}\r\n${text}\r\n`;

/** Answers what comes: `answer` gives the bytes for the command with this number, tags and handshake not counted. */
function echoing(answer: (words: string[], nth: number) => string, tag: (text: string) => string = bulk): Script {
  return async (peer: Peer) => {
    let nth = 0;
    let tags = 0;
    for (let words = await peer.command(); words !== null; words = await peer.command()) {
      if (words[0] === "HELLO") await peer.send(HELLO);
      // The first tag belongs to the handshake.
      else if (words[0] === "ECHO") await peer.send(tags++ === 0 ? bulk(words[1]!) : tag(words[1]!));
      else await peer.send(answer(words, nth++));
    }
  };
}

function openChecked(url: string, more: ClientOptions = {}): Promise<Redis> {
  return connect(url, { clientInfo: false, integrity: true, resend: () => false, ...more });
}

/** What each of these GETs came to: its value, or the error. */
async function outcomes(redis: Redis, keys: readonly string[]): Promise<unknown[]> {
  const settled = await Promise.allSettled(keys.map((key) => redis.get(key)));
  return settled.map((outcome) => outcome.status === "fulfilled" ? outcome.value : outcome.reason);
}

const KEYS = ["a", "b", "c", "d"];

for (
  const [what, answer, why] of [
    ["dropped", (key: string, nth: number) => nth === 1 ? "" : bulk(key), "fewer replies"],
    ["doubled", (key: string, nth: number) => nth === 1 ? bulk(key) + bulk(key) : bulk(key), "more replies"],
    ["dropped at the end", (key: string, nth: number) => nth === 3 ? "" : bulk(key), "fewer replies"],
    ["doubled at the end", (key: string, nth: number) => nth === 3 ? bulk(key) + bulk(key) : bulk(key), "more replies"],
  ] as const
) {
  test(`a reply that is ${what} gives nobody a wrong value`, async () => {
    await using server = await startScripted(echoing(([, key], nth) => answer(key!, nth)));
    await using redis = await openChecked(server.url);
    for (const error of await outcomes(redis, KEYS)) {
      assertInstanceOf(error, ConnectionError);
      assertInstanceOf(error.cause, ProtocolError);
      assertStringIncludes(error.message, why);
      assertEquals([error.sent, error.report?.generation], [true, 1]);
    }
    // The next connection starts afresh: the fifth command of the script is answered by its key again.
    assertEquals(await outcomes(redis, ["e"]), ["e"]);
  });
}

test("an error that is doubled is one reply too many: nobody hears another command's words", async () => {
  await using server = await startScripted(
    echoing(([, key], nth) => nth === 3 ? "-ERR of d alone\r\n-ERR of d alone\r\n" : bulk(key!)),
  );
  await using redis = await openChecked(server.url);
  for (const error of await outcomes(redis, KEYS)) {
    assertInstanceOf(error, ConnectionError);
    assertInstanceOf(error.cause, ProtocolError);
    assertStringIncludes(error.message, "more replies");
    assert(!error.message.includes("of d alone"));
  }
});

test("reads whose replies were not proven are asked again, all of them", async () => {
  let dropped = false;
  await using server = await startScripted(echoing(([, key], nth) => {
    if (nth !== 1 || dropped) return bulk(key!);
    dropped = true;
    return "";
  }));
  await using redis = await openChecked(server.url, { resend: undefined });
  assertEquals(await outcomes(redis, KEYS), KEYS);
  assertEquals(redis.stats().losses, 1);
});

test("without integrity the same server mispairs: what the mode is for", async () => {
  await using server = await startScripted(echoing(([, key], nth) => nth === 1 ? "" : bulk(key!)));
  await using redis = await openChecked(server.url, { integrity: false });
  const got = KEYS.map((key) => redis.get(key));
  assertEquals(await Promise.all(got.slice(0, 3)), ["a", "c", "d"]);
  redis.destroy();
  await assertRejects(() => got[3]!, ConnectionError);
});

test("a tag that is answered with something else ends the connection", async () => {
  await using server = await startScripted(echoing(([, key]) => bulk(key!), (text) => bulk(text + "!")));
  await using redis = await openChecked(server.url);
  const [error] = await outcomes(redis, ["a"]);
  assertInstanceOf(error, ConnectionError);
  assertInstanceOf((error as ConnectionError).cause, ProtocolError);
});

const BUSY = "-BUSY Redis is busy running a script.\r\n";
const PASSING = [
  BUSY,
  "-LOADING Redis is loading the dataset in memory\r\n",
  "-MASTERDOWN Link with MASTER is down\r\n",
];

test("what is refused for now, tags and all, rejects with the server's words", async () => {
  for (const refusal of PASSING) {
    let busy = true;
    await using server = await startScripted(
      echoing(([, key]) => busy ? refusal : bulk(key!), (text) => busy ? refusal : bulk(text)),
    );
    await using redis = await openChecked(server.url, { retryFor: 0 });
    for (const error of await outcomes(redis, KEYS)) {
      assertInstanceOf(error, ReplyError);
      assertEquals(error.message, refusal.slice(1, -2));
    }
    busy = false;
    assertEquals(await outcomes(redis, KEYS), KEYS);
    assertEquals(redis.stats().reconnects, 0);
  }
});

test("a tag that is refused, and not what came before it, ends the connection with the server's words", async () => {
  for (
    const [answer, tag] of [[bulk("a"), BUSY], [BUSY, "-LOADING x\r\n"], ["-NOPERM x\r\n", "-NOPERM x\r\n"]] as const
  ) {
    await using server = await startScripted(echoing(() => answer, () => tag));
    await using redis = await openChecked(server.url, { backoff: () => null });
    const [error] = await outcomes(redis, ["a"]);
    assertInstanceOf(error, ConnectionError);
    assertInstanceOf(error.cause, ReplyError);
    assertStringIncludes(error.message, tag.slice(1, -2));
  }
});

test("integrity is refused where the user may not ECHO", async () => {
  await using server = await startScripted(async (peer) => {
    await peer.command();
    await peer.send(HELLO);
    await peer.command();
    await peer.send("-NOPERM User default has no permissions to run the 'echo' command\r\n");
  });
  const error = await assertRejects(() => openChecked(server.url), ConnectionError, "ECHO");
  assertInstanceOf(error.cause, ReplyError);
});

test("replies are handed out as soon as their tag has come, in order, however they are cut", async () => {
  await using server = await startScripted(async (peer) => {
    await peer.command();
    await peer.send(HELLO);
    for (let tags = 0;;) {
      const words = await peer.command();
      if (words === null) return;
      const reply = words[0] === "INCR" ? ":7\r\n" : bulk(words[1]!);
      if (words[0] === "ECHO" && tags++ > 0) await peer.send(...reply);
      else await peer.send(reply.slice(0, 3), reply.slice(3));
    }
  });
  await using redis = await openChecked(server.url);
  assertEquals(await Promise.all([redis.get("a"), redis.incr("n"), redis.bytes.get("b"), redis.get("c")]), [
    "a",
    7,
    new TextEncoder().encode("b"),
    "c",
  ]);
});

test("everything a client does works with integrity on", { skip: missing() }, async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url, { integrity: true });
  const values = Array.from({ length: 5000 }, (_, i) => `${i}`);
  await Promise.all(values.map((value) => redis.set(`k${value}`, value)));
  assertEquals(await Promise.all(values.map((value) => redis.get(`k${value}`))), values);
  const piped = await redis.pipeline((p) => [p.get("k1"), p.dump("k2"), p.incr("k3"), p.hset("k1", "f", "v")], {
    errors: "return",
  });
  assertEquals([piped[0], piped[1] instanceof Uint8Array, piped[2]], ["1", true, 4]);
  assertInstanceOf(piped[3], ReplyError);
  assertEquals(await redis.transaction((tx) => [tx.incr("n"), tx.get("k1")]), [1, "1"]);
  await using first = await redis.subscribe("news");
  await using second = await redis.subscribe("news");
  await redis.publish("news", "hello");
  for (const subscription of [first, second]) {
    for await (const { message } of subscription) {
      assertEquals(message, "hello");
      break;
    }
  }
  const popped = redis.blpop(["queue"], 5);
  await redis.rpush("queue", "job");
  assertEquals(await popped, ["queue", "job"]);
  await redis.session(async (session) => {
    assertEquals(await session.get("k9"), "9");
    await session.call("MULTI");
    const queued = session.call("GET", "k9");
    assertEquals(await session.call("EXEC"), ["9"]);
    assertEquals(await queued, "QUEUED");
  });
  const { reconnects, commands, replies } = redis.stats();
  assertEquals(reconnects, 0);
  assert(replies >= 10_000 && commands >= 10_000);
});

test("a pipeline of many modes is decoded as without integrity", { skip: missing() }, async () => {
  await using server = await startRedis();
  await using plain = await connect(server.url);
  await using proven = await connect(server.url, { integrity: true });
  await plain.set("k", "v");
  const run = (redis: Redis) =>
    redis.pipeline((p) =>
      Array.from({ length: 300 }, (_, i) => i % 3 === 0 ? p.dump("k") : i % 3 === 1 ? p.get("k") : p.strlen("k"))
    );
  assertEquals<unknown>(await run(proven), await run(plain));
});

test("a subscription that was refused takes nobody's confirmation while its refusal is held", {
  skip: missing(),
}, async () => {
  await using server = await startRedis();
  await using admin = await connect(server.url);
  await admin.aclSetuser("reader", "on", "nopass", "+@all", "-ping", "~*", "resetchannels", "&public:*");
  await using redis = await connect(server.url, { username: "reader", password: "x", integrity: true });
  await using _other = await redis.subscribe("public:2");
  const stop = new AbortController();
  const turn = () => new Promise((resolve) => setTimeout(resolve));
  // The socket takes no more: what follows leaves in one write, and is proven together.
  const { first, refused, wanted, written } = await frozen(server, async () => {
    const first = redis.set("k", "x".repeat(20_000_000));
    while (redis.stats().bytesWaiting === 0) await turn();
    const refused = redis.with({ signal: stop.signal }).subscribe(["public:1", "secret"]).catch((reason) => reason);
    await turn();
    stop.abort("enough");
    const wanted = redis.subscribe("public:1");
    const written = redis.incr("n");
    await turn();
    return { first, refused, wanted, written };
  });
  assertEquals([await first, await refused, await written, redis.stats().reconnects], ["OK", "enough", 1, 0]);
  await using granted = await wanted;
  await admin.publish("public:1", "x");
  assertEquals((await granted.next()).value?.message, "x");
});

test("tags are nobody's commands: they take no room, and nobody counts them", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url, { integrity: true, maxPending: 2 });
  const first = redis.get("a");
  // It leaves at the end of this turn, with its tag.
  for (let i = 0; i < 10; i++) await undefined;
  assertEquals(redis.stats().pending, 1);
  const second = redis.get("b");
  const refused = await assertRejects(() => redis.get("c"), ConnectionError, "2 commands");
  assertEquals(refused.report?.pending, 2);
  assertEquals(await Promise.all([first, second]), [null, null]);
});
