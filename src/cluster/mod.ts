/**
 * A client for clusters: each command goes to the node that has its key, over one connection to each node.
 *
 * ```ts no-run
 * import { connectCluster } from "@respire/redis/cluster";
 *
 * await using redis = await connectCluster(["redis://10.0.0.1:7000", "redis://10.0.0.2:7000"]);
 * await redis.set("key", "value");
 * ```
 *
 * @module
 */
import { connectTransport } from "../client/mod.ts";
import { defined } from "../client/options.ts";
import { Commands } from "../generated/commands.ts";
import { KIT as NODE, type Redis, type Session, type Transaction } from "../client/default.ts";
import { graft, type IntegerOf, type StringOf, type WholeKit } from "../client/kit.ts";
import { type Target, whole } from "../client/open.ts";
import { Traffic } from "../connection/traffic.ts";
import { BaseCluster, type ClusterSurfaces } from "./client.ts";
import type { ClusterKit } from "./kit.ts";
import { lending } from "./node.ts";
import { type ClusterOptions, parted } from "./options.ts";
import { BaseClusterPipeline } from "./pipeline.ts";
import { Shards } from "./shards.ts";
import type { Place } from "./topology.ts";

export * from "../client/exports.ts";
export type { ClusterOptions, Reads } from "./options.ts";
export type { Place } from "./topology.ts";
export { ClusterScan } from "./scan.ts";
export { BaseCluster } from "./client.ts";
export type { ClusterSurfaces, ShardClient } from "./client.ts";
export type { ClusterKit } from "./kit.ts";
export { BaseClusterPipeline } from "./pipeline.ts";

/** The types that belong together: see {@link ClusterSurfaces}. */
export interface RedisClusterSurfaces extends ClusterSurfaces {
  /** See {@link Cluster}. */
  readonly client: Cluster<StringOf<this>, IntegerOf<this>>;
  /** The client of one shard. */
  readonly shard: Redis<StringOf<this>, IntegerOf<this>>;
  /** A connection to one node. */
  readonly session: Session<StringOf<this>, IntegerOf<this>>;
  /** See {@link ClusterPipeline}. */
  readonly pipeline: ClusterPipeline<StringOf<this>, IntegerOf<this>>;
  /** Commands of one slot. */
  readonly transaction: Transaction<StringOf<this>, IntegerOf<this>>;
}

/** The commands of a cluster's client, as {@link Commands} lists them. */
export interface Cluster<S extends string | Uint8Array = string, I extends number | bigint = number>
  extends Commands<S, I> {}

/**
 * A client of a Redis or Valkey cluster. Its methods are the commands ({@link Commands}) and those of {@link BaseCluster}.
 *
 * @example Connect, write, read
 * ```ts no-run
 * import { connectCluster } from "@respire/redis/cluster";
 *
 * await using redis = await connectCluster("redis://10.0.0.1:7000");
 * await redis.mset({ "user:1": "Ada", "user:2": "Grace" });
 * console.log(await redis.mget("user:1", "user:2"));
 * ```
 */
export class Cluster<S extends string | Uint8Array = string, I extends number | bigint = number>
  extends BaseCluster<RedisClusterSurfaces, S, I> {}
graft(Cluster, Commands);

/** The commands of a cluster's pipeline, as {@link Commands} lists them. */
export interface ClusterPipeline<S extends string | Uint8Array = string, I extends number | bigint = number>
  extends Commands<S, I> {}

/** Collects commands and sends each node its own together. The replies come in the order of the commands. */
export class ClusterPipeline<S extends string | Uint8Array = string, I extends number | bigint = number>
  extends BaseClusterPipeline {}
graft(ClusterPipeline, Commands);

const KIT: ClusterKit = { client: Cluster, pipeline: ClusterPipeline, node: NODE };

/**
 * Connects to a cluster: asks one of the nodes which there are, and opens a connection to each primary.
 *
 * @param nodes URLs or options of one node or more, as `connect` takes them. One that answers is enough; options that are
 *   not of a place (user, password, TLS and the like) are the first one's, for all nodes.
 * @param options What holds for all nodes; it wins over what stands with them.
 * @throws {TypeError} for a value of the wrong kind or an unknown name, {@link RangeError} for a number out of range.
 * @throws {ConnectionError} if no node can be reached, or none knows of a cluster.
 *
 * @example Reads from replicas
 * ```ts no-run
 * import { connectCluster } from "@respire/redis/cluster";
 *
 * const nodes = ["redis://10.0.0.1:7000", "redis://10.0.0.2:7000"];
 * await using redis = await connectCluster(nodes, { password: "…", reads: "replica" });
 * ```
 */
export function connectCluster(
  nodes: Target<ClusterOptions> | readonly Target<ClusterOptions>[],
  options: ClusterOptions = {},
): Promise<Cluster> {
  return openCluster<Cluster>(KIT, nodes, options);
}

/** Opens a client of the kit: for a set of commands that was generated. See {@link connectCluster}. */
export async function openCluster<R>(
  kit: ClusterKit,
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
  const open = common.connect ?? connectTransport;
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
  return new kit.client({ kit, node, shards }, { mode: 0, timeout: common.timeout }) as R;
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
