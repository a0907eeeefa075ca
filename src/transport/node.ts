/**
 * Sockets by way of `node:net` and `node:tls`: all of Node's, and every runtime's encrypted ones.
 *
 * @module
 */

import { Buffer, isAscii } from "node:buffer";
import { connect as connectNet, isIP, type NetConnectOpts, type Socket } from "node:net";
import { checkServerIdentity, connect as connectTls, type ConnectionOptions, type PeerCertificate } from "node:tls";
import { keepHeapFor } from "./heap.ts";
import {
  type Address,
  KEEP_ALIVE,
  LONG_WRITE,
  type NativeMeans,
  type TlsOptions,
  type Transport,
  type TransportHandler,
} from "./transport.ts";

/** Bytes asked of the kernel at a time. One such buffer lives as long as its socket. */
const READ_SIZE = 65_536;

const latin1Slice = (Buffer.prototype as unknown as { latin1Slice(from: number, to: number): string }).latin1Slice;
const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

const native: NativeMeans = {
  piece: 64 * 1024, // V8 pays dearly for strings above 128 KiB
  text: (bytes) => isAscii(bytes) ? latin1Slice.call(bytes, 0, bytes.length) : utf8.decode(bytes),
  bytes(length) {
    keepHeapFor(length);
    const { buffer } = Buffer.allocUnsafeSlow(length);
    return new Uint8Array(buffer, 0, length);
  },
};

/** Opens a socket with `node:net`, or with `node:tls` if the address asks for it. */
export function connect(address: Address, handler: TransportHandler, signal?: AbortSignal): Promise<Transport> {
  if (signal?.aborted) return Promise.reject(signal.reason);
  return new Promise((resolve, reject) => {
    const transport = new NodeTransport(handler);
    const socket = open(address, transport);
    const settle = () => {
      signal?.removeEventListener("abort", abort);
      socket.removeListener("error", fail);
      socket.removeListener("close", vanish);
    };
    const fail = (error: unknown) => {
      settle();
      socket.on("error", () => {}); // a socket given up may still fail, and nobody is left to hear it
      socket.destroy();
      reject(error);
    };
    const abort = () => fail(signal?.reason);
    const vanish = () => fail(new Error("The socket closed before it was open"));
    socket.on("error", fail);
    socket.on("close", vanish);
    signal?.addEventListener("abort", abort);
    socket.once(address.tls === undefined ? "connect" : "secureConnect", () => {
      settle();
      // What `tls.connect` is given of these, some versions of Node keep from the socket (nodejs/node#62003).
      if (address.tls !== undefined) awaken(socket, address.keepAlive);
      transport.opened(socket);
      resolve(transport);
    });
  });
}

function awaken(socket: Socket, keepAlive = KEEP_ALIVE): void {
  socket.setNoDelay(true);
  if (keepAlive > 0) socket.setKeepAlive(true, keepAlive);
}

function open(address: Address, transport: NodeTransport): Socket {
  const { hostname: host, port, path, tls, keepAlive = KEEP_ALIVE } = address;
  const buffer = new Uint8Array(READ_SIZE);
  const options = {
    ...(path === undefined ? { host, port } : { path }),
    noDelay: true,
    keepAlive: keepAlive > 0,
    keepAliveInitialDelay: keepAlive,
    // Reads land in one buffer of ours and skip the stream machinery: no allocation and no event per chunk. One command
    // at a time takes a tenth less CPU, a reply of 1 MiB a fifth (`bench/transport.ts`, Node 20); larger is no better.
    onread: {
      buffer: () => transport.room() ?? buffer,
      callback(size: number, buffer: Uint8Array): boolean {
        transport.received(buffer.subarray(0, size));
        return true;
      },
    },
  };
  return tls === undefined
    ? connectNet(options as NetConnectOpts)
    : connectTls({ ...options, ...trust(tls, host) } as ConnectionOptions);
}

/** Our TLS settings in the words of `node:tls`. */
function trust(tls: TlsOptions, host: string): Record<string, unknown> {
  const { ca, cert, key, serverName = host, verify = true } = tls;
  const options: Record<string, unknown> = {
    rejectUnauthorized: verify,
    checkServerIdentity: (_: string, certificate: PeerCertificate) => checkServerIdentity(serverName, certificate),
  };
  if (isIP(serverName) === 0) options.servername = serverName; // an address may not be asked for by name (RFC 6066)
  if (ca !== undefined) options.ca = typeof ca === "string" ? ca : [...ca];
  if (cert !== undefined) options.cert = cert;
  if (key !== undefined) options.key = key;
  return options;
}

/** What the kernel has yet to take of the write under way, which an encrypted socket leaves to the one that carries it. */
function queuedIn(socket: Socket): number {
  interface Handle {
    readonly writeQueueSize?: number;
    readonly _parent?: Handle;
  }
  const handle = (socket as unknown as { _handle?: Handle | null })._handle;
  return (handle?._parent ?? handle)?.writeQueueSize ?? 0;
}

class NodeTransport implements Transport {
  readonly native = native;
  readonly #handler: TransportHandler;
  #socket!: Socket;
  /** Whether a `write` returned `false` and `drain` is owed. */
  #blocked = false;
  /** No more bytes are taken, and nothing but `close` is told any longer. */
  #ended = false;
  #error?: Error;
  /** What was left of a write when that was last looked at, and when it was seen to become less. */
  #queued = 0;
  #takenAt = 0;
  #isLong = false;

  constructor(handler: TransportHandler) {
    this.#handler = handler;
  }

  get waiting(): number {
    return this.#socket.destroyed ? 0 : this.#socket.writableLength;
  }

  /** Node tells of whole writes. What the kernel has of one under way can only be looked at, in what is underneath. */
  get takenAt(): number {
    const queued = queuedIn(this.#socket);
    if (queued !== this.#queued) this.#taken(queued);
    return this.#takenAt;
  }

  #taken(queued: number): void {
    this.#queued = queued;
    this.#takenAt = performance.now();
  }

  opened(socket: Socket): void {
    this.#socket = socket;
    socket.on("error", (error: Error) => this.#error ??= error);
    socket.on("end", () => this.destroy());
    socket.on("close", () => {
      this.#ended = true;
      this.#handler.close(this.#error);
    });
  }

  room(): Uint8Array | undefined {
    return this.#ended ? undefined : this.#handler.room?.();
  }

  received(chunk: Uint8Array): void {
    if (!this.#ended) this.#handler.data(chunk);
  }

  write(bytes: Uint8Array): boolean {
    if (this.#ended) return true;
    keepHeapFor(bytes.length);
    // One callback for all writes: Node then settles writes that went out at once in one tick.
    this.#socket.write(bytes, this.#written);
    if (this.#socket.writableLength === 0) return true;
    this.#blocked = true;
    this.#isLong ||= this.#socket.writableLength > LONG_WRITE;
    this.#queued = queuedIn(this.#socket);
    return false;
  }

  readonly #written = (error?: Error | null): void => {
    if (error || !this.#blocked || this.#ended || this.#socket.writableLength > 0) return;
    this.#blocked = false;
    // Of an encrypted socket every write ends here; that the kernel has a small one says nothing of the other end.
    if (this.#isLong) this.#taken(0);
    this.#queued = 0;
    this.#isLong = false;
    this.#handler.drain();
  };

  destroy(): void {
    this.#ended = true;
    this.#socket.destroy();
  }
}
