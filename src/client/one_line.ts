/**
 * What a small build has in place of a pool: one connection that everybody shares.
 *
 * @module
 */
import type { ConnectionReport } from "../errors.ts";
import type { Line } from "../connection/line.ts";
import type { Lines, PoolSettings, PoolStats } from "./lines.ts";

/** One line. It is nobody's own: whoever asks for one of his own is refused. */
export class OneLine implements Lines {
  readonly #line: Line;

  constructor({ line }: PoolSettings) {
    this.#line = line();
  }

  open(): Promise<void> {
    return this.#line.open();
  }

  share(): Line {
    return this.#line;
  }

  shareOpen(): Line {
    return this.#line;
  }

  freest(): Line {
    return this.#line;
  }

  first(): Line {
    return this.#line;
  }

  acquire(): Promise<never> {
    return Promise.reject(
      new TypeError("This client was generated without a pool: it has one connection for everything"),
    );
  }

  restore(): void {}

  release(): void {}

  doubt(): void {}

  isShared(): boolean {
    return true;
  }

  isIdle(): boolean {
    return false;
  }

  keeps(): boolean {
    return true;
  }

  get lines(): Line[] {
    return [this.#line];
  }

  report(): ConnectionReport {
    return this.#line.report();
  }

  stats(): PoolStats {
    const none = { idle: 0, leased: 0, waiting: 0, leases: 0, refused: 0, unfit: 0, retired: 0 };
    return { shared: 1, pending: this.#line.pending, ...none };
  }

  close(within: number): Promise<void> {
    return this.#line.close(within);
  }

  destroy(): void {
    this.#line.destroy();
  }
}
