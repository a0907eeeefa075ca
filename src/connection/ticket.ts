/**
 * Taking back what was handed over together.
 *
 * @module
 */
import { ConnectionError, type ReplyError } from "../errors.ts";
import type { Line } from "./line.ts";
import type { Encoded } from "./traffic.ts";

/** What the caller of a pipeline or transaction has in common with its parts. */
export class Ticket {
  /** The caller gave up: what has not left stays here. */
  released = false;
  /** Bytes of it have left. */
  sent = false;
  /** How many parts of it have been handed over. */
  parts = 0;
  /** Its parts may hold the connection, which is watched and dropped for all of them: so it is not replaced until `letGo`. */
  holds = false;
  #refusal: ReplyError | undefined;
  #line: Line | undefined;

  /** One more part goes to a line, after all others have. */
  handOver(line: Line): void {
    this.#line = line;
    this.parts++;
  }

  /** A replica refused one of its commands, and nothing of what that was a part of is owed any longer. */
  refused(error: ReplyError): void {
    if (this.holds) this.#refusal = error;
    else this.#line?.refused(error);
  }

  /** All of it is answered: if a replica refused some, the connection may be replaced now. */
  letGo(): void {
    const refusal = this.#refusal;
    this.holds = false;
    this.#refusal = undefined;
    if (refusal !== undefined) this.refused(refusal);
  }

  /** Takes back what has not left. */
  release(): void {
    this.released = true;
    this.#line?.recall(this);
  }
}

/** Whether its caller gave up before it left; it is told so then, but not in the midst of what asks. */
export function isRecalled(owed: Encoded): boolean {
  if (owed.ticket?.released !== true) return false;
  queueMicrotask(() => owed.fail(new ConnectionError("Its caller gave up; it was not sent")));
  return true;
}
