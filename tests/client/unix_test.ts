// Unix sockets with a real server, and what runtimes ask for: permissions only for what is used.
import { assert, assertEquals, assertRejects } from "@std/assert";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { connect, ConnectionError, connectPool } from "../../mod.ts";
import { startRedis } from "../support/servers.ts";
import { test } from "../support/test.ts";

test("a unix socket, by URL, by options, with password and database, for every kind of connection", async () => {
  await using server = await startRedis({ unixSocket: true, password: "s/cret" });
  await using redis = await connect(server.url, { database: 3 });
  await redis.set("k", "3");
  const popped = redis.blpop(["q"], 5);
  await redis.rpush("q", "x");
  assertEquals(await popped, ["q", "x"]);
  await redis.session(async (s) => assertEquals(await s.get("k"), "3"));
  await using pool = await connectPool({ path: server.path!, password: "s/cret", database: 3, size: 3, min: 2 });
  assertEquals(await pool.get("k"), "3");
  await using other = await connect(`redis+unix://:s%2Fcret@${server.path}?database=3&clientName=web`);
  assertEquals([await other.get("k"), await other.clientGetname()], ["3", "web"]);
  await server.restart();
  assertEquals(await redis.get("k"), null);
});

test("a path where there is no socket, and one where nobody listens", async () => {
  const server = await startRedis({ unixSocket: true });
  const path = server.path!;
  const missing = await assertRejects(
    () => connect({ path: `${path}.no` }),
    ConnectionError,
    "there is no such socket",
  );
  assert(missing.message.includes(`${path}.no`) && !missing.sent);
  const file = join(path, "..", "plain");
  writeFileSync(file, "");
  await assertRejects(() => connect({ path: file }), ConnectionError, "Cannot connect");
  await server[Symbol.asyncDispose]();
  await assertRejects(() => connect({ path }), ConnectionError, "Cannot connect");
});

const noDeno = "Deno" in globalThis ? false : "only Deno asks for permissions";

/** Runs some lines under Deno with these rights; gives what they print. */
async function withRights(rights: string[], lines: string): Promise<string> {
  const url = new URL("../../mod.ts", import.meta.url);
  const code = `import { connect } from "${url}"; try { ${lines} } catch (e) { console.log(e.name, e.message); }`;
  const child = spawn(process.execPath, ["run", "--quiet", "--no-check", "--no-prompt", ...rights, "-"], {
    stdio: ["pipe", "pipe", "inherit"],
    env: { ...process.env, NO_COLOR: "1" },
  });
  child.stdin.end(code);
  let output = "";
  child.stdout.on("data", (chunk) => output += chunk);
  await once(child, "close");
  return output.trim();
}

test("a client asks for the network and nothing else; what is missing is named", { skip: noDeno }, async () => {
  await using server = await startRedis();
  const address = `--allow-net=127.0.0.1:${server.port}`;
  const ping = (url: string) => `const r = await connect("${url}"); console.log(await r.ping()); await r.close();`;
  assertEquals(await withRights([address], ping(server.url)), "PONG");
  assertEquals(
    await withRights(["--allow-env=NOTHING"], ping(server.url)),
    `ConnectionError Cannot connect to 127.0.0.1:${server.port}: permission denied`,
  );
  const denied = await withRights([address], ping("env:REDIS_URL"));
  assertEquals(
    denied,
    "TypeError The environment variable REDIS_URL may not be read; grant it with --allow-env=REDIS_URL",
  );
  process.env.RESPIRE_TEST_URL = server.url;
  const granted = await withRights([address, "--allow-env=RESPIRE_TEST_URL"], ping("env:RESPIRE_TEST_URL"));
  delete process.env.RESPIRE_TEST_URL;
  assertEquals(granted, "PONG");
});
