/**
 * How a line ends: at once, or with what is pending.
 *
 * @module
 */
import { ConnectionError } from "../errors.ts";
import type { Backlog } from "./backlog.ts";
import type { Bell } from "./bell.ts";
import type { Lifecycle } from "./lifecycle.ts";
import type { Retries } from "./retries.ts";
import { settledWithin } from "./wait.ts";

/** Waits at most `within` milliseconds for what is pending, of which there is none when `free` rings; then calls `destroy`. */
export async function finish(life: Lifecycle, free: Bell, within: number, destroy: () => void): Promise<void> {
  if (life.state === "closed") return;
  const deadline = performance.now() + within;
  // Nobody waits for a connection that is not there yet, if nothing is left to be sent on it, or answered on the last one.
  if (life.opening && !free.holds()) await settledWithin(Promise.race([life.opening, free.next()]), within);
  if (life.state === "ready") {
    life.closing();
    life.connection?.flush();
  }
  if (!free.holds() && !life.connection?.oldest?.endless) {
    await settledWithin(free.next(), Math.max(0, deadline - performance.now()));
  }
  destroy();
}

/** Closes at once. What is pending is rejected: for the given reason, or else as the client was closed. */
export function end(life: Lifecycle, queue: Backlog, retries: Retries, reason?: string): void {
  if (life.state === "closed") return;
  const closed = reason === undefined;
  const what = reason ?? "The client was closed";
  const error = new ConnectionError(what, { closed });
  const connections = life.closed(error);
  queue.fail(error);
  queue.refuse(error, retries.takeAll());
  // Each tells its line that it is lost, which rings as the two before do: whoever waits for the end hears of it.
  for (const old of connections) old.fail(new ConnectionError(what, { sent: true, closed }));
}
