/**
 * Turns what runtimes say of a failed connection into something that a person can act on.
 *
 * @module
 */
import { RedisError } from "../errors.ts";

/** The reasons we know, by what the runtimes' errors are called and say. */
const REASONS: readonly (readonly [RegExp, string])[] = [
  // What the server says of us, before what is said of the server in the same words.
  [/certificate.?required|peer did not return a certificate/i, "the server wants a client certificate"],
  [/ALERT_(UNKNOWN_CA|BAD_CERT)|alert (unknown ca|bad cert)/i, "the server does not trust the client's certificate"],
  [/KEY_VALUES_MISMATCH/i, "the client's certificate and key do not belong together"],
  [/WRONG_VERSION_NUMBER|InvalidContentType|packet length too long/i, "the server does not speak TLS"],
  [/ECONNREFUSED|ConnectionRefused|connection refused/i, "connection refused; is a server running there?"],
  [/EACCES|PermissionDenied|NotCapable|Requires (net|read|write) access/i, "permission denied"],
  [/ENOENT|No such file/i, "there is no such socket"],
  [/CERT_HAS_EXPIRED|certificate (has )?expired|Expired/i, "the server's certificate has expired"],
  [/NotValidForName|ERR_TLS_CERT_ALTNAME|altname|Hostname\/IP/i, "the server's certificate is for another host"],
  [
    /ENOTFOUND|EAI_AGAIN|EAI_NODATA|getaddrinfo|lookup address|DNS|name resolution/i,
    "the host name cannot be resolved",
  ],
  // Deno says this of one that has expired, too.
  [
    /UNABLE_TO_VERIFY_LEAF/i,
    "the server's certificate is not trusted: its authority is not known here, or it has expired",
  ],
  [
    /UnknownIssuer|unable to (verify|get)|self[- ]signed|unknown ca|UNABLE_TO/i,
    "the server's certificate is not trusted",
  ],
  [/ECONNRESET|ConnectionReset|reset by peer/i, "the server reset the connection"],
  [/ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|unreachable/i, "the host cannot be reached"],
];

/** The reason in words, if this is an error that we know. */
export function reasonOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || error instanceof RedisError) return undefined;
  const said = `${error.name} ${(error as { code?: string }).code ?? ""} ${error.message}`;
  return REASONS.find(([pattern]) => pattern.test(said))?.[1];
}
