// The other way to get the assertions: where JSR can be reached, "@std/assert" is what deno.json maps it to. Here a
// registry of our own on loopback, with one package in it, takes JSR's place.
import { assert, assertEquals, assertMatch } from "@std/assert";
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { test } from "./test.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const noDeno = "Deno" in globalThis ? false : "only Deno asks JSR";

/** Serves the stand-in as version 1.0.0 of @std/assert, as JSR lays packages out. */
function serveRegistry(asked: string[]): Server {
  const source = readFileSync(new URL("./assert.ts", import.meta.url));
  const checksum = `sha256-${createHash("sha256").update(source).digest("hex")}`;
  const files: Record<string, string | Uint8Array> = {
    "/@std/assert/meta.json": JSON.stringify({ scope: "std", name: "assert", versions: { "1.0.0": {} } }),
    "/@std/assert/1.0.0_meta.json": JSON.stringify({
      exports: { ".": "./mod.ts" },
      manifest: { "/mod.ts": { size: source.length, checksum } },
    }),
    "/@std/assert/1.0.0/mod.ts": source,
  };
  return createServer((request, response) => {
    asked.push(request.url!);
    const file = files[request.url!];
    response.writeHead(file === undefined ? 404 : 200).end(file);
  });
}

/** Runs the stand-in's own test with the mapping of deno.json, an empty cache, and this registry as JSR. */
async function runTests(registry: string): Promise<{ code: number; output: string }> {
  const cache = mkdtempSync(join(tmpdir(), "respire-jsr-"));
  const env = { ...process.env, JSR_URL: registry, DENO_DIR: cache, NO_COLOR: "1" };
  const args = ["test", "-A", "--no-check", join(ROOT, "tests/support/assert_test.ts")];
  const child = spawn(process.execPath, args, { cwd: ROOT, env });
  let output = "";
  child.stdout.on("data", (chunk) => output += chunk);
  child.stderr.on("data", (chunk) => output += chunk);
  const [code] = await once(child, "close");
  rmSync(cache, { recursive: true, force: true });
  return { code, output };
}

test("the tests take @std/assert from JSR where it can be reached, else fail at once", { skip: noDeno }, async () => {
  const asked: string[] = [];
  const server = serveRegistry(asked).listen(0, "127.0.0.1");
  await once(server, "listening");
  const registry = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;

  const reached = await runTests(registry);
  assertEquals(reached.code, 0, reached.output);
  assertMatch(reached.output, /\| [1-9]\d* passed \| 0 failed/);
  assert(asked.includes("/@std/assert/1.0.0/mod.ts"), asked.join(" "));

  server.closeAllConnections();
  server.close();
  await once(server, "close");
  const unreached = await runTests(registry);
  assert(unreached.code !== 0);
  assertMatch(unreached.output, /@std\/assert/);
});
