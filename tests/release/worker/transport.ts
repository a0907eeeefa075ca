// The transport of Workers by itself, against a server that does what a test says.
import { connect } from "../../../src/transport/cloudflare.ts";
import type { Transport, TransportHandler } from "../../../src/transport/transport.ts";

const MEGABYTE = 1 << 20;

/** Counts what it is told. */
class Counter implements TransportHandler {
  size = 0;
  text = "";
  drains = 0;
  closes: (string | null)[] = [];
  #waiters: (() => void)[] = [];

  data(chunk: Uint8Array): void {
    this.size += chunk.length;
    if (this.size < 1000) this.text += new TextDecoder().decode(chunk);
    this.#wake();
  }

  drain(): void {
    this.drains++;
    this.#wake();
  }

  close(error?: Error): void {
    this.closes.push(error ? error.message : null);
    this.#wake();
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#waiters.push(resolve));
  }

  #wake(): void {
    for (const wake of this.#waiters.splice(0)) wake();
  }
}

async function opened(port: number): Promise<[Counter, Transport]> {
  const counter = new Counter();
  return [counter, await connect({ hostname: "127.0.0.1", port }, counter)];
}

const words = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Bytes that differ from place to place with a period that no power of two divides. */
function pattern(size: number, start: number): Uint8Array {
  return new Uint8Array(size).map((_, i) => (start + i) % 251);
}

/** The server reads nothing until a second connection tells it to. */
async function backpressure(port: number): Promise<unknown> {
  const [counter, transport] = await opened(port);
  let waits = 0;
  for (let sent = 0; sent < 32 * MEGABYTE; sent += MEGABYTE) if (!transport.write(pattern(MEGABYTE, sent))) waits++;
  await counter.until(() => counter.size === 5 * MEGABYTE);
  const before = { waits, drains: counter.drains, waiting: transport.waiting > 16 * MEGABYTE };
  const [control, release] = await opened(port);
  release.write(words("release"));
  await counter.until(() => counter.drains === 1);
  const after = { drains: counter.drains, waiting: transport.waiting };
  transport.destroy();
  await counter.until(() => counter.closes.length > 0);
  release.destroy();
  await control.until(() => control.closes.length > 0);
  return [before, after, counter.closes, control.closes];
}

/** The server says something and closes its end. */
async function goodbye(port: number): Promise<unknown> {
  const [counter, transport] = await opened(port);
  transport.write(words("hello"));
  await counter.until(() => counter.closes.length > 0);
  return [counter.text, counter.closes, transport.write(words("late")), transport.waiting];
}

/** Many small writes in one turn, and one after the end. */
async function order(port: number): Promise<unknown> {
  const [counter, transport] = await opened(port);
  let sent = 0;
  for (let i = 0; i < 3000; i++) {
    const size = i % 97 === 0 ? 50_000 : i % 13;
    transport.write(pattern(size, sent));
    sent += size;
  }
  await counter.until(() => counter.drains > 0);
  transport.destroy();
  transport.write(words("too late"));
  await counter.until(() => counter.closes.length > 0);
  return [sent, counter.closes];
}

async function aborted(port: number): Promise<unknown> {
  const reasons: unknown[] = [];
  const reject = (signal: AbortSignal) =>
    connect({ hostname: "127.0.0.1", port }, new Counter(), signal).catch((error) => reasons.push(error));
  await reject(AbortSignal.abort("before"));
  const controller = new AbortController();
  const opening = reject(controller.signal);
  controller.abort("on the way");
  await opening;
  return reasons;
}

const TASKS: Record<string, (port: number) => Promise<unknown>> = { backpressure, goodbye, order, aborted };

export default {
  async fetch(request: Request): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    try {
      return Response.json(await TASKS[pathname.slice(1)]!(Number(searchParams.get("port"))));
    } catch (error) {
      return new Response(String((error as Error).stack), { status: 500 });
    }
  },
};
