/**
 * Sockets by way of `Deno.connect`, without encryption. Plain reads into one buffer measured best: byte streams cost a
 * tenth more CPU, 16 KiB make large replies 15 % slower, and more than 64 KiB gain nothing (`bench/transport.ts`, Deno
 * 2.9.6).
 *
 * @module
 */

import { keepHeapFor } from "./heap.ts";
import { StreamedTransport, unlessAborted } from "./streamed.ts";
import { type Address, KEEP_ALIVE, type NativeMeans, type Transport, type TransportHandler } from "./transport.ts";

/** Bytes asked of the kernel at a time. One such buffer lives as long as its socket. */
const READ_SIZE = 65_536;

/**
 * For how many milliseconds a socket that nobody waits for may still open, to be closed then. Called off in the moment in
 * which it opens, Deno (2.9.6) says that it is aborted, and leaves it open for ever.
 */
const LATE = 250;

/** The part of Deno's socket that is used here: whoever type-checks us elsewhere has not got Deno's own types. */
interface DenoConn {
  /** Resolves to how many bytes came, `null` at the end. */
  read(into: Uint8Array): Promise<number | null>;
  /** Resolves to how many bytes were taken. */
  write(bytes: Uint8Array): Promise<number>;
  close(): void;
}

interface DenoTcpConn extends DenoConn {
  setNoDelay(on: boolean): void;
  setKeepAlive(on: boolean): void;
}

declare const Deno: {
  connect(target: { hostname: string; port: number; signal: AbortSignal }): Promise<DenoTcpConn>;
  connect(target: { transport: "unix"; path: string }): Promise<DenoConn>;
};

/** Opens a socket with `Deno.connect`. */
export async function connect(address: Address, handler: TransportHandler, signal?: AbortSignal): Promise<Transport> {
  if (address.tls !== undefined) throw new TypeError("This adapter does not encrypt");
  signal?.throwIfAborted();
  const stopping = new AbortController();
  const opening = open(address, stopping.signal);
  try {
    return new DenoTransport(await unlessAborted(opening, signal), handler);
  } catch (error) {
    const timer = setTimeout(() => stopping.abort(), LATE);
    opening.then((late) => late.close(), () => {}).finally(() => clearTimeout(timer));
    throw signal?.aborted ? signal.reason : error;
  }
}

async function open(address: Address, signal: AbortSignal): Promise<DenoConn> {
  const { hostname, port, path, keepAlive = KEEP_ALIVE } = address;
  if (path !== undefined) return await Deno.connect({ transport: "unix", path });
  const conn = await Deno.connect({ hostname, port, signal });
  try {
    conn.setNoDelay(true);
    conn.setKeepAlive(keepAlive > 0);
  } catch (error) {
    // Some systems refuse that if the server has closed it meanwhile.
    conn.close();
    throw error;
  }
  return conn;
}

const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

const native: NativeMeans = {
  piece: 64 * 1024, // V8 pays dearly for strings above 128 KiB
  text: (bytes) => utf8.decode(bytes),
  bytes(length) {
    keepHeapFor(length);
    return new Uint8Array(length);
  },
};

class DenoTransport extends StreamedTransport {
  readonly native = native;
  readonly #conn: DenoConn;
  #error?: Error;

  constructor(conn: DenoConn, handler: TransportHandler) {
    super(handler);
    this.#conn = conn;
  }

  protected async read(): Promise<void> {
    const conn = this.#conn;
    const buffer = new Uint8Array(READ_SIZE);
    while (true) {
      let size: number | null;
      let chunk: Uint8Array;
      try {
        chunk = this.handler.room?.() ?? buffer;
        size = await conn.read(chunk);
      } catch (error) {
        return this.shut(this.#error ?? error as Error);
      }
      if (this.closed) return;
      if (size === null) return this.shut(this.#error);
      this.handler.data(chunk.subarray(0, size));
    }
  }

  protected put(bytes: Uint8Array): Promise<number> {
    keepHeapFor(bytes.length);
    return this.#conn.write(bytes);
  }

  /** A socket that takes no bytes may still hold some for us: the reason why. Reading goes on, and finds its end. */
  protected broken(error: Error): void {
    if (this.closed) return;
    this.#error = error;
    this.forget();
  }

  protected release(): void {
    this.#conn.close();
  }
}
