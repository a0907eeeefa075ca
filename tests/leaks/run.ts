/**
 * Runs the leak program in a process of its own, in the runtime that we are in.
 *
 * @module
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { fileURLToPath } from "node:url";

/** What the program says of itself; numbers that are not named here must be 0. */
export interface Leftovers {
  readonly kind: string;
  readonly count: number;
  readonly seconds: number;
  /** Live memory more than before. */
  readonly kilobytes: number;
  /** Whether garbage could be collected first, so that this means something. */
  readonly collected: boolean;
  readonly unheard: readonly string[];
  readonly [name: string]: unknown;
}

/** How the program ended, and what it said. */
export interface Outcome {
  readonly code: number | null;
  readonly output: string;
  /** `undefined` if it did not come so far. */
  readonly left: Leftovers | undefined;
}

const PROGRAM = fileURLToPath(new URL("./program.ts", import.meta.url));

function options(): string[] {
  if ("Deno" in globalThis) {
    const map = fileURLToPath(new URL("../support/offline.json", import.meta.url));
    return ["run", "-A", "--quiet", "--v8-flags=--expose-gc", `--import-map=${map}`];
  }
  if ("Bun" in globalThis) return [];
  return ["--expose-gc", ...process.execArgv.filter((option) => !/^--test|^--expose-gc/.test(option))];
}

/** Does the work of a kind so many times, and gives what was left. */
export async function leftovers(kind: string, count: number): Promise<Outcome> {
  const child = spawn(process.execPath, [...options(), PROGRAM, kind, String(count)]);
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => output += chunk);
  const [code] = await once(child, "close");
  const line = output.split("\n").find((line) => line.startsWith("{"));
  return { code, output, left: line === undefined ? undefined : JSON.parse(line) };
}
