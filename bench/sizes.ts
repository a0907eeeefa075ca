/**
 * How many bytes each client brings along, bundled as its users would.
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join, relative } from "node:path";
import { gzipSync } from "node:zlib";
import { buildAndPack } from "../.ci/pack.ts";
import { esbuild } from "./contestants.ts";
import { label, type Weight } from "./tables.ts";

const here = import.meta.dirname!;
const cache = join(here, ".cache");

/** Where this package is installed as it is published, from the folder of the subjects. */
const INSTALLED = ".cache/npm/package";

/** This package as JSR and npm have it. */
export function install(): void {
  const folder = join(here, INSTALLED, "..");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const { status } = spawnSync("tar", ["-xzf", buildAndPack(folder), "-C", folder], { stdio: "inherit" });
  if (status !== 0) throw new Error("the npm package could not be unpacked");
}

/** What esbuild tells of the files that it wrote. */
interface Outputs {
  readonly outputs: Readonly<Record<string, { readonly imports: readonly { readonly path: string }[] }>>;
}

/** The files that this one can come to load, itself among them: esbuild writes those of code that it left out, too. */
function reachable({ outputs }: Outputs, entry: string): string[] {
  const found = new Set([entry]);
  for (const file of found) {
    for (const { path } of outputs[file].imports) if (path in outputs) found.add(path);
  }
  return [...found];
}

/** Everything that a bundle of this entry holds, minified; files that are loaded on demand count as well. */
function size(what: string, entry: string, ...options: string[]): Weight {
  if (!existsSync(join(here, entry)) && entry.startsWith(".")) return { what, skipped: "not there" };
  const folder = join(cache, "size");
  rmSync(folder, { recursive: true, force: true });
  const words = [entry, "--bundle", "--minify", "--format=esm", "--splitting", "--target=es2022", `--outdir=${folder}`];
  const meta = join(cache, "size.json");
  words.push("--log-level=error", "--entry-names=main", `--metafile=${meta}`, ...options);
  const { status } = spawnSync(esbuild(), words, { cwd: here, stdio: "inherit" });
  if (status !== 0) return { what, skipped: "cannot be bundled" };
  const files = reachable(JSON.parse(readFileSync(meta, "utf8")), relative(here, join(folder, "main.js")));
  const contents = files.map((file) => readFileSync(join(here, file)));
  return {
    what,
    minified: contents.reduce((sum, content) => sum + content.length, 0),
    gzip: contents.reduce((sum, content) => sum + gzipSync(content, { level: 9 }).length, 0),
  };
}

/** A client with two commands only, made by the generator. */
function generated(...more: string[]): string | undefined {
  const folder = join(cache, ["only", ...more].join(""));
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const words = ["run", "-A", "--no-config", join(INSTALLED, "codegen/cli.js"), "--only", "get,set"];
  words.push("--import", join(here, INSTALLED, "src/*/mod.js"), "--out", join(folder, "mod.ts"), ...more);
  const { status } = spawnSync("deno", words, { cwd: here, stdio: "ignore" });
  return status === 0 ? `${folder.slice(here.length + 1)}/mod.ts` : undefined;
}

/** The bundles of these clients; those that none can be made of are told with the reason. */
export function sizes(clients: readonly string[]): Weight[] {
  const neutral = ["--platform=neutral", "--external:node:*"];
  const node = ["--platform=node"];
  const two = (what: string, ...more: string[]): Weight => {
    const entry = generated(...more);
    return entry === undefined ? { what, skipped: "the generator does not make it" } : size(what, entry, ...neutral);
  };
  const none = (client: string, skipped: string): Weight => ({ what: label(client), skipped });
  const rows: [client: string, measure: () => Weight][] = [
    ["respire", () => size("Respire, whole client", `./${INSTALLED}/mod.js`, ...neutral)],
    ["respire", () => size("Respire, ./resp", `./${INSTALLED}/src/resp/mod.js`, ...neutral)],
    ["respire", () => two("Respire, --only get,set")],
    ["respire", () => two("Respire, --only get,set --sockets node", "--sockets", "node")],
    ["ioredis", () => size("ioredis", "ioredis", ...node)],
    ["node_redis", () => size("node-redis", "redis", ...node)],
    ["iovalkey", () => size("iovalkey", "iovalkey", ...node)],
    ["glide", () => none("glide", "native code, which no bundle holds")],
    ["bun", () => none("bun", "part of the runtime")],
    ["deno_redis", () => none("deno_redis", "cannot be loaded here: the bundler reads nothing from JSR")],
    ["iuioiua", () => none("iuioiua", "cannot be loaded here: the bundler reads nothing from JSR")],
  ];
  return rows.filter(([client]) => clients.includes(client)).map(([, measure]) => measure());
}
