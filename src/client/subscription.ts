/**
 * What a subscriber holds: messages as an async iterator or a callback, bounded either way.
 *
 * @module
 */
import { tell, throwApart } from "../connection/tell.ts";
import { INBOX, Inbox, type InboxOptions } from "./inbox.ts";
import { checkKnown } from "./known.ts";

/** A message of a channel. */
export interface Message<S extends string | Uint8Array = string> {
  /** The channel it was published to. */
  readonly channel: S;
  /** What was published. */
  readonly message: S;
  /** The pattern that matched, where a pattern was subscribed to. */
  readonly pattern?: S | undefined;
}

/** How messages are taken. */
export interface SubscribeOptions<S extends string | Uint8Array = string> extends InboxOptions {
  /** Called with each message, instead of iterating. What it throws is an uncaught exception of the process. */
  readonly onMessage?: ((message: Message<S>) => void) | undefined;
  /** Called when the connection was lost and made again: messages published in between are gone. */
  readonly onGap?: (() => void) | undefined;
  /** Called if the subscription ends because of an error: what a loop would throw. */
  readonly onError?: ((error: Error) => void) | undefined;
}

const CALLBACKS = ["onMessage", "onGap", "onError"] as const;
const KNOWN = [...INBOX, ...CALLBACKS];

/** Elsewhere the listener itself stands in their place: it would never be called. */
function check(options: SubscribeOptions<never>): void {
  if (typeof options !== "object" || options === null) {
    throw new TypeError("The options of a subscription must be an object: a listener is given as { onMessage }");
  }
  checkKnown(options, KNOWN);
  for (const name of CALLBACKS) {
    if (!["undefined", "function"].includes(typeof options[name])) {
      throw new TypeError(`Option ${name} must be a function`);
    }
  }
}

/**
 * A subscription to channels or patterns. Iterate it, or give `onMessage`; leave it with `close`, or at the end of its
 * scope (`await using`, or `using` where nobody needs to wait for the server).
 */
export class Subscription<S extends string | Uint8Array = string>
  implements AsyncIterable<Message<S>>, AsyncIterator<Message<S>, undefined>, AsyncDisposable, Disposable {
  /** How often the connection was lost and made again: each time, messages may have been missed. */
  gaps = 0;
  /** Of `never`, that a subscription whose bytes are `Bytes` passes for one whose bytes are any `Uint8Array`. */
  readonly #options: SubscribeOptions<never>;
  readonly #leave: () => Promise<void>;
  readonly #inbox: Inbox<Message<S>>;
  /** Whether its caller has it. Until then he hears of its end from the call itself. */
  #isHandedOut = false;
  /** Why it ended, if that was before. */
  #early: Error | undefined;

  /** @internal Made by `redis.subscribe` and its like. */
  constructor(options: SubscribeOptions<S>, leave: () => Promise<void>) {
    check(options);
    this.#options = options;
    this.#leave = leave;
    this.#inbox = new Inbox("messages", options);
  }

  /** How many messages wait to be read. */
  get waiting(): number {
    return this.#inbox.waiting;
  }

  /** How many messages were dropped because the reader was slow (`overflow: "drop-oldest"`). */
  get dropped(): number {
    return this.#inbox.dropped;
  }

  /** @internal A message came. */
  deliver(message: Message<S>): void {
    if (this.#inbox.ended) return;
    const { onMessage } = this.#options;
    if (onMessage !== undefined) {
      try {
        return onMessage(message as never);
      } catch (error) {
        return throwApart(error);
      }
    }
    const full = this.#inbox.put(message);
    if (full !== undefined) this.fail(full);
  }

  /** @internal The connection was lost and made again. */
  gap(): void {
    this.gaps++;
    const { onGap } = this.#options;
    if (onGap !== undefined && !this.#inbox.ended) tell(onGap);
  }

  /** @internal No further message will come, for this reason. What waits can still be read. */
  fail(error: Error): void {
    if (!this.#inbox.fail(error)) return;
    if (this.#isHandedOut) this.#tell(error);
    else this.#early = error;
    this.#leave().catch(() => {});
  }

  /** @internal Its caller gets it: what ended it before, is told now. */
  handOut(): this {
    this.#isHandedOut = true;
    if (this.#early !== undefined) this.#tell(this.#early);
    return this;
  }

  #tell(error: Error): void {
    const { onError } = this.#options;
    if (onError !== undefined) tell(() => onError(error));
  }

  /** The next message; `done` once the subscription is closed. Rejects if it ended because of an error. */
  next(): Promise<IteratorResult<Message<S>, undefined>> {
    return this.#inbox.next();
  }

  /** Leaves the loop: closes the subscription. */
  async return(): Promise<IteratorResult<Message<S>, undefined>> {
    await this.close();
    return { value: undefined, done: true };
  }

  /** Its messages, as they come. */
  [Symbol.asyncIterator](): this {
    return this;
  }

  /**
   * Unsubscribes. Resolves when the server has confirmed it, or the connection is gone anyway. One that refuses for now (it
   * runs a script, say) is told again each second, which nobody waits for.
   */
  async close(): Promise<void> {
    if (this.#inbox.end()) await this.#leave().catch(() => {});
  }

  /** Leaves the scope of `await using`: see {@link Subscription.close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Leaves the scope of `using`: closes without waiting for the server. */
  [Symbol.dispose](): void {
    void this.close();
  }
}
