/**
 * The throw-away server that everybody is measured against.
 *
 * @module
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";

/** A running server. */
export interface Server {
  readonly port: number;
  readonly version: string;
  /** Whether the server is kept on one core by `taskset`; others may run there as well. */
  readonly pinned: boolean;
  /** Runs Lua; throws what the server answers if that is an error. */
  lua(script: string): string;
  /** Sends one command by `redis-cli`. */
  command(...words: string[]): string;
  /** CPU seconds that the server has used so far. */
  cpu(): number;
  /** How many errors it has answered so far. */
  errors(): number;
  /** Ends it; resolves when it and its folder are gone. */
  stop(): Promise<void>;
}

/** Is this program here? */
export function available(program: string): boolean {
  return spawnSync("sh", ["-c", `command -v ${program}`]).status === 0;
}

/** A port that nobody listens on. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer().once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });
}

/** Starts a `redis-server` that keeps nothing, on a free port of the loopback address. */
export async function startServer(...options: string[]): Promise<Server> {
  const port = await freePort();
  const directory = mkdtempSync(join(tmpdir(), "respire-bench-"));
  const pinned = availableParallelism() > 1 && available("taskset");
  const words = ["redis-server", "--port", String(port), "--bind", "127.0.0.1", "--dir", directory];
  words.push("--save", "", "--appendonly", "no", "--daemonize", "no", ...options);
  if (pinned) words.unshift("taskset", "-c", String(availableParallelism() - 1));
  const child: ChildProcess = spawn(words[0], words.slice(1), { stdio: ["ignore", "pipe", "inherit"] });
  const closed = new Promise((resolve) => child.once("close", resolve));
  await new Promise<void>((resolve, reject) => {
    let seen = "";
    child.once("error", reject).once("exit", (code) => reject(new Error(`redis-server ended with ${code}: ${seen}`)));
    child.stdout!.on("data", (text) => {
      if ((seen += text).includes("Ready to accept connections")) resolve();
    });
  });
  const command = (...arguments_: string[]): string => {
    const answer = execFileSync("redis-cli", ["-p", String(port), ...arguments_], { encoding: "utf8" }).trim();
    if (answer.startsWith("ERR") || answer.startsWith("(error)")) throw new Error(answer);
    return answer;
  };
  return {
    port,
    pinned,
    version: /redis_version:(\S+)/.exec(command("INFO", "server"))?.[1] ?? "unknown",
    command,
    cpu() {
      const used = command("INFO", "cpu").matchAll(/used_cpu_(?:sys|user):([\d.]+)/g);
      return [...used].reduce((sum, [, seconds]) => sum + Number(seconds), 0);
    },
    errors: () => Number(/total_error_replies:(\d+)/.exec(command("INFO", "stats"))?.[1] ?? 0),
    lua: (script) => command("EVAL", script, "0"),
    async stop() {
      child.kill("SIGTERM");
      await closed;
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
