/**
 * The lines of one client: shared ones that many commands use at once, and leased ones that belong to one caller.
 *
 * A line is in exactly one place: shared, idle, or leased.
 *
 * @module
 */
import { type ConnectionReport, TimeoutError } from "../errors.ts";
import { closedMeanwhile, tooLate } from "../connection/fate.ts";
import type { Line } from "../connection/line.ts";
import { unlessAborted } from "../connection/wait.ts";
import { Callers } from "./callers.ts";
import { ask } from "./doubt.ts";
import type { Lines, PoolLimits, PoolSettings, PoolStats } from "./lines.ts";
import { poolLimits } from "./options.ts";
import { Upkeep } from "./upkeep.ts";

/** Commands of one turn that make it worth to turn to the next line. */
const STICK = 256;
/** After how many milliseconds a line of the minimum that could not be opened is looked at again. */
const NEXT_TRY = 1000;

/** Nothing waits on it: for replies, a connection, room or another try. */
function isFree(line: Line): boolean {
  return line.pending === 0 && !line.hasWaiters;
}

/** The lines of one client. */
export class Pool implements Lines {
  readonly #settings: PoolSettings & PoolLimits;
  readonly #shared: Line[] = [];
  readonly #idle: Line[] = [];
  readonly #idleTimers = new Map<Line, ReturnType<typeof setTimeout>>();
  readonly #leased = new Set<Line>();
  /** Those leased lines that were shared, and are somebody's own once they are free. */
  readonly #clearing = new Set<Line>();
  readonly #callers: Callers;
  readonly #upkeep: Upkeep;
  #sweep: ReturnType<typeof setInterval> | undefined;
  /** Set while some of the minimum could not be opened. */
  #again: ReturnType<typeof setTimeout> | undefined;
  #leases = 0;
  #current: Line | undefined;
  #closed = false;

  /** @internal Made when a client is opened. */
  constructor(settings: PoolSettings) {
    const all = this.#settings = { ...settings, ...poolLimits(settings.options) };
    this.#callers = new Callers(all, () => this.report());
    this.#upkeep = new Upkeep(all);
    if (all.maxLifetime > 0) {
      const often = Math.min(60_000, Math.max(20, all.maxLifetime / 20));
      this.#sweep = setInterval(() => this.#renew(), often);
    }
  }

  /** Opens the first line, and as many more as are always to be open. */
  async open(): Promise<void> {
    await this.first().open();
    await Promise.all(this.#fill());
  }

  /** Makes as many lines as are missing, and opens what should be open. */
  #fill(): Promise<void>[] {
    while (this.#total < this.#settings.min) this.#idle.push(this.#settings.line());
    const opening: Promise<void>[] = [];
    for (const line of this.#idle) {
      if (line.state === "idle" && this.keeps(line)) opening.push(line.open());
    }
    return opening;
  }

  /** Opens what is missing though nobody waits for it, and who would might never come: if it fails, again in a while. */
  #refill(): void {
    Promise.all(this.#fill()).catch(() => this.#later());
  }

  #later(): void {
    if (this.#closed) return;
    this.#again ??= setTimeout(() => {
      this.#again = undefined;
      // How often a server that is away is asked is for the first line to say, and whether it is given up.
      const { state } = this.first();
      if (state === "ready") this.#refill();
      else if (state !== "idle") this.#later();
    }, NEXT_TRY);
  }

  /** @internal Whether ordinary commands go over this line at present. */
  isShared(line: Line): boolean {
    return this.#shared.includes(line);
  }

  /** @internal Whether it waits to be used. */
  isIdle(line: Line): boolean {
    return this.#idle.includes(line);
  }

  /**
   * @internal Whether this line is to be open though nobody uses it: it is shared, or was until now, or fewer than the
   * minimum are open without it.
   */
  keeps(line: Line): boolean {
    if (this.isShared(line) || this.#clearing.has(line)) return true;
    const open = this.lines.filter((other) => other !== line && other.state !== "idle" && other.state !== "closed");
    return open.length < this.#settings.min;
  }

  get #total(): number {
    return this.#shared.length + this.#idle.length + this.#leased.size;
  }

  /** @internal A line for commands that do not mind company. Sticks to one line for a while, so that few writes carry many. */
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

  /** @internal Of the shared lines that are open already the one where least waits; the first if none is. */
  shareOpen(): Line {
    const open = this.#shared.filter(({ state }) => state === "ready");
    return open.reduce((best, line) => line.pending < best.pending ? line : best, open[0] ?? this.first());
  }

  /** @internal Where the present line has no room: one that has, or a new one. If none has, the one before which fewest wait. */
  freest(isFull: (line: Line) => boolean): Line {
    const best = this.#leastBusy();
    if (!isFull(best)) return this.#current = best;
    const others = this.#shared.filter((line) => line.state !== "reconnecting");
    const roomy = others.filter((line) => !isFull(line));
    const from = roomy.length > 0 ? roomy : others;
    return this.#current = from.reduce((a, b) => b.crowd < a.crowd ? b : a, from[0] ?? best);
  }

  #leastBusy(): Line {
    const first = this.#shared[0];
    // A closed line tells each command so, as a rejection.
    if (this.#closed && first !== undefined) return first;
    let best: Line | undefined;
    for (const line of this.#shared) {
      // What another can do does not wait for one that is being made again.
      if (line.state !== "reconnecting" && (best === undefined || line.pending < best.pending)) best = line;
    }
    if (best?.pending === 0) return best;
    // One more would go to the same server, which cannot be reached.
    if (best === undefined && first !== undefined) return first;
    if (this.#shared.length >= this.#settings.shared) return best!;
    if (
      this.#total < this.#settings.max || this.#idle.length > 0 ||
      best === undefined
    ) {
      best = this.#takeIdle() ?? this.#settings.line();
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

  /** @internal The line that is always there, opened by `connect()`. */
  first(): Line {
    return this.#shared[0] ?? this.#leastBusy();
  }

  /** @internal Finds out if the server still knows the connection of a line that has waited long. */
  doubt(line: Line): void {
    ask(line, this.first());
  }

  /** @internal A line that nobody else uses until it is given to {@link Pool.release}. First come, first served. */
  acquire(signal?: AbortSignal): Promise<Line> {
    if (this.#closed) {
      return Promise.reject(tooLate());
    }
    if (signal?.aborted) return Promise.reject(signal.reason);
    const spare = this.#callers.size > 0 ? undefined : this.#spare();
    return this.#lend(spare ?? this.#cleared(), signal);
  }

  /** Lends this line, or whichever is the caller's once it is its turn. */
  async #lend(spare: Line | undefined, signal: AbortSignal | undefined): Promise<Line> {
    if (spare !== undefined) this.#leased.add(spare);
    const line = spare ?? await this.#turn(signal);
    try {
      await this.#upkeep.prepare(line);
      if (line.state !== "ready") await unlessAborted(signal, this.#reach(line));
      // Last, and here: a signal that fires once this has been looked at comes after the line, which is then the caller's.
      signal?.throwIfAborted();
      if (this.#closed) throw closedMeanwhile();
    } catch (error) {
      this.release(line);
      throw error;
    }
    this.#leases++;
    return line;
  }

  /**
   * Waits for a server that is away: of a line that is somebody's own one attempt fails, and the first line goes on trying
   * until it is back, or given up. While another line is there, the server may be, too: that is tried, within the same time.
   * Where as many commands as may wait for the first line, nobody waits for it here either.
   */
  async #reach(line: Line): Promise<void> {
    const first = this.first();
    if (first.state !== "reconnecting") return;
    const began = performance.now();
    if (this.#shared.some(({ state }) => state === "ready")) {
      try {
        return await line.opened(began);
      } catch (error) {
        // The time is over: whoever tried once more would wait for as long again.
        if (error instanceof TimeoutError && error.waitingFor === "connection") throw error;
      }
      if (first.state !== "reconnecting") return;
    }
    await first.reach(began);
  }

  async #turn(signal: AbortSignal | undefined): Promise<Line> {
    try {
      return await this.#callers.wait(signal);
    } finally {
      this.#shareAgain();
    }
  }

  #spare(): Line | undefined {
    return this.#takeIdle() ?? (this.#total < this.#settings.max ? this.#settings.line() : undefined);
  }

  #unshared(): Line | undefined {
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

  /**
   * Takes a line from those that are shared, if it can be somebody's own at once. One that has to end first what others have
   * asked for goes to whoever's turn it is then: a command that is sent again, because it was refused for now, would end up
   * in the midst of its new owner's. (On one that was idle there is at most a PING of ours, which a dead server would never
   * answer: that is for the upkeep to find out.)
   */
  #cleared(): Line | undefined {
    const line = this.#unshared();
    if (line === undefined || (isFree(line) && this.#callers.size === 0)) return line;
    this.#leased.add(line);
    this.#clear(line);
  }

  #clear(line: Line): void {
    this.#clearing.add(line);
    line.freed().then(() => {
      if (!this.#clearing.has(line)) return;
      // It was shared again meanwhile, and taken anew.
      if (!isFree(line)) return this.#clear(line);
      this.#clearing.delete(line);
      this.release(line);
    });
  }

  /** What nobody waits for any longer stays shared. As long as somebody does, it may be the first that is free. */
  #shareAgain(): void {
    if (this.#callers.size > 0) return;
    for (const line of this.#clearing) {
      this.#clearing.delete(line);
      this.#leased.delete(line);
      this.#shared.push(line);
    }
  }

  /** @internal Undoes what was set on a line, or replaces its connection if that is old: it cannot be while it is reset. */
  restore(line: Line): void {
    if (this.#upkeep.isOld(line)) this.#upkeep.retire(line);
    else line.restore();
  }

  /** @internal Gives a line back; the caller that has waited longest gets it. */
  release(line: Line): void {
    if (!this.#leased.has(line)) return;
    if (this.#closed) {
      this.#leased.delete(line);
      return line.destroy();
    }
    if (line.state === "closed") {
      this.#leased.delete(line);
      if (this.#callers.size === 0) return this.#refill();
      line = this.#settings.line();
      this.#leased.add(line);
    }
    if (this.#upkeep.isOld(line)) this.#upkeep.retire(line);
    if (this.#callers.serve(line)) return;
    this.#leased.delete(line);
    this.#idle.push(line);
    const { idleTimeout } = this.#settings;
    if (idleTimeout > 0) this.#idleTimers.set(line, setTimeout(() => this.#unused(line), idleTimeout));
    // Lost while it was somebody's own: one of the minimum does not wait for the next.
    this.#refill();
  }

  #unused(line: Line): void {
    this.#idleTimers.delete(line);
    if (this.#total <= this.#settings.min) return;
    this.#upkeep.retired++;
    this.#discard(line);
  }

  #discard(line: Line): void {
    clearTimeout(this.#idleTimers.get(line));
    this.#idleTimers.delete(line);
    const at = this.#idle.indexOf(line);
    if (at >= 0) this.#idle.splice(at, 1);
    line.destroy();
    this.#refill();
  }

  /** Replaces what has grown old and is in nobody's hands. Subscriptions keep their connection: a new one means a gap. */
  #renew(): void {
    const old = (line: Line): boolean => this.#upkeep.isOld(line) && !this.#settings.needs(line);
    for (const line of this.#idle.filter(old)) {
      if (this.#total <= this.#settings.min) this.#upkeep.retire(line);
      else {
        this.#upkeep.retired++;
        this.#discard(line);
      }
    }
    for (const line of this.#shared.filter(old)) this.#upkeep.retire(line);
  }

  /** @internal What the connections look like, all together. */
  report(): ConnectionReport {
    const reports = this.lines.map((line) => line.report());
    const heard = reports.flatMap(({ silentFor }) => silentFor ?? []);
    return {
      pending: reports.reduce((sum, { pending }) => sum + pending, 0),
      bytesWaiting: reports.reduce((sum, { bytesWaiting }) => sum + bytesWaiting, 0),
      silentFor: heard.length === 0 ? null : Math.min(...heard),
      generation: Math.max(0, ...reports.map(({ generation }) => generation)),
    };
  }

  /** @internal Every line there is. */
  get lines(): Line[] {
    return [...this.#shared, ...this.#idle, ...this.#leased];
  }

  /** Numbers about it at this moment. */
  stats(): PoolStats {
    return {
      shared: this.#shared.length,
      idle: this.#idle.length,
      leased: this.#leased.size,
      waiting: this.#callers.size,
      pending: this.lines.reduce((sum, line) => sum + line.pending, 0),
      leases: this.#leases,
      refused: this.#callers.refused,
      unfit: this.#upkeep.unfit,
      retired: this.#upkeep.retired,
    };
  }

  #end(): Line[] {
    this.#closed = true;
    clearInterval(this.#sweep);
    clearTimeout(this.#again);
    this.#callers.fail(closedMeanwhile);
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
