/**
 * What generated commands stand on: what is known about a command before its arguments, how arguments are laid out, how
 * replies become values, and the types that methods are made of. For modules that `@respire/redis/codegen` wrote.
 *
 * @module
 */
export * from "./args.ts";
export * from "./shape.ts";
export * from "./spec.ts";
export type * from "./values.ts";
export type { Reply } from "../resp/reply.ts";
