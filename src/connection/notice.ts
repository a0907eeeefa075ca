/**
 * What an error says beside what happened: to whom, after how long a wait, what became of it, and how the connection looked.
 * The errors themselves are made where it happened, many at a time: each function in between would make their stacks longer.
 *
 * @module
 */
import { ConnectionError, type ConnectionReport, TimeoutError } from "../errors.ts";

/** The words of an error: what happened, then what else is known (as what became of the command); before both, to whom. */
export function worded(what: string, note = "", command = ""): string {
  return `${command && `${command}: `}${what}${note && `; ${note}`}`;
}

/** The words of one whose caller has waited too long: so many milliseconds. */
export function overdue(what: string, after: number, note?: string, command?: string): string {
  return worded(`${what} within ${after} ms`, note, command);
}

/**
 * Has the error of a connection or of a wait tell how that connection looked and whose command it was about, unless it names
 * one already. Where a connection fails before it has a command, whoever wanted it for one adds that later.
 */
export function detailed<E>(error: E, look: () => ConnectionReport | undefined, command = ""): E {
  if ((error instanceof ConnectionError || error instanceof TimeoutError) && error.command === "") {
    error.command = command;
    error.report ??= look();
  }
  return error;
}
