/**
 * What sockets have in common whose reads and writes are promises.
 *
 * @module
 */
import { WriteQueue } from "./queue.ts";
import { LONG_WRITE, type Transport, type TransportHandler } from "./transport.ts";

/** What comes of opening a socket, or the signal's reason as soon as it fires. What opens after that is the caller's. */
export async function unlessAborted<T>(opening: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return await opening;
  let abort!: () => void;
  const aborted = new Promise<never>((_, reject) => abort = () => reject(signal.reason));
  signal.addEventListener("abort", abort);
  try {
    return await Promise.race([opening, aborted]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

/** One read and one write under way at a time; what is written meanwhile waits in a queue. */
export abstract class StreamedTransport implements Transport {
  protected readonly handler: TransportHandler;
  /** What waits behind the write under way. */
  readonly #queue = new WriteQueue();
  #reading = false;
  #writing = false;
  /** No more bytes are taken. */
  #isMute = false;
  /** Nothing is told any longer. */
  protected closed = false;
  waiting = 0;
  takenAt = 0;

  constructor(handler: TransportHandler) {
    this.handler = handler;
    // The first read may succeed within microtasks, before our caller has its promise. Whoever writes has it already.
    setTimeout(() => this.#start());
  }

  /** Reads to the end, and shuts then. */
  protected abstract read(): Promise<void>;

  /** Writes; resolves to how many of the bytes were taken. */
  protected abstract put(bytes: Uint8Array): Promise<number>;

  /** Writing has failed. */
  protected abstract broken(error: Error): void;

  /** Closes the socket itself. */
  protected abstract release(): void;

  #start(): void {
    if (this.#reading || this.closed) return;
    this.#reading = true;
    this.read();
  }

  write(bytes: Uint8Array): boolean {
    if (this.#isMute || bytes.length === 0) return this.waiting === 0;
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
      while (true) {
        const size = await this.put(bytes);
        if (this.closed) return;
        this.waiting -= size;
        if (bytes.length > LONG_WRITE) this.takenAt = performance.now();
        const next = size < bytes.length ? bytes.subarray(size) : this.#queue.take();
        if (next === undefined) break;
        bytes = next;
      }
    } catch (error) {
      return this.broken(error as Error);
    }
    this.#writing = false;
    this.handler.drain();
  }

  /** Writes no more, and forgets what waits. */
  protected forget(): void {
    this.#isMute = true;
    this.#queue.clear();
    this.waiting = 0;
  }

  destroy(): void {
    this.shut();
  }

  /** It is over; a microtask later the handler hears of it. */
  protected shut(error?: Error): void {
    if (this.closed) return;
    this.closed = true;
    this.forget();
    this.release();
    queueMicrotask(() => this.handler.close(error));
  }
}
