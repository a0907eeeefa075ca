/**
 * Work that a connection cannot send on by itself: commands that block, transactions, subscriptions.
 *
 * @module
 */
import { isParting } from "../connection/retries.ts";
import { ConnectionError, ReplyError, TransactionError } from "../errors.ts";
import { Departure, type Node } from "./node.ts";
import { HASTY, MOST_REDIRECTIONS } from "./redirections.ts";
import type { Shards } from "./shards.ts";

/** A piece of work on one node. */
export type Attempt<T> = (node: Node) => Promise<T>;

/** What a cluster says while it is being changed. */
const PASSING = new Set(["TRYAGAIN", "CLUSTERDOWN"]);

/**
 * Does what cannot be sent on by its connection, on whichever node has the slot: again if that says that it is elsewhere,
 * or that it is not for now, as nothing has run. What cannot be `asking` waits until its slot has moved.
 */
export async function followed<T>(
  shards: Shards,
  slot: number | undefined,
  signal: AbortSignal | undefined,
  work: Attempt<T>,
  asking?: Attempt<T>,
): Promise<T> {
  const until = performance.now() + shards.retryFor;
  let node = shards.nodeAt(slot);
  let attempt = work;
  let redirections = 0;
  for (let pauses = 0;;) {
    try {
      return await attempt(node);
    } catch (error) {
      const refused = refusedBy(error);
      const last = node;
      attempt = work;
      node = shards.nodeAt(slot);
      if (refused === undefined) {
        // It never left, as its node has left the cluster, or is elsewhere since.
        const isStranded = isUnsent(error) && (node !== last || error.cause instanceof Departure);
        if (!isStranded || shards.closed || ++redirections > MOST_REDIRECTIONS) throw error;
        continue;
      }
      const found = shards.redirection(refused, last.core.pool.first());
      // Of another slot it is the caller's own error.
      const redirection = found?.slot === slot ? found : undefined;
      if (redirection !== undefined && (redirection.moved || asking !== undefined)) {
        if (++redirections > MOST_REDIRECTIONS) throw error;
        if (redirections >= HASTY) await shards.pauses.pause(redirections - HASTY, signal);
        node = shards.follow(redirection);
        // Else it would be given the same connection again, to where that node was.
        if (node === last) node.forget("it leads elsewhere");
        if (!redirection.moved) attempt = asking!;
      } else if (isParting(refused)) {
        if (++redirections > MOST_REDIRECTIONS) throw error;
        await shards.learn().catch(() => {});
        node = shards.nodeAt(slot);
      } else {
        const passes = PASSING.has(refused.code) || redirection !== undefined;
        if (!passes || performance.now() > until) throw error;
        redirections = 0;
        await shards.pauses.pause(pauses++, signal);
        node = shards.nodeAt(slot);
      }
    }
  }
}

/** What the server said, alone or about a transaction of which nothing ran. */
function refusedBy(error: unknown): ReplyError | undefined {
  if (error instanceof ReplyError) return error;
  return error instanceof TransactionError && error.cause instanceof ReplyError ? error.cause : undefined;
}

function isUnsent(error: unknown): error is ConnectionError {
  return error instanceof ConnectionError && !error.sent;
}
