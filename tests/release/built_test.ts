// What is built is what was written: the same names, the same classes behind them, the same texts of the generator.
import { assert, assertEquals, assertInstanceOf, assertStrictEquals } from "@std/assert";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { COPIED } from "../../.ci/build.ts";
import { test } from "../support/test.ts";
import { builtPackage, noBuild, ROOT } from "./built.ts";

type Module = Readonly<Record<string, unknown>>;

const { exports } = JSON.parse(readFileSync(join(ROOT, "deno.json"), "utf8")) as { exports: Record<string, string> };

/** What nobody but a Worker can import. */
const ELSEWHERE = ["./cloudflare", "./sockets/cloudflare"];

/** Every entry, imported from the sources and from what is built. */
async function entries(): Promise<[name: string, written: Module, built: Module][]> {
  const found: [string, Module, Module][] = [];
  for (const [name, file] of Object.entries(exports)) {
    if (ELSEWHERE.includes(name)) continue;
    const [written, built] = [[ROOT, file], [builtPackage(), file.replace(/\.ts$/, ".js")]].map(([folder, path]) =>
      pathToFileURL(join(folder!, path!)).href
    );
    found.push([name, await import(written!), await import(built!)]);
  }
  return found;
}

test("every entry has its names, and what they stand for its own", { skip: noBuild }, async () => {
  let functions = 0;
  for (const [entry, written, built] of await entries()) {
    assertEquals(Object.keys(built).sort(), Object.keys(written).sort(), entry);
    for (const [name, value] of Object.entries(written)) {
      assertEquals(typeof built[name], typeof value, `${entry} ${name}`);
      if (typeof value !== "function") continue;
      functions++;
      assertEquals((built[name] as { name: string }).name, value.name, `${entry} ${name}`);
      const members = Object.getOwnPropertyNames(value.prototype ?? {}).sort();
      assertEquals(Object.getOwnPropertyNames((built[name] as typeof value).prototype ?? {}).sort(), members);
    }
  }
  assert(functions > 50, String(functions));
});

test("no page of it leads to what is not in it", { skip: noBuild }, () => {
  const names = readdirSync(builtPackage(), { recursive: true, encoding: "utf8" });
  const targets = names.filter((name) => /\.md$|^examples\/.*\.ts$/.test(name)).flatMap((name) => {
    const text = readFileSync(join(builtPackage(), name), "utf8");
    const found = name.endsWith(".md")
      ? text.matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)|\bsrc(?:set)?="([^":]+)"/g)
      : text.matchAll(/^import .* from "(\.[^"]+)"/gm);
    return Array.from(found, ([, link, picture]) => join(name, "..", link ?? picture!));
  });
  assertEquals(targets.filter((target) => !existsSync(join(builtPackage(), target))), []);
  for (const page of readdirSync(join(ROOT, "docs"))) assert(targets.includes(`docs/${page}`), page);
});

test("a clone brings along what the package does, for those who install that", () => {
  const read = (name: string) => JSON.parse(readFileSync(join(ROOT, name), "utf8"));
  for (const list of [read("package.json").files, read("deno.json").publish.include]) {
    assertEquals(COPIED.filter((name) => !list.includes(name)), []);
  }
});

test("what two entries export is one thing", { skip: noBuild }, async () => {
  const all = await entries();
  let shared = 0;
  for (const [first, written, built] of all) {
    for (const [second, otherWritten, otherBuilt] of all) {
      for (const name of Object.keys(written).filter((name) => first !== second && name in otherWritten)) {
        shared++;
        assertEquals(
          built[name] === otherBuilt[name],
          written[name] === otherWritten[name],
          `${first} ${second} ${name}`,
        );
      }
    }
  }
  assert(shared > 20, String(shared));
});

test("an error of one entry is an instance of the other's class", { skip: noBuild }, async () => {
  const load = <T>(path: string): Promise<T> => import(pathToFileURL(join(builtPackage(), path)).href);
  const main = await load<typeof import("../../mod.ts")>("mod.js");
  const client = await load<typeof import("../../src/client/mod.ts")>("src/client/mod.js");
  const { Decoder } = await load<typeof import("../../src/resp/mod.ts")>("src/resp/mod.js");
  const decoder = new Decoder();
  decoder.feed(new TextEncoder().encode("-WRONGTYPE no\r\n"));
  const reply = decoder.read(0);
  assertInstanceOf(reply, main.ReplyError);
  assertInstanceOf(reply, client.RedisError);
  assertStrictEquals(Object.getPrototypeOf(client.TimeoutError), main.RedisError);
});

test("the generator writes what it writes from the sources", { skip: noBuild }, async () => {
  type Generator = typeof import("../../codegen/cli.ts");
  const written: Generator = await import(pathToFileURL(join(ROOT, "codegen/cli.ts")).href);
  const built: Generator = await import(pathToFileURL(join(builtPackage(), "codegen/cli.js")).href);
  for (const options of [{}, { only: ["get", "set", "@stream"], with: ["pipeline"], sockets: "node" }]) {
    assertEquals((await built.generate(options)).text, (await written.generate(options)).text);
  }
});

test("people can read it, and no text in it is said twice", { skip: noBuild }, () => {
  const files = readdirSync(builtPackage(), { recursive: true, encoding: "utf8" }).filter((name) =>
    name.endsWith(".js")
  );
  for (const name of files.filter((name) => !name.startsWith("codegen"))) {
    const text = readFileSync(join(builtPackage(), name), "utf8");
    assertEquals(text.match(/^ *\/\*\*/m), null, name);
    assertEquals(text.match(/\bclass _\w+/), null, name);
    const lines = text.split("\n");
    assert(text.length / lines.length < 100, `${name}: ${text.length} characters in ${lines.length} lines`);
  }
});
