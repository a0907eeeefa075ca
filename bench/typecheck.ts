/**
 * What a client costs its users' compilers: time and memory to type-check the same 200 lines on each client, as they are
 * installed from npm, and our own sources.
 *
 *     deno run -A bench/typecheck.ts        bun bench/typecheck.ts
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { buildAndPack, npmName } from "../.ci/pack.ts";
import { requireRivals } from "./contestants.ts";
import { resultsFile } from "./options.ts";
import { median } from "./results.ts";
import { choices, surroundings } from "./subjects.ts";
import { consumer } from "./typecheck_consumer.ts";

const here = import.meta.dirname!;
const root = join(here, "..");
const folder = join(here, ".cache", "typecheck");
const TSC = join(root, "node_modules", "typescript", "bin", "tsc");

/** One compilation, the median of its rounds. */
interface Check {
  readonly what: string;
  /** Seconds, as the compiler says. */
  readonly total: number;
  /** Seconds of it for checking, without reading and parsing. */
  readonly check: number;
  /** Mebibytes. */
  readonly memory: number;
  readonly lines: number;
}

/** Installs our own tarball beside the other clients. */
function install(): void {
  rmSync(folder, { recursive: true, force: true });
  const modules = join(folder, "node_modules");
  mkdirSync(modules, { recursive: true });
  for (const name of readdirSync(join(here, "node_modules"))) {
    if (!name.startsWith(".")) symlinkSync(join(here, "node_modules", name), join(modules, name));
  }
  const types = join(root, "node_modules", "@types", "node");
  rmSync(join(modules, "@types"), { force: true });
  mkdirSync(join(modules, "@types"));
  symlinkSync(types, join(modules, "@types", "node"));
  const tarball = buildAndPack(folder);
  const own = join(modules, ...npmName("@respire/redis").split("/"));
  mkdirSync(own, { recursive: true });
  spawnSync("tar", ["-xzf", tarball, "-C", own, "--strip-components=1"], { stdio: "inherit" });
}

/** Something to compile. */
interface Job {
  readonly what: string;
  readonly args: readonly string[];
  readonly rounds: Round[];
}

type Round = Record<"total" | "check" | "memory" | "lines", number>;

/** One compilation, as the compiler accounts for it. */
function compile({ what, args }: Job): Round {
  const common = ["--noEmit", "--strict", "--skipLibCheck", "--target", "es2022", "--types", "node", "--ignoreConfig"];
  const words = [TSC, ...common, "--extendedDiagnostics", ...args];
  const { stdout, status } = spawnSync("node", words, { cwd: folder, encoding: "utf8" });
  if (status !== 0) throw new Error(`${what} does not compile:\n${stdout.slice(0, 2000)}`);
  const number = (name: string): number => Number(new RegExp(`^${name}: +([\\d.]+)`, "m").exec(stdout)?.[1]);
  return {
    total: number("Total time"),
    check: number("Check time"),
    memory: number("Memory used"),
    lines: number("Lines"),
  };
}

function jobs(): Job[] {
  const bundler = ["--module", "preserve", "--moduleResolution", "bundler"];
  const clients = ["respire", "node-redis", "ioredis", "iovalkey"] as const;
  for (const client of clients) writeFileSync(join(folder, `${client}.ts`), consumer(client));
  writeFileSync(join(folder, "nothing.ts"), "console.log(1);\n");
  const sources = join(folder, "sources");
  for (const part of ["src", "mod.ts"]) cpSync(join(root, part), join(sources, part), { recursive: true });
  const own = ["--lib", "esnext,dom,dom.iterable", "--allowImportingTsExtensions", ...bundler];
  const consumers = clients.map((name) => ({
    what: `200 lines on ${name}`,
    args: [`${name}.ts`, ...bundler],
    rounds: [],
  }));
  return [
    { what: "a program without a client", args: ["nothing.ts", ...bundler], rounds: [] },
    ...consumers,
    { what: "our sources, mod.ts", args: [join(sources, "mod.ts"), ...own], rounds: [] },
  ];
}

/** In turns, so that what else the machine does hits everybody; the first round only warms caches. */
function checks(rounds: number): Check[] {
  const all = jobs();
  for (let round = 0; round <= rounds; round++) {
    for (const job of all) {
      const found = compile(job);
      if (round > 0) job.rounds.push(found);
    }
  }
  return all.map(({ what, rounds }) => {
    const of = (name: keyof Round): number => median(rounds.map((one) => one[name]));
    return {
      what,
      total: of("total"),
      check: of("check"),
      memory: Math.round(of("memory") / 1024),
      lines: of("lines"),
    };
  });
}

const { quick, out } = choices();
requireRivals();
const rounds = quick ? 1 : 7;
install();
const found = checks(rounds);
console.log(`${"".padEnd(28)} total ms  checking ms  memory MiB   lines`);
for (const { what, total, check, memory, lines } of found) {
  const cells = [
    (total * 1000).toFixed(0).padStart(8),
    (check * 1000).toFixed(0).padStart(12),
    String(memory).padStart(11),
  ];
  console.log(`${what.padEnd(28)} ${cells.join(" ")} ${String(lines).padStart(7)}`);
}
const run = { group: "typecheck", ...surroundings(rounds, 0), checks: found };
writeFileSync(resultsFile("typecheck", !quick, out), JSON.stringify(run, null, 1) + "\n");
process.exit(0);
