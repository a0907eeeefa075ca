/**
 * What users of a client may name, whichever entry gave them `connect`: all entries with a client export this.
 *
 * @module
 */
export { KIT, Pipeline, Redis, Session, Transaction } from "./default.ts";
export type { Batch, RedisSurfaces } from "./default.ts";
export * from "./common.ts";
export { Commands, SessionCommands } from "../generated/commands.ts";
export type * from "../generated/options.ts";
export type * from "../generated/replies.ts";
