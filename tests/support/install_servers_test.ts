// A machine with one server will do for most tests; where none may be skipped, it is said what is missing.
import { assertEquals, assertMatch } from "@std/assert";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { run } from "./programs.ts";
import { test } from "./test.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const RUNTIME = "Deno" in globalThis
  ? ["run", "-A", "--quiet", "--no-check"]
  : "Bun" in globalThis
  ? []
  : ["--import", "tsx"];

/** An old server, and nothing to be had besides. */
const MACHINE = {
  "redis-server": 'echo "Redis server v=7.0.15 sha=00000000:0"',
  "valkey-server": "exit 1",
  "apt-get": "exit 1",
};

test("old lists of packages may do: what cannot be renewed is said, and the installation is tried", {
  skip: process.getuid?.() === 0 ? false : "only root installs packages",
}, async () => {
  const folder = mkdtempSync(join(tmpdir(), "respire-machine-"));
  try {
    const tried = join(folder, "tried");
    const apt = [
      'case "$*" in',
      // As apt does: without that mode it is content with nothing.
      '  *Error-Mode=any*update) echo "E: nothing could be fetched" >&2; exit 100 ;;',
      "  *update) exit 0 ;;",
      `  *install*redis-server) touch ${tried} ;;`,
      "  *) exit 1 ;;",
      "esac",
    ];
    for (const [name, code] of Object.entries({ ...MACHINE, "redis-server": "exit 1", "apt-get": apt.join("\n") })) {
      writeFileSync(join(folder, name), `#!/bin/sh\n${code}\n`, { mode: 0o755 });
    }
    const { output } = await run([process.execPath, ...RUNTIME, "tests/support/install_servers.ts"], {
      cwd: ROOT,
      env: { PATH: `${folder}:${process.env.PATH}`, RESPIRE_CACHE: join(folder, "cache"), RESPIRE_ALL_SERVERS: "" },
    });
    assertMatch(output, /^the lists of packages could not be renewed: .*nothing could be fetched$/m);
    assertEquals(existsSync(tried), true, output);
    assertMatch(output, /^no servers of sid: .*nothing could be fetched/m);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("one server is enough, unless all are asked for: then what is missing is named, and nothing is skipped", async () => {
  const folder = mkdtempSync(join(tmpdir(), "respire-machine-"));
  try {
    for (const [name, code] of Object.entries(MACHINE)) {
      writeFileSync(join(folder, name), `#!/bin/sh\n${code}\n`, { mode: 0o755 });
    }
    const install = (RESPIRE_ALL_SERVERS: string) =>
      run([process.execPath, ...RUNTIME, "tests/support/install_servers.ts"], {
        cwd: ROOT,
        env: { PATH: `${folder}:${process.env.PATH}`, RESPIRE_CACHE: join(folder, "cache"), RESPIRE_ALL_SERVERS },
      });
    const any = await install("");
    assertEquals([any.code, any.output.includes("servers: redis 7.0.15\n")], [0, true], any.output);
    const all = await install("1");
    assertEquals(all.code, 1, all.output);
    assertMatch(all.output, /^missing, .*: redis-8, redis-8\.6, valkey-9\b/m);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
