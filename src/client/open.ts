/**
 * Puts the parts of a client together, over whatever opens its sockets.
 *
 * @module
 */
import { Line } from "../connection/line.ts";
import type { Push } from "../resp/reply.ts";
import type { Connect } from "../transport/transport.ts";
import { Core } from "./core.ts";
import { Hub } from "./hub.ts";
import { type ClientOptions, lineOptions } from "./options.ts";
import { Pool } from "./pool.ts";
import { Redis } from "./redis.ts";

/**
 * Opens a client with so many shared connections and at most so many in all. `openSocket` is the runtime's way, for
 * options that bring none of their own.
 */
export async function open(
  options: ClientOptions,
  openSocket: Connect,
  shared: number,
  max: number,
): Promise<Redis> {
  const base = lineOptions(options, openSocket);
  const hear = (push: Push): void => hub.push(push);
  const line = (isShared: boolean, pubsub = false): Line =>
    new Line({
      ...base,
      eager: isShared,
      pubsub,
      onPush: hear,
      onReady: (ready) => hub.ready(ready),
      onState: isShared
        ? (state, which, error) => {
          if (state === "closed" || (state === "idle" && error)) hub.lost(which, error);
          options.onState?.(state, error);
        }
        : undefined,
    });
  const pool = new Pool({
    shared,
    max,
    waitTimeout: options.waitTimeout ?? 10_000,
    idleTimeout: options.idleTimeout ?? 30_000,
    line,
  });
  const hub = new Hub({ shared: () => pool.first(), dedicated: () => line(true, true), onPush: options.onPush });
  const core = new Core(pool, hub, {
    commands: options.maxPending ?? 1_000_000,
    bytes: options.maxPendingBytes ?? Infinity,
    overflow: options.overflow ?? "error",
  });
  try {
    await pool.first().open();
  } catch (error) {
    core.destroy();
    throw error;
  }
  return new Redis(core, { mode: 0, timeout: options.timeout });
}
