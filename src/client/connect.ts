/**
 * Where a client begins, on every runtime whose sockets we find by ourselves.
 *
 * @module
 */
import { connectTransport } from "../transport/default.ts";
import { open } from "./open.ts";
import { type ClientOptions, readOptions } from "./options.ts";
import type { Redis } from "./redis.ts";

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
  return await open(settings, connectTransport, 1, 1 + (settings.maxSessions ?? 10));
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
  return await open(settings, connectTransport, size, Math.max(2, size));
}
