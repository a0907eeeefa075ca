// What JSR scores, as far as it can be seen from here; what it asks on its own pages is in CONTRIBUTING.md. It reads what
// is built, which has lost no word of the sources.
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { publicNames } from "../../.ci/api.ts";
import { test } from "../support/test.ts";
import { builtPackage, noBuild, ROOT } from "./built.ts";
import { type Outcome, run } from "../support/programs.ts";

const noDeno = "Deno" in globalThis ? false : "Deno reads the documentation";
const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");
const settings = JSON.parse(read("deno.json"));
const entries = Object.values<string>(settings.exports);

/** `deno doc` of all entries: of the sources, and of what is published. */
function documentation(option: string, built: boolean): Promise<Outcome> {
  const files = built ? entries.map((file) => file.replace(/\.ts$/, ".js")) : entries;
  return run([process.execPath, "doc", option, ...files], { cwd: built ? builtPackage() : ROOT });
}

test("the README installs the package, shows it at work, and names every entry", () => {
  const text = read("README.md");
  assertStringIncludes(text, `jsr:${settings.name}`);
  assertStringIncludes(text, "```ts\n");
  for (const entry of Object.keys(settings.exports)) {
    const full = settings.name + entry.slice(1);
    assert(text.includes(`\`${full}\``) || text.includes(`\`${entry}\``), `the README does not name ${full}`);
  }
});

test("every entry has a module doc with an example", { skip: noBuild }, async () => {
  const { code, output } = await documentation("--json", true);
  assertEquals(code, 0, output);
  const { nodes } = JSON.parse(output) as { nodes: Record<string, { module_doc?: { doc?: string } }> };
  assertEquals(Object.keys(nodes).length, entries.length);
  for (const [entry, { module_doc }] of Object.entries(nodes)) {
    assertStringIncludes(module_doc?.doc ?? "", "```ts", entry);
  }
});

for (const [what, built, skip] of [["in the sources", false, noDeno], ["as published", true, noBuild]] as const) {
  test(`every symbol is documented, and no type is slow, ${what}`, { skip }, async () => {
    const { code, output } = await documentation("--lint", built);
    assertEquals(code, 0, output);
  });
}

for (const entry of entries) {
  // All of them at once, one may name what only another exports.
  test(`what the signatures of ${entry} name can be imported from it`, { skip: noDeno }, async () => {
    const { code, output } = await run([process.execPath, "doc", "--lint", entry], { cwd: ROOT });
    assertEquals(code, 0, output);
  });
}

test("what is published has every name of the sources", { skip: noBuild }, () => {
  const published = publicNames(builtPackage());
  assertEquals([...publicNames(ROOT)].filter((name) => !published.has(name)), []);
});

test("the description fits, and both lists of entries and versions agree", () => {
  const { name, version, description, exports } = JSON.parse(read("package.json"));
  assert(description.length > 20 && description.length <= 250, description);
  assertEquals({ name, version, exports }, {
    name: settings.name,
    version: settings.version,
    exports: settings.exports,
  });
  assertEquals(settings.license, "MIT");
});
