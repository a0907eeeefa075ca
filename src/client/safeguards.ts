/**
 * What the less common options ask for, apart from reading them: a client that was generated without options has none of
 * it.
 *
 * @module
 */
import type { LineOptions } from "../connection/line_options.ts";
import { tagging } from "../connection/proof.ts";
import { reasonOf } from "../connection/reasons.ts";
import { Identity } from "./identity.ts";

/** What stands behind options; see {@link safeguards}. */
export interface Safeguards {
  /** @internal Checks credentials, and lets them change; otherwise what the options say is taken as it is. */
  readonly identity: typeof Identity;
  /** @internal The option `integrity`. */
  readonly integrity: LineOptions["integrity"];
  /** @internal What errors of the runtime mean; otherwise they speak for themselves. */
  readonly reasons: LineOptions["reasons"];
}

/** The feature as a kit names it. */
export const safeguards: Safeguards = { identity: Identity, integrity: tagging, reasons: reasonOf };
