/**
 * One cache: what it keeps, and how it hears that it must not.
 *
 * All reads and writes of a cache go over one connection, and so do the server's invalidations. The order on it is what
 * makes the cache right: an invalidation that concerns a reply comes after it. A reply whose place was taken away while it
 * was on its way is handed to its caller, and not kept.
 *
 * @module
 */
import { ReplyError } from "../errors.ts";
import { nameBytes, nameText } from "../command/name.ts";
import { type Arg, CommandSpec, READONLY, WRITE } from "../command/spec.ts";
import { keysOf } from "../command/keys.ts";
import { AGAIN, passes } from "../client/passing.ts";
import type { CacheStats } from "../client/stats.ts";
import type { Line } from "../connection/line.ts";
import { Pending } from "../connection/pending.ts";
import { LONGEST_DELAY } from "../connection/wait.ts";
import type { Push } from "../resp/reply.ts";
import { isCacheable } from "./cacheable.ts";
import type { CacheSettings } from "./options.ts";
import { Store, type Table } from "./store.ts";
import { copyOrSame, isImmutable } from "./value.ts";

// Not marked as changing its connection's state, which is meant for sessions: this connection is for nothing else.
const CLIENT_TRACKING = new CommandSpec("CLIENT TRACKING");
const PING = new CommandSpec("PING");

/** What one mode of decoding replies has kept: tables by command, `null` for commands that are not kept. */
export type Shelf = Map<CommandSpec, Table | null>;

/** One cache. */
export class Tracker {
  readonly #settings: CacheSettings;
  readonly #store: Store;
  readonly #shelves: Shelf[] = [];
  /** Whether the server tells the present connection of changes: only then may anything be kept. */
  #tracking = false;
  /** Resolves with the server's first answer to being asked to track, rejects if that was a refusal. */
  readonly confirmed: Promise<void>;
  #confirm!: (refusal?: unknown) => void;
  #line: Line | undefined;
  #pulse: ReturnType<typeof setTimeout> | undefined;
  #again: ReturnType<typeof setTimeout> | undefined;
  #asked = false;
  #closed = false;
  /** Where connections end with a request: whether this is the one in which the present connection was opened. */
  #isHere: (() => boolean) | undefined;

  constructor(settings: CacheSettings) {
    this.#settings = settings;
    this.#store = new Store(settings);
    this.confirmed = new Promise((resolve, reject) => {
      this.#confirm = (refusal) => refusal === undefined ? resolve() : reject(refusal);
    });
    this.confirmed.catch(() => {});
  }

  /** A connection is ready: the server is told to tell, before anything else is said on it. */
  ready(line: Line): void {
    this.#line = line;
    clearTimeout(this.#again);
    this.#isHere = line.options.connect.here?.();
    // That of a request which is over never comes.
    clearTimeout(this.#pulse);
    this.#pulse = undefined;
    if (!this.#store.isEmpty) this.#listen();
    // In RESP2 it would agree to, and never tell: until there is another connection nothing is kept.
    if (line.protocol !== 3) return;
    const args: Arg[] = ["ON"];
    if (this.#settings.broadcast) {
      args.push("BCAST");
      for (const prefix of this.#settings.prefixes) args.push("PREFIX", prefix);
    }
    const { generation } = line;
    const settle = (refusal?: unknown): void => {
      if (generation === line.generation) {
        // It was asked again: what has been read since the first time is not told of.
        if (asking.refusals > 0) this.#store.flush();
        this.#tracking = refusal === undefined;
        // One that runs a long script, say, refuses this for now: nothing would be kept until the connection is another.
        if (refusal instanceof ReplyError && passes(refusal)) {
          this.#again = setTimeout(() => this.#askAgain(line), AGAIN);
        }
      }
      this.#confirm(refusal);
    };
    const asking = new Pending(CLIENT_TRACKING, args, undefined, 0, () => settle(), settle);
    line.send(asking);
  }

  /** As if the connection were new: of what is on its way the server will not tell. */
  #askAgain(line: Line): void {
    this.lost();
    this.ready(line);
  }

  /** The connection is gone: what was kept may change without a word from now on. */
  lost(): void {
    clearTimeout(this.#again);
    this.#tracking = false;
    this.#asked = false;
    this.#store.flush();
  }

  /** Takes an out-of-band value: invalidations are ours. */
  push({ items }: Push): void {
    const [kind, keys] = items;
    if (nameText(kind as Arg) !== "invalidate") return;
    if (!Array.isArray(keys)) return this.#store.flush();
    for (const key of keys) this.#store.invalidate(nameText(key as Arg));
  }

  /** What one surface keeps by mode; surfaces of the same mode share it. */
  shelf(mode: number): Shelf {
    return this.#shelves[mode] ??= new Map();
  }

  /** Answers a call with one string from what is kept, if it can; the rest is up to `send`. */
  answer<T>(shelf: Shelf, spec: CommandSpec, args: readonly Arg[], join: boolean): Promise<T> | undefined {
    const table = shelf.get(spec);
    const [id] = args;
    // What begins like that stands for several arguments, or for bytes: see `idOf`.
    if (!table || args.length !== 1 || typeof id !== "string" || id.startsWith("\0")) return undefined;
    const entry = table.get(id);
    return entry === undefined || this.#isElsewhere
      ? undefined
      : this.#store.find(entry, join) as Promise<T> | undefined;
  }

  /** The connection may have ended with its request: nobody would have been told, neither of that nor of changes. */
  get #isElsewhere(): boolean {
    return this.#isHere !== undefined && !this.#isHere();
  }

  /** Answers a call: from what is kept, or by sending it. `join`: it may share a read with another caller. */
  send<T>(shelf: Shelf, spec: CommandSpec, args: Arg[], join: boolean, send: () => Promise<T>): Promise<T> {
    let table = shelf.get(spec);
    if (table === undefined) {
      table = isCacheable(spec, this.#settings.commands) ? new Map() : null;
      shelf.set(spec, table);
    }
    if (table !== null) return this.#read(table, spec, args, join, send);
    if ((spec.flags & READONLY) !== 0) return send();
    return this.writing(this.touched(spec, args), send);
  }

  #read<T>(table: Table, spec: CommandSpec, args: Arg[], join: boolean, send: () => Promise<T>): Promise<T> {
    let id: string;
    try {
      id = idOf(args);
    } catch {
      return send(); // what cannot be sent, as whoever encodes it will say
    }
    if (this.#isElsewhere) this.#store.flush();
    const entry = table.get(id);
    if (entry !== undefined) {
      const answer = this.#store.find(entry, join);
      if (answer !== undefined) return answer as Promise<T>;
    }
    this.#store.misses++;
    // Of reads that may not wait for each other the first has the place: if each took it, none might ever be kept.
    const keys = !join && entry?.flight !== undefined ? undefined : this.#keysFor(spec, args);
    if (keys === undefined) return send();
    const store = this.#store;
    const place = store.expect(table, id, keys, join);
    const flight = send();
    const came = (value: T): T => {
      // Copied before the caller has it: what he changes in it is neither kept nor given to others. What cannot be copied
      // is not kept either.
      const own = copyOrSame(value);
      if (this.#tracking && (own !== value || isImmutable(value))) store.keep(place, own);
      else store.fail(place);
      return own;
    };
    const failed = (error: unknown): never => {
      store.fail(place);
      throw error;
    };
    place.flight = flight.then(came, failed);
    place.flight.catch(() => {});
    if (this.#pulse === undefined) this.#listen();
    return flight;
  }

  /** The keys that a reply will depend on, if it may be kept. */
  #keysFor(spec: CommandSpec, args: readonly Arg[]): string[] | undefined {
    const keys = keysOf(spec, args)?.map(nameText);
    const { prefixes } = this.#settings;
    if (keys === undefined || keys.length === 0 || prefixes.length === 0) return keys;
    return keys.every((key) => prefixes.some((prefix) => key.startsWith(prefix))) ? keys : undefined;
  }

  /** Among which arguments the keys are that a command may change; `undefined` if it may change any. */
  touched(spec: CommandSpec, args: readonly Arg[]): readonly Arg[] | undefined {
    const all = (spec.flags & WRITE) !== 0 && spec.keys === "none" || /^(FLUSHALL|FLUSHDB|SWAPDB)$/.test(spec.name);
    return all ? undefined : args;
  }

  /** Drops what a write changes, before it is sent and again when it has been answered. */
  writing<T>(touched: readonly Arg[] | undefined, send: () => Promise<T>): Promise<T> {
    this.drop(touched);
    const sent = send();
    // The server tells of it too, but perhaps a moment after its reply: whoever awaits the write must not read old data.
    const again = (): void => this.drop(touched);
    sent.then(again, again);
    return sent;
  }

  /**
   * Drops what depends on any of these, or everything. Where keys stand among a command's arguments its rule may not tell
   * in full (SORT … STORE), but they stand there as they are: so every argument is looked up.
   */
  drop(args: readonly Arg[] | undefined): void {
    if (args === undefined) return this.#store.flush();
    try {
      this.#dropNamed(args);
    } catch {
      // One that has no name, and will be refused; or bytes that were given away when they had been queued: any key.
      this.#store.flush();
    }
  }

  #dropNamed(args: readonly Arg[]): void {
    for (const arg of args) {
      // A character of a key takes at most three bytes.
      const length = typeof arg === "string" ? arg.length : ArrayBuffer.isView(arg) ? arg.byteLength / 3 : 0;
      if (this.#store.mayHold(length)) this.#store.invalidate(nameText(arg));
    }
  }

  /** Asks the server now and then whether it is still there, as long as anything is kept. */
  #listen(): void {
    const { silence } = this.#settings;
    if (silence === 0 || this.#closed) return;
    const since = performance.now();
    const date = Date.now();
    this.#pulse = setTimeout(() => {
      this.#pulse = undefined;
      if (this.#store.isEmpty || this.#line === undefined) return;
      // Not a word since the last question, or this process stood still: changes may have gone untold. The clock stands
      // still with a machine that sleeps, the date does not.
      const passed = Math.max(performance.now() - since, Date.now() - date);
      if (passed > silence || (this.#asked && this.#isSilent(this.#line))) this.#store.flush();
      else if (this.#tracking && !this.#asked) this.#ask(this.#line);
      this.#listen();
    }, Math.min(LONGEST_DELAY, Math.max(1, silence / 2)));
  }

  /** Whether nothing has come for as long as between two looks: the answer may stand behind many others. */
  #isSilent(line: Line): boolean {
    return (line.report().silentFor ?? Infinity) >= this.#settings.silence / 2;
  }

  #ask(line: Line): void {
    this.#asked = true;
    const heard = (): void => {
      this.#asked = false;
    };
    line.send(new Pending(PING, [], undefined, 0, heard, heard));
  }

  /** What it holds, and has done. */
  stats(): CacheStats {
    return { ...this.#store };
  }

  /** Drops everything for good. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#pulse);
    this.lost();
  }
}

/** The same for the same arguments, different for different ones. */
function idOf(args: readonly Arg[]): string {
  const [first] = args;
  // A key alone stands for itself; what else there is begins as no such key does.
  if (args.length === 1 && typeof first === "string" && !first.startsWith("\0")) return first;
  let id = "\0";
  for (const arg of args) {
    if (ArrayBuffer.isView(arg)) {
      const bytes = nameBytes(arg);
      id += `b${bytes.length}:${Array.from(bytes, (byte) => String.fromCharCode(byte)).join("")}`;
    } else {
      const text = nameText(arg);
      id += `s${text.length}:${text}`;
    }
  }
  return id;
}
