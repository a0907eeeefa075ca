/**
 * What a connection has yet to write: commands that are encoded, in the order in which they will be answered.
 *
 * @module
 */
import { Encoder } from "../resp/encoder.ts";
import type { Fifo } from "./fifo.ts";
import { type Owed, Pending } from "./pending.ts";
import type { Proof } from "./proof.ts";
import { isRecalled } from "./ticket.ts";
import type { Encoded, Traffic } from "./traffic.ts";

/** The newest of the entries that are owed replies: those whose bytes have not been written. */
export class Outgoing {
  readonly #encoder = new Encoder();
  /** All that are owed replies: what is here are the last of them. */
  readonly #owed: Fifo<Owed>;
  readonly #traffic: Traffic;
  /** How many entries have not been written. */
  unsent = 0;
  /** How many of those were released by their callers, and are to be cut out: at most. */
  #withdrawn = 0;

  constructor(owed: Fifo<Owed>, traffic: Traffic) {
    this.#owed = owed;
    this.#traffic = traffic;
  }

  /** How many bytes there are. */
  get size(): number {
    return this.#encoder.size;
  }

  /** Encodes a command. Throws what the encoder refuses. */
  command(pending: Pending): void {
    const spec = pending.spec;
    this.#encoder.command(spec.head, spec.words, pending.args, spec.name);
    this.#owed.push(pending);
    this.unsent++;
  }

  /** Takes commands that are encoded already. */
  encoded(owed: Owed, chunks: readonly Uint8Array[]): void {
    this.#encoder.append(chunks);
    this.#owed.push(owed);
    this.unsent++;
  }

  /** Gives all bytes, with a tag behind them if there is something to prove: they count as sent from now on. */
  take(proof: Proof | undefined): Uint8Array[] {
    if (proof?.tag(this.#encoder, this.#owed, this.unsent)) this.unsent++;
    this.#markSent();
    return this.#encoder.take();
  }

  #markSent(): void {
    const size = this.#owed.size;
    let commands = this.unsent;
    for (let i = size - this.unsent; i < size; i++) {
      const owed = this.#owed.at(i);
      if (owed instanceof Pending) {
        owed.attempts++;
        continue;
      }
      commands += owed!.owed - 1;
      const ticket = owed!.ticket;
      if (ticket !== undefined) ticket.sent = true;
    }
    this.#traffic.commands += commands;
    this.unsent = 0;
  }

  /** What was taken last has left: its memory serves what comes. */
  reuse(): void {
    this.#encoder.reuse();
  }

  /** Something was taken back that may be here. */
  recall(): void {
    if (this.unsent > 0) this.#withdrawn++;
  }

  /** Something is here that nobody waits for. */
  get isStale(): boolean {
    return this.#withdrawn > 0;
  }

  /** That is most of it. */
  get isMostlyStale(): boolean {
    return this.#withdrawn * 2 > this.unsent;
  }

  /**
   * Rare: the bytes of one command cannot be cut out, so those that stay are encoded afresh. Once per write, however many
   * were withdrawn: a limit of time often ends many waits at once.
   */
  cutOut(): void {
    this.#putBack(this.#takeWanted());
  }

  /**
   * Gives what has not been written, to go another way. What follows on a part of its own pipeline that has been written
   * stays: it must not overtake that.
   */
  surrender(): Owed[] {
    const wanted = this.#takeWanted();
    this.#putBack(wanted.filter((owed) => owed.ticket?.sent));
    return wanted.filter((owed) => !owed.ticket?.sent);
  }

  /** Takes all, and gives what somebody waits for. */
  #takeWanted(): Owed[] {
    const unsent = this.#owed.takeLast(this.unsent);
    this.#encoder.take();
    this.unsent = this.#withdrawn = 0;
    return unsent.filter((owed) => owed instanceof Pending ? !owed.released : !isRecalled(owed as Encoded));
  }

  #putBack(wanted: readonly Owed[]): void {
    for (const owed of wanted) {
      try {
        if (owed instanceof Pending) this.command(owed);
        else this.encoded(owed, (owed as Encoded).chunks);
      } catch (error) {
        // Its bytes were given away since it was called: nobody is left to throw at. Whoever hears of it may do anything.
        queueMicrotask(() => owed.fail(error as Error));
      }
    }
  }
}
