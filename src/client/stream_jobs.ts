/**
 * The entries that a worker of a group has: each is handled, confirmed when that has succeeded, and given up when it has
 * failed too often.
 *
 * @module
 */
import { nameText } from "../command/name.ts";
import type { Dict, Key } from "../command/values.ts";
import { tell } from "../connection/tell.ts";
import { passes, pauseAfter } from "./passing.ts";
import { alike, nameOf } from "./stream_names.ts";
import type { Delivery, StreamWorkerOptions, StreamWorking } from "./stream_worker_options.ts";

type Text = string | Uint8Array;

/** An entry that is ours. */
export interface Job<S extends Text> {
  /** Its stream. */
  readonly key: Key;
  /** What the handler gets. */
  readonly entry: Delivery<S>;
  /** Tells the handler that the entry is no longer ours. */
  readonly lost: AbortController;
  /** All that is left to do is to confirm it: that it is no longer pending then may be our own doing. */
  done?: boolean;
  /** Begins another entry that has come by the same id meanwhile. */
  next?: () => void;
}

/** Handles so many entries at once, the others wait. */
export class Jobs<S extends Text> {
  /** Numbers about what became of them. */
  readonly counts = { handled: 0, failed: 0, dead: 0 };
  /** Of `never`, that a worker whose bytes are `Bytes` passes for one whose bytes are any `Uint8Array`. */
  readonly #options: StreamWorkerOptions<never>;
  readonly #redis: StreamWorking;
  readonly #concurrency: number;
  /** Hears that there is a place again. */
  readonly #onPlace: () => void;
  readonly #halted = new AbortController();
  /** Nothing is begun any more. */
  #ended = false;
  /** Entries that are ours, by stream and id. */
  readonly #jobs = new Map<string, Job<S>>();
  /** Those of them that wait for a place. */
  #waiting: Job<S>[] = [];
  readonly #active = new Set<Promise<void>>();
  /** Entries whose handler failed, and when: they are left alone until their time has come. */
  readonly #failures = new Map<string, number>();

  constructor(redis: StreamWorking, options: StreamWorkerOptions<S>, onPlace: () => void) {
    this.#redis = redis;
    this.#options = options;
    this.#concurrency = options.concurrency ?? 1;
    this.#onPlace = onPlace;
  }

  /** How many entries are ours. */
  get size(): number {
    return this.#jobs.size;
  }

  /** How many more there is place for. */
  get free(): number {
    return this.#concurrency - this.#jobs.size;
  }

  /** All that are ours. */
  get all(): readonly Job<S>[] {
    return [...this.#jobs.values()];
  }

  /** Whether this one is ours. */
  has(key: Key, id: string): boolean {
    return this.#jobs.has(nameOf(key, id));
  }

  /** Whether its handler has failed, not long ago. */
  hasFailed(key: Key, id: string): boolean {
    return this.#failures.has(nameOf(key, id));
  }

  /** Forgets failures that are older than so many milliseconds. */
  forget(age: number): void {
    const now = performance.now();
    for (const [name, since] of this.#failures) if (now - since > age) this.#failures.delete(name);
  }

  /**
   * Takes an entry, its id as it came: it is handled as soon as there is a place. One that is at work is not begun again: a
   * group that was made anew delivers it once more. Unless it is another one, of a stream that was made anew as well: that
   * is begun when the first has ended, and a confirmation of that one would be its own.
   */
  start(key: Key, name: S, fields: Dict<S, S>, deliveries: number): void {
    const id = nameText(name);
    const before = this.#jobs.get(nameOf(key, id));
    if (before !== undefined) {
      if (wordsOf(before.entry.fields) !== wordsOf(fields)) {
        before.next = () => this.start(key, name, fields, deliveries);
      }
      return;
    }
    const lost = new AbortController();
    const entry = { stream: alike(name, key), id, fields, deliveries, signal: lost.signal };
    const job: Job<S> = { key, entry, lost };
    this.#jobs.set(nameOf(key, id), job);
    this.#failures.delete(nameOf(key, id));
    this.#waiting.push(job);
    this.#fill();
  }

  #fill(): void {
    while (!this.#ended && this.#active.size < this.#concurrency && this.#waiting.length > 0) {
      const job = this.#waiting.shift()!;
      const work = this.#work(job).finally(() => {
        this.#active.delete(work);
        this.#jobs.delete(nameOf(job.key, job.entry.id));
        job.next?.();
        this.#fill();
        this.#onPlace();
      });
      this.#active.add(work);
    }
  }

  /** Never rejects. */
  async #work(job: Job<S>): Promise<void> {
    const { key, entry } = job;
    const { handler, maxDeliveries = Infinity, group } = this.#options;
    let error: unknown;
    try {
      let alive = entry.deliveries <= maxDeliveries;
      if (alive) {
        try {
          await handler(entry as never);
        } catch (failure) {
          this.counts.failed++;
          this.tell(failure, entry);
          error = failure;
          alive = entry.deliveries < maxDeliveries;
          if (alive) return void this.#failures.set(nameOf(key, entry.id), performance.now());
        }
      }
      if (!alive) await this.#options.onDead!(entry as never, error);
      job.done = true;
      await this.#insist(async () => job.next ?? await this.#redis.xack(key, group, entry.id));
      this.counts[alive ? "handled" : "dead"]++;
    } catch (failure) {
      this.#failures.set(nameOf(key, entry.id), performance.now());
      this.tell(failure, entry);
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

  /** Tells whoever wants to know what went wrong. */
  tell(error: unknown, entry?: Delivery<S>): void {
    tell(() => this.#options.onError?.(error, entry as never));
  }

  /** Begins no more: neither those that wait, of which it knows no longer, nor what still comes. Says which those were. */
  drop(): readonly Job<S>[] {
    this.#ended = true;
    const unbegun = this.#waiting;
    this.#waiting = [];
    for (const { key, entry } of unbegun) this.#jobs.delete(nameOf(key, entry.id));
    for (const job of this.#jobs.values()) if (job.next) job.next = () => {};
    return unbegun;
  }

  /** Resolves once none is at work. */
  async idle(): Promise<void> {
    while (this.#active.size > 0) await Promise.all(this.#active);
  }

  /** Begins no more, and gives up whatever is at work. Says how many that are. */
  halt(): number {
    this.#ended = true;
    this.#halted.abort();
    const left = this.#active.size;
    for (const { lost } of this.#jobs.values()) lost.abort(new Error("The worker was stopped"));
    return left;
  }
}

/** The same for the same fields and values. */
function wordsOf(fields: Dict<Text, Text>): string {
  return JSON.stringify(fields instanceof Map ? [...fields] : fields);
}
