/**
 * The npm package, made once for each test file, and what it takes to use it.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { npmName, pack } from "../../.ci/pack.ts";
import { programOnPath } from "../support/binaries.ts";
import { builtPackage, ROOT } from "./built.ts";
import type { Outcome } from "../support/programs.ts";
import { Project } from "./run_program.ts";

const settings = JSON.parse(readFileSync(join(ROOT, "deno.json"), "utf8"));

/** Our name, and what npm calls us. */
export const NAME: string = settings.name;
export const PACKAGE: string = npmName(NAME);
/** The version to be published. */
export const VERSION: string = settings.version;
/** The names that can be imported. */
export const EXPORTS: readonly string[] = Object.keys(settings.exports);

/** Somebody's compiler. */
export const TSC: string = join(ROOT, "node_modules/typescript/bin/tsc");

export const noCompiler: string | false = existsSync(TSC) ? false : "npm install brings the compiler";

/** Why what needs this program is skipped, or `false`. */
export function without(program: string): string | false {
  return programOnPath(program) ? false : `no ${program} on this machine`;
}

let tarball: string | undefined;

/** The path of the tarball. Its content does not change. */
export function packed(): string {
  if (tarball !== undefined) return tarball;
  const folder = mkdtempSync(join(tmpdir(), "respire-tarball-"));
  globalThis.addEventListener("unload", () => rmSync(folder, { recursive: true }));
  return tarball = pack(builtPackage(), folder);
}

/** Runs a program in a project; what it printed, unless it failed. */
export async function ran(project: Project, ...command: string[]): Promise<string> {
  const { code, output }: Outcome = await project.run(command);
  assertEquals(code, 0, `${command.join(" ")}\n${output}`);
  return output;
}

/** A project that has installed the tarball, with the consumer's programs in it. */
export async function install(program: "bun" | "npm", url: string): Promise<Project> {
  const project = new Project();
  return await project.prepared(async () => {
    project.write("package.json", { name: "somebody", private: true, type: "module" });
    project.takePrograms(url, PACKAGE);
    const words = program === "npm" ? ["install", "--no-audit", "--no-fund"] : ["add"];
    await ran(project, program, ...words, packed());
  });
}
