/**
 * How a client is put together from a set of commands and the features it has.
 *
 * Client, session, pipeline and transaction know nothing of particular commands: they are put on a class of commands, the
 * one in this package or one that was generated for a certain server. A kit names what belongs together; a feature that
 * it does not name is not loaded.
 *
 * @module
 */
import type { Arg, CommandSpec, Shape } from "../command/spec.ts";
import type { Line } from "../connection/line.ts";
import type { SendOptions } from "../connection/pending.ts";
import type { Core } from "./core.ts";
import type { Hub, HubSettings } from "./hub.ts";
import type { Lines, PoolSettings } from "./lines.ts";
import type { Monitor } from "./monitor.ts";
import type { readOptions } from "./options.ts";
import type { BasePipeline, Guard, PipelineOptions, Runner } from "./pipeline.ts";
import type { Safeguards } from "./safeguards.ts";
import type { Scans } from "./scan.ts";
import type { StreamReader } from "./stream_reader.ts";
import type { StreamWorker } from "./stream_worker.ts";
import type { BaseTransaction } from "./transaction.ts";

/**
 * The types of one set of commands: what its client, sessions, pipelines and transactions are. `S` and `I` are filled in
 * by {@link SurfaceOf}; the others refer to them as `StringOf<this>` and `IntegerOf<this>`.
 */
export interface Surfaces {
  /** What string replies become. */
  readonly S: unknown;
  /** What integer replies become. */
  readonly I: unknown;
  /** The client. */
  readonly client: unknown;
  /** What `client.session()` gives. */
  readonly session: unknown;
  /** What the builder of a pipeline gets. */
  readonly pipeline: unknown;
  /** What the builder of a transaction gets. */
  readonly transaction: unknown;
}

/** What string replies become in a set. */
export type StringOf<K extends Surfaces> = Extract<K["S"], string | Uint8Array>;

/** What integer replies become in a set. */
export type IntegerOf<K extends Surfaces> = Extract<K["I"], number | bigint>;

/** One of the types of a set, for given replies. */
export type SurfaceOf<
  K extends Surfaces,
  Name extends "client" | "session" | "pipeline" | "transaction",
  S extends string | Uint8Array,
  I extends number | bigint,
> = (K & { readonly S: S; readonly I: I })[Name];

/** How a client sends commands that hold their connection. */
export interface Blocking {
  /** Whether this call may hold its connection. */
  readonly isBlocking: (spec: CommandSpec, args: readonly Arg[]) => boolean;
  /** @internal Sends it over a connection of its own. */
  readonly send: <T>(
    core: Core,
    spec: CommandSpec,
    args: readonly Arg[],
    shape: Shape | undefined,
    options: SendOptions,
  ) => Promise<T>;
  /** @internal Sends it over this connection, which is the caller's own and open, or about to be. */
  readonly hold: <T>(
    core: Core,
    line: Line,
    spec: CommandSpec,
    args: readonly Arg[],
    shape: Shape | undefined,
    options: SendOptions,
  ) => Promise<T>;
}

/** The classes of one set of commands, and the features that its client has. */
export interface Kit {
  /** @internal The client. */
  readonly client: new (core: Core, options: SendOptions) => unknown;
  /** @internal Exclusive connections. */
  readonly session?: (new (core: Core, line: Line, options: SendOptions) => { release(): Promise<void> }) | undefined;
  /** Pipelines. */
  readonly pipeline?:
    | (new (runner: Runner, mode: number, options?: PipelineOptions, guard?: Guard) => BasePipeline)
    | undefined;
  /** Transactions. */
  readonly transaction?: (new (mode: number) => BaseTransaction) | undefined;
  /** @internal Reads and checks options and URLs of every kind; otherwise the usual ones are taken as they are. */
  readonly options?: typeof readOptions | undefined;
  /** What the less common options ask for: `integrity`, credentials that change. */
  readonly safeguards?: Safeguards | undefined;
  /** @internal Several connections; otherwise one serves all. Sessions and blocking commands need it. */
  readonly pool?: (new (settings: PoolSettings) => Lines) | undefined;
  /** Subscriptions. */
  readonly hub?: (new (settings: HubSettings) => Hub) | undefined;
  /** Commands that hold their connection. */
  readonly blocking?: Blocking | undefined;
  /** Walks over keys, fields and members. */
  readonly scans?: Scans | undefined;
  /** Followers of streams. */
  readonly streamReader?: typeof StreamReader | undefined;
  /** Consumers of groups. */
  readonly streamWorker?: typeof StreamWorker | undefined;
  /** MONITOR. */
  readonly monitor?: typeof Monitor | undefined;
}

/** A kit that names what no client can do without. */
export interface WholeKit extends Kit {
  /** @internal Reads options and URLs. */
  readonly options: NonNullable<Kit["options"]>;
  /** @internal Has the connections. */
  readonly pool: NonNullable<Kit["pool"]>;
}

/** A feature of a kit; throws if the client was made without it. */
export function feature<T>(part: T | undefined, what: string): T {
  if (part === undefined) throw new TypeError(`This client was generated without ${what}`);
  return part;
}

/**
 * Gives a class of this package the methods of a class of commands: afterwards it inherits from the commands, and what it
 * inherited before is its own. Gives that class back.
 */
export function graft<C extends abstract new (...args: never[]) => object>(
  surface: C,
  commands: abstract new (...args: never[]) => object,
): C {
  const own: object = surface.prototype;
  for (let from = Object.getPrototypeOf(own); from !== Object.prototype; from = Object.getPrototypeOf(from)) {
    for (const key of Reflect.ownKeys(from)) {
      if (!Object.hasOwn(own, key)) Object.defineProperty(own, key, Object.getOwnPropertyDescriptor(from, key)!);
    }
  }
  Object.setPrototypeOf(own, commands.prototype);
  return surface;
}
