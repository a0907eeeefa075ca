/**
 * What a client counts, and where somebody may listen in on its commands.
 *
 * @module
 */
import type { Line } from "./line.ts";
import type { Owed, Pending } from "./pending.ts";

/** Commands that are encoded already, to be written as they are. */
export type Encoded = Owed & { readonly chunks: readonly Uint8Array[] };

/** Somebody who wants to know of each command: see `src/observe`. Called only while there is one. */
export interface Tap {
  /** A command is handed to a line. */
  command(pending: Pending, line: Line): void;
  /** Commands that were encoded together are handed to a line; what is returned goes in their place. */
  batch(owed: Encoded, line: Line): Encoded;
}

/** The counters of one client, over all its connections. Plain numbers, added to where the work is done anyway. */
export class Traffic {
  /** Commands written to sockets, those sent again included. */
  commands = 0;
  /** Replies read. */
  replies = 0;
  /** Error replies read, those inside transactions included. */
  errors = 0;
  /** Bytes given to sockets. */
  bytesOut = 0;
  /** Bytes that came from sockets. */
  bytesIn = 0;
  /** Commands sent again, after a refusal that passes or a lost connection. */
  retries = 0;
  /** Connections that became ready. */
  connects = 0;
  /** Of these, how many followed another one on the same line. */
  reconnects = 0;
  /** Connections lost that nobody had closed. */
  losses = 0;
  /** While somebody listens in: how many bytes the reply took that is being handed out; negative if that is not known. */
  replyBytes = -1;
  /** Who listens in. */
  tap: Tap | undefined = undefined;
}
