/**
 * Who is compared, and how each is started: one process each, told by lines what to do.
 *
 * @module
 */
import { type ChildProcessByStdio, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { createInterface, type Interface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { refuse } from "./options.ts";
import { available } from "./server.ts";
import type { Workload } from "./workloads.ts";

const here = import.meta.dirname!;
const cache = join(here, ".cache");

/** What one measurement gives. */
export interface Sample {
  readonly units: number;
  readonly seconds: number;
  /** CPU seconds of the client's process. */
  readonly cpu: number;
}

/** A started contestant. */
export interface Contestant {
  readonly version: string;
  measure(seconds: number, units: number): Promise<Sample>;
  stop(): void;
}

/** Somebody to compare. */
export interface Entry {
  readonly client: string;
  readonly runtime: string;
  /** Starts on a workload; throws an error that says why it cannot. */
  start(port: number, workload: Workload): Promise<Contestant>;
}

/** What a contestant says whose library is not there, or not for its runtime. */
export const CANNOT_LOAD = "cannot be loaded here";

/** How Deno, Bun and Node say that a library is not there: nobody has installed it, or JSR cannot be reached. */
const NOT_THERE = /not a dependency|failed to load|cannot find (?:module|package)/i;

/** What is told of a program that failed with this message. */
export function told(message: string): string {
  return NOT_THERE.test(message) ? CANNOT_LOAD : message;
}

/** What is left out because the program cannot do it. */
const NO_SUCH_THING = "has no such thing";

/** No measurement may take longer, in milliseconds. */
const PATIENCE = 180_000;

class Program implements Contestant {
  version = "";
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #lines: Interface;

  constructor(words: readonly string[], cwd: string) {
    this.#child = spawn(words[0], words.slice(1), { cwd, stdio: ["pipe", "pipe", "inherit"] });
    this.#child.stdin.on("error", () => {});
    this.#lines = createInterface({ input: this.#child.stdout });
  }

  answer<T>(): Promise<T> {
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => {
        this.stop();
        reject(new Error("took too long"));
      }, PATIENCE);
      const settle = (act: () => void): void => {
        clearTimeout(late);
        this.#child.off("exit", gone).off("error", broken);
        this.#lines.off("line", line);
        act();
      };
      const line = (text: string): void => {
        // Some libraries log to standard output.
        if (text.startsWith("{")) settle(() => resolve(JSON.parse(text)));
      };
      const gone = (code: number | null): void => settle(() => reject(new Error(`its process ended with ${code}`)));
      const broken = (error: Error): void => settle(() => reject(error));
      this.#lines.on("line", line);
      this.#child.once("exit", gone).once("error", broken);
    });
  }

  async measure(seconds: number, units: number): Promise<Sample> {
    this.#child.stdin.write(`run ${seconds} ${units}\n`);
    const sample = await this.answer<Sample & { skipped?: string }>();
    if (sample.skipped !== undefined) throw new Error(sample.skipped);
    return sample;
  }

  stop(): void {
    this.#child.stdin.end();
    this.#child.kill("SIGKILL");
  }
}

async function started(words: readonly string[]): Promise<Contestant> {
  const program = new Program(words, here);
  try {
    const { version, skipped } = await program.answer<{ version?: string; skipped?: string }>();
    if (skipped !== undefined) throw new Error(skipped);
    program.version = version ?? "unknown";
    return program;
  } catch (error) {
    program.stop();
    throw error;
  }
}

/** `redis-benchmark` cannot be held open: each measurement is a process, its own clock counts. */
class RedisBenchmark implements Contestant {
  #rate = 2000;

  constructor(
    readonly version: string,
    readonly port: number,
    readonly words: readonly string[],
    readonly depth: number,
  ) {}

  // deno-lint-ignore require-await
  async measure(seconds: number, units: number): Promise<Sample> {
    // It sends whole pipelines only: what is asked for beside them would be sent, and not be counted.
    const count = this.depth * Math.max(1, Math.ceil(Math.max(units, this.#rate * seconds) / this.depth));
    const options = ["-p", String(this.port), "-n", String(count), "--csv", ...this.words];
    const script = 'TIMEFORMAT="%U %S"; time redis-benchmark "$@"';
    const { stdout, stderr, status } = spawnSync("bash", ["-c", script, "bash", ...options], { encoding: "utf8" });
    // "the command","requests a second","average latency"…
    const rate = Number(stdout.trim().split("\n").at(-1)!.slice(1).split('","')[1]);
    if (status !== 0) throw new Error(`redis-benchmark: ${stderr.trim().split("\n")[0]}`);
    // Its clock has milliseconds; less than a few of them is no measurement.
    if (!Number.isFinite(rate) || count / rate < 0.01) {
      this.#rate = 10 * Math.max(this.#rate, count / Math.max(seconds, 0.01));
      return this.measure(seconds, units);
    }
    this.#rate = rate;
    const [user, system] = stderr.trim().split("\n").at(-1)!.split(" ").map(Number);
    return { units: count, seconds: count / rate, cpu: user + system };
  }

  stop(): void {}
}

function redisBenchmark(): Entry {
  return {
    client: "redis-benchmark",
    runtime: "c",
    async start(port, { benchmark }) {
      if (benchmark === undefined) throw new Error(NO_SUCH_THING);
      if (!available("redis-benchmark")) throw new Error("redis-benchmark is not installed");
      const version = /[\d.]+/.exec(spawnSync("redis-benchmark", ["--version"], { encoding: "utf8" }).stdout)?.[0] ??
        "unknown";
      const option = benchmark.indexOf("-P");
      const depth = option < 0 ? 1 : Number(benchmark[option + 1]);
      const contestant = new RedisBenchmark(version, port, benchmark, depth);
      await contestant.measure(0.05, 0);
      return contestant;
    },
  };
}

function hiredis(): Entry {
  let built: string | undefined;
  const program = join(cache, "pipeline");
  const build = (): string => {
    mkdirSync(cache, { recursive: true });
    const words = ["-O2", "-o", program, join(here, "limit", "pipeline.c"), "-lhiredis"];
    const { status, error } = spawnSync("cc", words, { stdio: ["ignore", "ignore", "ignore"] });
    return error !== undefined || status !== 0 ? "a C compiler or libhiredis-dev is missing" : "";
  };
  return {
    client: "hiredis",
    runtime: "c",
    // deno-lint-ignore require-await
    async start(port, { native }) {
      if (native === undefined) throw new Error(NO_SUCH_THING);
      built ??= build();
      if (built !== "") throw new Error(built);
      return started([program, String(port), ...native.split(" ")]);
    },
  };
}

function python(parser: "hiredis" | "python"): Entry {
  const find = (): string | undefined =>
    ["python3", "/usr/bin/python3"].find((program) =>
      spawnSync(program, ["-c", `import redis${parser === "hiredis" ? ", hiredis" : ""}`], { stdio: "ignore" })
        .status === 0
    );
  let program: string | undefined;
  return {
    client: parser === "hiredis" ? "redis-py+hiredis" : "redis-py",
    runtime: "python",
    // deno-lint-ignore require-await
    async start(port, { native }) {
      if (native === undefined) throw new Error(NO_SUCH_THING);
      program ??= find() ?? "";
      if (program === "") throw new Error("redis-py is not installed");
      return started([program, join(here, "baseline", "redis_py.py"), parser, String(port), ...native.split(" ")]);
    },
  };
}

/** How a runtime is told to run a program of this folder. */
export const RUNTIMES: Readonly<Record<string, (file: string) => string[]>> = {
  deno: (file) => ["deno", "run", "-A", "-q", "--no-lock", file + ".ts"],
  bun: (file) => ["bun", file + ".ts"],
  node: (file) => ["node", join(".cache", "node", file + ".js")],
};

/** Node gets JavaScript, as its users do: every program of this folder and every adapter, rivals left outside. */
export function buildForNode(): void {
  const adapters = readdirSync(join(here, "clients")).filter((file) =>
    existsSync(join(here, "../mod.ts")) || file !== "respire.ts"
  ).map((file) => join("clients", file));
  const programs = [
    "contestant.ts",
    "micro_subject.ts",
    "growth_subject.ts",
    "startup_subject.ts",
    "workers_subject.ts",
    "cluster_subject.ts",
    "worker.ts",
  ].filter((file) => existsSync(join(here, file)));
  const words = [
    ...[...programs, ...adapters].map((file) => `${file.slice(0, -3)}=${file}`),
    "--bundle",
    "--splitting",
    "--format=esm",
    "--platform=node",
    "--target=node20",
  ];
  words.push("--packages=external", "--external:bun", "--outdir=.cache/node", "--log-level=error");
  const { status } = spawnSync(esbuild(), words, { cwd: here, stdio: "inherit" });
  if (status !== 0) throw new Error("the bench programs could not be built for Node");
}

/** The bundler: the one that the bench pins; or the repository's own, where the bench is not set up. */
export function esbuild(): string {
  const places = [here, join(here, "..")].map((folder) => join(folder, "node_modules", ".bin", "esbuild"));
  const found = places.find((program) => existsSync(program));
  if (found === undefined) throw new Error("there is no esbuild: run bench/setup.sh first");
  return found;
}

/** Ends the program where the other clients' packages are not installed: measured alone, nobody is compared. */
export function requireRivals(): void {
  if (!existsSync(join(here, "node_modules"))) refuse("the other clients are not installed: run bench/setup.sh first");
}

/**
 * Which clients run where: where their documentation says that they do. GLIDE's names Node alone; it happens to load in
 * Deno and Bun, but a figure from there would hold its makers to what they do not offer. What is not in this list has no
 * row, and is not told among the skipped: those are in it, and could not be had on a machine or in a workload.
 */
export const CLIENTS: Readonly<Record<string, readonly string[]>> = {
  respire: ["deno", "bun", "node"],
  ioredis: ["deno", "bun", "node"],
  node_redis: ["deno", "bun", "node"],
  iovalkey: ["deno", "bun", "node"],
  glide: ["node"],
  bun: ["bun"],
  deno_redis: ["deno"],
  iuioiua: ["deno"],
};

/** The same library with a switch that its README recommends for promises; in other work it changes nothing. */
export const GATHERING: Readonly<Record<string, readonly string[]>> = {
  ioredis_auto: CLIENTS.ioredis,
  iovalkey_auto: CLIENTS.iovalkey,
};

async function contestant(client: string, runtime: string, port: number, { name, promises }: Workload) {
  if (client in GATHERING && !promises) throw new Error("is the same without auto-pipelining");
  return await started([...RUNTIMES[runtime]("contestant"), client, String(port), name]);
}

/** Everybody, narrowed to some clients and runtimes if told so. */
export function entries(clients?: readonly string[], runtimes?: readonly string[]): Entry[] {
  const all: Entry[] = [];
  for (const runtime of ["deno", "bun", "node"]) {
    for (const [client, places] of Object.entries({ ...CLIENTS, ...GATHERING })) {
      if (!places.includes(runtime)) continue;
      all.push({ client, runtime, start: (port, workload) => contestant(client, runtime, port, workload) });
    }
  }
  all.push(redisBenchmark(), hiredis(), python("python"), python("hiredis"));
  return all.filter((entry) =>
    (clients === undefined || clients.includes(entry.client)) &&
    (runtimes === undefined || runtimes.includes(entry.runtime) || entry.runtime === "c" && clients === undefined)
  );
}
