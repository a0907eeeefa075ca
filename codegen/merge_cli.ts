/**
 * `deno task codegen:merge`: shows what a source has that commands.json has not, and with `--write` adds drafts of new
 * commands to it. Words that are missing in commands that ours has are only reported: a person puts them in.
 *
 * @module
 */
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { connect } from "../mod.ts";
import { formatCommands } from "./format.ts";
import { compare, merge, report } from "./merge.ts";
import type { CommandsFile } from "./model.ts";
import { readDocs } from "./sources/docs.ts";
import { readFolder } from "./sources/folder.ts";
import { readLive } from "./sources/live.ts";
import type { Source } from "./sources/source.ts";

const HELP = `Compares a source of commands with commands.json.

  --from URL      a running server
  --folder DIR    the src/commands folder of Redis or Valkey, or of a module
  --docs FILE     a docs-style commands.json
  --module NAME   the module that a folder or file describes
  --family NAME   redis (the default) or valkey: whose versions a folder or file states
  --write         add drafts of new commands to commands.json
`;

const target = new URL("../commands.json", import.meta.url);

/** What there is to merge from. */
interface Given {
  from?: string;
  folder?: string;
  docs?: string;
  module?: string;
}

async function readSource(given: Given): Promise<Source> {
  if (given.folder !== undefined) {
    const names = (await readdir(given.folder)).filter((name) => name.endsWith(".json")).sort();
    const texts = await Promise.all(names.map((name) => readFile(join(given.folder!, name), "utf8")));
    return readFolder(given.folder, texts.map((text) => JSON.parse(text)), given.module);
  }
  if (given.docs !== undefined) {
    return readDocs(given.docs, JSON.parse(await readFile(given.docs, "utf8")), given.module);
  }
  const url = new URL(given.from!);
  await using redis = await connect(url);
  return await readLive(url.host, (name, ...args) => redis.call(name, ...args));
}

/** Runs the command line; gives the exit code. */
export async function main(args: string[]): Promise<number> {
  const text = { type: "string" } as const;
  const { values } = parseArgs({
    args,
    options: {
      from: text,
      folder: text,
      docs: text,
      module: text,
      family: text,
      write: { type: "boolean" },
      help: { type: "boolean", short: "h" },
    },
  });
  const sources = [values.from, values.folder, values.docs].filter((one) => one !== undefined).length;
  if (values.help || sources !== 1) {
    console.log(HELP);
    return values.help ? 0 : 2;
  }
  const file = JSON.parse(await readFile(target, "utf8")) as CommandsFile;
  const source = await readSource(values);
  const difference = compare(file, source);
  console.log(report(difference) || `commands.json has all ${source.commands.size} commands of ${source.label}`);
  if (values.write && difference.added.length > 0) {
    const live = "server" in source && source.server === "valkey";
    const family = values.family === "valkey" || live ? "valkey" : "redis";
    await writeFile(target, formatCommands(merge(file, source, family)));
    console.log(`commands.json: ${difference.added.length} drafts added`);
  }
  return 0;
}

if (process.argv[1] !== undefined && fileURLToPath(import.meta.url) === process.argv[1]) {
  process.exitCode = await main(process.argv.slice(2));
}
