/**
 * Slots of a cluster, moved by hand as a resharding moves them: step by step, while a test looks.
 *
 * @module
 */
import { connect, type Redis } from "../../mod.ts";
import { slotOf } from "../../src/cluster/slots.ts";
import type { Server } from "./servers.ts";

/** How many keys are moved at once. */
const BATCH = 100;

/** Parts of keys (to stand in braces) with slots from the first to before the last of these, no two with the same. */
export function tags(count: number, first = 0, last = 16_384): string[] {
  const found = new Map<number, string>();
  for (let i = 0; found.size < count; i++) {
    const slot = slotOf(`t${i}`);
    if (slot >= first && slot < last && !found.has(slot)) found.set(slot, `t${i}`);
  }
  return [...found.values()];
}

/** The nodes of a cluster, told one by one. They are named by their places in the list. */
export class Slots implements AsyncDisposable {
  readonly #nodes: readonly Redis[];
  readonly #servers: readonly Server[];
  readonly #ids: readonly string[];

  private constructor(servers: readonly Server[], nodes: readonly Redis[], ids: readonly string[]) {
    this.#servers = servers;
    this.#nodes = nodes;
    this.#ids = ids;
  }

  /** Connects to each node. */
  static async of(servers: readonly Server[]): Promise<Slots> {
    const nodes = await Promise.all(servers.map(({ options }) => connect(options)));
    return new Slots(servers, nodes, await Promise.all(nodes.map((node) => node.clusterMyid())));
  }

  /** From now on keys of this slot that are not at the one node are asked for at the other. */
  async begin(slot: number, from: number, to: number): Promise<void> {
    await this.#nodes[to]!.clusterSetslot(slot, { importing: this.#ids[from]! });
    await this.#nodes[from]!.clusterSetslot(slot, { migrating: this.#ids[to]! });
  }

  /** Takes the keys of a slot to the other node. */
  async carry(slot: number, from: number, to: number): Promise<void> {
    const { hostname, port } = this.#servers[to]!;
    for (;;) {
      const keys = await this.#nodes[from]!.clusterGetkeysinslot(slot, BATCH);
      if (keys.length === 0) return;
      await this.#nodes[from]!.migrate(hostname, port, 0, 5000, keys);
    }
  }

  /** The slot is the other node's. It hears of that first, then whoever had it, then all. */
  async end(slot: number, from: number, to: number): Promise<void> {
    const others = [...this.#nodes.keys()].filter((node) => node !== from && node !== to);
    for (const node of [to, from, ...others]) {
      await this.#nodes[node]!.clusterSetslot(slot, { node: this.#ids[to]! });
    }
  }

  /** All of it, slot after slot. */
  async move(slots: readonly number[], from: number, to: number): Promise<void> {
    for (const slot of slots) {
      await this.begin(slot, from, to);
      await this.carry(slot, from, to);
      await this.end(slot, from, to);
    }
  }

  /** How many keys of a slot each node has. */
  async sizes(slot: number): Promise<number[]> {
    return await Promise.all(this.#nodes.map((node) => node.clusterCountkeysinslot(slot)));
  }

  /** Moves slots to and fro between the first two nodes, which the first has, as long as the work lasts. */
  async during<T>(slots: readonly number[], work: () => Promise<T>): Promise<T> {
    let isOver = false;
    const moving = (async () => {
      for (let at = 0; !isOver; at = 1 - at) {
        for (const slot of slots) {
          await this.begin(slot, at, 1 - at);
          await new Promise((resolve) => setTimeout(resolve, 5));
          await this.carry(slot, at, 1 - at);
          await new Promise((resolve) => setTimeout(resolve, 5));
          await this.end(slot, at, 1 - at);
        }
      }
    })();
    // Told where it is waited for.
    moving.catch(() => {});
    try {
      return await work();
    } finally {
      isOver = true;
      await moving;
    }
  }

  /** Ends the connections. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const node of this.#nodes) await node.close();
  }
}
