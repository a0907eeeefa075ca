/**
 * Who listens to sentinels while there are connections that depend on what they say.
 *
 * @module
 */
import { AGAIN, pauseAfter } from "../client/passing.ts";
import { onAbort } from "../connection/signal.ts";
import { pause } from "../connection/wait.ts";
import { ReplyError } from "../errors.ts";
import type { Transport, TransportHandler } from "../transport/transport.ts";
import {
  isSame,
  type Place,
  primary,
  type Role,
  type Sentinel,
  type SentinelClient,
  type Sentinels,
} from "./sentinels.ts";

/** What sentinels say once another server is the primary: its name, where it was, and where it is. */
const SWITCH = "+switch-master";

/** A connection, or an attempt at one. */
interface Kept {
  readonly place: Place;
  /** Who told of that place. */
  readonly teller: Sentinel;
  /** Ends it, for this reason. */
  leave(reason: Error): void;
}

/** Watches over the connections of one client, and ends those that lead to another server than it wants. */
export class Lookout {
  readonly #name: string;
  readonly #role: Role;
  readonly #sentinels: Sentinels;
  readonly #kept = new Set<Kept>();
  /** Whom somebody listens to, or tries to. */
  readonly #heard = new Set<Sentinel>();
  /** Ends the watch. */
  #over: AbortController | undefined;

  constructor(name: string, role: Role, sentinels: Sentinels) {
    this.#name = name;
    this.#role = role;
    this.#sentinels = sentinels;
  }

  /** Has `open` open a socket to a place that this sentinel told of, and watches over it from now on until it is closed. */
  async keep(
    place: Place,
    teller: Sentinel,
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
    const kept: Kept = {
      place,
      teller,
      leave: (reason) => {
        if (socket === undefined) return stop.abort(reason);
        close(reason);
        socket.destroy();
      },
    };
    this.#kept.add(kept);
    this.#listen();
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

  #forget(kept: Kept): void {
    this.#kept.delete(kept);
    if (this.#kept.size > 0) return;
    this.#over?.abort();
    this.#over = undefined;
    this.#heard.clear();
  }

  /** To every sentinel: the one that is listened to may stand still with the primary, on the same machine. */
  #listen(): void {
    const { signal } = this.#over ??= new AbortController();
    for (const sentinel of this.#sentinels.known) {
      if (this.#heard.has(sentinel)) continue;
      this.#heard.add(sentinel);
      void this.#listenTo(sentinel, signal);
    }
  }

  async #listenTo(sentinel: Sentinel, signal: AbortSignal): Promise<void> {
    for (let failures = 1; !signal.aborted; failures++) {
      try {
        const client = await this.#sentinels.open(sentinel);
        const unheard = onAbort(signal, () => client.destroy());
        try {
          signal.throwIfAborted();
          failures = 0;
          await this.#hear(client, sentinel, signal);
        } finally {
          unheard();
          client.destroy();
        }
      } catch {
        // Whoever needs to know asks the sentinels himself, and is told what they say.
      }
      await pauseAfter(failures, signal);
    }
  }

  /** Until the connection is lost. What was said while nobody listened is asked for. */
  async #hear(client: SentinelClient, sentinel: Sentinel, signal: AbortSignal): Promise<void> {
    const look = async (): Promise<void> => {
      for (const now of await primary(client, this.#name)) this.#moved(sentinel, now);
    };
    const onGap = (): void => void look().catch(() => client.destroy());
    const switches = await client.subscribe(SWITCH, { onGap }).catch((error) => {
      // A user without a right to the channel may ask all the same.
      if (!(error instanceof ReplyError)) throw error;
    });
    while (switches === undefined) {
      await look();
      await pause(AGAIN, signal);
    }
    await look();
    for await (const { message } of switches) {
      // Names may have spaces in them.
      const words = message.split(" ");
      const [before, now] = [words.slice(-4, -2), words.slice(-2)].map(placeOf);
      if (words.slice(0, -4).join(" ") === this.#name) this.#moved(sentinel, now!, before);
    }
  }

  /**
   * The primary is there now: whoever is elsewhere, or wants a replica and is there, asks again. Another sentinel may call the
   * same server by another name: what this one has not told of is only left if it calls it so, too.
   */
  #moved(sentinel: Sentinel, now: Place, before?: Place): void {
    const wrong = ({ place, teller }: Kept): boolean => {
      if (this.#role === "replica") return isSame(place, now);
      return !isSame(place, now) && (teller === sentinel || (before !== undefined && isSame(place, before)));
    };
    const left = [...this.#kept].filter(wrong);
    if (before !== undefined || left.length > 0) this.#sentinels.heardFrom(sentinel);
    for (const kept of left) kept.leave(new Error("the sentinels have appointed another primary"));
  }
}

function placeOf([hostname, port]: readonly string[]): Place {
  return { hostname: hostname!, port: Number(port) };
}
