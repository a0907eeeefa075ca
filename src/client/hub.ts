/**
 * Who has subscribed to what: keeps the server told, and hands messages out.
 *
 * With RESP3 messages come as pushes over the connection that commands use. RESP2 has no pushes, so a connection of its
 * own carries them there.
 *
 * @module
 */
import { ConnectionError, ReplyError } from "../errors.ts";
import { type Arg, CommandSpec, PUBSUB } from "../command/spec.ts";
import type { Line } from "../connection/line.ts";
import type { About, Owed } from "../connection/pending.ts";
import { Encoder } from "../resp/encoder.ts";
import { BYTES, type Push, type Reply } from "../resp/reply.ts";
import { type Message, type SubscribeOptions, Subscription } from "./subscription.ts";

/** The three families of subscriptions, by the command that makes one. */
export type Family = "SUBSCRIBE" | "PSUBSCRIBE" | "SSUBSCRIBE";

const SUBSCRIBE = {
  SUBSCRIBE: new CommandSpec("SUBSCRIBE", PUBSUB),
  PSUBSCRIBE: new CommandSpec("PSUBSCRIBE", PUBSUB),
  SSUBSCRIBE: new CommandSpec("SSUBSCRIBE", PUBSUB),
};
const UNSUBSCRIBE = {
  SUBSCRIBE: new CommandSpec("UNSUBSCRIBE", PUBSUB),
  PSUBSCRIBE: new CommandSpec("PUNSUBSCRIBE", PUBSUB),
  SSUBSCRIBE: new CommandSpec("SUNSUBSCRIBE", PUBSUB),
};
const PING = new CommandSpec("PING");

/** The families whose messages are of this kind. */
const KINDS: Record<string, Family> = { message: "SUBSCRIBE", pmessage: "PSUBSCRIBE", smessage: "SSUBSCRIBE" };
const FAMILIES = Object.keys(SUBSCRIBE) as Family[];

/** A channel or pattern, and who listens to it. */
interface Topic {
  readonly name: Arg;
  readonly listeners: Set<Listener>;
}

interface Listener {
  readonly mode: number;
  readonly subscription: Subscription<string> | Subscription<Uint8Array>;
}

/**
 * Waits for the end of a change. Success has no reply of its own (confirmations are pushes), failure has; so a PING goes
 * with each change, and the PONG is its end.
 */
class Change implements Owed {
  readonly mode = 0;
  readonly patient = false;
  readonly chunks: readonly Uint8Array[];
  readonly #name: string;
  owed = 1;
  readonly done: Promise<void>;
  #resolve!: () => void;
  #reject!: (error: Error) => void;
  #refusal: ReplyError | undefined;

  constructor(spec: CommandSpec, names: readonly Arg[]) {
    const encoder = new Encoder();
    this.#name = spec.name;
    encoder.command(spec.head, spec.words, names, spec.name);
    encoder.command(PING.head, PING.words, [], PING.name);
    this.chunks = encoder.take();
    this.done = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.done.catch(() => {});
  }

  reply(value: Reply): boolean {
    if (!isAnswer(value)) {
      this.#refusal = value as ReplyError;
      return false;
    }
    if (--this.owed > 0) return false;
    if (this.#refusal) this.#reject(this.#refusal);
    else this.#resolve();
    return true;
  }

  ends(value: Reply, nth: number): boolean {
    return isAnswer(value) && nth + 1 >= this.owed;
  }

  fail(error: Error): void {
    this.#reject(error);
  }

  about(): About {
    return { kind: "command", name: this.#name, size: 1 };
  }
}

/** Whether this answers a PING: a user without the right to it gets an answer, too. */
function isAnswer(value: Reply): boolean {
  return !(value instanceof ReplyError && !/'ping'/i.test(value.message));
}

/** What the hub needs of its client. */
export interface HubSettings {
  /** The line that commands share. */
  readonly shared: () => Line;
  /** A new line whose connection carries nothing but messages. */
  readonly dedicated: () => Line;
  /** Takes pushes that are nobody's message. */
  readonly onPush?: (push: Push) => void;
}

/** The subscriptions of one client. */
export class Hub {
  readonly #settings: HubSettings;
  readonly #topics: Record<Family, Map<string, Topic>> = {
    SUBSCRIBE: new Map(),
    PSUBSCRIBE: new Map(),
    SSUBSCRIBE: new Map(),
  };
  #line: Line | undefined;
  #dedicated: Line | undefined;
  #generation = 0;

  constructor(settings: HubSettings) {
    this.#settings = settings;
  }

  /** Subscribes, and resolves once the server has confirmed it. */
  async subscribe<S extends string | Uint8Array>(
    family: Family,
    names: readonly Arg[],
    mode: number,
    options: SubscribeOptions<S>,
  ): Promise<Subscription<S>> {
    if (names.length === 0) throw new TypeError(`${family}: expected at least one channel`);
    const subscription = new Subscription<S>(options, () => this.#leave(family, names, listener));
    const listener = { mode, subscription } as unknown as Listener;
    const line = await this.#open();
    if ((mode & BYTES) !== 0) line.pushMode = BYTES;
    const fresh = names.filter((name) => this.#join(family, name, listener));
    try {
      if (fresh.length > 0) await this.#change(line, SUBSCRIBE[family], fresh);
      // Somebody else may have asked for the same channel a moment ago: PONG says that the server has seen that too.
      else await this.#change(line, PING, []);
    } catch (error) {
      this.#forget(family, names, listener);
      throw error;
    }
    return subscription;
  }

  async #open(): Promise<Line> {
    if (this.#line && this.#line.state !== "closed") {
      await this.#line.open();
      return this.#line;
    }
    const shared = this.#settings.shared();
    await shared.open();
    if (shared.protocol === 3) return this.#line = shared;
    this.#dedicated ??= this.#settings.dedicated();
    await this.#dedicated.open();
    return this.#line = this.#dedicated;
  }

  async #change(line: Line, spec: CommandSpec, names: readonly Arg[]): Promise<void> {
    const change = new Change(spec, names);
    if (spec === PING) change.owed = 2;
    line.sendEncoded(change);
    await change.done;
  }

  /** True if the server must be told: nobody listened to it before. */
  #join(family: Family, name: Arg, listener: Listener): boolean {
    const topics = this.#topics[family];
    const key = keyOf(name);
    const topic = topics.get(key);
    if (topic) {
      topic.listeners.add(listener);
      return false;
    }
    topics.set(key, { name, listeners: new Set([listener]) });
    return true;
  }

  /** Gives the names that nobody listens to any longer. */
  #forget(family: Family, names: readonly Arg[], listener: Listener): Arg[] {
    const topics = this.#topics[family];
    return names.filter((name) => {
      const topic = topics.get(keyOf(name));
      if (!topic?.listeners.delete(listener) || topic.listeners.size > 0) return false;
      return topics.delete(keyOf(name));
    });
  }

  async #leave(family: Family, names: readonly Arg[], listener: Listener): Promise<void> {
    const silent = this.#forget(family, names, listener);
    const line = this.#line;
    if (silent.length === 0 || line?.state !== "ready") return;
    await this.#change(line, UNSUBSCRIBE[family], silent);
  }

  /** A line is ready again: everything is subscribed to afresh, and everybody hears that there was a gap. */
  ready(line: Line): void {
    if (line !== this.#line) return;
    if (this.#generation === line.generation) return;
    this.#generation = line.generation;
    for (const family of FAMILIES) {
      const topics = [...this.#topics[family].values()];
      if (topics.length === 0) continue;
      const change = new Change(SUBSCRIBE[family], topics.map((topic) => topic.name));
      line.sendEncoded(change);
      const listeners = new Set(topics.flatMap((topic) => [...topic.listeners]));
      change.done.then(
        () => listeners.forEach(({ subscription }) => subscription.gap()),
        (error) => error instanceof ReplyError && listeners.forEach(({ subscription }) => subscription.fail(error)),
      );
    }
  }

  /** The line was given up or closed: nobody will hear anything any more. */
  lost(line: Line, error?: Error): void {
    if (line !== this.#line) return;
    const reason = error ?? new ConnectionError("The client was closed", { closed: true });
    for (const family of FAMILIES) {
      const topics = [...this.#topics[family].values()];
      this.#topics[family].clear();
      for (const topic of topics) {
        for (const { subscription } of topic.listeners) {
          if (error === undefined) void subscription.close();
          else subscription.fail(reason);
        }
      }
    }
  }

  /** Whether anybody listens over this line, so that it must not stay closed. */
  needs(line: Line): boolean {
    return line === this.#line && FAMILIES.some((family) => this.#topics[family].size > 0);
  }

  /** Takes a push. */
  push(push: Push): void {
    const { items } = push;
    const kind = text(items[0]!);
    const family = KINDS[kind];
    if (family !== undefined) return this.#message(family, items);
    if (!/subscribe$/.test(kind)) this.#settings.onPush?.(push);
  }

  #message(family: Family, items: readonly Reply[]): void {
    const matched = items.length === 4 ? items[1] : undefined;
    const [channel, message] = items.slice(-2);
    const topic = this.#topics[family].get(keyOf((matched ?? channel) as Arg));
    if (topic === undefined) return;
    for (const { mode, subscription } of topic.listeners) {
      const as = (mode & BYTES) !== 0 ? bytes : text;
      const value = { channel: as(channel!), message: as(message!) };
      const whole = matched === undefined ? value : { ...value, pattern: as(matched) };
      (subscription as Subscription<string>).deliver(whole as Message<string>);
    }
  }

  /** Closes the connection that only carries messages. */
  close(): void {
    const line = this.#line;
    if (line) this.lost(line);
    this.#dedicated?.destroy();
  }
}

const decoder = new TextDecoder();
const encoder = new TextEncoder();

function text(value: Reply): string {
  return value instanceof Uint8Array ? decoder.decode(value) : String(value);
}

function bytes(value: Reply): Uint8Array {
  return value instanceof Uint8Array ? value : encoder.encode(String(value));
}

/** The same key for the same channel, whether it came as string or bytes. Bytes that are no UTF-8 get one of their own. */
function keyOf(name: Arg): string {
  if (!ArrayBuffer.isView(name)) return String(name);
  const view = new Uint8Array(name.buffer, name.byteOffset, name.byteLength);
  const whole = decoder.decode(view);
  return whole.includes("\ufffd") ? `\0${Array.from(view).join()}` : whole;
}
