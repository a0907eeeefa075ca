/**
 * Runs one program of this folder in a chosen runtime, in a process of its own, and takes what it says.
 *
 * @module
 */
import { spawn } from "node:child_process";
import { availableParallelism } from "node:os";
import process from "node:process";
import { parseArgs } from "node:util";
import { RUNTIMES } from "./contestants.ts";
import { type Circumstances, commit, firstLine, machine } from "./results.ts";

/** What a program said, and how long it took from the start of its process to saying it. */
export interface Answer<T> {
  readonly value: T;
  readonly milliseconds: number;
}

/** Runs `file` and gives the one line of JSON that it prints; rejects if it prints none. */
export function ask<T>(runtime: string, file: string, ...words: string[]): Promise<Answer<T>> {
  const [program, ...options] = [...RUNTIMES[runtime](file), ...words];
  const start = performance.now();
  // Nothing that is asked takes longer; a program that does not end is found out here.
  const limits = { timeout: 300_000, killSignal: "SIGKILL" } as const;
  const child = spawn(program, options, { cwd: import.meta.dirname, stdio: ["ignore", "pipe", "pipe"], ...limits });
  let said = "";
  let complained = "";
  let answered = 0;
  child.stdout.on("data", (text) => {
    said += text;
    if (answered === 0 && /^\{.*\n/m.test(said)) answered = performance.now() - start;
  });
  child.stderr.on("data", (text) => complained += text);
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => {
      const line = /^\{.*$/m.exec(said)?.[0];
      if (line !== undefined) return resolve({ value: JSON.parse(line), milliseconds: answered });
      const memory = /out of memory|heap limit|OOM/i.test(complained) || signal === "SIGKILL";
      if (!memory) console.error(complained);
      reject(new Error(memory ? "out of memory" : `ended with ${code ?? signal}`));
    });
  });
}

/** `--runtime deno,bun,node` and `--quick`, which every program of this folder takes. */
export function choices(): { runtimes: string[]; quick: boolean } {
  const { values } = parseArgs({
    options: { runtime: { type: "string" }, quick: { type: "boolean", default: false } },
    args: process.argv.slice(2),
  });
  return { runtimes: values.runtime?.split(",") ?? Object.keys(RUNTIMES), quick: values.quick };
}

/** The circumstances of a measurement that has no rivals. */
export function surroundings(server: string, rounds: number, seconds: number): Circumstances {
  return {
    date: new Date().toISOString(),
    commit: commit(),
    machine: machine(),
    server,
    serverPinned: server !== "" && availableParallelism() > 1,
    versions: {
      deno: firstLine("deno", "--version") ?? "not installed",
      bun: firstLine("bun", "--version") ?? "not installed",
      node: firstLine("node", "--version") ?? "not installed",
    },
    settings: { rounds, seconds, warmUp: 0 },
  };
}
