// From `deno publish` to somebody else's program: the files that would be sent, in a registry that answers as JSR does,
// and projects that know nothing but `jsr:@respire/redis`.
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { noOpenssl } from "../support/certificates.ts";
import { missing, startRedis } from "../support/servers.ts";
import { test } from "../support/test.ts";
import { noBuild, ROOT, TEXTS } from "./built.ts";
import { publish, type Published, Registry } from "./published.ts";
import type { Outcome } from "../support/programs.ts";
import { Project } from "./run_program.ts";

/** The consumer's programs that may use the network and nothing else, and those that start programs or write files. */
const MODEST = ["tour", "entries", "cached", "watched"];
const POWERFUL = ["own_server", "own_commands"];
/** What docs/testing.md says that it takes to start a server. */
const RIGHTS = ["run", "net", "env", "read", "write"].map((right) => `--allow-${right}`);

let published: Promise<Published> | undefined;
/** The dry run takes a while, and its result does not change. */
const package_ = (): Promise<Published> => published ??= publish();

/** Runs Deno in a project, with this registry as JSR and a cache that is empty at first. */
function deno(project: Project, registry: Registry, ...args: string[]): Promise<Outcome> {
  return project.run([process.execPath, ...args], { JSR_URL: registry.url, DENO_DIR: join(project.folder, "cache") });
}

test("what would be published is the product, whole, and nothing else", { skip: noBuild }, async () => {
  const { files, exports } = await package_();
  const paths = [...files.keys()];
  for (const entry of Object.values(exports)) assert(files.has(entry.slice(1)), entry);
  for (const file of ["/README.md", "/LICENSE", "/deno.json"]) assert(files.has(file), file);
  const code = /^\/((src|codegen)\/.*\.d\.ts|mod\.d\.ts|shared\/.*\.js|(deno|commands)\.json)$/;
  const others = paths.filter((path) => !code.test(path) && !TEXTS.test(path.slice(1)));
  assertEquals(others.sort(), Object.values(exports).map((entry) => entry.slice(1)).sort());
  assertEquals(paths.filter((path) => path.includes("_test")), []);
});

test("deno add, then a program that may use the network and nothing else", { skip: noBuild || missing() }, async () => {
  const { name, version } = await package_();
  await using registry = await Registry.serve(await package_());
  await using server = await startRedis();
  using project = new Project();
  project.takePrograms(server.url);
  const added = await deno(project, registry, "add", `jsr:${name}`);
  assertEquals(added.code, 0, added.output);
  assertStringIncludes(added.output, version);

  const checked = await deno(project, registry, "check", ...[...MODEST, ...POWERFUL].map((name) => `${name}.ts`));
  assertEquals(checked.code, 0, checked.output);
  for (const program of MODEST) {
    const { code, output } = await deno(project, registry, "run", "--no-prompt", "--allow-net", `${program}.ts`);
    assertEquals(code, 0, output);
    assertMatch(output, new RegExp(`^${program} done$`, "m"));
  }
  for (const program of POWERFUL) {
    const { code, output } = await deno(project, registry, "run", "--no-prompt", ...RIGHTS, `${program}.ts`);
    assertEquals(code, 0, output);
    assertMatch(output, new RegExp(`^${program} done$`, "m"));
  }
  assert(registry.asked.includes(`/${name}/${version}/mod.js`), registry.asked.join("\n"));
});

test("every entry is used by a consumer's program", () => {
  const folder = join(ROOT, "tests/release");
  const programs = ["consumer", "worker"].flatMap((name) =>
    readdirSync(join(folder, name)).map((file) => join(folder, name, file))
  );
  const text = programs.map((path) => readFileSync(path, "utf8")).join("\n");
  const { name, exports } = JSON.parse(readFileSync(join(ROOT, "deno.json"), "utf8"));
  const names = Object.keys(exports).map((entry) => `"${name}${entry.slice(1)}"`);
  assertEquals(names.filter((name) => !text.includes(`import(${name})`) && !text.includes(`from ${name}`)), []);
  assert(names.length >= 4);
});

test(
  "TLS asks for no more than the network: what Deno Deploy gives",
  { skip: noBuild || missing() || noOpenssl },
  async () => {
    await using registry = await Registry.serve(await package_());
    await using server = await startRedis({ tls: true, password: "secret" });
    using project = new Project();
    const options = JSON.stringify(server.options);
    project.write(
      "program.ts",
      `import { connect } from "jsr:@respire/redis";
    await using redis = await connect(${options});
    await using news = await redis.subscribe("news");
    await redis.publish("news", await redis.ping());
    console.log((await news.next()).value?.message);`,
    );
    const denied = ["read", "write", "env", "run", "ffi", "sys"].map((right) => `--deny-${right}`);
    const { code, output } = await deno(
      project,
      registry,
      "run",
      "--no-prompt",
      "--allow-net",
      ...denied,
      "program.ts",
    );
    assertEquals(code, 0, output);
    assertMatch(output, /^PONG$/m);
  },
);

test("a program without a project imports jsr:@respire/redis", { skip: noBuild || missing() }, async () => {
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
  // Each file that is asked for costs time: of the declarations none, and of the code a few.
  const files = registry.asked.filter((path) => !path.endsWith(".json"));
  assertEquals(files.filter((path) => !path.endsWith(".js")), []);
  assert(files.length < 25, files.join("\n"));
});

test("the users' generator, from the registry: a module for a server, and a program on it", {
  skip: noBuild || missing(),
}, async () => {
  await using registry = await Registry.serve(await package_());
  await using server = await startRedis();
  using project = new Project();
  const generator = ["run", "-A", "--no-prompt", "jsr:@respire/redis/codegen"];
  const help = await deno(project, registry, ...generator, "--help");
  assertEquals(help.code, 0, help.output);
  const options = ["--from", server.url, "--import", "jsr:@respire/redis", "--out", "my_redis.ts"];
  const written = await deno(project, registry, ...generator, ...options);
  assertEquals(written.code, 0, written.output);
  project.write(
    "program.ts",
    `import { connect } from "./my_redis.ts";
    await using redis = await connect("${server.url}");
    const [pong, count] = await redis.pipeline((p) => [p.ping(), p.incr("n")]);
    console.log(pong, count.toFixed());`,
  );
  const { code, output } = await deno(project, registry, "run", "--check", "--allow-net", "--quiet", "program.ts");
  assertEquals(code, 0, output);
  assertMatch(output, /^PONG 1$/m);
});
