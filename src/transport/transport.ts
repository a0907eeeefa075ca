/**
 * The seam between a connection and the runtime that moves its bytes.
 *
 * @module
 */

/** TLS settings, in the words of every runtime. Certificates and keys are PEM text. */
export interface TlsOptions {
  /** Certificate authorities to trust instead of the runtime's own. */
  readonly ca?: string | readonly string[] | undefined;
  /** The client's certificate chain, where the server asks for one. */
  readonly cert?: string | undefined;
  /** The key of `cert`. */
  readonly key?: string | undefined;
  /** The name to expect in the server's certificate; the host name unless given. */
  readonly serverName?: string | undefined;
  /** `false` accepts any certificate. For tests only: it gives away what TLS is for. */
  readonly verify?: boolean | undefined;
}

/** A server that is found by a name. */
export interface NamedPlace {
  /** What errors call it. */
  readonly name: string;
  /** Where the attempt looked for it that opened a socket with this very address; nothing as long as that is not known. */
  readonly asked: (address: Address) => { readonly hostname: string; readonly port: number } | undefined;
  /** Where it is, if there is but one. */
  readonly at: { readonly hostname: string; readonly port: number } | undefined;
}

/** What a server has to be, as HELLO tells it. */
export interface Wanted {
  /** In Redis' words. */
  readonly role: "master" | "replica";
  /** It says that it is another: what the attempt fails with that opened a socket with this very address. */
  readonly other: (role: string, address: Address) => Error;
}

/** Where a server listens. */
export interface Address {
  /** Host name or IP address. Ignored if `path` is given. */
  readonly hostname: string;
  /** TCP port. */
  readonly port: number;
  /** Path of a unix socket. */
  readonly path?: string | undefined;
  /** Encrypt the connection. */
  readonly tls?: TlsOptions | undefined;
  /**
   * Milliseconds of idleness before TCP keep-alive probes, 15,000 unless given; 0 turns them off. Deno has only on and
   * off: the kernel's own delay then holds.
   */
  readonly keepAlive?: number | undefined;
  /** What is told of instead, where the server is found out each time. */
  readonly place?: NamedPlace | undefined;
}

/** The idle time before keep-alive probes where an address does not say, in milliseconds. */
export const KEEP_ALIVE = 15_000;

/** A write of more bytes may take its time though whoever reads it is well. */
export const LONG_WRITE = 64 * 1024;

/** What a runtime does better than the Web platform's means can. */
export interface NativeMeans {
  /** A long text is best decoded in pieces of this many bytes. */
  readonly piece: number;
  /** The text of UTF-8 bytes. What is malformed becomes U+FFFD; a byte order mark is data like any other. */
  text(bytes: Uint8Array): string;
  /** So many bytes of any content, in an `ArrayBuffer`, for somebody who writes every one of them. */
  bytes(length: number): ReturnType<Uint8Array["slice"]>;
}

/** One open socket. It keeps the process alive, where there is such a thing. */
export interface Transport {
  /** How large strings are made here; absent where the Web platform's way is as good. */
  readonly native?: NativeMeans | undefined;
  /**
   * Takes the bytes over: the caller does not touch them again before `waiting` is 0, and an array that is the whole of its
   * buffer may be gone even then. They leave in order, however little the socket takes at a time. Never throws; a failed
   * write shows as `close(error)`.
   *
   * @returns `false` if bytes now wait in the adapter; `drain()` follows once none does.
   */
  write(bytes: Uint8Array): boolean;
  /** How many bytes wait in the adapter: 0 only once nobody reads any that were written, so that they may change. */
  readonly waiting: number;
  /**
   * When the system last took some of a large write, on the clock of `performance.now()`: a sign of life of whoever reads
   * it. Absent where nobody knows.
   */
  readonly takenAt?: number | undefined;
  /**
   * Somebody has more to write while bytes wait. Finds out whether the socket is still of use to him, where it may end and
   * nobody be told: `handler.close()` follows then. Absent where each end is told.
   */
  check?(): void;
  /** Closes at once; what waits is lost. `handler.close()` follows. */
  destroy(): void;
}

/** What a socket tells its owner. Nothing is called after `close`, and `close` is called exactly once per open socket. */
export interface TransportHandler {
  /** Bytes came. The chunk is borrowed: valid during the call only. */
  data(chunk: Uint8Array): void;
  /**
   * Where the next bytes had better be read to, for as long as no others came. An adapter that can do so reads into it
   * from its start, and gives `data` the part that it filled.
   */
  room?(): Uint8Array | undefined;
  /** No byte waits any longer after a `write` that returned `false`. */
  drain(): void;
  /** The socket is gone: the server closed it, it broke (`error`), or `destroy` was called. */
  close(error?: Error): void;
}

/**
 * Opens a socket. Rejects with the runtime's own error if it cannot be opened, with `signal.reason` if aborted (a socket
 * that opens after that is closed). No handler method is called before the promise has resolved.
 */
export interface Connect {
  (address: Address, handler: TransportHandler, signal?: AbortSignal): Promise<Transport>;
  /**
   * Given where sockets and timers belong to a request, which they end with, and nobody is told. Called in a request, it
   * gives what tells later on whether it is asked in that same request. A lost socket is replaced there for whoever asks for
   * another, not at once: the request that heard of the loss may end any moment.
   */
  readonly here?: (() => () => boolean) | undefined;
  /** Given where the server is found out each time: it is told of instead of the address. */
  readonly place?: NamedPlace | undefined;
  /** What the server has to be: any other is left at once. */
  readonly wants?: Wanted | undefined;
  /** The server is asked to answer though it is a replica in a cluster (READONLY). */
  readonly readonly?: boolean | undefined;
  /**
   * What waits for a first connection that could not be made goes on waiting, as if that were lost, while it is tried for
   * again. Whoever opens it hears of the failure all the same.
   */
  readonly persistent?: boolean | undefined;
}
