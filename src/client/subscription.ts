/**
 * What a subscriber holds: messages as an async iterator or a callback, bounded either way.
 *
 * @module
 */
import { RedisError } from "../errors.ts";
import { Fifo } from "../connection/fifo.ts";

/** A message of a channel. */
export interface Message<S extends string | Uint8Array = string> {
  /** The channel it was published to. */
  readonly channel: S;
  /** What was published. */
  readonly message: S;
  /** The pattern that matched, where a pattern was subscribed to. */
  readonly pattern?: S;
}

/** How messages are taken. */
export interface SubscribeOptions<S extends string | Uint8Array = string> {
  /** Called with each message, instead of iterating. What it throws is thrown again in a task of its own. */
  readonly onMessage?: (message: Message<S>) => void;
  /** How many messages may wait for a slow reader; 10,000 unless given. */
  readonly buffer?: number;
  /**
   * What happens to a reader that is slower than that. `"error"` (the default) ends the subscription with an error,
   * `"drop-oldest"` forgets the oldest message and counts it, `"unbounded"` keeps all.
   */
  readonly overflow?: "error" | "drop-oldest" | "unbounded";
  /** Called when the connection was lost and made again: messages published in between are gone. */
  readonly onGap?: () => void;
}

const DEFAULT_BUFFER = 10_000;

/**
 * A subscription to channels or patterns. Iterate it, or give `onMessage`; leave it with `close`, or at the end of its
 * scope (`await using`, or `using` where nobody needs to wait for the server).
 */
export class Subscription<S extends string | Uint8Array = string>
  implements AsyncIterable<Message<S>>, AsyncIterator<Message<S>, undefined>, AsyncDisposable, Disposable {
  /** How many messages were dropped because the reader was slow (`overflow: "drop-oldest"`). */
  dropped = 0;
  /** How often the connection was lost and made again: each time, messages may have been missed. */
  gaps = 0;
  readonly #options: SubscribeOptions<S>;
  readonly #leave: () => Promise<void>;
  readonly #buffer = new Fifo<Message<S>>();
  readonly #limit: number;
  #reader:
    | { resolve: (result: IteratorResult<Message<S>, undefined>) => void; reject: (error: Error) => void }
    | undefined;
  #ended = false;
  #failure: Error | undefined;

  /** @internal Made by `redis.subscribe` and its like. */
  constructor(options: SubscribeOptions<S>, leave: () => Promise<void>) {
    this.#options = options;
    this.#leave = leave;
    this.#limit = options.overflow === "unbounded" ? Infinity : options.buffer ?? DEFAULT_BUFFER;
    if (!(this.#limit >= 1)) throw new RangeError("Option buffer must be at least 1");
  }

  /** How many messages wait to be read. */
  get waiting(): number {
    return this.#buffer.size;
  }

  /** @internal A message came. */
  deliver(message: Message<S>): void {
    if (this.#ended) return;
    const { onMessage } = this.#options;
    if (onMessage !== undefined) return call(() => onMessage(message));
    const reader = this.#reader;
    if (reader !== undefined) {
      this.#reader = undefined;
      return reader.resolve({ value: message, done: false });
    }
    if (this.#buffer.size >= this.#limit) {
      if (this.#options.overflow !== "drop-oldest") {
        return this.fail(new RedisError(`The reader of a subscription is ${this.#limit} messages behind`));
      }
      this.#buffer.shift();
      this.dropped++;
    }
    this.#buffer.push(message);
  }

  /** @internal The connection was lost and made again. */
  gap(): void {
    this.gaps++;
    const { onGap } = this.#options;
    if (onGap !== undefined && !this.#ended) call(onGap);
  }

  /** @internal No further message will come, for this reason. What waits can still be read. */
  fail(error: Error): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#failure = error;
    const reader = this.#reader;
    if (reader !== undefined) {
      this.#failure = undefined;
      reader.reject(error);
    }
    this.#leave().catch(() => {});
  }

  /** The next message; `done` once the subscription is closed. Rejects if it ended because of an error. */
  next(): Promise<IteratorResult<Message<S>, undefined>> {
    const message = this.#buffer.shift();
    if (message !== undefined) return Promise.resolve({ value: message, done: false });
    if (this.#failure !== undefined) {
      const failure = this.#failure;
      this.#failure = undefined;
      return Promise.reject(failure);
    }
    if (this.#ended) return Promise.resolve({ value: undefined, done: true });
    if (this.#reader !== undefined) return Promise.reject(new TypeError("A subscription has one reader at a time"));
    return new Promise((resolve, reject) => this.#reader = { resolve, reject });
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

  /** Unsubscribes. Resolves when the server has confirmed it, or the connection is gone anyway. */
  async close(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    this.#buffer.takeAll();
    this.#reader?.resolve({ value: undefined, done: true });
    this.#reader = undefined;
    await this.#leave().catch(() => {});
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

/** A listener's error is its own: it must neither hurt other listeners nor the connection. */
function call(listener: () => void): void {
  try {
    listener();
  } catch (error) {
    setTimeout(() => {
      throw error;
    });
  }
}
