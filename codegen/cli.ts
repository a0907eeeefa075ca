/**
 * Writes a client for *your* server: a module whose methods are the commands that this server has, its modules' included,
 * typed as far as anybody knows, and whose pipelines, transactions and sessions have them, too.
 *
 * ```sh
 * deno run -A jsr:@respire/redis/codegen --from redis://127.0.0.1:6379 --out my_redis.ts --import jsr:@respire/redis
 * ```
 *
 * With `--only` it has some commands and nothing else, for bundles that must be small. `--help` tells the rest.
 *
 * From a program:
 *
 * ```ts no-run
 * import { generate } from "@respire/redis/codegen";
 *
 * const { text } = await generate({ from: "redis://127.0.0.1:6379", only: ["get", "set", "@stream"] });
 * console.log(text);
 * ```
 *
 * @module
 */
import { realpathSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { firstDifference } from "./differences.ts";
import { harmless } from "./docs.ts";
import { fit } from "./fit.ts";
import { compare, report } from "./merge.ts";
import { MARK, printModule, SOCKETS, type Sockets } from "./module.ts";
import { readOurs } from "./ours.ts";
import {
  boundToSessions,
  chooseCommands,
  chooseFeatures,
  commandsOf,
  FEATURES,
  neededFeatures,
  SelectError,
  withCommands,
} from "./select.ts";
import { isServer, readSource, SourceError, withoutPassword } from "./sources/read.ts";
import type { Source } from "./sources/source.ts";

const HELP = `Writes a client for your server: its commands, those of its modules, and nothing it has not.

Usage
  deno run -A jsr:@respire/redis/codegen [options]
  bun node_modules/@respire/redis/codegen/cli.js [options]
  node node_modules/@respire/redis/codegen/cli.js [options]

What the module is to have
  --from SOURCE   where the commands come from:
                    redis://HOST:PORT   a running server (also rediss://, unix:), Redis 7 or Valkey
                    FOLDER              command files, as in src/commands of Redis and Valkey
                    FILE.json           a file in the form of Redis' documentation
                  Left out: every command that this release knows.
  --module NAME   the module that the folder or file describes, if it is one's
  --only LIST     these commands and no others: get,set,"config get",ft.search; @hash is a whole group
  --with LIST     what the client has beside commands: ${FEATURES.join(", ")}
                  ("all", which is all but cluster, without --only; "none" with it). all,cluster gives connectCluster as
                  well. What a command needs comes along.
  --sockets NAME  open sockets in one way only: node (for Node, Deno and Bun), or cloudflare (for Workers). Left out:
                  in the way of the runtime that the module runs in, except Workers

What becomes of it
  --out FILE      write it there; printed if left out
  --check         write nothing; fail with the first difference if FILE is not what would be written
  --diff          write nothing; tell what the source has that this release does not know
  --import FROM   where the module imports the client from: a package (@respire/redis unless given, for Deno without
                  an import map jsr:@respire/redis), or a pattern such as ../redis/src/*/mod.ts
  --help          this

Examples
  --from redis://127.0.0.1:6379 --out my_redis.ts
  --only get,set,@stream --with pipeline --out small_redis.ts
  --from redis://127.0.0.1:6379 --out my_redis.ts --check
`;

/** What {@link generate} needs to know. All are optional; `--help` explains each. */
export interface GenerateOptions {
  /** A server's URL, a folder, or a file; every command that this release knows unless given. */
  readonly from?: string | undefined;
  /** The module that a folder or file describes, if it is one's. */
  readonly module?: string | undefined;
  /** Names of commands, or of groups with an `@`; all that the source has unless given. */
  readonly only?: readonly string[] | undefined;
  /** What the client has beside commands; everything unless `only` is given. */
  readonly with?: readonly string[] | undefined;
  /** Whose sockets it opens, `"node"` or `"cloudflare"`; those of the runtime that it is in unless given. */
  readonly sockets?: string | undefined;
  /** Where the module imports the client from: a package, or a pattern whose `*` is `client`, `command` and the like. */
  readonly import?: string | undefined;
}

/**
 * The text of a module.
 *
 * @throws {Error} if the source cannot be read, or lacks what was asked for: with a message for people.
 *
 * @example Two commands and pipelines, from what this release knows
 * ```ts no-run
 * import { generate } from "@respire/redis/codegen";
 *
 * const { text } = await generate({ only: ["get", "set"], with: ["pipeline"] });
 * console.log(text);
 * ```
 */
export async function generate(options: GenerateOptions = {}): Promise<Generated> {
  const { only } = options;
  const ours = await readOurs();
  const source = options.from === undefined ? undefined : await readSource(options.from, options.module);
  const { file: whole, title, drafted, left } = source === undefined
    ? { file: ours, title: "Redis, Valkey and their modules", drafted: [], left: new Map<string, string>() }
    : blaming(source, () => fit(ours, source));
  const features = chooseFeatures(options.with ?? [only === undefined ? "all" : "none"]);
  const chosen = only === undefined ? whole : chooseCommands(whole, only, ours, left);
  const bound = only === undefined || features.has("session") ? [] : boundToSessions(chosen, only);
  const file = bound.length === 0
    ? chosen
    : withCommands(chosen, commandsOf(chosen).filter(([name]) => !bound.includes(name)));
  for (const feature of neededFeatures(file, features)) features.add(feature);
  const sockets = chooseSockets(options.sockets);
  const text = blaming(
    source,
    () => printModule({ file, title, features, from: options.import ?? "@respire/redis", sockets }),
  );
  // What was not asked for needs no excuse; what was and has no method has thrown.
  const unasked = only === undefined ? left : new Map<string, string>();
  return { text, title, drafted: drafted.filter((name) => name in file), left: unasked, bound };
}

/** Does what may fail by what a source says, which is then told as any other that cannot be read. */
function blaming<T>(source: Source | undefined, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (source === undefined) throw error;
    throw new SourceError(`${source.label}: no module can be made of it (${(error as Error).message})`, {
      cause: error,
    });
  }
}

function chooseSockets(name: string | undefined): Sockets | undefined {
  if (name === undefined || SOCKETS.includes(name as Sockets)) return name as Sockets | undefined;
  throw new SelectError(`there are no sockets ${name}; there are ${SOCKETS.join(", ")}`);
}

/** What {@link generate} gives. */
export interface Generated {
  /** The module. */
  readonly text: string;
  /** What it is for: `"Redis 7.0.15 with search 1.2.2"`. */
  readonly title: string;
  /** The commands that this release does not know: typed by what the source says of them. */
  readonly drafted: readonly string[];
  /** Commands of the source that have no method, and why: `call` sends them. None where `only` says what is wanted. */
  readonly left: ReadonlyMap<string, string>;
  /** Commands that only sessions have, which a group in `only` does not bring: who wants them names them, or sessions. */
  readonly bound: readonly string[];
}

/** The names of an option that may be given more than once, each time with several (`get,set`); none between commas is a slip. */
function list(texts: readonly string[] | undefined, option: string): string[] | undefined {
  if (texts === undefined) return undefined;
  const items = texts.join().split(",").map((item) => item.trim());
  if (items.includes("")) throw new SelectError(`--${option} expects names with commas between`);
  return items;
}

/** Runs the command line and gives the exit code: 0, 1 if `--check` found a difference or something failed, 2 for wrong use. */
export async function main(args: string[]): Promise<number> {
  try {
    return await run(args);
  } catch (error) {
    const { name, message } = error as Error;
    const code = (error as { code?: string }).code ?? "";
    if (code.startsWith("ERR_PARSE_ARGS")) {
      // It shows the argument: a URL, where --from was forgotten.
      console.error(`${withoutPassword(message)}\nTry --help.`);
      return 2;
    }
    if (name !== "SourceError" && name !== "SelectError") throw error;
    console.error(harmless(message));
    return 1;
  }
}

async function run(args: string[]): Promise<number> {
  const text = { type: "string" } as const;
  const texts = { type: "string", multiple: true } as const;
  const is = { type: "boolean" } as const;
  const { values } = parseArgs({
    args,
    options: {
      ...{ from: text, module: text, only: texts, with: texts, sockets: text, out: text, import: text },
      ...{ check: is, diff: is, help: { ...is, short: "h" } },
    },
  });
  if (values.help || args.length === 0) {
    console.log(HELP);
    return values.help ? 0 : 2;
  }
  const odd = misuse(values);
  if (odd !== undefined) {
    console.error(`${odd}\nTry --help.`);
    return 2;
  }
  if (values.diff) return await diff(values.from, values.module);
  const options: GenerateOptions = {
    from: values.from,
    module: values.module,
    only: list(values.only, "only"),
    with: list(values.with, "with"),
    sockets: values.sockets,
    import: values.import,
  };
  if (values.check && values.out === undefined) throw new SelectError("--check needs --out: the file to compare");
  const found = values.out === undefined ? undefined : await readWritten(values.out);
  if (found !== undefined && !found.startsWith(MARK)) {
    throw new SelectError(
      `${values.out} exists and was not written by this program: choose another name, or delete it`,
    );
  }
  const generated = await generate(options);
  if (values.out === undefined) {
    process.stdout.write(generated.text);
    tellOmissions(generated, console.error);
  } else if (values.check) return check(values.out, generated.text, found);
  else await write(values.out, generated, found);
  return 0;
}

/** What is wrong with options that mean nothing together. */
function misuse(values: { readonly [name: string]: unknown }): string | undefined {
  const { diff, module, from } = values;
  const idle = ["out", "check", "only", "with", "sockets", "import"].find((name) => values[name] !== undefined);
  if (diff && idle !== undefined) return `--${idle} means nothing beside --diff, which makes no module`;
  if (module !== undefined && (from === undefined || isServer(String(from)))) {
    return "--module is for a folder or a file: a server names its modules itself";
  }
  return undefined;
}

/** What is there already. What cannot be read is not for that reason ours to overwrite. */
async function readWritten(name: string): Promise<string | undefined> {
  try {
    return await readFile(name, "utf8");
  } catch (error) {
    if ((error as { code?: string }).code === "ENOENT") return undefined;
    throw new SourceError(`${name}: ${(error as Error).message}`, { cause: error });
  }
}

const HASH = /^\/\/ Hash of .*$/m;

function check(name: string, text: string, found: string | undefined): number {
  // Git may have checked it out with the ends of lines that Windows has.
  const read = text === found ? found : found?.replaceAll("\r\n", "\n");
  // The hash differs wherever something does: it is told only where nothing else is.
  const same = read?.replace(HASH, HASH.exec(text)![0]);
  const difference = firstDifference(name, text, same) ?? firstDifference(name, text, read);
  if (difference === undefined) return 0;
  console.error(`${difference}\nWrite it again without --check.`);
  return 1;
}

async function write(name: string, generated: Generated, found: string | undefined): Promise<void> {
  const { text, title } = generated;
  if (found !== text) {
    try {
      await writeFile(name, text);
    } catch (error) {
      throw new SourceError(`${name}: ${(error as Error).message}`, { cause: error });
    }
  }
  console.log(`${name}: ${found === text ? "unchanged" : "written"}, for ${title}`);
  tellOmissions(generated, console.log);
}

/** Tells what the module lacks, of types or altogether. */
function tellOmissions({ drafted, left, bound }: Generated, tell: (line: string) => void): void {
  if (drafted.length > 0) tell(`Known only by what the source says of them: ${drafted.join(", ")}`);
  if (bound.length > 0) {
    tell(`Only sessions have these, which a group does not bring (name them, or --with session): ${bound.join(", ")}`);
  }
  for (const why of new Set(left.values())) {
    const names = [...left.keys()].filter((command) => left.get(command) === why);
    tell(harmless(`Without a method, to be sent with call() (${why}): ${names.join(", ")}`));
  }
}

async function diff(from: string | undefined, module: string | undefined): Promise<number> {
  if (from === undefined) throw new SelectError("--diff needs --from: the source to compare with");
  const [ours, source] = await Promise.all([readOurs(), readSource(from, module)]);
  const found = blaming(source, () =>
    report(compare(ours, source), "this release") ||
    `This release knows all ${source.commands.size} commands of ${isServer(from) ? fit(ours, source).title : from}.`);
  console.log(found);
  return 0;
}

/** Whether this file is what was started, where the runtime does not say so itself. */
function isStarted(): boolean {
  try {
    return import.meta.url === pathToFileURL(realpathSync(process.argv[1])).href;
  } catch {
    return false; // `node app` for app.js, or words behind `node -e`
  }
}

if ((import.meta as { main?: boolean }).main ?? isStarted()) process.exitCode = await main(process.argv.slice(2));
