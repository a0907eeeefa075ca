/**
 * How the tables of this folder say what is called on a real server, to hold the described replies against it.
 *
 * @module
 */
import type { SessionCommands } from "../../../src/generated/commands.ts";

/** All methods that there are. */
export type Redis = SessionCommands<string, number>;

/** One call of a method. */
export interface Invocation {
  /** Calls it; further calls that it needs the reply of come first. */
  readonly run: (redis: Redis) => Promise<unknown>;
  /** The branch of the reply's description: one of its `when`; left out for the last one. */
  readonly when?: string;
  /** The value is not the same each time: only its type is looked at. */
  readonly varies?: true;
  /** Sent on another connection, and not waited for. */
  readonly aside?: true;
  /** Called again until it is no error and this holds: it depends on what happens elsewhere. */
  readonly until?: (value: unknown) => boolean;
}

/** Calls in order, from an empty server. */
export type Scenario = readonly Invocation[];

/** The call of another branch of the reply's description. */
export function branch(when: string, invocation: Invocation): Invocation {
  return { ...invocation, when };
}

/** A call whose value is the same under both protocols. */
export function call(run: Invocation["run"], when?: string): Invocation {
  return { run, when };
}

/** A call whose value is another one each time. */
export function varying(run: Invocation["run"], when?: string): Invocation {
  return { run, when, varies: true };
}

/** A call on another connection that is not waited for. */
export function aside(run: Invocation["run"]): Invocation {
  return { run, aside: true };
}

/** A call that fails, or whose value is not yet the one waited for, until something else has happened. */
export function until<T>(run: (redis: Redis) => Promise<T>, holds: (value: T) => boolean = () => true): Invocation {
  return { run, varies: true, until: holds as (value: unknown) => boolean };
}
