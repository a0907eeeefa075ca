/**
 * Puts the parts of a client together, over whatever opens its sockets.
 *
 * @module
 */
import { Line } from "../connection/line.ts";
import { Traffic } from "../connection/traffic.ts";
import type { Push } from "../resp/reply.ts";
import type { Connect } from "../transport/transport.ts";
import { Core, type Hooks } from "./core.ts";
import type { Identity } from "./identity.ts";
import type { WholeKit } from "./kit.ts";
import type { Lines } from "./lines.ts";
import type { Target } from "./open.ts";
import { capacityOf, type ClientOptions, lineOptions, mostLines, type PoolOptions, poolSize } from "./options.ts";

/** See `open`. */
export async function openOne<R>(
  kit: WholeKit,
  openSocket: Connect,
  target?: Target<ClientOptions>,
  options?: ClientOptions,
): Promise<R> {
  const settings = kit.options(target, options);
  return await start(kit, openSocket, settings, 1, mostLines(settings));
}

/** See `openPool`. */
export async function openSeveral<R>(
  kit: WholeKit,
  openSocket: Connect,
  target?: Target<PoolOptions>,
  options?: PoolOptions,
): Promise<R> {
  const settings = kit.options(target, options, true);
  const size = poolSize(settings);
  return await start(kit, openSocket, settings, size, Math.max(2, size));
}

/** So many shared connections, and at most so many in all; the first is opened. */
async function start<R>(
  kit: WholeKit,
  openSocket: Connect,
  options: PoolOptions,
  shared: number,
  max: number,
  hooks?: Hooks,
  identity?: Identity,
): Promise<R> {
  const core = assemble(kit, openSocket, options, shared, max, hooks, identity);
  try {
    await core.pool.open();
  } catch (error) {
    core.destroy();
    throw error;
  }
  return new kit.client(core, { mode: 0, timeout: options.timeout }) as R;
}

/** What the surfaces of a client share, with nothing opened yet: that is for the first command, or for its pool. */
export function assemble(
  kit: WholeKit,
  openSocket: Connect,
  options: PoolOptions,
  shared: number,
  max: number,
  hooks: Hooks = {},
  identity: Identity | undefined = kit.safeguards && new kit.safeguards.identity(options),
  traffic: Traffic = new Traffic(),
): Core {
  const { onRefused } = hooks;
  const base = lineOptions(options, kit, openSocket, identity);
  const hear = (push: Push, line: Line): void => {
    hooks.onPush?.(push, line);
    hub?.push(push);
  };
  /** Of these it was told that they are not ready: that they are again is told as well, whoever has them by then. */
  const unready = new WeakSet<Line>();
  const line = (pubsub = false): Line =>
    new Line({
      ...base,
      eager: (lost) => pubsub || pool.keeps(lost),
      // Of several lines, commands pass over one that is to be opened again: nobody would ask for it.
      onDemand: (lost) => base.connect.here !== undefined && shared === 1 && !pubsub && !hub?.needs(lost),
      pubsub,
      traffic,
      onPush: hear,
      onDoubt: (doubted) => pool.doubt(doubted),
      onRefused: onRefused && ((pending, error, line) => pool.isShared(line) && onRefused(pending, error, line)),
      onReady: (ready) => {
        if (!pubsub && pool.isShared(ready)) hooks.onReady?.(ready);
        hub?.ready(ready);
      },
      onState: (state, which, error) => {
        if (!pubsub && !pool.isShared(which) && !unready.has(which)) return;
        if (state === "ready" || state === "closed") unready.delete(which);
        else unready.add(which);
        if (state !== "ready" && !pubsub) hooks.onLost?.(which);
        if (state === "closed" || (state === "idle" && error)) hub?.lost(which, error);
        options.onState?.(state, error);
      },
    });
  const pool: Lines = new kit.pool({
    shared,
    max,
    options,
    line,
    needs: (line): boolean => hub?.needs(line) ?? false,
  });
  identity?.enter(pool);
  const hub = kit.hub && new kit.hub({
    shared: () => pool.first(),
    dedicated: () => line(true),
    onPush: options.onPush,
  });
  const sibling: Core["sibling"] = (other, heard) =>
    start(other, openSocket, { ...options, min: 1 }, 1, mostLines(options), heard, identity);
  return new Core(kit, pool, hub, capacityOf(options), traffic, sibling, identity);
}
