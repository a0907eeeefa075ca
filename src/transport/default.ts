/**
 * Asks which runtime this is, and loads the one adapter that fits: the code of the others is never run.
 *
 * @module
 */

import type { Address, Connect, Transport, TransportHandler } from "./transport.ts";

let loaded: Promise<Connect> | undefined;

/** Opens a socket with the API of the runtime that we are in. */
export function connectTransport(
  address: Address,
  handler: TransportHandler,
  signal?: AbortSignal,
): Promise<Transport> {
  loaded ??= load();
  return loaded.then((connect) => connect(address, handler, signal));
}

/** Literal specifiers, so that bundlers and registries see what belongs to the module. */
async function load(): Promise<Connect> {
  if ("Deno" in globalThis) return (await import("./deno.ts")).connect;
  if ("Bun" in globalThis) return (await import("./bun.ts")).connect;
  return (await import("./node.ts")).connect;
}
