/**
 * What a caller may ask of a cluster's client.
 *
 * @module
 */
import type { ClientOptions } from "../client/options.ts";
import { checkNumber } from "../client/check.ts";
import { checkKind } from "../client/known.ts";
import { LONGEST_DELAY } from "../connection/wait.ts";
import type { Place } from "./topology.ts";

/** Who answers commands that only read. */
export type Reads = "primary" | "replica" | "any";

/** The settings of a cluster's client: those of every client, for each of its nodes, and some of its own. */
export interface ClusterOptions extends ClientOptions {
  /**
   * Who answers commands that only read: the `"primary"` of their slot unless given; a `"replica"` of it, or the primary
   * where none is connected; or `"any"` of them in turn. A replica may not have yet what was written just now. Pipelines,
   * transactions and sessions are the primary's.
   */
  readonly reads?: Reads | undefined;
  /**
   * Milliseconds between two looks at which node has which slot; 10,000 unless given, 0 for none but those that a lost
   * connection or a node's refusal gives occasion to. In Workers there are only those.
   */
  readonly refreshInterval?: number | undefined;
  /**
   * Where a node is for this process, if that is not where the nodes say: behind NAT, in containers, or by names that a
   * certificate is for.
   */
  readonly translate?: ((place: Place) => Place) | undefined;
}

/** What {@link ClusterOptions} has beside the options of every client. */
export type OwnOptions = Pick<ClusterOptions, "reads" | "refreshInterval" | "translate">;

/** Parts the options of every client from those of a cluster's, and checks the latter. */
export function parted(options: ClusterOptions): [own: OwnOptions, others: ClientOptions] {
  const { reads, refreshInterval, translate, ...others } = options;
  if (reads !== undefined && !["primary", "replica", "any"].includes(reads)) {
    throw new TypeError('Option reads must be "primary", "replica" or "any"');
  }
  checkNumber("refreshInterval", refreshInterval, 0, LONGEST_DELAY);
  checkKind("translate", translate, "function", "a function");
  return [{ reads, refreshInterval, translate }, others];
}
