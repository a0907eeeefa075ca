/**
 * How a cluster's client is put together from a set of commands.
 *
 * @module
 */
import type { Arg, CommandSpec, Shape } from "../command/spec.ts";
import type { PipelineOptions } from "../client/pipeline.ts";
import type { Kit, WholeKit } from "../client/kit.ts";
import type { SendOptions } from "../connection/pending.ts";
import type { KnownCommands } from "./names.ts";
import type { BaseClusterPipeline } from "./pipeline.ts";
import type { Shards } from "./shards.ts";

/** The classes of a set of commands, for clusters. */
export interface ClusterKit {
  /** @internal The client. */
  readonly client: new (core: ClusterCore, options: SendOptions) => unknown;
  /** @internal Its pipelines. */
  readonly pipeline?:
    | (new (
      core: ClusterCore,
      options: SendOptions,
      settings: PipelineOptions | undefined,
      again: Resend,
    ) => BaseClusterPipeline)
    | undefined;
  /** What the clients of its nodes are made of. */
  readonly node: Kit;
  /** The commands that `call` knows by their names: where their keys are, and to how many nodes they go. */
  readonly commands: readonly CommandSpec[];
}

/** @internal What all surfaces of a cluster's client share. */
export interface ClusterCore {
  /** What it is made of. */
  readonly kit: ClusterKit;
  /** What the clients of its nodes are made of. */
  readonly node: WholeKit;
  /** What is known of commands that are called by name. */
  readonly known: KnownCommands;
  /** Its nodes. */
  readonly shards: Shards;
}

/** @internal Sends a command of a pipeline by itself, as its node has refused it. */
export type Resend = (spec: CommandSpec, args: Arg[], shape: Shape | undefined, loose: boolean) => Promise<unknown>;
