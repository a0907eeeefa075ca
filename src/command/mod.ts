/**
 * What generated commands stand on: what is known about a command before its arguments, how arguments are laid out, how
 * replies become values, and the types that methods are made of. For modules that `@respire/redis/codegen` wrote, and
 * for a command that has no method.
 *
 * A command by hand:
 *
 * ```ts
 * import { connect } from "@respire/redis";
 * import { bool, CommandSpec, list, READONLY } from "@respire/redis/command";
 *
 * const SMISMEMBER = new CommandSpec("SMISMEMBER", READONLY, 1);
 *
 * await using redis = await connect();
 * const there = await redis.send<boolean[]>(SMISMEMBER, ["fruits", "apple", "pear"], list(bool));
 * ```
 *
 * @module
 */
export * from "./args.ts";
export * from "./json_shape.ts";
export * from "./search_shape.ts";
export * from "./series_shape.ts";
export * from "./shape.ts";
export * from "./spec.ts";
export type * from "./values.ts";
export type { KnownErrorCode, RedisError, ReplyError } from "../errors.ts";
export type { Reply } from "../resp/reply.ts";
