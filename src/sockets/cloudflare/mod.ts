/**
 * Sockets of Cloudflare's Workers alone: what a client with the commands of one's own choice opens them with.
 * `@respire/redis/codegen --sockets cloudflare` writes a module that imports this; `@respire/redis/cloudflare` is the client
 * with all commands.
 *
 * ```ts no-run
 * import { BareClient, graft, open, type Surfaces } from "@respire/redis/client";
 * import { type Arg, CommandSpec, type Shape, WRITE } from "@respire/redis/command";
 * import { connectTransport } from "@respire/redis/sockets/cloudflare";
 *
 * const INCR = new CommandSpec("INCR", WRITE, 1);
 *
 * abstract class Commands {
 *   abstract send<T>(spec: CommandSpec, args: Arg[], shape?: Shape): Promise<T>;
 *   incr(key: string): Promise<number> {
 *     return this.send(INCR, [key]);
 *   }
 * }
 *
 * interface Counter extends Commands {}
 * class Counter extends BareClient<Surfaces> {}
 * graft(Counter, Commands);
 *
 * export default {
 *   async fetch(_request: Request, env: { REDIS_URL: string }): Promise<Response> {
 *     await using redis = await open<Counter>({ client: Counter }, connectTransport, env.REDIS_URL);
 *     return new Response(`visit ${await redis.incr("visits")}`);
 *   },
 * };
 * ```
 *
 * @module
 */
export { connect as connectTransport } from "../../transport/cloudflare.ts";
export type {
  Address,
  Connect,
  NamedPlace,
  NativeMeans,
  TlsOptions,
  Transport,
  TransportHandler,
  Wanted,
} from "../../transport/transport.ts";
