import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { connect } from "node:net";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { noOpenssl } from "./certificates.ts";
import { missing, outerAddress, type ServerVersion, startRedis } from "./servers.ts";
import { test } from "./test.ts";

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

for (
  const version of [
    "redis-7.0",
    "redis-8",
    "valkey-9",
  ] satisfies ServerVersion[]
) {
  test(`startRedis() starts ${version} and leaves nothing behind`, {
    skip: missing(version),
  }, async () => {
    let pid = 0;
    {
      await using server = await startRedis({ version });
      assertEquals(
        `${server.kind}-${server.version}`.startsWith(version),
        true,
      );
      assertEquals(await server.command("SET", "a", "1"), "+OK\r\n");
      assertMatch(
        await server.command("INFO", "server"),
        new RegExp(`${server.kind}_version:${server.version}`),
      );
      pid = server.pid;
      assert(alive(pid));
    }
    assert(!alive(pid));
  });
}

test("a server with a password answers command() behind it", {
  skip: missing(),
}, async () => {
  await using server = await startRedis({ password: "secret" });
  assertEquals(await server.command("PING"), "+PONG\r\n");
  assertEquals(server.url, `redis://:secret@127.0.0.1:${server.port}`);
});

test("a server on a unix socket", { skip: missing() }, async () => {
  await using server = await startRedis({ unixSocket: true });
  assert(existsSync(server.path!));
  assertEquals(await server.command("PING"), "+PONG\r\n");
});

test("a server with TLS", { skip: missing() || noOpenssl }, async () => {
  await using server = await startRedis({ tls: true });
  assertEquals(await server.command("ECHO", "héllo"), "$6\r\nhéllo\r\n");
});

test("a protected server refuses whoever is not local", {
  skip: missing() || !outerAddress() && "no address besides loopback",
}, async () => {
  await using server = await startRedis({ protectedMode: true });
  // Nothing is sent: unread bytes would turn the server's close into a reset, which takes its words with it.
  let words = "";
  for await (const chunk of connect(server.port, server.hostname)) {
    words += chunk;
  }
  assertMatch(words, /^-DENIED /);
});

test("kill() and restart() keep the address and lose the data", {
  skip: missing(),
}, async () => {
  await using server = await startRedis();
  await server.command("SET", "a", "1");
  const { port, pid } = server;
  await server.kill();
  await assertRejects(() => server.command("PING"), Error);
  await server.restart();
  assertEquals(server.port, port);
  assert(server.pid !== pid);
  assertEquals(await server.command("GET", "a"), "$-1\r\n");
});

test("pause() leaves a socket without an answer until resume()", {
  skip: missing(),
}, async () => {
  await using server = await startRedis();
  server.pause();
  const socket = connect(server.port, server.hostname);
  let answer = "";
  const answered = new Promise<void>((resolve) =>
    socket.on("data", (chunk) => {
      answer += chunk;
      resolve();
    })
  );
  await new Promise<void>((resolve) => socket.write("PING\r\n", () => resolve()));
  assertEquals(answer, "");
  server.resume();
  await answered;
  assertEquals(answer, "+PONG\r\n");
  socket.destroy();
});

test("a server that cannot start says why", { skip: missing() }, async () => {
  await assertRejects(
    () => startRedis({ args: ["--no-such-option", "x"] }),
    Error,
    "no-such-option",
  );
});

test("a server dies with the process that started it, even a killed one", {
  skip: missing(),
}, async () => {
  // Started as we were: by the same runtime.
  const script = fileURLToPath(new URL("./abandon_server.ts", import.meta.url));
  const runtime = "Deno" in globalThis ? ["run", "-A", script] : [...process.execArgv, script];
  const child = spawn(process.execPath, runtime, {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const pid = await new Promise<number>((resolve) => child.stdout!.on("data", (text) => resolve(Number(text))));
  assert(alive(pid));
  child.kill("SIGKILL");
  while (alive(pid)) await new Promise((resolve) => setTimeout(resolve, 5));
  assert(!alive(pid));
});
