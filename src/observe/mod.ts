/**
 * Watching a client: the name, time, size and outcome of each command, and never its arguments.
 *
 * ```ts
 * import { connect } from "@respire/redis";
 * import { observe } from "@respire/redis/observe";
 *
 * await using redis = await connect();
 * using watching = observe(redis, ({ name }) => ({ duration }) => {
 *   if (duration > 100) console.warn(`${name} took ${duration} ms`);
 * });
 * ```
 *
 * @module
 */
import { CORE, type Core } from "../client/core.ts";
import { type Observer, Watch } from "./watch.ts";

export type { Observer } from "./watch.ts";
export type { Operation, Outcome, ServerPlace } from "./operation.ts";

/** Any client: that of this package, or one that was generated. */
export interface Observable {
  /** @internal What its surfaces share. */
  readonly [CORE]: Core;
}

/** Ends the watching. */
export interface Observation extends Disposable {
  /** No operation that is issued from now on is told of. */
  stop(): void;
}

/**
 * Calls the observer for each operation that the client issues, on any of its surfaces and connections.
 *
 * A client without observers pays for one comparison per command: whether there is any.
 *
 * @param redis The client. A client that `cache` gave is one of its own; what it answers from memory is no operation.
 * @param observer Called when an operation is issued; what it returns is called when that ends.
 *
 * @example Count errors by code
 * ```ts
 * import { connect } from "@respire/redis";
 * import { observe } from "@respire/redis/observe";
 *
 * const errors: Record<string, number> = {};
 * await using redis = await connect();
 * observe(redis, () => ({ status, code }) => {
 *   if (status !== "ok") errors[code ?? status] = (errors[code ?? status] ?? 0) + 1;
 * });
 * ```
 */
export function observe(redis: Observable, observer: Observer): Observation {
  if (typeof observer !== "function") throw new TypeError("An observer is a function");
  const { traffic } = redis[CORE];
  const watch = traffic.tap instanceof Watch ? traffic.tap : new Watch(traffic);
  watch.add(observer);
  traffic.tap = watch;
  let stopped = false;
  const stop = (): void => {
    if (stopped) return;
    stopped = true;
    watch.remove(observer);
    if (watch.size === 0) traffic.tap = undefined;
  };
  return { stop, [Symbol.dispose]: stop };
}
