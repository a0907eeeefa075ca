/**
 * The error codes of Redis, Valkey and Sentinel, as data.
 *
 * @module
 */

/** What is known about an error code. */
export interface ErrorCodeFacts {
  /** What the server means. */
  readonly meaning: string;
  /**
   * Whether the command may have changed something: `"no"`, it was refused before it ran; `"maybe"`, it was running, or
   * had done part of its work. A script or function that passes on the error of one of its commands may have changed
   * something, whatever the code.
   */
  readonly ran: "no" | "maybe";
  /** Whether the same command may succeed a moment later, though nobody changes anything but the server. */
  readonly passes: boolean;
}

/** A code that servers are known to use. */
export type KnownErrorCode =
  | "ERR"
  | "WRONGTYPE"
  | "NOAUTH"
  | "WRONGPASS"
  | "NOPERM"
  | "DENIED"
  | "NOPROTO"
  | "NOSCRIPT"
  | "BUSY"
  | "NOTBUSY"
  | "UNKILLABLE"
  | "EXECABORT"
  | "BUSYKEY"
  | "BUSYGROUP"
  | "NOGROUP"
  | "UNBLOCKED"
  | "OOM"
  | "MISCONF"
  | "NOREPLICAS"
  | "READONLY"
  | "LOADING"
  | "MASTERDOWN"
  | "NOTREADY"
  | "MOVED"
  | "ASK"
  | "TRYAGAIN"
  | "CROSSSLOT"
  | "CLUSTERDOWN"
  | "INVALIDOBJ"
  | "IOERR"
  | "NOMASTERLINK"
  | "REDIRECT"
  | "INPROG"
  | "NOGOODSLAVE"
  | "NOGOODPRIMARY"
  | "NOQUORUM";

/** Facts by code: of a code that is not known there are none. */
export type ErrorCodes =
  & { readonly [code in KnownErrorCode]: ErrorCodeFacts }
  & { readonly [code: string]: ErrorCodeFacts | undefined };

/** The first words of error replies, and what they tell. Servers, modules and scripts may have others. */
export const ERROR_CODES: ErrorCodes = {
  ERR: { meaning: "any error without a code of its own", ran: "maybe", passes: false },
  WRONGTYPE: { meaning: "the key holds another type of value", ran: "maybe", passes: false },
  NOAUTH: { meaning: "the connection has not authenticated", ran: "no", passes: false },
  WRONGPASS: { meaning: "user name or password are wrong, or the user is off", ran: "no", passes: false },
  NOPERM: { meaning: "the user may not run this, or not on this key or channel", ran: "no", passes: false },
  DENIED: {
    meaning: "the server runs in protected mode and takes no connections from outside",
    ran: "no",
    passes: false,
  },
  NOPROTO: { meaning: "the server does not speak the protocol version that was asked for", ran: "no", passes: false },
  NOSCRIPT: { meaning: "the server does not know a script with this digest", ran: "no", passes: false },
  BUSY: { meaning: "a script or function has been running for too long", ran: "no", passes: true },
  NOTBUSY: { meaning: "there is no running script that could be killed", ran: "no", passes: false },
  UNKILLABLE: { meaning: "the running script has written something, so it cannot be killed", ran: "no", passes: false },
  EXECABORT: { meaning: "the transaction was thrown away: a queued command was refused", ran: "no", passes: false },
  BUSYKEY: { meaning: "the key to restore or move into exists", ran: "no", passes: false },
  BUSYGROUP: { meaning: "the consumer group exists", ran: "no", passes: false },
  NOGROUP: { meaning: "the stream or its consumer group does not exist", ran: "no", passes: false },
  UNBLOCKED: {
    meaning: "CLIENT UNBLOCK … ERROR ended the wait, or the node lost its role meanwhile",
    ran: "no",
    passes: false,
  },
  OOM: { meaning: "the server has reached maxmemory and may evict nothing", ran: "no", passes: true },
  MISCONF: { meaning: "the server cannot save to its disk and was told not to write then", ran: "no", passes: true },
  NOREPLICAS: { meaning: "fewer replicas are in touch than writes require", ran: "no", passes: true },
  READONLY: { meaning: "this node is a replica (or a script was declared read-only)", ran: "no", passes: true },
  LOADING: { meaning: "the server is still reading its data", ran: "no", passes: true },
  MASTERDOWN: { meaning: "the replica has lost its primary and was told not to answer then", ran: "no", passes: true },
  NOTREADY: { meaning: "the node is not ready yet", ran: "no", passes: true },
  MOVED: { meaning: "the slot is served by another node of the cluster", ran: "no", passes: false },
  ASK: { meaning: "the slot is on its way to another node; ask that one, this once", ran: "no", passes: false },
  TRYAGAIN: { meaning: "some of the keys have moved with their slot, others not yet", ran: "no", passes: true },
  CROSSSLOT: { meaning: "the keys belong to different slots", ran: "no", passes: false },
  CLUSTERDOWN: { meaning: "the cluster does not serve the slot, or has no majority", ran: "no", passes: true },
  INVALIDOBJ: { meaning: "Sentinel found something wrong with its own data", ran: "maybe", passes: false },
  IOERR: {
    meaning: "MIGRATE could not reach the other server, or lost it: the key may be on both",
    ran: "maybe",
    passes: true,
  },
  NOMASTERLINK: {
    meaning: "the replica cannot serve a replica of its own: it has lost its primary",
    ran: "no",
    passes: true,
  },
  REDIRECT: {
    meaning: "Valkey: this node is a replica and the client said that it can be sent on",
    ran: "no",
    passes: false,
  },
  INPROG: { meaning: "Sentinel is failing over already", ran: "no", passes: true },
  NOGOODSLAVE: { meaning: "Sentinel knows no replica that could be promoted", ran: "no", passes: true },
  NOGOODPRIMARY: { meaning: "the same, as Valkey says it", ran: "no", passes: true },
  NOQUORUM: { meaning: "too few Sentinels agree or can be reached", ran: "no", passes: true },
};
