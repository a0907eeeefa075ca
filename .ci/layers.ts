/**
 * One file for each layer of what entries share. esbuild makes one of every set of modules that the same entries need, and
 * a file more costs an import in Node as much as compiling many kilobytes (`bench/startup.ts` tells).
 *
 * @module
 */
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { esbuild } from "./programs.ts";

/** What marks the code of a module, in what esbuild writes. */
const MODULE = /^\/\/ ((?:src|codegen)\/\S+\.ts)$/gm;
/** What the protocol is made of. */
const PROTOCOL = /^src\/(errors|error_codes|resp\/\w+)\.ts$/;
/** Folders from the lowest layer up, as far as order matters. */
const ORDER = ["src/resp", "src/command", "src/connection", "src/client"];
/** What a client is made of, whatever its commands. A program with one of these entries has the other, too. */
const CLIENT = ["src/client/mod.js", "src/command/mod.js"];
/** How sockets are opened stays by itself: not every client opens its own in the same way. */
const SOCKETS = /^src\/transport\/default\.ts$/;

/** Merges the shared files of the protocol into `shared/resp.js`, those of any client into `shared/client.js`. */
export function mergeLayers(folder: string): void {
  const files = readdirSync(join(folder, "shared")).filter((name) => name.startsWith("chunk-"));
  files.sort((a, b) => rank(folder, a) - rank(folder, b));
  const protocol = files.filter((name) => modulesOf(folder, name).every((module) => PROTOCOL.test(module)));
  const needed = loaded(folder, CLIENT);
  const client = files.filter((name) =>
    needed.has(join("shared", name)) && !protocol.includes(name) &&
    !modulesOf(folder, name).some((module) => SOCKETS.test(module))
  );
  merge(folder, protocol, "resp.js");
  merge(folder, client, "client.js");
}

/**
 * Where its code is in the order of our layers. Of what two files call the same, the first keeps its name: what others
 * are given by name stands below what uses it.
 */
function rank(folder: string, name: string): number {
  return Math.max(...modulesOf(folder, name).map((module) => ORDER.indexOf(dirname(module))));
}

/** The modules whose code is in a shared file. */
function modulesOf(folder: string, name: string): string[] {
  return Array.from(readFileSync(join(folder, "shared", name), "utf8").matchAll(MODULE), ([, module]) => module!);
}

/** The files that importing these opens at once. */
function loaded(folder: string, entries: readonly string[]): Set<string> {
  const found = new Set(entries);
  for (const file of found) {
    const text = readFileSync(join(folder, file), "utf8");
    for (const [, path] of text.matchAll(/^(?:import |\} from )"(\.[^"]+)";$/gm)) found.add(join(dirname(file), path!));
  }
  return found;
}

/** Makes one file of several, and lets all others import that. */
function merge(folder: string, parts: readonly string[], whole: string): void {
  const shared = join(folder, "shared");
  refuseTwins(shared, parts);
  for (const part of parts) {
    // esbuild keeps no comments but those that are marked as legal ones.
    const path = join(shared, part);
    writeFileSync(path, readFileSync(path, "utf8").replace(MODULE, "//! $1"));
  }
  const list = join(shared, "parts.js");
  writeFileSync(list, parts.map((part) => `export * from "./${part}";\n`).join(""));
  const others = readdirSync(shared).filter((name) => name !== "parts.js" && !parts.includes(name));
  esbuild(
    list,
    ...[
      "--bundle",
      "--format=esm",
      "--platform=neutral",
      "--target=node20",
      "--charset=utf8",
      "--legal-comments=inline",
    ],
    ...[...others.map((name) => `./${name}`), "node:*", "cloudflare:*"].map((name) => `--external:${name}`),
    ...[`--outfile=${join(shared, whole)}`, "--log-level=warning"],
  );
  for (const name of [...parts, "parts.js"]) rmSync(join(shared, name));
  const old = new RegExp(parts.map((part) => part.replaceAll(".", "\\.")).join("|"), "g");
  for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    if (!name.endsWith(".js")) continue;
    const path = join(folder, name);
    const text = readFileSync(path, "utf8");
    if (text.search(old) >= 0) writeFileSync(path, text.replace(old, whole));
  }
  const path = join(shared, whole);
  writeFileSync(path, readFileSync(path, "utf8").replace(/^\/\/! /gm, "// ").replace(/^\/\/ \S+\.js\n/gm, ""));
}

/** Of two parts with the same name the whole would have neither. */
function refuseTwins(shared: string, parts: readonly string[]): void {
  const seen = new Map<string, string>();
  for (const part of parts) {
    const names = readFileSync(join(shared, part), "utf8").match(/^export \{([^}]*)\};$/m)?.[1] ?? "";
    for (const name of names.split(",").map((item) => item.trim().replace(/^.* as /, "")).filter(Boolean)) {
      const other = seen.get(name);
      if (other !== undefined) throw new Error(`${name} is exported by ${other} and by ${part}`);
      seen.set(name, part);
    }
  }
}
