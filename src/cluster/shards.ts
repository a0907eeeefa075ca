/**
 * Which node has which slot: learnt from the nodes, and learnt again when they say that it is otherwise now.
 *
 * @module
 */
import { CommandSpec } from "../command/spec.ts";
import type { Line } from "../connection/line.ts";
import { Pending } from "../connection/pending.ts";
import { worded } from "../connection/notice.ts";
import { closedMeanwhile } from "../connection/fate.ts";
import { ConnectionError, ReplyError } from "../errors.ts";
import type { Reply } from "../resp/reply.ts";
import { Node, type Parts } from "./node.ts";
import type { Reads } from "./options.ts";
import { Pauses } from "./pauses.ts";
import { type Guide, Redirections } from "./redirections.ts";
import { Shard } from "./shard.ts";
import { slotFor, SLOTS } from "./slots.ts";
import {
  epochsIn,
  type Holders,
  holdersOf,
  type Named,
  type Place,
  type Redirection,
  redirectionOf,
  type Told,
  type View,
  viewIn,
  wordFor,
} from "./topology.ts";

const CLUSTER_NODES = new CommandSpec("CLUSTER NODES");
const CLUSTER_SLOTS = new CommandSpec("CLUSTER SLOTS");

/** How long one node may take to tell of the cluster, in milliseconds. */
const PATIENCE = 1000;
/** What was learnt so many milliseconds ago is not asked for again at once. */
const FRESH = 250;

/** How the cluster is watched, and read. */
export interface ShardsSettings {
  /** Who answers what only reads. */
  readonly reads: Reads;
  /** Milliseconds between two looks at the cluster; 0 for none but those that something gives occasion to. */
  readonly refreshInterval: number;
}

/** The nodes of one cluster. */
export class Shards implements Guide {
  /** Whichever node is there: for what any may be asked. */
  readonly anywhere: Node;
  /** What waits until the cluster may say something else. */
  readonly pauses: Pauses = new Pauses();
  /** What sends commands on that their node has refused. */
  readonly redirections: Redirections;
  /** What ends with it, and has no connection of its own. */
  readonly companions: Set<() => void> = new Set();
  readonly #parts: Parts;
  readonly #settings: ShardsSettings;
  readonly #bySlot: (Shard | undefined)[] = new Array(SLOTS).fill(undefined);
  #all: Shard[] = [];
  /** Which of the places `anywhere` tries. Not the same for all who name the same nodes. */
  #turn: number;
  /** Nodes of which nothing is asked any more, until they have ended. */
  readonly #leaving = new Set<Node>();
  #learning: Promise<void> | undefined;
  #learnt = -Infinity;
  /** With which epoch each slot is whose it is, as far as that was learnt. */
  readonly #epochs = new Float64Array(SLOTS).fill(NaN);
  /** How often somebody was asked. */
  #looks = 0;
  #soon: ReturnType<typeof setTimeout> | undefined;
  readonly #watch: ReturnType<typeof setInterval> | undefined;
  #closed = false;

  constructor(parts: Parts, settings: ShardsSettings) {
    this.#parts = parts;
    this.#settings = settings;
    this.redirections = new Redirections(this, this.pauses, parts.traffic);
    this.#turn = Math.floor(Math.random() * parts.seeds.length);
    const where = (doubt: boolean): Place => {
      if (doubt) this.#turn++;
      const places = this.#places();
      return places[this.#turn % places.length]!;
    };
    this.anywhere = new Node(parts, { name: "a node of the cluster", where }, { onRefused: this.redirections.refused });
    const { refreshInterval } = settings;
    if (refreshInterval > 0 && parts.open.here === undefined) {
      this.#watch = setInterval(() => this.learn().catch(() => {}), refreshInterval);
    }
  }

  /** Opens connections to every shard, of which one has to be there. */
  async open(): Promise<void> {
    const said: string[] = [];
    const causes: unknown[] = [];
    const { seeds } = this.#parts;
    // Each failure turns to the next of them.
    for (let tries = 0; tries < seeds.length; tries++) {
      try {
        await this.anywhere.open();
        await this.learn();
        if (this.#all.length === 0) throw new ConnectionError("The nodes of the cluster have no slots");
        await this.#opened();
        return;
      } catch (error) {
        if (this.#closed) throw error;
        causes.push(error);
        said.push((error as Error).message);
        this.anywhere.drop(new ConnectionError("It does not know the cluster"));
      }
    }
    if (causes.length === 1) throw causes[0];
    throw new ConnectionError(`No node tells of the cluster. ${said.join("; ")}`, { cause: causes[0] });
  }

  async #opened(): Promise<void> {
    // What goes on trying is not waited for.
    const opening = await Promise.allSettled(this.#all.map((shard) => shard.opened));
    if (this.#all.some(({ node }) => node.isReady) || opening.some(({ status }) => status === "fulfilled")) return;
    throw (opening[0] as PromiseRejectedResult).reason;
  }

  /** Nothing is sent any more. */
  get closed(): boolean {
    return this.#closed;
  }

  /** For how many milliseconds what is refused for now is tried again. */
  get retryFor(): number {
    return this.#parts.options.retryFor ?? 10_000;
  }

  /** The shards that hold slots. */
  get all(): readonly Shard[] {
    return this.#all.filter((shard) => shard.isHolder);
  }

  /** The nodes of all of them, replicas included. */
  nodes(): Node[] {
    return this.all.flatMap((shard) => [shard.node, ...shard.readers()]);
  }

  /** Who has a slot, as far as that is known. */
  at(slot: number): Shard | undefined {
    return this.#bySlot[slot];
  }

  /** Whether it is still one of them. */
  knows(shard: Shard): boolean {
    return this.#all.includes(shard);
  }

  /** Whom a node has told of, though it need not have slots. */
  named({ id, place }: Named): Shard {
    const word = wordFor(place);
    let shard = this.#all.find((one) => one.id === id) ?? this.#all.find(({ primary }) => wordFor(primary) === word);
    if (shard === undefined) this.#all.push(shard = this.#newShard(place));
    shard.visited();
    return shard;
  }

  /** What a shard's primary says itself of its slots; `undefined` if it does not answer. */
  async viewOf(shard: Shard): Promise<View | undefined> {
    try {
      return viewIn(String(await shard.node.surface(ASKING_NODES).send(CLUSTER_NODES, [])));
    } catch (error) {
      if (!(error instanceof ReplyError)) return undefined;
    }
    // It may not be asked: then what all say has to do.
    await this.learn().catch(() => {});
    const slots = new Set([...this.#bySlot.keys()].filter((slot) => this.#bySlot[slot] === shard));
    return { slots, leaving: new Map() };
  }

  /** Where to send what belongs to a slot: to whoever has it. Where that is not known, any node tells. */
  nodeAt(slot: number | undefined): Node {
    return (slot === undefined ? undefined : this.#bySlot[slot])?.node ?? this.anywhere;
  }

  /** Where to send what only reads. */
  readerAt(slot: number | undefined): Node {
    const shard = slot === undefined ? undefined : this.#bySlot[slot];
    return shard?.reader(this.#settings.reads) ?? this.anywhere;
  }

  /** Every place that is known: primaries first, what the caller has named last. */
  #places(): Place[] {
    const places = new Map<string, Place>();
    const add = (place: Place): void => void (places.has(wordFor(place)) || places.set(wordFor(place), place));
    for (const { primary } of this.#all) add(primary);
    if (this.#all.length === 0) this.#parts.seeds.forEach(add);
    for (const { replicas } of this.#all) replicas.forEach(add);
    this.#parts.seeds.forEach(add);
    return [...places.values()];
  }

  /** Asks one node after the other where everything is, until one tells. Several who want to know share the answer. */
  learn(): Promise<void> {
    // Nobody would be told if what another request has begun ended with it.
    if (this.#parts.open.here !== undefined) return this.#learn();
    return this.#learning ??= this.#learn().finally(() => this.#learning = undefined);
  }

  async #learn(): Promise<void> {
    let older: Told | undefined;
    let failure: unknown;
    for (const node of this.#knowing()) {
      if (this.#closed) throw closedMeanwhile();
      try {
        const told = await toldBy(node);
        if (told.holders.length === 0) continue;
        if (!this.#isOlder(told)) return this.#apply(told);
        older ??= told;
      } catch (error) {
        failure ??= error;
      }
    }
    // As nobody knows better, it is a cluster that was made anew.
    if (older !== undefined) this.#apply(older);
    else if (failure !== undefined) throw failure;
  }

  /** It was true once: a node that others have left behind, or have yet to tell of a change, says so. */
  #isOlder({ holders, epochs }: Told): boolean {
    return holders.some(({ id, ranges }) => {
      const epoch = epochs.get(id) ?? NaN;
      return ranges.some(([first, last]) => this.#epochs.subarray(first, last + 1).some((known) => epoch < known));
    });
  }

  /**
   * Whom to ask: those that are connected, each time another one first. Whoever is asked about may be what does not answer,
   * and one that knows less than the others does not know that.
   */
  #knowing(): Node[] {
    const nodes = [this.anywhere, ...this.#all.map((shard) => shard.node)];
    const ready = nodes.filter((node) => node.isReady);
    if (ready.length === 0) return [this.anywhere];
    const first = this.#looks++ % ready.length;
    return [...ready.slice(first), ...ready.slice(0, first)];
  }

  /** Asks again in a little while, once for many who have a reason to. */
  learnSoon(): void {
    if (this.#closed || this.#soon !== undefined) return;
    if (this.#parts.open.here !== undefined) return void this.learn().catch(() => {});
    const due = Math.max(0, this.#learnt + FRESH - performance.now());
    this.#soon = setTimeout(() => {
      this.#soon = undefined;
      this.learn().catch(() => {});
    }, due);
  }

  #apply({ holders, epochs }: Told): void {
    if (this.#closed) return;
    this.#learnt = performance.now();
    const present = new Set<Shard>();
    const before = this.#all;
    this.#bySlot.fill(undefined);
    this.#epochs.fill(NaN);
    const taken = new Set(holders.map(({ id }) => id));
    for (const found of holders) {
      const shard = this.#shardOf(found, before, present, taken);
      present.add(shard);
      shard.become(found);
      for (const [first, last] of found.ranges) {
        this.#bySlot.fill(shard, first, last + 1);
        this.#epochs.fill(epochs.get(found.id) ?? NaN, first, last + 1);
      }
    }
    this.#all = [...present];
    for (const shard of before) {
      if (present.has(shard)) continue;
      if (shard.isGuest) this.#all.push(shard);
      else shard.retire();
    }
    this.#keepToPrimaries(holders);
  }

  /** A replica answers less than what is asked of any node, and one that is not there any longer nothing. */
  #keepToPrimaries(holders: readonly Holders[]): void {
    const primaries = new Set(holders.map(({ primary }) => wordFor(primary)));
    const isWrong = (place: Place): boolean => !primaries.has(wordFor(place));
    const { at } = this.anywhere;
    if (at === undefined || primaries.size === 0 || !isWrong(at)) return;
    this.#turn = Math.floor(Math.random() * primaries.size);
    this.anywhere.leave(isWrong, "it is no primary of the cluster");
  }

  /** Which of the shards that are known this is: the one with that primary, or the one whose primary it has become. */
  #shardOf(found: Holders, before: readonly Shard[], present: Set<Shard>, taken: ReadonlySet<string>): Shard {
    const free = before.filter((shard) => !present.has(shard));
    const word = wordFor(found.primary);
    return free.find(({ id }) => id === found.id) ??
      free.find((shard) => shard.id === undefined && wordFor(shard.primary) === word) ??
      free.find(({ id, ids }) => ids.includes(found.id) && (id === undefined || !taken.has(id))) ??
      this.#newShard(found.primary);
  }

  #newShard(place: Place): Shard {
    return new Shard(this.#parts, place, {
      onRefused: this.redirections.refused,
      learn: () => this.#learnAfresh(),
      reroute: this.#reroute,
      retire: this.#retire,
    });
  }

  /** For whoever has lost a connection: what was learnt just now will do, and what nobody tells he has to do without. */
  async #learnAfresh(): Promise<void> {
    if (performance.now() - this.#learnt < FRESH) return;
    await this.learn().catch(() => {});
  }

  /** See {@link Node.retire}. */
  readonly #retire = (node: Node): void => {
    this.#leaving.add(node);
    void node.retire(this.#reroute).finally(() => this.#leaving.delete(node));
  };

  /** What waits for the connection of a node goes to whoever has its slot. */
  readonly #reroute = (node: Node): void => {
    const line = node.core.pool.first();
    for (const owed of line.surrender()) {
      if (!(owed instanceof Pending)) {
        owed.fail(new ConnectionError(worded("its node has left the cluster", "it was not sent", owed.name)));
        continue;
      }
      const slot = slotFor(owed.spec, owed.args);
      const goal = this.nodeAt(slot).core.pool.first();
      // What has no slot was for this very node.
      if (slot === undefined || goal === line) {
        owed.fail(new ConnectionError(worded("its node was lost", owed.fate, owed.name), { sent: owed.mayHaveRun }));
      } else goal.putAgain(owed);
    }
  };

  /** Where a refusal sends to, if it is one that does. */
  redirection(error: ReplyError, line: Line): Redirection | undefined {
    return redirectionOf(error.message, () => this.#nodeOf(line)?.at);
  }

  #nodeOf(line: Line): Node | undefined {
    return [this.anywhere, ...this.#all.flatMap((shard) => shard.nodes)].find(({ core }) =>
      core.pool.lines.includes(line)
    );
  }

  /**
   * The node that a refusal sends to. Where a slot has moved for good, that is remembered.
   *
   * @throws {ConnectionError} if it is closed and would have to be opened.
   */
  follow({ moved, slot, to }: Redirection): Node {
    const word = wordFor(to);
    let shard = this.#all.find(({ primary }) => wordFor(primary) === word);
    if (shard === undefined) {
      const heir = this.#all.find(({ replicas }) => replicas.some((place) => wordFor(place) === word));
      // A replica has the slot of its primary: it has taken its place.
      if (moved && heir !== undefined && heir === this.#bySlot[slot]) (shard = heir).moveTo(to);
    }
    if (shard === undefined) {
      // Nobody would close it.
      if (this.#closed) throw closedMeanwhile();
      this.#all.push(shard = this.#newShard(to));
    }
    if (moved) {
      this.#bySlot[slot] = shard;
      this.learnSoon();
    } else shard.visited();
    return shard.node;
  }

  /** Waits for what is pending, at most so many milliseconds, then closes everything. */
  async close(within: number): Promise<void> {
    this.#stop();
    await Promise.all([this.anywhere, ...this.#all, ...this.#leaving].map((one) => one.close(within)));
  }

  /** Closes everything at once. */
  destroy(): void {
    this.#stop();
    for (const one of [this.anywhere, ...this.#all, ...this.#leaving]) one.destroy();
  }

  #stop(): void {
    this.#closed = true;
    clearInterval(this.#watch);
    clearTimeout(this.#soon);
    this.pauses.end();
    for (const end of this.companions) end();
  }
}

async function toldBy(node: Node): Promise<Told> {
  const surface = node.surface(ASKING_SLOTS);
  // Not everybody may ask for that: then all is believed.
  const epochs = surface.send<Reply>(CLUSTER_NODES, []).then(epochsIn, () => new Map());
  const slots = await surface.send<Reply>(CLUSTER_SLOTS, []);
  return { holders: holdersOf(slots, node.at), epochs: await epochs };
}

/** How it is asked for where everything is. */
const ASKING_SLOTS = { mode: 0, timeout: PATIENCE, atOnce: true } as const;
/** How a node is asked for its own slots. */
const ASKING_NODES = { mode: 0 } as const;
