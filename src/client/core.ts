/**
 * What all surfaces of one client share: its lines, its subscriptions, and what every command must respect.
 *
 * @module
 */
import { ConnectionError, type ConnectionReport, type ReplyError } from "../errors.ts";
import type { Line } from "../connection/line.ts";
import { detailed, worded } from "../connection/notice.ts";
import type { Pending } from "../connection/pending.ts";
import type { Traffic } from "../connection/traffic.ts";
import { settledWithin } from "../connection/wait.ts";
import type { Push } from "../resp/reply.ts";
import type { Hub } from "./hub.ts";
import type { Identity } from "./identity.ts";
import type { WholeKit } from "./kit.ts";
import type { Lines } from "./lines.ts";
import { Running } from "./running.ts";
import type { CacheStats } from "./stats.ts";

/** How much may be pending at once, and what happens to the command that is one too many. */
export interface Capacity {
  /** Commands whose replies are owed, per connection. */
  readonly commands: number;
  /** Bytes that the socket has not taken, per connection. */
  readonly bytes: number;
  /** Refuse it, or let it wait its turn. */
  readonly overflow: "error" | "wait";
}

/** What must end with its client. */
export interface Companion {
  /** Ends in good order, within so many milliseconds. */
  close(within: number): Promise<void>;
  /** Ends at once. */
  destroy(): void;
  /** What it has cached, if it is a cache. */
  cacheStats?(): CacheStats;
}

/** What whoever opens a client wants to hear of its shared connections. */
export interface Hooks {
  /** One is ready: what must be said on it first may be sent now. */
  readonly onReady?: ((line: Line) => void) | undefined;
  /** It is lost, or was closed. */
  readonly onLost?: ((line: Line) => void) | undefined;
  /** An out-of-band value came. */
  readonly onPush?: ((push: Push, line: Line) => void) | undefined;
  /** A command was refused on one: true if it is taken elsewhere. */
  readonly onRefused?: ((pending: Pending, error: ReplyError, line: Line) => boolean) | undefined;
}

/** Under this name a surface gives its core to modules of this package. */
export const CORE: unique symbol = Symbol("core");

/** Under this name a surface makes the same surface of another client. */
export const ON: unique symbol = Symbol("on");

/** Under this name a surface gives what travels with each of its commands. */
export const OPTIONS: unique symbol = Symbol("options");

/** Under this name a surface makes one like itself with other options. */
export const LIKE: unique symbol = Symbol("like");

/** Under this name a client sends what the short way is not for. */
export const APART: unique symbol = Symbol("apart");

/** What all surfaces of one client share. */
export class Core {
  readonly kit: WholeKit;
  readonly pool: Lines;
  /** Where the client has subscriptions. */
  readonly hub: Hub | undefined;
  readonly capacity: Capacity;
  readonly traffic: Traffic;
  /** Opens a client of another kit with the same settings, with one shared connection. */
  readonly sibling: <R>(kit: WholeKit, hooks: Hooks) => Promise<R>;
  /** Who the client is to its server, where that can change while it is connected. */
  readonly identity: Identity | undefined;
  /** What ends with this client. */
  readonly companions: Set<Companion> = new Set();
  /**
   * Work that closing has to wait for beside replies: pipelines, transactions of sessions, and commands that block,
   * whether or not they have a line yet.
   */
  readonly running: Running = new Running();
  /** Nothing that belongs to it may begin any more. */
  closed = false;

  constructor(
    kit: WholeKit,
    pool: Lines,
    hub: Hub | undefined,
    capacity: Capacity,
    traffic: Traffic,
    sibling: Core["sibling"],
    identity: Identity | undefined,
  ) {
    this.kit = kit;
    this.pool = pool;
    this.hub = hub;
    this.capacity = capacity;
    this.traffic = traffic;
    this.sibling = sibling;
    this.identity = identity;
  }

  /** What the shared connections look like, all together. */
  report(): ConnectionReport {
    return this.pool.report();
  }

  /** Whether a command must not go onto this line now. */
  isFull(line: Line): boolean {
    const { commands, bytes } = this.capacity;
    return line.pending >= commands || line.hasWaiters || (bytes !== Infinity && line.waiting >= bytes);
  }

  /**
   * Sends a command for which the present line has no room: another may have. Otherwise once there is room, first come, first
   * served; refuses it if the client does not wait.
   */
  sendWithRoom(pending: Pending): void {
    const line = this.pool.freest((line) => this.isFull(line));
    if (!this.isFull(line)) return line.send(pending);
    const { commands, bytes, overflow } = this.capacity;
    // Its caller has issued it, whether it is let through or not.
    this.traffic.tap?.command(pending, line);
    if (overflow === "wait") {
      return line.sendWithRoom(pending, () => line.pending < commands && line.waiting < bytes);
    }
    const { name } = pending;
    const what = `${line.pending} commands and ${line.waiting} bytes are pending already`;
    const error = new ConnectionError(worded(what, "it was not sent", name));
    pending.fail(detailed(error, () => line.report(), name));
  }

  /** Waits for what is pending, at most `within` milliseconds, then closes everything. */
  async close(within: number): Promise<void> {
    this.closed = true;
    this.identity?.leave(this.pool);
    this.hub?.close();
    await Promise.all([
      this.#finish(within),
      ...Array.from(this.companions, (companion) => companion.close(within)),
    ]);
    // Only now: until then whoever it belongs to may end it at once.
    for (const companion of this.companions) companion.destroy();
  }

  /** A line that is being closed takes nothing more: so what has begun hands over all of it first. */
  async #finish(within: number): Promise<void> {
    const deadline = performance.now() + within;
    if (this.running.size > 0) await settledWithin(this.running.over(), within);
    await this.pool.close(Math.max(0, deadline - performance.now()));
  }

  /** Closes everything at once. */
  destroy(): void {
    this.closed = true;
    this.identity?.leave(this.pool);
    this.hub?.close();
    this.pool.destroy();
    for (const companion of this.companions) companion.destroy();
  }
}
