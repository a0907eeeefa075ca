/**
 * Makes the package as it is published, in a folder: what JSR gets, and what the npm package is packed of (`pack.ts`).
 *
 *     deno run -A .ci/build.ts FOLDER
 *
 * The folder is to be outside of the repository, whose .gitignore `deno publish` heeds.
 *
 * @module
 */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, posix, resolve } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { bundle } from "./bundle.ts";
import { declare } from "./declarations.ts";
import { ROOT } from "./programs.ts";

/** What comes along as it is: what the README and the pages show, and `commands.json`, which the generator reads. */
export const COPIED = [
  ...["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "LICENSE", "commands.json"],
  ...["docs/", "examples/", "bench/README.md", "bench/charts/"],
];

/** But not this: it runs on the tests' own means. */
const DEMO = /\/examples\/demo(?:\.ts)?$/;

/** What deno.json says of the package. */
export interface Settings {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly exports: Readonly<Record<string, string>>;
}

/** Writes the package into a folder that is empty, or not there yet. */
export function build(folder: string): void {
  if (existsSync(folder) && readdirSync(folder).length > 0) throw new Error(`${folder} is not empty`);
  const { name, version, license, exports }: Settings = JSON.parse(readFileSync(join(ROOT, "deno.json"), "utf8"));
  const entries = Object.values(exports).map((file) => posix.normalize(file));
  const names = entries.map((file) => file.replace(/\.ts$/, ""));
  mkdirSync(folder, { recursive: true });
  bundle(entries, resolve(folder));
  declare(names, folder);
  for (const entry of names) addTypes(folder, entry);
  for (const name of COPIED) {
    cpSync(join(ROOT, name), join(folder, name), { recursive: true, filter: (path) => !DEMO.test(path) });
  }
  leadSomewhere(folder);
  const built = Object.entries(exports).map(([entry, file]) => [entry, file.replace(/\.ts$/, ".js")]);
  const settings: Settings = { name, version, license, exports: Object.fromEntries(built) };
  writeFileSync(join(folder, "deno.json"), JSON.stringify(settings, null, 2) + "\n");
}

/** A page names what only the repository has, and does not link to it: nobody would find it here. */
function leadSomewhere(folder: string): void {
  for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    if (!name.endsWith(".md")) continue;
    const path = join(folder, name);
    const text = readFileSync(path, "utf8").replace(
      /\[([^\]]+)\]\(([^)#:]+)(?:#[^)]*)?\)/g,
      (link, words: string, target: string) => existsSync(join(path, "..", target)) ? link : words,
    );
    writeFileSync(path, text);
  }
}

/** Tells Deno and JSR where an entry's declarations are; TypeScript finds them beside it. */
function addTypes(folder: string, name: string): void {
  const path = join(folder, `${name}.js`);
  const types = `/* @ts-self-types="./${posix.basename(name)}.d.ts" */`;
  writeFileSync(path, `${types}\n${readFileSync(path, "utf8")}`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [folder] = process.argv.slice(2);
  if (folder === undefined) throw new Error("deno run -A .ci/build.ts FOLDER");
  build(resolve(folder));
}
