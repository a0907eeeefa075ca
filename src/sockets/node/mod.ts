/**
 * Sockets of Node alone, which Deno and Bun have, too: for a bundle that need not carry what opens those of other runtimes.
 * `@respire/redis/codegen --sockets node` writes a module that imports this.
 *
 * ```ts
 * import { connect } from "@respire/redis";
 * import { connectTransport } from "@respire/redis/sockets/node";
 *
 * await using redis = await connect({ url: "redis://127.0.0.1:6379", connect: connectTransport });
 * await redis.set("key", "value");
 * ```
 *
 * @module
 */
export { connect as connectTransport } from "../../transport/node.ts";
export type {
  Address,
  NamedPlace,
  NativeMeans,
  TlsOptions,
  Transport,
  TransportHandler,
  Wanted,
} from "../../transport/transport.ts";
