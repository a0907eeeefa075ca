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
import { type Arg, type CommandSpec, READONLY } from "../command/spec.ts";
import type { Push, Reply } from "../resp/reply.ts";
import type { Limits } from "../resp/limits.ts";
import type { Address, Connect } from "../transport/transport.ts";
import type { Backoff } from "./backoff.ts";
import { Connection, type ConnectionOwner } from "./connection.ts";
import { Fifo } from "./fifo.ts";
import { handshake, type HandshakeOptions } from "./handshake.ts";
import { type Owed, Pending } from "./pending.ts";
import { type Encoded, Traffic } from "./traffic.ts";
import { describe, explain } from "./trouble.ts";
import { tagging } from "./proof.ts";
import { settledWithin } from "./wait.ts";

/** Where a line is in its life. */
export type LineState = "idle" | "connecting" | "ready" | "reconnecting" | "closing" | "closed";

/** Everything a line needs to know. */
export interface LineOptions extends HandshakeOptions {
  /** Where the server is. */
  readonly address: Address;
  /** How to open a socket. */
  readonly connect: Connect;
  /** Milliseconds for one attempt to connect, the handshake included. */
  readonly connectTimeout: number;
  /** Milliseconds of silence while replies are owed before the server is taken for dead; 0 waits for ever. */
  readonly silence: number;
  /** Milliseconds a command may wait for a connection; 0 waits for ever. */
  readonly queueTimeout: number;
  /** Milliseconds for which a command that is refused for now (LOADING, READONLY…) is sent again; 0 never does. */
  readonly retryFor: number;
  /** How many commands may wait for a connection. */
  readonly queueLimit: number;
  /** Open again at once after a loss, rather than with the next command. */
  readonly eager: boolean;
  /** When to try again after a failure. */
  readonly backoff: Backoff;
  /** May a command that was sent on a lost connection be sent again? */
  readonly resend: (spec: CommandSpec) => boolean;
  /** Nothing but subscriptions: messages come as ordinary replies (RESP2). */
  readonly pubsub?: boolean;
  /** Limits on what a reply may cost. */
  readonly limits?: Limits;
  /** Prove after each write that replies are still paired with their commands. */
  readonly integrity?: boolean;
  /** What the lines of one client count together. */
  readonly traffic?: Traffic;
  /** Out-of-band values. */
  readonly onPush?: (push: Push, line: Line) => void;
  /** Each change of state. */
  readonly onState?: (state: LineState, line: Line, error?: Error) => void;
  /** A connection became ready: what must be said again on it may be said now, before anything that waits. */
  readonly onReady?: (line: Line) => void;
}

/** Refusals that pass: the server is starting, moving or electing. Each says that the command did not run. */
const TRANSIENT = new Set(["LOADING", "MASTERDOWN", "TRYAGAIN", "CLUSTERDOWN", "READONLY"]);

/** How often a command may be sent again after its connection was lost. */
const RESENDS = 3;

/** Whether the spec alone allows to send a command a second time. */
export function resendReadonly(spec: CommandSpec): boolean {
  return (spec.flags & READONLY) !== 0;
}

/** One connection at a time to one server. */
export class Line implements ConnectionOwner {
  readonly options: LineOptions;
  readonly #traffic: Traffic;
  /** The protocol of the present connection, or of the last one. */
  protocol: 2 | 3;
  /** The server's number for the present connection; `undefined` where it does not tell. */
  clientId: number | undefined;
  #state: LineState = "idle";
  #connection: Connection | undefined;
  readonly #queue = new Fifo<Owed & { chunks?: readonly Uint8Array[] }>();
  #opening: Promise<void> | undefined;
  #giveUp: AbortController | undefined;
  #generation = 0;
  #wasReady = false;
  #pushMode = 0;
  #queueTimer: ReturnType<typeof setTimeout> | undefined;
  #onDrain: (() => void)[] = [];
  #onIdle: (() => void)[] = [];
  readonly #waiters = new Fifo<() => boolean>();
  /** Connections that take no more commands and close with their last reply. */
  readonly #retiring = new Set<Connection>();
  readonly #retries = new Map<Pending, ReturnType<typeof setTimeout>>();

  constructor(options: LineOptions) {
    this.options = options;
    this.#traffic = options.traffic ?? new Traffic();
    this.protocol = options.protocol;
  }

  /** Where it is in its life. */
  get state(): LineState {
    return this.#state;
  }

  /** How many entries wait for a connection or for replies. */
  get pending(): number {
    return this.#queue.size + this.#retries.size + (this.#connection?.pending ?? 0);
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

  /** Resolves once `free` says so, looked at whenever replies came; first come, first served. */
  room(free: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      this.#waiters.push(() => {
        if (this.#isOpen() && !free()) return false;
        resolve();
        return true;
      });
    });
  }

  /** A chunk of replies came. */
  progress(): void {
    while (this.#waiters.size > 0 && this.#waiters.peek()!()) this.#waiters.shift();
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
    if (tap !== undefined) tap.command(pending, this);
    this.#put(pending);
  }

  #put(pending: Pending): void {
    pending.line = this;
    if (this.#state === "ready") this.#connection!.send(pending);
    else this.#enqueue(pending);
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

  /** Writes now what would leave at the end of this turn. */
  flush(): void {
    this.#connection?.flush();
  }

  /** Takes back a released command if it has not been sent. */
  withdraw(pending: Pending): void {
    if (this.#connection?.withdraw(pending)) return;
    const waiting = this.#queue.takeAll();
    for (const owed of waiting) if (owed !== pending) this.#queue.push(owed);
  }

  #enqueue(owed: Owed & { chunks?: readonly Uint8Array[] }): void {
    if (this.#state === "closing" || this.#state === "closed") {
      return owed.fail(new ConnectionError("The client is closed", { closed: true }));
    }
    if (this.#queue.size >= this.options.queueLimit) {
      const error = new ConnectionError(
        `Not connected to ${describe(this.options.address)}, and ${this.#queue.size} commands wait`,
      );
      error.report = this.report();
      return owed.fail(error);
    }
    this.#queue.push(owed);
    this.#armQueueTimer();
    if (this.#state === "idle") this.open().catch(() => {});
  }

  /** Opens a connection unless there is one. Rejects if the first attempt fails; what waits is rejected too. */
  open(): Promise<void> {
    if (this.#state === "ready") return Promise.resolve();
    if (this.#state === "closing" || this.#state === "closed") {
      return Promise.reject(new ConnectionError("The client is closed", { closed: true }));
    }
    this.#opening ??= this.#openFirst().finally(() => this.#opening = undefined);
    return this.#opening;
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
    const { connectTimeout, address } = this.options;
    const giveUp = this.#giveUp = new AbortController();
    const late = new TimeoutError(`No connection to ${describe(address)} within ${connectTimeout} ms`, {
      waitingFor: "connect",
      after: connectTimeout,
    });
    const timer = connectTimeout > 0 ? setTimeout(() => giveUp.abort(late), connectTimeout) : undefined;
    const connection = new Connection(this, {
      limits: this.options.limits,
      silence: this.options.silence,
      generation: ++this.#generation,
      pubsub: this.options.pubsub ?? false,
      traffic: this.#traffic,
    });
    connection.pushMode = this.#pushMode;
    try {
      const transport = await this.options.connect(address, connection, giveUp.signal);
      connection.attach(transport);
      this.#connection = connection;
      giveUp.signal.addEventListener("abort", () => connection.fail(asConnectionError(giveUp.signal.reason)));
      if (giveUp.signal.aborted) throw giveUp.signal.reason;
      const say = (spec: CommandSpec, args: Arg[]): Promise<Reply> => exchange(connection, spec, args);
      const greeting = await handshake(say, this.options);
      if (this.options.integrity && !this.options.pubsub) connection.prove(await tagging(say));
      if (giveUp.signal.aborted) throw giveUp.signal.reason;
      this.protocol = greeting.protocol;
      this.clientId = greeting.clientId;
    } catch (error) {
      this.#connection = undefined;
      const reason = giveUp.signal.aborted ? giveUp.signal.reason : explain(error, address);
      connection.fail(asConnectionError(reason));
      throw reason;
    } finally {
      clearTimeout(timer);
      this.#giveUp = undefined;
    }
    this.#ready();
  }

  #ready(): void {
    clearTimeout(this.#queueTimer);
    this.#queueTimer = undefined;
    this.#traffic.connects++;
    if (this.#wasReady) this.#traffic.reconnects++;
    this.#wasReady = true;
    this.#setState("ready");
    this.options.onReady?.(this);
    for (const owed of this.#queue.takeAll()) {
      try {
        if (owed instanceof Pending) this.#put(owed);
        else this.#putEncoded(owed as Encoded);
      } catch (error) {
        owed.fail(error as Error);
      }
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
    this.options.onPush?.(push, this);
  }

  idle(connection: Connection): void {
    if (connection === this.#connection) this.#settled();
    else if (this.#retiring.delete(connection)) connection.fail(new ConnectionError("Replaced by a new connection"));
  }

  #settled(): void {
    for (const waiter of this.#onIdle.splice(0)) waiter();
  }

  drain(): void {
    this.#wake();
  }

  lost(connection: Connection, error: ConnectionError, unsent: Owed[], sent: Owed[]): void {
    const present = connection === this.#connection;
    const wasReady = present && this.#state === "ready";
    if (present) this.#connection = undefined;
    if (wasReady) this.#traffic.losses++;
    const again: Owed[] = [];
    for (const owed of sent) {
      if (wasReady && this.#mayResend(owed)) again.push(owed);
      else owed.fail(this.#died(error, owed, true));
    }
    this.#traffic.retries += again.length;
    again.push(...unsent);
    for (const owed of again.reverse()) {
      if (wasReady) this.#queue.unshift(owed);
      else owed.fail(this.#died(error, owed, false));
    }
    if (!present) return;
    this.#wake();
    this.#settled();
    if (this.#state === "closing") this.#setState("closed");
    if (wasReady) this.#afterLoss(error);
    this.progress();
  }

  #afterLoss(error: ConnectionError): void {
    // Whoever heard of the loss may have closed the line.
    if (!this.#isOpen()) return;
    // Nobody waits: the next command opens a lazy line again, until then it stays quiet.
    if (this.#queue.size === 0 && !this.options.eager) return this.#setState("idle", error);
    this.#armQueueTimer();
    this.#setState("reconnecting", error);
    this.#opening ??= this.#reopen(error).finally(() => this.#opening = undefined);
  }

  async #reopen(cause: Error): Promise<void> {
    let error = cause;
    for (let attempt = 1; this.#state === "reconnecting"; attempt++) {
      const delay = attempt === 1 ? 0 : this.options.backoff(attempt - 1, error);
      if (delay === null) {
        this.#failQueue(error);
        return this.#setState("idle", error);
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

  #pause(delay: number): Promise<void> {
    return new Promise((resolve) => {
      const giveUp = this.#giveUp = new AbortController();
      const timer = setTimeout(resolve, delay);
      giveUp.signal.addEventListener("abort", () => (clearTimeout(timer), resolve()));
    });
  }

  #mayResend(owed: Owed): boolean {
    return owed instanceof Pending && !owed.released && owed.attempts <= RESENDS && this.options.resend(owed.spec);
  }

  /**
   * Takes back a command that the server refused only for now, to send it again later. These refusals say that nothing
   * ran, so this is safe for any command.
   */
  again(pending: Pending, error: ReplyError): boolean {
    const now = performance.now();
    if (!TRANSIENT.has(error.code) || pending.released || !this.#isOpen()) return false;
    if (pending.refusals === 0) pending.refusedAt = now;
    if (now - pending.refusedAt > this.options.retryFor) return false;
    const delay = Math.min(1000, 25 * 2 ** pending.refusals++);
    this.#traffic.retries++;
    this.#retries.set(
      pending,
      setTimeout(() => {
        this.#retries.delete(pending);
        if (!pending.released) this.#put(pending);
      }, delay),
    );
    if (error.code === "READONLY") this.#move(error);
    return true;
  }

  /** What was a primary no longer is: whoever is reached by the same address next may be. */
  #move(error: ReplyError): void {
    if (this.#state !== "ready") return;
    this.#setState("reconnecting", error);
    // Commands behind the refused one are refused alike: their replies are waited for, so that each is sent again.
    this.#retiring.add(this.#connection!);
    this.#connection = undefined;
    this.#opening ??= this.#reopen(error).finally(() => this.#opening = undefined);
  }

  #died(error: ConnectionError, owed: Owed, sent: boolean): ConnectionError {
    const name = owed instanceof Pending ? owed.spec.name : "";
    const fate = sent ? "it may have run" : "it was not sent";
    const own = new ConnectionError(`${name ? `${name}: ` : ""}${error.message}; ${fate}`, {
      sent,
      cause: error.cause ?? error,
    });
    own.command = name;
    own.report = error.report;
    return own;
  }

  #failQueue(error: Error): void {
    clearTimeout(this.#queueTimer);
    this.#queueTimer = undefined;
    for (const owed of this.#queue.takeAll()) owed.fail(error);
  }

  #armQueueTimer(): void {
    const { queueTimeout } = this.options;
    if (queueTimeout === 0 || this.#queueTimer !== undefined || this.#queue.size === 0) return;
    this.#queueTimer = setTimeout(() => {
      const error = new TimeoutError(`No connection to ${describe(this.options.address)} within ${queueTimeout} ms`, {
        waitingFor: "connection",
        after: queueTimeout,
      });
      error.report = this.report();
      this.#failQueue(error);
    }, queueTimeout);
  }

  #setState(state: LineState, error?: Error): void {
    if (this.#state === state) return;
    this.#state = state;
    this.options.onState?.(state, this, error);
  }

  /** Waits for what is pending, at most `within` milliseconds, then closes. What is left then is rejected. */
  async close(within: number): Promise<void> {
    if (this.#state === "closed") return;
    const deadline = performance.now() + within;
    if (this.#state === "connecting" || this.#state === "reconnecting") {
      if (this.#opening) await settledWithin(this.#opening, within);
    }
    if (this.#state === "ready") {
      this.#setState("closing");
      this.#connection!.flush();
      if (this.#connection!.pending > 0) {
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
    this.#giveUp?.abort(error);
    this.#failQueue(error);
    for (const [pending, timer] of this.#retries) {
      clearTimeout(timer);
      pending.fail(error);
    }
    this.#retries.clear();
    for (const old of this.#retiring) {
      old.fail(new ConnectionError("The client was closed", { sent: true, closed: true }));
    }
    this.#retiring.clear();
    this.progress();
    this.#connection?.fail(new ConnectionError("The client was closed", { sent: true, closed: true }));
  }

  /** Keeps the process alive, or not. */
  ref(on: boolean): void {
    this.#connection?.ref(on);
  }
}

function asConnectionError(reason: unknown): ConnectionError {
  if (reason instanceof ConnectionError) return reason;
  return new ConnectionError(reason instanceof Error ? reason.message : String(reason), { cause: reason });
}

/** A command of the handshake: its reply, errors as values. */
function exchange(connection: Connection, spec: CommandSpec, args: ConstructorParameters<typeof Pending>[1]) {
  return new Promise<Reply>((resolve, reject) => {
    const pending = new Pending(spec, args, undefined, 0, resolve as (value: never) => void, (error) => {
      if (error instanceof ConnectionError) reject(error);
      else resolve(error as Reply);
    });
    connection.send(pending);
  });
}
