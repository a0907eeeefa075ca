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
import { Commands } from "../generated/commands.ts";
import { KIT as NODE, type Redis, type Session, type Transaction } from "../client/default.ts";
import { graft, type IntegerOf, type StringOf } from "../client/kit.ts";
import type { Target } from "../client/open.ts";
import { ALL } from "../generated/named.ts";
import { BaseCluster, type ClusterSurfaces } from "./base.ts";
import type { ClusterKit } from "./kit.ts";
import { openCluster } from "./open.ts";
import type { ClusterOptions } from "./options.ts";
import { BaseClusterPipeline } from "./pipeline.ts";

export * from "../client/exports.ts";
export * from "./client/mod.ts";

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

const KIT: ClusterKit = { client: Cluster, pipeline: ClusterPipeline, node: NODE, commands: ALL };

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
  return openCluster<Cluster>(KIT, connectTransport, nodes, options);
}
