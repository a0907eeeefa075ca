/**
 * Which connections of a pool are still good.
 *
 * @module
 */
import { ConnectionError } from "../errors.ts";
import type { Line } from "../connection/line.ts";
import { SECOND_LOOK } from "../connection/silence.ts";
import { settledWithin } from "../connection/wait.ts";

/** What makes a connection doubtful. */
export interface UpkeepSettings {
  /** Milliseconds after which a connection is old, up to a tenth sooner; 0 never. */
  readonly maxLifetime: number;
  /** Milliseconds of silence after which a connection is tried before it is handed out; 0 never. */
  readonly checkAfter: number;
}

/** How long a connection may take to show that it lives, in milliseconds. */
const SIGN_OF_LIFE = 1000;

/** Looks at connections. */
export class Upkeep {
  readonly #settings: UpkeepSettings;
  /** Until when each connection may live. Each line has one at a time. */
  readonly #deadlines = new WeakMap<Line, { readonly since: number; readonly until: number }>();
  /** How many were found dead before they were handed out. */
  unfit = 0;
  /** How many were replaced or closed because of their age, or because nobody used them. */
  retired = 0;

  /** Takes the limits. */
  constructor(settings: UpkeepSettings) {
    this.#settings = settings;
  }

  /** Whether its connection has lived long enough. Those that were opened together do not grow old together. */
  isOld(line: Line): boolean {
    const { maxLifetime } = this.#settings;
    if (maxLifetime === 0 || line.state !== "ready") return false;
    let deadline = this.#deadlines.get(line);
    if (deadline?.since !== line.readySince) {
      const since = line.readySince;
      deadline = { since, until: since + maxLifetime * (0.9 + Math.random() / 10) };
      this.#deadlines.set(line, deadline);
    }
    return performance.now() >= deadline.until;
  }

  /** Replaces its connection. That is no loss: nobody is refused who waits for the new one. */
  retire(line: Line): void {
    this.retired++;
    line.renew(new ConnectionError("Replaced: it was old enough"));
  }

  /** Makes sure, as far as can be told, that what is handed out works. A dead connection is given up. */
  async prepare(line: Line): Promise<void> {
    const { checkAfter } = this.#settings;
    if (this.isOld(line)) return this.retire(line);
    const silent = line.report().silentFor;
    if (checkAfter === 0 || line.state !== "ready" || silent === null || silent < checkAfter) return;
    const { generation } = line;
    const sign = line.ping();
    sign.catch(() => {});
    // In a process that was busy for so long, timers come before what its sockets hold.
    const came = await settledWithin(sign, SIGN_OF_LIFE) || await settledWithin(sign, SECOND_LOOK);
    if (came && line.generation === generation && line.state === "ready") return;
    this.unfit++;
    line.drop(new ConnectionError("An idle connection gave no sign of life", { sent: true }));
  }
}
