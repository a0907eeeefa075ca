/**
 * The package as it is published, which all that is tested here begins with.
 *
 * @module
 */
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, COPIED } from "../../.ci/build.ts";

/** The repository. */
export const ROOT: string = fileURLToPath(new URL("../..", import.meta.url));

const ESBUILD = join(ROOT, "node_modules/.bin/esbuild");

/** Why nothing can be built here, or `false`. */
export const noBuild: string | false = !("Deno" in globalThis)
  ? "Deno builds the package"
  : existsSync(ESBUILD)
  ? false
  : "npm install brings esbuild";

/** What the package is made of, and by. A folder with a slash stands for those in it, too. */
const SOURCES = ["src/", "codegen/", ".ci", "mod.ts", "deno.json", "package.json", ...COPIED];

/** The names of what is there to be read: pages, pictures, examples. */
export const TEXTS = /^([A-Z]+(\.md)?|(docs|bench)\/.*\.(md|svg)|examples\/.*\.ts)$/;

/** One place for each clone. */
const PLACE = join(tmpdir(), `respire-built-${hash(ROOT)}`);

/** Milliseconds after which nobody uses a state any more that nobody has begun to use since. */
const OLD = 3_600_000;

let built: string | undefined;

/** The folder with it. Building takes seconds: it is done anew only when a source has changed. */
export function builtPackage(): string {
  if (built !== undefined) return built;
  const state = hash(...files().flatMap((path) => [path, readFileSync(path)]));
  const folder = join(PLACE, state);
  if (!existsSync(folder)) {
    const fresh = mkdtempSync(join(tmpdir(), "respire-build-"));
    try {
      build(fresh);
      mkdirSync(PLACE, { recursive: true });
      // Another process may have been quicker.
      if (!existsSync(folder)) renameSync(fresh, folder);
    } finally {
      rmSync(fresh, { recursive: true, force: true });
    }
  }
  const now = new Date();
  utimesSync(folder, now, now);
  for (const name of readdirSync(PLACE)) {
    const path = join(PLACE, name);
    // Another process may have begun before a source was changed, and still be at it.
    if (now.getTime() - statSync(path).mtimeMs > OLD) rmSync(path, { recursive: true, force: true });
  }
  return built = folder;
}

function files(): string[] {
  return SOURCES.flatMap((name) => {
    const path = join(ROOT, name);
    if (!statSync(path).isDirectory()) return [path];
    const found = readdirSync(path, { recursive: name.endsWith("/"), encoding: "utf8" });
    return found.filter((file) => /\.(ts|md|svg)$/.test(file)).sort().map((file) => join(path, file));
  });
}

function hash(...parts: (string | Uint8Array)[]): string {
  const sum = createHash("sha256");
  for (const part of parts) sum.update(part);
  return sum.digest("hex").slice(0, 16);
}
