/**
 * Where this repository is, and how its programs are started.
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

/** The repository. */
export const ROOT: string = fileURLToPath(new URL("..", import.meta.url));

/** Runs esbuild in the repository. */
export function esbuild(...args: string[]): void {
  const program = join(ROOT, "node_modules/.bin/esbuild");
  if (!existsSync(program)) throw new Error("esbuild is missing: npm install brings it");
  run(program, ...args);
}

/** Runs a program in the repository; what it says is shown only if it fails. */
export function run(program: string, ...args: string[]): void {
  // The Deno that runs this file is on no PATH when it came by npx.
  const command = program === "deno" && "Deno" in globalThis ? process.execPath : program;
  const { status, stderr, error } = spawnSync(command, args, {
    cwd: ROOT,
    encoding: "utf8",
  });
  if (error) throw error;
  if (status !== 0) {
    throw new Error(`${program} ${args[0]} ended with ${status}: ${stderr}`);
  }
}
