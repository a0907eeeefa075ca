/**
 * Sockets by way of `cloudflare:sockets`, in Workers and Durable Objects.
 *
 * @module
 */

// @ts-ignore: a module of Workers alone, which no compiler elsewhere knows
import { connect as connectSocket } from "cloudflare:sockets";
import { StreamedTransport, unlessAborted } from "./streamed.ts";
import type { Address, Connect, TlsOptions, Transport, TransportHandler } from "./transport.ts";

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

/** One end of a pair that is connected to each other only. */
interface WorkerWebSocket {
  readonly readyState: number;
}

declare const WebSocketPair: new () => { readonly 0: WorkerWebSocket };

type Open = (
  address: { hostname: string; port: number },
  options: { secureTransport: "on" | "off" | "starttls"; allowHalfOpen: boolean },
) => WorkerSocket;

/** Opens a socket with `cloudflare:sockets`. It belongs to the request in which it was opened. */
export const connect: Connect = Object.assign(connectWorker, { here });

/**
 * Nothing says by itself which request this is, but what belongs to one may not be touched in another: so there is something
 * to touch, an end of a pair of sockets that nobody uses.
 */
function here(): () => boolean {
  const { 0: own } = new WebSocketPair();
  return () => {
    try {
      return own.readyState >= 0;
    } catch {
      return false;
    }
  };
}

async function connectWorker(address: Address, handler: TransportHandler, signal?: AbortSignal): Promise<Transport> {
  signal?.throwIfAborted();
  const socket = open(address);
  const { closed } = socket;
  closed.catch(() => {}); // reading and writing tell the same
  try {
    await unlessAborted(socket.opened, signal);
    return new WorkerTransport(socket, handler);
  } catch (error) {
    socket.close().catch(() => {});
    throw error;
  }
}

function open({ hostname, port, path, tls }: Address): WorkerSocket {
  if (path !== undefined) throw new TypeError("Workers have no unix sockets: option path cannot be used here");
  const name = tls === undefined ? undefined : serverName(tls);
  const secureTransport = tls === undefined ? "off" : name === undefined ? "on" : "starttls";
  // It puts the port behind what it is given.
  const host = hostname.includes(":") && !hostname.startsWith("[") ? `[${hostname}]` : hostname;
  const socket = (connectSocket as Open)({ hostname: host, port }, { secureTransport, allowHalfOpen: false });
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

class WorkerTransport extends StreamedTransport {
  readonly #socket: WorkerSocket;
  readonly #reader: ReadableStreamBYOBReader;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #isHere = here();

  constructor(socket: WorkerSocket, handler: TransportHandler) {
    super(handler);
    this.#socket = socket;
    this.#reader = socket.readable.getReader({ mode: "byob" });
    this.#writer = socket.writable.getWriter();
    for (const { closed } of [this.#reader, this.#writer]) closed.catch(() => {});
  }

  protected async read(): Promise<void> {
    let buffer = new Uint8Array(READ_SIZE);
    try {
      while (true) {
        const { done, value } = await this.#reader.read(buffer);
        if (this.closed) return;
        if (done || value === undefined) return this.shut();
        this.handler.data(value);
        buffer = new Uint8Array(value.buffer);
      }
    } catch (error) {
      this.shut(error as Error);
    }
  }

  protected async put(bytes: Uint8Array): Promise<number> {
    await this.#writer.write(bytes);
    return bytes.length;
  }

  /** A write that was under way when its request ended never ends. */
  check(): void {
    if (!this.#isHere()) this.broken(new Error("The socket belongs to another request"));
  }

  /** Nothing more can be read either if the socket belongs to another request: waiting for its end would be for ever. */
  protected broken(error: Error): void {
    this.shut(error);
  }

  protected release(): void {
    this.#socket.close().catch(() => {});
  }
}
