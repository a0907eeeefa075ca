/**
 * Turns what runtimes say of a failed connection into something that a person can act on.
 *
 * @module
 */
import { ConnectionError, ProtocolError, RedisError } from "../errors.ts";
import type { Address } from "../transport/transport.ts";

/** The address as a person writes it. */
export function describe(address: Address): string {
  if (address.path !== undefined) return address.path;
  const { hostname, port } = address;
  return `${hostname.includes(":") ? `[${hostname}]` : hostname}:${port}`;
}

/** The reasons we know, by what the runtimes' errors are called and say. */
const REASONS: readonly (readonly [RegExp, string])[] = [
  [/ECONNREFUSED|ConnectionRefused|connection refused/i, "connection refused; is a server running there?"],
  [
    /ENOTFOUND|EAI_AGAIN|EAI_NODATA|getaddrinfo|lookup address|DNS|name resolution/i,
    "the host name cannot be resolved",
  ],
  [/EACCES|PermissionDenied|NotCapable|Requires (net|read|write) access/i, "permission denied"],
  [/ENOENT|No such file/i, "there is no such socket"],
  [
    /UnknownIssuer|unable to (verify|get)|self[- ]signed|unknown ca|UNABLE_TO/i,
    "the server's certificate is not trusted",
  ],
  [/CERT_HAS_EXPIRED|certificate (has )?expired|Expired/i, "the server's certificate has expired"],
  [/NotValidForName|ERR_TLS_CERT_ALTNAME|altname|Hostname\/IP/i, "the server's certificate is for another host"],
  [/ECONNRESET|ConnectionReset|reset by peer/i, "the server reset the connection"],
  [/ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|unreachable/i, "the host cannot be reached"],
];

/** An error for a connection that could not be made. What this module made itself passes, told where it happened. */
export function explain(error: unknown, address: Address): Error {
  const where = `Cannot connect to ${describe(address)}`;
  if (error instanceof ConnectionError) {
    if (error.cause instanceof ProtocolError) {
      return new ConnectionError(`${where}: what answers there does not speak the Redis protocol`, {
        cause: error.cause,
      });
    }
    return new ConnectionError(`${where}: ${error.message}`, {
      cause: error.cause ?? error,
      closed: error.closed,
    });
  }
  if (error instanceof RedisError) return error;
  if (error instanceof TypeError || error instanceof RangeError) return error;
  const said = error instanceof Error
    ? `${error.name} ${(error as { code?: string }).code ?? ""} ${error.message}`
    : "";
  const reason = REASONS.find(([pattern]) => pattern.test(said))?.[1];
  return new ConnectionError(`${where}: ${reason ?? (error instanceof Error ? error.message : String(error))}`, {
    cause: error,
  });
}
