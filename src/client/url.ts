/**
 * Connection URLs.
 *
 * @module
 */

import { BOOLEANS, NUMBERS } from "./check.ts";

/** What a URL says: options, by their names. */
export interface UrlParts {
  hostname?: string | undefined;
  port?: number | undefined;
  path?: string | undefined;
  tls?: { serverName?: string; verify?: boolean } | undefined;
  username?: string | undefined;
  password?: string | undefined;
  [option: string]: unknown;
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
 * `unix:///path/to/socket` (or `redis+unix:`). What follows the `?` are options by their names: numbers, `true` and
 * `false`, `protocol`, `clientName`; with TLS `serverName` and `verify`, too.
 *
 * @throws {TypeError} if the URL cannot be understood. The message never shows user or password.
 */
export function parseUrl(text: string | URL): UrlParts {
  let url: URL;
  // A user may stand before a path, too, which URLs in general do not allow: they want a host between the two.
  const hosted = String(text).replace(/^((?:redis\+)?unix:\/\/[^/?#]*@)\//i, "$1socket/");
  try {
    url = new URL(hosted);
  } catch {
    throw new TypeError(
      "The connection URL cannot be understood; expected redis://host:port or the like, user and password percent-encoded",
    );
  }
  if (url.hash !== "") throw new TypeError("The connection URL has a # in it: in a user or password it is written %23");
  const scheme = SCHEMES[url.protocol];
  // What stands before the first colon of host:port or user:password@host is none, whatever it is called.
  const isWhole = url.href.startsWith(`${url.protocol}//`);
  if (scheme === undefined || !(isWhole || scheme.unix)) {
    const begins = isWhole ? `begins with ${url.protocol}//` : "has no scheme";
    throw new TypeError(`The connection URL ${begins}; expected ${Object.keys(SCHEMES).join(", ")}`);
  }
  const parts: UrlParts = scheme.unix ? { path: unixPath(url, hosted !== String(text)) } : tcpParts(url, scheme.tls);
  if (url.username !== "") parts.username = decoded(url.username, "user");
  if (url.password !== "") parts.password = decoded(url.password, "password");
  // Its path may name the database, too.
  const given = new Set("database" in parts ? ["database"] : []);
  for (const [name, value] of url.searchParams) {
    const option = name === "db" ? "database" : name;
    if (given.has(option)) throw new TypeError(`The connection URL gives ${option} twice`);
    given.add(option);
    setOption(parts, option, value);
  }
  return parts;
}

function unixPath(url: URL, hosted: boolean): string {
  const path = decoded((hosted ? "" : url.host) + url.pathname, "path");
  if (path === "" || path === "/") {
    throw new TypeError("The connection URL names no unix socket");
  }
  return path;
}

function tcpParts(url: URL, tls: true | undefined): UrlParts {
  const parts: UrlParts = {};
  if (tls) parts.tls = {};
  if (url.hostname !== "") {
    parts.hostname = decoded(url.hostname.replace(/^\[(.*)\]$/, "$1"), "host");
  }
  if (url.port !== "") parts.port = Number(url.port);
  const database = url.pathname.replace(/^\//, "");
  if (database !== "") parts.database = wholeNumber(database, "database");
  return parts;
}

const NUMERIC = Object.keys(NUMBERS).filter((name) => name !== "port");
const KNOWN = [...NUMERIC, ...BOOLEANS, "protocol", "clientName", "overflow", "serverName", "verify"].sort();

function setOption(parts: UrlParts, name: string, value: string): void {
  if (NUMERIC.includes(name) || name === "protocol") parts[name] = wholeNumber(value, name);
  else if (BOOLEANS.includes(name)) parts[name] = yesOrNo(value, name);
  else if (name === "clientName" || name === "overflow") parts[name] = value;
  else if (name === "serverName") tlsOf(parts, name).serverName = value;
  else if (name === "verify") tlsOf(parts, name).verify = yesOrNo(value, name);
  else {
    // A question mark within a password begins the options: then what is taken for a name is a part of it.
    const shown = /^[A-Za-z]{1,20}$/.test(name) && !value.includes("@") ? `: ${name}` : "";
    throw new TypeError(`The connection URL has an option that is not known${shown}; known are ${KNOWN.join(", ")}`);
  }
}

function tlsOf({ tls }: UrlParts, name: string): { serverName?: string; verify?: boolean } {
  if (tls === undefined) throw new TypeError(`The connection URL's ${name} is an option of rediss://`);
  return tls;
}

function yesOrNo(text: string, what: string): boolean {
  if (text !== "true" && text !== "false") throw new TypeError(`The connection URL's ${what} must be true or false`);
  return text === "true";
}

function wholeNumber(text: string, what: string): number {
  if (!/^\d+$/.test(text)) {
    throw new TypeError(`The connection URL's ${what} must be a whole number`);
  }
  // However long: it is out of range, not infinite.
  return Math.min(Number(text), Number.MAX_VALUE);
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
