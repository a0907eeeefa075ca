/**
 * A line to a server: takes commands at any time, and sends them on the connection that there is, or as soon as there is
 * one. Which connection that is, and when there is another, is the affair of its {@link Lifecycle}.
 *
 * @module
 */
import { ConnectionError, type ConnectionReport, type ReplyError } from "../errors.ts";
import type { Push } from "../resp/reply.ts";
import { Backlog, type BacklogOwner } from "./backlog.ts";
import { Bell } from "./bell.ts";
import { Binding } from "./binding.ts";
import type { Connection } from "./connection.ts";
import { end, finish } from "./ending.ts";
import { tooLate } from "./fate.ts";
import { Lifecycle, type LifecycleOwner } from "./lifecycle.ts";
import type { LineOptions, LineState } from "./line_options.ts";
import { type Owed, Pending, type Sender } from "./pending.ts";
import { Retries, type RetriesOwner } from "./retries.ts";
import { Room } from "./room.ts";
import { asksForSign, signOfLife } from "./sign_of_life.ts";
import { tell, throwApart } from "./tell.ts";
import type { Ticket } from "./ticket.ts";
import { type Encoded, type Tap, Traffic } from "./traffic.ts";
import type { Sendable } from "./waiting.ts";

/** Where the commands of one connection at a time come in. */
export class Line implements LifecycleOwner, BacklogOwner, RetriesOwner, Sender {
  readonly options: LineOptions;
  readonly #traffic: Traffic;
  readonly #life: Lifecycle;
  /** What it is tied to while it is a session's. */
  readonly binding: Binding;
  /** What waits for a connection. */
  readonly #queue: Backlog;
  /** What waits for room. */
  readonly #room = new Room((pending) => this.putAgain(pending));
  /** What waits for another try. */
  readonly #retries: Retries;
  readonly #isAlive = (): boolean => this.#life.state !== "closed";
  /** Rings when the socket takes more, or is gone. */
  readonly #drained = new Bell();
  /** Rings when nothing waits here any longer: for replies, a connection, room or another try. */
  readonly #free = new Bell(() => this.crowd === 0);
  #closing: Promise<void> | undefined;

  constructor(options: LineOptions) {
    this.options = options;
    this.#traffic = options.traffic ?? new Traffic();
    this.#life = new Lifecycle(this, options, this.#traffic);
    this.binding = new Binding(this.#life);
    this.#queue = new Backlog(this, this.#life, options, this.#traffic);
    this.#retries = new Retries(this, this.binding, options, this.#traffic);
  }

  /** Where it is in its life. */
  get state(): LineState {
    return this.#life.state;
  }

  /** The protocol of the present connection, or of the last one. */
  get protocol(): 2 | 3 {
    return this.#life.protocol;
  }

  /** The server's number for the present connection; `undefined` where it does not tell. */
  get clientId(): number | undefined {
    return this.#life.clientId;
  }

  /** When the present connection became ready for the first time, on the clock of `performance.now()`. */
  get readySince(): number {
    return this.#life.readySince;
  }

  /** The connection that commands go over at present. */
  get live(): Connection | undefined {
    return this.#life.live;
  }

  /** How many entries wait for a connection or for replies. */
  get pending(): number {
    return this.#life.pending + this.#queue.size + this.#retries.size;
  }

  /** See {@link LifecycleOwner.queued}. */
  get queued(): number {
    return this.#queue.size;
  }

  /** See {@link LineOptions.eager}. */
  get isEager(): boolean {
    return this.options.eager(this);
  }

  /** See {@link LineOptions.onDemand}. */
  get isOnDemand(): boolean {
    return this.options.onDemand?.(this) ?? false;
  }

  /** Whose reply comes next. */
  get oldest(): Owed | undefined {
    return this.#life.connection?.oldest;
  }

  /** What the next reply answers may take any time. */
  get isPatient(): boolean {
    return this.#life.connection?.isPatient ?? false;
  }

  /** Something that is owed may take any time, and what comes after it as well. */
  get mayBlock(): boolean {
    return this.#life.connection?.mayBlock ?? false;
  }

  /** What keeps a command from being sent, if it has not been. */
  get missing(): "connection" | "room" {
    return this.#life.state === "ready" ? "room" : "connection";
  }

  /** How many commands have been encoded since the last write. */
  get unsent(): number {
    return this.#life.connection?.unsent ?? 0;
  }

  /** Bytes that the socket has not taken yet. */
  get waiting(): number {
    return this.#life.connection?.waiting ?? 0;
  }

  /** How pushes are decoded: 0, or `BYTES`. */
  set pushMode(mode: number) {
    this.#life.pushMode = mode;
  }

  /** Counts the connections that were tried. */
  get generation(): number {
    return this.#life.generation;
  }

  /** For how many milliseconds the server has given no sign of life, though it had something to answer. */
  get silence(): number {
    const { connection } = this.#life;
    return connection === undefined ? 0 : performance.now() - connection.silentSince;
  }

  /** How many are before whoever comes now: those who wait for replies, and for room. */
  get crowd(): number {
    return this.pending + this.#room.size;
  }

  /** Whether somebody waits for room. */
  get hasWaiters(): boolean {
    return this.#room.size > 0;
  }

  /**
   * Sends a command once `free` says so, looked at whenever something was settled; first come, first served. Whoever
   * listens in has been told of it.
   */
  sendWithRoom(pending: Pending, free: () => boolean): void {
    if (!this.#life.isOpen) return this.#put(pending);
    pending.line = this;
    this.#room.push(pending, free);
  }

  /** Something was settled: what waits for room may go. */
  progress(): void {
    if (this.#room.size > 0) this.#room.look(this.#isAlive);
    this.#free.ring();
  }

  /** Sends what has waited: nobody is left to throw at. */
  #unthrown(owed: Owed, send: () => void): void {
    try {
      send();
    } catch (error) {
      owed.fail(error as Error);
    }
  }

  /** What its connection looks like, or would. */
  report(): ConnectionReport {
    const present = this.#life.connection?.report();
    const queued = this.#queue.size + this.#retries.size;
    // What a greeting says is nobody's command.
    const { isGreeting } = this.#life;
    if (present) return { ...present, pending: isGreeting ? queued : present.pending + queued };
    return { pending: queued, bytesWaiting: 0, silentFor: null, generation: this.#life.generation };
  }

  /** Sends a command now, or as soon as there is a connection. Throws what the encoder refuses. */
  send(pending: Pending): void {
    const { tap } = this.#traffic;
    if (tap !== undefined) return this.#tapped(tap, pending);
    this.#put(pending);
  }

  #tapped(tap: Tap, pending: Pending): void {
    tap.command(pending, this);
    try {
      this.#put(pending);
    } catch (error) {
      // Its caller hears of it anyway, whoever listens in does not.
      pending.reject(error);
      throw error;
    }
  }

  #put(pending: Pending): void {
    pending.line = this;
    const { live } = this.#life;
    if (live !== undefined) live.send(pending);
    else this.#queue.admit(pending, this.binding.lost);
  }

  /** A line that is being closed takes no new commands, but ends what it began. */
  putAgain(pending: Pending): void {
    const { state, connection } = this.#life;
    this.#unthrown(pending, () => state === "closing" && connection ? connection.send(pending) : this.#put(pending));
  }

  /** Takes what waits for another try, or for a connection, oldest first: somebody else sends it, or fails it. */
  surrender(): Sendable[] {
    const taken = [...this.#retries.takeAll(), ...this.#queue.takeAll()];
    this.stir();
    return taken;
  }

  /** Sends commands that are encoded already. */
  sendEncoded(owed: Encoded): void {
    const { tap } = this.#traffic;
    this.#putEncoded(tap === undefined ? owed : tap.batch(owed, this));
  }

  #putEncoded(owed: Encoded): void {
    const { live } = this.#life;
    if (live !== undefined) live.sendEncoded(owed, owed.chunks);
    else this.#queue.admit(owed, this.binding.lost);
  }

  /** Whether handing it more would only fill memory: so many bytes wait for the socket, or commands for a connection. */
  isFilled(bytes: number): boolean {
    const { live } = this.#life;
    return live !== undefined ? live.waiting > bytes : this.#queue.size > 0;
  }

  /** Writes now what would leave at the end of this turn. */
  flush(): void {
    this.#life.connection?.flush();
  }

  /** Takes back a released command if it has not been sent. True if it had been refused for now, and will not be tried again. */
  withdraw(pending: Pending): boolean {
    const refused = this.#retries.drop(pending);
    if (!refused && !this.#room.withdraw(pending)) this.#takeBack(pending);
    this.progress();
    return refused;
  }

  /** What was handed over together has been given up: what of it has not been written never will be. */
  recall(ticket: Ticket): void {
    this.#life.recall();
    if (this.#life.state !== "ready") this.#queue.withdraw(ticket.parts);
    this.progress();
  }

  #takeBack(pending: Pending): void {
    if (this.#life.withdraw(pending)) return;
    if (this.#life.state !== "ready") this.#queue.withdraw();
  }

  /**
   * Makes the connection as it was when it was new: whatever its user did to it is undone, in one round trip. Commands
   * issued meanwhile wait. Where that fails the connection is replaced.
   */
  restore(): void {
    this.#life.restore();
  }

  /**
   * Opens a connection unless there is one, and waits for it however long that takes: the way in of `connect()`. Rejects if
   * the first attempt fails; what waits is rejected too.
   */
  open(): Promise<void> {
    const life = this.#life;
    if (life.state === "ready") return Promise.resolve();
    if (!life.isOpen) return Promise.reject(tooLate());
    return life.open();
  }

  /** The same for whoever has a command: waits as long as that may, `since` then. */
  opened(since?: number): Promise<void> {
    const opening = this.open();
    return this.#life.state === "ready" ? opening : this.#queue.wait(opening, since);
  }

  /** The same for whoever is refused as a command would be: where as much waits as may. */
  async reach(since?: number): Promise<void> {
    if (!this.#life.isOpen) throw tooLate();
    const { refusal } = this.#queue;
    if (refusal !== undefined) throw new ConnectionError(refusal);
    await this.opened(since);
  }

  /** See {@link LifecycleOwner.ready}. */
  ready(): void {
    this.options.onReady?.(this);
    this.#sendQueued();
    // Of what waited, nothing may have been left, or nothing that can be encoded.
    this.stir();
  }

  #sendQueued(): void {
    for (const owed of this.#queue.takeAll()) {
      this.#unthrown(owed, () => owed instanceof Pending ? this.#put(owed) : this.#putEncoded(owed));
    }
  }

  /** See {@link LifecycleOwner.changed}. */
  changed(state: LineState, error?: Error): void {
    const { onState } = this.options;
    if (onState !== undefined) tell(() => onState(state, this, error));
  }

  /** Resolves once the socket takes more, or the line has lost its connection. */
  drained(): Promise<void> {
    return this.#drained.next();
  }

  push(push: Push, connection: Connection): void {
    const { onPush } = this.options;
    // One that was replaced only answers: what else it hears the new one hears as well.
    if (onPush === undefined || connection !== this.#life.connection) return;
    try {
      onPush(push, this);
    } catch (error) {
      throwApart(error);
    }
  }

  quiet(connection: Connection, why: "idle" | "patient"): void {
    if (connection !== this.live) return;
    if (why === "patient") return this.options.onDoubt?.(this);
    // A session's own: a PING could end up within its transaction. Who uses it next finds out.
    if (!this.binding.isBound) this.ping().catch(() => {});
  }

  /** Asks the server for a sign of life. Rejects if none comes; a refusal is one, too. */
  ping(): Promise<void> {
    return signOfLife((pending) => this.#put(pending));
  }

  /** Ends the present connection: it was found to be of no use. */
  drop(reason: ConnectionError): void {
    this.#life.connection?.fail(reason);
  }

  idle(connection: Connection): void {
    this.#life.retire(connection);
    this.#free.ring();
  }

  /** Resolves once no reply is owed, or the connection is lost. */
  settled(): Promise<void> {
    if (this.#life.connection === undefined || this.pending === 0) return Promise.resolve();
    return this.#free.next();
  }

  /** Resolves once nothing waits here any longer: for replies, a connection, room or another try. */
  freed(): Promise<void> {
    return this.#free.holds() ? Promise.resolve() : this.#free.next();
  }

  drain(): void {
    this.#drained.ring();
    this.progress();
  }

  lost(connection: Connection, error: ConnectionError, unsent: Owed[], sent: Owed[], unread?: Owed): void {
    const { binding } = this;
    const lostIn = this.#life.lose(connection);
    if (lostIn === "ready") binding.lose(error);
    this.#queue.inherit((lostIn === "ready" || lostIn === "replaced") && !binding.isBound, error, unsent, sent, unread);
    if (lostIn === "replaced") this.#sendInherited();
    else if (lostIn !== undefined && this.#life.state === "closing") this.destroy();
    if (lostIn === "ready") this.#life.replace(error, binding.isBound);
    this.stir();
  }

  /** What a connection left that was being replaced goes to the one in its place, which may be there already. */
  #sendInherited(): void {
    if (this.live !== undefined) this.#sendQueued();
    else if (this.#life.needsOpener && this.#queue.size > 0) this.open().catch(() => {});
  }

  /** Nothing is as it was: whoever waits for something looks. */
  stir(): void {
    this.#drained.ring();
    this.progress();
  }

  /** See {@link Sender.again}. */
  again(pending: Pending, error: ReplyError): boolean {
    // Of a sign of life a refusal is one as well: sent again, it could end up within the transaction of whoever is next.
    if (asksForSign(pending)) return false;
    return this.options.onRefused?.(pending, error, this) === true || this.#retries.take(pending, error);
  }

  /** A command that is not sent again was refused by a replica: whoever is next wants the primary. */
  refused(error: ReplyError): void {
    this.#retries.search(error);
  }

  /**
   * Replaces the connection. What has been sent is still answered on the old one; all else goes to the new one, and waits
   * until it is there.
   */
  renew(reason: Error): void {
    for (const owed of this.live?.surrender() ?? []) this.#queue.push(owed as Sendable);
    this.#life.renew(reason);
  }

  /** See {@link LifecycleOwner.failQueue}. */
  failQueue(error: Error): void {
    this.#queue.fail(error);
  }

  /** Waits for what is pending, at most `within` milliseconds, then closes. What is left then is rejected. */
  close(within: number): Promise<void> {
    return this.#closing ??= finish(this.#life, this.#free, within, () => this.destroy());
  }

  /** Closes at once. What is pending is rejected: for the given reason, or else as the client was closed. */
  destroy(reason?: string): void {
    end(this.#life, this.#queue, this.#retries, reason);
  }
}
