/**
 * Commands that the server refused for now, each waiting for its next try.
 *
 * @module
 */
import type { ReplyError } from "../errors.ts";
import type { Binding } from "./binding.ts";
import type { LineOptions, LineState } from "./line_options.ts";
import type { Pending } from "./pending.ts";
import type { Traffic } from "./traffic.ts";

/** Refusals that pass: the server is starting, moving or electing. Each says that the command did not run. */
const TRANSIENT = new Set(["LOADING", "MASTERDOWN", "TRYAGAIN", "CLUSTERDOWN", "READONLY"]);

/**
 * A script may raise errors with these codes, too, and may have done something before. So of what scripts and functions
 * are answered with only the servers' own words are believed.
 */
const SCRIPTS = /^(?:EVAL|EVALSHA|FCALL)(?:_RO)?(?: |$)/;
const OWN_WORDS = new RegExp(
  "^(?:LOADING \\w+ is loading|MASTERDOWN Link with|READONLY You can't write against|TRYAGAIN Multiple keys|" +
    "CLUSTERDOWN (?:The cluster is down|Hash slot not served))",
);

/** Whether the server refused it for now, and nothing ran. */
function isTransient(pending: Pending, error: ReplyError): boolean {
  return TRANSIENT.has(error.code) && (!SCRIPTS.test(pending.name) || OWN_WORDS.test(error.message));
}

/** Whether a primary that has become a replica lets go of whoever blocks there. It closes the connection as well. */
export function isParting({ message }: ReplyError): boolean {
  return message.startsWith("UNBLOCKED force unblock from blocking operation, instance state changed");
}

/** Whether this is what only a replica says: its own refusal to be written to, or what it has just become. */
export function isFromReplica(error: ReplyError): boolean {
  return isParting(error) || (error.code === "READONLY" && OWN_WORDS.test(error.message));
}

/** The longest pause between two tries, in milliseconds. */
const LONGEST = 1000;

/** How long a new connection, made in search of the primary, is kept though it leads to a replica, in milliseconds. */
const SEARCH = 250;

/** Whose commands they are. */
export interface RetriesOwner {
  /** Where it is in its life. */
  readonly state: LineState;
  /** Sends a command another time. */
  putAgain(pending: Pending): void;
  /** Replaces the connection. */
  renew(reason: Error): void;
  /** One is here no longer: there may be room. */
  progress(): void;
}

/** Which refused commands are tried again, when, and where. */
export class Retries {
  readonly #owner: RetriesOwner;
  readonly #binding: Binding;
  readonly #retryFor: number;
  /** A replica is what is wanted: that it is none to be written to does not pass, and no other is looked for. */
  readonly #wantsReplica: boolean;
  readonly #traffic: Traffic;
  readonly #timers = new Map<Pending, ReturnType<typeof setTimeout>>();
  /** When the primary was last looked for. */
  #searched = -Infinity;

  constructor(owner: RetriesOwner, binding: Binding, { retryFor, wants }: LineOptions, traffic: Traffic) {
    this.#owner = owner;
    this.#binding = binding;
    this.#retryFor = retryFor;
    this.#wantsReplica = wants?.role === "replica";
    this.#traffic = traffic;
  }

  /** How many wait. */
  get size(): number {
    return this.#timers.size;
  }

  /**
   * Takes a command back to send it again later. These refusals say that nothing ran, so this is safe for any command.
   * False if this one stays, or the command's time is over.
   */
  take(pending: Pending, error: ReplyError): boolean {
    if (this.#owner.state === "closed" || !isTransient(pending, error)) return false;
    if (this.#wantsReplica && error.code === "READONLY") return false;
    const isTaken = this.#keep(pending, error);
    if (error.code === "READONLY") this.search(error);
    return isTaken;
  }

  #keep(pending: Pending, error: ReplyError): boolean {
    // Another connection would not have what was set on this one.
    if (pending.released || (this.#binding.isBound && error.code === "READONLY")) return false;
    const now = performance.now();
    if (pending.refusedAt === 0) pending.refusedAt = now;
    if (now - pending.refusedAt >= this.#retryFor) return false;
    const delay = Math.min(LONGEST, 25 * 2 ** pending.refusals++);
    this.#timers.set(pending, setTimeout(() => this.#again(pending, error), delay));
    this.#traffic.retries++;
    return true;
  }

  /** Within a transaction that has begun meanwhile it would be queued, and EXEC would have one reply more. */
  #again(pending: Pending, refusal: ReplyError): void {
    this.#timers.delete(pending);
    if (this.#binding.inTransaction) {
      refusal.command = pending.name;
      pending.fail(refusal);
    } else this.#owner.putAgain(pending);
    // It may have failed at once.
    this.#owner.progress();
  }

  /**
   * What was a primary no longer is: whoever is reached by the same address next may be. Commands behind the refused one are
   * refused alike, and sent again each when its own refusal comes; they do not ask for a connection each.
   */
  search(error: ReplyError): void {
    if (this.#wantsReplica) return;
    if (this.#binding.isBound) {
      this.#binding.isDemoted = true;
      return;
    }
    const now = performance.now();
    if (now - this.#searched < SEARCH) return;
    this.#searched = now;
    this.#owner.renew(error);
  }

  /** Forgets a command whose caller is gone. False if it is not here. */
  drop(pending: Pending): boolean {
    clearTimeout(this.#timers.get(pending));
    return this.#timers.delete(pending);
  }

  /** Gives all back: none is tried again. */
  takeAll(): Pending[] {
    const all = [...this.#timers.keys()];
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
    return all;
  }
}
