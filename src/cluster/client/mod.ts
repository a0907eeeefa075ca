/**
 * The client of clusters without commands: what a module that `@respire/redis/codegen` wrote `--with cluster` puts its own on.
 * Nothing of it knows a command by name. What such a module has of its own is this:
 *
 * ```ts no-run
 * import { BaseCluster, type ClusterKit, type ClusterSurfaces, openCluster } from "@respire/redis/cluster/client";
 * import { BaseClient, connectTransport, type Surfaces } from "@respire/redis/client";
 *
 * // Without commands: each is sent by `call`.
 * class Shard extends BaseClient<Surfaces> {}
 * class Small extends BaseCluster<ClusterSurfaces> {}
 * const KIT: ClusterKit = { client: Small, node: { client: Shard }, commands: [] };
 *
 * await using redis = await openCluster<Small>(KIT, connectTransport, "redis://10.0.0.1:7000");
 * await redis.call("SET", "key", "value");
 * ```
 *
 * @module
 */
export * from "../../client/common.ts";
export { BaseCluster } from "../base.ts";
export type { ClusterSurfaces, ShardClient } from "../base.ts";
export type { ClusterKit } from "../kit.ts";
export { openCluster } from "../open.ts";
export type { ClusterOptions, Reads } from "../options.ts";
export { BaseClusterPipeline } from "../pipeline.ts";
export { ClusterScan } from "../scan.ts";
export type { Place } from "../topology.ts";
