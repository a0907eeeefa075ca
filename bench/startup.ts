/**
 * Cold start, import time and size, against the other clients. `--only CLIENT,…`, `--quick`, `--runtime deno,bun,node`,
 * `--out FOLDER`.
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import process from "node:process";
import { gzipSync } from "node:zlib";
import { buildAndPack } from "../.ci/pack.ts";
import { buildForNode, CLIENTS, esbuild, requireRivals } from "./contestants.ts";
import { resultsFile } from "./options.ts";
import { median } from "./results.ts";
import { startServer } from "./server.ts";
import { ask, choices, surroundings } from "./subjects.ts";

const here = import.meta.dirname!;
const cache = join(here, ".cache");

interface Start {
  readonly client: string;
  readonly runtime: string;
  /** Milliseconds of the library's import, in a warm file cache. */
  readonly import?: number;
  /** Milliseconds from the start of the process to its first reply. */
  readonly first?: number;
  readonly skipped?: string;
}

interface Size {
  readonly what: string;
  readonly minified?: number;
  readonly gzip?: number;
  readonly skipped?: string;
}

/** Where this package is installed as it is published, from the folder of the subjects. */
const INSTALLED = ".cache/npm/package";

/** This package as JSR and npm have it. */
function install(): void {
  const folder = join(here, INSTALLED, "..");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const { status } = spawnSync("tar", ["-xzf", buildAndPack(folder), "-C", folder], { stdio: "inherit" });
  if (status !== 0) throw new Error("the npm package could not be unpacked");
}

/** Every client in every runtime, in turns; the first round only warms caches. */
async function starts(port: number, runtimes: readonly string[], rounds: number): Promise<Start[]> {
  const racers = runtimes.flatMap((runtime) => {
    const names = Object.keys(CLIENTS).filter((client) =>
      clients.includes(client) && CLIENTS[client].includes(runtime)
    );
    // Node reads no TypeScript.
    const sources = runtime === "node" || !own ? [] : ["respire_sources"];
    return ["nothing", ...names, ...sources].map((client) => ({
      client,
      runtime,
      imports: [] as number[],
      firsts: [] as number[],
      skipped: "",
    }));
  });
  for (let round = 0; round <= rounds; round++) {
    const shift = (round * 5) % racers.length;
    for (const racer of [...racers.slice(shift), ...racers.slice(0, shift)]) {
      if (racer.skipped !== "") continue;
      try {
        const answer = await ask<{ import: number }>(racer.runtime, "startup_subject", racer.client, String(port));
        if (round === 0) continue;
        racer.imports.push(answer.value.import);
        racer.firsts.push(answer.milliseconds);
      } catch {
        racer.skipped = "cannot be loaded here";
      }
    }
  }
  const tenth = (values: number[]): number => Number(median(values).toFixed(1));
  return racers.map(({ client, runtime, imports, firsts, skipped }) =>
    skipped === "" ? { client, runtime, import: tenth(imports), first: tenth(firsts) } : { client, runtime, skipped }
  );
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
function size(what: string, entry: string, ...options: string[]): Size {
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

function sizes(): Size[] {
  const neutral = ["--platform=neutral", "--external:node:*"];
  const node = ["--platform=node"];
  const two = (what: string, ...more: string[]): Size => {
    const entry = generated(...more);
    return entry === undefined ? { what, skipped: "the generator does not make it" } : size(what, entry, ...neutral);
  };
  const rows: [client: string, measure: () => Size][] = [
    ["respire", () => size("Respire, whole client", `./${INSTALLED}/mod.js`, ...neutral)],
    ["respire", () => size("Respire, ./resp", `./${INSTALLED}/src/resp/mod.js`, ...neutral)],
    ["respire", () => two("Respire, --only get,set")],
    ["respire", () => two("Respire, --only get,set --sockets node", "--sockets", "node")],
    ["ioredis", () => size("ioredis", "ioredis", ...node)],
    ["node_redis", () => size("node-redis", "redis", ...node)],
    ["iovalkey", () => size("iovalkey", "iovalkey", ...node)],
  ];
  return rows.filter(([client]) => clients.includes(client)).map(([, measure]) => measure());
}

const { runtimes, quick, out, only: clients, whole } = choices(Object.keys(CLIENTS));
const own = clients.includes("respire");
if (clients.length > 1 || !own) requireRivals();
if (runtimes.includes("node")) buildForNode();
if (own) install();
const rounds = quick ? 3 : 15;
const server = await startServer();
try {
  const found = await starts(server.port, runtimes, rounds);
  console.log("client            in      import ms   to the first reply ms");
  for (const { client, runtime, skipped, ...times } of found) {
    const figures = skipped ?? `${times.import!.toFixed(1).padStart(10)}  ${times.first!.toFixed(1).padStart(10)}`;
    console.log(`${client.padEnd(17)} ${runtime.padEnd(6)} ${figures}`);
  }
  const bundles = sizes();
  for (const { what, minified, gzip, skipped } of bundles) {
    const figures = skipped ?? `${(minified! / 1024).toFixed(1)} KiB minified, ${(gzip! / 1024).toFixed(1)} KiB gzip`;
    console.log(`${what.padEnd(38)} ${figures}`);
  }
  const run = { group: "startup", ...surroundings(server.version, rounds, 0), starts: found, sizes: bundles };
  writeFileSync(resultsFile("startup", whole, out), JSON.stringify(run, null, 1) + "\n");
} finally {
  await server.stop();
}
process.exit(0);
