/**
 * Runs one program of this folder in a chosen runtime, in a process of its own, and takes what it says.
 *
 * @module
 */
import { spawn } from "node:child_process";
import { stripVTControlCharacters } from "node:util";
import { RUNTIMES } from "./contestants.ts";
import { listed, parsed } from "./options.ts";
import { type Circumstances, commit, firstLine, machine } from "./results.ts";
import type { Server } from "./server.ts";

/** What a program said, and how long it took from the start of its process to saying it. */
export interface Answer<T> {
  readonly value: T;
  readonly milliseconds: number;
}

/** Nothing that is asked takes longer, in seconds; a program that does not end is found out by this. */
const PATIENCE = 300;

/** Runs `file` and gives the one line of JSON that it prints; rejects if it prints none, with the reason that it told. */
export function ask<T>(runtime: string, file: string, ...words: string[]): Promise<Answer<T>> {
  return answer([...RUNTIMES[runtime](file), ...words]);
}

/** As `ask`, of any program. */
export function answer<T>([program, ...words]: readonly string[], patience = PATIENCE): Promise<Answer<T>> {
  const start = performance.now();
  const child = spawn(program, words, { cwd: import.meta.dirname, stdio: ["ignore", "pipe", "pipe"] });
  let late = false;
  const timer = setTimeout(() => late = child.kill("SIGKILL"), patience * 1000);
  let said = "";
  let complained = "";
  let answered = 0;
  child.stdout.on("data", (text) => {
    said += text;
    if (answered === 0 && /^\{.*\n/m.test(said)) answered = performance.now() - start;
  });
  child.stderr.on("data", (text) => complained += text);
  return new Promise((resolve, reject) => {
    child.once("error", (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.once("close", (code, signal) => {
      clearTimeout(timer);
      const line = /^\{.*$/m.exec(said)?.[0];
      if (line !== undefined) return resolve({ value: JSON.parse(line), milliseconds: answered });
      reject(new Error(late ? `took more than ${patience} s` : reason(complained, code, signal)));
    });
  });
}

/** Why a program said nothing: the line of its complaints that names an error, or the last; who is killed has none. */
function reason(complained: string, code: number | null, signal: string | null): string {
  const lines = stripVTControlCharacters(complained).split("\n").map((line) => line.replace(/^[#\s]+/, "")).filter((
    line,
  ) => line !== "");
  const telling = lines.find((line) => /^(?:fatal|panic|uncaught|\w*error)\b/i.test(line));
  // Deno puts these words before any error.
  if (telling !== undefined) return telling.replace(/^error: (?:Uncaught (?:\(in promise\) )?)?/, "");
  return signal === null ? lines.at(-1) ?? `ended with ${code}` : `ended by ${signal}`;
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
  /** What else the program may be told, each with a value. */
  readonly more: Readonly<Record<string, string | undefined>>;
}

/** What the command line says; `things` are what `--only` may name, `more` the options that this program has besides. */
export function choices(things: readonly string[] = [], more: readonly string[] = []): Choices {
  const common = {
    runtime: { type: "string" },
    quick: { type: "boolean", default: false },
    out: { type: "string" },
  } as const;
  const own = [...(things.length > 0 ? ["only"] : []), ...more];
  const texts = Object.fromEntries(own.map((name) => [name, { type: "string" } as const]));
  const values = parsed({ ...common, ...texts });
  const told = values as unknown as Record<string, string | undefined>;
  const runtimes = listed("runtime", values.runtime, Object.keys(RUNTIMES)) ?? Object.keys(RUNTIMES);
  const only = listed("only", told.only, things) ?? things;
  const whole = !values.quick && runtimes.length === Object.keys(RUNTIMES).length && only.length === things.length;
  return { runtimes, quick: values.quick, out: values.out, only, whole, more: told };
}

/** The circumstances of a measurement that has no rivals; without a server if it asks none. */
export function surroundings(rounds: number, seconds: number, server?: Server): Circumstances {
  return {
    date: new Date().toISOString(),
    commit: commit(),
    machine: machine(),
    server: server?.version ?? "none",
    serverPinned: server?.pinned ?? false,
    versions: {
      deno: firstLine("deno", "--version") ?? "not installed",
      bun: firstLine("bun", "--version") ?? "not installed",
      node: firstLine("node", "--version") ?? "not installed",
    },
    settings: { rounds, seconds, warmUp: 0 },
  };
}
