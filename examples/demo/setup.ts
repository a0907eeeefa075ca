/**
 * What the demo needs before it can begin: a server, and the command layer made anew.
 *
 * @module
 */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { findBinary } from "../../tests/support/binaries.ts";
import { installOwn } from "../../tests/support/install_servers.ts";
import { missing, type Server, startRedis } from "../../tests/support/servers.ts";
import { say, timed } from "./report.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** Something that only the user can put right. */
export class Unprepared extends Error {}

/** Finds or installs a server and starts a private one on a free port. */
export async function startServer(): Promise<Server> {
  if (!findBinary()) installOwn(["redis-server"], say);
  const binary = findBinary();
  if (!binary) {
    throw new Unprepared(
      `There is ${missing()}. Install one (Debian, Ubuntu: apt-get install redis-server; Fedora: dnf install valkey; ` +
        "macOS: brew install redis), then start the demo again.",
    );
  }
  return await timed(`start a private ${binary.kind}-server ${binary.version}`, () => startRedis());
}

/** Writes `src/generated` from `commands.json`, by the runtime that runs the demo. */
export async function regenerate(): Promise<void> {
  const generator = fileURLToPath(new URL("../../codegen/main.ts", import.meta.url));
  if ("Deno" in globalThis) {
    // Deno fetches the one package that the generator needs by itself.
    await timed("regenerate src/generated from commands.json", () => run(process.execPath, ["run", "-A", generator]));
    return;
  }
  if (!existsSync(new URL("../../node_modules/ts-morph", import.meta.url))) {
    await timed("npm install (the generator needs ts-morph)", () => run("npm", ["install"]));
  }
  const flags = "Bun" in globalThis ? [] : process.execArgv;
  await timed("regenerate src/generated from commands.json", () => run(process.execPath, [...flags, generator]));
}

function run(program: string, args: string[]): Promise<string> {
  const child = spawn(program, args, { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => output += chunk);
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => {
      if (code === 0) resolve(output.trim());
      else reject(new Error(`${program} ${args.join(" ")} ended with ${code}:\n${output}`));
    });
  });
}
