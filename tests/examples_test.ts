// Every example runs by itself in this runtime, twice on one server, and prints what its comments say.
import { assert, assertEquals } from "@std/assert";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { run } from "./support/programs.ts";
import { missing, startRedis } from "./support/servers.ts";
import { test } from "./support/test.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const FOLDER = join(ROOT, "examples");
/** The demo brings its own server, and is no example of one thing. */
const EXAMPLES = readdirSync(FOLDER).filter((name) => name.endsWith(".ts") && name !== "demo.ts").sort();

/** Those that need more rights than the network and REDIS_URL: they start programs, write files, or themselves as workers. */
const RIGHTS: Readonly<Record<string, string[]>> = {
  "codegen.ts": ["-A"],
  "sentinel.ts": ["-A"],
  "cluster.ts": ["-A"],
  "testing.ts": ["-A"],
  "workers.ts": ["--allow-net", "--allow-env=REDIS_URL", "--allow-read"],
};
/** Node runs JavaScript in its workers, for what loads TypeScript for us does not reach there. */
const BUNDLED_IN_NODE = new Set(["workers.ts"]);
const ESBUILD = join(ROOT, "node_modules/.bin/esbuild");
const isNode = !("Deno" in globalThis) && !("Bun" in globalThis);
/** The pages of docs/ that need no program here: they compare, promise, or are about a program of their own. */
const WITHOUT = new Set(["migrating.md", "guarantees.md", "performance.md"]);

/** A folder with the example as one file of JavaScript; it goes with the test. */
class Bundle implements Disposable {
  readonly #folder = mkdtempSync(join(tmpdir(), "respire-example-"));
  readonly file: string = join(this.#folder, "example.mjs");

  constructor(file: string) {
    const options = ["--bundle", "--format=esm", "--platform=node", "--target=node20", `--outfile=${this.file}`];
    const { status, stderr } = spawnSync(ESBUILD, [file, ...options, "--log-level=error"], { cwd: ROOT });
    assertEquals(status, 0, stderr?.toString());
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true });
  }
}

/** How this runtime runs a program. Under Deno with no more rights than the example needs. */
function command(file: string): string[] {
  if ("Deno" in globalThis) {
    const rights = RIGHTS[basename(file)] ?? ["--allow-net", "--allow-env=REDIS_URL"];
    return ["run", "--quiet", "--no-check", "--no-prompt", ...rights, file];
  }
  return "Bun" in globalThis || file.endsWith(".mjs") ? [file] : ["--import", "tsx", file];
}

test("there is an example for each topic, and its page says so", () => {
  const pages = readdirSync(join(ROOT, "docs")).filter((name) => name.endsWith(".md"));
  assert(pages.length >= 10);
  const shown = new Set<string>();
  for (const page of pages) {
    const named = [...readFileSync(join(ROOT, "docs", page), "utf8").matchAll(/\]\(\.\.\/examples\/(\w+\.ts)\)/g)];
    assert(named.length > 0 || WITHOUT.has(page), `docs/${page} names no example`);
    for (const [, name] of named) shown.add(name!);
  }
  assertEquals(EXAMPLES.filter((name) => !shown.has(name)), []);
});

for (const name of EXAMPLES) {
  const bundled = isNode && BUNDLED_IN_NODE.has(name);
  const skip = missing() || (bundled && !existsSync(ESBUILD) ? "npm install brings the bundler" : false);
  test(`examples/${name} prints what it says`, { skip }, async () => {
    const file = join(FOLDER, name);
    const wanted = Array.from(readFileSync(file, "utf8").matchAll(/\/\/ → (.*)$/gm), ([, line]) => line);
    assert(wanted.length > 0, "the example says nothing of what it prints");
    await using server = await startRedis();
    using bundle = bundled ? new Bundle(file) : undefined;
    for (let i = 0; i < 2; i++) {
      const words = [process.execPath, ...command(bundle?.file ?? file)];
      const { code, printed: output, errors } = await run(words, { cwd: ROOT, env: { REDIS_URL: server.url } });
      assertEquals([output.trimEnd().split("\n"), errors, code], [wanted, "", 0]);
    }
  });
}
