/**
 * What a session's commands have set on its connection, and what undoes that before anybody else gets it.
 *
 * @module
 */
import type { Binding } from "../connection/binding.ts";

/** What a transaction that was said by hand ends with. */
const ENDS_TRANSACTION = new Set(["EXEC", "DISCARD", "RESET"]);

/**
 * Commands whose effects RESET undoes in every server that has it. It leaves others (CLIENT NO-EVICT in Redis 7.0, CLIENT
 * SETINFO anywhere): after those the connection is given up.
 */
const UNDONE = new Set(
  ["SELECT", "AUTH", "HELLO", "MULTI", "EXEC", "DISCARD", "RESET", "READONLY", "READWRITE", "ASKING"]
    .concat(["CLIENT SETNAME", "CLIENT TRACKING", "CLIENT CACHING", "CLIENT REPLY"]),
);

/** What makes a connection anybody's again: nothing, a word, RESET, or only another connection in its place. */
export type Remedy = "nothing" | "unwatch" | "reset" | "replace";

/** Remembers, command by command, what is set on the connection of a session. */
export class Marks {
  readonly #binding: Binding;
  /** How often a MULTI that was said by hand has begun or ended. */
  #turn = 0;
  /** Something was set that a reset undoes. */
  #isDirty = false;
  /** Something was set that nothing undoes. */
  #isSpoilt = false;
  #isWatching = false;
  /** What has ended the watching since, if it was sent. */
  #ending: { readonly isSent: boolean } | undefined;

  constructor(binding: Binding) {
    this.#binding = binding;
  }

  /** A command was given that changes its connection. Gives what to call if it did not run: then no MULTI has begun, or ended. */
  set(name: string): () => void {
    const binding = this.#binding;
    const { inTransaction } = binding;
    binding.inTransaction = name === "MULTI" || (inTransaction && !ENDS_TRANSACTION.has(name));
    const turn = binding.inTransaction === inTransaction ? this.#turn : ++this.#turn;
    if (name === "WATCH") {
      this.#isWatching = true;
      this.#ending = undefined;
    } else if (name === "UNWATCH") {
      // Its caller may still take it back: it is said again.
    } else if (UNDONE.has(name)) this.#isDirty = true;
    else this.#isSpoilt = true;
    return () => {
      if (turn === this.#turn) binding.inTransaction = inTransaction;
    };
  }

  /** A command was given of which nobody has described what it does. */
  setUnknown(): void {
    this.#isDirty = true;
  }

  /** This one ends the watching once it is sent: its caller may take it back before. */
  endWatchingWith(transaction: { readonly isSent: boolean }): void {
    this.#ending = transaction;
  }

  /** What the connection needs now. */
  get remedy(): Remedy {
    if (this.#isSpoilt) return "replace";
    if (this.#isDirty) return "reset";
    return this.#isWatching && !this.#ending?.isSent ? "unwatch" : "nothing";
  }
}
