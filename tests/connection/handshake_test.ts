// What is said on a new connection, in how many round trips, and what a server may answer to it.
import { assert, assertEquals, assertRejects } from "@std/assert";
import { connect, ConnectionError, ReplyError } from "../../mod.ts";
import { cache } from "../../src/cache/mod.ts";
import { LIBRARY, VERSION } from "../../src/connection/version.ts";
import { answering, helloAs, type Peer, startScripted } from "../support/scripted.ts";
import { test } from "../support/test.ts";

const OK = "+OK\r\n";
const HELLO = helloAs(7);
const IDENTITY = { username: "ada", password: "secret", database: 2, clientName: "web" };

async function take(peer: Peer, count: number): Promise<string[]> {
  const commands: string[] = [];
  while (commands.length < count) commands.push((await peer.command())!.join(" "));
  return commands;
}

test("everything is said before anything is answered: one round trip", async () => {
  let said: string[] = [];
  await using server = await startScripted(async (peer) => {
    said = await take(peer, 5);
    await peer.send(HELLO + OK.repeat(4));
    while (await peer.command()) await peer.send(OK);
  });
  await using _redis = await connect(server.url, IDENTITY);
  assertEquals(said, [
    "HELLO 3 AUTH ada secret",
    "CLIENT SETNAME web",
    `CLIENT SETINFO LIB-NAME ${LIBRARY}`,
    `CLIENT SETINFO LIB-VER ${VERSION}`,
    "SELECT 2",
  ]);
});

test("with RESP2, too; the server is asked which connection this is", async () => {
  let said: string[] = [];
  await using server = await startScripted(async (peer) => {
    said = await take(peer, 6);
    await peer.send(OK.repeat(5) + ":7\r\n");
  });
  await using _redis = await connect(server.url, { ...IDENTITY, protocol: 2 });
  assertEquals([said[0], said[5]], ["AUTH ada secret", "CLIENT ID"]);
});

test("a session's connection is made as new in one round trip, while the next caller's command waits", async () => {
  let said: string[] = [];
  await using server = await startScripted(async (peer, index) => {
    await take(peer, 3);
    await peer.send(HELLO + OK.repeat(2));
    if (index === 0) return;
    assertEquals(await peer.command(), ["SELECT", "5"]);
    await peer.send(OK);
    said = await take(peer, 4);
    await peer.send("+RESET\r\n" + HELLO + OK.repeat(2));
    assertEquals(await peer.command(), ["GET", "k"]);
    await peer.send("$1\r\nv\r\n");
  });
  await using redis = await connect(server.url, { ...IDENTITY, clientInfo: false, maxSessions: 1 });
  await redis.session((s) => s.select(5));
  assertEquals(await redis.session((s) => s.get("k")), "v");
  assertEquals(said, ["RESET", "HELLO 3 AUTH ada secret", "CLIENT SETNAME web", "SELECT 2"]);
});

test("a server that knows no SETINFO is none the worse", async () => {
  await using server = await startScripted(answering(([name]) => {
    return name === "HELLO" ? HELLO : name === "CLIENT" ? "-ERR Unknown subcommand\r\n" : "+PONG\r\n";
  }));
  await using redis = await connect(server.url);
  assertEquals(await redis.ping(), "PONG");
});

test("a server that answers HELLO 3 with 2 is spoken to as it answers", async () => {
  const confirmed = "*3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n";
  const message = "*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$2\r\nhi\r\n";
  await using server = await startScripted(answering(([name]) => {
    if (name === "HELLO") return "*4\r\n$5\r\nproto\r\n:2\r\n$2\r\nid\r\n:7\r\n";
    if (name === "SUBSCRIBE") return confirmed;
    return name === "PING" ? `*2\r\n$4\r\npong\r\n$0\r\n\r\n${message}` : OK;
  }));
  await using redis = await connect(server.url, { clientInfo: false });
  const heard = await redis.subscribe("c");
  assertEquals((await heard.next()).value, { channel: "c", message: "hi" });
  assertEquals(server.peers.length, 2);
  await assertRejects(() => cache(redis), TypeError, "needs RESP3");
});

for (
  const refusal of [
    "ERR unsupported command `hello`",
    "unsupported command 'HELLO'",
    "NOAUTH Authentication required.",
    "NOPROTO unsupported protocol version",
  ]
) {
  const script = answering(([name, ...words]) => {
    if (name === "HELLO") return `-${refusal}\r\n`;
    if (name === "AUTH") return words.at(-1) === "secret" ? OK : "-WRONGPASS invalid username-password pair\r\n";
    return name === "CLIENT" ? "-ERR unsupported command\r\n" : "+PONG\r\n";
  });

  test(`a server that answers HELLO with ${refusal} is given the password by AUTH`, async () => {
    await using server = await startScripted(script);
    await using redis = await connect(server.url, { password: "secret" });
    assertEquals(await redis.ping(), "PONG");
    await assertRejects(() => connect(server.url, { password: "none" }), ConnectionError, "WRONGPASS");
  });
}

test("a server that wants a password where none is known says so, whatever it makes of HELLO", async () => {
  const refusal = "-NOAUTH Authentication required.\r\n";
  for (const hello of [refusal, "-ERR unknown command 'HELLO'\r\n"]) {
    let greetings = 0;
    await using server = await startScripted(answering(([name]) => {
      if (name !== "HELLO") return refusal;
      greetings++;
      return hello;
    }));
    await assertRejects(() => connect(server.url), ConnectionError, "NOAUTH");
    assertEquals(greetings, 1);
  }
});

for (
  const [what, name, reply] of [
    ["the credentials", "HELLO", "-WRONGPASS invalid username-password pair or user is disabled.\r\n"],
    ["the database", "SELECT", "-ERR DB index is out of range\r\n"],
    ["the name", "CLIENT", "-ERR Client names cannot contain spaces, newlines or special characters.\r\n"],
  ] as const
) {
  test(`a server that refuses ${what} is told as such; the connection is closed, nothing secret is shown`, async () => {
    await using server = await startScripted(
      answering(([said]) => said === name ? reply : said === "HELLO" ? HELLO : OK),
    );
    const connecting = connect(server.url, { ...IDENTITY, clientInfo: false });
    const error = await assertRejects(() => connecting, ConnectionError, reply.slice(1, 20));
    assert(error.message.includes("The server refused the connection") && !error.message.includes("secret"));
    assertEquals([error.sent, error.command], [false, ""]);
    // Where a log must not show the server's words, it can show these.
    assert(error.cause instanceof ReplyError && error.cause.command.startsWith(name), String(error.cause));
    await (await server.peer()).untilEnded();
  });
}

test("a server that answers the greeting and something nobody asked for is not taken for ready", async () => {
  await using server = await startScripted(async (peer) => {
    await peer.command();
    await peer.send(HELLO + ":1\r\n");
  });
  const error = await assertRejects(() => connect(server.url, { clientInfo: false }), ConnectionError);
  assert(error.message.includes("does not speak the Redis protocol"), error.message);
});
