/**
 * BullMQ on this client. Copy this file into your project:
 *
 *     const connection = bullmqClient(await connect());
 *     const queue = new Queue("mails", { connection });
 *     const worker = new Worker("mails", async (job) => …, { connection });
 *
 * One client serves any number of queues and workers: what BullMQ takes for connections of its own are views of it, as
 * blocking commands go to connections of their own by themselves (one for each worker and each QueueEvents: see the option
 * `maxSessions`). Closing queues and workers leaves the client open; close it last.
 *
 * Connections cannot be named here one by one, so `queue.getWorkers()` finds none.
 *
 * Written for BullMQ 6 (its interface `IRedisClient`), without cluster.
 *
 * @module
 */
import { ConnectionError, defineScript, type Redis, type Script, type Surface, type Transaction } from "@respire/redis";
import { EventEmitter } from "node:events";
import { Readable } from "node:stream";

/** Makes a connection for BullMQ of a client. */
export function bullmqClient(redis: Redis): BullmqClient {
  return new BullmqClient(redis, new Map());
}

type Value = string | number;
type Scripts = Map<string, { readonly keys: number; readonly script: Script }>;

/** What BullMQ calls an `IRedisClient`. */
export class BullmqClient extends EventEmitter {
  /** `"ready"`, or `"end"` once BullMQ has closed it. */
  status = "ready";
  readonly isCluster = false;
  readonly options = {};
  readonly #redis: Redis;
  readonly #scripts: Scripts;
  /** Releases what waits when BullMQ disconnects. */
  #open = new AbortController();

  constructor(redis: Redis, scripts: Scripts) {
    super();
    this.#redis = redis;
    this.#scripts = scripts;
  }

  async connect(): Promise<void> {
    await this.#redis.ping();
    if (this.#open.signal.aborted) this.#open = new AbortController();
    this.status = "ready";
    this.emit("ready");
  }

  disconnect(reconnect = false): void {
    this.#open.abort(new Error("Connection is closed."));
    this.emit("close");
    if (reconnect) {
      this.connect().catch((error) => this.emit("error", error));
    } else {
      this.status = "end";
      this.emit("end");
    }
  }

  quit(): Promise<string> {
    this.status = "end";
    this.#open.abort(new Error("Connection is closed."));
    setTimeout(() => {
      this.emit("end");
      this.emit("close");
    });
    return Promise.resolve("OK");
  }

  duplicate(): BullmqClient {
    return new BullmqClient(this.#redis, this.#scripts);
  }

  /**
   * A command that waits; `null`, as if its time were over, if BullMQ disconnects meanwhile or the connection is lost: then
   * BullMQ looks for work by itself and waits again.
   */
  async #wait<T>(send: (redis: Redis) => Promise<T>): Promise<T | null> {
    const { signal } = this.#open;
    try {
      return await send(this.#redis.with({ signal }));
    } catch (error) {
      if (signal.aborted && error === signal.reason) return null;
      if (!(error instanceof ConnectionError)) throw error;
      await this.#redis.ping().catch((gone) => Promise.reject(inItsWords(gone)));
      return null;
    }
  }

  // Scripts

  defineCommand(name: string, { numberOfKeys, lua }: { numberOfKeys: number; lua: string }): void {
    if (!this.#scripts.has(name)) this.#scripts.set(name, { keys: numberOfKeys, script: defineScript({ lua }) });
    // By this BullMQ knows that it need not define the command again.
    Object.assign(this, { [name]: (...args: unknown[]) => this.runCommand(name, args) });
  }

  async runCommand(name: string, args: unknown[]): Promise<unknown> {
    try {
      return await runScript(this.#scripts, this.#redis, name, args);
    } catch (error) {
      throw inItsWords(error);
    }
  }

  multi(): BullmqTransaction {
    return new BullmqTransaction(this.#redis, this.#scripts);
  }

  pipeline(): BullmqTransaction {
    return this.multi();
  }

  // Commands

  async hgetall(key: string): Promise<Record<string, string>> {
    return { ...await this.#redis.hgetall(key) };
  }

  hget(key: string, field: string): Promise<string | null> {
    return this.#redis.hget(key, field);
  }

  hmget(key: string, ...fields: string[]): Promise<(string | null)[]> {
    return this.#redis.hmget(key, ...fields);
  }

  hset(key: string, data: Record<string, Value>): Promise<number> {
    return this.#redis.hset(key, data);
  }

  hdel(key: string, ...fields: string[]): Promise<number> {
    return this.#redis.hdel(key, ...fields);
  }

  hexists(key: string, field: string): Promise<number> {
    return this.#redis.hexists(key, field);
  }

  get(key: string): Promise<string | null> {
    return this.#redis.get(key);
  }

  set(key: string, value: Value, { PX, EX }: { PX?: number; EX?: number } = {}): Promise<string | null> {
    if (PX !== undefined) return this.#redis.set(key, value, { px: PX });
    return EX === undefined ? this.#redis.set(key, value) : this.#redis.set(key, value, { ex: EX });
  }

  async del(...keys: string[]): Promise<number> {
    return keys.length === 0 ? 0 : await this.#redis.del(...keys);
  }

  async zrange(key: string, start: number, end: number, options: { WITHSCORES?: boolean } = {}): Promise<string[]> {
    if (!options.WITHSCORES) return await this.#redis.zrange(key, start, end);
    return flatScores(await this.#redis.zrange(key, start, end, { withscores: true }));
  }

  async zrevrange(key: string, start: number, end: number, options: { WITHSCORES?: boolean } = {}): Promise<string[]> {
    if (!options.WITHSCORES) return await this.#redis.zrange(key, start, end, { rev: true });
    return flatScores(await this.#redis.zrange(key, start, end, { rev: true, withscores: true }));
  }

  zcard(key: string): Promise<number> {
    return this.#redis.zcard(key);
  }

  async zscore(key: string, member: string): Promise<string | null> {
    const score = await this.#redis.zscore(key, member);
    return score === null ? null : String(score);
  }

  lrange(key: string, start: number, end: number): Promise<string[]> {
    return this.#redis.lrange(key, start, end);
  }

  llen(key: string): Promise<number> {
    return this.#redis.llen(key);
  }

  ltrim(key: string, start: number, end: number): Promise<string> {
    return this.#redis.ltrim(key, start, end);
  }

  lpos(key: string, value: string): Promise<number | null> {
    return this.#redis.lpos(key, value);
  }

  smembers(key: string): Promise<string[]> {
    return this.#redis.smembers(key);
  }

  xadd(
    key: string,
    id: string,
    fields: Record<string, Value>,
    { MAXLEN, approximate = true }: { MAXLEN?: number; approximate?: boolean } = {},
  ): Promise<string> {
    if (MAXLEN === undefined) return this.#redis.xadd(key, id, fields);
    return this.#redis.xadd(key, id, fields, { trim: trimTo(MAXLEN, approximate) });
  }

  xtrim(
    key: string,
    _strategy: "MAXLEN",
    threshold: number,
    { approximate = true }: { approximate?: boolean } = {},
  ): Promise<number> {
    return this.#redis.xtrim(key, trimTo(threshold, approximate));
  }

  async xread(
    streams: { key: string; id: string }[],
    { BLOCK, COUNT }: { BLOCK?: number; COUNT?: number } = {},
  ): Promise<unknown> {
    const ids = streams.map(({ key, id }): [string, string] => [key, id]);
    const reply = await this.#wait((redis) => redis.xread(ids, { block: BLOCK, count: COUNT }));
    // Entries as flat lists of fields and values.
    return reply?.map(([key, entries]) => [key, entries.map(([id, fields]) => [id, Object.entries(fields).flat()])]) ??
      null;
  }

  async bzpopmin(key: string, timeout: number): Promise<[key: string, member: string, score: string] | null> {
    const popped = await this.#wait((redis) => redis.bzpopmin([key], timeout));
    return popped && [popped[0], popped[1], String(popped[2])];
  }

  info(): Promise<string> {
    return this.#redis.info();
  }

  clientSetName(): Promise<string> {
    return Promise.resolve("OK");
  }

  clientList(): Promise<string> {
    return this.#redis.clientList();
  }

  clientInfo(): Promise<string> {
    return this.#redis.clientInfo();
  }

  scan(cursor: Value, { MATCH, COUNT }: { MATCH?: string; COUNT?: number }): Promise<[string, string[]]> {
    return this.#redis.scan(cursor, { match: MATCH, count: COUNT });
  }

  scanStream(options: { match: string; count?: number }): Readable {
    return Readable.from(this.#redis.scanIterator(options));
  }
}

/** Commands that BullMQ collects, run as one transaction. */
class BullmqTransaction {
  readonly #redis: Redis;
  readonly #scripts: Scripts;
  readonly #queued: ((tx: Transaction) => Promise<unknown>)[] = [];
  /** What makes of each reply what BullMQ expects. */
  readonly #shapes: ((reply: never) => unknown)[] = [];

  constructor(redis: Redis, scripts: Scripts) {
    this.#redis = redis;
    this.#scripts = scripts;
  }

  #queue<T>(send: (tx: Transaction) => Promise<T>, shape: (reply: T) => unknown = (reply) => reply): this {
    this.#queued.push(send);
    this.#shapes.push(shape);
    return this;
  }

  hgetall(key: string): this {
    return this.#queue((tx) => tx.hgetall(key), (fields) => ({ ...fields }));
  }

  hset(key: string, data: Record<string, Value>): this {
    return this.#queue((tx) => tx.hset(key, data));
  }

  hscan(key: string, cursor: Value, { COUNT }: { COUNT?: number } = {}): this {
    return this.#queue(
      (tx) => tx.hscan(key, cursor, { count: COUNT }),
      ([next, fields]) => [next, Object.entries(fields).flat()],
    );
  }

  smembers(key: string): this {
    return this.#queue((tx) => tx.smembers(key));
  }

  sscan(key: string, cursor: Value, { COUNT }: { COUNT?: number } = {}): this {
    return this.#queue((tx) => tx.sscan(key, cursor, { count: COUNT }));
  }

  zrange(key: string, start: number, end: number): this {
    return this.#queue((tx) => tx.zrange(key, start, end));
  }

  lrange(key: string, start: number, end: number): this {
    return this.#queue((tx) => tx.lrange(key, start, end));
  }

  llen(key: string): this {
    return this.#queue((tx) => tx.llen(key));
  }

  del(...keys: string[]): this {
    return keys.length === 0 ? this : this.#queue((tx) => tx.del(...keys));
  }

  runCommand(name: string, args: unknown[]): this {
    return this.#queue((tx) => runScript(this.#scripts, tx, name, args));
  }

  async exec(): Promise<[Error | null, unknown][] | null> {
    const replies = await this.#redis.transaction((tx) => this.#queued.map((send) => send(tx)), { errors: "return" });
    return replies.map((reply, i) => reply instanceof Error ? [reply, null] : [null, this.#shapes[i]!(reply as never)]);
  }
}

/** By this message BullMQ knows that a connection was lost, and tries again by itself. */
function inItsWords(error: unknown): unknown {
  return error instanceof ConnectionError ? new Error("Connection is closed.", { cause: error }) : error;
}

/** Calls a script that BullMQ has defined: keys come first, and what is missing is an empty argument. */
function runScript(scripts: Scripts, surface: Surface, name: string, given: unknown[]): Promise<unknown> {
  const found = scripts.get(name);
  if (found === undefined) throw new Error(`BullMQ has not defined ${name}`);
  const words = (given.length === 1 && Array.isArray(given[0]) ? given[0] : given).map((word: unknown) =>
    ArrayBuffer.isView(word) ? word : String(word ?? "")
  );
  return found.script.run(surface, words.slice(0, found.keys), words.slice(found.keys));
}

function trimTo(maxlen: number, approx: boolean): { maxlen: number; approx?: true } {
  return approx ? { maxlen, approx } : { maxlen };
}

function flatScores(pairs: [member: string, score: number][]): string[] {
  return pairs.flatMap(([member, score]) => [member, String(score)]);
}
