/**
 * Commands that are not to wait for a connection that is still being opened, while others go over one that is open.
 *
 * @module
 */
import type { SendOptions } from "../connection/pending.ts";
import { LIKE, OPTIONS } from "./core.ts";

/**
 * The same client over connections that are open, so that its commands are with the server before what is said later over
 * another one: as a rule, for nothing orders two connections.
 */
export function atOnce<R extends object>(redis: R): R {
  const { [OPTIONS]: options, [LIKE]: like } = redis as {
    readonly [OPTIONS]: SendOptions;
    readonly [LIKE]: (options: SendOptions) => R;
  };
  return like.call(redis, { ...options, atOnce: true });
}
