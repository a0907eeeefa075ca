/**
 * Asks which runtime this is, and loads the one adapter that fits: the code of the others is never run.
 *
 * @module
 */

import type { Address, Connect, Transport, TransportHandler } from "./transport.ts";

/** Workers have an entry of their own, so that no other runtime's bundle meets with their modules. */
type Name = "deno" | "bun" | "node" | "workers";

const loaded = new Map<string, Promise<Connect>>();

/** Opens a socket with the API of the runtime that we are in. */
export function connectTransport(
  address: Address,
  handler: TransportHandler,
  signal?: AbortSignal,
): Promise<Transport> {
  const name = choose(address);
  let loading = loaded.get(name);
  if (loading === undefined) loaded.set(name, loading = load(name));
  return loading.then((connect) => connect(address, handler, signal));
}

/**
 * Encrypted sockets are `node:tls` in every runtime, for the same meaning everywhere: `Deno.connectTls` trusts its own
 * authorities besides `ca`, cannot do without verifying, and leaves the socket open if a handshake is given up.
 */
function choose(address: Address): Name {
  if (globalThis.navigator?.userAgent === "Cloudflare-Workers") return "workers";
  if (address.tls !== undefined) return "node";
  if ("Deno" in globalThis) return "deno";
  return "Bun" in globalThis ? "bun" : "node";
}

/** Literal specifiers, so that bundlers and registries see what belongs to the module. */
async function load(name: Name): Promise<Connect> {
  if (name === "deno") return (await import("./deno.ts")).connect;
  if (name === "bun") return (await import("./bun.ts")).connect;
  if (name === "node") return (await import("./node.ts")).connect;
  throw new TypeError("In Workers, import from @respire/redis/cloudflare: sockets are opened in another way there");
}
