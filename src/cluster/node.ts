/**
 * The connections of a cluster's client to one of its nodes, or to one after the other.
 *
 * @module
 */
import type { Core, Hooks } from "../client/core.ts";
import { CORE, LIKE } from "../client/core.ts";
import type { Identity } from "../client/identity.ts";
import type { WholeKit } from "../client/kit.ts";
import { type ClientOptions, mostLines } from "../client/options.ts";
import type { BaseClient } from "../client/redis.ts";
import type { Surfaces } from "../client/kit.ts";
import { assemble } from "../client/start.ts";
import type { Connection } from "../connection/connection.ts";
import type { SendOptions } from "../connection/pending.ts";
import { type Leavable, Sockets } from "../connection/sockets.ts";
import type { Traffic } from "../connection/traffic.ts";
import { settledWithin, unlessAborted } from "../connection/wait.ts";
import type { Address, Connect, TransportHandler } from "../transport/transport.ts";
import { ConnectionError, RedisError } from "../errors.ts";
import { type Place, wordFor } from "./topology.ts";

/** How long what is owed on a connection that leads elsewhere may still come, in milliseconds. */
const GRACE = 1000;
/** How long where something blocks: who waits for a key that has moved is sent on by the server, which looks now and then. */
const BLOCKED = 10_000;

/** A client of one node, whatever its commands are. */
export type NodeClient = BaseClient<Surfaces>;

/** What all nodes of one cluster's client have in common. */
export interface Parts {
  /** What their clients are made of. */
  readonly kit: WholeKit;
  /** How they are to behave. */
  readonly options: ClientOptions;
  /** Opens sockets. */
  readonly open: Connect;
  /** Where a node is for this process, if not where the nodes say. */
  readonly translate: ((place: Place) => Place) | undefined;
  /** What the caller has named: that is where they are for this process. */
  readonly seeds: readonly Place[];
  /** Who the client is. */
  readonly identity: Identity | undefined;
  /** What all of them count together. */
  readonly traffic: Traffic;
}

/** Where a node's connections lead. */
export interface Way {
  /** What errors call it. */
  readonly name: string;
  /** Where to connect to; `doubt` if that failed before, or the connection was lost. */
  readonly where: (doubt: boolean) => Place;
  /** Finds that out first, where there is doubt. */
  readonly learn?: (() => Promise<void>) | undefined;
  /** Reads from a replica. */
  readonly readonly?: boolean;
  /** See {@link Connect.persistent}. */
  readonly persistent?: boolean;
}

/** Where a socket leads. */
interface Lead {
  readonly place: Place;
  /** Whose it is. */
  readonly connection: Connection;
}

/** Why a socket is left though it is well, or may be: what is wanted is elsewhere. */
export class Departure extends Error {}

/** Cores that are a cluster's: their clients end with it. */
const LENT = new WeakSet<Core>();

/** The same kit, whose clients do not end a connection that is the cluster's. */
export function lending(kit: WholeKit): WholeKit {
  const Client = kit.client as new (core: Core, options: SendOptions) => NodeClient;
  class Lent extends Client {
    override close(within?: number): Promise<void> {
      return LENT.has(this[CORE]) ? Promise.resolve() : super.close(within);
    }

    override destroy(): void {
      if (!LENT.has(this[CORE])) super.destroy();
    }
  }
  return { ...kit, client: Lent };
}

/** A client whose connections lead to a place that is found out for each. */
export class Node {
  /** The client: that of its kit, with everything that it can do. */
  readonly client: NodeClient;
  readonly #sockets = new Sockets<Lead>(() => this.#doubt = true);
  /** Where each connection leads, as the nodes say. */
  readonly #places = new WeakMap<TransportHandler, Place>();
  readonly #surfaces = new WeakMap<SendOptions, NodeClient>();
  readonly #timers = new Set<ReturnType<typeof setTimeout>>();
  #doubt = false;
  #isWrong: (place: Place) => boolean = () => false;
  #asked: Place | undefined;

  constructor(parts: Parts, way: Way, hooks: Pick<Hooks, "onRefused" | "onLost">) {
    const { kit, options, identity, traffic } = parts;
    const connect = this.#connect(parts, way);
    const core = assemble(kit, connect, { ...options, connect }, 1, mostLines(options), hooks, identity, traffic);
    LENT.add(core);
    this.client = new kit.client(core, { mode: 0, timeout: options.timeout }) as NodeClient;
  }

  /** What its surfaces share. */
  get core(): Core {
    return this.client[CORE];
  }

  /** Where it was connected to last. */
  get at(): Place | undefined {
    return this.#asked;
  }

  /** Whether commands leave at once. */
  get isReady(): boolean {
    return this.core.pool.first().state === "ready";
  }

  /** Its client with these options. */
  surface(options: SendOptions): NodeClient {
    let surface = this.#surfaces.get(options);
    if (surface === undefined) this.#surfaces.set(options, surface = this.client[LIKE]<NodeClient>(options));
    return surface;
  }

  /** Nobody is about a connection, and nobody will be unless something is sent, or it is opened. */
  get isIdle(): boolean {
    return this.core.pool.first().state === "idle";
  }

  /** Opens its first connection. */
  open(): Promise<void> {
    return this.core.pool.open();
  }

  /**
   * It is elsewhere now. New commands go there; what is owed is still waited for a little, as the old node answers what it
   * has got, and stands still if it is dead.
   */
  leave(isWrong: (place: Place) => boolean, why: string): void {
    this.#isWrong = isWrong;
    const { pool } = this.core;
    const reason = new Departure(why);
    // Whatever was asked for since: another line may be elsewhere already.
    const at = this.#places.get(pool.first().live!);
    if (at !== undefined && isWrong(at)) pool.first().renew(reason);
    this.forget(why);
    if (this.core.closed) return;
    const stale = this.#sockets.filter(({ place }) => isWrong(place));
    // Nothing is owed yet on what is only being opened. Now, for it could be ready, and in use, a moment later.
    for (const socket of stale) if (!socket.about.connection.wasReady) socket.leave(reason);
    this.#leaveLater(stale.filter(({ about }) => about.connection.wasReady), reason);
  }

  #leaveLater(sockets: readonly Leavable<Lead>[], reason: Error): void {
    if (sockets.length === 0) return;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      // What is told of the cluster may have changed to and fro meanwhile.
      for (const socket of sockets) if (this.#isWrong(socket.about.place)) socket.leave(reason);
    }, GRACE);
    this.#timers.add(timer);
  }

  /** Ends its connections; the next are made elsewhere, as after any other loss. */
  drop(reason: ConnectionError): void {
    for (const socket of this.#sockets.filter(() => true)) socket.leave(reason);
    this.core.pool.first().drop(reason);
  }

  /** Does without the connections that wait for their next user: each of these would be sent on from where they lead. */
  forget(why: string): void {
    const { pool } = this.core;
    for (const line of pool.lines) if (pool.isIdle(line)) line.drop(new ConnectionError(why));
  }

  #connect({ open, translate, seeds }: Parts, { name, where, learn, ...rest }: Way): Connect {
    /** Where each attempt goes, and where the last one went, as it is for this process. */
    const attempts = new WeakMap<Address, Place>();
    let there: Place | undefined;
    const connect: Connect = async (address, handler, signal) => {
      const doubt = this.#doubt;
      if (doubt && learn !== undefined) await unlessAborted(signal, learn());
      this.#doubt = false;
      // From here to where its socket is known there is no moment in which it could become another place.
      const at = this.#asked = where(doubt);
      this.#places.set(handler, at);
      const { hostname, port } = seeds.includes(at) ? at : placed(translate, at);
      attempts.set(address, there = { hostname, port });
      const goal = { ...address, path: undefined, place: undefined, hostname, port };
      try {
        // Where sockets end with a request nobody could be told to leave one.
        if (open.here !== undefined) return await open(goal, handler, signal);
        const lead = { place: at, connection: handler as Connection };
        return await this.#sockets.keep(lead, handler, signal, (kept, stop) => open(goal, kept, stop));
      } catch (error) {
        this.#doubt = true;
        throw error;
      }
    };
    const place = {
      name,
      asked: (address: Address): Place | undefined => attempts.get(address),
      get at(): Place | undefined {
        return there;
      },
    };
    return Object.assign(connect, { place, here: open.here, ...rest });
  }

  /**
   * It is of no use any more. What is owed may still come for a little; what waits, and what may be sent again, is left to
   * `reroute`.
   */
  async retire(reroute: (node: Node) => void): Promise<void> {
    const { pool, running, hub } = this.core;
    reroute(this);
    hub?.close(new RedisError("The subscription's node has left the cluster"));
    const over = Promise.all([running.over(), ...pool.lines.map((line) => line.settled())]);
    if (!(await settledWithin(over, pool.lines.some((line) => line.mayBlock) ? BLOCKED : GRACE))) {
      const reason = new Error("the node has left the cluster");
      for (const socket of this.#sockets.filter(() => true)) socket.leave(reason);
      reroute(this);
    }
    this.destroy();
  }

  /** Waits for what is pending, at most so many milliseconds, then closes. */
  async close(within: number): Promise<void> {
    await this.core.close(within);
    this.#forgetTimers();
  }

  /** Closes at once. */
  destroy(): void {
    this.core.destroy();
    this.#forgetTimers();
  }

  #forgetTimers(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }
}

/** Where a node is for this process; an error of the attempt where nobody can tell. */
function placed(translate: Parts["translate"], place: Place): Place {
  if (translate === undefined) return place;
  const { hostname, port } = translate(place) ?? {};
  if (typeof hostname === "string" && hostname !== "" && Number.isInteger(port)) return { hostname, port };
  throw new Error("The option translate gave no { hostname, port }");
}

/** Whether a place is not this one. */
export function elsewhere(place: Place): (other: Place) => boolean {
  const here = wordFor(place);
  return (other) => wordFor(other) !== here;
}
