/**
 * The one test command: sets up what is missing, then runs the same tests on Deno, Bun and Node.
 *
 *     deno task test [--deno] [--bun] [--node] [--check] [file or folder…]
 *
 * Without a flag all three run; `--check` type-checks instead. With files only these run, with folders what is in them.
 *
 * @module
 */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { delimiter, join, posix } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { programOnPath } from "./support/binaries.ts";
import { installServers } from "./support/install_servers.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
/** What `npm install` puts on our path: the runtimes, and what package.json names. */
const LOCAL = [join(ROOT, "node_modules/.bin"), join(ROOT, ".ci/node_modules/.bin")];
const OFFLINE = "--import-map=tests/support/offline.json";

interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

/** A runner: its command line for some test files, and where its output says how many passed, failed, were skipped. */
interface Runner {
  command(files: string[], importMap: string[]): string[];
  readonly counts: Readonly<Record<keyof Counts, RegExp>>;
}

const RUNNERS: Record<string, Runner> = {
  deno: {
    command: (files, importMap) => ["deno", "test", "-A", "--quiet", ...importMap, ...files],
    counts: { passed: /(\d+) passed/, failed: /(\d+) failed/, skipped: /(\d+) ignored/ },
  },
  bun: {
    command: (files) => ["bun", "test", ...files.map((file) => `./${file}`)],
    counts: { passed: /^\s*(\d+) pass$/m, failed: /^\s*(\d+) fail$/m, skipped: /^\s*(\d+) skip$/m },
  },
  node: {
    command: (files) => ["node", "--import", "tsx", "--test", "--test-reporter=spec", ...files],
    counts: { passed: /^\S* ?pass (\d+)$/m, failed: /^\S* ?fail (\d+)$/m, skipped: /^\S* ?skipped (\d+)$/m },
  },
};

/** The machine's own runtimes come before those that were installed here. */
const environment = { ...process.env, PATH: [process.env.PATH ?? "", ...LOCAL].join(delimiter), NO_COLOR: "1" };

let child: ChildProcess | undefined;
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => {
    child?.kill(signal);
    process.exit(1);
  });
}

/** Runs a program in the repository's root; shows its output unless told otherwise, and gives it back. */
function run(
  command: string[],
  options: { show?: boolean; limit?: number } = {},
): Promise<{ ok: boolean; text: string }> {
  const { show = true, limit } = options;
  // The Deno that runs this file is on no PATH when it came by npx.
  const program = command[0] === "deno" && "Deno" in globalThis ? process.execPath : command[0]!;
  const started = child = spawn(program, command.slice(1), { cwd: ROOT, env: environment, timeout: limit });
  let text = "";
  for (const stream of [started.stdout, started.stderr]) {
    stream.on("data", (chunk) => {
      text += chunk;
      if (show) process.stdout.write(chunk);
    });
  }
  return new Promise((resolve) => {
    started.on("error", (error) => {
      if (show) console.log(`${program}: ${error.message}`);
      resolve({ ok: false, text: error.message });
    });
    started.on("close", (code) => resolve({ ok: code === 0, text }));
  });
}

/** What overrides the mapping of "@std/assert": nothing where JSR can be reached. */
async function chooseImportMap(): Promise<string[]> {
  const { ok } = await run(["deno", "eval", 'import "jsr:@std/assert@1";'], { show: false, limit: 15_000 });
  console.log(
    ok ? "assertions: @std/assert from JSR" : "assertions: JSR is out of reach, tests/support/assert.ts stands in",
  );
  return ok ? [] : [OFFLINE];
}

function installed(program: string): boolean {
  return programOnPath(program) !== undefined || LOCAL.some((folder) => existsSync(join(folder, program)));
}

/** Bun and Node need what package.json names (Deno fetches that itself); and Bun may have to come by npm. */
async function installPackages(names: string[]): Promise<boolean> {
  const wanted: string[][] = [];
  const { devDependencies } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  const packages = Object.keys(devDependencies).every((name) => existsSync(join(ROOT, "node_modules", name)));
  if (!packages && names.some((name) => name !== "deno")) wanted.push([]);
  if (names.some((name) => name !== "node" && !installed(name))) wanted.push(["--no-package-lock", "--prefix", ".ci"]);
  for (const where of wanted) {
    console.log(["npm install", ...where].join(" "));
    const { ok, text } = await run(["npm", "install", ...where], { show: false });
    if (ok) continue;
    console.log(`npm install failed:\n${text}`);
    return false;
  }
  return true;
}

/** Why this runner cannot run here, or `undefined`. */
async function unfit(name: string): Promise<string | undefined> {
  if (!installed(name) && !(name === "deno" && "Deno" in globalThis)) return "it is not installed";
  if (name !== "node") return undefined;
  const { text } = await run(["node", "--version"], { show: false });
  return Number(/^v(\d+)/.exec(text)?.[1] ?? 0) < 20 ? `Node 20 or newer is needed, this is ${text.trim()}` : undefined;
}

/** The test files in a folder; a file stands for itself. */
function testFiles(path: string): string[] {
  if (!statSync(join(ROOT, path)).isDirectory()) return [path];
  const files = readdirSync(join(ROOT, path), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith("_test.ts")).sort().map((file) => posix.join(path, file));
  // Told of no file, runners take all that they find.
  if (files.length === 0) throw new Error(`There are no tests in ${path}`);
  return files;
}

async function check(): Promise<number> {
  const files = ["src", "tests", "codegen", "examples", "mod.ts"].filter((path) => existsSync(join(ROOT, path)));
  // Adapters of other clients need those clients.
  const bench = readdirSync(join(ROOT, "bench")).filter((name) => name.endsWith(".ts"));
  files.push(...[...bench, "clients/respire.ts", "clients/ioredis.ts"].map((name) => `bench/${name}`));
  const { ok } = await run(["deno", "check", "--quiet", ...await chooseImportMap(), ...files]);
  return ok ? 0 : 1;
}

function count({ counts }: Runner, text: string): Counts {
  const last = (pattern: RegExp): number => {
    const all = [...text.matchAll(new RegExp(pattern, pattern.flags + "g"))];
    return Number(all.at(-1)?.[1] ?? 0);
  };
  return { passed: last(counts.passed), failed: last(counts.failed), skipped: last(counts.skipped) };
}

async function main(args: string[]): Promise<number> {
  if (args.includes("--check")) return await check();
  const paths = args.filter((arg) => !arg.startsWith("--"));
  const files = (paths.length > 0 ? paths : ["tests"]).flatMap(testFiles);
  const chosen = args.filter((arg) => arg.startsWith("--")).map((arg) => arg.slice(2));
  const unknown = chosen.find((name) => !(name in RUNNERS));
  if (unknown) throw new Error(`--${unknown} is not a flag; there are --check, --${Object.keys(RUNNERS).join(", --")}`);

  if (!installServers()) {
    console.log("The tests need a server, and none could be installed.");
    return 1;
  }
  const importMap = await chooseImportMap();
  const names = chosen.length > 0 ? chosen : Object.keys(RUNNERS);
  if (!await installPackages(names)) return 1;

  const total: Counts = { passed: 0, failed: 0, skipped: 0 };
  const summary: string[] = [];
  for (const name of names) {
    const runner = RUNNERS[name]!;
    const command = runner.command(files, importMap);
    const reason = await unfit(name);
    if (reason !== undefined) {
      summary.push(`${name}: NOT RUN, ${reason}`);
      if (chosen.includes(name)) total.failed++;
      continue;
    }
    console.log(`\n== ${name}`);
    const { ok, text } = await run(command);
    const counts = count(runner, text);
    // A file that does not even load is a failure which some runners do not count.
    if (!ok && counts.failed === 0) counts.failed = 1;
    for (const key of Object.keys(total) as (keyof Counts)[]) total[key] += counts[key];
    summary.push(`${name}: ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
  }
  console.log(`\n${summary.join("\n")}\n${total.passed} passed, ${total.failed} failed`);
  return total.failed > 0 || total.passed === 0 ? 1 : 0;
}

process.exitCode = await main(process.argv.slice(2));
