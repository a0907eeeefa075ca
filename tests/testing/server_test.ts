import { assert, assertEquals, assertMatch, assertRejects, assertThrows } from "@std/assert";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { connect as connectRedis } from "../../mod.ts";
import { available, missing, type ServerOptions, type ServerVersion, startRedis } from "../../src/testing/mod.ts";
import { cacheFolder, findBinary, lookAgain } from "../support/binaries.ts";
import { noOpenssl } from "../support/certificates.ts";
import { outerAddress } from "../support/servers.ts";
import { test } from "../support/test.ts";

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

test("a password may be anything, and nobody reads it in an error or in the list of processes", {
  skip: missing(),
}, async () => {
  const password = `hunter2 "'\\#\n\u00e9`;
  for (const config of [undefined, "maxclients 17"]) {
    await using server = await startRedis({ password, config });
    await using redis = await connectRedis(server.options);
    const { requirepass, masterauth } = await redis.configGet("requirepass", "masterauth");
    assertEquals([requirepass, masterauth], [password, password]);
    assertEquals((await redis.configGet("maxclients")).maxclients === "17", config !== undefined);
    // Where there is no ps, it tells nothing.
    const { stdout } = spawnSync("ps", ["-A", "-ww", "-o", "args="], { encoding: "utf8" });
    assert(!stdout?.includes("hunter2"));
  }
  const { message } = await assertRejects(() => startRedis({ password, args: ["--no-such-option", "x"] }), Error);
  assertMatch(message, /did not start: .*no-such-option/s);
  assert(!message.includes("hunter2"));
});

const takers: [name: string, options: ServerOptions][] = [
  ["a plain server", {}],
  ["one with a password", { password: "secret" }],
  ["a sentinel", { sentinel: true }],
];

for (const [name, options] of takers) {
  test(`whoever listens already is not taken for the server that starts: ${name}`, { skip: missing() }, async () => {
    await using first = await startRedis(options);
    await assertRejects(() => startRedis({ ...options, port: first.port }), Error, "did not start");
    await using third = await startRedis(options);
    assert(third.port !== first.port);
  });
}

test("a server of somebody else's is left alone, wherever its files are and whatever it asks for", {
  skip: missing(),
}, async () => {
  for (const options of [{ args: ["--dir", tmpdir()] }, { password: "secret" }]) {
    await using other = await startRedis(options);
    const { port } = other;
    const { message } = await assertRejects(() => startRedis({ port }), Error);
    assertMatch(message, new RegExp(`^(redis|valkey) [\\d.]+ did not start: port ${port} is in use$`));
    await using server = await startRedis();
    await server.kill();
    await using successor = await startRedis({ ...options, port: server.port });
    await assertRejects(() => startRedis({ port: successor.port }), Error, "is in use");
    if (options.args) await assertRejects(() => server.start(), Error, "did not start");
  }
});

test("a sentinel is what else was asked for, too", { skip: missing() || noOpenssl }, async () => {
  await using server = await startRedis({
    sentinel: true,
    tls: true,
    password: "secret",
    args: ["--maxclients", "17"],
  });
  await using redis = await connectRedis(server.options);
  assertMatch(await redis.info("clients"), /maxclients:17\r/);
  await assertRejects(() => connectRedis({ ...server.options, password: undefined }), Error, "NOAUTH");
  await using other = await startRedis({ sentinel: true, unixSocket: true });
  assertEquals(await other.command("PING"), "+PONG\r\n");
});

test("TLS on a unix socket is refused", async () => {
  await assertRejects(() => startRedis({ tls: true, unixSocket: true }), TypeError, "no TLS");
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
  // Time enough for one that is not frozen.
  await using other = await startRedis();
  for (let i = 0; i < 10; i++) await other.command("PING");
  assertEquals(answer, "");
  server.resume();
  await answered;
  assertEquals(answer, "+PONG\r\n");
  socket.destroy();
});

test("stop() ends a frozen server, too", { skip: missing() }, async () => {
  await using server = await startRedis();
  server.pause();
  await server.stop();
  await assertRejects(() => server.command("PING"), Error);
});

test("a server that runs is not started once more, and still goes at the end", { skip: missing() }, async () => {
  const server = await startRedis();
  const { pid } = server;
  await assertRejects(() => server.start(), Error, "runs already");
  assertEquals(server.pid, pid);
  await server[Symbol.asyncDispose]();
  assertEquals(alive(pid), false);
});

/** Works with a shell in which this is how an id is written down. */
async function withEcho(echo: string, work: () => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "respire-sh-"));
  const own = `echo() { ${echo}; }`;
  writeFileSync(join(folder, "sh"), `#!/bin/sh\ncode=$2; shift 2\nexec /bin/sh -c '${own}\n'"$code" "$@"\n`);
  chmodSync(join(folder, "sh"), 0o755);
  const path = process.env.PATH;
  process.env.PATH = `${folder}:${path}`;
  try {
    await work();
  } finally {
    process.env.PATH = path;
    rmSync(folder, { recursive: true });
  }
}

test("a server can be ended however late its id is written down", { skip: missing() }, async () => {
  await withEcho('sleep 0.3; command echo "$@"', async () => {
    await using server = await startRedis();
    const { pid } = server;
    assert(pid > 0 && alive(pid));
    await server.restart();
    assert(server.pid !== pid && alive(server.pid));
    await server.kill();
    assertThrows(() => server.pause(), Error, "not known");
    const failed = assertRejects(() => server.start(), Error, "did not start");
    // Nor is it that of the one before, which may be anybody's by now.
    assertThrows(() => server.pid, Error, "not known");
    await server.kill();
    await failed;
  });
});

test("a server whose id was lost, as on a full disk, can be ended; nobody else is", { skip: missing() }, async () => {
  await withEcho(":", async () => {
    await using server = await startRedis();
    for (const use of [() => server.pid, () => server.pause(), () => server.resume()]) {
      assertThrows(use, Error, "not known");
    }
    await server.restart();
    assertEquals(await server.command("PING"), "+PONG\r\n");
    await server.stop();
    await assertRejects(() => server.command("PING"), Error);
  });
});

test("a server that cannot start says why", { skip: missing() }, async () => {
  await assertRejects(
    () => startRedis({ args: ["--no-such-option", "x"] }),
    Error,
    "no-such-option",
  );
});

/** Runs abandon_server.ts as we were started, by the same runtime, with this folder for temporary files. */
function abandonServer(folder: string, options: object): ChildProcess {
  const script = [fileURLToPath(new URL("./abandon_server.ts", import.meta.url)), JSON.stringify(options)];
  // Under Deno with no more rights than docs/testing.md says; and servers need not be on the PATH here.
  const files = [folder, cacheFolder()].join();
  const rights = ["--allow-run", "--allow-net", "--allow-env", `--allow-read=${files}`, `--allow-write=${folder}`];
  const runtime = "Deno" in globalThis ? ["run", "--no-prompt", ...rights] : process.execArgv;
  return spawn(process.execPath, [...runtime, ...script], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, TMPDIR: folder },
  });
}

const abandoned: [what: string, options: object, skip: string | false][] = [
  ["a server", {}, missing()],
  ["one with TLS", { tls: true }, missing() || noOpenssl],
  ["a cluster with TLS", { tls: true, cluster: { primaries: 2 } }, missing() || noOpenssl],
];

for (const [what, options, skip] of abandoned) {
  test(`${what} goes with the process that started it, even a killed one, and leaves nothing`, { skip }, async () => {
    const folder = mkdtempSync(join(tmpdir(), "respire-abandoned-"));
    const child = abandonServer(folder, options);
    const ended = new Promise((resolve) => child.once("close", resolve));
    try {
      const pids = await new Promise<number[]>((resolve, reject) => {
        child.stdout!.on("data", (text) => resolve(String(text).split(" ").map(Number)));
        child.once("close", () => reject(new Error("It started no server")));
      });
      assert(pids.every(alive));
      child.kill("SIGKILL");
      while (pids.some(alive)) await new Promise((resolve) => setTimeout(resolve, 5));
      // A runtime may leave something of its own there.
      assertEquals(readdirSync(folder).filter((name) => name.startsWith("respire-")), []);
    } finally {
      child.kill("SIGKILL");
      await ended;
      rmSync(folder, { recursive: true });
    }
  });
}

test("what a server says of itself is all that connect() needs", { skip: missing() || noOpenssl }, async () => {
  for (const options of [{}, { password: "secret", unixSocket: true }, { password: "secret", tls: true }]) {
    await using server = await startRedis(options);
    await using redis = await connectRedis(server.options);
    assertEquals(await redis.ping(), "PONG");
  }
});

test("a server that is not here is told, with what is and what to do", async () => {
  const error = await assertRejects(() => startRedis({ version: "valkey-99" }), Error);
  assertMatch(error.message, /^There is no valkey-99 on this machine.*install/);
  assertEquals([missing("valkey-99"), available("valkey-99")], ["no valkey-99 on this machine", false]);
  await assertRejects(() => startRedis({ version: "memcached" as ServerVersion }), TypeError, "memcached");
  await assertRejects(() => startRedis({ program: "/nowhere/redis-server" }), Error, "/nowhere/redis-server");
});

/** Works on a machine that has these programs and no other servers. */
async function withPrograms(programs: Record<string, string>, work: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "respire-path-"));
  const scripts = { "redis-server": "exit 1", "valkey-server": "exit 1", ...programs };
  for (const [name, text] of Object.entries(scripts)) {
    writeFileSync(join(folder, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  }
  const { PATH, RESPIRE_CACHE } = process.env;
  Object.assign(process.env, { PATH: `${folder}:${PATH}`, RESPIRE_CACHE: folder });
  lookAgain();
  try {
    await work(folder);
  } finally {
    process.env.PATH = PATH;
    if (RESPIRE_CACHE === undefined) delete process.env.RESPIRE_CACHE;
    else process.env.RESPIRE_CACHE = RESPIRE_CACHE;
    lookAgain();
    rmSync(folder, { recursive: true });
  }
}

/** What a server's program says when asked. */
function saying(name: string, version: string): string {
  return `echo "${name} server v=${version} sha=00000000:0 malloc=libc bits=64"`;
}

test("a server that is too old is passed over, and named", async () => {
  await withPrograms({ "redis-server": saying("Redis", "6.0.16") }, async (folder) => {
    const reason = "no redis-server or valkey-server on this machine (too old: redis 6.0.16; it takes 7 or later)";
    assertEquals([missing(), available(), available("redis-6")], [reason, false, false]);
    assertEquals(missing("valkey-9"), "no valkey-9 on this machine");
    await assertRejects(() => startRedis(), Error, `There is ${reason}; install one (7 or later`);
    const program = join(folder, "redis-server");
    await assertRejects(() => startRedis({ program }), Error, `${program} is too old, redis 6.0.16`);
  });
  await withPrograms(
    { "redis-server": saying("Redis", "6.0.16"), "valkey-server": saying("Valkey", "9.0.0") },
    async () => {
      assertEquals([missing(), findBinary()?.kind, available("redis")], [false, "valkey", false]);
      await assertRejects(
        () => startRedis({ version: "redis" }),
        Error,
        "6.0.16; it takes 7 or later), but valkey 9.0.0",
      );
    },
  );
});

test("another server is none of ours, and an unreadable version is not too old", async () => {
  await withPrograms({ "redis-server": saying("KeyDB", "6.3.4") }, async () => {
    assertEquals(missing(), "no redis-server or valkey-server on this machine");
    await assertRejects(() => startRedis(), Error, "There is no redis-server");
  });
  await withPrograms({ "redis-server": saying("Redis", "unstable") }, () => {
    assertEquals([missing(), missing("redis-8")], [false, "no redis-8 on this machine"]);
    return Promise.resolve();
  });
});

test("on Windows nobody is told to install what would not help", async () => {
  const own = Object.getOwnPropertyDescriptor(process, "platform");
  Object.defineProperty(process, "platform", { value: "win32", configurable: true });
  try {
    assertEquals(missing(), "servers are started on Linux and macOS only (on Windows: in WSL)");
    assertEquals(available("redis-8"), false);
    for (const options of [{}, { program: "redis-server" }]) {
      const { message } = await assertRejects(() => startRedis(options), Error, "in WSL");
      assert(!message.includes("install"));
    }
  } finally {
    if (own) Object.defineProperty(process, "platform", own);
    else delete (process as { platform?: string }).platform;
  }
});

test("without a shell no server starts, and that is said", { skip: missing() }, async () => {
  const path = process.env.PATH;
  process.env.PATH = "/nowhere";
  try {
    await assertRejects(() => startRedis(), Error, "did not start");
  } finally {
    process.env.PATH = path;
  }
});

test("a cluster serves every slot, and knows its replicas", { skip: missing() }, async () => {
  await using cluster = await startRedis({ cluster: { primaries: 2, replicas: 1 } });
  assertEquals([cluster.nodes.length, cluster.primaries, cluster.urls.length], [4, 2, 4]);
  for (const node of cluster.nodes) {
    const info = await node.command("CLUSTER", "INFO");
    assertMatch(info, /cluster_state:ok/);
    assertMatch(info, /cluster_slots_ok:16384/);
    assertMatch(info, /cluster_known_nodes:4/);
  }
  const roles = await Promise.all(cluster.nodes.map((node) => node.command("ROLE")));
  assertEquals(roles.map((role) => /master|slave/.exec(role)?.[0]), ["master", "master", "slave", "slave"]);
  // "a" is in the upper half of the slots.
  await using first = await connectRedis(cluster.url);
  await assertRejects(() => first.set("a", 1), Error, `MOVED 15495 127.0.0.1:${cluster.nodes[1]!.port}`);
  await using second = await connectRedis(cluster.urls[1]!);
  assertEquals(await second.set("a", 1), "OK");
  await assertRejects(() => startRedis({ cluster: { primaries: 0 } }), RangeError);
});

test("what cannot be a cluster is refused", { skip: missing() }, async () => {
  await assertRejects(() => startRedis({ cluster: true, unixSocket: true }), TypeError, "not on unix sockets");
  await assertRejects(() => startRedis({ cluster: true, sentinel: true }), TypeError, "no node of a cluster");
});

/** What is left in the folder for temporary files after this. */
async function leftBy(work: () => Promise<unknown>): Promise<string[]> {
  const { TMPDIR } = process.env;
  const folder = mkdtempSync(join(tmpdir(), "respire-left-"));
  process.env.TMPDIR = folder;
  try {
    assertEquals(tmpdir(), folder);
    await work();
    return readdirSync(folder);
  } finally {
    if (TMPDIR === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = TMPDIR;
    rmSync(folder, { recursive: true });
  }
}

test("what does not start leaves no folder", { skip: missing() || noOpenssl }, async () => {
  const left = await leftBy(async () => {
    await assertRejects(() => startRedis({ cluster: { primaries: 0 }, tls: true }), RangeError);
    await assertRejects(() => startRedis({ args: ["--no-such-option", "x"], tls: true }), Error);
  });
  assertEquals(left, []);
});

for (const [what, program] of [["is none", undefined], ["fails", "#!/bin/sh\n[ $1 = version ]\n"]] as const) {
  test(`where openssl ${what} no folder is left`, { skip: missing() }, async () => {
    const folder = mkdtempSync(join(tmpdir(), "respire-openssl-"));
    if (program !== undefined) writeFileSync(join(folder, "openssl"), program, { mode: 0o755 });
    const path = process.env.PATH;
    process.env.PATH = folder;
    try {
      assertEquals(await leftBy(() => assertRejects(() => startRedis({ tls: true }), Error)), []);
    } finally {
      process.env.PATH = path;
      rmSync(folder, { recursive: true });
    }
  });
}

test("a cluster may be encrypted and ask for a password", { skip: missing() || noOpenssl }, async () => {
  await using cluster = await startRedis({ tls: true, password: "secret", cluster: true });
  assertEquals(new Set(cluster.nodes.map((node) => node.certificates!.ca)).size, 1);
  await using redis = await connectRedis(cluster.nodes[2]!.options);
  assertEquals(await redis.set("a", 1), "OK");
});
