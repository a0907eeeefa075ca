/**
 * The client without commands: what a module that `@respire/redis/codegen` wrote puts its own on. Whoever uses such a
 * module imports errors, options and the like from here; nothing of it knows a command by name.
 *
 * @module
 */
export { connectTransport } from "../transport/default.ts";
export { blocking } from "./blocking.ts";
export * from "./exports.ts";
export { Hub } from "./hub.ts";
export type { Family, HubSettings } from "./hub.ts";
export { graft } from "./kit.ts";
export type { Blocking, Kit } from "./kit.ts";
export { open, openPool } from "./open.ts";
