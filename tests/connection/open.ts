/**
 * A client of a scripted server, which answers a handshake of one command only.
 *
 * @module
 */
import { type ClientOptions, connect, type Redis } from "../../mod.ts";

/** Connects without telling the server who we are, and gives up soon. */
export function open(url: string, more: ClientOptions = {}): Promise<Redis> {
  return connect(url, { clientInfo: false, connectTimeout: 2000, ...more });
}
