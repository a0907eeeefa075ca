/**
 * What waits between a connection that hands out values when they come and a reader who takes them when he likes.
 *
 * @module
 */
import { RedisError } from "../errors.ts";
import { Fifo } from "../connection/fifo.ts";

/** How much may wait for a slow reader. */
export interface InboxOptions {
  /** How many values may wait; 10,000 unless given. */
  readonly buffer?: number | undefined;
  /**
   * What happens to a reader that is slower than that. `"error"` (the default) ends the iteration with an error,
   * `"drop-oldest"` forgets the oldest value and counts it, `"unbounded"` keeps all.
   */
  readonly overflow?: "error" | "drop-oldest" | "unbounded" | undefined;
}

/** The names of {@link InboxOptions}. */
export const INBOX: readonly string[] = ["buffer", "overflow"];

const DEFAULT_BUFFER = 10_000;

/** A queue with one reader, that ends. */
export class Inbox<T> {
  /** How many values were dropped because the reader was slow. */
  dropped = 0;
  readonly #what: string;
  readonly #limit: number;
  readonly #lossy: boolean;
  readonly #queue = new Fifo<T>();
  #reader: { resolve(result: IteratorResult<T, undefined>): void; reject: (error: unknown) => void } | undefined;
  #ended = false;
  #failure: { readonly reason: unknown } | undefined;

  /** Takes what its values are called, for errors. */
  constructor(what: string, options: InboxOptions) {
    const { overflow = "error", buffer = DEFAULT_BUFFER } = options;
    if (!["error", "drop-oldest", "unbounded"].includes(overflow)) {
      throw new TypeError('Option overflow must be "error", "drop-oldest" or "unbounded"');
    }
    if (!Number.isInteger(buffer) || buffer < 1) throw new RangeError("Option buffer must be a whole number from 1");
    this.#what = what;
    this.#lossy = overflow === "drop-oldest";
    this.#limit = overflow === "unbounded" ? Infinity : buffer;
  }

  /** How many values wait. */
  get waiting(): number {
    return this.#queue.size;
  }

  /** Whether no further value is taken. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Takes a value. Gives why the reading has to end, if it has. */
  put(value: T): RedisError | undefined {
    if (this.#ended) return undefined;
    const reader = this.#reader;
    if (reader !== undefined) {
      this.#reader = undefined;
      reader.resolve({ value, done: false });
      return undefined;
    }
    if (this.#queue.size >= this.#limit) {
      if (!this.#lossy) return new RedisError(`The reader is ${this.#limit} ${this.#what} behind`);
      this.#queue.shift();
      this.dropped++;
    }
    this.#queue.push(value);
    return undefined;
  }

  /** No further value will come, for this reason; what waits can still be read. False if that was so already. */
  fail(reason: unknown): boolean {
    if (this.#ended) return false;
    this.#ended = true;
    const reader = this.#reader;
    this.#reader = undefined;
    if (reader === undefined) this.#failure = { reason };
    else reader.reject(reason);
    return true;
  }

  /** No further value will come; what waits can still be read. False if it had ended already. */
  finish(): boolean {
    if (this.#ended) return false;
    this.#ended = true;
    this.#reader?.resolve({ value: undefined, done: true });
    this.#reader = undefined;
    return true;
  }

  /** The reader has had enough; what waits is forgotten. False if it had ended already. */
  end(): boolean {
    this.#queue.takeAll();
    this.#failure = undefined;
    return this.finish();
  }

  /** The next value; `done` after the end. Rejects once if there was a failure. */
  next(): Promise<IteratorResult<T, undefined>> {
    if (this.#queue.size > 0) return Promise.resolve({ value: this.#queue.shift()!, done: false });
    const failure = this.#failure;
    if (failure !== undefined) {
      this.#failure = undefined;
      return Promise.reject(failure.reason);
    }
    if (this.#ended) return Promise.resolve({ value: undefined, done: true });
    if (this.#reader !== undefined) return Promise.reject(new TypeError(`One reader at a time can read ${this.#what}`));
    return new Promise((resolve, reject) => this.#reader = { resolve, reject });
  }
}
