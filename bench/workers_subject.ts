/**
 * So many workers with a client each, reading and parsing documents; or the same on the main thread.
 *
 * @module
 */
import process from "node:process";
import { Worker as NodeWorker } from "node:worker_threads";
import { openReader, type Span } from "./documents.ts";

const [count, port, seconds] = process.argv.slice(2).map(Number);

/** Reads for a span, and tells how many documents that were. */
type Run = (span: Span) => Promise<number>;

/** What this program needs of a worker, of either kind. */
interface Thread {
  post(message: number | Span): void;
  /** Gives the next message; rejects if the worker fails first. */
  next(): Promise<unknown>;
}

function webWorker(file: URL): Thread {
  const worker = new Worker(file, { type: "module" });
  return {
    post: (message) => worker.postMessage(message),
    next: () =>
      new Promise((resolve, reject) => {
        worker.onmessage = ({ data }) => resolve(data);
        worker.onerror = (event) => reject(new Error(event.message));
      }),
  };
}

function workerThread(file: URL): Thread {
  const worker = new NodeWorker(file);
  return {
    post: (message) => worker.postMessage(message),
    next: () =>
      new Promise((resolve, reject) => {
        worker.removeAllListeners().once("message", resolve).once("error", reject);
        worker.once("exit", (code) => reject(new Error(`a worker ended with ${code}`)));
      }),
  };
}

/** Starts one worker; it is connected, and runs to its end: it closes its client, and ends by itself. */
async function openWorker(): Promise<Run> {
  const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
  const file = new URL(`worker.${extension}`, import.meta.url);
  const worker = typeof Worker === "undefined" ? workerThread(file) : webWorker(file);
  const ready = worker.next();
  worker.post(port);
  await ready;
  return async (span) => {
    const documents = worker.next();
    worker.post(span);
    return await documents as number;
  };
}

/** How late timers of the main thread come in the span, in milliseconds, at worst. */
async function lateness({ begin, end }: Span): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, begin - Date.now()));
  const stop = performance.now() + end - Date.now();
  let latest = 0;
  for (let now = performance.now(); now < stop;) {
    const due = now + 5;
    await new Promise((resolve) => setTimeout(resolve, 5));
    now = performance.now();
    // Who is deaf past the end is so because of what came before it, but only until then within the span.
    latest = Math.max(latest, Math.min(now, stop) - due);
  }
  return latest;
}

/** Long enough that everybody has heard of the span before it begins. */
const NOTICE = 50;

const runs = await Promise.all(
  Array.from({ length: Math.max(1, count) }, () => count === 0 ? openReader(port) : openWorker()),
);
const begin = Date.now() + NOTICE;
const span = { begin, end: begin + seconds * 1000 };
const [latest, ...documents] = await Promise.all([lateness(span), ...runs.map((run) => run(span))]);
const elapsed = (Date.now() - begin) / 1000;
const perSecond = documents.reduce((sum, each) => sum + each, 0) / seconds;
console.log(JSON.stringify({ perSecond, elapsed, latest }));
// No process.exit: a worker or a socket that stays open would keep this process, and the bench, waiting.
