import { assert, assertEquals, assertInstanceOf, assertRejects, assertStrictEquals } from "@std/assert";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { type Connect, KEEP_ALIVE, type TlsOptions } from "../../src/transport/transport.ts";
import { connectTransport } from "../../src/transport/default.ts";
import { concat } from "../support/bytes.ts";
import { type Certificates, makeCertificates, noOpenssl } from "../support/certificates.ts";
import { startScripted } from "../support/scripted.ts";
import { test } from "../support/test.ts";
import { adapters, Recorder } from "./adapters.ts";
import { keepAliveOf, noTimers } from "./kernel.ts";

/** A TLS server that sends each line back in reverse. */
class Reverser implements AsyncDisposable {
  readonly #process: ChildProcess;
  readonly port: number;

  private constructor(process: ChildProcess, port: number) {
    this.#process = process;
    this.port = port;
  }

  static async start({ caFile, server }: Certificates, ...more: string[]): Promise<Reverser> {
    const identity = ["-cert", server.certFile, "-key", server.keyFile, "-CAfile", caFile];
    const child = spawn("openssl", ["s_server", "-accept", "127.0.0.1:0", "-rev", ...identity, ...more]);
    child.stderr.resume();
    let output = "";
    while (!/ACCEPT \S+:(\d+)\s/.test(output)) output += String((await once(child.stdout, "data"))[0]);
    child.stdout.resume();
    return new Reverser(child, Number(/ACCEPT \S+:(\d+)\s/.exec(output)![1]));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.exitCode === null) {
      this.#process.kill("SIGKILL");
      await once(this.#process, "close");
    }
  }
}

async function reverses(connect: Connect, hostname: string, port: number, tls: TlsOptions): Promise<void> {
  const client = await Recorder.open(connect, { hostname, port, tls });
  client.transport.write(concat("GNIP\n"));
  await client.until(() => client.size === 5);
  assertEquals(client.text, "PING\n");
  client.transport.destroy();
  await client.closed();
}

function withCertificates(
  name: string,
  body: (certificates: Certificates) => Promise<void>,
  without: string | false = false,
): void {
  test(name, { skip: noOpenssl || without }, async () => {
    const certificates = makeCertificates();
    try {
      await body(certificates);
    } finally {
      certificates.remove();
    }
  });
}

const encrypting = (await adapters()).filter(({ name }) => name === "node");
for (const { name, connect } of [{ name: "default", connect: connectTransport as Connect }, ...encrypting]) {
  withCertificates(
    `${name}: a server that our authority vouches for is trusted, by name and by address`,
    async (own) => {
      await using server = await Reverser.start(own);
      await reverses(connect, "localhost", server.port, { ca: own.ca });
      await reverses(connect, "127.0.0.1", server.port, { ca: [own.ca] });
      await reverses(connect, "127.0.0.1", server.port, { ca: own.ca, serverName: "localhost" });
    },
  );

  withCertificates(`${name}: an encrypted socket is kept alive as any other is`, async (own) => {
    await using server = await Reverser.start(own);
    const { port } = server;
    for (const keepAlive of [0, 50_000, undefined]) {
      const client = await Recorder.open(connect, { hostname: "127.0.0.1", port, keepAlive, tls: { ca: own.ca } });
      client.transport.write(concat("GNIP\n"));
      await client.until(() => client.size === 5);
      const left = keepAliveOf(port);
      if (keepAlive === 0) assertEquals(left, undefined);
      else assert(left !== undefined && left > 0 && left <= (keepAlive ?? KEEP_ALIVE) / 1000, `${left} s`);
      client.transport.destroy();
      await client.closed();
    }
  }, noTimers());

  withCertificates(`${name}: a server nobody vouches for is refused, before a byte is sent`, async (own) => {
    await using server = await Reverser.start(own);
    await assertRejects(() => reverses(connect, "localhost", server.port, {}), Error);
    const other = makeCertificates();
    other.remove();
    await assertRejects(() => reverses(connect, "localhost", server.port, { ca: other.ca }), Error);
  });

  withCertificates(`${name}: a server of another name is refused`, async (own) => {
    await using server = await Reverser.start(own);
    const tls = { ca: own.ca, serverName: "redis.example" };
    await assertRejects(() => reverses(connect, "localhost", server.port, tls), Error);
    await assertRejects(
      () => reverses(connect, "localhost", server.port, { ca: own.ca, serverName: "10.1.2.3" }),
      Error,
    );
  });

  withCertificates(`${name}: verify: false takes any server`, async (own) => {
    await using server = await Reverser.start(own);
    await reverses(connect, "localhost", server.port, { verify: false });
    await reverses(connect, "127.0.0.1", server.port, { verify: false, ca: own.ca, serverName: "redis.example" });
  });

  withCertificates(`${name}: a client shows its certificate where the server asks`, async (own) => {
    await using server = await Reverser.start(own, "-Verify", "1", "-verify_return_error");
    await reverses(connect, "localhost", server.port, { ca: own.ca, cert: own.client.cert, key: own.client.key });
    // TLS 1.3 lets the client finish before the server has looked: the refusal may come just after the connection.
    const without = await Recorder.open(connect, { hostname: "localhost", port: server.port, tls: { ca: own.ca } })
      .catch((error) => error);
    if (without instanceof Recorder) {
      await without.closed();
      assertInstanceOf(without.error, Error);
      assertEquals(without.size, 0);
    } else {
      assertInstanceOf(without, Error);
    }
  });

  withCertificates(`${name}: megabytes survive encryption and back-pressure in both directions`, async (own) => {
    await using server = await Reverser.start(own);
    const client = await Recorder.open(connect, { hostname: "localhost", port: server.port, tls: { ca: own.ca } });
    const line = concat("a".repeat(9_999), "\n");
    let correct = true;
    client.onData = (chunk) => {
      for (const byte of chunk) correct &&= byte === 97 || byte === 10;
    };
    for (let i = 0; i < 400; i++) client.transport.write(line.slice());
    await client.until(() => client.size === 4_000_000);
    assertEquals(correct, true);
    assertEquals(client.transport.waiting, 0);
    client.transport.destroy();
    await client.closed();
    assertEquals(client.error, undefined);
  });

  withCertificates(`${name}: an abort during the handshake closes the socket`, async (own) => {
    await using server = await startScripted();
    const controller = new AbortController();
    const reason = new Error("changed my mind");
    const { hostname, port } = server;
    const opening = Recorder.open(connect, { hostname, port, tls: { ca: own.ca } }, controller.signal);
    const peer = await server.peer();
    await peer.until(1);
    controller.abort(reason);
    assertStrictEquals(await assertRejects(() => opening), reason);
    await peer.untilEnded();
  });

  withCertificates(`${name}: a server that does not speak TLS is an error`, async (own) => {
    await using server = await startScripted((peer) => peer.send("-ERR unknown command\r\n"));
    const { hostname, port } = server;
    await assertRejects(() => Recorder.open(connect, { hostname, port, tls: { ca: own.ca } }), Error);
  });
}
