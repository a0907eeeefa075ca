/**
 * Transactions in a cluster: all keys in one slot, on the node that has it.
 *
 * @module
 */
import type { Arg, CommandSpec, Shape } from "../command/spec.ts";
import type { Reply } from "../resp/reply.ts";
import type { WholeKit } from "../client/kit.ts";
import type { BaseTransaction, TransactionOptions } from "../client/transaction.ts";
import { guarded } from "../client/guard.ts";
import { closedMeanwhile } from "../connection/fate.ts";
import type { SendOptions } from "../connection/pending.ts";
import { followed } from "./followed.ts";
import type { ClusterCore } from "./kit.ts";
import type { KnownCommands } from "./names.ts";
import type { Node } from "./node.ts";
import { ask } from "./redirections.ts";
import { slotFor } from "./slots.ts";

type TransactionClass = NonNullable<WholeKit["transaction"]>;

/** Runs what the builder lists as one transaction where its slot is: again if nothing has run, as that is elsewhere. */
export function inTransaction(
  { shards, known }: ClusterCore,
  Transaction: TransactionClass,
  build: unknown,
  settings: TransactionOptions,
  options: SendOptions,
): Promise<unknown> {
  const { mode } = options;
  const transaction = new (slotTransaction(Transaction, known))(mode);
  let current = transaction as InstanceType<TransactionClass>;
  let isFirst = true;
  let isGivenUp = false;
  const run = () =>
    transaction.run(build as never, settings, (work) => {
      const attempt = async (node: Node, asking: boolean): Promise<unknown[]> => {
        const line = node.core.pool.share();
        if (asking && line.state !== "ready") await line.opened();
        // Its caller has been told what became of it until then.
        if (isGivenUp) throw closedMeanwhile();
        if (asking) ask(line);
        if (isFirst) {
          isFirst = false;
          return await work(line);
        }
        // What has been written may be gone: it is made again.
        const again = current = new Transaction(mode);
        const build = (): readonly unknown[] => transaction.repeat(again);
        return await again.run(build, { errors: "return" }, (repeated) => repeated(line)) as unknown[];
      };
      const { slot } = transaction;
      return followed(shards, slot, options.signal, (node) => attempt(node, false), (node) => attempt(node, true));
    });
  const report = () => shards.nodeAt(transaction.slot).core.report();
  const giveUp = () => {
    isGivenUp = true;
    return current.giveUp();
  };
  return guarded<unknown>("transaction", options, run, report, giveUp);
}

/** A transaction that knows where it belongs, and can be made again for another node. */
export interface SlotTransaction extends BaseTransaction {
  /** The slot of its keys; `undefined` if it has none. */
  readonly slot: number | undefined;
  /** Queues the same commands in another one. */
  repeat(other: BaseTransaction): readonly unknown[];
}

/** The transactions of a kit, with an eye on their slots. */
function slotTransaction(
  Transaction: TransactionClass,
  known: KnownCommands,
): new (mode: number) => SlotTransaction {
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
      this.#settle(...known.described(name, args));
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
