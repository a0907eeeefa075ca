/**
 * What is said of a connection that failed.
 *
 * @module
 */
import { ConnectionError, ProtocolError, RedisError } from "../errors.ts";
import type { Address } from "../transport/transport.ts";

/** What an error of a runtime means, or `undefined` if that is not known. */
export type Reasons = (error: unknown) => string | undefined;

/** The address as a person writes it. */
export function describe(address: Address): string {
  const { hostname, port, path, place } = address;
  if (place !== undefined) {
    const asked = place.asked(address);
    return asked === undefined ? place.name : `${place.name} at ${describe(asked)}`;
  }
  if (path !== undefined) return path;
  return `${hostname.includes(":") ? `[${hostname}]` : hostname}:${port}`;
}

/** An error for a connection that could not be made. What this module made itself passes, told where it happened. */
export function explain(error: unknown, address: Address, reasons: Reasons = () => undefined): Error {
  const where = `Cannot connect to ${describe(address)}`;
  if (error instanceof ConnectionError) {
    const { cause, closed, message } = error;
    if (cause instanceof ProtocolError) {
      return new ConnectionError(`${where}: what answers there does not speak the Redis protocol`, { cause });
    }
    return new ConnectionError(`${where}: ${reasons(cause) ?? message}`, { cause: cause ?? error, closed });
  }
  if (error instanceof RedisError || error instanceof TypeError || error instanceof RangeError) return error;
  const reason = reasons(error) ?? wordsOf(error);
  return new ConnectionError(`${where}: ${reason}`, { cause: error });
}

/** That of an attempt at several addresses has a code and no message. */
function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.message || (error as { code?: string }).code || error.name;
}
