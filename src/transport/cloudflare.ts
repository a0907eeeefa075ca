/**
 * Sockets by way of `cloudflare:sockets`, in Workers and Durable Objects.
 *
 * @module
 */

// @ts-ignore: a module of Workers alone, which no compiler elsewhere knows
import { connect as connectSocket } from "cloudflare:sockets";
import { WriteQueue } from "./queue.ts";
import type { Address, TlsOptions, Transport, TransportHandler } from "./transport.ts";

/** Bytes asked for at a time. One such buffer travels between us and the stream as long as the socket lives. */
const READ_SIZE = 65_536;

/** The part of a Worker's socket that is used here. */
interface WorkerSocket {
  readonly opened: Promise<unknown>;
  /** Rejects if the socket broke. */
  readonly closed: Promise<void>;
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<Uint8Array>;
  startTls(options: { expectedServerHostname?: string }): WorkerSocket;
  close(): Promise<void>;
}

type Open = (
  address: { hostname: string; port: number },
  options: { secureTransport: "on" | "off" | "starttls"; allowHalfOpen: boolean },
) => WorkerSocket;

/** Opens a socket with `cloudflare:sockets`. It belongs to the request in which it was opened. */
export async function connect(address: Address, handler: TransportHandler, signal?: AbortSignal): Promise<Transport> {
  signal?.throwIfAborted();
  const socket = open(address);
  const { closed } = socket;
  closed.catch(() => {}); // reading and writing tell the same
  let abort: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => abort = () => reject(signal?.reason));
  signal?.addEventListener("abort", abort!);
  try {
    await Promise.race([socket.opened, aborted]);
    return new WorkerTransport(socket, handler);
  } catch (error) {
    socket.close().catch(() => {});
    throw error;
  } finally {
    signal?.removeEventListener("abort", abort!);
  }
}

function open({ hostname, port, path, tls }: Address): WorkerSocket {
  if (path !== undefined) throw new TypeError("Workers have no unix sockets: option path cannot be used here");
  const name = tls === undefined ? undefined : serverName(tls);
  const secureTransport = tls === undefined ? "off" : name === undefined ? "on" : "starttls";
  const socket = (connectSocket as Open)({ hostname, port }, { secureTransport, allowHalfOpen: false });
  if (name === undefined) return socket;
  socket.closed.catch(() => {}); // the plain half ends when encryption begins
  socket.opened.catch(() => {});
  return socket.startTls({ expectedServerHostname: name });
}

/** The name that the certificate must be for, if it is not the host's. Nothing else of TLS is ours to choose here. */
function serverName(tls: TlsOptions): string | undefined {
  const wrong = (["ca", "cert", "key"] as const).find((name) => tls[name] !== undefined) ??
    (tls.verify === false ? "verify" : undefined);
  if (wrong !== undefined) {
    throw new TypeError(`Workers verify with authorities of their own: option tls.${wrong} cannot be used here`);
  }
  return tls.serverName;
}

class WorkerTransport implements Transport {
  readonly #socket: WorkerSocket;
  readonly #handler: TransportHandler;
  readonly #reader: ReadableStreamBYOBReader;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  /** What waits behind the write under way. */
  readonly #queue = new WriteQueue();
  #reading = false;
  #writing = false;
  #ending = false;
  #closed = false;
  waiting = 0;

  constructor(socket: WorkerSocket, handler: TransportHandler) {
    this.#socket = socket;
    this.#handler = handler;
    this.#reader = socket.readable.getReader({ mode: "byob" });
    this.#writer = socket.writable.getWriter();
    for (const { closed } of [this.#reader, this.#writer]) closed.catch(() => {});
    // What came already would be read within microtasks, before our caller has its promise. Whoever writes has it.
    setTimeout(() => this.#start());
  }

  #start(): void {
    if (this.#reading || this.#closed) return;
    this.#reading = true;
    this.#read();
  }

  async #read(): Promise<void> {
    let buffer = new Uint8Array(READ_SIZE);
    try {
      while (true) {
        const { done, value } = await this.#reader.read(buffer);
        if (this.#closed) return;
        if (done || value === undefined) return this.#shut();
        this.#handler.data(value);
        buffer = new Uint8Array(value.buffer);
      }
    } catch (error) {
      this.#shut(error as Error);
    }
  }

  write(bytes: Uint8Array): boolean {
    if (this.#ending || bytes.length === 0) return this.waiting === 0;
    this.waiting += bytes.length;
    if (this.#writing) {
      this.#queue.push(bytes);
    } else {
      this.#start();
      this.#pump(bytes);
    }
    return false;
  }

  /** Writes until nothing waits. */
  async #pump(bytes: Uint8Array): Promise<void> {
    this.#writing = true;
    try {
      for (let next: Uint8Array | undefined = bytes; next !== undefined; next = this.#queue.take()) {
        await this.#writer.write(next);
        if (this.#closed) return;
        this.waiting -= next.length;
      }
    } catch (error) {
      // Nothing more can be read either if the socket belongs to another request: waiting for its end would be for ever.
      return this.#shut(error as Error);
    }
    this.#writing = false;
    if (this.#ending) this.#shut();
    else this.#handler.drain();
  }

  end(): void {
    if (this.#ending) return;
    this.#ending = true;
    if (!this.#writing) this.#shut();
  }

  destroy(): void {
    this.#shut();
  }

  #shut(error?: Error): void {
    if (this.#closed) return;
    this.#closed = this.#ending = true;
    this.#queue.clear();
    this.waiting = 0;
    this.#socket.close().catch(() => {});
    queueMicrotask(() => this.#handler.close(error));
  }

  /** A Worker lives as long as its request does. */
  ref(): void {}
}
