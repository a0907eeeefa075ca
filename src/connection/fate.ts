/**
 * What becomes of a command that gets no reply, as its caller is told it. Each has an error of its own, since each has its
 * own name, and some may have run where others have not.
 *
 * @module
 */
import { ConnectionError, type ConnectionReport, TimeoutError } from "../errors.ts";
import type { CommandSpec } from "../command/spec.ts";
import type { Address } from "../transport/transport.ts";
import { detailed, overdue, worded } from "./notice.ts";
import { type Owed, Pending } from "./pending.ts";
import { describe } from "./trouble.ts";

/** How often a command may be sent again after its connection was lost. */
const RESENDS = 3;

/** Says what happened, to whom, and whether it may have run. */
export function told(
  what: string,
  owed: Owed,
  sent: boolean,
  report: ConnectionReport,
  cause?: ConnectionError,
): ConnectionError {
  const own = new ConnectionError(worded(what, fateOf(owed, sent), owed.name), {
    sent,
    cause: cause?.cause ?? cause,
    closed: cause?.closed ?? false,
  });
  return detailed(own, () => cause?.report ?? report, owed.name);
}

/** Whether it left on a connection that was lost, before it waited for another one. */
export function wasSent(owed: Owed): boolean {
  return owed instanceof Pending && owed.mayHaveRun;
}

/** The same for what waited for a connection in vain. It may have been sent before, on one that was lost. */
export function toldInQueue(error: Error, owed: Owed, report: ConnectionReport): Error {
  const sent = wasSent(owed);
  if (error instanceof ConnectionError) return told(error.message, owed, sent, report, error);
  if (!(error instanceof TimeoutError)) return error;
  const { waitingFor, after, message } = error;
  const words = worded(message, fateOf(owed, sent), owed.name);
  const own = new TimeoutError(words, { waitingFor, after, sent, cause: error });
  return detailed(own, () => error.report, owed.name);
}

/** Says that too many wait already. */
export function crowded(address: Address, size: number): string {
  return `Not connected to ${describe(address)}, and ${size} commands wait already`;
}

/** It came too late. */
export function tooLate(): ConnectionError {
  return new ConnectionError("The client is closed", { closed: true });
}

/** It came in time, and the client was closed before it was done. */
export function closedMeanwhile(): ConnectionError {
  return new ConnectionError("The client was closed", { closed: true });
}

/** Its session had a connection, and that is lost. */
export function sessionOver(owed: Owed, lost: ConnectionError, report: ConnectionReport): ConnectionError {
  const what =
    "The connection of this session was lost, and what was set on it (WATCH, SELECT…) with it; begin another";
  return told(what, owed, false, report, lost);
}

/** Whether what was sent on a connection that is lost may go to another one. */
export function mayResend(owed: Owed, resend: (spec: CommandSpec) => boolean): boolean {
  if (!(owed instanceof Pending) || owed.released || owed.attempts - owed.refusals > RESENDS) return false;
  try {
    return resend(owed.spec);
  } catch {
    return false;
  }
}

/** There was no connection for so long: why, if there was an attempt meanwhile. */
export function unreachable(address: Address, after: number, report: ConnectionReport, cause?: Error): TimeoutError {
  const why = cause === undefined ? "" : `: ${cause.message}`;
  const words = overdue(`No connection to ${describe(address)}`, after) + why;
  return detailed(new TimeoutError(words, { waitingFor: "connection", after, cause }), () => report);
}

function fateOf(owed: Owed, sent: boolean): string {
  if (sent) return "it may have run";
  return owed instanceof Pending ? owed.fate : "it was not sent";
}
