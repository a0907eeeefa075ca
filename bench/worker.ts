/**
 * What runs in a worker: a web worker in Deno and Bun, a worker thread in Node.
 *
 * @module
 */
import { parentPort } from "node:worker_threads";
import { readDocuments } from "./documents.ts";

interface Order {
  readonly port: number;
  readonly seconds: number;
}

if (typeof Worker === "undefined") {
  parentPort!.once("message", async ({ port, seconds }: Order) => {
    parentPort!.postMessage(await readDocuments(port, seconds));
  });
} else {
  const web = globalThis as unknown as { onmessage: unknown; postMessage(message: unknown): void; close(): void };
  web.onmessage = async ({ data: { port, seconds } }: { data: Order }) => {
    web.postMessage(await readDocuments(port, seconds));
    web.close();
  };
}
