/**
 * Which connection a line has, and when it gets another.
 *
 * States, and who leaves them:
 *
 *     idle ────────open, send──▶ connecting
 *     connecting ───────ready──▶ ready
 *     connecting ──────failed──▶ idle; after `restore`, or if `persistent`, as if it were lost
 *     ready ──────────restore──▶ connecting
 *     ready ────────────renew──▶ reconnecting
 *     ready ─────────────lost──▶ reconnecting, or idle if nobody wants another
 *     reconnecting ─────ready──▶ ready
 *     reconnecting ───gave up──▶ idle
 *     ready ────────────close──▶ closing ──all replies in, or out of time──▶ closed
 *     any ────────────destroy──▶ closed
 *
 * @module
 */
import { ConnectionError } from "../errors.ts";
import { Attempts } from "./attempts.ts";
import { Connection, type ConnectionOwner } from "./connection.ts";
import { closedMeanwhile } from "./fate.ts";
import type { Greeting } from "./handshake.ts";
import type { LineOptions, LineState } from "./line_options.ts";
import type { Pending } from "./pending.ts";
import type { Traffic } from "./traffic.ts";
import { explain } from "./trouble.ts";

/** Whose connection it is: the line, which has the commands. */
export interface LifecycleOwner extends ConnectionOwner {
  /** How many commands wait for a connection. */
  readonly queued: number;
  /** See {@link LineOptions.eager}. */
  readonly isEager: boolean;
  /** See {@link LineOptions.onDemand}. */
  readonly isOnDemand: boolean;
  /** The state is another one; or it is `reconnecting` as before, since another attempt failed. */
  changed(state: LineState, error?: Error): void;
  /** There is a connection: what waits may be sent. */
  ready(): void;
  /** There is none, and for now nobody tries to get one: what waits is told so. */
  failQueue(error: Error): void;
}

/** A connection that is lost sooner than this, in milliseconds, and has brought nothing, was of no use. */
const BRIEF = 1000;

const lost = (): ConnectionError => new ConnectionError("The connection was lost");

/** One connection at a time: opened when it is needed, opened again when it is lost. */
export class Lifecycle {
  readonly #owner: LifecycleOwner;
  readonly #options: LineOptions;
  readonly #traffic: Traffic;
  #attempts: Attempts;
  /** Where it is in its life. Changed by nobody else. */
  state: LineState = "idle";
  /** The connection, ready or not. */
  connection: Connection | undefined;
  /** The connection while it takes commands: looked at for each of them. */
  live: Connection | undefined;
  /** The protocol of the present connection, or of the last one. */
  protocol: 2 | 3;
  /** The server's number for the present connection; `undefined` where it does not tell. */
  clientId: number | undefined;
  /** When the present connection became ready for the first time, on the clock of `performance.now()`; 0 before any was. */
  readySince = 0;
  /** Counts the connections that were tried. */
  generation = 0;
  /** What opens a connection at present; never two at a time. */
  opening: Promise<void> | undefined;
  /** The last connection was lost, or could not be made: it is not just being opened, or replaced, on purpose. */
  isDown = false;
  /** Why the last attempt to get another one failed. */
  failure: Error | undefined;
  /** How many connections in a row were lost as soon as they were ready. */
  #useless = 0;
  #pushMode = 0;
  /** Connections that take no more commands and close with their last reply. */
  readonly #retiring = new Set<Connection>();

  constructor(owner: LifecycleOwner, options: LineOptions, traffic: Traffic) {
    this.#owner = owner;
    this.#options = options;
    this.#traffic = traffic;
    this.#attempts = new Attempts(options);
    this.protocol = options.protocol;
  }

  /** Neither closed nor about to be. */
  get isOpen(): boolean {
    return this.state !== "closing" && this.state !== "closed";
  }

  /** Whoever wants a connection has to open it: nobody is opening one, or what was under way ended with its request. */
  get needsOpener(): boolean {
    if (this.opening !== undefined) return this.isOpen && this.#attempts.isOverdue;
    return this.state === "idle" || (this.state === "reconnecting" && this.#options.connect.here !== undefined);
  }

  /** What is owed is the answers to a greeting. */
  get isGreeting(): boolean {
    return this.state === "connecting" || this.state === "reconnecting";
  }

  /** How many entries wait for replies, those on connections that were replaced included. */
  get pending(): number {
    let pending = this.connection?.pending ?? 0;
    if (this.#retiring.size > 0) this.#retiring.forEach((old) => pending += old.pending);
    return pending;
  }

  /** Takes back a released command that has not been written. */
  withdraw(pending: Pending): boolean {
    return this.connection?.withdraw(pending) ?? false;
  }

  /** Something was taken back that may not have been written, on whichever connection it is. */
  recall(): void {
    this.connection?.recall();
    for (const old of this.#retiring) old.recall();
  }

  /** How pushes are decoded: 0, or `BYTES`. */
  set pushMode(mode: number) {
    this.#pushMode = mode;
    if (this.connection) this.connection.pushMode = mode;
  }

  /** Opens a connection unless there is one or somebody is about it. Rejects if the first attempt fails. */
  open(): Promise<void> {
    if (this.opening !== undefined) {
      if (!this.needsOpener) return this.opening;
      this.#forsake();
    }
    return this.#begin(() => this.state === "reconnecting" ? this.#reopen(lost()) : this.#openFirst());
  }

  /**
   * Does without the way to a connection that ended with its request: nobody was told, and nothing will come of it. Should
   * it go on after all, it fails, and changes nothing.
   */
  #forsake(): void {
    const { connection } = this;
    const attempts = this.#attempts;
    const error = lost();
    this.#attempts = new Attempts(this.#options);
    this.connection = undefined;
    attempts.abort(error);
    connection?.fail(error);
    // Last: whoever hears of this, and wants a connection, does not begin another way beside the one that follows.
    this.opening = undefined;
  }

  /**
   * One way to a connection at a time: there is one before anybody hears of it, who may ask for one as well. What happened
   * while it ended (a loss, a new command) begins the next.
   */
  #begin(work: () => Promise<void>): Promise<void> {
    let start!: (work: Promise<void>) => void;
    const opening = new Promise<void>((resolve) => start = resolve).finally(() => {
      // What it led to may have begun another way already.
      if (this.opening !== opening) return;
      this.opening = undefined;
      if (this.state === "reconnecting") this.#regain(this.failure ?? lost());
      else if (this.state === "idle" && this.#owner.queued > 0) this.open().catch(() => {});
    });
    // Whoever opens hears of it; what waits is told one by one.
    opening.catch(() => {});
    this.opening = opening;
    start(work());
    return opening;
  }

  async #openFirst(): Promise<void> {
    const attempts = this.#attempts;
    this.failure = undefined;
    this.#setState("connecting");
    try {
      await this.#attempt();
    } catch (error) {
      if (attempts !== this.#attempts) throw error;
      this.isDown = true;
      this.failure = error as Error;
      const wanted = this.#options.connect.persistent && this.#owner.isEager;
      if (!wanted) this.#owner.failQueue(error as Error);
      if (this.isOpen) this.#setState(wanted ? "reconnecting" : "idle", error as Error);
      throw error;
    }
  }

  /** A connection is wanted, but may be left to whoever asks for it. */
  #regain(cause: Error): void {
    if (this.#owner.queued > 0 || !this.#owner.isOnDemand) this.#reconnect(cause);
  }

  #reconnect(cause: Error): void {
    if (this.opening === undefined) void this.#begin(() => this.#reopen(cause));
  }

  async #reopen(cause: Error): Promise<void> {
    let error = cause;
    const attempts = this.#attempts;
    const isWanted = (): boolean => this.state === "reconnecting" && this.#attempts === attempts;
    // The first that is lost at once may have had bad luck.
    for (let failures = Math.max(0, this.#useless - 1); isWanted(); failures++) {
      const delay = this.#attempts.delay(failures, error);
      // Whoever was asked may have closed the line.
      if (!isWanted()) return;
      if (delay instanceof Error) {
        this.#owner.failQueue(delay);
        return this.#setState("idle", delay);
      }
      // That it was lost is told already.
      if (error !== cause) this.#owner.changed("reconnecting", error);
      if (!isWanted()) return;
      // However short: attempts that fail at once must not keep the events of this process waiting for ever.
      if (failures > 0) await this.#attempts.pause(delay);
      if (!isWanted()) return;
      try {
        return await this.#attempt();
      } catch (failure) {
        if (attempts !== this.#attempts) throw failure;
        this.isDown = true;
        this.failure = error = failure as Error;
      }
    }
  }

  /** One socket, one handshake. */
  async #attempt(): Promise<void> {
    // Whoever heard that it begins may have closed the line.
    if (!this.isOpen) throw closedMeanwhile();
    const attempt = this.#attempts.begin();
    const { limits, silence, pingInterval, pubsub = false } = this.#options;
    const generation = ++this.generation;
    const settings = { limits, silence, idle: pingInterval, generation, pubsub, traffic: this.#traffic };
    const connection = new Connection(this.#owner, settings);
    connection.pushMode = this.#pushMode;
    try {
      this.#greeted(connection, await attempt.open(connection));
    } finally {
      this.#attempts.end(attempt);
    }
    this.connection = connection;
    connection.ready();
    this.#traffic.connects++;
    if (this.readySince > 0) this.#traffic.reconnects++;
    this.readySince = performance.now();
    this.#ready();
  }

  #greeted(connection: Connection, { protocol, clientId }: Greeting): void {
    // Between the greeting and this there were moments enough to lose it, or to be closed.
    if (connection.failure) throw explain(connection.failure, this.#options.address, this.#options.reasons);
    this.protocol = protocol;
    this.clientId = clientId;
  }

  #ready(): void {
    this.isDown = false;
    this.failure = undefined;
    this.#enter("ready");
    this.#owner.ready();
    // Last: what a listener sends must not overtake what has waited.
    if (this.state === "ready") this.#owner.changed("ready");
  }

  /**
   * Makes the connection as it was when it was new: whatever its user did to it is undone, in one round trip. Commands
   * issued meanwhile wait. Where that fails the connection is replaced.
   */
  restore(): void {
    const connection = this.live;
    if (connection === undefined) return;
    this.#setState("connecting");
    void this.#begin(() => this.#restored(connection));
  }

  async #restored(connection: Connection): Promise<void> {
    const attempts = this.#attempts;
    const attempt = attempts.begin();
    try {
      this.#greeted(connection, await attempt.restore(connection));
    } catch (error) {
      if (attempts !== this.#attempts) throw error;
      this.connection = undefined;
      if (!this.isOpen) throw error;
      // Another is got as after any other loss, once this is over: see `#begin`.
      const wanted = this.#owner.queued > 0 || this.#owner.isEager;
      return this.#setState(wanted ? "reconnecting" : "idle", error as Error);
    } finally {
      this.#attempts.end(attempt);
    }
    this.#ready();
  }

  /**
   * Replaces the connection. What has been sent is still answered on the old one; all else goes to the new one, and waits
   * until it is there.
   */
  renew(reason: Error): void {
    const old = this.live;
    if (old === undefined) return;
    this.connection = undefined;
    this.#retiring.add(old);
    // However many before it were not: it was of use.
    this.#useless = 0;
    this.#setState("reconnecting", reason);
    this.#reconnect(reason);
    if (old.pending === 0) this.#owner.idle(old);
  }

  /** A connection has no reply to wait for: if it was replaced, that was all it was kept for. */
  retire(connection: Connection): void {
    if (this.#retiring.delete(connection)) connection.fail(new ConnectionError("Replaced by a new connection"));
  }

  /** A connection is gone. Says in which state, if it is the present one, or that it was being replaced. */
  lose(connection: Connection): LineState | "replaced" | undefined {
    if (this.#retiring.delete(connection)) return "replaced";
    if (connection !== this.connection) return undefined;
    this.connection = undefined;
    this.live = undefined;
    if (this.state === "ready") {
      this.isDown = true;
      this.#traffic.losses++;
      const useless = connection.heard <= this.readySince && performance.now() - this.readySince < BRIEF;
      this.#useless = useless ? this.#useless + 1 : 0;
    }
    return this.state;
  }

  /** What was on the ready connection that was lost has been dealt with: is another one wanted? Not if all was bound to it. */
  replace(error: ConnectionError, wasBound: boolean): void {
    // Whoever heard of the loss may have closed the line.
    if (!this.isOpen) return;
    // Nobody waits: the next command opens a lazy line again, until then it stays quiet.
    const wanted = !wasBound && (this.#owner.queued > 0 || this.#owner.isEager);
    this.#setState(wanted ? "reconnecting" : "idle", error);
    if (wanted) this.#regain(error);
  }

  /** Takes no more commands. */
  closing(): void {
    this.#setState("closing");
  }

  /** Is closed, and gives up whatever it was about. Says which connections are left to end. */
  closed(reason: Error): Connection[] {
    this.#setState("closed");
    this.#attempts.abort(reason);
    const connections = [...this.#retiring];
    this.#retiring.clear();
    if (this.connection) connections.push(this.connection);
    return connections;
  }

  #setState(state: LineState, error?: Error): void {
    if (this.state === state) return;
    this.#enter(state);
    this.#owner.changed(state, error);
  }

  #enter(state: LineState): void {
    this.state = state;
    this.live = state === "ready" ? this.connection : undefined;
  }
}
