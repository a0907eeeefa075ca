/**
 * Packs the npm package that JSR's npm layer makes of us: the files that are published, under the name
 * `@jsr/respire__redis`, and what npm wants to know.
 *
 *     deno run -A .ci/pack.ts [FOLDER [BUILT]]
 *
 * BUILT is what `build.ts` made; it is built now unless given.
 *
 * @module
 */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { build, type Settings } from "./build.ts";
import { ROOT, run } from "./programs.ts";

/** What package.json says beside that. */
interface Manifest {
  readonly description: string;
  readonly keywords: readonly string[];
  readonly engines: Readonly<Record<string, string>>;
}

/** The name that JSR's npm layer gives to a package: `@scope/name` becomes `@jsr/scope__name`. */
export function npmName(name: string): string {
  return `@jsr/${name.slice(1).replace("/", "__")}`;
}

/** Writes the tarball of a package that `build` made into a folder, and gives its path. */
export function pack(built: string, folder: string): string {
  const work = mkdtempSync(join(tmpdir(), "respire-pack-"));
  try {
    const content = join(work, "package");
    cpSync(built, content, { recursive: true });
    const settings: Settings = JSON.parse(readFileSync(join(built, "deno.json"), "utf8"));
    const own: Manifest = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
    rmSync(join(content, "deno.json"));
    writeFileSync(join(content, "package.json"), JSON.stringify(describe(settings, own), null, 2) + "\n");
    mkdirSync(folder, { recursive: true });
    const file = join(folder, `${npmName(settings.name).slice(1).replace("/", "-")}-${settings.version}.tgz`);
    run("tar", "-czf", resolve(file), "-C", work, "package");
    return file;
  } finally {
    rmSync(work, { recursive: true });
  }
}

/** The same of what is built now. */
export function buildAndPack(folder: string): string {
  const built = mkdtempSync(join(tmpdir(), "respire-built-"));
  try {
    build(built);
    return pack(built, folder);
  } finally {
    rmSync(built, { recursive: true });
  }
}

function describe({ name, version, license, exports }: Settings, { description, keywords, engines }: Manifest): object {
  const files = Object.entries(exports).map(([entry, file]) =>
    [entry, { types: file.replace(/\.js$/, ".d.ts"), default: file }] as const
  );
  return {
    ...{ name: npmName(name), version, description, keywords, license },
    ...{ type: "module", sideEffects: false, engines, exports: Object.fromEntries(files) },
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [folder = ".", built] = process.argv.slice(2);
  console.log(built === undefined ? buildAndPack(folder) : pack(built, folder));
}
