/**
 * Where a client begins, on every runtime whose sockets we find by ourselves.
 *
 * @module
 */
import { connectTransport } from "../transport/default.ts";
import { KIT, type Redis } from "./default.ts";
import type { Target } from "./open.ts";
import type { ClientOptions, PoolOptions } from "./options.ts";
import { openOne, openSeveral } from "./start.ts";

/**
 * Connects to a server and gives a client that is ready.
 *
 * @param url A URL (`redis://`, `rediss://`, `unix:`).
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
export function connect(url: string | URL, options?: ClientOptions): Promise<Redis>;
/** Connects to the server that the options name, or to `redis://127.0.0.1:6379`. */
export function connect(options?: ClientOptions): Promise<Redis>;
/** Connects to a server by a URL or by options, whichever `target` is. */
export function connect(target: Target<ClientOptions>, options?: ClientOptions): Promise<Redis>;
export function connect(target?: Target<ClientOptions>, options?: ClientOptions): Promise<Redis> {
  return openOne<Redis>(KIT, connectTransport, target, options);
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
export function connectPool(url: string | URL, options?: PoolOptions): Promise<Redis>;
/** The same by options, or to `redis://127.0.0.1:6379`. */
export function connectPool(options?: PoolOptions): Promise<Redis>;
/** The same by a URL or by options, whichever `target` is. */
export function connectPool(target: Target<PoolOptions>, options?: PoolOptions): Promise<Redis>;
export function connectPool(target?: Target<PoolOptions>, options?: PoolOptions): Promise<Redis> {
  return openSeveral<Redis>(KIT, connectTransport, target, options);
}
