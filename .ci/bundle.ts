/**
 * The sources as built JavaScript: a file for each entry, and what several entries share in `shared/`, so that an import
 * opens a few files where there are ninety modules. An entry loads whole layers (`layers.ts`), and of what is above and
 * beside them only what it needs; a class that two entries export is one class.
 *
 * Nothing is squeezed: whoever follows a stack trace reads our code, each module under a comment with its name, and only
 * of two that are called the same one gets a number. That is why there are no source maps, which would weigh more than
 * what they map, and no `--keep-names`, which costs a call for each function.
 *
 * @module
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { finish } from "./finish.ts";
import { mergeLayers } from "./layers.ts";
import { esbuild } from "./programs.ts";

/** What a runtime brings, or the program that imports us. */
const OUTSIDE = ["node:*", "cloudflare:*", "@opentelemetry/*"];

/** Builds these files, named from the repository's root, into a folder, where they keep their places. */
export function bundle(entries: readonly string[], folder: string): void {
  esbuild(
    ...entries,
    ...["--bundle", "--splitting", "--format=esm", "--platform=neutral", "--target=node20", "--charset=utf8"],
    ...OUTSIDE.map((name) => `--external:${name}`),
    ...["--outbase=.", `--outdir=${folder}`, "--chunk-names=shared/[name]-[hash]", "--log-level=warning"],
  );
  mergeLayers(folder);
  for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    // The generator's texts hold what looks like our own code; nobody bundles it, and it is loaded by itself.
    if (!name.endsWith(".js") || name.startsWith("codegen")) continue;
    const path = join(folder, name);
    writeFileSync(path, finish(readFileSync(path, "utf8")));
  }
}
