/**
 * The lines of one client: shared ones that many commands use at once, and leased ones that belong to one caller.
 *
 * A line is in exactly one place: shared, idle, or leased.
 *
 * @module
 */
import { ConnectionError, TimeoutError } from "../errors.ts";
import { Fifo } from "../connection/fifo.ts";
import type { Line } from "../connection/line.ts";

/** How many lines there may be, and how long things may take. */
export interface PoolSettings {
  /** How many lines may be shared. */
  readonly shared: number;
  /** How many lines there may be in all; at least one more than are always shared. */
  readonly max: number;
  /** Milliseconds to wait for a line of one's own; 0 waits for ever. */
  readonly waitTimeout: number;
  /** Milliseconds that an unused line stays open; 0 keeps it for ever. */
  readonly idleTimeout: number;
  /** Makes a line, not yet open. */
  readonly line: (shared: boolean) => Line;
}

/** Numbers about a pool at one moment. */
export interface PoolStats {
  /** Lines that many commands share. */
  readonly shared: number;
  /** Lines that wait to be used. */
  readonly idle: number;
  /** Lines that belong to a caller at present. */
  readonly leased: number;
  /** Callers that wait for a line. */
  readonly waiting: number;
  /** Commands whose replies have not come. */
  readonly pending: number;
}

interface Waiter {
  readonly resolve: (line: Line) => void;
  readonly reject: (error: unknown) => void;
  done: boolean;
}

/** Commands of one turn that make it worth to turn to the next line. */
const STICK = 256;

/** The lines of one client. */
export class Pool {
  readonly #settings: PoolSettings;
  readonly #shared: Line[] = [];
  readonly #idle: Line[] = [];
  readonly #idleTimers = new Map<Line, ReturnType<typeof setTimeout>>();
  readonly #leased = new Set<Line>();
  readonly #waiting = new Fifo<Waiter>();
  #abandoned = 0;
  #current: Line | undefined;
  #closed = false;

  constructor(settings: PoolSettings) {
    this.#settings = settings;
  }

  get #total(): number {
    return this.#shared.length + this.#idle.length + this.#leased.size;
  }

  /** A line for commands that do not mind company. Sticks to one line for a while, so that few writes carry many. */
  share(last?: Line): Line {
    if (last !== undefined && this.#shared.includes(last)) return last;
    const current = this.#current;
    if (
      current !== undefined &&
      (this.#settings.shared === 1 ||
        (current.unsent > 0 && current.unsent < STICK))
    ) {
      return current;
    }
    return this.#current = this.#leastBusy();
  }

  #leastBusy(): Line {
    let best = this.#shared[0];
    // A closed line tells each command so, as a rejection.
    if (this.#closed && best !== undefined) return best;
    for (const line of this.#shared) {
      if (line.pending < best!.pending) best = line;
    }
    if (best !== undefined && best.pending === 0) return best;
    if (this.#shared.length >= this.#settings.shared) return best!;
    if (
      this.#total < this.#settings.max || this.#idle.length > 0 ||
      best === undefined
    ) {
      best = this.#takeIdle() ?? this.#settings.line(true);
      this.#shared.push(best);
    }
    return best;
  }

  #takeIdle(): Line | undefined {
    const line = this.#idle.pop();
    if (line !== undefined) {
      clearTimeout(this.#idleTimers.get(line));
      this.#idleTimers.delete(line);
    }
    return line;
  }

  /** The line that is always there, opened by `connect()`. */
  first(): Line {
    return this.#shared[0] ?? this.#leastBusy();
  }

  /** A line that nobody else uses until it is given to {@link Pool.release}. First come, first served. */
  acquire(signal?: AbortSignal): Promise<Line> {
    if (this.#closed) {
      return Promise.reject(new ConnectionError("The client is closed", { closed: true }));
    }
    if (signal?.aborted) return Promise.reject(signal.reason);
    const line = this.#waiting.size > this.#abandoned ? undefined : this.#spare();
    if (line === undefined) return this.#wait(signal);
    this.#leased.add(line);
    return Promise.resolve(line);
  }

  #spare(): Line | undefined {
    const idle = this.#takeIdle();
    if (idle !== undefined) return idle;
    if (this.#total < this.#settings.max) return this.#settings.line(false);
    // The first line stays shared: ordinary commands never wait for somebody's session, and subscriptions live on it.
    if (this.#shared.length < 2) return undefined;
    let best = this.#shared[1]!;
    for (const line of this.#shared) {
      if (line.pending <= best.pending && line !== this.#shared[0]) best = line;
    }
    this.#shared.splice(this.#shared.indexOf(best), 1);
    if (this.#current === best) this.#current = undefined;
    return best;
  }

  #wait(signal: AbortSignal | undefined): Promise<Line> {
    const { waitTimeout, max } = this.#settings;
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        waiter.done = true;
        clearTimeout(timer);
        signal?.removeEventListener("abort", aborted);
      };
      const waiter: Waiter = {
        resolve: (line) => (settle(), resolve(line)),
        reject: (error) => (settle(), reject(error)),
        done: false,
      };
      const giveUp = (error: unknown): void => {
        waiter.reject(error);
        // Those who gave up are forgotten once they are half of all, however long nothing is given back.
        if (++this.#abandoned * 2 < this.#waiting.size) return;
        this.#abandoned = 0;
        for (const one of this.#waiting.takeAll()) if (!one.done) this.#waiting.push(one);
      };
      const aborted = (): void => giveUp(signal!.reason);
      signal?.addEventListener("abort", aborted, { once: true });
      const timer = waitTimeout === 0 ? undefined : setTimeout(() =>
        giveUp(
          new TimeoutError(
            `None of the ${max} connections was free within ${waitTimeout} ms`,
            {
              waitingFor: "connection",
              after: waitTimeout,
            },
          ),
        ), waitTimeout);
      this.#waiting.push(waiter);
    });
  }

  /** Gives a line back; the caller that has waited longest gets it. */
  release(line: Line): void {
    if (!this.#leased.has(line)) return;
    if (this.#closed) {
      this.#leased.delete(line);
      return line.destroy();
    }
    if (line.state === "closed") {
      this.#leased.delete(line);
      if (this.#waiting.size === this.#abandoned) return;
      line = this.#settings.line(false);
      this.#leased.add(line);
    }
    for (
      let waiter = this.#waiting.shift();
      waiter !== undefined;
      waiter = this.#waiting.shift()
    ) {
      if (!waiter.done) return waiter.resolve(line);
      this.#abandoned--;
    }
    this.#leased.delete(line);
    this.#idle.push(line);
    const { idleTimeout } = this.#settings;
    if (idleTimeout > 0) {
      this.#idleTimers.set(
        line,
        setTimeout(() => this.#discard(line), idleTimeout),
      );
    }
  }

  #discard(line: Line): void {
    this.#idleTimers.delete(line);
    const at = this.#idle.indexOf(line);
    if (at >= 0) this.#idle.splice(at, 1);
    line.destroy();
  }

  /** Every line there is. */
  get lines(): Line[] {
    return [...this.#shared, ...this.#idle, ...this.#leased];
  }

  /** Numbers about it at this moment. */
  stats(): PoolStats {
    return {
      shared: this.#shared.length,
      idle: this.#idle.length,
      leased: this.#leased.size,
      waiting: this.#waiting.size - this.#abandoned,
      pending: this.lines.reduce((sum, line) => sum + line.pending, 0),
    };
  }

  #end(): Line[] {
    this.#closed = true;
    const error = new ConnectionError("The client was closed", { closed: true });
    for (
      let waiter = this.#waiting.shift();
      waiter !== undefined;
      waiter = this.#waiting.shift()
    ) {
      if (!waiter.done) waiter.reject(error);
    }
    for (const timer of this.#idleTimers.values()) clearTimeout(timer);
    this.#idleTimers.clear();
    this.#current = undefined;
    return this.lines;
  }

  /** Waits for what is pending, at most `within` milliseconds, then closes every line. */
  async close(within: number): Promise<void> {
    await Promise.all(this.#end().map((line) => line.close(within)));
  }

  /** Closes every line at once. */
  destroy(): void {
    for (const line of this.#end()) line.destroy();
  }
}
