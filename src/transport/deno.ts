/**
 * Sockets by way of `Deno.connect`.
 *
 * @module
 */

import { WriteQueue } from "./queue.ts";
import { type Address, KEEP_ALIVE, type TlsOptions, type Transport, type TransportHandler } from "./transport.ts";

/** Bytes asked of the kernel at a time. One such buffer lives as long as its socket. */
const READ_SIZE = 65_536;

/** Opens a socket with `Deno.connect`, encrypted if the address asks for it. */
export async function connect(address: Address, handler: TransportHandler, signal?: AbortSignal): Promise<Transport> {
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
  const { hostname, port, path, tls, keepAlive = KEEP_ALIVE } = address;
  if (path !== undefined) {
    if (tls !== undefined) throw new TypeError("Deno cannot encrypt a unix socket");
    return await Deno.connect({ transport: "unix", path });
  }
  if (tls?.cert !== undefined || tls?.key !== undefined) return await openWithClientCertificate(address, tls, signal);
  const conn = await Deno.connect({ hostname, port, signal });
  try {
    conn.setNoDelay(true);
    conn.setKeepAlive(keepAlive > 0);
    return tls === undefined ? conn : await encrypt(conn, tls, hostname, signal);
  } catch (error) {
    close(conn);
    throw error;
  }
}

/** Turns an open connection into an encrypted one. */
async function encrypt(conn: Deno.TcpConn, tls: TlsOptions, hostname: string, signal?: AbortSignal) {
  const secure = await Deno.startTls(conn, { hostname: tls.serverName ?? hostname, caCerts: authorities(tls) });
  return await shakeHands(secure, signal);
}

/** Only `Deno.connectTls` takes a client's certificate, and it knows no other name for the server than its host. */
async function openWithClientCertificate(address: Address, tls: TlsOptions, signal?: AbortSignal) {
  const { hostname, port } = address;
  const { cert, key, serverName = hostname } = tls;
  if (cert === undefined || key === undefined) throw new TypeError("tls.cert and tls.key belong together");
  if (serverName !== hostname) throw new TypeError("Deno cannot combine tls.serverName with a client certificate");
  return await shakeHands(await Deno.connectTls({ hostname, port, cert, key, caCerts: authorities(tls) }), signal);
}

/** Waits until both sides trust each other: otherwise the first write or read would be the one to fail. */
async function shakeHands(conn: Deno.TlsConn, signal?: AbortSignal): Promise<Deno.TlsConn> {
  const abort = () => close(conn);
  signal?.addEventListener("abort", abort);
  try {
    signal?.throwIfAborted();
    await conn.handshake();
    return conn;
  } catch (error) {
    close(conn);
    throw error;
  } finally {
    signal?.removeEventListener("abort", abort);
  }
}

function authorities({ ca = [] }: TlsOptions): string[] {
  return typeof ca === "string" ? [ca] : [...ca];
}

function close(conn: Deno.Conn): void {
  try {
    conn.close();
  } catch {
    // It was closed before.
  }
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
    close(this.#conn);
    queueMicrotask(() => this.#handler.close(error));
  }

  ref(on: boolean): void {
    if (on) this.#conn.ref();
    else this.#conn.unref();
  }
}
