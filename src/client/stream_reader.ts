/**
 * Follows streams: entry after entry as an async iterator, over lost connections, each once.
 *
 * @module
 */
import { ConnectionError } from "../errors.ts";
import { nameText } from "../command/name.ts";
import type { Dict, Key, Pairs, Value } from "../command/values.ts";
import type { XreadOptions, XrevrangeOptions } from "../generated/options.ts";
import type { StreamEntry } from "../generated/replies.ts";
import { onAbort } from "../connection/signal.ts";
import { tell } from "../connection/tell.ts";
import { atOnce } from "./at_once.ts";
import type { Companion, Core } from "./core.ts";
import { checkKind, checkKnown } from "./known.ts";
import { kept } from "./names.ts";
import { ENOUGH, passes, pauseAfter } from "./passing.ts";
import { alike, checkNames, isAfter, same } from "./stream_names.ts";

/** An entry of a stream. */
export interface StreamItem<S extends string | Uint8Array = string> {
  /** The stream it stands in. */
  readonly stream: S;
  /** Its id. */
  readonly id: string;
  /** Its fields: an object (of one given twice the last counts), or a Map with all of them where strings are bytes. */
  readonly fields: Dict<S, S>;
}

/** How streams are followed. */
export interface ReadStreamOptions {
  /**
   * The id after which reading begins, or one for each stream in their order: `"0"` for everything, `"$"` (the default)
   * for what is added after the call.
   */
  readonly from?: string | readonly string[] | undefined;
  /** How many entries are read at once, per stream; 100 unless given. */
  readonly count?: number | undefined;
  /** Milliseconds that the server waits for entries before it is asked again; 5,000 unless given. */
  readonly block?: number | undefined;
  /** Ends the iteration with its reason. */
  readonly signal?: AbortSignal | undefined;
  /** Called with each failure that reading goes on after: a lost connection, a server that is loading. */
  readonly onError?: ((error: Error) => void) | undefined;
}

/** The names of {@link ReadStreamOptions}. */
const KNOWN = ["from", "count", "block", "signal", "onError"];

/** The commands that following takes. */
export interface StreamReading<S extends string | Uint8Array = string> {
  /** See `Commands.xread`. */
  xread(streams: Pairs<Key, Value>, options?: XreadOptions): Promise<[key: S, entries: StreamEntry<S>[]][] | null>;
  /** See `Commands.xrevrange`. */
  xrevrange(key: Key, end: Value, start: Value, options?: XrevrangeOptions): Promise<StreamEntry<S>[]>;
  /** The same with options for each call. */
  with(options: { readonly signal?: AbortSignal | undefined; readonly timeout?: number | undefined }): StreamReading<S>;
}

/**
 * Entries of streams, as they are added. Iterate it; leave it with `close`, by leaving the loop, or at the end of its scope
 * (`await using`). While it waits it holds one connection of the client's sessions.
 *
 * It goes on after the last entry read when a connection was lost, for as long as it takes. It ends with an error if the
 * server refuses to read at all (no such right, the key holds something else), and without one when the client is closed.
 */
export class StreamReader<S extends string | Uint8Array = string>
  implements AsyncIterable<StreamItem<S>>, AsyncIterator<StreamItem<S>, undefined>, AsyncDisposable {
  readonly #redis: StreamReading<S>;
  readonly #core: Core;
  /** Its client had been closed before it was made. */
  readonly #late: boolean;
  /** What its client ends: only while it waits, as one that is left alone is nobody's. */
  readonly #companion: Companion = { close: () => this.close(), destroy: () => this.#end() };
  readonly #keys: readonly Key[];
  readonly #read: { readonly block: number; readonly count: number };
  readonly #onError: ((error: Error) => void) | undefined;
  readonly #signal: AbortSignal | undefined;
  readonly #stop = new AbortController();
  readonly #unheard: (() => void) | undefined;
  /** The last ids that were read. */
  #last: string[];
  /** The last ids that were handed out. */
  readonly #given: string[];
  #begun: Promise<void> | undefined;
  #items: { readonly at: number; readonly item: StreamItem<S> }[] = [];
  #next = 0;
  #pulling: Promise<void> | undefined;
  /** Lets go of who waits for the next entry. */
  #release: () => void = () => {};
  #failures = 0;

  /** @internal Made by `redis.readStream`. */
  constructor(
    redis: StreamReading<S>,
    core: Core,
    mode: number,
    keys: Key | readonly Key[],
    options: ReadStreamOptions = {},
  ) {
    checkKnown(options, KNOWN);
    const { from = "$", block = 5000, count = 100, signal } = options;
    this.#keys = kept(keys);
    if (this.#keys.length === 0) throw new TypeError("readStream: expected at least one stream");
    checkNames(this.#keys, mode);
    this.#last = typeof from === "string" ? this.#keys.map(() => from) : [...from];
    if (this.#last.length !== this.#keys.length) throw new TypeError("Option from must have one id for each stream");
    if (!Number.isInteger(block) || block < 1) throw new RangeError("Option block must be a whole number from 1");
    if (!Number.isInteger(count) || count < 1) throw new RangeError("Option count must be a whole number from 1");
    checkKind("onError", options.onError, "function", "a function");
    this.#read = { block, count };
    this.#given = [...this.#last];
    this.#onError = options.onError;
    this.#signal = signal;
    this.#core = core;
    this.#late = core.closed;
    this.#redis = redis.with({ signal: this.#stop.signal, timeout: undefined });
    if (signal?.aborted) this.#end();
    else this.#unheard = signal && onAbort(signal, () => this.#end());
    // Asked at once: what is added between this call and the first turn of the loop belongs to the loop.
    this.#begun = this.#begin();
    this.#begun.catch(() => {});
  }

  /** The ids of the last entries that were handed out, one for each stream: `from` of a reader that goes on. */
  get positions(): readonly string[] {
    return this.#given;
  }

  /** Between two calls of XREAD "$" would lose what is added: it is looked up once. */
  async #begin(): Promise<void> {
    await Promise.all(this.#keys.map(async (key, i) => {
      if (this.#last[i] !== "$") return;
      const [newest] = await atOnce(this.#redis).xrevrange(key, "+", "-", { count: 1 });
      this.#given[i] = this.#last[i] = newest === undefined ? "0-0" : nameText(newest[0]);
    }));
  }

  /** Reads until there is something. */
  async #pull(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      try {
        await (this.#begun ??= this.#begin());
        const streams = this.#keys.map((key, i): [Key, string] => [key, this.#last[i]!]);
        const reply = await this.#redis.xread(streams, this.#read);
        this.#failures = 0;
        if (reply !== null) return this.#take(reply);
      } catch (error) {
        if (this.#stop.signal.aborted) return;
        if (error instanceof ConnectionError && error.closed && !this.#late) return this.#end();
        if (!passes(error)) throw error;
        const onError = this.#onError;
        if (onError !== undefined) tell(() => onError(error));
        await pauseAfter(++this.#failures, this.#stop.signal);
        this.#begun = undefined;
      }
    }
  }

  #take(reply: [key: S, entries: StreamEntry<S>[]][]): void {
    this.#items = [];
    this.#next = 0;
    let at = -1;
    for (const [stream, entries] of reply) {
      const first = nameText(entries[0]![0]);
      // In the order in which they were asked for, and each after its last id: so a name that was given twice has each of
      // its places, though it may have nothing new for one of them.
      at = this.#keys.findIndex((key, i) => i > at && same(key, stream) && isAfter(first, this.#last[i]!));
      for (const [id, fields] of entries) {
        this.#items.push({ at, item: { stream: alike(stream, stream), id: nameText(id), fields } });
      }
      this.#last[at] = this.#items.at(-1)!.item.id;
    }
  }

  /** The next entry; `done` once the reader is closed. */
  async next(): Promise<IteratorResult<StreamItem<S>, undefined>> {
    if (this.#pulling !== undefined && !this.#stop.signal.aborted) {
      throw new TypeError("One reader at a time can read a stream");
    }
    if (this.#next === this.#items.length && !this.#stop.signal.aborted) await this.#more();
    if (this.#signal?.aborted) throw this.#signal.reason;
    if (this.#stop.signal.aborted) return { value: undefined, done: true };
    const { at, item } = this.#items[this.#next++]!;
    this.#given[at] = item.id;
    return { value: item, done: false };
  }

  /** Waits for entries, or for the end. */
  async #more(): Promise<void> {
    const pulling = this.#pulling = this.#pull();
    this.#core.companions.add(this.#companion);
    try {
      await new Promise<void>((resolve, reject) => {
        this.#release = resolve;
        pulling.then(resolve, reject);
      });
    } catch (error) {
      this.#end();
      throw error;
    } finally {
      this.#core.companions.delete(this.#companion);
      if (!this.#stop.signal.aborted) this.#pulling = undefined;
    }
  }

  #end(): void {
    this.#unheard?.();
    this.#stop.abort(ENOUGH);
    this.#release();
  }

  /** Leaves the loop: closes the reader. */
  async return(): Promise<IteratorResult<StreamItem<S>, undefined>> {
    await this.close();
    return { value: undefined, done: true };
  }

  /** Its entries, as they come. */
  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Stops reading. The connection that waited is given back to the client. */
  async close(): Promise<void> {
    this.#end();
    await this.#pulling?.catch(() => {});
  }

  /** Leaves the scope of `await using`: see {@link StreamReader.close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
