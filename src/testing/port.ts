/**
 * Ports for servers.
 *
 * @module
 */
import { createServer } from "node:net";

/**
 * A port that nobody listens on, below those that the system gives to outgoing connections: one of these could take it
 * before the server does. `beside` is the distance to a second port that must be free, too.
 */
export async function freePort(beside?: number): Promise<number> {
  for (;;) {
    const port = 12_000 + Math.floor(Math.random() * 10_000);
    if (await isFree(port) && (beside === undefined || await isFree(port + beside))) return port;
  }
}

/** Whether nobody listens on this port, of this address. */
export function isFree(port: number, hostname = "127.0.0.1"): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.on("error", () => resolve(false));
    probe.listen(port, hostname, () => probe.close(() => resolve(true)));
  });
}
