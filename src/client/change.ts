/**
 * What a server is told about subscriptions, and how its answer is known.
 *
 * @module
 */
import { ReplyError } from "../errors.ts";
import { nameBytes, nameText } from "../command/name.ts";
import { type Arg, CommandSpec, PUBSUB } from "../command/spec.ts";
import type { About, Owed } from "../connection/pending.ts";
import type { Ticket } from "../connection/ticket.ts";
import { Encoder } from "../resp/encoder.ts";
import type { Push, Reply } from "../resp/reply.ts";

/** The three families of subscriptions, by the command that makes one. */
export type Family = "SUBSCRIBE" | "PSUBSCRIBE" | "SSUBSCRIBE";

/** Who asks for messages. */
export const SUBSCRIBE = {
  SUBSCRIBE: new CommandSpec("SUBSCRIBE", PUBSUB),
  PSUBSCRIBE: new CommandSpec("PSUBSCRIBE", PUBSUB),
  SSUBSCRIBE: new CommandSpec("SSUBSCRIBE", PUBSUB),
};
/** Who asks for no more. */
export const UNSUBSCRIBE = {
  SUBSCRIBE: new CommandSpec("UNSUBSCRIBE", PUBSUB),
  PSUBSCRIBE: new CommandSpec("PUNSUBSCRIBE", PUBSUB),
  SSUBSCRIBE: new CommandSpec("SUNSUBSCRIBE", PUBSUB),
};

const PING = new CommandSpec("PING");

/**
 * Waits for the end of a change. Success has no reply of its own (each name is confirmed by a push), failure has; so a
 * PING goes with each change, and what answers it is the end. An error before all names are confirmed is the change's own,
 * one after that is PING's: a server that is loading, or has not granted PING, refuses that alone.
 */
export class Change implements Owed {
  readonly mode = 0;
  readonly patient = false;
  readonly chunks: readonly Uint8Array[];
  /** What the confirmations begin with. */
  readonly #kind: string;
  /** The names that are not confirmed. */
  readonly #left: Set<string>;
  owed = 2;
  /** Says whether it has left, and takes it back. */
  readonly ticket: Ticket;
  readonly done: Promise<void>;
  #resolve!: () => void;
  #reject!: (error: Error) => void;
  #refusal: ReplyError | undefined;

  constructor(spec: CommandSpec, names: readonly Arg[], ticket: Ticket) {
    this.ticket = ticket;
    // Most changes are of one name.
    const encoder = new Encoder(256);
    encoder.command(spec.head, spec.words, names, spec.name);
    encoder.command(PING.head, PING.words, [], PING.name);
    this.chunks = encoder.take();
    this.#kind = spec.name.toLowerCase();
    this.#left = new Set(names.map(keyOf));
    this.done = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  get name(): string {
    return this.#kind.toUpperCase();
  }

  reply(value: Reply): boolean {
    if (!this.ends(value)) {
      this.#refusal = value as ReplyError;
      this.#refusal.command = this.name;
      this.owed = 1;
      return false;
    }
    this.owed = 0;
    if (this.#refusal) this.#reject(this.#refusal);
    else this.#resolve();
    return true;
  }

  ends(value: Reply, nth = 2 - this.owed): boolean {
    return nth > 0 || this.#left.size === 0 || !(value instanceof ReplyError);
  }

  confirm({ items: [kind, name] }: Push): boolean {
    return nameText(kind as Arg) === this.#kind &&
      this.#left.delete(keyOf(name as Arg));
  }

  fail(error: Error): void {
    this.#reject(error);
  }

  about(): About {
    return { kind: "command", name: this.name, size: 1 };
  }
}

/**
 * The same key for the same channel, whether it came as string or bytes, and different ones for different channels. A
 * replacement character may stand for any bytes, so bytes are told apart by their numbers then; so is what begins like that.
 */
export function keyOf(name: Arg): string {
  const whole = nameText(name);
  if (!whole.includes("\ufffd") && !whole.startsWith("\0")) return whole;
  return `\0${nameBytes(name).join()}`;
}
