/**
 * MONITOR: every command that the server runs, as an async iterator.
 *
 * After MONITOR a connection carries nothing but lines that answer no command, so it is one of its own, and nobody gets it
 * afterwards: it is destroyed.
 *
 * @module
 */
import { ConnectionError, ProtocolError, ReplyError } from "../errors.ts";
import { CommandSpec, SESSION } from "../command/spec.ts";
import type { Line } from "../connection/line.ts";
import type { Owed } from "../connection/pending.ts";
import { onAbort } from "../connection/signal.ts";
import { unlessAborted } from "../connection/wait.ts";
import { Encoder } from "../resp/encoder.ts";
import { BYTES, type Reply } from "../resp/reply.ts";
import { utf8 } from "../resp/text.ts";
import { INBOX, Inbox, type InboxOptions } from "./inbox.ts";
import { checkKnown } from "./known.ts";
import type { Lines } from "./lines.ts";
import { patience } from "./patience.ts";

/** A command that the server has run. */
export interface MonitorLine<S extends string | Uint8Array = string> {
  /** When, in milliseconds since 1970; the server tells microseconds, which stand behind the point. */
  readonly time: number;
  /** The database it ran in. */
  readonly database: number;
  /** Who sent it: address and port, `unix:` and a path, or `lua` for a script. */
  readonly address: string;
  /** Its name and arguments. */
  readonly command: S[];
}

const MONITOR = new CommandSpec("MONITOR", SESSION);

/** Takes all replies of its connection, for ever. */
class Feed implements Owed {
  readonly name = MONITOR.name;
  readonly mode = 0;
  readonly owed = 1;
  readonly endless = true;
  readonly patient = true;
  readonly chunks: readonly Uint8Array[];
  readonly #hear: (value: Reply) => void;
  readonly #end: (error: Error) => void;

  constructor(hear: (value: Reply) => void, end: (error: Error) => void) {
    const encoder = new Encoder(256);
    encoder.command(MONITOR.head, MONITOR.words, [], MONITOR.name);
    this.chunks = encoder.take();
    this.#hear = hear;
    this.#end = end;
  }

  reply(value: Reply): boolean {
    this.#hear(value);
    return false;
  }

  fail(error: Error): void {
    this.#end(error);
  }
}

/** @internal Who lends a connection and takes it back, and tells what one looks like meanwhile. */
export type Lender = Pick<Lines, "acquire" | "release" | "report">;

/**
 * The commands that a server runs, as they come. Iterate it; leave it with `close`, by leaving the loop, or at the end of
 * its scope (`await using`). It ends with a `ConnectionError` if its connection is lost,
 * and without one when the client is closed.
 */
export class Monitor<S extends string | Uint8Array = string>
  implements AsyncIterable<MonitorLine<S>>, AsyncIterator<MonitorLine<S>, undefined>, AsyncDisposable {
  readonly #inbox: Inbox<MonitorLine<S>>;
  readonly #lender: Lender;
  readonly #read: (line: string) => MonitorLine<S>;
  readonly #unheard: (() => void) | undefined;
  readonly #ready: Promise<void>;
  #accept!: () => void;
  #refuse!: (error: unknown) => void;
  #heard = false;
  /** Fires when it ends: what it waits for before MONITOR is then nobody's. */
  readonly #over = new AbortController();
  /** The line that MONITOR was sent on. */
  #line: Line | undefined;

  /** @internal Made by `redis.monitor`. */
  constructor(lender: Lender, mode: number, options: InboxOptions, signal?: AbortSignal) {
    // Elsewhere a listener stands in their place: it would never be called.
    if (typeof options !== "object" || options === null) {
      throw new TypeError("The options of a monitor must be an object: its lines are iterated, no listener is called");
    }
    checkKnown(options, INBOX);
    this.#inbox = new Inbox("lines", options);
    this.#lender = lender;
    this.#unheard = signal && onAbort(signal, () => this.#fail(signal.reason));
    this.#read = (line) => parse(line, (mode & BYTES) !== 0) as unknown as MonitorLine<S>;
    this.#ready = new Promise((resolve, reject) => {
      this.#accept = resolve;
      this.#refuse = reject;
    });
    this.#ready.catch(() => {});
    const wait = { command: MONITOR.name, report: () => lender.report() };
    if (signal?.aborted) this.#fail(signal.reason);
    else patience({ mode }, wait, () => this.#open(this.#over.signal)).catch((error) => this.#fail(error));
  }

  async #open(over: AbortSignal): Promise<void> {
    const line = await this.#lender.acquire(over);
    try {
      await unlessAborted(over, line.opened());
      if (over.aborted) return;
      this.#line = line;
      line.sendEncoded(new Feed((value) => this.#hear(value), (error) => this.#fail(error)));
    } finally {
      // It is as it was: somebody else gets it.
      if (this.#line === undefined) this.#lender.release(line);
    }
  }

  #hear(value: Reply): void {
    if (this.#inbox.ended) return;
    if (value instanceof ReplyError) {
      value.command = MONITOR.name;
      return this.#fail(value);
    }
    // The first reply is OK.
    if (!this.#heard) {
      this.#heard = true;
      return this.#accept();
    }
    let error: Error | undefined;
    try {
      error = this.#inbox.put(this.#read(String(value)));
    } catch (failure) {
      error = failure as Error;
    }
    if (error !== undefined) this.#fail(error);
  }

  #fail(error: unknown): void {
    this.#refuse(error);
    // Whoever closed the client knows that this is the end.
    const known = this.#heard && error instanceof ConnectionError && error.closed;
    if (known ? this.#inbox.finish() : this.#inbox.fail(error)) this.#release();
  }

  #release(): void {
    this.#unheard?.();
    this.#over.abort();
    const line = this.#line;
    if (line === undefined) return;
    this.#line = undefined;
    line.destroy();
    this.#lender.release(line);
  }

  /** Resolves once the server has said that it is watched: what runs from then on is seen. Rejects if it refuses. */
  get ready(): Promise<void> {
    return this.#ready;
  }

  /** How many lines wait to be read. */
  get waiting(): number {
    return this.#inbox.waiting;
  }

  /** How many lines were dropped because the reader was slow (`overflow: "drop-oldest"`). */
  get dropped(): number {
    return this.#inbox.dropped;
  }

  /** The next command; `done` once the monitor is closed. */
  next(): Promise<IteratorResult<MonitorLine<S>, undefined>> {
    return this.#inbox.next();
  }

  /** Leaves the loop: closes the monitor. */
  async return(): Promise<IteratorResult<MonitorLine<S>, undefined>> {
    await this.close();
    return { value: undefined, done: true };
  }

  /** The commands, as they come. */
  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Closes its connection. */
  close(): Promise<void> {
    this.#refuse(new ConnectionError("The monitor was closed", { closed: true }));
    if (this.#inbox.end()) this.#release();
    return Promise.resolve();
  }

  /** Leaves the scope of `await using`: see {@link Monitor.close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

const HEAD = /^(\d+)\.(\d{6}) \[(\d+) (.*?)\] (?=")/s;
const ESCAPES: Readonly<Record<string, number>> = { n: 10, r: 13, t: 9, a: 7, b: 8 };

function parse(line: string, asBytes: boolean): MonitorLine<string | Uint8Array> {
  const parts = HEAD.exec(line);
  const words = parts && wordsOf(line, parts[0].length);
  if (!words) throw new ProtocolError("a line of MONITOR cannot be understood", 0);
  const [, seconds, micros, database, address] = parts as unknown as string[];
  const time = Number(seconds) * 1000 + Number(micros) / 1000;
  const command = words.map((word) => asBytes ? word : utf8.decode(word));
  return { time, database: Number(database), address: address!, command };
}

/**
 * The words in quotes, one space between, their escapes undone: what is not printable ASCII comes as `\x` and two digits.
 * By hand, as a pattern that takes a word of megabytes exhausts the stack, or ends early without a word of it.
 */
function wordsOf(line: string, at: number): Uint8Array[] | undefined {
  const words: Uint8Array[] = [];
  const bytes = new Uint8Array(line.length - at);
  let size = 0;
  while (line[at] === '"') {
    const start = size;
    while (line[++at] !== '"') {
      if (at >= line.length) return undefined;
      if (line[at] !== "\\") {
        bytes[size++] = line.charCodeAt(at);
      } else if (line[++at] === "x") {
        bytes[size++] = parseInt(line.slice(at + 1, at + 3), 16);
        at += 2;
      } else {
        bytes[size++] = ESCAPES[line[at]!] ?? line.charCodeAt(at);
      }
    }
    words.push(bytes.slice(start, size));
    if (++at === line.length) return words;
    if (line[at++] !== " ") return undefined;
  }
  return undefined;
}
