/**
 * Sockets that may have to be left though they are well, because of where they lead.
 *
 * @module
 */
import type { Transport, TransportHandler } from "../transport/transport.ts";
import { onAbort } from "./signal.ts";

/** A socket, or an attempt at one. */
export interface Leavable<T> {
  /** What is known of where it leads. */
  readonly about: T;
  /** Ends it, for this reason. */
  leave(reason: Error): void;
}

/** The sockets of one owner, from the moment they are being opened until they are closed. */
export class Sockets<T> {
  readonly #open = new Set<Leavable<T>>();
  readonly #closed: (() => void) | undefined;

  /** Takes who hears of each that is closed. */
  constructor(closed?: () => void) {
    this.#closed = closed;
  }

  /** How many there are. */
  get size(): number {
    return this.#open.size;
  }

  /** All that this is true of. */
  filter(fits: (about: T) => boolean): Leavable<T>[] {
    return [...this.#open].filter(({ about }) => fits(about));
  }

  /** Has `open` open one, and keeps it until it is closed. */
  async keep(
    about: T,
    handler: TransportHandler,
    signal: AbortSignal | undefined,
    open: (handler: TransportHandler, signal: AbortSignal) => Promise<Transport>,
  ): Promise<Transport> {
    const stop = new AbortController();
    let socket: Transport | undefined;
    let isClosed = false;
    const close = (error?: Error): void => {
      if (isClosed) return;
      isClosed = true;
      this.#forget(kept);
      handler.close(error);
    };
    const kept: Leavable<T> = {
      about,
      leave: (reason) => {
        if (socket === undefined) return stop.abort(reason);
        close(reason);
        socket.destroy();
      },
    };
    this.#open.add(kept);
    const unheard = signal && onAbort(signal, () => stop.abort(signal.reason));
    try {
      return socket = await open({
        data: (chunk) => handler.data(chunk),
        ...(handler.room && { room: () => handler.room!() }),
        drain: () => handler.drain(),
        close,
      }, stop.signal);
    } catch (error) {
      this.#forget(kept);
      throw error;
    } finally {
      unheard?.();
    }
  }

  #forget(kept: Leavable<T>): void {
    this.#open.delete(kept);
    this.#closed?.();
  }
}
