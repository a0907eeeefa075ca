/**
 * Which nodes a command goes to, and what becomes of their replies.
 *
 * @module
 */
import {
  type Arg,
  BLOCKING,
  BLOCKING_OPTION,
  CommandSpec,
  PUBSUB,
  READONLY,
  SESSION,
  type Shape,
} from "../command/spec.ts";
import type { SendOptions } from "../connection/pending.ts";
import { left } from "../client/left.ts";
import { refusal, whyApart } from "../client/refusal.ts";
import { followed } from "./followed.ts";
import type { Node } from "./node.ts";
import { joined, nodesFor, split, whyOne } from "./plan.ts";
import type { Shards } from "./shards.ts";
import { slotFor } from "./slots.ts";

const ASKING = new CommandSpec("ASKING", SESSION);
const APART = BLOCKING | BLOCKING_OPTION | SESSION | PUBSUB;

/** Sends a command to the node that has its key, or to those that it is for. */
export function send<T>(
  shards: Shards,
  spec: CommandSpec,
  args: Arg[],
  shape: Shape | undefined,
  options: SendOptions,
): Promise<T> {
  if (spec.route !== "" || (spec.flags & APART) !== 0) {
    return sendApart(shards, spec, args, shape, options) as Promise<T>;
  }
  let node: Node;
  try {
    node = nodeFor(shards, spec, args);
  } catch (error) {
    return Promise.reject(error);
  }
  return node.surface(options).send(spec, args, shape);
}

function nodeFor(shards: Shards, spec: CommandSpec, args: readonly Arg[]): Node {
  const slot = slotFor(spec, args);
  // A walk that was begun at one node cannot be gone on with at another: HSCAN, SSCAN, ZSCAN.
  return (spec.flags & READONLY) !== 0 && !spec.name.endsWith("SCAN") ? shards.readerAt(slot) : shards.nodeAt(slot);
}

async function sendApart(
  shards: Shards,
  spec: CommandSpec,
  args: Arg[],
  shape: Shape | undefined,
  options: SendOptions,
): Promise<unknown> {
  if ((spec.flags & (SESSION | PUBSUB)) !== 0) {
    throw refusal(spec, args) ?? new TypeError(`${whyApart(spec)}: use shardOf(key).session()`);
  }
  const why = whyOne(spec);
  if (why !== undefined) throw new TypeError(why);
  if ((spec.flags & APART) !== 0) {
    const began = performance.now();
    return await followed(
      shards,
      slotFor(spec, args),
      options.signal,
      (node) => node.surface(left(options, began)).send(spec, args, shape),
      (node) => askingFirst(node, left(options, began), spec, args, shape),
    );
  }
  const kind = nodesFor(spec);
  if (kind !== undefined) return await toAll(shards, kind, spec, args, shape, options);
  const several = split(spec, args);
  if (several === undefined) return await nodeFor(shards, spec, args).surface(options).send(spec, args, shape);
  const reads = (spec.flags & READONLY) !== 0;
  return several.join(
    await settled(several.parts.map(({ slot, args }) => {
      const node = reads ? shards.readerAt(slot) : shards.nodeAt(slot);
      return node.surface(options).send(spec, args, shape);
    })),
  );
}

async function toAll(
  shards: Shards,
  kind: "shards" | "nodes",
  spec: CommandSpec,
  args: Arg[],
  shape: Shape | undefined,
  options: SendOptions,
): Promise<unknown> {
  const nodes = kind === "shards" ? shards.all.map(({ node }) => node) : shards.nodes();
  const sent = nodes.map((node) => node.surface(options).send(spec, args, shape));
  if (spec.merge !== "one_succeeded") return joined(spec, await settled(sent));
  const outcomes = await Promise.allSettled(sent);
  return outcomes.find((outcome) => outcome.status === "fulfilled")?.value ?? await sent[0];
}

/** Sends a command where its slot is about to be, over a connection of its own. */
async function askingFirst<T>(
  node: Node,
  options: SendOptions,
  spec: CommandSpec,
  args: Arg[],
  shape: Shape | undefined,
): Promise<T> {
  return await node.surface(options).session(async (session) => {
    const { send } = session as { send: <R>(spec: CommandSpec, args: Arg[], shape?: Shape) => Promise<R> };
    send.call(session, ASKING, []).catch(() => {});
    return await send.call(session, spec, args, shape) as T;
  });
}

/** All of them once all are settled; the first failure if there is one. */
async function settled<T>(promises: readonly Promise<T>[]): Promise<T[]> {
  const outcomes = await Promise.allSettled(promises);
  return outcomes.map((outcome) => {
    if (outcome.status === "rejected") throw outcome.reason;
    return outcome.value;
  });
}
