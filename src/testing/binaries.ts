/**
 * Which server programs this machine has: those on the PATH, and those in a folder of unpacked ones.
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { delimiter, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

/**
 * Which server a test wants: `"redis"` and `"valkey"` are any, `"redis-8"` is any 8.x, `"redis-8.6"` any 8.x from 8.6 on.
 */
export type ServerVersion = `${"redis" | "valkey"}${"" | `-${number}`}`;

/** A server program that answered when asked for its version. */
export interface Binary {
  /** What it is, whatever its file is called. */
  readonly kind: "redis" | "valkey";
  /** Such as `"7.0.15"`. */
  readonly version: string;
  /** The program, and what must stand before the server's own arguments. */
  readonly command: readonly string[];
}

/** The folder of unpacked servers: `RESPIRE_CACHE`, or `.cache/servers` beside the sources; `undefined` far from disks. */
export function cacheFolder(): string | undefined {
  if (process.env.RESPIRE_CACHE) return process.env.RESPIRE_CACHE;
  const beside = new URL("../../.cache/servers", import.meta.url);
  return beside.protocol === "file:" ? fileURLToPath(beside) : undefined;
}

/**
 * The first line of servers that knows all that ours are started with (`--enable-debug-command`). Valkey began with it; a
 * program that writes its version in another way is given a chance.
 */
export const OLDEST = 7;

/** Whether it is of a line that cannot be started here. */
export function isTooOld({ version }: Binary): boolean {
  return Number.parseInt(version) < OLDEST;
}

let known: Binary[] | undefined;

/** Every server program at hand that can be started. Looks once per process. */
export function binaries(): readonly Binary[] {
  return found().filter((binary) => !isTooOld(binary));
}

/** Those that are at hand, and too old. */
export function oldBinaries(): readonly Binary[] {
  return found().filter(isTooOld);
}

function found(): readonly Binary[] {
  return known ??= ["redis-server", "valkey-server"].flatMap((name) =>
    [onPath(name), inCache(name, "root"), inCache(name, "latest")].flatMap((command) => command ? probe(command) : [])
  );
}

/** Forgets what was found: to be called after installing. */
export function lookAgain(): void {
  known = undefined;
}

/** The program for a version, or the machine's own (any) if none is named. */
export function findBinary(version?: ServerVersion): Binary | undefined {
  const [, kind, major, minor = "0"] = /^([a-z]+)(?:-(\d+)(?:\.(\d+))?)?$/.exec(version ?? "") ?? [];
  if (version !== undefined && kind !== "redis" && kind !== "valkey") {
    throw new TypeError(`There is no server called ${version}; write "redis", "valkey-9", "redis-8.6" or the like`);
  }
  return binaries().find((binary) => {
    if (kind !== undefined && binary.kind !== kind) return false;
    const [has = 0, hasMinor = 0] = binary.version.split(".").map(Number);
    return major === undefined || (has === Number(major) && hasMinor >= Number(minor));
  });
}

/** The program at a path, if it is a server. */
export function binaryAt(path: string): Binary | undefined {
  return probe([path])[0];
}

/**
 * The path of a program, or `undefined`; where we may not look into every folder its mere name, by which the system finds
 * it, or does not.
 */
export function programOnPath(name: string): string | undefined {
  const folders = [...(process.env.PATH ?? "").split(delimiter), "/usr/bin", "/usr/local/bin", "/opt/homebrew/bin"];
  let hidden = false;
  const found = folders.map((folder) => join(folder, name)).find((path) => {
    const there = exists(path);
    hidden ||= there === undefined;
    return there;
  });
  return found ?? (hidden ? name : undefined);
}

/** Whether there is such a file; `undefined` where we may not look, which Deno says by throwing. */
function exists(path: string): boolean | undefined {
  try {
    return existsSync(path);
  } catch {
    return undefined;
  }
}

function onPath(name: string): string[] | undefined {
  const path = programOnPath(name);
  return path ? [path] : undefined;
}

/** Unpacked programs run through the loader and libraries that were unpacked with them, not the machine's. */
function inCache(name: string, folder: "root" | "latest"): string[] | undefined {
  const cache = cacheFolder();
  if (cache === undefined) return undefined;
  const program = join(cache, folder, "usr/bin", name);
  const library = join(cache, "root/usr/lib");
  if (!exists(program) || !exists(library)) return undefined;
  for (const entry of readdirSync(library).filter((entry) => entry.includes("-linux-"))) {
    const loader = readdirSync(join(library, entry)).find((file) => /^ld-linux.*\.so\.\d$/.test(file));
    if (loader) return [join(library, entry, loader), "--library-path", join(library, entry), program];
  }
  return undefined;
}

function probe(command: string[]): Binary[] {
  const [program, ...before] = command as [string, ...string[]];
  const { stdout } = spawnSync(program, [...before, "--version"], { encoding: "utf8" });
  const [, name, version] = /^(Redis|Valkey) server v=(\S+)/i.exec(stdout ?? "") ?? [];
  if (name === undefined || version === undefined) return [];
  return [{ kind: name.toLowerCase() === "valkey" ? "valkey" : "redis", version, command }];
}
