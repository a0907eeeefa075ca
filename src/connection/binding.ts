/**
 * Being tied to one connection, as a session is.
 *
 * @module
 */
import type { ConnectionError } from "../errors.ts";
import type { Lifecycle } from "./lifecycle.ts";

/**
 * Ties everything that is sent to one connection, from `begin` to `end`. Once that is lost, nothing is sent again and
 * everything is refused: what was set on it (WATCH, SELECT…) is gone.
 */
export class Binding {
  readonly #life: Lifecycle;
  /** Whether it has begun: no other connection takes the place of a lost one by itself. Changed by nobody else. */
  isBound = false;
  /** Whoever it is bound to has said MULTI: what is sent now is not answered before EXEC. */
  inTransaction = false;
  /** What it was bound to turned out to be a replica, and refused to be written to. */
  isDemoted = false;
  /** How the connection was lost that everything was bound to. Changed by nobody else. */
  lost: ConnectionError | undefined;

  constructor(life: Lifecycle) {
    this.#life = life;
  }

  /** From now on there is but one connection. */
  begin(): void {
    this.isBound = true;
  }

  /** The connection is lost. */
  lose(error: ConnectionError): void {
    if (this.isBound) this.lost = error;
  }

  /** Ends what `begin` began. */
  end(): void {
    const { lost } = this;
    this.isBound = false;
    this.lost = undefined;
    this.inTransaction = this.isDemoted = false;
    // As it would have been had it been nobody's.
    if (lost !== undefined && this.#life.state === "idle") this.#life.replace(lost, false);
  }
}
