/**
 * `deno task merge`: shows what a source has that commands.json has not, and with `--write` adds drafts of new commands
 * to it. Words that are missing in commands that ours has are only reported: a person puts them in.
 *
 * @module
 */
import { readFile, writeFile } from "node:fs/promises";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { formatCommands } from "./format.ts";
import { compare, merge, report } from "./merge.ts";
import type { CommandsFile } from "./model.ts";
import { readSource, SourceError, withoutPassword } from "./sources/read.ts";

const HELP = `Compares a source of commands with commands.json, and shows what a person has to review:
commands and words that ours has not, facts that differ, what could not be decided.

  --from SOURCE   a running server (redis://…), the src/commands folder of Redis or Valkey, or a docs-style file
  --module NAME   the module that a folder or file describes
  --family NAME   redis (unless given) or valkey: whose versions a folder or file states
  --write         add drafts of new commands to commands.json; each has the reply "any" until somebody knows better
`;

const target = new URL("../commands.json", import.meta.url);

/** Runs the command line; gives the exit code. */
export async function main(args: string[], file: URL = target): Promise<number> {
  const values = read(args);
  if (values === undefined) return 2;
  if (values.help || values.from === undefined) {
    console.log(HELP);
    return values.help ? 0 : 2;
  }
  if (values.family !== undefined && values.family !== "redis" && values.family !== "valkey") {
    console.error("--family is redis or valkey");
    return 2;
  }
  try {
    await run(values.from, values.module, values.family, values.write ?? false, file);
    return 0;
  } catch (error) {
    if (!(error instanceof SourceError)) throw error;
    console.error(error.message);
    return 1;
  }
}

/** What the command line says, or `undefined` where it is wrong, which is told. */
function read(args: string[]) {
  const text = { type: "string" } as const;
  const is = { type: "boolean" } as const;
  const options = { from: text, module: text, family: text, write: is, help: { ...is, short: "h" } } as const;
  try {
    return parseArgs({ args, options }).values;
  } catch (error) {
    console.error(withoutPassword((error as Error).message));
    return undefined;
  }
}

async function run(
  from: string,
  module: string | undefined,
  family: "redis" | "valkey" | undefined,
  write: boolean,
  target: URL,
): Promise<void> {
  const ours = JSON.parse(await readFile(target, "utf8")) as CommandsFile;
  const source = await readSource(from, module);
  const difference = compare(ours, source);
  console.log(report(difference) || `commands.json has all ${source.commands.size} commands of ${source.label}`);
  if (!write || difference.added.length === 0) return;
  const isValkey = "server" in source && source.server === "valkey";
  await writeFile(target, formatCommands(merge(ours, source, family ?? (isValkey ? "valkey" : "redis"))));
  console.log(
    `commands.json: ${difference.added.length} drafts added; fill in what they do not know, then run codegen`,
  );
}

if (process.argv[1] !== undefined && fileURLToPath(import.meta.url) === process.argv[1]) {
  process.exitCode = await main(process.argv.slice(2));
}
