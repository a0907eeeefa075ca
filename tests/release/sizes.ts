/**
 * What a program pays for us when it is bundled: bytes, minified, and after gzip.
 *
 *     deno run -A tests/release/sizes.ts
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import { ROOT } from "./published.ts";
import { Project } from "./run_program.ts";

const ESBUILD = join(ROOT, "node_modules/.bin/esbuild");

/** Why nothing can be bundled here, or `false`. */
export const noBundler: string | false = existsSync(ESBUILD) ? false : "npm install brings esbuild";

/** Programs of one line or little more, by what they use. */
export const PROGRAMS: Readonly<Record<string, string>> = {
  "connect": 'export { connect } from "@respire/redis";',
  "connect, in Workers": 'export { connect } from "@respire/redis/cloudflare";',
  "connect and cache": 'export { connect } from "@respire/redis"; export { cache } from "@respire/redis/cache";',
  "a client without commands": `import { BaseClient, connectTransport, open } from "@respire/redis/client";
    export const connect = () => open({ client: BaseClient }, connectTransport);`,
  "the protocol": 'export { Decoder, Encoder } from "@respire/redis/resp";',
};

/** Bytes of a bundle. */
export interface Size {
  readonly minified: number;
  readonly gzipped: number;
}

/** Bundles a program, and weighs it. */
export function weigh(program: string): Size {
  using project = new Project();
  const { exports } = JSON.parse(readFileSync(join(ROOT, "deno.json"), "utf8"));
  const places = Object.entries<string>(exports).sort(([a], [b]) => b.length - a.length);
  const text = places.reduce(
    (text, [name, file]) => text.replaceAll(`"@respire/redis${name.slice(1)}"`, JSON.stringify(join(ROOT, file))),
    program,
  );
  project.write("program.ts", text);
  const options = ["--bundle", "--minify", "--format=esm", "--platform=neutral", "--log-level=error"];
  const outside = ["--external:node:*", "--external:cloudflare:*"];
  const { status, stdout, stderr } = spawnSync(ESBUILD, ["program.ts", ...options, ...outside], {
    cwd: project.folder,
    maxBuffer: 1 << 26,
  });
  if (status !== 0) throw new Error(stderr.toString());
  return { minified: stdout.length, gzipped: gzipSync(stdout, { level: 9 }).length };
}

if (process.argv[1] !== undefined && pathToFileURL(process.argv[1]).href === import.meta.url) {
  const kilobytes = (bytes: number) => `${(bytes / 1000).toFixed(1).padStart(6)} kB`;
  for (const [name, program] of Object.entries(PROGRAMS)) {
    const { minified, gzipped } = weigh(program);
    console.log(`${name.padEnd(28)}${kilobytes(minified)} minified  ${kilobytes(gzipped)} gzipped`);
  }
}
