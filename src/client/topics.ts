/**
 * Who listens to what, whether or not the server knows.
 *
 * @module
 */
import type { Arg } from "../command/spec.ts";
import type { Ticket } from "../connection/ticket.ts";
import { type Family, keyOf, SUBSCRIBE } from "./change.ts";
import type { Subscription } from "./subscription.ts";

/** All families of subscriptions. */
export const FAMILIES = Object.keys(SUBSCRIBE) as Family[];

/** A channel or pattern, and who listens to it. */
export interface Topic {
  readonly name: Arg;
  readonly listeners: Set<Listener>;
  /** Says whether the server has been asked for it. */
  ticket?: Ticket | undefined;
  /** Settles with what the server says of it. */
  confirmed: Promise<void>;
  /** That was no, or it has not been asked. It may be asked again in a while. */
  refused: boolean;
}

/** One subscription, as its channels see it. */
export interface Listener {
  readonly mode: number;
  readonly subscription: Subscription<string> | Subscription<Uint8Array>;
  /** The connection that it has listened on: another one means that there was a gap. 0 while nothing is confirmed. */
  generation: number;
}

const NOTHING = Promise.resolve();

/** What somebody listens to, of one family. */
export class Topics {
  readonly #byName = new Map<string, Topic>();

  /** How many there are. */
  get size(): number {
    return this.#byName.size;
  }

  /** The one of this name; `undefined` if nobody listens to it. */
  get(name: Arg): Topic | undefined {
    return this.#byName.get(keyOf(name));
  }

  /** All of them, now. */
  all(): Topic[] {
    return [...this.#byName.values()];
  }

  /** Whether it is the one that those who come now would join: once nobody listens to a name, who comes has a new one. */
  has(topic: Topic): boolean {
    return this.get(topic.name) === topic;
  }

  /** Joins those of these names, new ones where there are none. The server has to be asked for the `fresh` ones. */
  join(names: readonly Arg[], listener: Listener): { joined: Topic[]; fresh: Topic[] } {
    const fresh: Topic[] = [];
    const joined = names.map((name) => {
      const key = keyOf(name);
      let topic = this.#byName.get(key);
      if (topic === undefined) {
        topic = { name, listeners: new Set(), confirmed: NOTHING, refused: true };
        this.#byName.set(key, topic);
      }
      // What the server has said before is no answer to who asks now.
      if (topic.refused) fresh.push(topic);
      topic.refused = false;
      topic.listeners.add(listener);
      return topic;
    });
    return { joined, fresh };
  }

  /**
   * Leaves them, and gives the names that nobody listens to any longer. Those that the server has yet to be asked for are
   * not among them: it is not asked.
   */
  leave(names: readonly Arg[], listener: Listener): Arg[] {
    const unheard: Topic[] = [];
    for (const name of names) {
      const topic = this.get(name);
      if (!topic?.listeners.delete(listener) || topic.listeners.size > 0) continue;
      this.delete(topic);
      unheard.push(topic);
    }
    // What was refused, or lost as it waited, has ended: nobody has it to take back.
    for (const ticket of new Set(unheard.filter(({ refused }) => !refused).map((topic) => topic.ticket))) {
      if (ticket === undefined || ticket.sent) continue;
      // Of those that were asked for together, somebody may want others.
      if (!this.all().some((topic) => topic.ticket === ticket)) ticket.release();
    }
    return unheard.filter(({ ticket }) => !ticket?.released).map(({ name }) => name);
  }

  /** Nobody listens to it any longer. */
  delete(topic: Topic): void {
    this.#byName.delete(keyOf(topic.name));
  }

  /** Takes all of them away. */
  takeAll(): Topic[] {
    const topics = this.all();
    this.#byName.clear();
    return topics;
  }
}

/** Calls for each who listens to one of these, once. */
export function eachListener(topics: readonly Topic[], call: (listener: Listener) => void): void {
  for (const listener of new Set(topics.flatMap((topic) => [...topic.listeners]))) call(listener);
}

/** Whether somebody listens to it whom the server has confirmed. */
export function isHeard({ listeners }: Topic): boolean {
  return [...listeners].some(({ generation }) => generation > 0);
}

/** It hears again; of a gap once per connection, and only if it had been listening. */
export function resumed(listener: Listener, generation: number): void {
  const before = listener.generation;
  if (before === 0 || before >= generation) return;
  listener.generation = generation;
  listener.subscription.gap();
}
