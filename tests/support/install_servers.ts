/**
 * Gets the servers that tests run against: `redis-server` of the machine's own system, and newer ones (Redis 8,
 * Valkey 9) from a newer suite of the same source, unpacked into a cache folder without touching the system.
 *
 * Runs by itself, under any runtime that takes TypeScript: `deno run -A tests/support/install_servers.ts`. One server is
 * enough then, the tests that need another are skipped; with RESPIRE_ALL_SERVERS set it fails unless all are there.
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { binaries, cacheFolder, findBinary, lookAgain, programOnPath } from "./binaries.ts";
import { findModule } from "./modules.ts";

/** The suite that has the newer servers. It moves on; tests read the version from the server. */
const SUITE = "sid";
/** The suite that has the newest Redis; what it links to is in the other one. */
const LATEST_SUITE = "experimental";
const SERVERS = [
  "redis-server",
  "redis-tools",
  "valkey-server",
  "valkey-tools",
];
const LATEST = ["redis-server", "redis-tools"];
const MODULES = ["redis-redisearch", "redis-module-knot"];
/** All that the programs above link to, their loader (in libc6) included. */
const LIBRARIES = [
  ...[
    "libc6",
    "libssl3t64",
    "libjemalloc2",
    "liblzf1",
    "libsystemd0",
    "libatomic1",
    "libstdc++6",
    "libgcc-s1",
  ],
  ...["libcap2", "zlib1g", "libzstd1", "liblua5.1-0"],
];

/**
 * Installs what is missing, as far as this machine lets us, and says what it does.
 *
 * @returns whether there is at least one server to test against
 */
export function installServers(
  say: (line: string) => void = console.log,
): boolean {
  if (!findBinary("redis-7.0")) installOwn(["redis-server"], say);
  if (!programOnPath("openssl")) installOwn(["openssl"], say);
  if (!findBinary("redis-8") || !findBinary("valkey-9")) unpack(SUITE, [...SERVERS, ...LIBRARIES], "root", say);
  lookAgain();
  if (findBinary("redis-8") && !findBinary("redis-8.6")) unpack(LATEST_SUITE, LATEST, "latest", say);
  if (!findModule("redisearch") || !findModule("knot")) unpackModules(say);
  lookAgain();
  const found = binaries().map((binary) => `${binary.kind} ${binary.version}`);
  say(
    found.length > 0 ? `servers: ${found.join(", ")}` : "servers: none. Install Redis 7 or newer (redis-server).",
  );
  return found.length > 0;
}

/** What is not here though tests need it: these are skipped. */
function missing(): string[] {
  return [
    ...(["redis-7.0", "redis-8", "redis-8.6", "valkey-9"] as const).filter((version) => !findBinary(version)),
    ...(["redisearch", "knot"] as const).filter((name) => !findModule(name)),
    ...(programOnPath("openssl") ? [] : ["openssl"]),
  ];
}

/** Installs packages of the machine's own system where we may; says what to install where we may not. */
export function installOwn(packages: string[], say: (line: string) => void): void {
  const root = process.getuid?.() === 0;
  if (!root || !programOnPath("apt-get")) {
    say(
      `missing: ${packages.join(" ")}; please install it with your package manager (this user or system cannot)`,
    );
    return;
  }
  say(`installing ${packages.join(" ")} (apt-get)`);
  const environment = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  try {
    update([], environment);
  } catch (error) {
    // The lists that are there may be good enough.
    say(`the lists of packages could not be renewed: ${(error as Error).message}`);
  }
  try {
    run("apt-get", [
      "-qq",
      "install",
      "-y",
      "--no-install-recommends",
      ...packages,
    ], environment);
  } catch (error) {
    say(`could not install ${packages.join(" ")}: ${(error as Error).message}`);
  }
  lookAgain();
}

function unpack(
  suite: string,
  packages: string[],
  root: "root" | "latest" | "modules",
  say: (line: string) => void,
): void {
  const source = sourceOfSuite(suite);
  if (!programOnPath("apt-get") || !programOnPath("dpkg") || !source) {
    say(`no servers of ${suite}: they come from Debian's packages. Tests that need them will be skipped.`);
    return;
  }
  const cache = cacheFolder()!; // this file is on a disk
  say(`unpacking servers of ${suite} into ${cache}`);
  try {
    const sourceFile = join(cache, "newer.sources");
    for (const folder of ["lists/partial", "cache/archives/partial", "packages"]) {
      mkdirSync(join(cache, folder), { recursive: true });
    }
    writeFileSync(sourceFile, source);
    const settings = [
      `Dir::Etc::sourcelist=${sourceFile}`,
      "Dir::Etc::sourceparts=/nonexistent",
      `Dir::State::Lists=${join(cache, "lists")}`,
      `Dir::Cache=${join(cache, "cache")}`,
      "Dir::State::status=/dev/null",
      "APT::Sandbox::User=",
    ];
    const apt = settings.flatMap((setting) => ["-o", setting]);
    update(apt);
    run("apt-get", ["-qq", ...apt, "download", ...packages], process.env, join(cache, "packages"));
    unpackAll(cache, root);
  } catch (error) {
    say(`no servers of ${suite}: ${(error as Error).message}. Tests that need them will be skipped.`);
  }
}

/** Unpacks modules, and marks them as programs: servers load no others. */
function unpackModules(say: (line: string) => void): void {
  unpack(SUITE, MODULES, "modules", say);
  for (const path of [findModule("redisearch"), findModule("knot")]) {
    if (path?.startsWith(cacheFolder()!)) chmodSync(path, 0o755);
  }
}

/** Unpacks beside the final place, so that a half-done attempt is never taken for a whole one. */
function unpackAll(cache: string, name: "root" | "latest" | "modules"): void {
  const [packages, unfinished, root] = [join(cache, "packages"), join(cache, `${name}.new`), join(cache, name)];
  rmSync(unfinished, { recursive: true, force: true });
  for (const file of readdirSync(packages)) run("dpkg", ["-x", join(packages, file), unfinished]);
  rmSync(root, { recursive: true, force: true });
  renameSync(unfinished, root);
  for (const folder of ["packages", "lists", "cache"]) rmSync(join(cache, folder), { recursive: true, force: true });
}

/** The first stanza of the machine's own source file, for another suite: so no host is named here. */
function sourceOfSuite(suite: string): string | undefined {
  const file = "/etc/apt/sources.list.d/debian.sources";
  if (!existsSync(file)) return undefined;
  const stanza = readFileSync(file, "utf8").split(/\n\s*\n/).find((text) => /^Suites:/m.test(text));
  return stanza?.replace(/^Suites:.*$/m, `Suites: ${suite}`).concat("\n");
}

/** Fetches lists of packages. By itself apt is content when it could fetch none. */
function update(options: string[], env?: NodeJS.ProcessEnv): void {
  run("apt-get", ["-qq", "-o", "APT::Update::Error-Mode=any", ...options, "update"], env);
}

function run(
  program: string,
  args: string[],
  env: NodeJS.ProcessEnv = process.env,
  cwd?: string,
): void {
  const { status, error, stderr } = spawnSync(program, args, {
    env,
    cwd,
    encoding: "utf8",
  });
  if (error) throw error;
  if (status === 0) return;
  const reason = stderr.trim().split("\n").findLast((line) => line.startsWith("E:")) ??
    stderr.trim().slice(-200);
  throw new Error(`${program} ended with ${status}: ${reason}`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const found = installServers();
  const wanted = process.env.RESPIRE_ALL_SERVERS ? missing() : [];
  if (wanted.length > 0) console.log(`missing, though RESPIRE_ALL_SERVERS is set: ${wanted.join(", ")}`);
  process.exitCode = found && wanted.length === 0 ? 0 : 1;
}
