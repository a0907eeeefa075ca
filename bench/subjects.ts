/**
 * Runs one program of this folder in a chosen runtime, in a process of its own, and takes what it says.
 *
 * @module
 */
import { spawn } from "node:child_process";
import { availableParallelism } from "node:os";
import { RUNTIMES } from "./contestants.ts";
import { listed, parsed } from "./options.ts";
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

/** What every program of this folder may be told. */
export interface Choices {
  /** `--runtime deno,bun,node`. */
  readonly runtimes: string[];
  /** `--quick`: a short look. */
  readonly quick: boolean;
  /** `--out FOLDER`: where the results go. */
  readonly out: string | undefined;
  /** `--only NAME,…` of the things that this program measures. */
  readonly only: readonly string[];
  /** Everything, everywhere, at full length: worth keeping. */
  readonly whole: boolean;
}

/** What the command line says; `things` are what `--only` may name. */
export function choices(things: readonly string[] = []): Choices {
  const common = {
    runtime: { type: "string" },
    quick: { type: "boolean", default: false },
    out: { type: "string" },
  } as const;
  const values = parsed(things.length > 0 ? { ...common, only: { type: "string" } as const } : common);
  const runtimes = listed("runtime", values.runtime, Object.keys(RUNTIMES)) ?? Object.keys(RUNTIMES);
  const only = listed("only", (values as { only?: string }).only, things) ?? things;
  const whole = !values.quick && runtimes.length === Object.keys(RUNTIMES).length && only.length === things.length;
  return { runtimes, quick: values.quick, out: values.out, only, whole };
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
