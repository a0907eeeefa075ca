/**
 * RESP2 and RESP3, the protocol of Redis and Valkey, as bytes only: no sockets, no promises, no runtime.
 *
 * ```ts
 * import { Decoder, Encoder, NEED_MORE } from "@respire/redis/resp";
 *
 * const encoder = new Encoder();
 * encoder.command(new TextEncoder().encode("$4\r\nPING\r\n"), 1, [], "PING");
 * const request = encoder.take(); // [the bytes of *1\r\n$4\r\nPING\r\n]
 *
 * const decoder = new Decoder();
 * decoder.feed(new TextEncoder().encode("+PONG\r\n:1"));
 * decoder.read(0); // "PONG"
 * decoder.read(0) === NEED_MORE; // true: the next reply has not come as a whole
 * ```
 *
 * @module
 */
export type { KnownErrorCode } from "../errors.ts";
export { ProtocolError, RedisError, ReplyError } from "../errors.ts";
export type { Arg } from "./arg.ts";
export { Decoder } from "./decoder.ts";
export { Encoder } from "./encoder.ts";
export { DEFAULT_LIMITS, type Limits } from "./limits.ts";
export type { Native } from "./native.ts";
export { BIGINTS, BYTES, type Bytes, NEED_MORE, Push, type Reply } from "./reply.ts";
