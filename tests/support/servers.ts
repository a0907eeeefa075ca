/**
 * What `./testing` gives to everybody's tests, under the name that ours know it by, and what only ours need.
 *
 * @module
 */
import { networkInterfaces } from "node:os";

export * from "../../src/testing/mod.ts";
export { freePort } from "../../src/testing/port.ts";

/** An address of this machine that is not loopback, if it has one: what a protected server refuses. */
export function outerAddress(): string | undefined {
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  return addresses.find((address) => address.family === "IPv4" && !address.internal)?.address;
}
