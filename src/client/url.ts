/**
 * Connection URLs.
 *
 * @module
 */

/** What a URL says. */
export interface UrlParts {
  hostname?: string;
  port?: number;
  path?: string;
  tls?: true;
  username?: string;
  password?: string;
  database?: number;
  protocol?: 2 | 3;
  clientName?: string;
  connectTimeout?: number;
}

const SCHEMES: Record<string, { tls?: true; unix?: true }> = {
  "redis:": {},
  "valkey:": {},
  "rediss:": { tls: true },
  "valkeys:": { tls: true },
  "unix:": { unix: true },
  "redis+unix:": { unix: true },
};

/**
 * Reads `redis://[user[:password]@]host[:port][/database]`, `rediss://…` (TLS) and
 * `unix:///path/to/socket` (or `redis+unix:`), each with `?database=…&protocol=…&clientName=…&connectTimeout=…`.
 *
 * @throws {TypeError} if the URL cannot be understood. The message never shows user or password.
 */
export function parseUrl(text: string | URL): UrlParts {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw new TypeError(
      "The connection URL cannot be understood; expected redis://host:port or the like",
    );
  }
  const scheme = SCHEMES[url.protocol];
  if (scheme === undefined) {
    throw new TypeError(
      `The connection URL begins with ${url.protocol}//; expected ${Object.keys(SCHEMES).join(", ")}`,
    );
  }
  const parts: UrlParts = scheme.unix ? { path: unixPath(url) } : tcpParts(url, scheme.tls);
  if (url.username !== "") parts.username = decoded(url.username, "user");
  if (url.password !== "") parts.password = decoded(url.password, "password");
  for (const [name, value] of url.searchParams) setOption(parts, name, value);
  return parts;
}

function unixPath(url: URL): string {
  const path = decoded(url.host + url.pathname, "path");
  if (path === "" || path === "/") {
    throw new TypeError("The connection URL names no unix socket");
  }
  return path;
}

function tcpParts(url: URL, tls: true | undefined): UrlParts {
  const parts: UrlParts = {};
  if (tls) parts.tls = true;
  if (url.hostname !== "") {
    parts.hostname = decoded(url.hostname.replace(/^\[(.*)\]$/, "$1"), "host");
  }
  if (url.port !== "") parts.port = Number(url.port);
  const database = url.pathname.replace(/^\//, "");
  if (database !== "") parts.database = wholeNumber(database, "database");
  return parts;
}

function setOption(parts: UrlParts, name: string, value: string): void {
  switch (name) {
    case "db":
    case "database":
      parts.database = wholeNumber(value, "database");
      break;
    case "protocol":
      if (value !== "2" && value !== "3") {
        throw new TypeError("The connection URL's protocol must be 2 or 3");
      }
      parts.protocol = Number(value) as 2 | 3;
      break;
    case "clientName":
      parts.clientName = value;
      break;
    case "connectTimeout":
      parts.connectTimeout = wholeNumber(value, name);
      break;
    default:
      throw new TypeError(
        `The connection URL has an option that is not known: ${name}; known: database, protocol, clientName, connectTimeout`,
      );
  }
}

function wholeNumber(text: string, what: string): number {
  if (!/^\d{1,9}$/.test(text)) {
    throw new TypeError(`The connection URL's ${what} must be a whole number`);
  }
  return Number(text);
}

function decoded(text: string, what: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new TypeError(
      `The connection URL's ${what} is not well percent-encoded`,
    );
  }
}
