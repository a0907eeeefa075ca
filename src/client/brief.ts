/**
 * What a small build has in place of reading and checking options: the usual URL, and trust in the types.
 *
 * @module
 */
import { defined, type PoolOptions } from "./options.ts";

/**
 * Puts a URL and options together: `redis://[user[:password]@]host[:port][/database]`, or `rediss://`.
 *
 * @throws {TypeError} if the URL is another one. The message never shows user or password.
 */
export function readBriefly(target: string | URL | PoolOptions | undefined, more: PoolOptions = {}): PoolOptions {
  const own = defined(more);
  const given = typeof target === "object" && !(target instanceof URL) ? defined({ ...target, ...own }) : own;
  const url = typeof target === "string" || target instanceof URL ? target : given.url;
  return url === undefined ? given : { ...partsOf(String(url)), ...given };
}

const WANTED = "This client was generated without options: it reads redis[s]://user:password@host:port/database";

function partsOf(text: string): PoolOptions {
  // What the platform says of a URL that it cannot read, or decode, shows all of it.
  try {
    return read(text);
  } catch {
    throw new TypeError(WANTED);
  }
}

function read(text: string): PoolOptions {
  const { protocol, hostname, port, username, password, pathname, search, hash } = new URL(text);
  const tls = protocol === "rediss:";
  // Here a # ends the host: what was to be a password would be a port, and the rest of it nothing.
  const isUsual = (tls || protocol === "redis:") && search + hash === "" && /^(?:\/\d*)?$/.test(pathname);
  if (!isUsual) throw new TypeError(WANTED);
  return {
    hostname: hostname.replace(/^\[(.*)\]$/, "$1") || undefined,
    port: port === "" ? undefined : Number(port),
    database: Number(pathname.slice(1)),
    username: decodeURIComponent(username) || undefined,
    password: decodeURIComponent(password) || undefined,
    tls,
  };
}
