/**
 * `deno task codegen`: writes `src/generated` from `commands.json`. With `--check` it writes nothing, and fails with the
 * first lines that differ; with `--stats` it only counts what the data covers.
 *
 * @module
 */
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createHash } from "node:crypto";
import process from "node:process";
import { fileURLToPath } from "node:url";
import type { CommandsFile } from "./model.ts";
import { differences } from "./differences.ts";
import { assembleMorph } from "./morph.ts";
import { printFiles } from "./print.ts";
import { proofTable, readProof } from "./proof.ts";
import { stats } from "./stats.ts";
import { validate } from "./validate.ts";

const root = new URL("../", import.meta.url);
const target = new URL("src/generated/", root);

/** The data, and its hash. */
export async function readInput(): Promise<{ file: CommandsFile; hash: string }> {
  const source = await readFile(new URL("commands.json", root), "utf8");
  const hash = createHash("sha256").update(source).digest("hex").slice(0, 16);
  return { file: JSON.parse(source) as CommandsFile, hash };
}

/** The generated files as they are. */
export async function readGenerated(): Promise<Map<string, string>> {
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
  if (args.includes("--stats")) {
    console.log(`${stats(input.file)}\n\n${proofTable(await readProof(), input.file)}`);
    return 0;
  }
  const wanted = printFiles(input, assembleMorph);
  const found = await readGenerated();
  const changes = differences(wanted, found);
  if (args.includes("--check")) {
    if (changes.length === 0) return 0;
    console.error(`src/generated is not what commands.json says; run "deno task codegen"\n${changes.join("\n")}`);
    return 1;
  }
  for (const [name, text] of wanted) if (found.get(name) !== text) await writeFile(new URL(name, target), text);
  for (const name of found.keys()) if (!wanted.has(name)) await rm(new URL(name, target));
  console.log(`src/generated: ${changes.length} of ${wanted.size} files changed`);
  return 0;
}

if (process.argv[1] !== undefined && fileURLToPath(import.meta.url) === process.argv[1]) {
  process.exitCode = await main(process.argv.slice(2));
}
