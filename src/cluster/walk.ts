/**
 * Walks over what stands under one key, wherever that goes.
 *
 * @module
 */
import type { Arg, CommandSpec, Shape } from "../command/spec.ts";
import type { SendOptions } from "../connection/pending.ts";
import type { Node } from "./node.ts";
import type { Shards } from "./shards.ts";
import { slotFor } from "./slots.ts";
import { wordFor } from "./topology.ts";

/** Where its cursor stands among the arguments of HSCAN and its like. */
const CURSOR = 1;

/** What sends the commands of one walk. */
export type StepSender = (spec: CommandSpec, args: Arg[], shape?: Shape) => Promise<never>;

/**
 * Sends the commands of a walk to the primary that has the key. A cursor means nothing to another node: once one answers
 * that is not the one which gave the cursor, the walk begins anew there.
 */
export function stepsOf(shards: Shards, options: SendOptions): StepSender {
  /** Where the last cursor is from; `""` where that cannot be told. The first is the caller's own. */
  let last: string | undefined;
  return async (spec, args, shape) => {
    for (let own = args;; own = own.with(CURSOR, "0")) {
      const node = shards.nodeAt(slotFor(spec, own));
      const before = placeOf(node);
      const reply = await node.surface(options).send<never>(spec, own, shape);
      const other = shards.redirections.goalOf(own);
      const from = other !== undefined ? placeOf(other) : before === placeOf(node) ? before : "";
      const isFollowed = last === undefined || (from !== "" && from === last);
      last = from;
      if (isFollowed || String(own[CURSOR]) === "0") return reply;
    }
  };
}

function placeOf({ at }: Node): string {
  return at === undefined ? "" : wordFor(at);
}
