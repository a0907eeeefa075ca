/**
 * Who listens to a sentinel while there are connections that depend on what it says.
 *
 * @module
 */
import { AGAIN } from "../client/passing.ts";
import { onAbort } from "../connection/signal.ts";
import { pause } from "../connection/wait.ts";
import type { Transport, TransportHandler } from "../transport/transport.ts";
import { type Place, primary, type Role, type Sentinel, type Sentinels } from "./sentinels.ts";

/** What sentinels say once another server is the primary: its name, where it was, and where it is. */
const SWITCH = "+switch-master";

/** A connection that ends sooner than this, in milliseconds, was of no use: it may have led to the wrong server. */
const BRIEF = 1000;

/** Watches over the connections of one client, and ends those that lead to another server than it wants. */
export class Lookout {
  readonly #name: string;
  readonly #role: Role;
  readonly #sentinels: Sentinels;
  readonly #listens: boolean;
  readonly #sockets = new Map<Transport, { readonly place: Place; readonly opened: number }>();
  /** Ends the watch. */
  #over: AbortController | undefined;

  /** Nobody `listens` where sockets end with the request that opened them: what is said then is asked for. */
  constructor(name: string, role: Role, sentinels: Sentinels, listens: boolean) {
    this.#name = name;
    this.#role = role;
    this.#sentinels = sentinels;
    this.#listens = listens;
  }

  /** Has `open` open a socket to a place that this sentinel told of, and watches over it. */
  async keep(
    place: Place,
    sentinel: Sentinel,
    handler: TransportHandler,
    open: (handler: TransportHandler) => Promise<Transport>,
  ): Promise<Transport> {
    const watched: TransportHandler = {
      data: (chunk) => handler.data(chunk),
      ...(handler.room && { room: () => handler.room!() }),
      drain: () => handler.drain(),
      close: (error) => {
        this.#closed(socket, sentinel);
        handler.close(error);
      },
    };
    const socket = await open(watched).catch((error) => {
      this.#sentinels.defer(sentinel);
      throw error;
    });
    this.#sockets.set(socket, { place, opened: performance.now() });
    if (this.#listens && this.#over === undefined) void this.#watch((this.#over = new AbortController()).signal);
    return socket;
  }

  #closed(socket: Transport, sentinel: Sentinel): void {
    const { opened = -Infinity } = this.#sockets.get(socket) ?? {};
    if (performance.now() - opened < BRIEF) this.#sentinels.defer(sentinel);
    this.#sockets.delete(socket);
    if (this.#sockets.size > 0) return;
    this.#over?.abort();
    this.#over = undefined;
  }

  /** Listens to one sentinel at a time, until it is lost. */
  async #watch(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const sentinel = this.#sentinels.known[0]!;
      await this.#listen(sentinel, signal).catch(() => {});
      if (signal.aborted) return;
      this.#sentinels.defer(sentinel);
      await pause(AGAIN, signal).catch(() => {});
    }
  }

  async #listen(sentinel: Sentinel, signal: AbortSignal): Promise<void> {
    const client = await this.#sentinels.open(sentinel);
    const unheard = onAbort(signal, () => client.destroy());
    try {
      signal.throwIfAborted();
      // What was said while nobody listened is asked for.
      const look = async (): Promise<void> => {
        for (const place of await primary(client, this.#name)) this.#moved(place, sentinel);
      };
      const switches = await client.subscribe(SWITCH, { onGap: () => void look().catch(() => client.destroy()) });
      await look();
      for await (const { message } of switches) {
        const [name, , , hostname, port] = message.split(" ");
        if (name === this.#name) this.#moved({ hostname: hostname!, port: Number(port) }, sentinel);
      }
    } finally {
      unheard();
      client.destroy();
    }
  }

  /** The primary is there now: whoever is elsewhere, or wants a replica and is not, asks the sentinel that knows it. */
  #moved(primary: Place, sentinel: Sentinel): void {
    for (const [socket, { place }] of [...this.#sockets]) {
      const isThere = place.hostname === primary.hostname && place.port === primary.port;
      if (isThere === (this.#role === "master")) continue;
      // First: `destroy` may tell of the end before it returns. This sentinel is not asked last for it.
      this.#sockets.set(socket, { place, opened: -Infinity });
      this.#sentinels.prefer(sentinel);
      socket.destroy();
    }
  }
}
