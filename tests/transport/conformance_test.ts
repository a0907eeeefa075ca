import { assert, assertEquals, assertInstanceOf, assertRejects, assertStrictEquals } from "@std/assert";
import { mkdtemp, rm } from "node:fs/promises";
import { setImmediate } from "node:timers";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { concat } from "../support/bytes.ts";
import { startScripted } from "../support/scripted.ts";
import { test } from "../support/test.ts";
import { KEEP_ALIVE } from "../../src/transport/transport.ts";
import { adapters, neverOpened, Recorder } from "./adapters.ts";
import { keepAliveOf, noTimers } from "./kernel.ts";

const MEGABYTE = 1 << 20;

/** Bytes that differ from place to place with a period that no power of two divides. */
function pattern(size: number, start = 0): Uint8Array {
  const bytes = new Uint8Array(size);
  for (let i = 0; i < size; i++) bytes[i] = (start + i) % 251;
  return bytes;
}

/** The first place where the bytes leave the pattern, or -1. */
function deviation(bytes: Uint8Array): number {
  for (let i = 0; i < bytes.length; i++) if (bytes[i] !== i % 251) return i;
  return -1;
}

for (const { name, connect } of await adapters()) {
  const open = Recorder.open.bind(Recorder, connect);

  test(`${name}: bytes go both ways`, async () => {
    await using server = await startScripted(async (peer) => {
      await peer.until("PING\r\n");
      await peer.send("+PO", "NG\r\n");
    });
    const client = await open(server);
    client.transport.write(concat("PING\r\n"));
    await client.until(() => client.size === 7);
    assertEquals(client.text, "+PONG\r\n");
    client.transport.destroy();
    await client.closed();
    assertEquals(client.error, undefined);
  });

  test(`${name}: writes of one turn leave whole and in order, whatever their sizes`, async () => {
    await using server = await startScripted();
    const client = await open(server);
    let size = 0;
    for (let i = 0; i < 3000; i++) {
      const length = i % 97 === 0 ? 50_000 : i % 13;
      client.transport.write(pattern(length, size));
      size += length;
    }
    const peer = await server.peer();
    await peer.until(size);
    assertEquals(peer.received.length, size);
    assertEquals(deviation(peer.received), -1);
    client.transport.destroy();
    await client.closed();
  });

  test(`${name}: bytes are read into the room that the handler offers, and nowhere else meanwhile`, async () => {
    await using server = await startScripted(async (peer) => {
      await peer.send(pattern(3 * MEGABYTE));
    });
    const whole = new Uint8Array(3 * MEGABYTE);
    const client = await open(server);
    client.onData = (chunk) => {
      const at = client.size - chunk.length;
      if (chunk.buffer !== whole.buffer) whole.set(chunk, at);
      else assertStrictEquals(chunk.byteOffset, at);
    };
    client.room = () => client.size === 0 || client.size === whole.length ? undefined : whole.subarray(client.size);
    await client.until(() => client.size === whole.length);
    assertEquals(deviation(whole), -1);
    client.transport.destroy();
    await client.closed();
  });

  test(`${name}: what it makes of large strings is what the Web platform makes`, async () => {
    await using server = await startScripted();
    const client = await open(server);
    const { native } = client.transport;
    const contents = [
      "",
      "plain",
      "\ufeffmark",
      "caf\u00e9 \u5b57 \u{1f600}",
      "x".repeat(2 * MEGABYTE),
      "é".repeat(MEGABYTE),
    ];
    const encoded: Uint8Array[] = contents.map((text) => new TextEncoder().encode(text));
    encoded.push(Uint8Array.of(0, 127, 128), Uint8Array.of(0xff, 0x41), Uint8Array.of(0xe5, 0xad), pattern(5000));
    const web = new TextDecoder("utf-8", { ignoreBOM: true });
    for (const bytes of encoded) assertEquals(native?.text(bytes) ?? web.decode(bytes), web.decode(bytes));
    assertEquals(native?.text(encoded[0].subarray(0)) ?? "", "");
    for (const length of [0, 1, 100_000]) assertStrictEquals(native?.bytes(length).length ?? length, length);
    assert(native === undefined || native.piece >= 1024);
    client.transport.destroy();
    await client.closed();
  });

  test(`${name}: strings of any length, from any place, are their own and stay as they were`, async () => {
    await using server = await startScripted();
    const client = await open(server);
    const web = new TextDecoder("utf-8", { ignoreBOM: true });
    const text = client.transport.native?.text ?? ((bytes: Uint8Array) => web.decode(bytes));
    const kept: { from: number; length: number; made: string }[] = [];
    const ascii = pattern(MEGABYTE).map((byte) => byte & 127);
    for (const length of [1, 63, 4095, 4096, 4097, 65_536, 102_400, 524_287, 524_288, 524_289, 700_000]) {
      for (const from of [0, 1, 9, 63, 64, 65]) {
        kept.push({ from, length, made: text(ascii.subarray(from, from + length)) });
      }
    }
    const expected = kept.map(({ from, length }) => web.decode(ascii.slice(from, from + length)));
    // What strings are made of may be overwritten as soon as they are made.
    ascii.fill(42);
    kept.forEach(({ from, length, made }, i) => {
      assertStrictEquals(made === expected[i], true, `${length} bytes from ${from}`);
    });
    client.transport.destroy();
    await client.closed();
  });

  test(`${name}: 100 MB for a peer that stops reading wait, while what it sends is read`, async () => {
    await using server = await startScripted();
    const client = await open(server);
    const peer = await server.peer();
    peer.hold();
    let results = 0;
    for (let sent = 0; sent < 100 * MEGABYTE; sent += MEGABYTE) {
      if (!client.transport.write(pattern(MEGABYTE, sent))) results++;
    }
    assert(results > 50, `${results} writes of 100 said that bytes wait`);
    assert(client.transport.waiting > 50 * MEGABYTE);
    await peer.send(pattern(5 * MEGABYTE));
    await client.until(() => client.size === 5 * MEGABYTE);
    assertEquals(client.drains, 0);
    assert(client.transport.waiting > 50 * MEGABYTE, "the peer still does not read");
    peer.release();
    await client.until(() => client.drains === 1);
    assertEquals(client.transport.waiting, 0);
    await peer.until(100 * MEGABYTE);
    assertEquals(peer.received.length, 100 * MEGABYTE);
    assertEquals(deviation(peer.received), -1);
    client.transport.destroy();
    await client.closed();
  });

  test(`${name}: what came first is written first after back-pressure, joined or not`, async () => {
    await using server = await startScripted();
    const client = await open(server);
    const peer = await server.peer();
    peer.hold();
    let size = 20 * MEGABYTE;
    client.transport.write(pattern(size));
    for (let i = 0; i < 20_000; i++) {
      const length = i % 1000 === 0 ? 40_000 : i % 50;
      client.transport.write(pattern(length, size));
      size += length;
    }
    peer.release();
    await peer.until(size);
    assertEquals(peer.received.length, size);
    assertEquals(deviation(peer.received), -1);
    await client.until(() => client.drains === 1);
    client.transport.destroy();
    await client.closed();
  });

  test(`${name}: each write that leaves bytes waiting is followed by one drain, no other is`, async () => {
    await using server = await startScripted();
    const client = await open(server);
    let owed = 0;
    for (let i = 1; i <= 20; i++) {
      const taken = client.transport.write(pattern(i * 100_000));
      assertEquals(taken, client.transport.waiting === 0);
      if (!taken) await client.until(() => client.drains === owed + 1);
      owed = client.drains;
    }
    await (await server.peer()).until(100_000 * 210);
    client.transport.destroy();
    await client.closed();
    assertEquals(client.drains, owed);
  });

  test(`${name}: a server that closes its end closes the socket, after what it sent`, async () => {
    await using server = await startScripted(async (peer) => {
      await peer.until("x");
      await peer.send("-ERR going\r\n");
      peer.end();
    });
    const client = await open(server);
    client.transport.write(concat("x"));
    await client.closed();
    assertEquals(client.text, "-ERR going\r\n");
    assertEquals(client.error, undefined);
  });

  test(`${name}: a server that closes its end while bytes wait closes the socket`, async () => {
    await using server = await startScripted();
    const client = await open(server);
    const peer = await server.peer();
    peer.hold();
    client.transport.write(new Uint8Array(30 * MEGABYTE));
    peer.end();
    await client.closed();
    assertEquals(client.drains, 0);
    assertEquals(client.transport.waiting, 0);
  });

  test(`${name}: a reset is an error, told once`, async () => {
    await using server = await startScripted(async (peer) => {
      await peer.until("x");
      peer.reset();
    });
    const client = await open(server);
    client.transport.write(concat("x"));
    await client.closed();
    assertInstanceOf(client.error, Error);
    assertEquals(client.transport.write(concat("y")), true, "a closed socket keeps nothing");
    assertEquals(client.transport.waiting, 0);
    client.transport.destroy();
    await client.closed();
  });

  test(`${name}: what the server says before it hangs up on unread bytes is heard`, async () => {
    await using server = await startScripted();
    for (let round = 0; round < 10; round++) {
      const client = await open(server);
      const peer = await server.peer(round);
      peer.hold();
      client.transport.write(new Uint8Array(30 * MEGABYTE));
      await peer.send("-ERR max number of clients reached\r\n");
      peer.destroy();
      await client.closed();
      assertEquals(client.text, "-ERR max number of clients reached\r\n");
    }
  });

  test(`${name}: destroy closes at once, and tells so later`, async () => {
    await using server = await startScripted();
    const client = await open(server);
    const peer = await server.peer();
    peer.hold();
    client.transport.write(new Uint8Array(20 * MEGABYTE));
    client.transport.destroy();
    client.transport.destroy();
    assertEquals(client.closes, 0);
    assertEquals(client.transport.waiting, 0);
    await client.closed();
    assertEquals(client.error, undefined);
    assertEquals(client.drains, 0);
    peer.release();
    await peer.untilEnded();
    assert(peer.received.length < 20 * MEGABYTE);
  });

  test(`${name}: destroy within data ends the data`, async () => {
    await using server = await startScripted((peer) => peer.send(pattern(5 * MEGABYTE)));
    const client = await open(server);
    client.onData = () => client.transport.destroy();
    await client.closed();
    assert(client.size < 5 * MEGABYTE);
  });

  test(`${name}: a server that talks first, and closes, is not heard before the promise resolves`, async () => {
    await using server = await startScripted(async (peer) => {
      await peer.send("hello");
      peer.end();
    });
    for (let round = 0; round < 20; round++) {
      const client = await open(server);
      await client.closed();
      assertEquals(client.text, "hello");
    }
  });

  test(`${name}: a refused connection rejects with the runtime's error`, async () => {
    const server = await startScripted();
    const { hostname, port } = server;
    await server[Symbol.asyncDispose]();
    await assertRejects(() => open({ hostname, port }), Error);
  });

  test(`${name}: an unknown host rejects`, async () => {
    await assertRejects(() => open({ hostname: "no-such-host.invalid", port: 6379 }), Error);
  });

  test(`${name}: an aborted signal opens nothing`, async () => {
    await using server = await startScripted();
    const reason = new Error("changed my mind");
    const error = await assertRejects(() => open(server, AbortSignal.abort(reason)));
    assertStrictEquals(error, reason);
    await neverOpened(server, connect);
  });

  test(`${name}: an abort on the way rejects, and a socket that opens later is closed`, async () => {
    await using server = await startScripted();
    const reason = new Error("changed my mind");
    const controller = new AbortController();
    const opening = open(server, controller.signal);
    controller.abort(reason);
    assertStrictEquals(await assertRejects(() => opening), reason);
    const client = await open(server);
    client.transport.destroy();
    await client.closed();
    await Promise.all(server.peers.map((peer) => peer.untilEnded()));
  });

  test(`${name}: whenever aborts come, no socket stays open that nobody has`, async () => {
    await using server = await startScripted();
    const later: ((work: () => void) => void)[] = [
      (work) => work(),
      queueMicrotask,
      (work) => setTimeout(work),
      (work) => setTimeout(work, 1),
      setImmediate,
    ];
    let opened = 0;
    for (let round = 0; round < 60; round++) {
      await Promise.all(Array.from({ length: 20 }, async (_, i) => {
        const controller = new AbortController();
        const opening = open(server, controller.signal);
        later[i % later.length]!(() => controller.abort());
        const client = await opening.catch(() => undefined);
        opened += Number(client !== undefined);
        client?.transport.destroy();
      }));
    }
    await Promise.all(server.peers.map((peer) => peer.untilEnded()));
    assert(opened < 60 * 20, "none was aborted");
  });

  test(`${name}: an abort after the socket opened does nothing`, async () => {
    await using server = await startScripted((peer) => peer.until("x"));
    const controller = new AbortController();
    const client = await open(server, controller.signal);
    controller.abort();
    client.transport.write(concat("x"));
    await (await server.peer()).until("x");
    assertEquals(client.closes, 0);
    client.transport.destroy();
    await client.closed();
  });

  test(`${name}: a unix socket works like any other, and a missing one rejects`, async () => {
    const folder = await mkdtemp(join(tmpdir(), "respire-"));
    const path = join(folder, "redis.sock");
    try {
      await using _server = await startScripted(async (peer) => {
        await peer.until(3 * MEGABYTE);
        await peer.send("+OK\r\n");
        peer.end();
      }, { path });
      const client = await open({ hostname: "ignored", port: 1, path });
      client.transport.write(pattern(3 * MEGABYTE));
      await client.closed();
      assertEquals(client.text, "+OK\r\n");
      await assertRejects(() => open({ hostname: "ignored", port: 1, path: path + ".missing" }), Error);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test(`${name}: an address may choose its keep-alive, in milliseconds, or none`, { skip: noTimers() }, async () => {
    await using server = await startScripted((peer) => peer.send("x"));
    for (const keepAlive of [0, 50_000, undefined]) {
      const client = await open({ hostname: server.hostname, port: server.port, keepAlive });
      await client.until(() => client.size === 1);
      const left = keepAliveOf(server.port);
      if (keepAlive === 0) assertEquals(left, undefined);
      else {
        assert(left !== undefined);
        // Deno has only on and off: the system's own delay is two hours unless somebody has changed it.
        if (name !== "deno") assert(left > 0 && left <= (keepAlive ?? KEEP_ALIVE) / 1000, `${left} s`);
      }
      client.transport.destroy();
      await client.closed();
    }
  });
}
