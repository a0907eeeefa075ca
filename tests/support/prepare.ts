/**
 * Loaded by `bun test` before the first test file: from a fresh clone, it brings what the tests need.
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { findBinary } from "./binaries.ts";
import { installServers } from "./install_servers.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const { devDependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const fresh = !Object.keys(devDependencies).every((name) => existsSync(join(root, "node_modules", name)));

if (fresh) {
  console.log("installing the dev dependencies (bun install)");
  const { status } = spawnSync(process.execPath, ["install", "--no-save"], { cwd: root, stdio: "inherit" });
  if (status !== 0) throw new Error("bun install failed; the tests need what package.json names");
}
if (!findBinary("redis-7.0") || !findBinary("redis-8") || !findBinary("valkey-9")) installServers();
if (fresh) {
  // This process has already seen that there are no packages, and keeps to it.
  const { status } = spawnSync(process.execPath, commandLine(), { stdio: "inherit" });
  process.exit(status ?? 1);
}

/** What this process was started with; Bun tells a preloaded file only about the tests. */
function commandLine(): string[] {
  const told = "/proc/self/cmdline";
  return existsSync(told) ? readFileSync(told, "utf8").split("\0").slice(1, -1) : ["test"];
}
