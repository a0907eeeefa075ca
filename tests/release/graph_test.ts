// Importing one name of ours loads what that name needs, and nothing else: of the sources, and of what is built of them.
import { assert, assertEquals } from "@std/assert";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { test } from "../support/test.ts";
import { builtPackage, noBuild, ROOT } from "./built.ts";
import { run } from "../support/programs.ts";

const noDeno = "Deno" in globalThis ? false : "Deno knows the graph";

interface Dependency {
  readonly specifier: string;
  readonly code?: { readonly specifier?: string };
  readonly isDynamic?: boolean;
}

interface Module {
  readonly specifier: string;
  readonly dependencies?: readonly Dependency[];
}

/** The files that importing this one evaluates at once, as paths from the folder. */
async function loaded(entry: string, folder: string = ROOT): Promise<string[]> {
  const { code, output } = await run([process.execPath, "info", "--json", entry], { cwd: folder });
  assertEquals(code, 0, output);
  const { modules, roots } = JSON.parse(output) as { modules: Module[]; roots: string[] };
  const found = new Set(roots);
  for (const specifier of found) {
    const dependencies = modules.find((module) => module.specifier === specifier)?.dependencies ?? [];
    for (const { code, isDynamic } of dependencies) if (code?.specifier && !isDynamic) found.add(code.specifier);
  }
  const start = pathToFileURL(join(folder, "/")).href;
  return Array.from(found, (specifier) => specifier.startsWith(start) ? specifier.slice(start.length) : specifier)
    .sort();
}

/** The same for a built entry: whose code it is that stands in the files that are loaded, and what is not ours. */
async function loadedWhenBuilt(entry: string): Promise<string[]> {
  const files = await loaded(entry.replace(/\.ts$/, ".js"), builtPackage());
  const modules = files.flatMap((file) => file.endsWith(".js") ? modulesIn(file) : [file]);
  return [...new Set(modules)].sort();
}

/** The modules whose code is in a built file. */
function modulesIn(file: string): string[] {
  const text = readFileSync(join(builtPackage(), file), "utf8");
  return Array.from(text.matchAll(/^\/\/ ((?:src|codegen)\/\S+\.ts|mod\.ts)$/gm), ([, name]) => name!);
}

/** What an entry's layers hold: of the published files, those come as a whole. */
function withLayers(sources: readonly string[]): string[] {
  const layers = ["shared/resp.js", "shared/client.js"].map(modulesIn);
  return [...sources, ...layers.filter((layer) => layer.some((module) => sources.includes(module))).flat()];
}

const { exports } = JSON.parse(readFileSync(join(ROOT, "deno.json"), "utf8")) as { exports: Record<string, string> };

/** What an entry may load besides itself. No row: whatever its layer may import. */
const ALLOWED: Record<string, RegExp> = {
  ".":
    /^src\/(errors\.ts|error_codes\.ts|(resp|command|generated|connection|client)\/.*|transport\/(default|environment|transport)\.ts)$/,
  "./cache": /^src\/(errors\.ts|error_codes\.ts|cache\/.*|(resp|command|client|connection)\/.*)$/,
  "./observe": /^src\/(errors\.ts|error_codes\.ts|(observe|resp|command|client|connection)\/.*)$/,
  "./diagnostics":
    /^(node:diagnostics_channel|src\/(errors\.ts|error_codes\.ts|(diagnostics|observe|resp|command|client|connection)\/.*))$/,
  "./otel": /^src\/(errors\.ts|error_codes\.ts|(otel|observe|resp|command|client|connection)\/.*)$/,
  "./resp": /^src\/(errors\.ts|error_codes\.ts|resp\/.*)$/,
  "./client":
    /^src\/(errors\.ts|error_codes\.ts|(resp|command|connection|client)\/.*|transport\/(default|environment|transport)\.ts)$/,
  "./sentinel":
    /^src\/(errors\.ts|error_codes\.ts|(sentinel|resp|command|connection|client)\/.*|transport\/(default|environment|transport)\.ts)$/,
  "./cluster":
    /^src\/(errors\.ts|error_codes\.ts|(cluster|resp|command|generated|connection|client)\/.*|transport\/(default|environment|transport)\.ts)$/,
  "./cluster/client":
    /^src\/(errors\.ts|error_codes\.ts|(cluster|resp|command|connection|client)\/.*|transport\/(environment|transport)\.ts)$/,
  "./command": /^src\/(errors\.ts|error_codes\.ts|(resp|command)\/.*)$/,
  "./sockets/cloudflare":
    /^(cloudflare:sockets|src\/(errors\.ts|error_codes\.ts|transport\/(cloudflare|queue|streamed|transport)\.ts))$/,
  "./sockets/node":
    /^(node:(buffer|net|tls)|src\/(errors\.ts|error_codes\.ts|transport\/(node|heap|queue|transport)\.ts))$/,
  "./cloudflare":
    /^(cloudflare:sockets|src\/(errors\.ts|error_codes\.ts|(resp|command|generated|connection|client)\/.*|transport\/(cloudflare|environment|queue|streamed|transport)\.ts))$/,
};

/** What nobody loads who has not asked for it by its own name, or for something that is made of it. */
const OTHERS = /(^|\/)(cache|cluster|diagnostics|observe|otel|sentinel|recipes|testing|codegen)(\/|\.ts$)/;
const MADE_OF: Record<string, string> = {
  "./cluster/client": "./cluster",
  "./diagnostics": "./observe",
  "./otel": "./observe",
};

/** Holds what an entry loads against what it may load. */
function judge(name: string, entry: string, modules: readonly string[]): void {
  assertEquals(modules.filter((path) => path !== entry && !ALLOWED[name]!.test(path)), []);
  noOthers(name, modules);
}

function noOthers(name: string, modules: readonly string[]): void {
  assertEquals(
    modules.filter((path) =>
      OTHERS.test(path) && ![name, MADE_OF[name]].some((own) => own && path.startsWith(`src${own.slice(1)}/`))
    ),
    [],
  );
}

for (const name of Object.keys(ALLOWED)) {
  const entry = exports[name]!.slice(2);
  test(`importing ${name} loads no other surface and no transport before it is known`, { skip: noDeno }, async () => {
    const modules = await loaded(entry);
    assert(modules.length > 3, modules.join("\n"));
    judge(name, entry, modules);
  });
  test(`importing ${name} as it is published loads no code but that and its layers'`, { skip: noBuild }, async () => {
    const modules = await loadedWhenBuilt(entry);
    assert(modules.length > 1, modules.join("\n"));
    noOthers(name, modules);
    // Modules with nothing but types and names of others leave no code.
    const expected = withLayers(await loaded(entry));
    assertEquals(modules.filter((path) => !expected.includes(path)), []);
  });
}

test("what is published opens a few files, and each transport only when it is needed", { skip: noBuild }, async () => {
  const files = await loaded("mod.js", builtPackage());
  assert(files.length > 1 && files.length < 7, files.join("\n"));
  const lazy = readdirSync(join(builtPackage(), "shared")).filter((file) => /^(bun|deno|node)-/.test(file));
  assertEquals(lazy.length, 3);
  assertEquals(lazy.filter((file) => files.includes(`shared/${file}`)), []);
});

test("the layers that entries share hold neither commands nor sockets, and the protocol knows no client", {
  skip: noBuild,
}, () => {
  const [protocol, client] = ["shared/resp.js", "shared/client.js"].map(modulesIn);
  assert(protocol!.length > 5 && client!.length > 40, `${protocol!.length} ${client!.length}`);
  assertEquals(protocol!.filter((path) => !/^src\/(errors\.ts|error_codes\.ts|resp\/.*)$/.test(path)), []);
  assertEquals(
    client!.filter((path) =>
      !/^src\/(error_codes\.ts|(command|connection|client)\/.*|transport\/(environment|transport)\.ts)$/.test(path)
    ),
    [],
  );
});

test("no entry loads what is not ours", { skip: noDeno }, async () => {
  for (const entry of Object.values(exports)) {
    const foreign = (await loaded(entry)).filter((path) => !/^(src\/|codegen\/|mod\.ts$|node:|cloudflare:)/.test(path));
    assertEquals(foreign, [], entry);
  }
});
