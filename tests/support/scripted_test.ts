import { assert, assertEquals, assertRejects } from "@std/assert";
import { connect, type Socket } from "node:net";
import { once } from "node:events";
import { answering, type ScriptedServer, startScripted } from "./scripted.ts";
import { concat, cuts, latin1, lend } from "./bytes.ts";
import { test } from "./test.ts";

async function open(server: ScriptedServer): Promise<Socket> {
  const socket = connect(server.port, server.hostname);
  await once(socket, "connect");
  return socket;
}

async function text(socket: Socket): Promise<string> {
  let all = "";
  for await (const chunk of socket) all += chunk;
  return all;
}

test("a scripted server answers in the given pieces and half-closes", async () => {
  await using server = await startScripted(async (peer) => {
    await peer.until("PING\r\n");
    await peer.send("+PO", "NG\r\n");
    peer.end();
  });
  const socket = await open(server);
  socket.write("PI");
  socket.write("NG\r\n");
  assertEquals(await text(socket), "+PONG\r\n");
  assertEquals((await server.peer()).text, "PING\r\n");
});

test("answering() takes commands apart whatever their cut", async () => {
  const seen: string[][] = [];
  await using server = await startScripted(answering((words) => {
    seen.push(words);
    return `:${seen.length}\r\n`;
  }));
  const socket = await open(server);
  for (
    const piece of [
      "*2\r\n$3\r\nGET\r\n$1",
      "\r\na\r\n*1\r",
      "\n$4\r\nPING\r\n",
    ]
  ) socket.write(piece);
  let all = "";
  while (all.length < 8) all += (await once(socket, "data"))[0];
  socket.end();
  await (await server.peer()).untilEnded();
  assertEquals(all, ":1\r\n:2\r\n");
  assertEquals(seen, [["GET", "a"], ["PING"]]);
});

test("a reset breaks the client's socket", async () => {
  await using server = await startScripted((peer) => peer.reset());
  const socket = connect(server.port, server.hostname);
  const code = await new Promise((resolve) => socket.on("error", (error) => resolve(Reflect.get(error, "code"))));
  assertEquals(code, "ECONNRESET");
});

test("a held server takes no more than the system's buffers, and all of it once released", async () => {
  await using server = await startScripted((peer, index) => {
    if (index === 0) peer.hold();
  });
  const socket = await open(server);
  const size = 32 << 20;
  const taken = new Promise((resolve) => socket.write(new Uint8Array(size), resolve));
  const peer = await server.peer();
  // The same over a connection that is not held tells how long it takes.
  const other = await open(server);
  other.write(new Uint8Array(size));
  await (await server.peer(1)).until(size);
  other.destroy();
  assert(peer.received.length < size);
  peer.release();
  await taken;
  await peer.until(size);
  socket.destroy();
  await peer.untilEnded();
  assert(peer.ended);
});

test("a failing script fails the test that owns the server", async () => {
  await assertRejects(
    async () => {
      await using server = await startScripted(async (peer) => await peer.until("never"));
      const socket = await open(server);
      socket.destroy();
      await (await server.peer()).closed;
      await new Promise((resolve) => setImmediate(resolve));
    },
    Error,
    "The client closed before",
  );
});

test("cuts() gives back the same bytes in every way", () => {
  const ways = [...cuts("+OK\r\n")];
  assertEquals(ways.map((cut) => cut.how).slice(0, 3), [
    "whole",
    "byte by byte",
    "cut at 1",
  ]);
  assertEquals(ways.length, 2 + 4);
  for (const { chunks } of ways) {
    assertEquals(concat(...chunks), latin1("+OK\r\n"));
  }
});

test("lend() spoils what was lent", () => {
  const kept = lend(latin1("\x01\xff"), (chunk) => chunk);
  assertEquals([...kept], [0xaa, 0xaa]);
});
