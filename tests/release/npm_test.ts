// The npm package in the hands of strangers: projects of Bun and of Node that know nothing but a tarball.
import { assert, assertEquals, assertMatch } from "@std/assert";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { missing, startRedis } from "../support/servers.ts";
import { test } from "../support/test.ts";
import { EXPORTS, install, NAME, noCompiler, PACKAGE, packed, ran, TSC, VERSION, without } from "./packed.ts";
import { noBuild, ROOT, TEXTS } from "./built.ts";
import { Project } from "./run_program.ts";

/** What the consumer runs: the files of `consumer/`. */
const PROGRAMS = ["tour", "entries", "cached", "watched", "own_server", "own_commands"];
const TYPES = join(ROOT, "node_modules/@types");

/** Settings of somebody's compiler, as strict as they come. */
function compilerOptions(moduleResolution: "nodenext" | "bundler", lib: string[], types: string[]): object {
  const module = moduleResolution === "nodenext" ? "nodenext" : "esnext";
  const strict = { strict: true, exactOptionalPropertyTypes: true, skipLibCheck: false };
  const emit = { target: "es2022", outDir: "out", rootDir: "." };
  const compilerOptions = { ...strict, ...emit, module, moduleResolution, lib, types, typeRoots: [TYPES] };
  return { compilerOptions, include: ["*.ts"], exclude: ["*_bun.ts"] };
}

test("the tarball holds JavaScript, declarations and texts, and nothing else", { skip: noBuild }, async () => {
  using project = new Project();
  await ran(project, "tar", "-xzf", packed());
  const folder = join(project.folder, "package");
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => name.includes("."));
  const code = /\.(js|d\.ts)$|^(package|commands)\.json$/;
  assertEquals(files.filter((name) => !code.test(name) && !TEXTS.test(name)), []);
  assert(existsSync(join(folder, "LICENSE")));
  const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  assertEquals([manifest.name, manifest.version, manifest.engines.node], [PACKAGE, VERSION, ">=20"]);
  assertEquals(manifest.dependencies, undefined);
  assertEquals(Object.keys(manifest.exports), [...EXPORTS]);
  for (const { types, default: file } of Object.values<Record<string, string>>(manifest.exports)) {
    for (const path of [types!, file!]) assert(existsSync(join(folder, path)), path);
  }
  for (const name of files.filter((name) => /\.(js|d\.ts)$/.test(name))) {
    const text = readFileSync(join(folder, name), "utf8");
    const declared = name.endsWith(".d.ts");
    // What Node 20 does not know must not be there.
    assertEquals(text.match(/^\s*(?:await )?using \w+ =/m), null, name);
    const imports = text.matchAll(/(?:from|import)\s*\(?"([^"]+)"/g);
    const wrong = Array.from(imports, ([, target]) => target!).filter((target) => /^\.|\.ts$/.test(target))
      .filter((target) => !existsSync(join(folder, name, "..", declared ? target.replace(/js$/, "d.ts") : target)));
    assertEquals(wrong.filter((target) => !target.includes("…")), [], name);
  }
});

test("npm install, then Node", { skip: noBuild || missing() || without("npm") || noCompiler }, async () => {
  await using server = await startRedis();
  using project = await install("npm", server.url);
  project.write("tsconfig.json", compilerOptions("nodenext", ["es2023"], ["node"]));
  await ran(project, "node", TSC, "-p", ".");
  for (const program of PROGRAMS) {
    assertMatch(await ran(project, "node", `out/${program}.js`), new RegExp(`^${program} done$`, "m"));
  }
});

test("the types are whole for a bundler, too", { skip: noBuild || without("npm") || noCompiler }, async () => {
  using project = await install("npm", "redis://127.0.0.1:6379");
  project.write("tsconfig.json", compilerOptions("bundler", ["esnext", "dom"], []));
  await ran(project, "node", TSC, "-p", ".", "--noEmit");
  project.write("wrong.ts", `import { connect } from "${PACKAGE}";\n(await connect()).get(7, 8);\n`);
  const { code, output } = await project.run(["node", TSC, "-p", ".", "--noEmit"]);
  assert(code !== 0);
  assertMatch(output, /wrong\.ts.*error TS2554/);
});

test("the types are found where a package.json names only the code, as JSR's", {
  skip: noBuild || without("npm") || noCompiler,
}, async () => {
  using project = await install("npm", "redis://127.0.0.1:6379");
  const path = join(project.folder, "node_modules", PACKAGE, "package.json");
  const { sideEffects: _, ...manifest } = JSON.parse(readFileSync(path, "utf8"));
  const exports = Object.entries<Record<string, string>>(manifest.exports).map(([name, { default: file }]) =>
    [name, { default: file }] as const
  );
  writeFileSync(path, JSON.stringify({ ...manifest, exports: Object.fromEntries(exports) }));
  for (const resolution of ["nodenext", "bundler"] as const) {
    project.write("tsconfig.json", compilerOptions(resolution, ["esnext", "dom"], ["node"]));
    await ran(project, "node", TSC, "-p", ".", "--noEmit");
  }
});

test("bun add, then Bun: a script, bun test, a program compiled into one file", {
  skip: noBuild || missing() || without("bun"),
}, async () => {
  await using server = await startRedis();
  using project = await install("bun", server.url);
  for (const program of PROGRAMS) {
    assertMatch(await ran(project, "bun", `${program}.ts`), new RegExp(`^${program} done$`, "m"));
  }
  project.write(
    "ping.test.ts",
    `import { expect, test } from "bun:test";
    import { connect } from "${PACKAGE}";
    test("ping", async () => {
      await using redis = await connect("${server.url}");
      expect(await redis.ping()).toBe("PONG");
    });`,
  );
  assertMatch(await ran(project, "bun", "test"), /^ *1 pass$/m);

  await ran(project, "bun", "build", "--compile", "tour.ts", "--outfile", "tour");
  rmSync(join(project.folder, "node_modules"), { recursive: true });
  assertMatch(await ran(project, join(project.folder, "tour")), /^tour done$/m);
});

test("the name that `npx jsr add` gives to the package is ours", {
  skip: noBuild || missing() || without("npm"),
}, async () => {
  await using server = await startRedis();
  using project = new Project();
  project.write("package.json", { private: true, type: "module", dependencies: { [NAME]: `file:${packed()}` } });
  project.write(
    "program.js",
    `import { connect } from "${NAME}";
    const redis = await connect("${server.url}");
    console.log(await redis.ping());
    await redis.close();`,
  );
  await ran(project, "npm", "install", "--no-audit", "--no-fund");
  assertMatch(await ran(project, "node", "program.js"), /^PONG$/m);
});

test("Bun runs the TypeScript sources of a clone", {
  skip: noBuild || missing() || without("bun"),
}, async () => {
  await using server = await startRedis();
  using project = new Project();
  const { files } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  for (const name of ["package.json", ...files]) project.copy(join(ROOT, name), `redis/${name}`);
  project.write("package.json", { private: true, type: "module", dependencies: { [NAME]: "file:./redis" } });
  project.takePrograms(server.url);
  await ran(project, "bun", "install", "--production");
  for (const program of PROGRAMS) {
    assertMatch(await ran(project, "bun", `${program}.ts`), new RegExp(`^${program} done$`, "m"));
  }
});

test("the users' generator, in Node: a small client without the rest", {
  skip: noBuild || missing() || without("npm") || noCompiler,
}, async () => {
  await using server = await startRedis();
  using project = await install("npm", server.url);
  const generator = ["node", `node_modules/${PACKAGE}/codegen/cli.js`];
  assertMatch(
    await ran(project, ...generator, "--only", "ping,incr", "--import", PACKAGE, "--out", "small.ts"),
    /^small\.ts: written/m,
  );
  project.write(
    "program.ts",
    `import { connect } from "./small.js";
    const redis = await connect("${server.url}");
    console.log(await redis.ping(), await redis.incr("n"));
    await redis.close();`,
  );
  project.write("tsconfig.json", { ...compilerOptions("nodenext", ["es2023"], ["node"]), include: ["program.ts"] });
  await ran(project, "node", TSC, "-p", ".");
  assertMatch(await ran(project, "node", "out/program.js"), /^PONG 1$/m);
});
