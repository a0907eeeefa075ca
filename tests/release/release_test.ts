// A release is made on a clone of this repository, up to the push: files, changelog, commit and tag.
import { assert, assertEquals, assertMatch, assertNotMatch, assertStringIncludes, assertThrows } from "@std/assert";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { nameSection, nextVersion, ReleaseError, sectionOf } from "../../.ci/release.ts";
import { programOnPath } from "../support/binaries.ts";
import { test } from "../support/test.ts";
import { NAME, ran } from "./packed.ts";
import { noBuild, ROOT } from "./built.ts";
import { Project } from "./run_program.ts";

const noClone = !programOnPath("git") || !existsSync(join(ROOT, ".git")) ? "there is no repository here" : false;

test("the next version", () => {
  assertEquals(["major", "minor", "patch", "0.3.0", "0.2.9", "1.0.0"].map((wanted) => nextVersion("0.2.9", wanted)), [
    ...["1.0.0", "0.3.0", "0.2.10", "0.3.0", "0.2.9", "1.0.0"],
  ]);
  assertThrows(() => nextVersion("0.2.9", "0.2.8"), ReleaseError, "before");
  assertThrows(() => nextVersion("1.2.9", "0.9.9"), ReleaseError, "before");
  assertThrows(() => nextVersion("0.2.9", "v1"), ReleaseError, "no version");
});

test("the changelog's section gets its name, and the next one begins", () => {
  const before = "# Changes\n\n## Unreleased\n\n- New.\n\n## 0.1.0 (2026-01-01)\n\n- First.\n";
  const after = nameSection(before, "0.2.0", "2026-02-03");
  assertEquals(
    after,
    "# Changes\n\n## Unreleased\n\n## 0.2.0 (2026-02-03)\n\n- New.\n\n## 0.1.0 (2026-01-01)\n\n- First.\n",
  );
  assertEquals([sectionOf(after, "0.2.0"), sectionOf(after, "0.1.0")], ["- New.", "- First."]);
  assertThrows(() => nameSection(after, "0.3.0", "2026-02-04"), ReleaseError, "nothing");
  assertThrows(() => nameSection("# Changes\n", "0.3.0", "2026-02-04"), ReleaseError, "no section");
  assertThrows(() => sectionOf(after, "0.3.0"), ReleaseError, "no section");
});

test("a release of a clone", { skip: noBuild || noClone, timeout: 400_000 }, async () => {
  using project = new Project();
  const git = (...args: string[]) => ran(project, "git", ...args);
  const release = (...args: string[]) => project.run([process.execPath, "task", "release", ...args]);
  const read = (file: string) => readFileSync(join(project.folder, file), "utf8");
  await git("clone", "--quiet", ROOT, ".");
  mkdirSync(join(project.folder, "node_modules/.bin"), { recursive: true });
  symlinkSync(join(ROOT, "node_modules/.bin/esbuild"), join(project.folder, "node_modules/.bin/esbuild"));
  await git("checkout", "--quiet", "-B", "main");
  await git("config", "push.default", "current");
  for (const [name, value] of [["name", "Somebody"], ["email", "somebody@example.org"]]) {
    await git("config", `user.${name}`, value!);
  }
  // What is being worked on, too.
  const changed = await git("-C", ROOT, "diff", "--name-only", "HEAD") +
    await git("-C", ROOT, "ls-files", "--others", "--exclude-standard");
  for (const file of changed.split("\n").filter((file) => existsSync(join(ROOT, file)) && file !== "")) {
    cpSync(join(ROOT, file), join(project.folder, file), { recursive: true });
  }
  await git("add", "-A");
  await git("commit", "--quiet", "--allow-empty", "-m", "Work");
  const { version: current } = JSON.parse(read("deno.json"));
  const version = nextVersion(current, "minor");

  project.write("untracked.txt", "left over");
  const unclean = await release("minor", "--quick");
  assert(unclean.code !== 0);
  assertStringIncludes(unclean.output, "not clean");
  await git("clean", "-qf");

  using forge = new Project();
  await ran(forge, "git", "init", "--quiet", "--bare");
  // This repository may be a shallow clone itself, as it is where a forge checks it.
  await ran(forge, "git", "config", "receive.shallowUpdate", "true");
  await git("remote", "set-url", "origin", forge.folder);
  await git("push", "--quiet", "origin", "main");
  const { code, output } = await release("minor", "--quick", "--push");
  assertEquals(code, 0, output);
  assertMatch(await git("ls-remote", "origin"), new RegExp(`refs/tags/v${version}$`, "m"));
  for (const file of ["deno.json", "package.json"]) assertEquals(JSON.parse(read(file)).version, version);
  assertMatch(read("src/connection/version.ts"), new RegExp(`VERSION = "${version}"`));
  assertMatch(
    read("CHANGELOG.md"),
    new RegExp(`^## Unreleased\n\n## ${version} \\(\\d{4}-\\d\\d-\\d\\d\\)\n\n- `, "m"),
  );
  assertEquals((await git("status", "--porcelain")).trim(), "");
  assertEquals((await git("log", "-1", "--format=%s")).trim(), `Release ${version}`);
  const told = await git("for-each-ref", `refs/tags/v${version}`, "--format=%(contents)");
  assertEquals(told.trim(), `${version}\n\n${sectionOf(read("CHANGELOG.md"), version)}`);

  const empty = await release("patch", "--quick");
  assert(empty.code !== 0);
  assertStringIncludes(empty.output, "tells nothing");

  // What was public stays so, unless the version may take it away.
  project.write("CHANGELOG.md", read("CHANGELOG.md").replace("## Unreleased\n", "## Unreleased\n\n- Less.\n"));
  project.write("mod.ts", read("mod.ts").replace("export { connect, connectPool }", "export { connect }"));
  await git("commit", "--quiet", "-am", "Less");
  const less = await release("patch", "--quick");
  assert(less.code !== 0);
  assertMatch(less.output, /no version in which something public may go:\n {2}\. connectPool$/m);
  await git("revert", "--no-edit", "HEAD");
  assertEquals((await git("worktree", "list")).trim().split("\n").length, 1);

  // A check that fails leaves everything as it was.
  project.write("CHANGELOG.md", read("CHANGELOG.md").replace("## Unreleased\n", "## Unreleased\n\n- Broken.\n"));
  project.write("mod.ts", `${read("mod.ts")}export const wrong: number = "text";\n`);
  await git("commit", "--quiet", "-am", "Break");
  const broken = await release("patch", "--quick");
  assert(broken.code !== 0);
  assertStringIncludes(broken.output, "nothing was committed");
  assertEquals((await git("status", "--porcelain")).trim(), "");
  assertEquals((await git("log", "-1", "--format=%s")).trim(), "Break");

  // So does a commit that somebody's hook refuses, and a tag that cannot be made.
  await git("revert", "--no-edit", "HEAD");
  project.write("CHANGELOG.md", read("CHANGELOG.md").replace("## Unreleased\n", "## Unreleased\n\n- Again.\n"));
  await git("commit", "--quiet", "-am", "Again");
  const hooks = { "pre-commit": "exit 1", "reference-transaction": `! { [ $1 = prepared ] && grep -q refs/tags/; }` };
  for (const [hook, code] of Object.entries(hooks)) {
    const file = join(project.folder, ".git/hooks", hook);
    writeFileSync(file, `#!/bin/sh\n${code}\n`, { mode: 0o755 });
    const refused = await release("patch", "--quick");
    assert(refused.code !== 0, hook);
    assertEquals((await git("status", "--porcelain")).trim(), "", hook);
    assertEquals((await git("log", "-1", "--format=%s")).trim(), "Again", hook);
    rmSync(file);
  }
});

test("the workflows publish with what the forge vouches for, and with no secret", () => {
  const publish = readFileSync(join(ROOT, ".github/workflows/publish.yml"), "utf8");
  assertMatch(publish, /id-token: write/);
  assertMatch(publish, /^ +run: deno run -A \.ci\/build\.ts "\$RUNNER_TEMP\/package"$/m);
  assertMatch(publish, /^ +run: deno publish\n +working-directory: \$\{\{ runner\.temp \}\}\/package$/m);
  assertMatch(publish, /tags: \["v\*"\]/);
  assertNotMatch(publish, /secrets\.|TOKEN: (?!\$\{\{ github\.token)/);
  const jobs = new Map(
    publish.split(/^jobs:\n/m)[1]!.split(/^(?= {2}\w+:\n)/m).map((job) => [/\w+/.exec(job)![0], job]),
  );
  assertEquals([...jobs].map(([name, job]) => [name, /needs: (\w+)/.exec(job)?.[1]]), [
    ...[["checks", undefined], ["build", "checks"], ["publish", "build"], ["release", "publish"]],
  ]);
  assertMatch(jobs.get("checks")!, /^ {4}uses: \.\/\.github\/workflows\/ci\.yml$/m);
  // Who may do something runs nothing that somebody else wrote, but for what does it.
  assertMatch(publish, /^permissions:\n {2}contents: read\nconcurrency/m);
  const rights = [...jobs].map(([name, job]) => [name, (job.match(/\w[\w-]*: write/g) ?? []).join()]);
  assertEquals(rights.filter(([, right]) => right !== ""), [["publish", "id-token: write"], [
    "release",
    "contents: write",
  ]]);
  assertEquals(jobs.get("publish")!.match(/npm .*/g)!.map((line) => /[\w@$"]+$/.exec(line)![0]), ['"deno@$version"']);
  assertNotMatch(jobs.get("release")!, /npm |deno |node /);
  const ci = readFileSync(join(ROOT, ".github/workflows/ci.yml"), "utf8");
  assertMatch(ci, /^ {2}workflow_call:/m);
  assertMatch(ci, /^permissions:\n {2}contents: read\njobs/m);
  const folder = join(ROOT, ".github/workflows");
  const workflows = readdirSync(folder).map((name) => readFileSync(join(folder, name), "utf8"));
  for (const other of workflows.filter((text) => text !== publish)) assertNotMatch(other, /: write/);
  // A tag may be moved to other code, a commit may not.
  assertNotMatch(workflows.join(""), /uses: (?!\.\/|actions\/[\w-]+@[0-9a-f]{40} # v)/);
  // Nothing may be skipped there but what a runtime cannot do: whoever runs it may install the servers, and it fails where
  // one is missing.
  assertMatch(ci, /^ {6}image: node:20-bookworm$/m);
  assertMatch(ci, /run: timeout \S+ 27m bash \.ci\/run\n {8}env:\n {10}CI: "true"\n {10}RESPIRE_ALL_SERVERS: "1"$/m);
  assertEquals(NAME, "@respire/redis");
});
