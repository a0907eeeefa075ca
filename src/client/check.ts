/**
 * Whether options make sense. Messages name the option, never its value: it may be a secret.
 *
 * @module
 */

import { checkKind, checkKnown } from "./known.ts";

/** Whole numbers, and what they may be. These may stand in a URL, too. */
export const NUMBERS: Readonly<Record<string, readonly [min: number, max: number]>> = {
  port: [1, 65535],
  database: [0, 2 ** 31 - 1],
  connectTimeout: [0, 2 ** 31 - 1],
  silenceTimeout: [0, 2 ** 31 - 1],
  pingInterval: [0, 2 ** 31 - 1],
  queueTimeout: [0, 2 ** 31 - 1],
  queueLimit: [0, Number.MAX_SAFE_INTEGER],
  retryFor: [0, 2 ** 31 - 1],
  maxPending: [1, Number.MAX_SAFE_INTEGER],
  maxPendingBytes: [1, Number.MAX_SAFE_INTEGER],
  timeout: [1, 2 ** 31 - 1],
  keepAlive: [0, 2 ** 31 - 1],
  maxSessions: [1, 10_000],
  maxWaiting: [0, Number.MAX_SAFE_INTEGER],
  waitTimeout: [0, 2 ** 31 - 1],
  idleTimeout: [0, 2 ** 31 - 1],
  maxLifetime: [0, 2 ** 31 - 1],
  checkAfter: [0, 2 ** 31 - 1],
  size: [1, 10_000],
  min: [0, 10_000],
};

/** Yes or no. These may stand in a URL, too. */
export const BOOLEANS: readonly string[] = ["clientInfo", "integrity"];

const STRINGS = ["hostname", "path", "username", "password", "clientName"];
const FUNCTIONS = ["credentials", "backoff", "resend", "onState", "onPush", "connect"];
const POOL = ["size", "min"];
const KNOWN = [...Object.keys(NUMBERS), ...BOOLEANS, ...STRINGS, ...FUNCTIONS]
  .concat(["url", "tls", "protocol", "limits", "overflow"]).sort();

const LIMITS = ["depth", "elements", "bulk", "line", "idle"];

const TLS_TEXTS = ["cert", "key", "serverName"];
const TLS = ["ca", "verify", ...TLS_TEXTS];

type Options = Readonly<Record<string, unknown>>;

/**
 * Checks options of a client, or of a pool.
 *
 * @throws {TypeError} for a value of the wrong kind, an unknown name, or what does not go together.
 * @throws {RangeError} for a number out of range.
 */
export function checkOptions(options: Options, pool: boolean): void {
  checkKnown(options, KNOWN);
  const foreign = pool ? undefined : POOL.find((name) => name in options);
  if (foreign !== undefined) throw new TypeError(`Option ${foreign} is one of connectPool()`);
  for (const [name, [min, max]] of Object.entries(NUMBERS)) checkNumber(name, options[name], min, max);
  for (const name of STRINGS) checkText(name, options[name]);
  for (const name of BOOLEANS) checkKind(name, options[name], "boolean", "true or false");
  for (const name of FUNCTIONS) checkKind(name, options[name], "function", "a function");
  checkTls(options.tls);
  checkLimits(options.limits);
  checkTogether(options);
}

/** Refuses what is given and is no whole number within these bounds. */
export function checkNumber(name: string, value: unknown, min: number, max: number): void {
  if (value === undefined) return;
  if (typeof value !== "number" || !Number.isInteger(value)) {
    throw new TypeError(`Option ${name} must be a whole number`);
  }
  if (value < min || value > max) throw new RangeError(`Option ${name} must be from ${min} to ${max}`);
}

function checkText(name: string, value: unknown): void {
  if (value !== undefined && (typeof value !== "string" || value === "")) {
    throw new TypeError(`Option ${name} must be a string that is not empty`);
  }
}

function checkTls(tls: unknown): void {
  if (tls === undefined || typeof tls === "boolean") return;
  if (typeof tls !== "object" || tls === null) throw new TypeError("Option tls must be true, false, or an object");
  checkKnown(tls, TLS, "tls.");
  const { ca, cert, key, verify } = tls as Options;
  for (const name of TLS_TEXTS) checkText(`tls.${name}`, (tls as Options)[name]);
  checkKind("tls.verify", verify, "boolean", "true or false");
  for (const one of Array.isArray(ca) ? ca : [ca]) checkPem("tls.ca", one);
  checkPem("tls.cert", cert);
  checkPem("tls.key", key);
  if ((cert === undefined) !== (key === undefined)) throw new TypeError("Options tls.cert and tls.key go together");
}

/** A limit that is no number would be none, or break every reply. */
function checkLimits(limits: unknown): void {
  if (limits === undefined) return;
  if (typeof limits !== "object" || limits === null) throw new TypeError("Option limits must be an object");
  checkKnown(limits, LIMITS, "limits.");
  for (const [name, limit] of Object.entries(limits)) {
    checkNumber(`limits.${name}`, limit, name === "idle" ? 0 : 1, Number.MAX_SAFE_INTEGER);
  }
}

function checkPem(name: string, text: unknown): void {
  if (text !== undefined && !(typeof text === "string" && text.includes("-----BEGIN "))) {
    throw new TypeError(
      `Option ${name} must be PEM text (-----BEGIN …): a string, neither bytes nor the name of a file`,
    );
  }
}

function checkTogether({ hostname, clientName, protocol, overflow, username, password, credentials }: Options): void {
  if (typeof hostname === "string" && hostname.includes("/")) {
    throw new TypeError("Option hostname must be a host name or an address; a URL is given as url");
  }
  if (clientName !== undefined && /[^!-~]/.test(clientName as string)) {
    throw new TypeError("Option clientName must be of printable ASCII without white space: the server refuses others");
  }
  if (protocol !== undefined && protocol !== 2 && protocol !== 3) throw new TypeError("Option protocol must be 2 or 3");
  if (overflow !== undefined && overflow !== "error" && overflow !== "wait") {
    throw new TypeError('Option overflow must be "error" or "wait"');
  }
  if (credentials !== undefined && (password !== undefined || username !== undefined)) {
    throw new TypeError("Give either credentials or username and password");
  }
  if (username !== undefined && password === undefined) {
    throw new TypeError("Option username needs a password: the server is told both, or neither");
  }
}
