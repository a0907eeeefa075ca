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
import { open } from "../client/open.ts";
import { type ClientOptions, type PoolOptions, poolSize, readOptions } from "../client/options.ts";
import type { Redis } from "../client/redis.ts";
import { connect as connectTransport } from "../transport/cloudflare.ts";

export * from "../client/exports.ts";

/**
 * Connects to a server and gives a client that is ready, for the length of this request.
 *
 * @param target A URL (`redis://`, `rediss://`), or options; `redis://127.0.0.1:6379` unless given.
 * @param options Options beside a URL; they win over what it says. Of `tls` only `serverName`: Workers trust authorities
 *   of their own. There are no unix sockets, and `keepAlive` has no meaning.
 * @throws {ConnectionError} if the server cannot be reached or refuses us.
 * @throws {TimeoutError} if it does not answer within `connectTimeout`.
 * @throws {TypeError} if the URL or an option cannot be understood, or does not exist in Workers.
 */
export async function connect(target?: string | URL | ClientOptions, options?: ClientOptions): Promise<Redis> {
  const settings = readOptions(target, options);
  return await open(settings, connectTransport, 1, 1 + (settings.maxSessions ?? 10));
}

/**
 * The same with several connections. Workers allow six at once in one request; a pool is for Durable Objects.
 *
 * @throws as `connect` does.
 */
export async function connectPool(target?: string | URL | PoolOptions, options?: PoolOptions): Promise<Redis> {
  const settings: PoolOptions = readOptions(target, options);
  const size = poolSize(settings);
  return await open(settings, connectTransport, size, Math.max(2, size));
}
