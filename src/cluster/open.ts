/**
 * Where a cluster's client of any kit begins.
 *
 * @module
 */
import { defined } from "../client/options.ts";
import { type Target, whole } from "../client/open.ts";
import type { WholeKit } from "../client/kit.ts";
import { Traffic } from "../connection/traffic.ts";
import type { Connect } from "../transport/transport.ts";
import type { ClusterKit } from "./kit.ts";
import { KnownCommands } from "./names.ts";
import { lending } from "./node.ts";
import { type ClusterOptions, parted } from "./options.ts";
import { Shards } from "./shards.ts";
import type { Place } from "./topology.ts";

/**
 * Opens a cluster's client of the kit: what every `connectCluster` does. `openSocket` is the runtime's way, for options that
 * bring none of their own.
 */
export async function openCluster<R>(
  kit: ClusterKit,
  openSocket: Connect,
  nodes: Target<ClusterOptions> | readonly Target<ClusterOptions>[],
  options: ClusterOptions = {},
): Promise<R> {
  const targets = Array.isArray(nodes) ? nodes as readonly Target<ClusterOptions>[] : [nodes as Target<ClusterOptions>];
  if (targets.length === 0) throw new TypeError("A cluster's client is opened with at least one of its nodes");
  const node = whole(kit.node);
  const given = targets.map((target) => read(node, target, options));
  const [own, common] = parted(given[0]!);
  const seeds = given.map(placeOf);
  const identity = node.safeguards && new node.safeguards.identity(common);
  const { translate, reads = "primary", refreshInterval = 10_000 } = own;
  const open = common.connect ?? openSocket;
  const shards = new Shards(
    { kit: lending(node), options: common, open, translate, seeds, identity, traffic: new Traffic() },
    { reads, refreshInterval },
  );
  try {
    await shards.open();
  } catch (error) {
    shards.destroy();
    throw error;
  }
  const known = new KnownCommands(kit.commands);
  return new kit.client({ kit, node, shards, known }, { mode: 0, timeout: common.timeout }) as R;
}

/** One of the nodes as it was named, with what holds for all of them. */
function read(kit: WholeKit, target: Target<ClusterOptions>, options: ClusterOptions): ClusterOptions {
  const isUrl = typeof target === "string" || (typeof target === "object" && target !== null && "href" in target);
  const [beside, rest] = isUrl ? [{}, target] as const : parted(target as ClusterOptions);
  const [own, others] = parted(options);
  const merged = kit.options(rest, others);
  if (merged.path !== undefined) {
    throw new TypeError("The nodes of a cluster are found by host and port, not by the path of a unix socket");
  }
  return { ...merged, ...defined(beside), ...defined(own) };
}

function placeOf({ hostname = "127.0.0.1", port = 6379 }: ClusterOptions): Place {
  return { hostname, port };
}
