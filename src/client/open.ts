/**
 * Where a client of any kit begins. What the kit does not name is there in a small form.
 *
 * @module
 */
import type { Connect } from "../transport/transport.ts";
import { readBriefly } from "./brief.ts";
import type { Kit, WholeKit } from "./kit.ts";
import { OneLine } from "./one_line.ts";
import type { ClientOptions, PoolOptions } from "./options.ts";
import { openOne, openSeveral } from "./start.ts";

/**
 * A URL or options, whichever it is. `host` is no option, but among the names that a {@link URL} has: without a word
 * against it `{ host: "db" }` would pass for options.
 */
export type Target<O extends ClientOptions = ClientOptions> = string | URL | (O & { readonly host?: undefined });

/**
 * Opens a client of the kit with one shared connection: what every `connect` does. `openSocket` is the runtime's way, for
 * options that bring none of their own.
 */
export function open<R>(
  kit: Kit,
  openSocket: Connect,
  target?: Target<ClientOptions>,
  options?: ClientOptions,
): Promise<R> {
  return openOne(whole(kit), openSocket, target, options);
}

/** Opens a client of the kit with several shared connections: what every `connectPool` does. */
export function openPool<R>(
  kit: Kit,
  openSocket: Connect,
  target?: Target<PoolOptions>,
  options?: PoolOptions,
): Promise<R> {
  return openSeveral(whole(kit), openSocket, target, options);
}

/** The kit with what it does not name of what no client can do without. */
export function whole(kit: Kit): WholeKit {
  return { ...kit, options: kit.options ?? readBriefly, pool: kit.pool ?? OneLine };
}
