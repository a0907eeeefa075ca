/**
 * A primary of a cluster and its replicas.
 *
 * @module
 */
import type { Hooks } from "../client/core.ts";
import { READONLY } from "../command/spec.ts";
import type { Pending } from "../connection/pending.ts";
import type { ReplyError } from "../errors.ts";
import { elsewhere, Node, type Parts } from "./node.ts";
import type { Reads } from "./options.ts";
import { slotFor } from "./slots.ts";
import { type Holders, type Place, wordFor } from "./topology.ts";

/** What a shard asks of those that it is one of. */
export interface ShardHooks extends Pick<Hooks, "onRefused"> {
  /** Has the nodes asked where everything is, unless that was done just now. */
  readonly learn: () => Promise<void>;
  /** Sends what waits for the connection of a node elsewhere. */
  readonly reroute: (node: Node) => void;
  /** Ends a node of which nothing is asked any more. */
  readonly retire: (node: Node) => void;
}

/** How long a node that holds no slot is kept after it was last of use, in milliseconds. */
const STAY = 60_000;

/** A primary and its replicas; whoever becomes the primary, it is the same shard. */
export class Shard {
  /** The client of the primary. */
  readonly node: Node;
  /** Where that is. */
  primary: Place;
  /** The primary's name among the nodes, once that is known. */
  id: string | undefined;
  /** The names of all its nodes. */
  ids: readonly string[] = [];
  /** Where the replicas are that are up. */
  replicas: readonly Place[] = [];
  /** It has slots. */
  isHolder = false;
  /** Settles with the first attempt to connect to the primary. */
  readonly opened: Promise<void>;
  readonly #parts: Parts;
  readonly #hooks: ShardHooks;
  readonly #readers = new Map<string, Node>();
  /** The same, one for each replica. */
  #list: readonly Node[] | undefined;
  #turn = 0;
  readonly #found = performance.now();
  #visited = -Infinity;
  #closed = false;

  constructor(parts: Parts, place: Place, hooks: ShardHooks) {
    this.primary = place;
    this.#parts = parts;
    this.#hooks = hooks;
    const way = { where: () => this.primary, learn: hooks.learn, persistent: true };
    this.node = new Node(parts, { name: "a primary of the cluster", ...way }, hooks);
    this.opened = this.node.open();
    this.opened.catch(() => {});
  }

  /** Its clients: that of the primary, and those of replicas that there are. */
  get nodes(): Node[] {
    return [this.node, ...this.#readers.values()];
  }

  /**
   * It has no slots, and has been of use all the same: a key is on its way to it. That it is said to have got a slot, which
   * others contradict, is of no use unless it is there.
   */
  get isGuest(): boolean {
    const since = this.node.isReady ? Math.max(this.#found, this.#visited) : this.#visited;
    return !this.isHolder && performance.now() - since < STAY;
  }

  /** It was of use. */
  visited(): void {
    this.#visited = performance.now();
  }

  /** Takes over what was learnt of it. */
  become({ primary, id, ids, replicas }: Holders): void {
    this.isHolder = true;
    this.id = id;
    this.ids = ids;
    this.replicas = replicas;
    this.#list = undefined;
    const words = new Set(replicas.map(wordFor));
    for (const [word, reader] of this.#readers) {
      if (words.has(word)) continue;
      this.#readers.delete(word);
      this.#hooks.retire(reader);
    }
    // Nothing is sent to those that could not be reached: nobody else would try again.
    for (const reader of this.#readers.values()) if (!reader.isReady) void reader.open().catch(() => {});
    this.moveTo(primary);
  }

  /** The primary is there now. */
  moveTo(place: Place): void {
    if (wordFor(this.primary) === wordFor(place)) return;
    this.primary = place;
    this.node.leave(elsewhere(place), "another node has become the primary");
  }

  /** Who answers what only reads: a replica that is connected, each in its turn, or else the primary. */
  reader(reads: Reads): Node {
    if (reads === "primary" || this.replicas.length === 0) return this.node;
    const all = this.readers();
    const count = reads === "any" ? all.length + 1 : all.length;
    for (let tries = 0; tries < count; tries++) {
      const node = all[this.#turn++ % count] ?? this.node;
      if (node.isReady) return node;
    }
    return this.node;
  }

  /** The clients of the replicas, made when they are first needed. */
  readers(): readonly Node[] {
    // Nobody would close one that began now.
    if (this.#closed) return [...this.#readers.values()];
    return this.#list ??= this.replicas.map((place) => {
      const word = wordFor(place);
      let reader = this.#readers.get(word);
      if (reader === undefined) this.#readers.set(word, reader = this.#newReader(place));
      return reader;
    });
  }

  #newReader(place: Place): Node {
    const reader: Node = new Node(
      this.#parts,
      { name: "a replica of the cluster", where: () => place, persistent: true, readonly: true },
      {
        onRefused: (pending, error, line) =>
          this.#hooks.onRefused!(pending, error, line) || this.#answerInstead(pending, error),
        // What it was to answer, somebody else can: once the line knows what that is.
        onLost: ({ state }) => state === "reconnecting" && queueMicrotask(() => this.#hooks.reroute(reader)),
      },
    );
    void reader.open().catch(() => {});
    return reader;
  }

  /** What a replica cannot tell now, as it loads its data or has lost its primary, that one can. */
  #answerInstead(pending: Pending, { code }: ReplyError): boolean {
    if ((code !== "LOADING" && code !== "MASTERDOWN") || pending.released) return false;
    const { spec, args } = pending;
    // What has no slot is asked of each node.
    if ((spec.flags & READONLY) === 0 || slotFor(spec, args) === undefined) return false;
    pending.refusals++;
    this.#parts.traffic.retries++;
    this.node.core.pool.first().putAgain(pending);
    return true;
  }

  /** Ends all of it: see {@link Node.retire}. */
  retire(): void {
    this.#closed = true;
    for (const node of this.nodes) this.#hooks.retire(node);
  }

  /** See {@link Node.close}. */
  async close(within: number): Promise<void> {
    this.#closed = true;
    await Promise.all(this.nodes.map((node) => node.close(within)));
  }

  /** Closes its connections at once. */
  destroy(): void {
    this.#closed = true;
    for (const node of this.nodes) node.destroy();
  }
}
