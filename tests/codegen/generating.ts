/**
 * Runs the users' generator as users do, in the runtime that the test runs in, and type-checks what it wrote.
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath, pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import { type Outcome, run } from "../support/programs.ts";

/** The repository. */
export const ROOT: string = fileURLToPath(new URL("../..", import.meta.url));

const CLI = join(ROOT, "codegen/cli.ts");
const TSC = join(ROOT, "node_modules/typescript/bin/tsc");

const inDeno = "Deno" in globalThis;

/** Why types cannot be checked here, or `false`. */
export const noCompiler: string | false = inDeno || existsSync(TSC) ? false : "npm install brings the compiler";

const ESBUILD = join(ROOT, "node_modules/.bin/esbuild");

/** Why nothing can be bundled here, or `false`. */
export const noBundler: string | false = existsSync(ESBUILD) ? false : "npm install brings the bundler";

/** How this runtime runs a TypeScript file. */
function command(file: string): string[] {
  if (inDeno) {
    const map = `--import-map=${join(ROOT, "tests/support/offline.json")}`;
    return [process.execPath, "run", "-A", "--quiet", "--no-check", map, file];
  }
  return "Bun" in globalThis ? [process.execPath, file] : [process.execPath, "--import", "tsx", file];
}

/** A folder for what is generated; it goes with the test. */
export class Workshop implements Disposable {
  readonly folder: string = realpathSync(mkdtempSync(join(tmpdir(), "respire-codegen-")));

  /** Where a file of it is. */
  path(name: string): string {
    return join(this.folder, name);
  }

  /** What a file holds. */
  read(name: string): string {
    return readFileSync(this.path(name), "utf8");
  }

  /** Writes a file. */
  write(name: string, text: string): void {
    writeFileSync(this.path(name), text);
  }

  /** Runs the generator in the folder, on the client of this repository. */
  generate(...args: string[]): Promise<Outcome> {
    const imports = args.includes("--import") ? [] : ["--import", `${ROOT.replace(/\/$/, "")}/src/*/mod.ts`];
    // Node takes packages from the folder it is started in.
    const absolute = args.map((arg, at) => args[at - 1] === "--out" ? this.path(arg) : arg);
    return run([...command(CLI), ...absolute, ...imports], { cwd: ROOT });
  }

  /** Loads a module that was generated. */
  // deno-lint-ignore no-explicit-any
  load(name: string): Promise<any> {
    return import(pathToFileURL(this.path(name)).href);
  }

  /** Checks the types of files as strictly as it gets. */
  check(...names: string[]): Promise<Outcome> {
    const files = names.map((name) => this.path(name));
    if (inDeno) return run([process.execPath, "check", "--quiet", ...files], { cwd: this.folder });
    const strict = ["--strict", "--noImplicitOverride", "--noUnusedLocals", "--noUnusedParameters"];
    const modules = ["--module", "preserve", "--moduleResolution", "bundler", "--allowImportingTsExtensions"];
    const libraries = ["--target", "esnext", "--lib", "esnext,dom,dom.iterable", "--types", "node,deno"];
    const types = ["--typeRoots", join(ROOT, "node_modules/@types"), "--skipLibCheck"];
    const args = [...strict, "--noEmit", "--ignoreConfig", ...modules, ...libraries, ...types];
    return run([process.execPath, TSC, ...args, ...files], { cwd: this.folder });
  }

  /** Bundles a module for production: how many bytes of each file are in it, and how many it has in all. */
  bundle(name: string): { files: { path: string; bytes: number }[]; gzip: number } {
    const words = [this.path(name), "--bundle", "--minify", "--format=esm", "--external:node:*", "--log-level=error"];
    const meta = this.path("meta.json");
    const { status, stdout, stderr } = spawnSync(ESBUILD, [
      ...words,
      `--metafile=${meta}`,
      `--outfile=${this.path("b.js")}`,
    ]);
    if (status !== 0) throw new Error(`${stdout}${stderr}`);
    const { outputs } = JSON.parse(readFileSync(meta, "utf8")) as {
      outputs: Record<string, { inputs: Record<string, { bytesInOutput: number }> }>;
    };
    const inputs = Object.values(outputs).flatMap((output) => Object.entries(output.inputs));
    const files = inputs.map(([path, { bytesInOutput }]) => ({ path, bytes: bytesInOutput }));
    return { files, gzip: gzipSync(readFileSync(this.path("b.js")), { level: 9 }).length };
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
