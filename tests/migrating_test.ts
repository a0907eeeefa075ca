// Our column of the migration tables compiles: every call, every option, every name.
import { assert, assertEquals } from "@std/assert";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { ROOT } from "./release/built.ts";
import { Project } from "./release/run_program.ts";
import { run } from "./support/programs.ts";
import { test } from "./support/test.ts";

const noDeno = "Deno" in globalThis ? false : "Deno checks the types";

/** What the calls of the tables take for granted. */
const SCENE = `import * as respire from "MAIN";
import { connect, connectPool, defineScript, exponential, Redis } from "MAIN";
import { cache } from "CACHE";
import { type Cluster, connectCluster } from "CLUSTER";
import { primaryOf, replicaOf } from "SENTINEL";
import type { ClientOptions, PipelineOptions, PoolOptions, SubscribeOptions } from "MAIN";
declare const redis: Redis;
declare const pool: Redis;
declare const cluster: Cluster;
declare const s: respire.Session;
declare const url: string, hostname: string, port: number, username: string, password: string;
declare const path: string, reply: Record<string, string>;
declare function readFileSync(path: string, encoding: "utf8"): string;
declare const ca: string, cert: string, key: string, serverName: string, pem: string, lua: string, sha: string;
declare const database: number, longitude: number, latitude: number, member: string, milliseconds: number;
declare const frommember: string, byradius: { radius: number; unit: "km" };
declare const start: string, end: string, count: number, signal: AbortSignal;
declare const bump: ReturnType<typeof makeBump>;
const makeBump = () => defineScript({ lua, keys: ["counter"], args: ["by"] });
declare function log(...words: unknown[]): void;
declare function options(given: ClientOptions | PoolOptions | PipelineOptions | SubscribeOptions): void;
`;

/** Words of code that are no call: fields, keywords, the looks of a reply. */
const WORDS = /^(?:[a-z]\w*|await using|for await|[a-z]\w*: "\w+"|\[.*\])$/;

interface Row {
  readonly line: number;
  readonly theirs: string;
  readonly ours: string;
}

function rows(page: string): Row[] {
  return page.split("\n").flatMap((text, index) => {
    const cells = text.split(/(?<!\\)\|/).slice(1, -1).map((cell) => cell.trim().replaceAll("\\|", "|"));
    const [theirs, ours] = cells;
    return cells.length === 2 && !/^-+$/.test(theirs!) && ours !== "here"
      ? [{ line: index + 1, theirs: theirs!, ours: ours! }]
      : [];
  });
}

/** The pieces of code of a cell, but for what comes after an arrow: that is a reply. */
function code(cell: string): string[] {
  return Array.from(cell.matchAll(/(→ )?`([^`]+)`/g), ([, arrow, text]) => arrow ? "" : text!).filter((text) =>
    text !== ""
  );
}

/** A piece of code as a function may have it: options are given to somebody, names are taken from the package. */
function statement(text: string): string {
  if (text.startsWith("{ ...")) return `(${text});`;
  if (text.startsWith("{")) return `options(${text});`;
  if (/^[A-Z]\w*$/.test(text)) return `respire.${text};`;
  const types = /^import type \{ (.*) \} from "@respire\/redis"$/.exec(text)?.[1];
  return types ? `let _: ${types.replace(/\w+/g, "respire.$&").replaceAll(",", " |")};` : `${text};`;
}

/** The row as functions, so that each stands by itself; empty if there is nothing but words. */
function program({ line, theirs, ours }: Row): string {
  const spans = ours.startsWith("the same") ? [...code(theirs), ...code(ours)] : code(ours);
  return spans.filter((text) => !WORDS.test(text)).map((text, i) => {
    return `export async function line${line}_${i}() { ${statement(text)} }`;
  }).join("\n");
}

test("our column of the migration tables compiles", { skip: noDeno }, async () => {
  const table = rows(readFileSync(join(ROOT, "docs/migrating.md"), "utf8"));
  assert(table.length > 150, `only ${table.length} rows`);
  const programs = table.map(program);
  const checked = programs.filter((text) => text !== "").length;
  assert(checked > table.length * 0.9, `${checked} rows of ${table.length} hold code`);
  assertEquals(programs.filter((text) => text.includes("…")), []);
  using project = new Project();
  const text = `${SCENE}${programs.join("\n")}\n`.replaceAll('"MAIN"', JSON.stringify(join(ROOT, "mod.ts")))
    .replaceAll('"CACHE"', JSON.stringify(join(ROOT, "src/cache/mod.ts")))
    .replaceAll('"CLUSTER"', JSON.stringify(join(ROOT, "src/cluster/mod.ts")))
    .replaceAll('"SENTINEL"', JSON.stringify(join(ROOT, "src/sentinel/mod.ts")));
  project.write("table.ts", text);
  const settings = JSON.parse(readFileSync(join(ROOT, "deno.json"), "utf8"));
  project.write("deno.json", { compilerOptions: settings.compilerOptions });
  const { code: status, output } = await run([process.execPath, "check", "--quiet", "table.ts"], {
    cwd: project.folder,
  });
  assertEquals(status, 0, output);
});
