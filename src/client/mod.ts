/**
 * The client without commands: what a module that `@respire/redis/codegen` wrote puts its own on. Whoever uses such a
 * module imports errors, options and the like from here; nothing of it knows a command by name.
 *
 * Two commands by hand, on the client with pipelines, sessions and all (`BareClient` is the one with commands alone; what
 * is not in the kit is not in the bundle):
 *
 * ```ts
 * import { BaseClient, connectTransport, graft, open, type Surfaces } from "@respire/redis/client";
 * import { type Arg, CommandSpec, READONLY, type Shape, WRITE } from "@respire/redis/command";
 *
 * const GET = new CommandSpec("GET", READONLY, 1);
 * const SET = new CommandSpec("SET", WRITE, 1);
 *
 * abstract class Commands {
 *   abstract send<T>(spec: CommandSpec, args: Arg[], shape?: Shape): Promise<T>;
 *   get(key: string): Promise<string | null> {
 *     return this.send(GET, [key]);
 *   }
 *   set(key: string, value: string): Promise<"OK"> {
 *     return this.send(SET, [key, value]);
 *   }
 * }
 *
 * interface Small extends Commands {}
 * class Small extends BaseClient<Surfaces> {}
 * graft(Small, Commands);
 *
 * await using redis = await open<Small>({ client: Small }, connectTransport, "redis://127.0.0.1:6379");
 * await redis.set("key", "value");
 * ```
 *
 * @module
 */
export { connectTransport } from "../transport/default.ts";
export { blocking } from "./blocking.ts";
export * from "./common.ts";
export { Hub } from "./hub.ts";
export { graft } from "./kit.ts";
export { open, openPool } from "./open.ts";
export { readOptions } from "./options.ts";
export { Pool } from "./pool.ts";
export { safeguards } from "./safeguards.ts";
export { scans } from "./scan.ts";
