/**
 * Makes a release, from the new version to the tag whose push publishes it:
 *
 *     deno task release patch|minor|major|VERSION [--quick] [--push]
 *
 * 1. the tree is clean, the version is the next one, CHANGELOG.md has something to tell under "Unreleased", and nothing
 *    public is gone since the last tag unless the version may do that;
 * 2. the version goes into every file that names it, the changelog's section gets its name and date;
 * 3. everything that CI checks is checked (`--quick`: only what takes seconds);
 * 4. the package is built as it is published: a dry run of that, and the npm package is packed;
 * 5. a commit and a tag `vVERSION`;
 * 6. with `--push` both go to the remote, where `.github/workflows/publish.yml` publishes. Without it, that is left to you.
 *
 * A step that fails leaves the files as they were. Nothing is ever published from here: provenance needs the forge.
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { publicNames } from "./api.ts";
import { build } from "./build.ts";
import { pack } from "./pack.ts";

/** A release that cannot be made, in words for the person who asked for it. */
export class ReleaseError extends Error {}

/** The files that name the version, and how. */
const NAMED: readonly (readonly [file: string, pattern: RegExp])[] = [
  ["deno.json", /("version": ")[^"]+(")/],
  ["package.json", /("version": ")[^"]+(")/],
  ["src/connection/version.ts", /(VERSION = ")[^"]+(")/],
];
const CHANGELOG = "CHANGELOG.md";
/** What the checks may write: the demo makes it anew. */
const GENERATED = ["commands.json", "src/generated"];
const UNRELEASED = /^## Unreleased\n([^]*?)(?=^## |$(?![^]))/m;

/** The version that follows: by a word, or the one given if it is a later one. */
export function nextVersion(current: string, wanted: string): string {
  const [major, minor, patch] = current.split(".").map(Number) as [number, number, number];
  switch (wanted) {
    case "major":
      return `${major + 1}.0.0`;
    case "minor":
      return `${major}.${minor + 1}.0`;
    case "patch":
      return `${major}.${minor}.${patch + 1}`;
  }
  if (!/^\d+\.\d+\.\d+$/.test(wanted)) {
    throw new ReleaseError(`"${wanted}" is no version; write patch, minor, major or three numbers with dots`);
  }
  const parts = wanted.split(".").map(Number);
  const further = parts.findIndex((part, i) => part !== [major, minor, patch][i]);
  if (further === -1 ? wanted !== current : parts[further]! < [major, minor, patch][further]!) {
    throw new ReleaseError(`${wanted} comes before ${current}`);
  }
  return wanted;
}

/** The changelog with what is unreleased under this version's name, and an empty section for what comes next. */
export function nameSection(changelog: string, version: string, date: string): string {
  const section = UNRELEASED.exec(changelog)?.[1];
  if (section === undefined) throw new ReleaseError(`${CHANGELOG} has no section "## Unreleased"`);
  if (!/^- /m.test(section)) throw new ReleaseError(`${CHANGELOG} tells nothing under "## Unreleased"`);
  return changelog.replace(UNRELEASED, () => `## Unreleased\n\n## ${version} (${date})\n${section}`);
}

/** What a version changed, for the forge's page of releases. */
export function sectionOf(changelog: string, version: string): string {
  const sections = changelog.split(/^## /m);
  const section = sections.find((text) => text.startsWith(`${version} (`));
  if (section === undefined) throw new ReleaseError(`${CHANGELOG} has no section for ${version}`);
  return section.slice(section.indexOf("\n")).trim();
}

/** A checked-out repository, or what was built of it. */
class Repository {
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  read(file: string): string {
    return readFileSync(join(this.#root, file), "utf8");
  }

  write(file: string, text: string): void {
    writeFileSync(join(this.#root, file), text);
  }

  /** Runs a program quietly and gives what it printed. */
  ask(...[program, ...args]: [string, ...string[]]): string {
    const { status, stdout, stderr, error } = spawnSync(program, args, { cwd: this.#root, encoding: "utf8" });
    if (error) throw error;
    if (status !== 0) throw new ReleaseError(`${program} ${args.join(" ")} failed:\n${stdout}${stderr}`);
    return stdout.trim();
  }

  /** Runs a step before everybody's eyes. */
  step(what: string, ...[program, ...args]: [string, ...string[]]): void {
    console.log(`${what}: ${program} ${args.join(" ")}`);
    const command = program === "deno" && "Deno" in globalThis ? process.execPath : program;
    const { status } = spawnSync(command, args, { cwd: this.#root, stdio: "inherit" });
    if (status !== 0) throw new ReleaseError(`"${what}" failed; nothing was committed`);
  }
}

/** Whether a version may take away what was public: a major one, and before 1.0 a minor one. */
function mayBreak(current: string, version: string): boolean {
  const [before, after] = [current, version].map((text) => text.split(".")) as [string[], string[]];
  return before[0] !== after[0] || (before[0] === "0" && before[1] !== after[1]);
}

/** What was public at the last tag and no longer is. */
function gone(repository: Repository, root: string): string[] {
  const tag =
    repository.ask("git", "tag", "--list", "v*", "--sort=-version:refname", "--merged", "HEAD").split("\n")[0];
  if (!tag) return [];
  const folder = mkdtempSync(join(tmpdir(), "respire-tag-"));
  try {
    const tree = join(folder, "tree");
    repository.ask("git", "worktree", "add", "--quiet", "--detach", tree, tag);
    const now = publicNames(root);
    return [...publicNames(tree)].filter((name) => !now.has(name));
  } finally {
    rmSync(folder, { recursive: true, force: true });
    repository.ask("git", "worktree", "prune");
  }
}

function setVersion(repository: Repository, version: string): void {
  for (const [file, pattern] of NAMED) {
    const text = repository.read(file);
    if (!pattern.test(text)) throw new ReleaseError(`${file} names no version`);
    repository.write(file, text.replace(pattern, `$1${version}$2`));
  }
}

function check(repository: Repository, quick: boolean): void {
  if (quick) {
    repository.step("format", "deno", "fmt", "--check", "--quiet");
    repository.step("lint", "deno", "lint", "--quiet");
    repository.step("types", "deno", "check", "--quiet", "mod.ts", "src");
  } else {
    repository.step("everything that CI checks", "bash", ".ci/run");
  }
  const folder = mkdtempSync(join(tmpdir(), "respire-release-"));
  try {
    const built = join(folder, "package");
    build(built);
    new Repository(built).step("what would be published", "deno", "publish", "--dry-run", "--quiet");
    console.log(`npm package: ${pack(built, folder)}`);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Steps 1 to 5 in this folder; gives the version. */
export function release(root: string, wanted: string, quick: boolean): string {
  const repository = new Repository(root);
  if (repository.ask("git", "status", "--porcelain") !== "") throw new ReleaseError("The tree is not clean");
  const current: string = JSON.parse(repository.read("deno.json")).version;
  const version = nextVersion(current, wanted);
  const tag = `v${version}`;
  if (repository.ask("git", "tag", "--list", tag) !== "") throw new ReleaseError(`There is a tag ${tag} already`);
  const changelog = nameSection(repository.read(CHANGELOG), version, new Date().toISOString().slice(0, 10));
  const missing = mayBreak(current, version) ? [] : gone(repository, root);
  if (missing.length > 0) {
    throw new ReleaseError(`${version} is no version in which something public may go:\n  ${missing.join("\n  ")}`);
  }
  const files = [...NAMED.map(([file]) => file), CHANGELOG];
  try {
    setVersion(repository, version);
    repository.write(CHANGELOG, changelog);
    check(repository, quick);
    repository.ask("git", "commit", "-m", `Release ${version}`, "--", ...files);
  } catch (error) {
    repository.ask("git", "checkout", "HEAD", "--", ...files, ...GENERATED);
    throw error;
  }
  try {
    repository.ask("git", "tag", "-a", tag, "-m", `${version}\n\n${sectionOf(changelog, version)}`);
  } catch (error) {
    repository.ask("git", "reset", "--quiet", "--keep", "HEAD~1");
    throw error;
  }
  return version;
}

function main(args: readonly string[]): void {
  const flags = args.filter((arg) => arg.startsWith("--"));
  const [wanted, ...more] = args.filter((arg) => !arg.startsWith("--"));
  const wrong = flags.find((flag) => !["--quick", "--push"].includes(flag)) ?? more[0];
  if (wanted === undefined || wrong !== undefined) {
    throw new ReleaseError("deno task release patch|minor|major|VERSION [--quick] [--push]");
  }
  const version = release(process.cwd(), wanted, flags.includes("--quick"));
  const push = ["git", "push", "--follow-tags"] as const;
  if (flags.includes("--push")) new Repository(process.cwd()).step("push", ...push);
  else console.log(`Release ${version} is committed and tagged. "${push.join(" ")}" publishes it.`);
}

if (process.argv[1] !== undefined && pathToFileURL(process.argv[1]).href === import.meta.url) {
  try {
    main(process.argv.slice(2));
  } catch (error) {
    if (!(error instanceof ReleaseError)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}
