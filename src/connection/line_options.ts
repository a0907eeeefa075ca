/**
 * What a line needs to know.
 *
 * @module
 */
import { type CommandSpec, READONLY } from "../command/spec.ts";
import type { Limits } from "../resp/limits.ts";
import type { ReplyError } from "../errors.ts";
import type { Push } from "../resp/reply.ts";
import type { AttemptOptions } from "./attempt.ts";
import type { Backoff } from "./backoff.ts";
import type { Line } from "./line.ts";
import type { Pending } from "./pending.ts";
import type { Traffic } from "./traffic.ts";

/**
 * Where a connection is in its life.
 *
 * - `idle`: there is none, and nobody is about it; the next command opens one.
 * - `connecting`: it is being opened, for the first time or after `idle`, or made as new, after a session.
 * - `ready`: it takes commands.
 * - `reconnecting`: it was lost, or is replaced on purpose (its age, a server that has become a replica); commands wait. Of a
 *   cluster's shard also: it could not be made.
 * - `closing`: it takes no more commands, and waits for replies that are owed.
 * - `closed`: it is gone for good.
 */
export type LineState = "idle" | "connecting" | "ready" | "reconnecting" | "closing" | "closed";

/** Everything a line needs to know. */
export interface LineOptions extends AttemptOptions {
  /** Milliseconds of silence while replies are owed before the server is taken for dead; 0 waits for ever. */
  readonly silence: number;
  /** Milliseconds of silence while nothing is owed before the server is sent a PING; 0 sends none. */
  readonly pingInterval: number;
  /** Milliseconds a command may wait for a connection; 0 waits for ever. */
  readonly queueTimeout: number;
  /** Milliseconds for which a command that is refused for now (LOADING, READONLY…) is sent again; 0 never does. */
  readonly retryFor: number;
  /** How many commands may wait for a connection that was lost, or could not be made. */
  readonly queueLimit: number;
  /** Whether to open again at once after a loss, rather than with the next command. Asked each time: a line changes hands. */
  readonly eager: (line: Line) => boolean;
  /**
   * Whether what is to be opened again after a loss is opened only for a command or whoever opens the line, though as
   * patiently as at once. Asked each time.
   */
  readonly onDemand?: ((line: Line) => boolean) | undefined;
  /** When to try again after a failure. */
  readonly backoff: Backoff;
  /** May a command that was sent on a lost connection be sent again? */
  readonly resend: (spec: CommandSpec) => boolean;
  /** Limits on what a reply may cost. */
  readonly limits?: Limits | undefined;
  /** What the lines of one client count together. */
  readonly traffic?: Traffic | undefined;
  /** Out-of-band values. */
  readonly onPush?: ((push: Push, line: Line) => void) | undefined;
  /** Each change of state, and each attempt to get another connection that failed and is not the last. */
  readonly onState?: ((state: LineState, line: Line, error?: Error) => void) | undefined;
  /** The command that the line waits for may take any time, and nothing has come for `silence`. */
  readonly onDoubt?: ((line: Line) => void) | undefined;
  /**
   * A command was refused. True if somebody else takes it, on whatever line; else it may be tried again here. Asked each
   * time, before its caller hears of it.
   */
  readonly onRefused?: ((pending: Pending, error: ReplyError, line: Line) => boolean) | undefined;
  /** A connection became ready: what must be said again on it may be said now, before anything that waits. */
  readonly onReady?: ((line: Line) => void) | undefined;
}

/** Whether the spec alone allows to send a command a second time. */
export function resendReadonly(spec: CommandSpec): boolean {
  return (spec.flags & READONLY) !== 0;
}
