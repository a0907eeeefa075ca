/**
 * Subscriptions to channels of a shard, which go where their slot goes.
 *
 * @module
 */
import { AGAIN, passes } from "../client/passing.ts";
import { type SubscribeOptions, Subscription } from "../client/subscription.ts";
import { ConnectionError, RedisError, ReplyError } from "../errors.ts";
import { closedMeanwhile } from "../connection/fate.ts";
import { onAbort } from "../connection/signal.ts";
import { pause } from "../connection/wait.ts";
import { followed } from "./followed.ts";
import type { Node } from "./node.ts";
import type { Shards } from "./shards.ts";

/** Subscribes on one node. */
export type Listen<S extends string | Uint8Array> = (
  node: Node,
  options: SubscribeOptions<S>,
) => Promise<Subscription<S>>;

/**
 * Subscribes on the node that has the slot. When the server ends that subscription, as its shard has the slot no longer or
 * has left the cluster, it is made again where the slot is, and its caller hears of a gap.
 */
export async function subscribed<S extends string | Uint8Array>(
  shards: Shards,
  slot: number | undefined,
  options: SubscribeOptions<S>,
  caller: AbortSignal | undefined,
  listen: Listen<S>,
): Promise<Subscription<S>> {
  const over = new AbortController();
  const { signal } = over;
  /** The one at the node that has the slot. */
  let present: Subscription<S> | undefined;
  const whole: Subscription<S> = new Subscription<S>(options, async () => {
    over.abort();
    shards.companions.delete(end);
    unheard?.();
    await present?.close();
  });
  const end = (): void => void whole.close();
  const unheard = caller && onAbort(caller, () => whole.fail(caller.reason));
  const part: SubscribeOptions<S> = {
    onMessage: (message) => whole.deliver(message),
    onGap: () => whole.gap(),
    onError: (error) => void again(error),
  };

  const begin = async (): Promise<void> => {
    present = undefined;
    const found = await followed(shards, slot, signal, (node) => {
      if (signal.aborted) throw closedMeanwhile();
      return listen(node, part);
    });
    present = found;
    if (!signal.aborted) return;
    void found.close();
    throw closedMeanwhile();
  };

  const again = async (ended: unknown): Promise<void> => {
    const until = performance.now() + shards.retryFor;
    for (let error = ended; !signal.aborted;) {
      const isGivenUp = error instanceof ConnectionError && shards.nodeAt(slot).isIdle && performance.now() > until;
      if (isGivenUp || !(isElsewhere(error) || passes(error))) return whole.fail(error as Error);
      await shards.learn().catch(() => {});
      try {
        await begin();
        return whole.gap();
      } catch (failure) {
        error = failure;
      }
      await pause(AGAIN, signal).catch(() => {});
    }
  };

  shards.companions.add(end);
  try {
    await begin();
    return whole.handOut();
  } catch (error) {
    end();
    throw caller?.aborted ? caller.reason : error;
  }
}

/** Whether the server, or the end of its node, has ended it because of where its slot is. */
function isElsewhere(error: unknown): boolean {
  if (error instanceof ReplyError) return error.code === "MOVED" || error.code === "ASK";
  // By itself it ends a subscription.
  return error instanceof RedisError && error.constructor === RedisError;
}
