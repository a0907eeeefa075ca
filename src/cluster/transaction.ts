/**
 * Transactions in a cluster: all keys in one slot, on the node that has it.
 *
 * @module
 */
import type { Arg, CommandSpec, Shape } from "../command/spec.ts";
import type { Reply } from "../resp/reply.ts";
import type { WholeKit } from "../client/kit.ts";
import type { BaseTransaction } from "../client/transaction.ts";
import { described } from "./names.ts";
import { slotFor } from "./slots.ts";

type TransactionClass = NonNullable<WholeKit["transaction"]>;

/** A transaction that knows where it belongs, and can be made again for another node. */
export interface SlotTransaction extends BaseTransaction {
  /** The slot of its keys; `undefined` if it has none. */
  readonly slot: number | undefined;
  /** Queues the same commands in another one. */
  repeat(other: BaseTransaction): readonly unknown[];
}

/** The transactions of a kit, with an eye on their slots. */
export function slotTransaction(Transaction: TransactionClass): new (mode: number) => SlotTransaction {
  return class extends Transaction implements SlotTransaction {
    slot: number | undefined;
    readonly #commands: ((other: BaseTransaction) => unknown)[] = [];

    override send<T>(spec: CommandSpec, args: Arg[], shape?: Shape): Promise<T> {
      this.#settle(spec, args);
      const queued = super.send<T>(spec, args, shape);
      this.#commands.push((other) => other.send(spec, args, shape));
      return queued;
    }

    override call(name: string, ...args: Arg[]): Promise<Reply> {
      this.#settle(...described(name, args));
      const queued = super.call(name, ...args);
      this.#commands.push((other) => other.call(name, ...args));
      return queued;
    }

    repeat(other: BaseTransaction): readonly unknown[] {
      return this.#commands.map((queue) => queue(other));
    }

    #settle(spec: CommandSpec, args: readonly Arg[]): void {
      const slot = slotFor(spec, args);
      if (slot === undefined) return;
      if (this.slot !== undefined && this.slot !== slot) {
        throw new TypeError(
          `${spec.name}: the keys of a transaction must have one slot; a part in braces, as in "user:{7}:name", decides on it`,
        );
      }
      this.slot = slot;
    }
  };
}
