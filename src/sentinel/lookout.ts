/**
 * Who listens to sentinels while there are connections that depend on what they say.
 *
 * @module
 */
import { AGAIN, pauseAfter } from "../client/passing.ts";
import { onAbort } from "../connection/signal.ts";
import { Sockets } from "../connection/sockets.ts";
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

/** Where a connection leads, or an attempt at one. */
interface Led {
  readonly place: Place;
  /** Who told of that place. */
  readonly teller: Sentinel;
}

/** Watches over the connections of one client, and ends those that lead to another server than it wants. */
export class Lookout {
  readonly #name: string;
  readonly #role: Role;
  readonly #sentinels: Sentinels;
  readonly #sockets = new Sockets<Led>(() => this.#rest());
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
    const opening = this.#sockets.keep({ place, teller }, handler, signal, open);
    this.#listen();
    return await opening;
  }

  /** Nobody depends any longer on what sentinels say. */
  #rest(): void {
    if (this.#sockets.size > 0) return;
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
    const wrong = ({ place, teller }: Led): boolean => {
      if (this.#role === "replica") return isSame(place, now);
      return !isSame(place, now) && (teller === sentinel || (before !== undefined && isSame(place, before)));
    };
    const left = this.#sockets.filter(wrong);
    if (before !== undefined || left.length > 0) this.#sentinels.heardFrom(sentinel);
    for (const socket of left) socket.leave(new Error("the sentinels have appointed another primary"));
  }
}

function placeOf([hostname, port]: readonly string[]): Place {
  return { hostname: hostname!, port: Number(port) };
}
