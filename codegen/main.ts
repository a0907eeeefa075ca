/**
 * `deno task codegen`: writes `src/generated` from `commands.json`. With `--check` it writes nothing, and fails with the
 * first lines that differ.
 *
 * @module
 */
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createHash } from "node:crypto";
import process from "node:process";
import { fileURLToPath } from "node:url";
import type { CommandsFile } from "./model.ts";
import { printFiles } from "./print.ts";
import { validate } from "./validate.ts";

const root = new URL("../", import.meta.url);
const target = new URL("src/generated/", root);

/** The data, and the hash of it and of the generator. */
export async function readInput(): Promise<{ file: CommandsFile; hash: string }> {
  const source = await readFile(new URL("commands.json", root), "utf8");
  const hash = createHash("sha256").update(source);
  const here = new URL("codegen/", root);
  for (const name of (await readdir(here)).filter((name) => name.endsWith(".ts")).sort()) {
    if (PRINTERS.has(name)) hash.update(await readFile(new URL(name, here), "utf8"));
  }
  return { file: JSON.parse(source) as CommandsFile, hash: hash.digest("hex").slice(0, 16) };
}

/** The files of the generator that its output depends on. */
const PRINTERS = new Set(["arguments.ts", "method.ts", "names.ts", "print.ts", "reply.ts", "spec.ts", "values.ts"]);

/** The first lines in which two texts differ, or `undefined`. */
export function firstDifference(name: string, wanted: string, found: string | undefined): string | undefined {
  if (wanted === found) return undefined;
  if (found === undefined) return `${name}: missing`;
  const left = wanted.split("\n");
  const right = found.split("\n");
  const at = left.findIndex((line, index) => line !== right[index]);
  const line = at < 0 ? left.length : at;
  return `${name}:${line + 1}\n  generated: ${left[line] ?? "(end)"}\n  found:     ${right[line] ?? "(end)"}`;
}

async function readGenerated(): Promise<Map<string, string>> {
  const names = await readdir(target).catch(() => []);
  const files = new Map<string, string>();
  for (const name of names) files.set(name, await readFile(new URL(name, target), "utf8"));
  return files;
}

async function main(args: string[]): Promise<number> {
  const input = await readInput();
  const problems = validate(input.file);
  if (problems.length > 0) {
    console.error(`commands.json: ${problems.length} problems\n${problems.slice(0, 50).join("\n")}`);
    return 1;
  }
  const wanted = printFiles(input);
  const found = await readGenerated();
  const differences = [...wanted].flatMap(([name, text]) => firstDifference(name, text, found.get(name)) ?? []);
  differences.push(...[...found.keys()].filter((name) => !wanted.has(name)).map((name) => `${name}: not generated`));
  if (args.includes("--check")) {
    if (differences.length === 0) return 0;
    console.error(`src/generated is not what commands.json says; run "deno task codegen"\n${differences.join("\n")}`);
    return 1;
  }
  for (const [name, text] of wanted) if (found.get(name) !== text) await writeFile(new URL(name, target), text);
  for (const name of found.keys()) if (!wanted.has(name)) await rm(new URL(name, target));
  console.log(`src/generated: ${differences.length} of ${wanted.size} files changed`);
  return 0;
}

if (process.argv[1] !== undefined && fileURLToPath(import.meta.url) === process.argv[1]) {
  process.exitCode = await main(process.argv.slice(2));
}
