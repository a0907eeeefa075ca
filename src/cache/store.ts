/**
 * What is kept: replies by the call that asked for them, in order of use, and which of them depend on a key.
 *
 * @module
 */
import type { CacheStats } from "../client/stats.ts";
import { copyOf, copyOrSame, isImmutable, sizeOf } from "./value.ts";

/** Replies of one command, by its arguments. */
export type Table = Map<string, Entry>;

/** What an entry costs beside its key and value, about. */
const ENTRY = 200;

/** A reply that is kept, or will be when it comes: until then it is a place that an invalidation can take away. */
export class Entry {
  readonly table: Table;
  readonly id: string;
  readonly keys: readonly string[];
  /** The read on its way; `undefined` once its reply is kept. */
  flight: Promise<unknown> | undefined;
  /** Somebody else may wait for that read. */
  readonly shared: boolean;
  /** It is no longer in its table: what comes must not be kept. */
  dropped = false;
  value: unknown = undefined;
  /** A promise of the value, for values that can be shared. */
  answer: Promise<unknown> | undefined;
  size = 0;
  /** When it is no longer used, on the clock of `performance.now()`. */
  expires = Infinity;
  /** The same by the date: while a machine sleeps only that goes on. */
  expiresOn = Infinity;
  newer: Entry | undefined;
  older: Entry | undefined;

  constructor(table: Table, id: string, keys: readonly string[], shared: boolean) {
    this.table = table;
    this.id = id;
    this.keys = keys;
    this.shared = shared;
  }
}

/** How much may be kept, and how long. */
export interface Bounds {
  /** How many replies. */
  readonly entries: number;
  /** About how many bytes. */
  readonly bytes: number;
  /** Milliseconds; `Infinity` for no end. */
  readonly ttl: number;
}

/** Replies, most recently used first. What stands open on it are the numbers that its owner tells. */
export class Store implements CacheStats {
  readonly #bounds: Bounds;
  readonly #byKey = new Map<string, Set<Entry>>();
  /** The longest key that anything depends on. */
  #longest = 0;
  #newest: Entry | undefined;
  #oldest: Entry | undefined;
  entries = 0;
  bytes = 0;
  hits = 0;
  joined = 0;
  misses = 0;
  evicted = 0;
  invalidated = 0;
  flushes = 0;

  constructor(bounds: Bounds) {
    this.#bounds = bounds;
  }

  /** Answers from what is kept, or joins the read that is on its way; `undefined` if neither is possible. */
  find(entry: Entry, join: boolean): Promise<unknown> | undefined {
    if (entry.size === 0) {
      // An observer may ask for what is being sent at this moment: there is no read to join yet.
      if (!join || !entry.shared || entry.flight === undefined) return undefined;
      this.joined++;
      return entry.flight.then((value) => copyOrSame(value));
    }
    if (entry.expires !== Infinity && (entry.expires <= performance.now() || entry.expiresOn <= Date.now())) {
      this.evicted++;
      this.#drop(entry);
      return undefined;
    }
    this.hits++;
    if (entry !== this.#newest) {
      this.#unlink(entry);
      this.#link(entry);
    }
    return entry.answer ?? Promise.resolve(copyOf(entry.value));
  }

  /** Makes a place for the reply of a read that is about to be sent. */
  expect(table: Table, id: string, keys: readonly string[], shared: boolean): Entry {
    const before = table.get(id);
    if (before !== undefined) this.#drop(before);
    const entry = new Entry(table, id, keys, shared);
    table.set(id, entry);
    for (const key of keys) {
      const entries = this.#byKey.get(key);
      if (entries === undefined) this.#byKey.set(key, new Set([entry]));
      else entries.add(entry);
      if (key.length > this.#longest) this.#longest = key.length;
    }
    return entry;
  }

  /** The read has been answered: keeps the reply, which is nobody else's, unless its place is gone. */
  keep(entry: Entry, value: unknown): void {
    entry.flight = undefined;
    if (entry.dropped) return;
    if (isImmutable(value)) {
      entry.value = value;
      entry.answer = Promise.resolve(value);
    } else entry.value = value;
    entry.size = ENTRY + sizeOf(value) + entry.id.length + entry.keys.reduce((sum, key) => sum + key.length, 0);
    const { ttl } = this.#bounds;
    if (ttl !== Infinity) {
      entry.expires = performance.now() + ttl;
      entry.expiresOn = Date.now() + ttl;
    }
    this.entries++;
    this.bytes += entry.size;
    this.#link(entry);
    while (this.entries > this.#bounds.entries || this.bytes > this.#bounds.bytes) {
      // One that is larger than all that may be kept must not push everything else out first.
      const last = entry.size > this.#bounds.bytes ? entry : this.#oldest!;
      this.evicted++;
      this.#drop(last);
    }
  }

  /** The read has failed. */
  fail(entry: Entry): void {
    if (!entry.dropped) this.#drop(entry);
  }

  /** Whether anything depends on a key of this length, or of a greater one. */
  mayHold(length: number): boolean {
    return this.#byKey.size > 0 && length <= this.#longest;
  }

  /** Whether anything is kept or on its way. */
  get isEmpty(): boolean {
    return this.#byKey.size === 0;
  }

  /** A key has changed: drops what depends on it. */
  invalidate(key: string): void {
    const entries = this.#byKey.get(key);
    if (entries === undefined) return;
    for (const entry of entries) {
      if (entry.size > 0) this.invalidated++;
      this.#drop(entry);
    }
  }

  /** Drops everything. */
  flush(): void {
    if (this.isEmpty) return;
    this.flushes++;
    for (const entries of this.#byKey.values()) {
      for (const entry of entries) {
        entry.dropped = true;
        entry.table.clear();
      }
    }
    this.#byKey.clear();
    this.#newest = this.#oldest = undefined;
    this.entries = this.bytes = this.#longest = 0;
  }

  #drop(entry: Entry): void {
    entry.dropped = true;
    entry.table.delete(entry.id);
    for (const key of entry.keys) {
      const entries = this.#byKey.get(key);
      if (entries?.delete(entry) && entries.size === 0) this.#byKey.delete(key);
    }
    if (entry.size === 0) return;
    this.#unlink(entry);
    this.entries--;
    this.bytes -= entry.size;
  }

  #link(entry: Entry): void {
    entry.older = this.#newest;
    if (this.#newest !== undefined) this.#newest.newer = entry;
    this.#newest = entry;
    this.#oldest ??= entry;
  }

  #unlink(entry: Entry): void {
    if (entry.newer === undefined) this.#newest = entry.older;
    else entry.newer.older = entry.older;
    if (entry.older === undefined) this.#oldest = entry.newer;
    else entry.older.newer = entry.newer;
    entry.newer = entry.older = undefined;
  }
}
