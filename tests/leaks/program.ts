/**
 * A program that uses clients in many ways, and then looks at what is left: sockets, memory, listeners, connections at the
 * server, rejections that nobody heard. It must end by itself: a timer or a socket that is left would keep it alive.
 *
 *     deno run -A --v8-flags=--expose-gc tests/leaks/program.ts connect 10000        bun tests/leaks/program.ts connect 10000
 *
 * @module
 */
import { readdirSync } from "node:fs";
import process from "node:process";
import { startRedis } from "../support/servers.ts";
import { KINDS } from "./kinds.ts";

/** Unheard rejections and uncaught exceptions, as text. */
const unheard: string[] = [];

function hear(): void {
  // Deno's own event, for it tells `process` only of some.
  if ("Deno" in globalThis) {
    for (const kind of ["unhandledrejection", "error"]) {
      globalThis.addEventListener(kind, (event) => {
        event.preventDefault();
        unheard.push(String((event as PromiseRejectionEvent).reason ?? (event as ErrorEvent).error));
      });
    }
    return;
  }
  process.on("unhandledRejection", (reason) => void unheard.push(String(reason)));
  process.on("uncaughtException", (error) => void unheard.push(String(error)));
}

/** Open files and sockets of this process; `undefined` where the system does not tell. */
function handles(): number | undefined {
  try {
    return readdirSync("/proc/self/fd").length;
  } catch {
    return undefined;
  }
}

interface Collector {
  readonly Bun?: { gc(force: boolean): void };
  readonly gc?: () => void;
}

/** Bytes of live objects and of what they hold outside of the heap, after everything else has been collected. */
async function memory(): Promise<number> {
  const { Bun, gc } = globalThis as Collector;
  for (let i = 0; i < 3; i++) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    if (Bun) Bun.gc(true);
    else gc?.();
  }
  const { heapUsed, external } = process.memoryUsage();
  // Deno and Node count the bytes of arrays beside the heap, and Deno has no number for them alone. Bun's heap has them.
  return Bun ? heapUsed : heapUsed + external;
}

/** Waits until the server has seen everybody go but who asks. */
async function alone(command: (...words: string[]) => Promise<string>): Promise<number> {
  for (let tries = 0;; tries++) {
    const clients = Number(/connected_clients:(\d+)/.exec(await command("INFO", "clients"))![1]) - 1;
    if (clients === 0 || tries === 200) return clients;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

const [kind = "connect", times = "100"] = process.argv.slice(2);
const work = KINDS[kind];
if (work === undefined) throw new Error(`No such kind: ${kind}; there are ${Object.keys(KINDS).join(", ")}`);
hear();
const server = await startRedis();
const count = Number(times);
// What is made once, is made now: code, caches, the system's own sockets.
await work(server, Math.max(50, Math.min(200, count / 10)));
const command = (...words: string[]): Promise<string> => server.command(...words);
await alone(command);
const before = { handles: handles(), memory: await memory() };
const start = performance.now();
const more = await work(server, count);
const seconds = (performance.now() - start) / 1000;
const clients = await alone(command);
// What was closed a moment ago, the system may still be closing.
for (let tries = 0; before.handles !== undefined && handles()! > before.handles && tries < 250; tries++) {
  await new Promise((resolve) => setTimeout(resolve, 20));
}
const after = { handles: handles(), memory: await memory() };
const grown = after.memory - before.memory;
console.log(JSON.stringify({
  kind,
  count,
  seconds: Number(seconds.toFixed(1)),
  handles: before.handles === undefined ? 0 : after.handles! - before.handles,
  kilobytes: Math.round(grown / 1024),
  collected: "Bun" in globalThis || (globalThis as Collector).gc !== undefined,
  clients,
  unheard,
  ...more,
}));
await server[Symbol.asyncDispose]();
