/**
 * Numbers about a client.
 *
 * @module
 */
import type { Core } from "./core.ts";
import type { PoolStats } from "./lines.ts";

/** Numbers about a client: of this moment, and since it was opened. */
export interface ClientStats extends PoolStats {
  /** Bytes that sockets have not taken yet. */
  readonly bytesWaiting: number;
  /** Commands written to sockets since the client was opened, those sent again included. */
  readonly commands: number;
  /** Replies read. */
  readonly replies: number;
  /** Error replies read, those inside transactions included. */
  readonly errors: number;
  /** Bytes given to sockets. */
  readonly bytesOut: number;
  /** Bytes that came from sockets. */
  readonly bytesIn: number;
  /** Commands sent again, after a refusal that passes or a lost connection. */
  readonly retries: number;
  /** Connections that became ready. */
  readonly connects: number;
  /** Of these, how many took the place of one that was lost or had to be left. */
  readonly reconnects: number;
  /** Connections lost that nobody had closed. */
  readonly losses: number;
  /** What the client's caches have done together; `undefined` where it has none. */
  readonly cache?: CacheStats | undefined;
}

/** What a client-side cache holds, and has done. */
export interface CacheStats {
  /** Replies that it holds. */
  readonly entries: number;
  /** About how many bytes they take. */
  readonly bytes: number;
  /** Reads answered from it. */
  readonly hits: number;
  /** Reads that joined one on its way to the server. */
  readonly joined: number;
  /** Reads that went to the server. */
  readonly misses: number;
  /** Replies dropped to make room, or because their time was over. */
  readonly evicted: number;
  /** Replies dropped because the server said that a key had changed, or a write of ours would change it. */
  readonly invalidated: number;
  /** How often everything was dropped, because the connection was lost or a database emptied. */
  readonly flushes: number;
}

/** Puts the numbers of a client together. */
export function clientStats(core: Core): ClientStats {
  const { commands, replies, errors, bytesOut, bytesIn, retries, connects, reconnects, losses } = core.traffic;
  const caches = [...core.companions].flatMap((companion) => companion.cacheStats?.() ?? []);
  return {
    ...core.pool.stats(),
    bytesWaiting: core.pool.lines.reduce((sum, line) => sum + line.waiting, 0),
    ...{ commands, replies, errors, bytesOut, bytesIn, retries, connects, reconnects, losses },
    ...(caches.length === 0 ? {} : { cache: caches.reduce(addCaches) }),
  };
}

function addCaches(a: CacheStats, b: CacheStats): CacheStats {
  return {
    entries: a.entries + b.entries,
    bytes: a.bytes + b.bytes,
    hits: a.hits + b.hits,
    joined: a.joined + b.joined,
    misses: a.misses + b.misses,
    evicted: a.evicted + b.evicted,
    invalidated: a.invalidated + b.invalidated,
    flushes: a.flushes + b.flushes,
  };
}
