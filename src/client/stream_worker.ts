/**
 * A consumer of a group: takes entries, hands them to a function, confirms them when that has succeeded.
 *
 * Every entry is handled at least once. It stays pending on the server from its delivery to its confirmation; who has it
 * shows every now and then that it is still at work (by XCLAIM, which resets the idle time). One that nobody works at any
 * longer (its worker died, or its function failed) is taken over by any worker of the group, which asks for entries that
 * have been idle long enough.
 *
 * @module
 */
import { ConnectionError, ReplyError } from "../errors.ts";
import type { Dict, Key, Many, Pairs, Value } from "../command/values.ts";
import type { XclaimOptions, XgroupCreateOptions, XpendingOptions, XreadgroupOptions } from "../generated/options.ts";
import { settledWithin } from "../connection/wait.ts";
import { onAbort } from "../connection/signal.ts";
import { passes, pauseAfter } from "./passing.ts";
import type { StreamItem } from "./stream_reader.ts";

/** An entry that a worker is to handle. */
export interface Delivery<S extends string | Uint8Array = string> extends StreamItem<S> {
  /** How often it has been handed to a consumer of the group, this time included. */
  readonly deliveries: number;
  /** Fires when another worker has taken it over, or this one was stopped and cannot wait any longer. */
  readonly signal: AbortSignal;
}

/** What a worker does. */
export interface StreamWorkerOptions<S extends string | Uint8Array = string> {
  /** The stream, or the streams, to read. They are made if there are none. */
  readonly streams: Key | readonly Key[];
  /** The group. It is made if there is none. */
  readonly group: string;
  /** The worker's name in its group: no two that run may share one. A new one unless given. */
  readonly consumer?: string;
  /** Handles an entry. When it is done, the entry is confirmed; when it throws or rejects, the entry comes again. */
  readonly handler: (entry: Delivery<S>) => unknown;
  /** How many entries are handled at once; 1 unless given. */
  readonly concurrency?: number;
  /** The id after which a new group begins: `"0"` (the default) for everything, `"$"` for what is added from now on. */
  readonly from?: string;
  /** Milliseconds without a sign of life after which an entry is taken over, a failed one too; 60,000 unless given. */
  readonly claimIdle?: number;
  /** How often an entry is delivered before it is given up; without end unless given. Needs `onDead`. */
  readonly maxDeliveries?: number;
  /** Takes an entry that is given up, to keep it elsewhere, say. It is confirmed when this is done, not if it fails. */
  readonly onDead?: (entry: Delivery<S>, error?: unknown) => unknown;
  /** Hears of what goes wrong: with the entry, if the handler failed; without, if it was the server or the connection. */
  readonly onError?: (error: unknown, entry?: Delivery<S>) => void;
  /** Milliseconds that the server waits for entries before it is asked again; 5,000 unless given. */
  readonly block?: number;
  /** Stops the worker, as {@link StreamWorker.stop} does. */
  readonly signal?: AbortSignal;
}

/** Numbers about a worker at one moment. */
export interface StreamWorkerStats {
  /** Entries that it has and that are not confirmed. */
  readonly running: number;
  /** Entries that were handled and confirmed. */
  readonly handled: number;
  /** Times the handler failed. */
  readonly failed: number;
  /** Entries that were taken over, from another worker or from a former life of this one. */
  readonly claimed: number;
  /** Entries that were given up. */
  readonly dead: number;
}

/** The commands that a worker takes. */
export interface StreamWorking {
  /** See `Commands.xgroupCreate`. */
  xgroupCreate(key: Key, group: Value, id: Value, options?: XgroupCreateOptions): Promise<unknown>;
  /** See `Commands.xgroupDelconsumer`. */
  xgroupDelconsumer(key: Key, group: Value, consumer: Value): Promise<unknown>;
  /** See `Commands.xreadgroup`. */
  xreadgroup(
    group: Value,
    consumer: Value,
    streams: Pairs<Key, Value>,
    options?: XreadgroupOptions,
  ): Promise<unknown>;
  /** See `Commands.xpending`. */
  xpending(key: Key, group: Value, options: XpendingOptions): Promise<unknown>;
  /** See `Commands.xclaim`. */
  xclaim(
    key: Key,
    group: Value,
    consumer: Value,
    minIdleTime: number,
    ids: readonly Value[],
    options?: XclaimOptions,
  ): Promise<unknown>;
  /** See `Commands.xack`. */
  xack(key: Key, group: Value, ...ids: Many<Value>): Promise<unknown>;
  /** The same with options for each call. */
  with(options: { readonly signal?: AbortSignal; readonly timeout?: number }): StreamWorking;
}

type Text = string | Uint8Array;
/** What XREADGROUP and XCLAIM give of a stream. */
type Entries<S extends Text> = ([id: Text, fields: Dict<S, S> | null] | null)[];
type Listed = [id: Text, consumer: Text, idle: number | bigint, deliveries: number | bigint][];

/** An entry that is ours. */
interface Job<S extends Text> {
  readonly key: Key;
  readonly entry: Delivery<S>;
  readonly lost: AbortController;
}

/** How many entries are looked at in one go. */
const PAGE = 100;

/**
 * A worker that runs. Stop it with `stop`, or by leaving its scope (`await using`). While it waits for entries it holds one
 * connection of the client's sessions.
 */
export class StreamWorker<S extends string | Uint8Array = string> implements AsyncDisposable {
  /** Resolves once it has ended: it was stopped, or its client closed. Rejects if the server does not let it go on. */
  readonly ended: Promise<void>;
  /** Its name in the group. */
  readonly consumer: string;
  readonly #options: StreamWorkerOptions<S>;
  readonly #redis: StreamWorking;
  readonly #reading: StreamWorking;
  readonly #streams: readonly Key[];
  readonly #concurrency: number;
  readonly #claimIdle: number;
  readonly #stopping = new AbortController();
  readonly #halted = new AbortController();
  readonly #unheard: (() => void) | undefined;
  /** Entries that are ours, by stream and id. */
  readonly #jobs = new Map<string, Job<S>>();
  /** Those of them that wait for a place. */
  #waiting: Job<S>[] = [];
  readonly #active = new Set<Promise<void>>();
  /** Entries whose handler failed, and when: they are left alone until their time has come. */
  readonly #failures = new Map<string, number>();
  #wake: () => void = () => {};
  #from: string;
  #grouped = false;
  /** Streams in which entries may be pending that are ours though we do not know of them, and where to look on. */
  #unknown: { readonly key: Key; after: string }[] = [];
  #nextSweep = 0;
  readonly #looping: Promise<void>;
  #fatal: { readonly error: unknown } | undefined;
  #troubles = 0;
  #counts = { handled: 0, failed: 0, claimed: 0, dead: 0 };
  #stopped: Promise<number> | undefined;

  /** @internal Made by `redis.streamWorker`. */
  constructor(redis: StreamWorking, options: StreamWorkerOptions<S>) {
    check(options);
    const { streams, consumer, concurrency = 1, claimIdle = 60_000, from = "0", signal } = options;
    this.#options = options;
    this.#redis = redis.with({ signal: undefined });
    this.#reading = redis.with({ signal: this.#stopping.signal, timeout: undefined });
    this.#streams = Array.isArray(streams) ? streams : [streams as Key];
    this.consumer = consumer ?? `worker-${crypto.randomUUID()}`;
    this.#concurrency = concurrency;
    this.#claimIdle = claimIdle;
    this.#from = from;
    this.#lookForOwn();
    if (signal?.aborted) this.#stopping.abort();
    else this.#unheard = signal && onAbort(signal, () => void this.stop());
    this.#looping = this.#loop();
    this.ended = this.#end();
  }

  /** Numbers about it at this moment. */
  stats(): StreamWorkerStats {
    return { running: this.#jobs.size, ...this.#counts };
  }

  get #ending(): boolean {
    return this.#stopping.signal.aborted;
  }

  get #free(): number {
    return this.#concurrency - this.#jobs.size;
  }

  async #loop(): Promise<void> {
    while (!this.#ending) {
      try {
        await this.#round();
        this.#troubles = 0;
      } catch (error) {
        if (!this.#ending) await this.#recover(error);
      }
    }
  }

  async #end(): Promise<void> {
    const heart = setInterval(() => void this.#beat().catch(() => {}), Math.ceil(this.#claimIdle / 3));
    try {
      await this.#looping;
      await this.stop();
    } finally {
      clearInterval(heart);
      this.#unheard?.();
    }
    if (this.#fatal !== undefined) throw this.#fatal.error;
  }

  /** One thing at a time: the group, what is ours, what others have left, what is new. */
  async #round(): Promise<void> {
    if (this.#free <= 0) return await new Promise<void>((resolve) => this.#wake = resolve);
    if (!this.#grouped) return await this.#makeGroups();
    if (this.#unknown.length > 0) return await this.#takeOwn(this.#unknown[0]!);
    if (performance.now() >= this.#nextSweep) return await this.#sweep();
    await this.#read();
  }

  async #makeGroups(): Promise<void> {
    for (const key of this.#streams) {
      try {
        await this.#redis.xgroupCreate(key, this.#options.group, this.#from, { mkstream: true });
      } catch (error) {
        if (!(error instanceof ReplyError && error.code === "BUSYGROUP")) throw error;
      }
    }
    this.#grouped = true;
    // A group that is gone later went with its stream: whatever stands there then is new.
    this.#from = "0";
  }

  #lookForOwn(): void {
    this.#unknown = this.#streams.map((key) => ({ key, after: "-" }));
  }

  /** Entries that were delivered to us in a former life, or over a connection that broke before we saw them. */
  async #takeOwn(place: { readonly key: Key; after: string }): Promise<void> {
    const { key, after } = place;
    const count = Math.min(PAGE, this.#free);
    const listed = await this.#pending(key, { start: after, end: "+", count, consumer: this.consumer });
    await this.#claim(key, listed.filter(([id]) => !this.#failures.has(nameOf(key, text(id)))), 0);
    if (listed.length < count) this.#unknown.shift();
    else place.after = `(${text(listed.at(-1)![0])}`;
  }

  /** Entries that nobody has worked at for too long. */
  async #sweep(): Promise<void> {
    let more = false;
    for (const key of this.#streams) {
      const count = Math.min(PAGE, this.#free);
      if (count <= 0) return;
      const listed = await this.#pending(key, { idle: this.#claimIdle, start: "-", end: "+", count });
      const claimed = await this.#claim(key, listed, this.#claimIdle);
      more ||= claimed > 0 && listed.length === count;
    }
    if (more) return;
    const now = performance.now();
    this.#nextSweep = now + this.#claimIdle / 2;
    for (const [name, since] of this.#failures) if (now - since > this.#claimIdle) this.#failures.delete(name);
  }

  async #pending(key: Key, options: XpendingOptions): Promise<Listed> {
    return await this.#redis.xpending(key, this.#options.group, options) as Listed;
  }

  /** Takes over what nobody else has taken over meanwhile. Gives how many entries that were. */
  async #claim(key: Key, listed: Listed, idle: number): Promise<number> {
    const wanted = new Map<string, number>();
    let least = Infinity;
    for (const [id, , idleTime, deliveries] of listed) {
      if (this.#jobs.has(nameOf(key, text(id)))) continue;
      wanted.set(text(id), Number(deliveries) + 1);
      least = Math.min(least, Number(idleTime));
    }
    if (wanted.size === 0) return 0;
    const { group } = this.#options;
    const claimed = await this.#redis.xclaim(key, group, this.consumer, idle || least, [...wanted.keys()]) as Entries<
      S
    >;
    let taken = 0;
    for (const entry of claimed) {
      // Deleted ones have no fields; servers before 7.0 give null for them.
      if (entry === null || entry[1] === null) continue;
      const id = text(entry[0]);
      this.#start(key, id, entry[1], wanted.get(id) ?? 1);
      taken++;
    }
    this.#counts.claimed += taken;
    return taken;
  }

  async #read(): Promise<void> {
    const { group, block = 5000 } = this.#options;
    const untilSweep = Math.ceil(this.#nextSweep - performance.now());
    const streams = this.#streams.map((key): [Key, string] => [key, ">"]);
    const reply = await this.#reading.xreadgroup(group, this.consumer, streams, {
      count: Math.max(1, Math.floor(this.#free / this.#streams.length)),
      block: Math.max(1, Math.min(block, untilSweep)),
    }) as [stream: S, entries: Entries<S>][] | null;
    for (const [stream, entries] of reply ?? []) {
      const key = this.#streams.find((one) => nameOf(one, "") === nameOf(stream, "")) ?? stream;
      for (const entry of entries) if (entry?.[1]) this.#start(key, text(entry[0]), entry[1], 1);
    }
  }

  #start(key: Key, id: string, fields: Dict<S, S>, deliveries: number): void {
    const lost = new AbortController();
    const entry = { stream: key as S, id, fields, deliveries, signal: lost.signal };
    const job: Job<S> = { key, entry, lost };
    this.#jobs.set(nameOf(key, id), job);
    this.#failures.delete(nameOf(key, id));
    this.#waiting.push(job);
    this.#fill();
  }

  #fill(): void {
    while (!this.#halted.signal.aborted && this.#active.size < this.#concurrency && this.#waiting.length > 0) {
      const job = this.#waiting.shift()!;
      const work = this.#work(job).finally(() => {
        this.#active.delete(work);
        this.#jobs.delete(nameOf(job.key, job.entry.id));
        this.#fill();
        this.#wake();
      });
      this.#active.add(work);
    }
  }

  /** Never rejects. */
  async #work({ key, entry }: Job<S>): Promise<void> {
    const { handler, maxDeliveries = Infinity, group } = this.#options;
    let error: unknown;
    try {
      let alive = entry.deliveries <= maxDeliveries;
      if (alive) {
        try {
          await handler(entry);
        } catch (failure) {
          this.#counts.failed++;
          this.#tell(failure, entry);
          error = failure;
          alive = entry.deliveries < maxDeliveries;
          if (alive) return void this.#failures.set(nameOf(key, entry.id), performance.now());
        }
      }
      if (!alive) await this.#options.onDead!(entry, error);
      await this.#insist(() => this.#redis.xack(key, group, entry.id));
      this.#counts[alive ? "handled" : "dead"]++;
    } catch (failure) {
      this.#failures.set(nameOf(key, entry.id), performance.now());
      this.#tell(failure, entry);
    }
  }

  /** A confirmation may be sent twice: it is sent until the server has it. */
  async #insist(send: () => Promise<unknown>): Promise<void> {
    for (let failures = 1;; failures++) {
      try {
        return void await send();
      } catch (error) {
        if (!passes(error) || this.#halted.signal.aborted) throw error;
        await pauseAfter(failures, this.#halted.signal);
      }
    }
  }

  #tell(error: unknown, entry?: Delivery<S>): void {
    try {
      this.#options.onError?.(error, entry);
    } catch (failure) {
      // A listener's error is its own.
      setTimeout(() => {
        throw failure;
      });
    }
  }

  /** Goes on after what passes, and where the group has gone (with its stream, say); gives up otherwise. */
  async #recover(error: unknown): Promise<void> {
    const gone = error instanceof ReplyError && (error.code === "NOGROUP" || error.code === "UNBLOCKED");
    if (gone) this.#grouped = false;
    // What the server said into a broken connection is pending, and ours.
    else if (passes(error)) this.#lookForOwn();
    else return this.#giveUp(error);
    this.#tell(error);
    await pauseAfter(++this.#troubles, this.#stopping.signal);
  }

  #giveUp(error: unknown): void {
    this.#stopping.abort();
    // Whoever closed the client knows that this is the end.
    if (this.#grouped && error instanceof ConnectionError && error.closed) return;
    this.#fatal = { error };
    this.#tell(error);
  }

  /** Shows the server that we are still at work, and finds out what was taken from us. */
  async #beat(): Promise<void> {
    const { group } = this.#options;
    const kept = new Map<Key, string[]>();
    await Promise.all(Array.from(this.#jobs.values(), async ({ key, entry: { id }, lost }) => {
      const [found] = await this.#pending(key, { start: id, end: id, count: 1 });
      if (found === undefined) return;
      if (text(found[1]) === this.consumer) kept.set(key, [...kept.get(key) ?? [], id]);
      else lost.abort(new Error("Another worker has taken the entry over"));
    }));
    for (const [key, ids] of kept) await this.#redis.xclaim(key, group, this.consumer, 0, ids, { justid: true });
  }

  /**
   * Takes no more entries, and waits for those at work, at most `within` milliseconds (10,000 unless given). Then their
   * signals fire. What is not confirmed by then is left to other workers, or to the next one of this name.
   *
   * @returns How many entries were left at work.
   */
  stop(within = 10_000): Promise<number> {
    return this.#stopped ??= this.#stop(within);
  }

  async #stop(within: number): Promise<number> {
    const until = performance.now() + within;
    this.#stopping.abort();
    this.#wake();
    this.#waiting = [];
    await settledWithin(this.#looping, within);
    await settledWithin(this.#idle(), Math.max(0, until - performance.now()));
    return await this.#halt();
  }

  async #idle(): Promise<void> {
    while (this.#active.size > 0) await Promise.all(this.#active);
  }

  async #halt(): Promise<number> {
    this.#halted.abort();
    this.#waiting = [];
    const left = this.#active.size;
    for (const { lost } of this.#jobs.values()) lost.abort(new Error("The worker was stopped"));
    if (left === 0 && this.#options.consumer === undefined) await this.#leave().catch(() => {});
    return left;
  }

  /** A name of our own making that has nothing pending is of no use to anybody. */
  async #leave(): Promise<void> {
    const { group } = this.#options;
    for (const key of this.#streams) {
      const listed = await this.#pending(key, { start: "-", end: "+", count: 1, consumer: this.consumer });
      if (listed.length === 0) await this.#redis.xgroupDelconsumer(key, group, this.consumer);
    }
  }

  /** Leaves the scope of `await using`: see {@link StreamWorker.stop}. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

function check(options: StreamWorkerOptions<never>): void {
  if (Array.isArray(options.streams) && options.streams.length === 0) {
    throw new TypeError("streamWorker: expected at least one stream");
  }
  if (typeof options.group !== "string" || options.group === "") throw new TypeError("Option group must be a name");
  if (typeof options.handler !== "function") throw new TypeError("Option handler must be a function");
  for (const name of ["concurrency", "claimIdle", "maxDeliveries", "block"] as const) {
    const value = options[name];
    if (value === undefined) continue;
    if (!Number.isInteger(value) || value < 1 || value >= 2 ** 31) {
      throw new RangeError(`Option ${name} must be a whole number from 1`);
    }
  }
  if ((options.maxDeliveries === undefined) !== (options.onDead === undefined)) {
    throw new TypeError("Options maxDeliveries and onDead go together");
  }
}

const decoder = new TextDecoder();

function text(value: Text): string {
  return typeof value === "string" ? value : decoder.decode(value);
}

/** One string for a stream and an id. Bytes that are no text have one of their own. */
function nameOf(key: Key, id: string): string {
  if (typeof key === "string") return `${key} ${id}`;
  const bytes = new Uint8Array(key.buffer, key.byteOffset, key.byteLength);
  const whole = decoder.decode(bytes);
  return whole.includes("\ufffd") ? `\0${bytes.join()} ${id}` : `${whole} ${id}`;
}
