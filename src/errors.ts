/**
 * Everything that can go wrong, as a caller needs to tell it apart.
 *
 * The caller's own mistakes are not here: they are a `TypeError` or a `RangeError`, thrown before a byte is written.
 * A cancelled call rejects with its `signal.reason`.
 *
 * @module
 */
import type { KnownErrorCode } from "./error_codes.ts";

export type { KnownErrorCode } from "./error_codes.ts";

/** What a connection looked like when a command failed on it. Never holds argument values. */
export interface ConnectionReport {
  /** Commands whose replies were still owed, this one included. */
  readonly pending: number;
  /** Bytes encoded but not yet taken by the socket. */
  readonly bytesWaiting: number;
  /** Milliseconds since the server last sent anything; `null` if it never did. */
  readonly silentFor: number | null;
  /** Which attempt at its connection it was: 1 for the first; those that failed count, too. */
  readonly generation: number;
}

/**
 * The base of every error that this package makes. By itself it ends a subscription or a monitor: the reader is too
 * slow, or a shard has moved.
 */
export class RedisError extends Error {
  /** Always `RedisError`. */
  override name = "RedisError";
}

/** The server answered with an error. The command was received; whether it did anything is up to its code. */
export class ReplyError extends RedisError {
  /** Always `ReplyError`. */
  override name = "ReplyError";
  /** The first word of the server's message: `"WRONGTYPE"`, `"NOSCRIPT"`, `"ERR"`…; `ERROR_CODES` tells what is known of it. */
  readonly code: KnownErrorCode | (string & Record<never, never>);
  /** The command that was refused, without its arguments, e.g. `"CONFIG GET"`; empty while it is not known. */
  command = "";

  /** Takes the error line as the server sent it, without its `-`. Arguments that it repeats are left out. */
  constructor(line: string) {
    super(line.startsWith("ERR ") ? withoutArguments(line) : line);
    const space = line.indexOf(" ");
    const word = space < 0 ? line : line.slice(0, space);
    this.code = /^[A-Z][A-Z0-9_]*$/.test(word) ? word : "ERR";
  }
}

/** What servers say of an argument that they repeat; of a setting only its value goes, for its name stands behind. */
const REPEATED =
  /^(ERR (?:Error in ACL SETUSER modifier|Unmatched parenthesis in acl selector starting at|Syntax error in HELLO option)) '.*'/s;
const REFUSED_VALUE = /^(ERR Invalid argument) '.*'(?= (?:for|to) (?:SENTINEL )?(?:CONFIG )?SET ')/s;

/** A mistyped AUTH, a rule for a user that is none, a setting: each would end up in a log with its password. */
function withoutArguments(line: string): string {
  // MIGRATE passes on what the other server says, so this may stand anywhere.
  return line.replace(/, with args beginning with:.*/s, "").replace(REPEATED, "$1").replace(REFUSED_VALUE, "$1");
}

/** The connection could not be made, or broke. */
export class ConnectionError extends RedisError {
  /** Always `ConnectionError`. */
  override name = "ConnectionError";
  /** Whether the command may have run: `false` means that none of its bytes left. */
  readonly sent: boolean;
  /** The client, or what the call belongs to, was closed, before the call or during it: trying again is of no use. */
  readonly closed: boolean;
  /** The command that failed, without its arguments; empty where no single command is meant. */
  command = "";
  /** The state of the connection when this happened, where there was one. */
  report?: ConnectionReport | undefined;

  /** Takes the message, whether bytes of the command may have left, what caused it, and if the client is closed. */
  constructor(
    message: string,
    options: { sent?: boolean | undefined; cause?: unknown; closed?: boolean | undefined } = {},
  ) {
    super(
      message,
      options.cause === undefined ? undefined : { cause: options.cause },
    );
    this.sent = options.sent ?? false;
    this.closed = options.closed ?? false;
  }
}

/** Somebody stopped waiting. */
export class TimeoutError extends RedisError {
  /** Always `TimeoutError`. */
  override name = "TimeoutError";
  /**
   * What was waited for: an attempt to connect, a reply, a connection (any, or one of one's own), room on one that has too
   * much pending.
   */
  readonly waitingFor: "connect" | "reply" | "connection" | "room";
  /** How long, in milliseconds. */
  readonly after: number;
  /** Whether the command may have run: `false` means that none of its bytes left. */
  readonly sent: boolean;
  /** The command that was given up, without its arguments; empty where no single command is meant. */
  command = "";
  /** The state of the connection when this happened, where there was one. */
  report?: ConnectionReport | undefined;

  /** Takes the message, what was waited for, for how many milliseconds, and whether bytes may have left. */
  constructor(
    message: string,
    options: {
      waitingFor: TimeoutError["waitingFor"];
      after: number;
      sent?: boolean | undefined;
      cause?: unknown;
    },
  ) {
    super(
      message,
      options.cause === undefined ? undefined : { cause: options.cause },
    );
    this.waitingFor = options.waitingFor;
    this.after = options.after;
    this.sent = options.sent ?? false;
  }
}

/** What came is not RESP, or breaks a limit. The connection it came on is closed. */
export class ProtocolError extends RedisError {
  /** Always `ProtocolError`. */
  override name = "ProtocolError";
  /** How many bytes of the connection came before the offending one. */
  readonly offset: number;

  /** Takes the message and the offset, in bytes from the connection's first. */
  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

/** A transaction did not run: a watched key changed, or the server threw it away. */
export class TransactionError extends RedisError {
  /** Always `TransactionError`. */
  override name = "TransactionError";
  /** `"watch"`: a watched key changed, nothing ran. `"abort"`: the server refused a queued command, nothing ran. */
  readonly reason: "watch" | "abort";
  /** For `"abort"`: the errors of the refused commands, by their place in the transaction. The first is the `cause`, too. */
  readonly errors: ReadonlyMap<number, ReplyError>;
  /** How often it was tried: more than once by `redis.watch`. */
  attempts = 1;

  /** Takes the message, the reason, and what the server said of each refused command. */
  constructor(
    message: string,
    reason: "watch" | "abort",
    errors: ReadonlyMap<number, ReplyError> = new Map(),
  ) {
    super(message);
    this.reason = reason;
    this.errors = errors;
  }
}
