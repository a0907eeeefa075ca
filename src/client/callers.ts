/**
 * Callers that wait for a line of their own, in the order in which they came.
 *
 * @module
 */
import { ConnectionError, type ConnectionReport, TimeoutError } from "../errors.ts";
import { Fifo } from "../connection/fifo.ts";
import type { Line } from "../connection/line.ts";
import { detailed, overdue } from "../connection/notice.ts";
import { limited } from "../connection/wait.ts";

/** How many may wait, and for how long. */
export interface CallersSettings {
  /** How many lines there are to wait for, as an error tells it. */
  readonly max: number;
  /** How many may wait. */
  readonly maxWaiting: number;
  /** Milliseconds that each may wait; 0 for ever. */
  readonly waitTimeout: number;
}

interface Caller {
  readonly resolve: (line: Line) => void;
  readonly reject: (error: unknown) => void;
  done: boolean;
}

/** First come, first served. */
export class Callers {
  readonly #settings: CallersSettings;
  readonly #report: () => ConnectionReport;
  readonly #queue = new Fifo<Caller>();
  /** How many in the queue have given up: they are passed over when their turn comes. */
  #gone = 0;
  /** How many were turned away: the queue was full, or their time was over. */
  refused = 0;

  /** Takes the limits, and what tells of the connections that there are. */
  constructor(settings: CallersSettings, report: () => ConnectionReport) {
    this.#settings = settings;
    this.#report = report;
  }

  /** How many wait. */
  get size(): number {
    return this.#queue.size - this.#gone;
  }

  /** Waits for a turn. */
  wait(signal: AbortSignal | undefined): Promise<Line> {
    const { max, maxWaiting, waitTimeout } = this.#settings;
    if (this.size >= maxWaiting) {
      this.refused++;
      const what = `All ${max} connections are in use, and ${this.size} callers wait for one already; it was not sent`;
      return Promise.reject(detailed(new ConnectionError(what), this.#report));
    }
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        caller.done = true;
        end();
      };
      const caller: Caller = {
        resolve: (line) => (settle(), resolve(line)),
        reject: (error) => (settle(), reject(error)),
        done: false,
      };
      const giveUp = (error: unknown): void => {
        caller.reject(error);
        this.#forget();
      };
      const end = limited({ timeout: waitTimeout || undefined, signal }, () => giveUp(this.#late()), giveUp);
      this.#queue.push(caller);
    });
  }

  /** One more has waited too long: its error. */
  #late(): TimeoutError {
    this.refused++;
    const { max, waitTimeout: after } = this.#settings;
    const words = overdue(`None of the ${max} connections was free`, after, "it was not sent");
    return detailed(new TimeoutError(words, { waitingFor: "connection", after }), this.#report);
  }

  /** One in the queue has gone. When most have, they are cleared away: who is served never may not keep them for ever. */
  #forget(): void {
    if (++this.#gone * 2 < this.#queue.size) return;
    this.#gone = 0;
    for (const caller of this.#queue.takeAll()) if (!caller.done) this.#queue.push(caller);
  }

  #next(): Caller | undefined {
    for (;;) {
      const caller = this.#queue.shift();
      if (!caller?.done) return caller;
      this.#gone--;
    }
  }

  /** Gives the line to whoever has waited longest. False if nobody waits. */
  serve(line: Line): boolean {
    const caller = this.#next();
    caller?.resolve(line);
    return caller !== undefined;
  }

  /** Turns everybody away, each with an error of its own. */
  fail(errorOf: () => Error): void {
    for (let caller = this.#next(); caller !== undefined; caller = this.#next()) caller.reject(errorOf());
  }
}
