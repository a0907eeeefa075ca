/**
 * So many workers with a client each, reading and parsing documents; or the same on the main thread.
 *
 * @module
 */
import process from "node:process";
import { Worker as NodeWorker } from "node:worker_threads";
import { readDocuments } from "./documents.ts";

const [count, port, seconds] = process.argv.slice(2).map(Number);

/** Runs one worker to its end: it closes its client, and ends by itself. */
function run(): Promise<number> {
  const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
  const file = new URL(`worker.${extension}`, import.meta.url);
  const order = { port, seconds };
  return new Promise((resolve, reject) => {
    if (typeof Worker === "undefined") {
      const worker = new NodeWorker(file);
      let documents = 0;
      worker.on("message", (message) => documents = message).once("error", reject);
      worker.once("exit", (code) => code === 0 ? resolve(documents) : reject(new Error(`a worker ended with ${code}`)));
      worker.postMessage(order);
      return;
    }
    const worker = new Worker(file, { type: "module" });
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = (event) => reject(new Error(event.message));
    worker.postMessage(order);
  });
}

/** How late timers of the main thread come, in milliseconds, at worst. */
let latest = 0;
let due = performance.now() + 5;
const clock = setInterval(() => {
  latest = Math.max(latest, performance.now() - due);
  due = performance.now() + 5;
}, 5);
const start = performance.now();
const documents = count === 0
  ? await readDocuments(port, seconds)
  : (await Promise.all(Array.from({ length: count }, run))).reduce((sum, each) => sum + each, 0);
const elapsed = (performance.now() - start) / 1000;
clearInterval(clock);
console.log(JSON.stringify({ perSecond: documents / seconds, elapsed, latest }));
// No process.exit: a worker or a socket that stays open would keep this process, and the bench, waiting.
