/**
 * What runs in a worker: a web worker in Deno and Bun, a worker thread in Node. It is told a port, says "ready" when it
 * is connected, is told a span, and says how many documents it got through.
 *
 * @module
 */
import { parentPort } from "node:worker_threads";
import { openReader, type Span } from "./documents.ts";

if (typeof Worker === "undefined") {
  parentPort!.once("message", async (port: number) => {
    const run = await openReader(port);
    parentPort!.once("message", async (span: Span) => parentPort!.postMessage(await run(span)));
    parentPort!.postMessage("ready");
  });
} else {
  const web = globalThis as unknown as { onmessage: unknown; postMessage(message: unknown): void; close(): void };
  web.onmessage = async ({ data: port }: { data: number }) => {
    const run = await openReader(port);
    web.onmessage = async ({ data: span }: { data: Span }) => {
      web.postMessage(await run(span));
      web.close();
    };
    web.postMessage("ready");
  };
}
