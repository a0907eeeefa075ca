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
import { nameText } from "../command/name.ts";
import type { Dict, Key } from "../command/values.ts";
import type { XpendingOptions } from "../generated/options.ts";
import { settledWithin } from "../connection/wait.ts";
import { onAbort } from "../connection/signal.ts";
import { atOnce } from "./at_once.ts";
import type { Companion, Core } from "./core.ts";
import { Limit } from "./limit.ts";
import { kept } from "./names.ts";
import { ENOUGH, passes, pauseAfter } from "./passing.ts";
import { type Job, Jobs } from "./stream_jobs.ts";
import { checkNames, same } from "./stream_names.ts";
import {
  checkWorker,
  type StreamWorkerOptions,
  type StreamWorkerStats,
  type StreamWorking,
} from "./stream_worker_options.ts";

type Text = string | Uint8Array;
/** What XREADGROUP and XCLAIM give of a stream. */
type Entries<S extends Text> = ([id: Text, fields: Dict<S, S> | null] | null)[];
type Listed = [id: Text, consumer: Text, idle: number, deliveries: number][];

/** Waits for all; of failures, the first is thrown then: nothing is under way any longer. */
async function all(work: readonly Promise<void>[]): Promise<void> {
  const failed = (await Promise.allSettled(work)).find(({ status }) => status === "rejected");
  if (failed !== undefined) throw (failed as PromiseRejectedResult).reason;
}

/**
 * A delivery counter as a number: what is beyond 2^53 is that, and can be given back. (One that was counted on from the
 * highest is told as one below zero.)
 */
function deliveriesOf(count: bigint): number {
  return Math.min(Number(BigInt.asUintN(64, count)), Number.MAX_SAFE_INTEGER);
}

/** How many entries are looked at in one go. */
const PAGE = 100;
/** How long what is at work is waited for, in milliseconds, unless something else is given. */
const PATIENCE = 10_000;
/** How long the server may take to have entries back and to forget a name, in milliseconds: nobody waits longer for it. */
const LEAVING = 1000;

/**
 * A worker that runs. Stop it with `stop`, or by leaving its scope (`await using`). While it waits for entries it holds one
 * connection of the client's sessions.
 */
export class StreamWorker<S extends string | Uint8Array = string> implements AsyncDisposable {
  /**
   * Resolves once it has ended: it was stopped, or its client closed. Rejects if the server does not let it go on, or if
   * its client had been closed before.
   */
  readonly ended: Promise<void>;
  /** Its name in the group. */
  readonly consumer: string;
  readonly #options: StreamWorkerOptions<never>;
  /** Its client had been closed before it was made. */
  readonly #late: boolean;
  readonly #redis: StreamWorking;
  readonly #reading: StreamWorking;
  readonly #streams: readonly Key[];
  readonly #claimIdle: number;
  readonly #stopping = new AbortController();
  readonly #unheard: (() => void) | undefined;
  readonly #jobs: Jobs<S>;
  #wake: () => void = () => {};
  #from: string;
  #grouped = false;
  /** Streams in which entries may be pending that are ours though we do not know of them, and where to look on. */
  #unknown: { readonly key: Key; after: string }[] = [];
  #nextSweep = 0;
  #beating: Promise<void> | undefined;
  readonly #looping: Promise<void>;
  #fatal: { readonly error: unknown } | undefined;
  #troubles = 0;
  #claimed = 0;
  readonly #limit = new Limit();
  #stopped: Promise<number> | undefined;

  /** @internal Made by `redis.streamWorker`. */
  constructor(redis: StreamWorking, core: Core, mode: number, options: StreamWorkerOptions<S>) {
    checkWorker(options);
    const { streams, consumer, claimIdle = 60_000, from = "0", signal } = options;
    this.#options = options;
    this.#late = core.closed;
    // A delivery counter has 64 bits, and XNACK FATAL sets it to its highest: no number could be made of that.
    this.#redis = redis.bigints.with({ signal: undefined });
    this.#jobs = new Jobs<S>(this.#redis, options, () => this.#wake());
    this.#reading = redis.with({ signal: this.#stopping.signal, timeout: undefined });
    this.#streams = kept(streams);
    checkNames(this.#streams, mode);
    this.consumer = consumer ?? `worker-${crypto.randomUUID()}`;
    this.#claimIdle = claimIdle;
    this.#from = from;
    this.#lookForOwn();
    if (signal?.aborted) this.#stopping.abort();
    else this.#unheard = signal && onAbort(signal, () => void this.stop());
    this.#looping = this.#loop();
    this.ended = this.#end(core.companions);
  }

  /** Numbers about it at this moment. */
  stats(): StreamWorkerStats {
    return { running: this.#jobs.size, claimed: this.#claimed, ...this.#jobs.counts };
  }

  get #ending(): boolean {
    return this.#stopping.signal.aborted;
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

  async #end(companions: Set<Companion>): Promise<void> {
    const heart = setInterval(() => this.#beatOnce(), Math.ceil(this.#claimIdle / 3));
    // With its client, it ends at once: nothing could be confirmed any more. It may have been told to stop in its own time.
    const end = (): Promise<number> => {
      const stopped = this.stop(0);
      this.#jobs.halt();
      return stopped;
    };
    const companion = {
      close: async (within: number) => void await settledWithin(end(), within),
      destroy: () => void end(),
    };
    companions.add(companion);
    try {
      await this.#looping;
      await this.stop();
    } finally {
      clearInterval(heart);
      this.#unheard?.();
      companions.delete(companion);
    }
    if (this.#fatal !== undefined) throw this.#fatal.error;
  }

  /** One thing at a time: the group, what is ours, what others have left, what is new. */
  async #round(): Promise<void> {
    if (this.#jobs.free <= 0) return await new Promise<void>((resolve) => this.#wake = resolve);
    if (!this.#grouped) return await this.#makeGroups();
    if (this.#unknown.length > 0) return await this.#takeOwn(this.#unknown[0]!);
    if (performance.now() >= this.#nextSweep) return await this.#sweep();
    await this.#read();
  }

  async #makeGroups(): Promise<void> {
    const redis = atOnce(this.#redis);
    // All at once: what is added from now on is new, to whichever of them.
    await all(this.#streams.map(async (key) => {
      try {
        await redis.xgroupCreate(key, this.#options.group, this.#from, { mkstream: true });
      } catch (error) {
        if (!(error instanceof ReplyError && error.code === "BUSYGROUP")) throw error;
      }
    }));
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
    const count = Math.min(PAGE, this.#jobs.free);
    const listed = await this.#pending(key, { start: after, end: "+", count, consumer: this.consumer });
    const own = listed.filter(([id]) => !this.#jobs.hasFailed(key, nameText(id)));
    if (this.#options.consumer !== undefined) await this.#claim(key, own, 0);
    // A name of our own making had no former life: what it has and we do not know of, no handler has seen.
    else await all(own.map((one) => this.#claim(key, [one], 0, one[3])));
    if (listed.length < count) this.#unknown.shift();
    else place.after = `(${nameText(listed.at(-1)![0])}`;
  }

  /** Entries that nobody has worked at for too long. */
  async #sweep(): Promise<void> {
    for (const key of this.#streams) {
      // What is listed may be gone from its stream, or another's by now: there may be more behind it all the same.
      for (let start = "-"; start !== "";) {
        const count = Math.min(PAGE, this.#jobs.free);
        if (count <= 0 || this.#ending) return;
        const listed = await this.#pending(key, { idle: this.#claimIdle, start, end: "+", count });
        await this.#claim(key, listed, this.#claimIdle);
        start = listed.length < count ? "" : `(${nameText(listed.at(-1)![0])}`;
      }
    }
    this.#nextSweep = performance.now() + this.#claimIdle / 2;
    // What came too late for this look is left to the next one: until then it is known that it has failed.
    this.#jobs.forget(2 * this.#claimIdle);
  }

  async #pending(key: Key, options: XpendingOptions): Promise<Listed> {
    const listed = await this.#redis.xpending(key, this.#options.group, options) as [Text, Text, bigint, bigint][];
    return listed.map(([id, consumer, idle, count]) => [id, consumer, Number(idle), deliveriesOf(count)]);
  }

  /** Takes over what nobody else has taken over meanwhile: one delivery more, unless the count is given. */
  async #claim(key: Key, listed: Listed, idle: number, retrycount?: number): Promise<void> {
    const wanted = new Map<string, number>();
    let least = Infinity;
    for (const [id, , idleTime, deliveries] of listed) {
      if (this.#jobs.has(key, nameText(id))) continue;
      wanted.set(nameText(id), retrycount ?? Math.min(deliveries + 1, Number.MAX_SAFE_INTEGER));
      least = Math.min(least, idleTime);
    }
    if (wanted.size === 0 || this.#ending) return;
    const { group } = this.#options;
    const ids = [...wanted.keys()];
    const claimed = await this.#redis.xclaim(key, group, this.consumer, idle || least, ids, { retrycount }) as Entries<
      S
    >;
    for (const entry of claimed) {
      // Deleted ones have no fields; servers before 7.0 give null for them.
      if (entry === null || entry[1] === null) continue;
      this.#jobs.start(key, entry[0] as S, entry[1], wanted.get(nameText(entry[0])) ?? 1);
      this.#claimed++;
    }
  }

  async #read(): Promise<void> {
    const { group, block = 5000 } = this.#options;
    const untilSweep = Math.ceil(this.#nextSweep - performance.now());
    const streams = this.#streams.map((key): [Key, string] => [key, ">"]);
    const reply = await this.#reading.xreadgroup(group, this.consumer, streams, {
      count: Math.max(1, Math.floor(this.#jobs.free / this.#streams.length)),
      block: Math.max(1, Math.min(block, untilSweep)),
    }) as [stream: S, entries: Entries<S>][] | null;
    for (const [stream, entries] of reply ?? []) {
      const key = this.#streams.find((one) => same(one, stream)) ?? stream;
      for (const entry of entries) if (entry?.[1]) this.#jobs.start(key, entry[0] as S, entry[1], 1);
    }
  }

  /** Goes on after what passes, and where the group has gone (with its stream, say); gives up otherwise. */
  async #recover(error: unknown): Promise<void> {
    const gone = error instanceof ReplyError && (error.code === "NOGROUP" || error.code === "UNBLOCKED");
    if (gone) this.#grouped = false;
    // What the server said into a broken connection is pending, and ours.
    else if (passes(error)) this.#lookForOwn();
    else return this.#giveUp(error);
    this.#jobs.tell(error);
    await pauseAfter(++this.#troubles, this.#stopping.signal);
  }

  #giveUp(error: unknown): void {
    this.#stopping.abort();
    // Whoever closed the client knows that this is the end.
    if (error instanceof ConnectionError && error.closed && !this.#late) return;
    this.#fatal = { error };
    this.#jobs.tell(error);
  }

  /** One at a time: without a connection they would pile up. */
  #beatOnce(): void {
    this.#beating ??= this.#beat().catch(() => {}).finally(() => this.#beating = undefined);
  }

  /** Shows the server that we are still at work, and finds out what was taken from us. */
  async #beat(): Promise<void> {
    const { group } = this.#options;
    await Promise.all(this.#jobs.all.map(async (job) => {
      const { key, entry: { id }, lost } = job;
      const [found] = await this.#pending(key, { start: id, end: id, count: 1 });
      if (found === undefined) return await this.#miss(job);
      const [, consumer, idle] = found;
      if (nameText(consumer) !== this.consumer) lost.abort(new Error("Another worker has taken the entry over"));
      // If one takes it over between the two, it has been idle for less, and stays the other's.
      else await this.#redis.xclaim(key, group, this.consumer, idle, [id], { justid: true });
    }));
  }

  /** Another has handled it, and confirmed it already. Unless it was deleted (by its handler, say): then nobody has it. */
  async #miss(job: Job<S>): Promise<void> {
    const { key, entry: { id }, lost } = job;
    const left = await this.#redis.xrange(key, id, id) as unknown[];
    if (left.length > 0 && !job.done) lost.abort(new Error("The entry is no longer pending under this worker"));
  }

  /**
   * Takes no more entries, and waits for those at work, at most `within` milliseconds (10,000 unless given). Then their
   * signals fire. What is not confirmed by then is left to other workers, or to the next one of this name; what was not
   * even begun, as if it had not been delivered, and for others to find when they look next. Giving that back may take up to
   * a second more.
   *
   * It may be called again, or after the worker's signal has fired: of the limits that were given, the one that ends first
   * counts, for all callers; the 10,000 only if none was.
   *
   * Within `handler` or `onDead` call it, but do not await it there: it waits for these, and so for itself, until its time
   * is over.
   *
   * @returns How many entries were left at work.
   */
  stop(within?: number): Promise<number> {
    if (within !== undefined) this.#limit.set(within);
    return this.#stopped ??= this.#stop();
  }

  async #stop(): Promise<number> {
    this.#stopping.abort(ENOUGH);
    this.#wake();
    const giving = [this.#giveBack(this.#jobs.drop())];
    const idle = this.#looping.then(() => {
      // What was on its way when it was told to stop.
      giving.push(this.#giveBack(this.#jobs.drop()));
      return this.#jobs.idle();
    });
    await this.#limit.wait(idle, PATIENCE);
    const left = this.#jobs.halt();
    await settledWithin(Promise.all(giving).then(() => this.#leave(left)), LEAVING);
    return left;
  }

  /** What no handler has seen is for whoever looks next, and that delivery does not count. Never rejects. */
  async #giveBack(unbegun: readonly Job<S>[]): Promise<void> {
    if (unbegun.length === 0) return;
    const { group } = this.#options;
    // A sign of life that is on its way would make the others wait.
    await this.#beating;
    await Promise.allSettled(unbegun.map(async ({ key, entry: { id, deliveries } }) => {
      const [found] = await this.#pending(key, { start: id, end: id, count: 1, consumer: this.consumer });
      // The next one of our name may have it by now: to that one it was delivered once more.
      if (found === undefined || found[3] !== deliveries) return;
      // As with a sign of life: what another takes over between the two has been idle for less.
      const given = { idle: this.#claimIdle, retrycount: deliveries - 1, justid: true };
      await this.#redis.xclaim(key, group, this.consumer, found[2], [id], given);
    }));
  }

  async #leave(left: number): Promise<void> {
    // What is delivered while the name is being forgotten would be forgotten with it.
    await this.#looping;
    await this.#giveBack(this.#jobs.drop());
    if (left === 0 && this.#options.consumer === undefined) await this.#forgetName();
  }

  /** A name of our own making that has nothing pending is of no use to anybody. */
  async #forgetName(): Promise<void> {
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
