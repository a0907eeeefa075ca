// What declares all tests: a hang becomes a failure, and so does what is skipped where nothing may be.
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { run } from "./programs.ts";
import { inTime, test } from "./test.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const RUNNER = "Deno" in globalThis
  ? ["test", "-A", "--quiet", "--no-check"]
  : "Bun" in globalThis
  ? ["test"]
  : ["--import", "tsx"];

test("what hangs fails when its time is over; what ends leaves no timer, whichever way it ends", async () => {
  await assertRejects(() => inTime(() => new Promise(() => {}), 10), Error, "it hangs");
  await assertRejects(() => inTime(() => Promise.reject(new Error("its own")), 60_000), Error, "its own");
  await inTime(() => {}, 60_000);
});

test("where everything is to be there, only what this runtime cannot do may be skipped", async () => {
  const folder = mkdtempSync(join(tmpdir(), "respire-skips-"));
  try {
    const file = join(folder, "skips_test.ts");
    const lines = [
      `import { test } from ${JSON.stringify(join(ROOT, "tests/support/test.ts"))};`,
      'test("one", { skip: "only Deno asks for permissions" }, () => {});',
      'test("two", { skip: "openssl is not installed" }, () => {});',
    ];
    writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
    writeFileSync(file, lines.join("\n"));
    // Without what tells Node's runner that it is within a test already.
    const started = (RESPIRE_ALL_SERVERS: string) =>
      run([process.execPath, ...RUNNER, file], { cwd: ROOT, env: { RESPIRE_ALL_SERVERS, NODE_TEST_CONTEXT: "" } });
    const some = await started("");
    assertEquals(some.code, 0, some.output);
    const all = await started("1");
    assert(all.code !== 0, all.output);
    assertMatch(all.output, /would be skipped, though RESPIRE_ALL_SERVERS is set: openssl/);
    assert(!/would be skipped.*Deno asks/.test(all.output), all.output);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
