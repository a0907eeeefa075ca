/**
 * The path of somebody who has one runtime, an empty folder and a Redis: what they type, up to the first reply, and how
 * long the machine takes for it. Caches are empty, and no other runtime is on the PATH.
 *
 *     deno run -A tests/release/newcomer.ts
 *
 * @module
 */
import { mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { programOnPath } from "../support/binaries.ts";
import { startRedis } from "../support/servers.ts";
import { PACKAGE, packed } from "./packed.ts";
import { ROOT } from "./built.ts";
import { publish, Registry } from "./published.ts";
import { Project } from "./run_program.ts";

/** One thing to type. */
export interface Step {
  readonly command: string;
  readonly seconds: number;
}

/** A path that was walked to its end. */
export interface Path {
  readonly runtime: string;
  readonly steps: readonly Step[];
  /** What the program printed. */
  readonly output: string;
}

/** The README's ten lines, for this server, and with the package's name where it was installed as `name`. */
function tenLines(url: string, name: string): string {
  const [, lines] = /^```ts\n([^]*?)^```$/m.exec(readFileSync(join(ROOT, "README.md"), "utf8"))!;
  return lines!.replace("redis://127.0.0.1:6379", url).replace("@respire/redis", name);
}

/** The same for a Node that does not know `await using` yet, as the README says. */
function withoutUsing(lines: string): string {
  return `${lines.replace("await using redis", "const redis")}\nawait redis.close();\n`;
}

/** A Deno that came by npm is on the PATH as a program for Node; we run in the real one. */
function find(program: string): string {
  return program === "deno" ? process.execPath : programOnPath(program)!;
}

/** Somebody's folder and machine. */
class Newcomer implements Disposable {
  readonly project = new Project();
  readonly steps: Step[] = [];
  readonly #environment: Record<string, string>;

  /** Only these programs are there. */
  constructor(programs: readonly string[], environment: Record<string, string> = {}) {
    const folder = this.project.folder;
    mkdirSync(join(folder, "bin"));
    for (const name of programs) symlinkSync(find(name), join(folder, "bin", name));
    const caches = { DENO_DIR: "deno", BUN_INSTALL_CACHE_DIR: "bun", npm_config_cache: "npm" };
    const fresh = Object.entries(caches).map(([name, place]) => [name, join(folder, "cache", place)]);
    // Besides, a shell: npm asks one to unpack.
    this.#environment = { PATH: `${join(folder, "bin")}:/bin`, ...Object.fromEntries(fresh), ...environment };
  }

  /** Types a command; what it printed. */
  async type(command: string): Promise<string> {
    const [program, ...args] = command.split(" ");
    const start = performance.now();
    const path = join(this.project.folder, "bin", program!);
    const { code, output } = await this.project.run([path, ...args], this.#environment);
    if (code !== 0) throw new Error(`${command} ended with ${code}:\n${output}`);
    this.steps.push({ command, seconds: (performance.now() - start) / 1000 });
    return output;
  }

  [Symbol.dispose](): void {
    this.project[Symbol.dispose]();
  }
}

/** Deno, with JSR on loopback. */
export async function withDeno(url: string): Promise<Path> {
  const package_ = await publish();
  await using registry = await Registry.serve(package_);
  using newcomer = new Newcomer(["deno"], { JSR_URL: registry.url });
  await newcomer.type(`deno add jsr:${package_.name}`);
  newcomer.project.write("program.ts", tenLines(url, package_.name));
  const output = await newcomer.type("deno run --allow-net program.ts");
  return { runtime: "Deno", steps: newcomer.steps, output };
}

/** Bun, with the tarball in the place of the registry. */
export async function withBun(url: string): Promise<Path> {
  const tarball = packed();
  using newcomer = new Newcomer(["bun"]);
  newcomer.project.copy(tarball, "redis.tgz");
  await newcomer.type("bun add ./redis.tgz");
  newcomer.project.write("program.ts", tenLines(url, PACKAGE));
  const output = await newcomer.type("bun program.ts");
  return { runtime: "Bun", steps: newcomer.steps, output };
}

/** Node, with the tarball in the place of the registry. */
export async function withNode(url: string): Promise<Path> {
  const tarball = packed();
  using newcomer = new Newcomer(["node", "npm"]);
  newcomer.project.copy(tarball, "redis.tgz");
  await newcomer.type("npm install ./redis.tgz");
  newcomer.project.write("program.mjs", withoutUsing(tenLines(url, PACKAGE)));
  const output = await newcomer.type("node program.mjs");
  return { runtime: "Node", steps: newcomer.steps, output };
}

async function main(): Promise<void> {
  await using server = await startRedis();
  packed();
  for (const walk of [withDeno, withBun, withNode]) {
    await server.command("FLUSHALL");
    const { runtime, steps, output } = await walk(server.url);
    console.log(`${runtime} only: ${steps.reduce((sum, { seconds }) => sum + seconds, 0).toFixed(1)} s`);
    for (const { command, seconds } of steps) console.log(`  ${seconds.toFixed(1).padStart(5)} s  ${command}`);
    console.log(`           ${output.trim().split("\n").at(-1)}`);
  }
}

if (process.argv[1] !== undefined && pathToFileURL(process.argv[1]).href === import.meta.url) await main();
