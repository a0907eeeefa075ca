/**
 * Servers that sentinels watch over: a client finds the primary, or a replica, by the name that the sentinels know, and
 * follows it when they appoint another.
 *
 * ```ts no-run
 * import { connect } from "@respire/redis";
 * import { primaryOf } from "@respire/redis/sentinel";
 *
 * const sentinels = ["redis://sentinel-1:26379", "redis://sentinel-2:26379", "redis://sentinel-3:26379"];
 * await using redis = await connect({ connect: primaryOf("main", sentinels), password: "…" });
 * await redis.set("key", "value");
 * ```
 *
 * @module
 */
import { connectTransport, readOptions } from "../client/mod.ts";
import { checkNumber } from "../client/check.ts";
import { checkKind, checkKnown } from "../client/known.ts";
import type { Target } from "../client/open.ts";
import { LONGEST_DELAY } from "../connection/wait.ts";
import type { Address, Connect } from "../transport/transport.ts";
import { ConnectionError } from "../errors.ts";
import { Lookout } from "./lookout.ts";
import { type Place, type Role, type Sentinel, sentinelOf, Sentinels } from "./sentinels.ts";

// What its options, and the socket that it gives, are made of.
export type {
  Address,
  Backoff,
  Bytes,
  ClientOptions,
  CommandSpec,
  Connect,
  Credentials,
  KeyRule,
  KnownErrorCode,
  Limits,
  LineState,
  NamedPlace,
  NativeMeans,
  Push,
  RedisError,
  Reply,
  ReplyError,
  Target,
  TlsOptions,
  Transport,
  TransportHandler,
  Wanted,
} from "../client/common.ts";
export type { Place } from "./sentinels.ts";

/** How sentinels are asked. All are optional. */
export interface SentinelOptions {
  /** Milliseconds that one sentinel may take to connect, and again to answer; 1,000 unless given. Then the next is asked. */
  readonly timeout?: number | undefined;
  /**
   * Where a server is for this process, if that is not where the sentinels say: behind NAT, in containers, or by names that
   * a certificate is for. It is asked for primaries, replicas and for further sentinels.
   */
  readonly translate?: ((place: Place) => Place) | undefined;
  /** Opens sockets, to sentinels and to what they tell of; the runtime's own way unless given. */
  readonly connect?: Connect | undefined;
}

const KNOWN = ["timeout", "translate", "connect"];

/**
 * Opens sockets to the primary that sentinels know by this name: for the option `connect` of any client or pool. Where the
 * primary is, they are asked for each connection, one after the other until one knows. A server that says it is a replica
 * is not taken. As long as connections are open, the sentinels are listened to: when one tells of another primary, those that
 * lead elsewhere are closed, and the client opens new ones, as after any loss.
 *
 * User, password, database and TLS of the server are options of the client as ever; those of the sentinels stand with
 * each of them.
 *
 * @param name What the sentinels call the primary (`sentinel monitor NAME …`).
 * @param sentinels URLs or options of one sentinel or more, as `connect` takes them; port 26379 unless given. Others are
 *   found by these.
 * @throws {TypeError} if there is none, or it cannot be understood.
 *
 * @example
 * ```ts no-run
 * import { connectPool } from "@respire/redis";
 * import { primaryOf } from "@respire/redis/sentinel";
 *
 * const primary = primaryOf("main", [{ hostname: "10.0.0.1", password: "of sentinels" }, { hostname: "10.0.0.2" }]);
 * await using pool = await connectPool({ connect: primary, password: "of the server", size: 5 });
 * ```
 */
export function primaryOf(name: string, sentinels: readonly Target[], options: SentinelOptions = {}): Connect {
  return finding("master", name, sentinels, options);
}

/**
 * Opens sockets to a replica of the primary that sentinels know by this name, to read what need not be the latest: each
 * connection, and each new attempt at one, goes to the next of those that are up and hear their primary, beginning with any
 * of them. A replica that becomes the primary is left for another. Writes are refused with `READONLY`. The rest is as with {@link primaryOf}.
 *
 * @throws {TypeError} if there is no sentinel, or it cannot be understood.
 *
 * @example
 * ```ts no-run
 * import { connect } from "@respire/redis";
 * import { replicaOf } from "@respire/redis/sentinel";
 *
 * await using reader = await connect({ connect: replicaOf("main", ["redis://10.0.0.1:26379"]) });
 * console.log(await reader.get("key"));
 * ```
 */
export function replicaOf(name: string, sentinels: readonly Target[], options: SentinelOptions = {}): Connect {
  return finding("replica", name, sentinels, options);
}

function finding(role: Role, name: string, targets: readonly Target[], options: SentinelOptions): Connect {
  check(name, targets, options);
  const { timeout = 1000, translate = (place) => place } = options;
  const open: Connect = options.connect ?? connectTransport;
  const limits = { connectTimeout: timeout, timeout };
  const given = targets.map((target) => sentinelOf({ ...limits, ...readOptions(target) }));
  const sentinels = new Sentinels(name, role, given, open, translate);
  const lookout = new Lookout(name, role, sentinels);
  /** Where each attempt looks, and who told of that place. */
  const attempts = new WeakMap<Address, { readonly at: Place; readonly sentinel: Sentinel }>();
  let found: Place | undefined;
  /** Whose turn it is of several replicas; other processes begin elsewhere. */
  let turn = Math.floor(Math.random() * 0x10000);
  const connect: Connect = async (address, handler, signal) => {
    const { places, sentinel } = await sentinels.find(signal);
    const place = places[turn++ % places.length]!;
    const at = translate(place);
    attempts.set(address, { at, sentinel });
    let left: AbortSignal | undefined;
    const there = { ...address, path: undefined, hostname: at.hostname, port: at.port };
    try {
      // Where sockets end with a request nobody listens, for nobody would be told of their end.
      const socket = await (open.here === undefined
        ? lookout.keep(place, sentinel, handler, signal, (watched, stop) =>
          open(there, watched, left = stop))
        : open(there, handler, signal));
      found = at;
      return socket;
    } catch (error) {
      // Another may know better, unless the client has ended the attempt, or what sentinels said.
      if (!signal?.aborted && !left?.aborted) sentinels.defer(sentinel);
      throw error;
    }
  };
  const other = (is: string, address: Address): Error => {
    const teller = attempts.get(address)?.sentinel;
    if (teller !== undefined) sentinels.defer(teller);
    return new ConnectionError(`The server is a ${is === "master" ? "primary" : is}`);
  };
  const called = {
    name: role === "master" ? `primary ${name}` : `replica of ${name}`,
    asked: (address: Address): Place | undefined => attempts.get(address)?.at,
    // Replicas are many.
    get at(): Place | undefined {
      return role === "master" ? found : undefined;
    },
  };
  return Object.assign(connect, { wants: { role, other }, place: called, here: open.here });
}

function check(name: string, sentinels: readonly unknown[], options: SentinelOptions): void {
  if (typeof name !== "string" || name === "") {
    throw new TypeError("What the sentinels call the primary must be a name");
  }
  if (!Array.isArray(sentinels) || sentinels.length === 0) {
    throw new TypeError("Expected a list of at least one sentinel");
  }
  checkKnown(options, KNOWN);
  const { timeout, translate, connect } = options;
  checkNumber("timeout", timeout, 1, LONGEST_DELAY);
  checkKind("translate", translate, "function", "a function");
  checkKind("connect", connect, "function", "a function");
}
