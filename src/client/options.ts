/**
 * What a caller may ask of a client, and what is assumed where nothing is said.
 *
 * @module
 */
import type { Backoff } from "../connection/backoff.ts";
import { exponential } from "../connection/backoff.ts";
import { type Credentials, remembering } from "../connection/handshake.ts";
import { type LineOptions, type LineState, resendReadonly } from "../connection/line_options.ts";
import type { CommandSpec } from "../command/spec.ts";
import type { Limits } from "../resp/limits.ts";
import type { Push } from "../resp/reply.ts";
import { readVariable } from "../transport/environment.ts";
import type { Connect, TlsOptions } from "../transport/transport.ts";
import { checkOptions } from "./check.ts";
import type { Capacity } from "./core.ts";
import type { Identity } from "./identity.ts";
import { feature, type Kit } from "./kit.ts";
import type { PoolLimits } from "./lines.ts";
import { parseUrl } from "./url.ts";

/** The settings of a client. All are optional. */
export interface ClientOptions {
  /**
   * A connection URL; options given beside it win over what it says. `env:REDIS_URL` stands for the URL in that
   * environment variable, which is read only then.
   */
  readonly url?: string | URL | undefined;
  /** Host name or IP address; `127.0.0.1` unless given. */
  readonly hostname?: string | undefined;
  /** TCP port; 6379 unless given. */
  readonly port?: number | undefined;
  /** Path of a unix socket, instead of host and port. */
  readonly path?: string | undefined;
  /** `true` or settings to encrypt the connection. Certificates are verified unless told otherwise. */
  readonly tls?: boolean | TlsOptions | undefined;
  /** The ACL user. */
  readonly username?: string | undefined;
  /** The password. */
  readonly password?: string | undefined;
  /**
   * Gives user and password, instead of `username` and `password`; asked at each connect, and by
   * {@link BaseClient.reauthenticate}. A session's connection that is reset takes what was given last.
   */
  readonly credentials?: (() => Credentials | Promise<Credentials>) | undefined;
  /** The database to use; 0 unless given. */
  readonly database?: number | undefined;
  /** 3 unless given, with 2 where the server does not know better. */
  readonly protocol?: 2 | 3 | undefined;
  /** The connection's name, as CLIENT LIST shows it. */
  readonly clientName?: string | undefined;
  /** Tell the server which library this is; `true` unless given. */
  readonly clientInfo?: boolean | undefined;
  /** Milliseconds for one attempt to connect; 10,000 unless given, 0 waits for ever. */
  readonly connectTimeout?: number | undefined;
  /**
   * Milliseconds without a byte from the server while replies are owed, and in which it takes none of what is being sent,
   * after which it is taken for dead; 30,000 unless given, 0 waits for ever.
   */
  readonly silenceTimeout?: number | undefined;
  /** Milliseconds without a byte and without a command after which a connection is tried with a PING; 60,000 unless given, 0 never does. */
  readonly pingInterval?: number | undefined;
  /** Milliseconds that a command may wait for a connection; 10,000 unless given, 0 waits for ever. */
  readonly queueTimeout?: number | undefined;
  /**
   * How many commands may wait for a connection that was lost, or could not be made; 100,000 unless given, 0 lets none wait
   * but the one that has it opened again. They all wait for one that is opened for the first time, or replaced. Where as
   * many wait, subscriptions and what needs a connection of its own are refused, too.
   */
  readonly queueLimit?: number | undefined;
  /** Milliseconds for which a command that the server refuses for now (LOADING, READONLY, TRYAGAIN…) is sent again; 10,000 unless given, 0 never does. */
  readonly retryFor?: number | undefined;
  /** How many commands may be pending per connection; 1,000,000 unless given. */
  readonly maxPending?: number | undefined;
  /** How many bytes may wait for the socket of a connection; no limit unless given. */
  readonly maxPendingBytes?: number | undefined;
  /** What happens to a command beyond these limits: `"error"` (the default) rejects it, `"wait"` lets it wait its turn. */
  readonly overflow?: "error" | "wait" | undefined;
  /**
   * Milliseconds from each call until its caller is released; at least 1, no limit unless given. It holds for blocking
   * commands, too: `redis.with({ timeout: undefined })` lifts it.
   */
  readonly timeout?: number | undefined;
  /**
   * When to try again to get back a connection that was lost; doubling from 50 ms to 2 s unless given, for as long as the
   * server is away. Opening a client tries once, and a shard of a cluster that is not there then is tried for again.
   */
  readonly backoff?: Backoff | undefined;
  /** May this command be sent again if its connection was lost? Read-only ones unless given. */
  readonly resend?: ((spec: CommandSpec) => boolean) | undefined;
  /** Milliseconds of idleness before TCP keep-alive probes; 15,000 unless given, 0 turns them off. */
  readonly keepAlive?: number | undefined;
  /** How many connections of their own sessions and blocking commands may have at once; 10 unless given. A pool has `size`. */
  readonly maxSessions?: number | undefined;
  /** Milliseconds to wait for a connection of one's own; 10,000 unless given, 0 waits for ever. */
  readonly waitTimeout?: number | undefined;
  /** How many callers may wait for a connection of their own; 10,000 unless given, 0 lets none wait. */
  readonly maxWaiting?: number | undefined;
  /** Milliseconds that an unused connection of a session stays open; 30,000 unless given, 0 keeps it. */
  readonly idleTimeout?: number | undefined;
  /**
   * Milliseconds after which a connection is replaced by a new one: up to a tenth sooner, lest all be replaced at once,
   * and later where it is looked at later. The old one is closed once nothing is owed on it. 0, never, unless given.
   * One that carries subscriptions stays, since a new one would mean a gap.
   */
  readonly maxLifetime?: number | undefined;
  /**
   * Milliseconds of silence after which a connection is tried with a PING before a session or a blocking command gets it;
   * 10,000 unless given, 0 never does.
   */
  readonly checkAfter?: number | undefined;
  /** Limits on what a reply may cost. */
  readonly limits?: Limits | undefined;
  /**
   * Prove with an ECHO at the end of each write that no reply is missing and none is too many, before any of them is
   * handed out; `false` unless given.
   */
  readonly integrity?: boolean | undefined;
  /**
   * Called at each change of a shared connection's {@link LineState}, while it is shared, and with `"reconnecting"` again
   * for each attempt that failed and is followed by another: what becomes of a session's connection is not told. A pool
   * has several that are shared; a cache has one of its own, and so have subscriptions with RESP2. Whether the client
   * works is not told by any one of them: `redis.with({ timeout: 500 }).ping()` asks.
   */
  readonly onState?: ((state: LineState, error?: Error) => void) | undefined;
  /** Called with each out-of-band value that is no subscription's message. */
  readonly onPush?: ((push: Push) => void) | undefined;
  /** Opens sockets; the runtime's own way unless given. */
  readonly connect?: Connect | undefined;
}

/** The settings of a pool. All are optional. */
export interface PoolOptions extends ClientOptions {
  /**
   * How many connections there may be; 10 unless given. They are opened when they are needed. With 1 there is a second one
   * for sessions and blocking commands.
   */
  readonly size?: number | undefined;
  /** How many connections are open from the start, and stay open though nobody uses them; 1 unless given. */
  readonly min?: number | undefined;
}

/**
 * Puts a URL and options together and checks them. Options win over what the URL says.
 *
 * @throws {TypeError} for a value of the wrong kind or an unknown name, {@link RangeError} for a number out of range.
 */
export function readOptions(
  target: string | URL | PoolOptions | undefined,
  more: PoolOptions = {},
  pool = false,
): PoolOptions {
  // By what it has, for a URL may be another realm's; it has nothing of its own, as options have.
  const { href = target } = Object(target);
  const isUrl = typeof href === "string" && (href === target || Object.keys(target as object).length === 0);
  // Nothing at all stands for the usual place; what was to be one, and is none, does not.
  const isKnown = target === undefined || isUrl || mayHoldOptions(target);
  if (!isKnown || !mayHoldOptions(more)) {
    throw new TypeError("A client is opened with a URL, with options, or with both");
  }
  const given: PoolOptions = isUrl ? { ...more, url: href } : { ...target as PoolOptions, ...defined(more) };
  const own = defined(given);
  const said = given.url === undefined ? {} : parseUrl(urlOf(given.url));
  // What is given beside the URL replaces what cannot stand beside it.
  if (own.path !== undefined || own.hostname !== undefined) delete said.path;
  if (own.credentials !== undefined) delete said.username, delete said.password;
  const tls = own.tls === true || own.tls === undefined ? said.tls ?? own.tls : own.tls;
  const merged = typeof tls === "object" && tls !== null ? { ...said.tls, ...defined(tls) } : tls;
  const options = defined({ ...said, ...own, tls: merged });
  checkOptions(options as Record<string, unknown>, pool);
  return options;
}

/** A URL, or what stands in the environment variable that is named instead: `env:REDIS_URL`. */
function urlOf(url: string | URL): string | URL {
  const named = /^env:(.*)$/.exec(String(url));
  if (named === null) return url;
  const name = named[1] || "REDIS_URL";
  if (!/^\w+$/.test(name)) throw new TypeError("After env: comes the name of an environment variable");
  const value = readVariable(name);
  if (!value) throw new TypeError(`The environment variable ${name} is not set; it should hold the connection URL`);
  return value;
}

/** What has nothing of its own, and is no plain object (a promise, a map…), says nothing of what was meant. */
function mayHoldOptions(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  // What plain objects descend from, in whatever realm, descends from nothing.
  const parent = Object.getPrototypeOf(value) ?? Object.prototype;
  return Object.keys(value).length > 0 || Object.getPrototypeOf(parent) === null;
}

/** The options that are given: one that is `undefined` does not win over what the URL says. */
export function defined<T extends object>(options: T): T {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T;
}

/** How many connections a pool may have. */
export function poolSize(options: PoolOptions): number {
  const { size = 10 } = options;
  if (poolLimits(options).min > size) throw new RangeError("Option min must not be larger than size");
  return size;
}

/** How many connections a client with one shared one may have: that one, and those of sessions and blocking commands. */
export function mostLines({ maxSessions }: ClientOptions): number {
  return 1 + (maxSessions ?? 10);
}

/** How long a pool of this client may take for what, and who may wait. */
export function poolLimits(options: PoolOptions): PoolLimits {
  return {
    min: options.min ?? 1,
    maxWaiting: options.maxWaiting ?? 10_000,
    waitTimeout: options.waitTimeout ?? 10_000,
    idleTimeout: options.idleTimeout ?? 30_000,
    maxLifetime: options.maxLifetime ?? 0,
    checkAfter: options.checkAfter ?? 10_000,
  };
}

/** How much may be pending at once. */
export function capacityOf(options: ClientOptions): Capacity {
  return {
    commands: options.maxPending ?? 1_000_000,
    bytes: options.maxPendingBytes ?? Infinity,
    overflow: options.overflow ?? "error",
  };
}

/** What a line of this client needs to know; `openSocket` where the options do not say how. */
export function lineOptions(
  options: ClientOptions,
  kit: Kit,
  openSocket: Connect,
  identity?: Identity,
): Omit<LineOptions, "eager"> {
  const { tls, username, password, credentials, connect = openSocket } = options;
  return {
    address: {
      hostname: options.hostname ?? "127.0.0.1",
      port: options.port ?? 6379,
      path: options.path,
      tls: tls === true ? {} : tls === false ? undefined : tls,
      keepAlive: options.keepAlive,
      place: connect.place,
    },
    connect,
    wants: connect.wants,
    readonly: connect.readonly,
    credentials: identity?.ask ??
      (credentials ? remembering(credentials) : password === undefined ? undefined : { username, password }),
    database: options.database ?? 0,
    protocol: options.protocol ?? 3,
    clientName: options.clientName,
    clientInfo: options.clientInfo ?? true,
    connectTimeout: options.connectTimeout ?? 10_000,
    silence: options.silenceTimeout ?? 30_000,
    pingInterval: options.pingInterval ?? 60_000,
    queueTimeout: options.queueTimeout ?? 10_000,
    retryFor: options.retryFor ?? 10_000,
    queueLimit: options.queueLimit ?? 100_000,
    backoff: options.backoff ?? exponential(),
    resend: options.resend ?? resendReadonly,
    limits: options.limits,
    integrity: options.integrity ? feature(kit.safeguards, "options").integrity : undefined,
    reasons: kit.safeguards?.reasons,
  };
}
