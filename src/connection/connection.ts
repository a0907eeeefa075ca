/**
 * One socket, from the first byte to the last: writes commands, pairs replies with them, routes pushes apart.
 *
 * A command is on exactly one side of two borders: encoded but unsent, sent, replied. Replies come in the order in which
 * commands were sent, so a FIFO pairs them; whatever breaks that order (garbage, a reply that nobody waits for) ends the
 * connection instead of shifting every later reply by one.
 *
 * @module
 */
import { ConnectionError, type ConnectionReport, ProtocolError } from "../errors.ts";
import { Decoder } from "../resp/decoder.ts";
import type { Limits } from "../resp/limits.ts";
import { NEED_MORE, Push, type Reply } from "../resp/reply.ts";
import type { Transport, TransportHandler } from "../transport/transport.ts";
import { Fifo } from "./fifo.ts";
import { Outgoing } from "./outgoing.ts";
import type { Owed, Pending } from "./pending.ts";
import type { Proof } from "./proof.ts";
import { SilenceWatch, type Watched } from "./silence.ts";
import type { Traffic } from "./traffic.ts";

/** Encoded bytes that are worth writing before the turn is over, so that the server starts while we still encode. */
const EAGER_FLUSH = 64 * 1024;

/** What a connection tells its owner. */
export interface ConnectionOwner {
  /** An out-of-band value came. */
  push(push: Push, connection: Connection): void;
  /** The last reply owed has come. */
  idle(connection: Connection): void;
  /** A chunk of replies has been dealt with. */
  progress(): void;
  /**
   * Nothing has come for a while, and that may or may not mean something: nothing is owed (`"idle"`), or what is owed may
   * take any time (`"patient"`).
   */
  quiet(connection: Connection, why: "idle" | "patient"): void;
  /** All written bytes have been taken by the socket, which had taken no more for a while. */
  drain(): void;
  /**
   * The connection is gone. `unsent` never left; `sent` may have run. Their owner settles every one of them. If a reply
   * could not be read, it was that of the `unread` one. Called exactly once.
   */
  lost(connection: Connection, error: ConnectionError, unsent: Owed[], sent: Owed[], unread?: Owed): void;
}

/** The settings of one connection. */
export interface ConnectionSettings {
  /** Limits on what a reply may cost. */
  readonly limits?: Limits | undefined;
  /** Milliseconds of silence while replies are owed before the server is taken for dead; 0 waits for ever. */
  readonly silence: number;
  /** Milliseconds of silence while nothing is owed before the owner hears of it; 0 never tells. */
  readonly idle: number;
  /** Counts what its line has tried, itself included: failed attempts, too. */
  readonly generation: number;
  /** Where it counts. */
  readonly traffic: Traffic;
  /** Messages and confirmations of subscriptions come as ordinary replies (RESP2). */
  readonly pubsub?: boolean | undefined;
}

/** What the messages and confirmations of RESP2 subscriptions begin with. */
const PUBSUB_KIND = /^(p|s)?(message|subscribe|unsubscribe)$/;

function isPubsub(value: Reply): value is Reply[] {
  return Array.isArray(value) && value.length >= 3 && PUBSUB_KIND.test(kindOf(value));
}

function kindOf([kind]: readonly Reply[]): string {
  return kind instanceof Uint8Array ? new TextDecoder().decode(kind) : typeof kind === "string" ? kind : "";
}

/** One socket's commands and replies. */
export class Connection implements TransportHandler, Watched {
  readonly #owner: ConnectionOwner;
  readonly #settings: ConnectionSettings;
  readonly #decoder: Decoder;
  readonly #owed = new Fifo<Owed>();
  readonly #out: Outgoing;
  readonly #watch: SilenceWatch;
  readonly #flush = (): void => this.flush();
  #transport: Transport | undefined;
  readonly #traffic: Traffic;
  #proof: Proof | undefined;
  #scheduled = false;
  /** The socket takes no more for now: what is encoded waits here. */
  #congested = false;
  #lost = false;
  #reason: ConnectionError | undefined;
  #lastByte = 0;
  #oldestSent = 0;
  /** Its greeting was answered: commands of others may be on it. Changed by nobody else. */
  wasReady = false;
  /** Bytes that came before the last chunk. */
  #received = 0;
  /** While somebody listens in: bytes up to the end of the last value. */
  #parsed = -1;

  constructor(owner: ConnectionOwner, settings: ConnectionSettings) {
    this.#owner = owner;
    this.#settings = settings;
    this.#traffic = settings.traffic;
    this.#decoder = new Decoder(settings.limits);
    this.#out = new Outgoing(this.#owed, settings.traffic);
    this.#watch = new SilenceWatch(this, settings.silence, settings.idle);
  }

  /** Gives it its open socket. One that comes too late, for whoever wanted it gave up, is closed. */
  attach(transport: Transport): void {
    this.#transport = transport;
    if (transport.native !== undefined) this.#decoder.useNative(transport.native);
    if (this.#lost) transport.destroy();
  }

  /** From now on each write ends with a tag. */
  prove(proof: Proof): void {
    this.#proof = proof;
  }

  /** Whether it has a socket. */
  get attached(): boolean {
    return this.#transport !== undefined;
  }

  /** Why it is gone, once it is. */
  get failure(): ConnectionError | undefined {
    return this.#lost ? this.#reason : undefined;
  }

  /** When the last byte came, on the clock of `performance.now()`; 0 if none has. */
  get heard(): number {
    return this.#lastByte;
  }

  /** How many entries wait for replies, sent or not. */
  get pending(): number {
    return this.#owed.size - (this.#proof?.tags ?? 0);
  }

  /** How many commands have been encoded since the last write. */
  get unsent(): number {
    return this.#out.unsent;
  }

  /** Whose reply comes next. */
  get oldest(): Owed | undefined {
    return this.#owed.at(this.#proof?.done ?? 0);
  }

  /** What the next reply answers may take any time. */
  get isPatient(): boolean {
    const { oldest } = this;
    return this.#proof?.isPatient(this.#owed) ?? oldest?.patientAt?.(0) ?? oldest?.patient ?? false;
  }

  /** Something that is owed may take any time, and what comes after it as well. */
  get mayBlock(): boolean {
    for (let i = 0; i < this.#owed.size; i++) if (this.#owed.at(i)!.patient) return true;
    return false;
  }

  /** Bytes encoded or handed over, not yet taken by the socket. */
  get waiting(): number {
    return this.#out.size + (this.#transport?.waiting ?? 0);
  }

  /** How pushes are decoded: 0, or `BYTES`. */
  set pushMode(mode: number) {
    this.#decoder.pushMode = mode;
  }

  /** Facts for an error that somebody has to make sense of. */
  report(): ConnectionReport {
    return {
      pending: this.pending,
      bytesWaiting: this.waiting,
      silentFor: this.#lastByte === 0 ? null : Math.round(performance.now() - this.#lastByte),
      generation: this.#settings.generation,
    };
  }

  /** Encodes a command; it leaves with what else is called at once. Throws what the encoder refuses. */
  send(pending: Pending): void {
    this.#out.command(pending);
    this.#leaveSoon();
  }

  /** Sends commands that are encoded already; `owed` takes all their replies. */
  sendEncoded(owed: Owed, chunks: readonly Uint8Array[]): void {
    if (owed.endless) this.#decoder.allowLongLines();
    this.#out.encoded(owed, chunks);
    this.#leaveSoon();
  }

  #leaveSoon(): void {
    if (!this.#scheduled) {
      this.#scheduled = true;
      queueMicrotask(this.#flush);
    }
    if (this.#out.size >= EAGER_FLUSH) this.flush();
  }

  /** Writes what is encoded. Called in a microtask by itself; writes nothing while the socket is congested. */
  flush(): void {
    this.#scheduled = false;
    if (this.#lost) return this.#refuse();
    if (this.#congested) return this.#transport!.check?.();
    const out = this.#out;
    if (out.isStale) this.#cutOut();
    if (out.unsent === 0) return;
    if (this.#owed.size === out.unsent) this.#oldestSent = performance.now();
    for (const chunk of out.take(this.#proof)) {
      this.#traffic.bytesOut += chunk.length;
      if (!this.#transport!.write(chunk)) this.#congested = true;
    }
    this.#reuse();
    this.#watch.start();
  }

  /** Whoever did not know yet that the connection is gone learns it now. */
  #refuse(): void {
    this.#out.unsent = 0;
    const { message, cause } = this.#reason!;
    for (const owed of this.#owed.takeAll()) owed.fail(new ConnectionError(message, { cause }));
  }

  /** Takes back a released command that has not been written, whatever else of this turn stays. False if it is too late. */
  withdraw(pending: Pending): boolean {
    if (this.#out.unsent === 0 || pending.mayHaveRun) return false;
    this.recall();
    return true;
  }

  /** Something was taken back that may not have been written. */
  recall(): void {
    this.#out.recall();
    // While the socket takes nothing there is no next write, and memory is wanted back: half of what waits is worth it.
    if (this.#congested && this.#out.isMostlyStale) this.#cutOut();
  }

  #cutOut(): void {
    this.#out.cutOut();
    if (this.#owed.size === 0) this.#owner.idle(this);
    this.#owner.progress();
  }

  /** See {@link Outgoing.surrender}. */
  surrender(): Owed[] {
    return this.#out.surrender();
  }

  data(chunk: Uint8Array): void {
    this.#lastByte = performance.now();
    const decoder = this.#decoder;
    const queue = this.#owed;
    const pubsub = this.#settings.pubsub === true;
    const proof = this.#proof;
    const traffic = this.#traffic;
    const watched = traffic.tap !== undefined;
    let replies = 0;
    try {
      decoder.feed(chunk);
      // Nobody is left to count for those whose operations were begun while somebody was.
      if (!watched) this.#parsed = traffic.replyBytes = -1;
      else if (this.#parsed < 0) this.#parsed = decoder.parsed;
      for (;;) {
        const next = queue.peek();
        const proving = proof !== undefined && proof.open;
        const mode = pubsub ? decoder.pushMode : proving ? proof.mode(queue) : next === undefined ? 0 : next.mode;
        const value = decoder.read(mode);
        if (value === NEED_MORE) return this.#owner.progress();
        if (watched) {
          const { parsed } = decoder;
          // What is held until it is proven is handed out later, all at once.
          traffic.replyBytes = proving ? -1 : parsed - this.#parsed;
          if (!decoder.inside) this.#parsed = parsed;
        }
        if (value instanceof Push) {
          this.#push(value);
          continue;
        }
        replies++;
        if (pubsub && isPubsub(value)) {
          this.#push(new Push(value));
        } else if (next === undefined || queue.size === this.#out.unsent) {
          throw this.#unasked(value);
        } else if (proving) {
          proof.take(value, decoder.sawUnsafe, queue, this.#received);
          if (queue.size === 0) this.#owner.idle(this);
        } else if (next.reply(value, decoder.sawUnsafe)) {
          queue.shift();
          if (queue.size === 0) this.#owner.idle(this);
        }
        if (this.#lost) return;
      }
    } catch (error) {
      this.fail(this.#broken(error));
    } finally {
      this.#received += chunk.length;
      traffic.bytesIn += chunk.length;
      traffic.replies += replies;
      traffic.errors += decoder.errors;
      decoder.errors = 0;
      // What is settled from now on, as a refusal that was not the last word is, is not what was read here.
      traffic.replyBytes = -1;
    }
  }

  room(): Uint8Array | undefined {
    return this.#decoder.room();
  }

  /**
   * What confirms subscriptions, and counts them, answers whoever has asked for them on this connection. All else is told:
   * messages have text or bytes there.
   *
   * @throws {ProtocolError} if it confirms in the middle of a reply: EXEC is answered so where SUBSCRIBE was queued, and then
   * nobody can tell how many of the reply's elements it stands for.
   */
  #push(push: Push): void {
    const answers = typeof push.items[2] === "number";
    if (answers && this.#decoder.inside) {
      throw new ProtocolError("a subscription is confirmed inside a reply", this.#received);
    }
    const first = this.#proof?.done ?? 0;
    for (let i = first; answers && i < this.#owed.size; i++) if (this.#owed.at(i)!.confirm?.(push)) return;
    this.#owner.push(push, this);
  }

  /** A server speaks unasked only to say why it hangs up. */
  #unasked(value: unknown): Error {
    return value instanceof Error
      ? value
      : new ProtocolError("the server sent a reply that no command waits for", this.#received);
  }

  #broken(error: unknown): ConnectionError {
    const what = error instanceof Error ? error.message : String(error);
    return new ConnectionError(`Connection given up: ${what}`, { sent: true, cause: error });
  }

  /** What has left needs its memory no more. */
  #reuse(): void {
    if (this.#transport!.waiting === 0) this.#out.reuse();
  }

  drain(): void {
    if (!this.#congested) return;
    this.#congested = false;
    this.#reuse();
    this.flush();
    if (!this.#congested) this.#owner.drain();
  }

  close(error?: Error): void {
    const reason = this.#reason ?? new ConnectionError(
      error === undefined ? "The server closed the connection" : `Connection broke: ${error.message}`,
      { sent: true, cause: error },
    );
    this.#lose(reason);
  }

  /** Ends the connection at once, for the given reason. */
  fail(reason: ConnectionError): void {
    if (this.#lost) return;
    this.#reason = reason;
    this.#lose(reason);
    this.#transport?.destroy();
  }

  #lose(reason: ConnectionError): void {
    if (this.#lost) return;
    this.#lost = true;
    this.#reason = reason;
    this.#watch.stop();
    const report = this.report();
    reason.report ??= report;
    const unread = this.#decoder.brokeReply ? this.oldest : undefined;
    const entries = this.#owed.takeAll();
    const sent = entries.slice(0, entries.length - this.#out.unsent);
    this.#out.unsent = 0;
    this.#owner.lost(this, reason, entries.slice(sent.length), sent, unread);
  }

  /** Takes commands from now on; the silence is watched over though none may come. */
  ready(): void {
    this.wasReady = true;
    this.#watch.start();
  }

  /** See {@link Watched.expects}. */
  get expects(): "nothing" | "reply" | "anything" {
    return this.#owed.size === 0 ? "nothing" : this.isPatient ? "anything" : "reply";
  }

  /** See {@link Watched.silentSince}. */
  get silentSince(): number {
    return Math.max(this.#lastByte, this.#oldestSent, this.#transport?.takenAt ?? 0);
  }

  silent(milliseconds: number): void {
    const what = `The server has been silent for ${Math.round(milliseconds)} ms though replies are owed`;
    this.fail(new ConnectionError(what, { sent: true }));
  }

  quiet(why: "idle" | "patient"): void {
    this.#owner.quiet(this, why);
  }
}
