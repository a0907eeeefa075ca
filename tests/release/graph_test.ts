// Importing one name of ours loads what that name needs, and nothing else.
import { assert, assertEquals } from "@std/assert";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { test } from "../support/test.ts";
import { ROOT } from "./published.ts";
import { run } from "./run_program.ts";

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

/** The modules that importing this file evaluates at once, as paths from the repository's root. */
async function loaded(entry: string): Promise<string[]> {
  const { code, output } = await run([process.execPath, "info", "--json", entry], { cwd: ROOT });
  assertEquals(code, 0, output);
  const { modules, roots } = JSON.parse(output) as { modules: Module[]; roots: string[] };
  const found = new Set(roots);
  for (const specifier of found) {
    const dependencies = modules.find((module) => module.specifier === specifier)?.dependencies ?? [];
    for (const { code, isDynamic } of dependencies) if (code?.specifier && !isDynamic) found.add(code.specifier);
  }
  return Array.from(found, (specifier) => specifier.replace(`file://${ROOT}`, "")).sort();
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
const MADE_OF: Record<string, string> = { "./diagnostics": "./observe", "./otel": "./observe" };

for (const [name, allowed] of Object.entries(ALLOWED)) {
  const entry = exports[name]?.slice(2);
  if (entry === undefined) continue;
  test(`importing ${name} loads no other surface and no transport before it is known`, { skip: noDeno }, async () => {
    const modules = await loaded(entry);
    assert(modules.length > 3, modules.join("\n"));
    assertEquals(modules.filter((path) => path !== entry && !allowed.test(path)), []);
    assertEquals(
      modules.filter((path) =>
        OTHERS.test(path) && ![name, MADE_OF[name]].some((own) => own && path.startsWith(`src${own.slice(1)}/`))
      ),
      [],
    );
  });
}

test("no entry loads what is not ours", { skip: noDeno }, async () => {
  for (const entry of Object.values(exports)) {
    const foreign = (await loaded(entry)).filter((path) => !/^(src\/|codegen\/|mod\.ts$|node:|cloudflare:)/.test(path));
    assertEquals(foreign, [], entry);
  }
});
