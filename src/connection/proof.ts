/**
 * Integrity: each write ends with an ECHO of something that only this connection can know, and what came before it is
 * handed out only once its reply has come, exactly in its place. A reply too few or too many (a proxy that drops one, a
 * server that answers twice) then ends the connection before anybody was given somebody else's.
 *
 * @module
 */
import { ConnectionError, ProtocolError, ReplyError } from "../errors.ts";
import { BLOCKING, CommandSpec, SESSION } from "../command/spec.ts";
import type { Reply } from "../resp/reply.ts";
import type { Encoder } from "../resp/encoder.ts";
import type { Fifo } from "./fifo.ts";
import type { Exchange } from "./handshake.ts";
import { type Owed, Pending } from "./pending.ts";

const ECHO = new CommandSpec("ECHO");

/** Refusals for now that an ECHO may meet, as any other command does. */
const FOR_NOW = /^(?:BUSY|LOADING|MASTERDOWN)$/;
/** Refusals that an ECHO itself may meet; any other error in a tag's place is one reply too many. */
const OF_TAG = /^(?:BUSY|LOADING|MASTERDOWN|NOAUTH|NOPERM)$/;

/** The entry that waits for the reply to a tag. */
class Tag implements Owed {
  readonly mode = 0;
  readonly owed = 1;
  readonly patient = false;
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  reply(): boolean {
    return true;
  }

  fail(): void {}
}

/** Makes sure that the server answers tags, and gives what makes those of this connection its own. */
export async function tagging(say: Exchange): Promise<Proof> {
  const random = crypto.getRandomValues(new Uint8Array(12));
  const secret = Array.from(random, (byte) => byte.toString(16).padStart(2, "0")).join("");
  const answer = await say(ECHO, [secret]);
  if (answer instanceof ReplyError) {
    throw new ConnectionError(`Integrity needs ECHO, which the server refused: ${answer.message}`, { cause: answer });
  }
  if (answer !== secret) throw new ProtocolError("the server did not echo what it was told to", 0);
  return new Proof(secret);
}

/**
 * Whether replies may come otherwise after it. What only watches, or waits for what was written before, leaves a
 * connection behind that others get as it is.
 */
function isDisturbing({ flags, name }: CommandSpec): boolean {
  return (flags & (SESSION | BLOCKING)) === SESSION && name !== "WATCH" && name !== "UNWATCH";
}

/** What one connection has yet to prove. */
export class Proof {
  readonly #secret: string;
  #made = 0;
  #answered = 0;
  #on = true;
  /** Replies that wait for their tag, and whether each holds integers beyond 2^53. */
  readonly #held: Reply[] = [];
  readonly #unsafe: boolean[] = [];
  /** The entry that the next reply belongs to, counted from the oldest, and how many it has got. */
  #entry = 0;
  #nth = 0;

  constructor(secret: string) {
    this.#secret = secret;
  }

  /** How many tags are on their way. */
  get tags(): number {
    return this.#made - this.#answered;
  }

  /** Whether a tag is on its way, so that what comes is held. */
  get open(): boolean {
    return this.#answered < this.#made;
  }

  /** How many of the oldest entries have all their replies, which are held. */
  get done(): number {
    return this.#entry;
  }

  /**
   * Ends what is about to be written with a tag. From the first command on that changes how its connection answers there
   * are none: inside MULTI, or after CLIENT REPLY OFF, an ECHO would not be answered in its place.
   */
  tag(encoder: Encoder, owed: Fifo<Owed>, unsent: number): boolean {
    for (let i = owed.size - unsent; this.#on && i < owed.size; i++) {
      const entry = owed.at(i);
      if (entry?.endless || (entry instanceof Pending && isDisturbing(entry.spec))) this.#on = false;
    }
    if (!this.#on) return false;
    const tag = new Tag(this.#secret + this.#made++);
    encoder.command(ECHO.head, ECHO.words, [tag.text], ECHO.name);
    owed.push(tag);
    return true;
  }

  /** How the next reply is to be decoded. */
  mode(owed: Fifo<Owed>): number {
    const entry = owed.at(this.#entry);
    return entry === undefined ? 0 : entry.modeAt?.(this.#nth) ?? entry.mode;
  }

  /** Whether the next reply may take any time. */
  isPatient(owed: Fifo<Owed>): boolean {
    const entry = owed.at(this.#entry);
    return entry?.patientAt?.(this.#nth) ?? entry?.patient ?? false;
  }

  /**
   * Takes a reply. With the right tag, hands out everything up to it. So it does if the tag and everything up to it were
   * refused for now, with one code: of equal refusals nobody gets another one's.
   *
   * @throws {ProtocolError} if a tag has come where none belongs, or something else in its place.
   * @throws {ReplyError} if the tag was refused, and what came before cannot be told to belong where it stands.
   */
  take(value: Reply, unsafe: boolean, owed: Fifo<Owed>, offset: number): void {
    const entry = owed.at(this.#entry)!;
    const proven = this.#isTag(value);
    if (proven !== (entry instanceof Tag)) {
      if (value instanceof ReplyError && OF_TAG.test(value.code)) {
        if (this.#refusedLike(value)) return this.#handOut(owed);
        throw value;
      }
      const what = proven ? "fewer replies than commands have come" : "more replies than commands have come";
      throw new ProtocolError(`${what}: none of the last write's replies is handed out`, offset);
    }
    if (proven) return this.#handOut(owed);
    this.#held.push(value);
    this.#unsafe.push(unsafe);
    const last = entry.ends?.(value, this.#nth) ?? this.#nth + 1 === entry.owed;
    this.#nth = last ? 0 : this.#nth + 1;
    if (last) this.#entry++;
  }

  #refusedLike({ code }: ReplyError): boolean {
    return FOR_NOW.test(code) && this.#held.every((held) => held instanceof ReplyError && held.code === code);
  }

  #isTag(value: Reply): boolean {
    const text = this.#secret + this.#answered;
    if (value instanceof Uint8Array) {
      return value.length === text.length && new TextDecoder().decode(value) === text;
    }
    return value === text;
  }

  #handOut(owed: Fifo<Owed>): void {
    this.#answered++;
    this.#entry = this.#nth = 0;
    const values = this.#held.splice(0);
    const unsafe = this.#unsafe.splice(0);
    for (let i = 0; i < values.length; i++) {
      if (owed.peek()!.reply(values[i]!, unsafe[i]!)) owed.shift();
    }
    owed.shift();
  }
}
