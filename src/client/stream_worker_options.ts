/**
 * What a worker of a group is told, tells, and needs of its client.
 *
 * @module
 */
import type { Key, Many, Pairs, Value } from "../command/values.ts";
import type { XclaimOptions, XgroupCreateOptions, XpendingOptions, XreadgroupOptions } from "../generated/options.ts";
import { checkKind, checkKnown } from "./known.ts";
import type { StreamItem } from "./stream_reader.ts";

/** An entry that a worker is to handle. */
export interface Delivery<S extends string | Uint8Array = string> extends StreamItem<S> {
  /** How often it has been handed to a consumer of the group, this time included, whether or not a handler began. */
  readonly deliveries: number;
  /**
   * Fires when another worker has taken it over, or has confirmed it already, or this one was stopped and cannot wait any
   * longer.
   */
  readonly signal: AbortSignal;
}

/** What a worker does. */
export interface StreamWorkerOptions<S extends string | Uint8Array = string> {
  /** The stream, or the streams, to read. They are made if there are none. */
  readonly streams: Key | readonly Key[];
  /** The group. It is made if there is none. */
  readonly group: string;
  /** The worker's name in its group: no two that run may share one. A new one unless given. */
  readonly consumer?: string | undefined;
  /** Handles an entry. When it is done, the entry is confirmed; when it throws or rejects, the entry comes again. */
  readonly handler: (entry: Delivery<S>) => unknown;
  /** How many entries are handled at once; 1 unless given. */
  readonly concurrency?: number | undefined;
  /** The id after which a new group begins: `"0"` (the default) for everything, `"$"` for what is added from now on. */
  readonly from?: string | undefined;
  /** Milliseconds without a sign of life after which an entry is taken over, a failed one too; 60,000 unless given. */
  readonly claimIdle?: number | undefined;
  /**
   * How often an entry is delivered before it is given up; without end unless given. Needs `onDead`. Deliveries count
   * whether or not a handler began: one that waits for its place when its worker dies has cost one.
   */
  readonly maxDeliveries?: number | undefined;
  /**
   * Takes an entry that is given up, to keep it elsewhere, say. It is confirmed when this is done, not if it fails. `error`
   * is what its handler has just failed with; none, if it was not begun this time.
   */
  readonly onDead?: ((entry: Delivery<S>, error?: unknown) => unknown) | undefined;
  /** Hears of what goes wrong: with the entry, if the handler failed; without, if it was the server or the connection. */
  readonly onError?: ((error: unknown, entry?: Delivery<S>) => void) | undefined;
  /** Milliseconds that the server waits for entries before it is asked again; 5,000 unless given. */
  readonly block?: number | undefined;
  /** Stops the worker, as {@link StreamWorker.stop} does. */
  readonly signal?: AbortSignal | undefined;
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
  /** See `Commands.xrange`. */
  xrange(key: Key, start: Value, end: Value): Promise<unknown>;
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
  /** The same with exact integers. */
  readonly bigints: StreamWorking;
  /** The same with options for each call. */
  with(options: { readonly signal?: AbortSignal | undefined; readonly timeout?: number | undefined }): StreamWorking;
}

const NUMBERS = ["concurrency", "claimIdle", "maxDeliveries", "block"] as const;
/** The names of {@link StreamWorkerOptions}. */
const KNOWN = ["streams", "group", "consumer", "handler", "from", "onDead", "onError", "signal", ...NUMBERS];

/** Says what is wrong with the options. */
export function checkWorker(options: StreamWorkerOptions<never>): void {
  checkKnown(options, KNOWN);
  if (Array.isArray(options.streams) && options.streams.length === 0) {
    throw new TypeError("streamWorker: expected at least one stream");
  }
  if (typeof options.group !== "string" || options.group === "") throw new TypeError("Option group must be a name");
  if (typeof options.handler !== "function") throw new TypeError("Option handler must be a function");
  for (const name of ["onDead", "onError"] as const) checkKind(name, options[name], "function", "a function");
  for (const name of NUMBERS) {
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
