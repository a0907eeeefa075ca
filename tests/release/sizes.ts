/**
 * What a program pays for us when it is bundled: bytes, minified, and after gzip. It has us as JSR's npm layer gives us:
 * built, and without a word on side effects.
 *
 *     deno run -A tests/release/sizes.ts            # shows them
 *     deno run -A tests/release/sizes.ts --write    # and writes the table in docs/runtimes.md
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import { builtPackage, ROOT } from "./built.ts";
import { Project } from "./run_program.ts";

const ESBUILD = join(ROOT, "node_modules/.bin/esbuild");

/** Programs of one line or little more, by what they use. */
export const PROGRAMS: Readonly<Record<string, string>> = {
  "connect": 'export { connect } from "@respire/redis";',
  "connect, in Workers": 'export { connect } from "@respire/redis/cloudflare";',
  "connect and cache": 'export { connect } from "@respire/redis"; export { cache } from "@respire/redis/cache";',
  "connectCluster": 'export { connectCluster } from "@respire/redis/cluster";',
  "a client without commands": `import { BareClient, connectTransport, open } from "@respire/redis/client";
    export const connect = () => open({ client: BareClient }, connectTransport);`,
  "two commands": 'export { connect } from "./generated.ts";',
  "two commands, of a cluster": 'export { connectCluster } from "./generated.ts";',
  "an error": 'export { ReplyError } from "@respire/redis";',
  "the protocol": 'export { Decoder, Encoder } from "@respire/redis/resp";',
};

/** Bytes of a bundle. */
export interface Size {
  readonly minified: number;
  readonly gzipped: number;
}

/** Bundles a program, and weighs it. @param flag What our package.json says beside the entries. */
export function weigh(program: string, flag: object = {}): Size {
  using project = new Project();
  project.copy(builtPackage(), "node_modules/@respire/redis");
  const { name, exports } = JSON.parse(readFileSync(join(builtPackage(), "deno.json"), "utf8"));
  project.write("node_modules/@respire/redis/package.json", { name, type: "module", exports, ...flag });
  project.write("program.ts", program);
  if (program.includes("./generated.ts")) {
    generate(project, ...program.includes("connectCluster") ? ["--with", "cluster"] : []);
  }
  const options = ["--bundle", "--minify", "--format=esm", "--platform=neutral", "--log-level=error"];
  const outside = ["--external:node:*", "--external:cloudflare:*"];
  const stdout = run(ESBUILD, project, "program.ts", ...options, ...outside);
  return { minified: stdout.length, gzipped: gzipSync(stdout, { level: 9 }).length };
}

/** Writes a client with two commands, by the generator that was installed. */
function generate(project: Project, ...more: string[]): void {
  const generator = ["run", "-A", "--quiet", "--no-config", "node_modules/@respire/redis/codegen/cli.js"];
  run(process.execPath, project, ...generator, "--only", "get,set", ...more, "--out", "generated.ts");
}

function run(program: string, { folder }: Project, ...args: string[]): Uint8Array {
  const { status, stdout, stderr, error } = spawnSync(program, args, { cwd: folder, maxBuffer: 1 << 26 });
  if (error) throw error;
  if (status !== 0) throw new Error(stderr.toString());
  return stdout;
}

/** The page with the table, and what a reader finds there for each program. */
export const PAGE = join(ROOT, "docs/runtimes.md");
export const ROWS: Readonly<Record<string, string>> = {
  "connect": "`connect`, with all commands",
  "connect, in Workers": "`connect` of `@respire/redis/cloudflare`",
  "connect and cache": "`connect`, and `cache` of `@respire/redis/cache`",
  "connectCluster": "`connectCluster` of `@respire/redis/cluster`",
  "a client without commands": "a client without commands: [those that it needs](codegen.md) come on top",
  "two commands": "a client with `get` and `set`, as the generator writes it",
  "two commands, of a cluster": "the same for a cluster (`--with cluster`)",
  "an error": "`ReplyError`, to compare with",
  "the protocol": "`Encoder` and `Decoder` of `@respire/redis/resp`",
};
const START = "<!-- sizes -->";
const END = "<!-- /sizes -->";

/** The lines of the table as the page has it, each cut into its cells, without the two of the head. */
export function told(): string[][] {
  const page = readFileSync(PAGE, "utf8");
  const lines = page.slice(page.indexOf(START), page.indexOf(END)).split("\n").filter((line) => line.startsWith("|"));
  return lines.slice(2).map((line) => line.slice(1, -1).split("|").map((cell) => cell.trim()));
}

const kilobytes = (bytes: number): string => (bytes / 1000).toFixed(1);

/** Writes the table into the page, in the form that `deno fmt` gives it. */
function tell(sizes: Readonly<Record<string, Size>>): void {
  const rows = [["what it imports", "minified", "gzip"], ["", "", ""]];
  for (const [name, { minified, gzipped }] of Object.entries(sizes)) {
    rows.push([ROWS[name]!, kilobytes(minified), kilobytes(gzipped)]);
  }
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]!.length)));
  const lines = rows.map((row, i) =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column]!, i === 1 ? "-" : " ")).join(" | ")} |`
  );
  const page = readFileSync(PAGE, "utf8");
  const [before, after] = [page.indexOf(START) + START.length, page.indexOf(END)];
  writeFileSync(PAGE, `${page.slice(0, before)}\n\n${lines.join("\n")}\n\n${page.slice(after)}`);
}

if (process.argv[1] !== undefined && pathToFileURL(process.argv[1]).href === import.meta.url) {
  const sizes = Object.fromEntries(Object.entries(PROGRAMS).map(([name, program]) => [name, weigh(program)]));
  for (const [name, { minified, gzipped }] of Object.entries(sizes)) {
    const [before, after] = [minified, gzipped].map((bytes) => kilobytes(bytes).padStart(6));
    console.log(`${name.padEnd(28)}${before} kB minified  ${after} kB gzipped`);
  }
  if (process.argv.includes("--write")) tell(sizes);
}
