/**
 * Programs in `workerd`, the runtime of Cloudflare's Workers, bundled as Wrangler does it.
 *
 * @module
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "../support/servers.ts";
import { ROOT } from "./built.ts";
import { run } from "../support/programs.ts";
import type { Project } from "./run_program.ts";

const WORKERD = join(ROOT, ".ci/node_modules/.bin/workerd");
const ESBUILD = join(ROOT, "node_modules/.bin/esbuild");

/** Why what needs it is skipped, or `false`. */
export const noWorkerd: string | false = existsSync(WORKERD) && existsSync(ESBUILD)
  ? false
  : "no workerd; npm install --prefix .ci brings it";

/** What a Worker is to be like. */
export interface WorkerOptions {
  /** Texts that the program finds in its environment. */
  readonly bindings?: Readonly<Record<string, string>>;
  /** Certificate authorities to trust, as PEM text: a setting of the machine, as no Worker can choose. */
  readonly trusted?: readonly string[];
  /** Such as `"nodejs_compat"`. */
  readonly flags?: readonly string[];
  /** Durable Objects: the names of bindings, and of the classes that the program exports. */
  readonly objects?: Readonly<Record<string, string>>;
}

/** Makes one file of a program in a project, for Workers. */
export async function bundle(project: Project, entry: string, ...options: string[]): Promise<void> {
  const { code, output } = await run(
    [ESBUILD, entry, "--bundle", "--format=esm", "--target=es2022", "--outfile=worker.js", ...[
      "--external:cloudflare:*",
      "--conditions=workerd,worker,browser",
      "--log-level=warning",
    ], ...options],
    { cwd: project.folder },
  );
  if (code !== 0) throw new Error(output);
}

/** A running Worker. */
export class Worker implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #url: string;
  #output = "";
  #running = true;

  private constructor(child: ChildProcess, url: string) {
    this.#child = child;
    this.#url = url;
    for (const stream of [child.stdout!, child.stderr!]) stream.on("data", (chunk) => this.#output += chunk);
    child.on("exit", () => this.#running = false);
  }

  /** Runs the project's `worker.js` and waits until it answers. */
  static async start(project: Project, options: WorkerOptions = {}): Promise<Worker> {
    project.write("config.capnp", config(options));
    const port = await freePort();
    const args = ["serve", "config.capnp", `--socket-addr=http=127.0.0.1:${port}`];
    const child = spawn(WORKERD, args, { cwd: project.folder, stdio: ["ignore", "pipe", "pipe"] });
    const worker = new Worker(child, `http://127.0.0.1:${port}`);
    while (worker.#running) {
      try {
        await (await fetch(worker.#url)).body?.cancel();
        return worker;
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    }
    throw new Error(worker.#output);
  }

  /** What it answers to a request. */
  async ask(path: string): Promise<unknown> {
    const response = await fetch(this.#url + path);
    const text = await response.text();
    if (!response.ok) throw new Error(`${response.status}: ${text}\n${this.#output}`);
    return JSON.parse(text);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#running) return;
    const closed = once(this.#child, "close");
    this.#child.kill("SIGKILL");
    await closed;
  }
}

function config({ bindings = {}, trusted = [], flags = [], objects = {} }: WorkerOptions): string {
  const text = (value: string) => JSON.stringify(value);
  const list = (values: readonly string[]) => `[${values.map(text).join(", ")}]`;
  const environment = Object.entries(bindings).map(([name, value]) => `(name = ${text(name)}, text = ${text(value)})`);
  for (const [name, kind] of Object.entries(objects)) {
    environment.push(`(name = ${text(name)}, durableObjectNamespace = ${text(kind)})`);
  }
  const kinds = Object.values(objects).map((kind) => `(className = ${text(kind)}, uniqueKey = ${text(kind)})`);
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .worker),
    (name = "internet", network = (
      allow = ["public", "private", "local"],
      tlsOptions = (trustBrowserCas = true, trustedCertificates = ${list(trusted)})
    )),
  ],
  sockets = [(name = "http", http = (), service = "main")]
);
const worker :Workerd.Worker = (
  modules = [(name = "worker.js", esModule = embed "worker.js")],
  bindings = [${environment.join(", ")}],
  durableObjectNamespaces = [${kinds.join(", ")}],
  durableObjectStorage = (inMemory = void),
  compatibilityDate = "2025-01-01",
  compatibilityFlags = ${list(flags)},
);
`;
}
