/**
 * Who has subscribed to what: keeps the server told, and hands messages out.
 *
 * With RESP3 messages come as pushes over the connection that commands use. RESP2 has no pushes, so a connection of its
 * own carries them there.
 *
 * @module
 */
import { ConnectionError, RedisError, ReplyError } from "../errors.ts";
import { nameBytes, nameText } from "../command/name.ts";
import type { Arg, CommandSpec } from "../command/spec.ts";
import { closedMeanwhile } from "../connection/fate.ts";
import type { Line } from "../connection/line.ts";
import type { SendOptions } from "../connection/pending.ts";
import { onAbort } from "../connection/signal.ts";
import { Ticket } from "../connection/ticket.ts";
import { BYTES, type Push } from "../resp/reply.ts";
import { Change, type Family, SUBSCRIBE, UNSUBSCRIBE } from "./change.ts";
import { AGAIN, passes } from "./passing.ts";
import { type Message, type SubscribeOptions, Subscription } from "./subscription.ts";
import { eachListener, FAMILIES, isHeard, type Listener, resumed, type Topic, Topics } from "./topics.ts";

/** The families whose messages are of this kind. */
const KINDS: Record<string, Family> = { message: "SUBSCRIBE", pmessage: "PSUBSCRIBE", smessage: "SSUBSCRIBE" };

/** What one listener does with his bytes must not change what the others get. */
const ownBytes = (name: Arg): Uint8Array => new Uint8Array(nameBytes(name));

/** @internal What becomes of a call for a subscription while its caller waits. */
export interface Asking<S extends string | Uint8Array> {
  /** What the server was asked with. */
  readonly tickets: Set<Ticket>;
  /** What the caller will get: whoever gives up closes it. */
  subscription?: Subscription<S>;
}

/** How often a subscription is tried on new connections, if each is lost before the server has confirmed it. */
const TRIES = 5;

/** What the hub needs of its client. */
export interface HubSettings {
  /** @internal The line that commands share. */
  readonly shared: () => Line;
  /** @internal A new line whose connection carries nothing but messages. */
  readonly dedicated: () => Line;
  /** Takes pushes that are nobody's message. */
  readonly onPush?: ((push: Push) => void) | undefined;
}

/** The subscriptions of one client. */
export class Hub {
  readonly #settings: HubSettings;
  readonly #topics: Record<Family, Topics> = {
    SUBSCRIBE: new Topics(),
    PSUBSCRIBE: new Topics(),
    SSUBSCRIBE: new Topics(),
  };
  #line: Line | undefined;
  #dedicated: Line | undefined;
  #generation = 0;
  /** What the server has not answered. */
  readonly #changes = new Set<Change>();
  /** What the server is asked for again in a while. */
  readonly #pauses = new Set<ReturnType<typeof setTimeout>>();
  #closed = false;

  /** @internal Made when a client is opened. */
  constructor(settings: HubSettings) {
    this.#settings = settings;
  }

  /** @internal Subscribes, and resolves once the server has confirmed it. What that has come to is told in `asking`. */
  async subscribe<S extends string | Uint8Array>(
    family: Family,
    names: readonly Arg[],
    { mode, signal }: SendOptions,
    options: SubscribeOptions<S>,
    asking: Asking<S>,
  ): Promise<Subscription<S>> {
    if (names.length === 0) throw new TypeError(`${family}: expected at least one channel`);
    let left = false;
    const subscription = new Subscription<S>(options, () => {
      left = true;
      unheard?.();
      return this.#leave(family, names, listener);
    });
    asking.subscription = subscription;
    const unheard = signal && onAbort(signal, () => subscription.fail(signal.reason));
    const listener = { mode, subscription, generation: 0 } as unknown as Listener;
    try {
      const line = await this.#open();
      if (signal?.aborted) throw signal.reason;
      if (left) throw new ConnectionError("Its caller gave up; it was not sent");
      // A name that is no text would come back as another one, as text.
      if ((mode & BYTES) !== 0 || names.some((name) => ArrayBuffer.isView(name))) line.pushMode = BYTES;
      const topics = this.#join(line, family, names, listener);
      listener.generation = await this.#confirmed(line, topics, asking.tickets);
      if (signal?.aborted) throw signal.reason;
      return subscription.handOut();
    } catch (error) {
      await subscription.close();
      throw error;
    }
  }

  /** The line to subscribe on. Whoever listens already keeps it where it is. */
  async #open(): Promise<Line> {
    const began = performance.now();
    const present = this.#line;
    if (present !== undefined && this.needs(present)) {
      await present.reach(began);
      // Whoever listened there may have been told meanwhile that messages do not come over it any more.
      if (this.needs(present)) return present;
    }
    const shared = this.#settings.shared();
    await shared.reach(began);
    let line = shared;
    if (shared.protocol === 2) {
      // Nobody would close a line that begins after the client has ended.
      if (this.#closed) throw closedMeanwhile();
      line = this.#dedicated ??= this.#settings.dedicated();
      await line.opened(began);
    }
    this.#generation = line.generation;
    return this.#line = line;
  }

  /** Listens to these names. The server is told of those that nobody listened to before. */
  #join(line: Line, family: Family, names: readonly Arg[], listener: Listener): Topic[] {
    const { joined, fresh } = this.#topics[family].join(names, listener);
    if (fresh.length > 0) {
      this.#ask(line, family, fresh).catch((error) => {
        const refused = error instanceof ReplyError || error instanceof TypeError;
        if (refused) this.#askForOthers(line, family, fresh, listener);
      });
    }
    return joined;
  }

  /**
   * The server refused the whole command because of one name. A listener that wants only some of its names must not
   * fail with the one that wanted all, and neither must one that joins before that one has left: what they want is
   * asked for name by name.
   */
  #askForOthers(line: Line, family: Family, topics: readonly Topic[], refused: Listener): void {
    const present = this.#topics[family];
    for (const topic of topics) {
      // Who has asked since the refused one gave up has a topic of his own.
      if (!present.has(topic)) continue;
      if (![...topic.listeners].some((one) => one !== refused)) present.delete(topic);
      else if (topics.length > 1) this.#ask(line, family, [topic]);
    }
  }

  #ask(line: Line, family: Family, topics: readonly Topic[]): Promise<void> {
    const ticket = new Ticket();
    const done = this.#tell(line, SUBSCRIBE[family], topics.map((topic) => topic.name), ticket);
    done.catch(() => {
      for (const topic of topics) if (topic.confirmed === done) topic.refused = true;
    });
    for (const topic of topics) {
      topic.ticket = ticket;
      topic.confirmed = done;
      topic.refused = false;
    }
    return done;
  }

  /**
   * Waits until the server has confirmed all of these, on another connection if the present one is lost first. Gives the
   * one that they were asked for on: it may have been replaced by the time it answers, and then there is a gap.
   */
  async #confirmed(line: Line, topics: readonly Topic[], tickets: Set<Ticket>): Promise<number> {
    for (let attempt = 1;; attempt++) {
      const { generation } = line;
      const asked = topics.map((topic) => topic.confirmed);
      for (const { ticket } of topics) if (ticket) tickets.add(ticket);
      try {
        await Promise.all(asked);
        return generation;
      } catch (error) {
        if (attempt === TRIES) throw error;
        if (error instanceof ConnectionError) {
          if (error.closed) throw error;
          await line.opened();
        }
        // Nobody has asked again: the line was given up, or these were refused.
        if (topics.every((topic, i) => topic.confirmed === asked[i])) throw error;
      }
    }
  }

  async #leave(family: Family, names: readonly Arg[], listener: Listener): Promise<void> {
    const silent = this.#topics[family].leave(names, listener);
    const line = this.#line;
    if (line?.state === "ready") await this.#silence(line, family, silent);
  }

  /** Has the server send no more of these, but of those that somebody listens to again. */
  async #silence(line: Line, family: Family, names: readonly Arg[]): Promise<void> {
    const silent: Arg[] = [];
    const open: Arg[] = [];
    for (const name of names) {
      const topic = this.#topics[family].get(name);
      if (topic === undefined) silent.push(name);
      // Who has asked for it meanwhile may be refused as well.
      else if (!isHeard(topic)) open.push(name);
    }
    if (open.length > 0) this.#later(line, () => this.#silence(line, family, open));
    if (silent.length === 0) return;
    try {
      await this.#tell(line, UNSUBSCRIBE[family], silent);
    } catch (error) {
      // It is running a script, say, and would send on what nobody hears.
      if (error instanceof ReplyError && passes(error)) this.#later(line, () => this.#silence(line, family, silent));
    }
  }

  /** Sends a change; resolves once the server has made it. */
  async #tell(line: Line, spec: CommandSpec, names: readonly Arg[], ticket = new Ticket()): Promise<void> {
    const change = new Change(spec, names, ticket);
    this.#changes.add(change);
    try {
      ticket.handOver(line);
      line.sendEncoded(change);
      await change.done;
    } finally {
      this.#changes.delete(change);
    }
  }

  /** @internal A line is ready again: everything is subscribed to afresh, and everybody hears that there was a gap. */
  ready(line: Line): void {
    if (line !== this.#line || this.#generation === line.generation) return;
    this.#generation = line.generation;
    this.#endPauses();
    // What waited for this connection may be wanted no more, and what is wanted is asked for in any case.
    for (const { ticket } of this.#changes) ticket.released ||= !ticket.sent;
    // Messages would come as replies.
    if (line.protocol === 2 && line !== this.#dedicated) {
      return this.lost(line, new ConnectionError("The server behind this address does not speak RESP3 any more"));
    }
    for (const family of FAMILIES) {
      this.#askAgain(line, family, this.#topics[family].all());
    }
  }

  #askAgain(line: Line, family: Family, all: readonly Topic[]): void {
    // Nobody may listen to some of them any longer.
    const topics = all.filter((topic) => this.#topics[family].has(topic));
    if (topics.length === 0) return;
    // When it answers, the line may have another one already: that means one more gap.
    const { generation } = line;
    this.#ask(line, family, topics).then(
      () => eachListener(topics, (listener) => resumed(listener, generation)),
      (error) => {
        // Lost once more: the next connection is asked.
        if (!(error instanceof ReplyError)) return;
        // It is running a script, say: that is no answer.
        if (passes(error)) return this.#later(line, () => this.#askAgain(line, family, topics));
        // One that is refused must not take the others with it.
        if (topics.length > 1) { for (const topic of topics) this.#askAgain(line, family, [topic]); }
        else eachListener(topics, ({ subscription }) => subscription.fail(error));
      },
    );
  }

  #later(line: Line, ask: () => void): void {
    if (line !== this.#line || line.state !== "ready") return;
    const pause = setTimeout(() => {
      this.#pauses.delete(pause);
      ask();
    }, AGAIN);
    this.#pauses.add(pause);
  }

  #endPauses(): void {
    for (const pause of this.#pauses) clearTimeout(pause);
    this.#pauses.clear();
  }

  /** @internal The line was given up or closed: nobody will hear anything any more. */
  lost(line: Line, error?: Error): void {
    if (line !== this.#line) return;
    this.#endPauses();
    for (const family of FAMILIES) {
      for (const topic of this.#topics[family].takeAll()) {
        for (const { subscription } of topic.listeners) {
          if (error === undefined) void subscription.close();
          else subscription.fail(error);
        }
      }
    }
  }

  /** @internal Whether anybody listens over this line. */
  needs(line: Line): boolean {
    return line === this.#line && FAMILIES.some((family) => this.#topics[family].size > 0);
  }

  /** Takes a push. */
  push(push: Push): void {
    const items = push.items as Arg[];
    const kind = nameText(items[0]!);
    // The usual kind is compared: to look a name up, an engine first has to make one of what has just been read.
    const family = kind === "message" ? "SUBSCRIBE" : KINDS[kind];
    if (family !== undefined) return this.#message(family, items);
    // Nobody has asked for that.
    if (kind === "sunsubscribe") this.#moved(items[1]!);
    else if (!/subscribe$/.test(kind)) this.#settings.onPush?.(push);
  }

  #message(family: Family, items: readonly Arg[]): void {
    const at = items.length - 2;
    const channel = items[at]!;
    const message = items[at + 1]!;
    const matched = at === 2 ? items[1] : undefined;
    const topic = this.#topics[family].get(matched ?? channel);
    if (topic === undefined) return;
    const asBytes = topic.listeners.size > 1 ? ownBytes : nameBytes;
    for (const listener of topic.listeners) {
      const { mode, subscription } = listener;
      // It may have come in one breath with what confirms that there was a gap before it.
      resumed(listener, this.#generation);
      const as = (mode & BYTES) !== 0 ? asBytes : nameText;
      const value = { channel: as(channel), message: as(message) };
      const whole = matched === undefined ? value : { ...value, pattern: as(matched) };
      (subscription as Subscription<string>).deliver(whole as Message<string>);
    }
  }

  /** A channel of a shard that the server has no longer. */
  #moved(name: Arg): void {
    const error = new RedisError("The server has ended the subscription: the channel's shard is elsewhere now");
    const topic = this.#topics.SSUBSCRIBE.get(name);
    for (const { subscription } of topic?.listeners ?? []) subscription.fail(error);
  }

  /** Ends all subscriptions, for this reason if there is one, and closes the connection that only carries messages. */
  close(error?: Error): void {
    this.#closed = true;
    const line = this.#line;
    if (line) this.lost(line, error);
    this.#dedicated?.destroy();
  }
}
