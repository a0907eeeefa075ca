/**
 * What a client needs of the lines that it has, whether they are a pool or one alone.
 *
 * @module
 */
import type { ConnectionReport } from "../errors.ts";
import type { Line } from "../connection/line.ts";
import type { PoolOptions } from "./options.ts";
import type { UpkeepSettings } from "./upkeep.ts";

/** How many may wait, and how long things may take. */
export interface PoolLimits extends UpkeepSettings {
  /** How many are kept open though nobody uses them. */
  readonly min: number;
  /** How many callers may wait for a line of their own. */
  readonly maxWaiting: number;
  /** Milliseconds to wait for a line of one's own; 0 waits for ever. */
  readonly waitTimeout: number;
  /** Milliseconds that an unused line stays open; 0 keeps it for ever. */
  readonly idleTimeout: number;
}

/** How many lines there may be, what holds for them, and how they are made. */
export interface PoolSettings {
  /** What its client was opened with. */
  readonly options: PoolOptions;
  /** How many lines may be shared. */
  readonly shared: number;
  /** How many lines there may be in all; at least one more than are always shared. */
  readonly max: number;
  /** Makes a line, not yet open. */
  readonly line: () => Line;
  /** Whether somebody needs the connection that this line has, not just any. */
  readonly needs: (line: Line) => boolean;
}

/** Numbers about a pool at one moment. */
export interface PoolStats {
  /** Lines that many commands share. */
  readonly shared: number;
  /** Lines that wait to be used. */
  readonly idle: number;
  /** Lines that belong to a caller at present, or are made ready for one. */
  readonly leased: number;
  /** Callers that wait for a line. */
  readonly waiting: number;
  /** Commands whose replies have not come. */
  readonly pending: number;
  /** How often a line was handed to a session or a blocking command. */
  readonly leases: number;
  /** Callers that got none: too many waited, or they waited too long. */
  readonly refused: number;
  /** Connections that were found dead before anybody got them. */
  readonly unfit: number;
  /** Connections closed or replaced because nobody used them, or for their age. */
  readonly retired: number;
}

/** @internal The lines of one client. */
export interface Lines {
  /** Opens the first line, and as many more as are always to be open. */
  open(): Promise<void>;
  /** A line for commands that do not mind company; the last one, if that still is one. */
  share(last?: Line): Line;
  /** Of the shared lines that are open already the one where least waits; the first if none is. */
  shareOpen(): Line;
  /** Where the present line has no room: one that has, or else the one before which fewest wait. */
  freest(isFull: (line: Line) => boolean): Line;
  /** The line that is always there, opened by `connect()`. */
  first(): Line;
  /** A line that nobody else uses until it is released. First come, first served. */
  acquire(signal?: AbortSignal): Promise<Line>;
  /** Undoes what was set on a line, or replaces its connection. */
  restore(line: Line): void;
  /** Takes a line back. */
  release(line: Line): void;
  /** Finds out if the server still knows the connection of a line that has waited long. */
  doubt(line: Line): void;
  /** Whether ordinary commands go over this line at present. */
  isShared(line: Line): boolean;
  /** Whether it waits to be used. */
  isIdle(line: Line): boolean;
  /** Whether this line is to be open though nobody uses it. */
  keeps(line: Line): boolean;
  /** Every line there is. */
  readonly lines: Line[];
  /** What the connections look like, all together. */
  report(): ConnectionReport;
  /** Numbers about them at this moment. */
  stats(): PoolStats;
  /** Waits for what is pending, at most `within` milliseconds, then closes every line. */
  close(within: number): Promise<void>;
  /** Closes every line at once. */
  destroy(): void;
}
