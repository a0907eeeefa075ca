/**
 * What tests of clusters do with the servers.
 *
 * @module
 */
import { connect } from "../../mod.ts";
import type { Cluster } from "./servers.ts";

/** Waits until every node tells of all replicas: CLUSTER SLOTS leaves out those that have had nothing to copy. */
export async function replicasKnown({ nodes, primaries }: Cluster): Promise<void> {
  for (const node of nodes.slice(0, primaries)) {
    await using direct = await connect(node.options);
    // One of these is in a slot of its own.
    for (let i = 0; !(await direct.set(`copied:${i}`, "").then(() => direct.del(`copied:${i}`), () => 0)); i++);
  }
  const wanted = nodes.length - primaries;
  for (const node of nodes) {
    await using direct = await connect(node.options);
    const replicas = async (): Promise<number> =>
      (await direct.clusterSlots()).reduce((sum, [, , , ...others]) => sum + others.length, 0);
    while (await replicas() < wanted) await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
