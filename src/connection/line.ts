/**
 * A line to a server: one connection at a time, opened when it is needed and opened again when it is lost.
 *
 * States, and who leaves them:
 *
 *     idle ──send, open──▶ connecting ──ready──▶ ready ──lost──▶ reconnecting ──ready──▶ ready
 *       ▲                      │                                      │
 *       └──────failed──────────┴───────────────gave up────────────────┘
 *     any ──close──▶ closing ──all replies in, or out of time──▶ closed
 *
 * @module
 */
import { ConnectionError, type ConnectionReport, type ReplyError, TimeoutError } from "../errors.ts";
import { CommandSpec } from "../command/spec.ts";
import type { Push } from "../resp/reply.ts";
import { Attempt } from "./attempt.ts";
import { Connection, type ConnectionOwner } from "./connection.ts";
import { told, toldInQueue, unreachable } from "./fate.ts";
import { Fifo } from "./fifo.ts";
import type { Greeting } from "./handshake.ts";
import type { LineOptions, LineState } from "./line_options.ts";
import { type Owed, Pending, type Sender } from "./pending.ts";
import { Retries } from "./retries.ts";
import { type Encoded, type Tap, Traffic } from "./traffic.ts";
import { describe, explain } from "./trouble.ts";
import { tell } from "./tell.ts";
import type { Ticket } from "./ticket.ts";
import { settledWithin } from "./wait.ts";
import { type Sendable, Waiting } from "./waiting.ts";

/** The longest time that a timer can be set to, in milliseconds. */
const LONGEST_DELAY = 2 ** 31 - 1;

/** How often a command may be sent again after its connection was lost. */
const RESENDS = 3;

const PING = new CommandSpec("PING");

/** One connection at a time to one server. */
export class Line implements ConnectionOwner, Sender {
  readonly options: LineOptions;
  readonly #traffic: Traffic;
  /** The protocol of the present connection, or of the last one. */
  protocol: 2 | 3;
  /** The server's number for the present connection; `undefined` where it does not tell. */
  clientId: number | undefined;
  /** When the present connection became ready, on the clock of `performance.now()`. */
  readySince = 0;
  /** Whoever it is bound to has said MULTI: what is sent now is not answered before EXEC. */
  inTransaction = false;
  #state: LineState = "idle";
  #connection: Connection | undefined;
  readonly #queue: Waiting;
  #opening: Promise<void> | undefined;
  #attempted: Attempt | undefined;
  /** Ends a pause between two attempts. */
  #wakeUp: (() => void) | undefined;
  #bound = false;
  /** How the connection was lost that everything was bound to. */
  #broken: ConnectionError | undefined;
  #generation = 0;
  #wasReady = false;
  #pushMode = 0;
  #onDrain: (() => void)[] = [];
  #onIdle: (() => void)[] = [];
  /** Commands that wait for room, and how each knows that there is some. */
  readonly #waiters = new Fifo<{ readonly pending: Pending; readonly free: () => boolean }>();
  #closing: Promise<void> | undefined;
  /** Connections that take no more commands and close with their last reply. */
  readonly #retiring = new Set<Connection>();
  readonly #retries: Retries;

  constructor(options: LineOptions) {
    this.options = options;
    this.#traffic = options.traffic ?? new Traffic();
    this.protocol = options.protocol;
    this.#queue = new Waiting(options.queueTimeout, (take) => this.#failAll(this.#unreachable(), take()));
    this.#retries = new Retries(options.retryFor, (pending) => this.#putAgain(pending));
  }

  /** Where it is in its life. */
  get state(): LineState {
    return this.#state;
  }

  /** How many entries wait for a connection or for replies. */
  get pending(): number {
    let pending = this.#queue.size + this.#retries.size + (this.#connection?.pending ?? 0);
    if (this.#retiring.size > 0) this.#retiring.forEach((old) => pending += old.pending);
    return pending;
  }

  /** The oldest reply owed may take any time. */
  get isPatient(): boolean {
    return this.#connection?.isPatient ?? false;
  }

  /** What keeps a command from being sent, if it has not been. */
  get missing(): "connection" | "room" {
    return this.#state === "ready" ? "room" : "connection";
  }

  /** How many commands have been encoded since the last write. */
  get unsent(): number {
    return this.#connection?.unsent ?? 0;
  }

  /** Bytes that the socket has not taken yet. */
  get waiting(): number {
    return this.#connection?.waiting ?? 0;
  }

  /** The socket takes no more for now. */
  get congested(): boolean {
    return this.#state !== "ready" || this.#connection!.congested;
  }

  /** How pushes are decoded: 0, or `BYTES`. */
  set pushMode(mode: number) {
    this.#pushMode = mode;
    if (this.#connection) this.#connection.pushMode = mode;
  }

  /** Counts the connections that were tried. */
  get generation(): number {
    return this.#generation;
  }

  /** Whether somebody waits for room. */
  get hasWaiters(): boolean {
    return this.#waiters.size > 0;
  }

  /** Sends a command once `free` says so, looked at whenever something was settled; first come, first served. */
  sendWithRoom(pending: Pending, free: () => boolean): void {
    pending.line = this;
    this.#waiters.push({ pending, free });
  }

  /** Something was settled: what waits for room may go, one by one, for each takes room again. */
  progress(): void {
    for (let next = this.#waiters.peek(); next !== undefined; next = this.#waiters.peek()) {
      const { pending, free } = next;
      if (!pending.released && this.#isOpen() && !free()) return;
      this.#waiters.shift();
      if (!pending.released) this.#unthrown(pending, () => this.send(pending));
    }
    this.#settled();
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
    const present = this.#connection?.report();
    const queued = this.#queue.size + this.#retries.size;
    // What a greeting says is nobody's command.
    if (present) return { ...present, pending: this.#state === "ready" ? present.pending + queued : queued };
    return { pending: queued, bytesWaiting: 0, silentFor: null, generation: this.#generation };
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
    if (this.#state === "ready") this.#connection!.send(pending);
    else this.#enqueue(pending);
  }

  /** A line that is being closed takes no new commands, but ends what it began. */
  #putAgain(pending: Pending): void {
    if (this.#state === "closing" && this.#connection) this.#connection.send(pending);
    else this.#unthrown(pending, () => this.#put(pending));
  }

  /** Sends commands that are encoded already. */
  sendEncoded(owed: Encoded): void {
    const { tap } = this.#traffic;
    this.#putEncoded(tap === undefined ? owed : tap.batch(owed, this));
  }

  #putEncoded(owed: Encoded): void {
    if (this.#state === "ready") this.#connection!.sendEncoded(owed, owed.chunks);
    else this.#enqueue(owed);
  }

  /** Whether handing it more would only fill memory: so many bytes wait for the socket, or commands for a connection. */
  isFilled(bytes: number): boolean {
    return this.#state === "ready" ? this.waiting > bytes : this.#queue.size > 0;
  }

  /** Writes now what would leave at the end of this turn. */
  flush(): void {
    this.#connection?.flush();
  }

  /** Takes back a released command if it has not been sent. */
  withdraw(pending: Pending): void {
    this.#takeBack(pending);
    this.#settled();
    this.progress();
  }

  /** What was handed over together has been given up: what of it has not been written never will be. */
  recall(ticket: Ticket): void {
    this.#connection?.recall();
    if (this.#state !== "ready" && !ticket.sent) this.#queue.withdraw();
    this.#settled();
    this.progress();
  }

  #takeBack(pending: Pending): void {
    if (this.#retries.drop(pending) || this.#connection?.withdraw(pending)) return;
    if (this.#state !== "ready") this.#queue.withdraw();
  }

  /**
   * Ties everything from now on to one connection. Once that is lost, nothing is sent again and everything is refused:
   * what was set on it (WATCH, SELECT…) is gone.
   */
  bind(): void {
    this.#bound = true;
  }

  /** Ends what `bind` began. */
  unbind(): void {
    this.#bound = false;
    this.#broken = undefined;
    this.inTransaction = false;
  }

  /**
   * Makes the connection as it was when it was new: whatever its user did to it is undone, in one round trip. Commands
   * issued meanwhile wait. Where that fails the connection is replaced.
   */
  restore(): void {
    const connection = this.#connection;
    if (this.#state !== "ready" || connection === undefined) return;
    this.#setState("connecting");
    void this.#begin(this.#restored(connection));
  }

  /** One way to a connection at a time. What happened while it ended (a loss, a new command) begins the next. */
  #begin(work: Promise<void>): Promise<void> {
    const opening = work.finally(() => {
      this.#opening = undefined;
      if (this.#state === "reconnecting") this.#reconnect(new ConnectionError("The connection broke at once"));
      else if (this.#state === "idle" && this.#queue.size > 0) this.open().catch(() => {});
    });
    // Whoever opens hears of it; what waits is told one by one.
    opening.catch(() => {});
    return this.#opening = opening;
  }

  #reconnect(cause: Error): void {
    if (this.#opening === undefined) void this.#begin(this.#reopen(cause));
  }

  async #restored(connection: Connection): Promise<void> {
    const attempt = this.#attempted = new Attempt(this.options);
    try {
      this.#greeted(connection, await attempt.restore(connection));
    } catch (error) {
      this.#connection = undefined;
      if (!this.#isOpen()) throw error;
      this.#setState("idle", error as Error);
      if (this.#queue.size > 0) await this.#openFirst();
      return;
    } finally {
      if (this.#attempted === attempt) this.#attempted = undefined;
    }
    this.#ready();
  }

  #enqueue(owed: Sendable): void {
    if (this.#state === "closing" || this.#state === "closed") {
      return owed.fail(new ConnectionError("The client is closed", { closed: true }));
    }
    if (this.#broken !== undefined) return owed.fail(this.#over(this.#broken, owed));
    if (this.#queue.size >= this.options.queueLimit) return owed.fail(this.#crowded(owed));
    this.#queue.push(owed);
    if (this.#state === "idle") this.open().catch(() => {});
  }

  #crowded(owed: Owed): ConnectionError {
    const where = describe(this.options.address);
    return this.#told(`Not connected to ${where}, and ${this.#queue.size} commands wait already`, owed, false);
  }

  #over(lost: ConnectionError, owed: Owed): ConnectionError {
    const what =
      "The connection of this session was lost, and what was set on it (WATCH, SELECT…) with it; begin another";
    return this.#told(what, owed, false, lost);
  }

  /** Opens a connection unless there is one. Rejects if the first attempt fails; what waits is rejected too. */
  open(): Promise<void> {
    if (this.#state === "ready") return Promise.resolve();
    if (this.#state === "closing" || this.#state === "closed") {
      return Promise.reject(new ConnectionError("The client is closed", { closed: true }));
    }
    const opening = this.#opening ?? this.#begin(this.#openFirst());
    return this.#state === "reconnecting" ? this.#reopened(opening) : opening;
  }

  /** Attempts may go on for as long as the caller's backoff likes; who waits for them does not. */
  async #reopened(opening: Promise<void>): Promise<void> {
    const { queueTimeout } = this.options;
    if (queueTimeout === 0) await opening;
    else if (!(await settledWithin(opening, queueTimeout))) throw this.#unreachable();
  }

  async #openFirst(): Promise<void> {
    this.#setState("connecting");
    try {
      await this.#attempt();
    } catch (error) {
      this.#failQueue(error as Error);
      if (this.#isOpen()) this.#setState("idle", error as Error);
      throw error;
    }
  }

  #isOpen(): boolean {
    return this.#state !== "closing" && this.#state !== "closed";
  }

  /** One socket, one handshake. */
  async #attempt(): Promise<void> {
    const attempt = this.#attempted = new Attempt(this.options);
    const connection = new Connection(this, {
      limits: this.options.limits,
      silence: this.options.silence,
      idle: this.options.pingInterval,
      generation: ++this.#generation,
      pubsub: this.options.pubsub ?? false,
      traffic: this.#traffic,
    });
    connection.pushMode = this.#pushMode;
    try {
      this.#greeted(connection, await attempt.open(connection));
    } finally {
      if (this.#attempted === attempt) this.#attempted = undefined;
    }
    this.#connection = connection;
    connection.watch();
    this.#traffic.connects++;
    if (this.#wasReady) this.#traffic.reconnects++;
    this.#wasReady = true;
    this.#ready();
  }

  #greeted(connection: Connection, { protocol, clientId }: Greeting): void {
    // Between the greeting and this there were moments enough to lose it, or to be closed.
    if (connection.failure) throw explain(connection.failure, this.options.address, this.options.reasons);
    this.protocol = protocol;
    this.clientId = clientId;
    this.readySince = performance.now();
  }

  #ready(): void {
    this.#setState("ready");
    this.options.onReady?.(this);
    for (const owed of this.#queue.takeAll()) {
      this.#unthrown(owed, () => owed instanceof Pending ? this.#put(owed) : this.#putEncoded(owed));
    }
    this.#wake();
  }

  #wake(): void {
    for (const waiter of this.#onDrain.splice(0)) waiter();
  }

  /** Resolves once the socket takes more, or the line has lost its connection. */
  drained(): Promise<void> {
    return new Promise((resolve) => this.#onDrain.push(resolve));
  }

  push(push: Push): void {
    const { onPush } = this.options;
    if (onPush !== undefined) tell(() => onPush(push, this));
  }

  quiet(connection: Connection, why: "idle" | "patient"): void {
    if (connection !== this.#connection || this.#state !== "ready") return;
    if (why === "patient") return this.options.onDoubt?.(this);
    // A session's own: a PING could end up within its transaction. Who uses it next finds out.
    if (!this.#bound) this.ping().catch(() => {});
  }

  /** Asks the server for a sign of life. Rejects if none comes; a refusal is one, too. */
  ping(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#put(
        new Pending(PING, [], undefined, 0, resolve as (value: never) => void, (error) => {
          if (error instanceof ConnectionError || error instanceof TimeoutError) reject(error);
          else resolve();
        }),
      );
    });
  }

  /** Ends the present connection: it was found to be of no use. */
  drop(reason: ConnectionError): void {
    this.#connection?.fail(reason);
  }

  idle(connection: Connection): void {
    if (this.#retiring.delete(connection)) connection.fail(new ConnectionError("Replaced by a new connection"));
    this.#settled();
  }

  #settled(): void {
    if (this.#onIdle.length === 0 || this.pending > 0 || this.#waiters.size > 0) return;
    for (const waiter of this.#onIdle.splice(0)) waiter();
  }

  /** Resolves once no reply is owed, or the connection is lost. */
  settled(): Promise<void> {
    if (this.#state !== "ready" || this.pending === 0) return Promise.resolve();
    return new Promise((resolve) => this.#onIdle.push(resolve));
  }

  /** Resolves once nothing waits here any longer: for replies, a connection, room or another try. */
  freed(): Promise<void> {
    if (this.pending === 0 && this.#waiters.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#onIdle.push(resolve));
  }

  drain(): void {
    this.#wake();
    this.progress();
  }

  lost(connection: Connection, error: ConnectionError, unsent: Owed[], sent: Owed[]): void {
    const present = connection === this.#connection;
    const wasReady = present && this.#state === "ready";
    if (present) this.#connection = undefined;
    if (wasReady) this.#traffic.losses++;
    const again: Owed[] = [];
    const anew = wasReady && !this.#bound;
    for (const owed of sent) {
      if (anew && this.#mayResend(owed)) again.push(owed);
      else owed.fail(this.#told(error.message, owed, true, error));
    }
    this.#traffic.retries += again.length;
    for (const owed of unsent) again.push(owed);
    for (const owed of again) {
      if (anew) this.#queue.push(owed as Sendable);
      else owed.fail(this.#told(error.message, owed, false, error));
    }
    if (wasReady && this.#bound) this.#broken = error;
    this.#retiring.delete(connection);
    if (present && this.#state === "closing") this.destroy();
    if (wasReady) this.#afterLoss(error);
    this.#wake();
    this.#settled();
    this.progress();
  }

  #afterLoss(error: ConnectionError): void {
    // Whoever heard of the loss may have closed the line.
    if (!this.#isOpen()) return;
    // Nobody waits: the next command opens a lazy line again, until then it stays quiet.
    if (this.#bound || (this.#queue.size === 0 && !this.options.eager)) return this.#setState("idle", error);
    this.#setState("reconnecting", error);
    this.#reconnect(error);
  }

  async #reopen(cause: Error): Promise<void> {
    let error = cause;
    for (let attempt = 1; this.#state === "reconnecting"; attempt++) {
      const delay = attempt === 1 ? 0 : this.#delay(attempt - 1, error);
      if (delay instanceof Error) {
        this.#failQueue(delay);
        return this.#setState("idle", delay);
      }
      if (delay > 0) await this.#pause(delay);
      if (this.#state !== "reconnecting") return;
      try {
        return await this.#attempt();
      } catch (failure) {
        error = failure as Error;
      }
    }
  }

  /** How long to wait before the next attempt, or what everybody is told as there is to be none. */
  #delay(attempt: number, error: Error): number | Error {
    try {
      const delay = this.options.backoff(attempt, error);
      if (delay === null) return error;
      if (typeof delay === "number" && !Number.isNaN(delay)) return Math.min(delay, LONGEST_DELAY);
      return new ConnectionError("Option backoff gave no number: no further attempt to connect", { cause: error });
    } catch (cause) {
      return new ConnectionError("Option backoff threw: no further attempt to connect", { cause });
    }
  }

  #pause(delay: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, delay);
      this.#wakeUp = () => (clearTimeout(timer), resolve());
    });
  }

  #mayResend(owed: Owed): boolean {
    if (!(owed instanceof Pending) || owed.released || owed.attempts > RESENDS) return false;
    try {
      return this.options.resend(owed.spec);
    } catch {
      return false;
    }
  }

  /**
   * Takes back a command that the server refused only for now, to send it again later. These refusals say that nothing
   * ran, so this is safe for any command.
   */
  again(pending: Pending, error: ReplyError): boolean {
    if (pending.released || this.#state === "closed") return false;
    // Another connection would not have what was set on this one.
    if (this.#bound && error.code === "READONLY") return false;
    if (!this.#retries.take(pending, error)) return false;
    this.#traffic.retries++;
    // What was a primary no longer is: whoever is reached by the same address next may be. Commands behind the refused one
    // are refused alike, and sent again each when its own refusal comes.
    if (error.code === "READONLY") this.renew(error);
    return true;
  }

  /**
   * Replaces the connection. What has been sent is still answered on the old one; what comes goes to the new one, and waits
   * until it is there.
   */
  renew(reason: Error): void {
    if (this.#state !== "ready") return;
    const old = this.#connection!;
    this.#connection = undefined;
    this.#retiring.add(old);
    this.#setState("reconnecting", reason);
    this.#reconnect(reason);
    if (old.pending === 0) this.idle(old);
  }

  /** The error of one command, whatever else was lost with it. */
  #told(what: string, owed: Owed, sent: boolean, cause?: ConnectionError): ConnectionError {
    return told(what, owed, sent, this.report(), cause);
  }

  #failQueue(error: Error): void {
    this.#failAll(error, this.#queue.takeAll());
  }

  #failAll(error: Error, all: Sendable[]): void {
    for (const owed of all) owed.fail(toldInQueue(error, owed, this.report()));
    this.#wake();
    this.#settled();
    this.progress();
  }

  #unreachable(): TimeoutError {
    return unreachable(this.options.address, this.options.queueTimeout, this.report());
  }

  #setState(state: LineState, error?: Error): void {
    if (this.#state === state) return;
    this.#state = state;
    const { onState } = this.options;
    if (onState !== undefined) tell(() => onState(state, this, error));
  }

  /** Waits for what is pending, at most `within` milliseconds, then closes. What is left then is rejected. */
  close(within: number): Promise<void> {
    return this.#closing ??= this.#finish(within);
  }

  async #finish(within: number): Promise<void> {
    if (this.#state === "closed") return;
    const deadline = performance.now() + within;
    // Nobody waits for a connection that is not there yet, if nothing waits to be sent on it.
    if (this.#opening && this.#queue.size > 0) await settledWithin(this.#opening, within);
    if (this.#state === "ready") {
      this.#setState("closing");
      this.#connection?.flush();
      if (this.pending > 0) {
        const idle = new Promise<void>((resolve) => this.#onIdle.push(resolve));
        await settledWithin(idle, Math.max(0, deadline - performance.now()));
      }
    }
    this.destroy();
  }

  /** Closes at once. What is pending is rejected. */
  destroy(): void {
    if (this.#state === "closed") return;
    this.#setState("closed");
    const error = new ConnectionError("The client was closed", { closed: true });
    this.#attempted?.abort(error);
    this.#wakeUp?.();
    this.#failQueue(error);
    this.#retries.fail(error);
    const connections = [...this.#retiring];
    this.#retiring.clear();
    if (this.#connection) connections.push(this.#connection);
    for (const old of connections) {
      old.fail(new ConnectionError("The client was closed", { sent: true, closed: true }));
    }
    this.#wake();
    this.#settled();
    this.progress();
  }

  /** Keeps the process alive, or not. */
  ref(on: boolean): void {
    this.#connection?.ref(on);
  }
}
