/**
 * The client in Cloudflare Workers: the same surfaces as `@respire/redis`, over `cloudflare:sockets`.
 *
 * A socket belongs to the request in which it was opened. So open a client in each request and close it with the
 * request's scope; in a Durable Object, one client may live as long as the object.
 *
 * ```ts no-run
 * import { connect } from "@respire/redis/cloudflare";
 *
 * export default {
 *   async fetch(_request: Request, env: { REDIS_URL: string }): Promise<Response> {
 *     await using redis = await connect(env.REDIS_URL);
 *     return new Response(`visit ${await redis.incr("visits")}`);
 *   },
 * };
 * ```
 *
 * @module
 */
import { KIT, type Redis } from "../client/default.ts";
import type { Target } from "../client/open.ts";
import type { ClientOptions, PoolOptions } from "../client/options.ts";
import { openOne, openSeveral } from "../client/start.ts";
import { connect as connectTransport } from "../transport/cloudflare.ts";

export * from "../client/exports.ts";

/**
 * Connects to a server and gives a client that is ready, for the length of this request.
 *
 * @param url A URL (`redis://`, `rediss://`).
 * @param options Options beside a URL; they win over what it says. Of `tls` only `serverName`: Workers trust authorities
 *   of their own. There are no unix sockets, and `keepAlive` has no meaning.
 * @throws {ConnectionError} if the server cannot be reached or refuses us.
 * @throws {TimeoutError} if it does not answer within `connectTimeout`.
 * @throws {TypeError} if the URL or an option cannot be understood, or does not exist in Workers.
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
 * The same with several connections. Workers allow six at once in one request; a pool is for Durable Objects.
 *
 * @throws as `connect` does.
 */
export function connectPool(url: string | URL, options?: PoolOptions): Promise<Redis>;
/** The same by options, or to `redis://127.0.0.1:6379`. */
export function connectPool(options?: PoolOptions): Promise<Redis>;
/** The same by a URL or by options, whichever `target` is. */
export function connectPool(target: Target<PoolOptions>, options?: PoolOptions): Promise<Redis>;
export function connectPool(target?: Target<PoolOptions>, options?: PoolOptions): Promise<Redis> {
  return openSeveral<Redis>(KIT, connectTransport, target, options);
}
