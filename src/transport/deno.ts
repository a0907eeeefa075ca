/**
 * Sockets by way of `Deno.connect`, without encryption. Reading into one buffer of 64 KiB measured best: 1 MiB replies
 * come 15 % slower with 16 KiB, and no faster with more (`bench/transport.ts`, Deno 2.9.6); byte streams cost 10 % more.
 *
 * @module
 */

import { WriteQueue } from "./queue.ts";
import { type Address, KEEP_ALIVE, type Transport, type TransportHandler } from "./transport.ts";

/** Bytes asked of the kernel at a time. One such buffer lives as long as its socket. */
const READ_SIZE = 65_536;

/** Opens a socket with `Deno.connect`. */
export async function connect(address: Address, handler: TransportHandler, signal?: AbortSignal): Promise<Transport> {
  if (address.tls !== undefined) throw new TypeError("This adapter does not encrypt");
  signal?.throwIfAborted();
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal?.reason);
  signal?.addEventListener("abort", abort);
  const opening = open(address, signal);
  try {
    return new DenoTransport(await Promise.race([opening, aborted]), handler);
  } catch (error) {
    opening.then((late) => late.close(), () => {});
    throw signal?.aborted ? signal.reason : error;
  } finally {
    signal?.removeEventListener("abort", abort);
  }
}

async function open(address: Address, signal?: AbortSignal): Promise<Deno.Conn> {
  const { hostname, port, path, keepAlive = KEEP_ALIVE } = address;
  if (path !== undefined) return await Deno.connect({ transport: "unix", path });
  const conn = await Deno.connect({ hostname, port, signal });
  conn.setNoDelay(true);
  conn.setKeepAlive(keepAlive > 0);
  return conn;
}

class DenoTransport implements Transport {
  readonly #conn: Deno.Conn;
  readonly #handler: TransportHandler;
  /** What waits behind the write under way. */
  readonly #queue = new WriteQueue();
  #reading = false;
  #writing = false;
  #ending = false;
  #closed = false;
  waiting = 0;

  constructor(conn: Deno.Conn, handler: TransportHandler) {
    this.#conn = conn;
    this.#handler = handler;
    // The first read may succeed within microtasks, before our caller has its promise. Whoever writes has it already.
    setTimeout(() => this.#start());
  }

  #start(): void {
    if (this.#reading || this.#closed) return;
    this.#reading = true;
    this.#read();
  }

  async #read(): Promise<void> {
    const conn = this.#conn;
    const buffer = new Uint8Array(READ_SIZE);
    while (true) {
      let size: number | null;
      try {
        size = await conn.read(buffer);
      } catch (error) {
        return this.#shut(error as Error);
      }
      if (this.#closed) return;
      if (size === null) return this.#shut();
      this.#handler.data(buffer.subarray(0, size));
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
    const conn = this.#conn;
    this.#writing = true;
    try {
      while (true) {
        const size = await conn.write(bytes);
        if (this.#closed) return;
        this.waiting -= size;
        const next = size < bytes.length ? bytes.subarray(size) : this.#queue.take();
        if (next === undefined) break;
        bytes = next;
      }
    } catch (error) {
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
    this.#conn.close();
    queueMicrotask(() => this.#handler.close(error));
  }

  ref(on: boolean): void {
    if (on) this.#conn.ref();
    else this.#conn.unref();
  }
}
