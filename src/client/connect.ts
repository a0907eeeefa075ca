/**
 * Where a client begins.
 *
 * @module
 */
import { Line } from "../connection/line.ts";
import type { Push } from "../resp/reply.ts";
import { Core } from "./core.ts";
import { Hub } from "./hub.ts";
import { type ClientOptions, lineOptions, readOptions } from "./options.ts";
import { Pool } from "./pool.ts";
import { Redis } from "./redis.ts";

/** The settings of a pool. All are optional. */
export interface PoolOptions extends ClientOptions {
  /** How many connections there may be; 10 unless given. They are opened when they are needed. */
  readonly size?: number;
}

/**
 * Connects to a server and gives a client that is ready.
 *
 * @param target A URL (`redis://`, `rediss://`, `unix:`), or options; `redis://127.0.0.1:6379` unless given.
 * @param options Options beside a URL; they win over what it says.
 * @throws {ConnectionError} if the server cannot be reached or refuses us.
 * @throws {TimeoutError} if it does not answer within `connectTimeout`.
 * @throws {TypeError} if the URL or an option cannot be understood.
 *
 * @example
 * ```ts
 * import { connect } from "@respire/redis";
 *
 * await using redis = await connect("redis://127.0.0.1:6379");
 * await redis.set("key", "value");
 * ```
 */
export async function connect(
  target?: string | URL | ClientOptions,
  options?: ClientOptions,
): Promise<Redis> {
  const settings = readOptions(target, options);
  return await open(settings, 1, 1 + (settings.maxSessions ?? 10));
}

/**
 * Connects to a server with several connections: commands are spread over them, sessions and blocking commands take one
 * for themselves. The surface is the same as that of `connect`.
 *
 * @throws as `connect` does.
 *
 * @example
 * ```ts
 * import { connectPool } from "@respire/redis";
 *
 * await using pool = await connectPool({ hostname: "127.0.0.1", port: 6379, size: 10 });
 * await Promise.all(["a", "b", "c"].map((key) => pool.incr(key)));
 * ```
 */
export async function connectPool(
  target?: string | URL | PoolOptions,
  options?: PoolOptions,
): Promise<Redis> {
  const settings: PoolOptions = readOptions(target, options);
  const size = settings.size ?? 10;
  if (!Number.isInteger(size) || size < 1 || size > 10_000) {
    throw new RangeError("Option size must be a whole number from 1 to 10000");
  }
  return await open(settings, size, Math.max(2, size));
}

async function open(options: ClientOptions, shared: number, max: number): Promise<Redis> {
  const base = lineOptions(options);
  const hear = (push: Push): void => hub.push(push);
  const line = (isShared: boolean, pubsub = false): Line =>
    new Line({
      ...base,
      eager: isShared,
      pubsub,
      onPush: hear,
      onReady: (ready) => hub.ready(ready),
      onState: isShared
        ? (state, which, error) => {
          if (state === "closed" || (state === "idle" && error)) hub.lost(which, error);
          options.onState?.(state, error);
        }
        : undefined,
    });
  const pool = new Pool({
    shared,
    max,
    waitTimeout: options.waitTimeout ?? 10_000,
    idleTimeout: options.idleTimeout ?? 30_000,
    line,
  });
  const hub = new Hub({ shared: () => pool.first(), dedicated: () => line(true, true), onPush: options.onPush });
  const core = new Core(pool, hub, {
    commands: options.maxPending ?? 1_000_000,
    bytes: options.maxPendingBytes ?? Infinity,
    overflow: options.overflow ?? "error",
  });
  try {
    await pool.first().open();
  } catch (error) {
    core.destroy();
    throw error;
  }
  return new Redis(core, { mode: 0, timeout: options.timeout });
}
