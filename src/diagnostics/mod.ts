/**
 * Publishes what a client does on channels of `node:diagnostics_channel`, where monitoring tools of Node, Deno and Bun
 * listen.
 *
 * ```ts
 * import { connect } from "@respire/redis";
 * import { publish } from "@respire/redis/diagnostics";
 *
 * await using redis = await connect();
 * publish(redis);
 * ```
 *
 * The channels are those of `tracingChannel("respire:command")` and, for pipelines and transactions,
 * `tracingChannel("respire:batch")`: `start` and `end` when an operation is issued, `error` if it fails, `asyncStart` and
 * `asyncEnd` when it has ended. All get the same {@link Trace}.
 *
 * @module
 */
import { channel } from "node:diagnostics_channel";
import { type Observable, type Observation, observe, type Operation, type Outcome } from "../observe/mod.ts";

export type { Observable, Observation } from "../observe/mod.ts";
export type { Operation, Outcome, ServerPlace } from "../observe/operation.ts";

/** What is published of one operation, on all its channels. */
export interface Trace {
  /** What was issued. */
  readonly operation: Operation;
  /** How it ended; `undefined` on `start` and `end`. */
  outcome?: Outcome | undefined;
  /** On `error`, `asyncStart` and `asyncEnd` of an operation that failed: the server's code, or the outcome's status. */
  error?: string | undefined;
}

const EVENTS = ["start", "end", "error", "asyncStart", "asyncEnd"] as const;

/** The five channels of one kind of operation. */
function channels(name: string) {
  const [start, end, error, asyncStart, asyncEnd] = EVENTS.map((event) => channel(`tracing:respire:${name}:${event}`));
  return { start: start!, end: end!, error: error!, asyncStart: asyncStart!, asyncEnd: asyncEnd! };
}

const COMMAND = channels("command");
const BATCH = channels("batch");

/**
 * Publishes each operation of the client from now on, until it is stopped. Costs little while nobody listens.
 *
 * @param redis The client.
 */
export function publish(redis: Observable): Observation {
  return observe(redis, (operation) => {
    const { start, end, error, asyncStart, asyncEnd } = operation.kind === "command" ? COMMAND : BATCH;
    const heard = start.hasSubscribers || end.hasSubscribers || error.hasSubscribers || asyncStart.hasSubscribers ||
      asyncEnd.hasSubscribers;
    if (!heard) return;
    const trace: Trace = { operation };
    start.publish(trace);
    end.publish(trace);
    return (outcome) => {
      trace.outcome = outcome;
      if (outcome.status !== "ok") {
        trace.error = outcome.code ?? outcome.status;
        error.publish(trace);
      }
      asyncStart.publish(trace);
      asyncEnd.publish(trace);
    };
  });
}
