/**
 * What is public, by name: enough to see that a version takes something away.
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";

interface Member {
  readonly name: string;
  readonly accessibility?: string;
}

interface Declaration {
  readonly def?: { readonly methods?: readonly Member[]; readonly properties?: readonly Member[] };
}

interface Documentation {
  readonly nodes: Record<string, { symbols: { name: string; declarations: Declaration[] }[] }>;
}

/** Every exported name of every entry, and the names of its members: `"./resp Decoder"`, `"./resp Decoder.feed"`. */
export function publicNames(root: string): Set<string> {
  const { exports } = JSON.parse(readFileSync(join(root, "deno.json"), "utf8")) as { exports: Record<string, string> };
  const { nodes } = document(root, Object.values(exports));
  const names = new Set<string>();
  for (const [entry, file] of Object.entries(exports)) {
    for (const { name, declarations } of nodes[pathToFileURL(join(root, file)).href]?.symbols ?? []) {
      names.add(`${entry} ${name}`);
      for (const member of declarations.flatMap(members)) names.add(`${entry} ${name}.${member}`);
    }
  }
  return names;
}

function members({ def }: Declaration): string[] {
  return [...def?.methods ?? [], ...def?.properties ?? []]
    .filter(({ accessibility }) => accessibility !== "private" && accessibility !== "protected")
    .map(({ name }) => name);
}

function document(root: string, files: readonly string[]): Documentation {
  const command = "Deno" in globalThis ? process.execPath : "deno";
  const { status, stdout, stderr, error } = spawnSync(command, ["doc", "--json", ...files], {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 1 << 30,
  });
  if (error) throw error;
  if (status !== 0) throw new Error(`deno doc failed:\n${stderr}`);
  return JSON.parse(stdout);
}
