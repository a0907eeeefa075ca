/**
 * Makes the npm package that JSR's npm layer makes of us: JavaScript, declarations and a map of exports, under the name
 * `@jsr/respire__redis`.
 *
 *     deno run -A .ci/pack.ts [FOLDER]
 *
 * `deno pack` transpiles and writes the declarations, as JSR does; what npm wants to know beside that is in
 * `package.json`.
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** The part of a package.json that is read or written here. */
interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly exports: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly description?: string;
  readonly keywords?: readonly string[];
  readonly engines?: Readonly<Record<string, string>>;
}

/** The name that JSR's npm layer gives to a package: `@scope/name` becomes `@jsr/scope__name`. */
export function npmName(name: string): string {
  return `@jsr/${name.slice(1).replace("/", "__")}`;
}

/** Writes the tarball into a folder and gives its path. */
export function pack(folder: string): string {
  const work = mkdtempSync(join(tmpdir(), "respire-pack-"));
  try {
    const packed = join(work, "packed.tgz");
    run("deno", "pack", "--allow-dirty", "--no-source-maps", "--quiet", "--output", packed);
    run("tar", "-xzf", packed, "-C", work);
    const path = join(work, "package/package.json");
    const manifest = describe(readJson(path), readJson(join(ROOT, "package.json")));
    writeFileSync(path, JSON.stringify(manifest, null, 2) + "\n");
    mkdirSync(folder, { recursive: true });
    const file = join(folder, `${manifest.name.slice(1).replace("/", "-")}-${manifest.version}.tgz`);
    run("tar", "-czf", resolve(file), "-C", work, "package");
    return file;
  } finally {
    rmSync(work, { recursive: true });
  }
}

/** What npm is told: what `deno pack` found, and what only we know. */
function describe(packed: Manifest, own: Manifest): Manifest & Record<string, unknown> {
  const exports = Object.entries(packed.exports).map(([name, { types, default: file }]) =>
    [name, { types: types!, default: file! }] as const
  );
  return {
    name: npmName(packed.name),
    version: packed.version,
    description: own.description!,
    keywords: own.keywords!,
    license: "MIT",
    type: "module",
    sideEffects: false,
    engines: own.engines!,
    exports: Object.fromEntries(exports),
    ...(packed.dependencies ? { dependencies: packed.dependencies } : {}),
  };
}

function readJson(path: string): Manifest {
  return JSON.parse(readFileSync(path, "utf8"));
}

function run(program: string, ...args: string[]): void {
  // The Deno that runs this file is on no PATH when it came by npx.
  const command = program === "deno" && "Deno" in globalThis ? process.execPath : program;
  const { status, stderr, error } = spawnSync(command, args, { cwd: ROOT, encoding: "utf8" });
  if (error) throw error;
  if (status !== 0) throw new Error(`${program} ${args[0]} ended with ${status}: ${stderr}`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(pack(resolve(process.argv[2] ?? ".")));
