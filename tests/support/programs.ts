/**
 * Programs that tests run to their end.
 *
 * @module
 */
import { spawn } from "node:child_process";
import process from "node:process";

/** How a program ended, and what it printed. */
export interface Outcome {
  readonly code: number | null;
  /** All of it, in the order in which it came. */
  readonly output: string;
  /** What went to standard output. */
  readonly printed: string;
  /** What went to standard error. */
  readonly errors: string;
}

/** Runs a program to its end. It has nothing to read, and is told not to colour what it prints. */
export function run(
  [program, ...args]: readonly string[],
  options: { readonly cwd: string; readonly env?: Readonly<Record<string, string>> },
): Promise<Outcome> {
  const env = { ...process.env, NO_COLOR: "1", ...options.env };
  const child = spawn(program!, args, { cwd: options.cwd, env, stdio: ["ignore", "pipe", "pipe"] });
  let output = "", printed = "", errors = "";
  child.stdout.on("data", (chunk) => (printed += chunk, output += chunk));
  child.stderr.on("data", (chunk) => (errors += chunk, output += chunk));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, output, printed, errors }));
  });
}
