/**
 * A walk over the keys of all nodes.
 *
 * @module
 */
import type { ScanIterator } from "../client/scan.ts";
import type { Place } from "./topology.ts";
import { wordFor } from "./topology.ts";
import type { Shard } from "./shard.ts";
import type { Shards } from "./shards.ts";
import { SLOTS } from "./slots.ts";

/**
 * A walk over a cluster's keys in batches, node after node; empty ones are left out. One batch is asked for at a time, when
 * the loop comes for it.
 *
 * What is there from beginning to end comes at least once, also if its slot moves to another node meanwhile, or a replica
 * takes the place of its primary: then the walk over that node begins anew, and keys come twice. (That a slot has left a
 * node and come back while that was walked over is not noticed.) It cannot be gone on with by another loop.
 */
export class ClusterScan<T> implements AsyncIterable<T[]> {
  readonly #shards: Shards;
  readonly #walk: (shard: Shard) => ScanIterator<T>;

  /** @internal Made by a cluster's `scanIterator`. */
  constructor(shards: Shards, walk: (shard: Shard) => ScanIterator<T>) {
    this.#shards = shards;
    this.#walk = walk;
  }

  /** Its batches. */
  async *[Symbol.asyncIterator](): AsyncGenerator<T[], void, undefined> {
    const done = new Set<number>();
    /** Slots of which keys may have gone behind the walk, by where they go: done once that has been walked over, too. */
    const going = new Map<Shard, number[]>();
    for (let rounds = 0, shard = this.#next(done, going); shard !== undefined; shard = this.#next(done, going)) {
      const present = shard;
      const came = going.get(present);
      going.delete(present);
      const before = this.#slotsOf(present);
      const place: Place = present.primary;
      const { size } = done;
      // A cursor means nothing to another node.
      const isSame = (): boolean => wordFor(present.primary) === wordFor(place);
      try {
        for await (const batch of this.#walk(present)) {
          yield batch;
          if (!isSame()) break;
        }
      } catch (error) {
        // It has no slots any more: what it had is elsewhere.
        if (this.#shards.closed || this.#shards.knows(present)) throw error;
        continue;
      }
      const view = isSame() ? await this.#shards.viewOf(present) : undefined;
      const isDone = view !== undefined && isSame();
      if (isDone) {
        // What came or went while it was walked over is walked over again where it is.
        for (const slot of [...before.filter((slot) => view.slots.has(slot)), ...came ?? []]) {
          const goal = view.leaving.get(slot);
          if (goal === undefined) done.add(slot);
          else {
            const other = this.#shards.named(goal);
            going.set(other, [...going.get(other) ?? [], slot]);
          }
        }
      }
      // Who has what it has not is to come to be known.
      if (!isDone || before.some((slot) => !view.slots.has(slot))) await this.#shards.learn().catch(() => {});
      if (done.size === size && going.size === 0) await this.#shards.pauses.pause(rounds++);
    }
  }

  /** Its keys one by one; they are read in batches all the same. */
  async *each(): AsyncGenerator<T, void, undefined> {
    for await (const items of this) yield* items;
  }

  #slotsOf(shard: Shard): number[] {
    const slots: number[] = [];
    for (let slot = 0; slot < SLOTS; slot++) if (this.#shards.at(slot) === shard) slots.push(slot);
    return slots;
  }

  /** Who has a slot that was not walked over, or keys that were not. */
  #next(done: ReadonlySet<number>, going: ReadonlyMap<Shard, unknown>): Shard | undefined {
    for (const shard of going.keys()) return shard;
    for (let slot = 0; slot < SLOTS; slot++) {
      const shard = done.has(slot) ? undefined : this.#shards.at(slot);
      if (shard !== undefined) return shard;
    }
  }
}
