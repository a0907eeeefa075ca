// From `deno publish` to somebody else's program: the files that would be sent, in a registry that answers as JSR does,
// and projects that know nothing but `jsr:@respire/redis`.
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import process from "node:process";
import { missing, startRedis } from "../support/servers.ts";
import { test } from "../support/test.ts";
import { publish, type Published, Registry } from "./published.ts";
import { type Outcome, Project } from "./run_program.ts";

const noDeno = "Deno" in globalThis ? false : "Deno publishes";

let published: Promise<Published> | undefined;
/** The dry run takes a while, and its result does not change. */
const package_ = (): Promise<Published> => published ??= publish();

/** Runs Deno in a project, with this registry as JSR and a cache that is empty at first. */
function deno(project: Project, registry: Registry, ...args: string[]): Promise<Outcome> {
  return project.run([process.execPath, ...args], { JSR_URL: registry.url, DENO_DIR: join(project.folder, "cache") });
}

test("what would be published is the product, whole, and nothing else", { skip: noDeno }, async () => {
  const { files, exports } = await package_();
  const paths = [...files.keys()];
  for (const entry of Object.values(exports)) assert(files.has(entry.slice(1)), entry);
  for (const file of ["/README.md", "/LICENSE", "/deno.json"]) assert(files.has(file), file);
  const others = paths.filter((path) =>
    !/^\/((src|codegen)\/.*\.ts|mod\.ts|(deno|commands)\.json|[A-Z]+(\.md)?)$/.test(path)
  );
  assertEquals(others, []);
  assertEquals(paths.filter((path) => path.includes("_test")), []);
});

test("deno add, then a program that may use the network and nothing else", { skip: noDeno || missing() }, async () => {
  const { name, version } = await package_();
  await using registry = await Registry.serve(await package_());
  await using server = await startRedis();
  using project = new Project();
  project.takePrograms(server.url);
  const added = await deno(project, registry, "add", `jsr:${name}`);
  assertEquals(added.code, 0, added.output);
  assertStringIncludes(added.output, version);

  const checked = await deno(project, registry, "check", "tour.ts", "entries.ts", "own_server.ts");
  assertEquals(checked.code, 0, checked.output);
  for (const program of ["tour", "entries"]) {
    const { code, output } = await deno(project, registry, "run", "--no-prompt", "--allow-net", `${program}.ts`);
    assertEquals(code, 0, output);
    assertMatch(output, new RegExp(`^${program} done$`, "m"));
  }
  const { code, output } = await deno(project, registry, "run", "--no-prompt", "-A", "own_server.ts");
  assertEquals(code, 0, output);
  assertMatch(output, /^own_server done$/m);
  assert(registry.asked.includes(`/${name}/${version}/mod.ts`), registry.asked.join("\n"));
});

test("a program without a project imports jsr:@respire/redis", { skip: noDeno || missing() }, async () => {
  await using registry = await Registry.serve(await package_());
  await using server = await startRedis();
  using project = new Project();
  project.write(
    "program.ts",
    `import { connect } from "jsr:@respire/redis";
    await using redis = await connect("${server.url}");
    console.log(await redis.ping());`,
  );
  const { code, output } = await deno(project, registry, "run", "--no-prompt", "--allow-net", "program.ts");
  assertEquals(code, 0, output);
  assertMatch(output, /^PONG$/m);
});
