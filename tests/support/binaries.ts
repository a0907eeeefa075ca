/**
 * Which server programs this machine has: those on the PATH, and the newer ones that `install_servers.ts` unpacked.
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { delimiter, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

/**
 * The servers that tests ask for. Each stands for its line: `"redis-8"` is any Redis from 8.0 on, `"redis-8.6"` any
 * from 8.6 on.
 */
export type ServerVersion = "redis-7.0" | "redis-8" | "redis-8.6" | "valkey-9";

/** A server program that answered when asked for its version. */
export interface Binary {
  /** What it is, whatever its file is called. */
  readonly kind: "redis" | "valkey";
  /** Such as `"7.0.15"`. */
  readonly version: string;
  /** The program, and what must stand before the server's own arguments. */
  readonly command: readonly string[];
}

/** The folder of unpacked servers: `RESPIRE_CACHE`, or `.cache/servers` in the repository. */
export function cacheFolder(): string {
  return process.env.RESPIRE_CACHE ||
    fileURLToPath(new URL("../../.cache/servers", import.meta.url));
}

let known: Binary[] | undefined;

/** Every server program at hand. Looks once per process. */
export function binaries(): readonly Binary[] {
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
  return binaries().find((binary) => {
    const [major = 0, minor = 0] = binary.version.split(".").map(Number);
    switch (version) {
      case undefined:
        return true;
      case "redis-7.0":
        return binary.kind === "redis" && major === 7;
      case "redis-8":
        return binary.kind === "redis" && major >= 8;
      case "redis-8.6":
        return binary.kind === "redis" && (major > 8 || major === 8 && minor >= 6);
      case "valkey-9":
        return binary.kind === "valkey" && major >= 9;
    }
  });
}

/** The path of a program, or `undefined`. */
export function programOnPath(name: string): string | undefined {
  const folders = [
    ...(process.env.PATH ?? "").split(delimiter),
    "/usr/bin",
    "/usr/local/bin",
  ];
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
}

function onPath(name: string): string[] | undefined {
  const path = programOnPath(name);
  return path ? [path] : undefined;
}

/** Unpacked programs run through the loader and libraries that were unpacked with them, not the machine's. */
function inCache(name: string, folder: "root" | "latest"): string[] | undefined {
  const program = join(cacheFolder(), folder, "usr/bin", name);
  const library = join(cacheFolder(), "root/usr/lib");
  if (!existsSync(program) || !existsSync(library)) return undefined;
  for (
    const folder of readdirSync(library).filter((entry) => entry.includes("-linux-"))
  ) {
    const loader = readdirSync(join(library, folder)).find((entry) => /^ld-linux.*\.so\.\d$/.test(entry));
    if (loader) {
      return [
        join(library, folder, loader),
        "--library-path",
        join(library, folder),
        program,
      ];
    }
  }
  return undefined;
}

function probe(command: string[]): Binary[] {
  const [program, ...before] = command as [string, ...string[]];
  const { stdout } = spawnSync(program, [...before, "--version"], {
    encoding: "utf8",
  });
  const [, name, version] = /^(Redis|Valkey) server v=(\S+)/i.exec(stdout ?? "") ?? [];
  return name && version
    ? [{
      kind: name.toLowerCase() === "valkey" ? "valkey" : "redis",
      version,
      command,
    }]
    : [];
}
