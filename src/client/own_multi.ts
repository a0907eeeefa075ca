/**
 * A MULTI that a session's caller sends by himself: until EXEC the server answers "QUEUED" to whatever comes.
 *
 * @module
 */
import type { Shape } from "../command/spec.ts";

/** One for each, as a pipeline tells of equal commands in a row by their shape. */
const guards = new WeakMap<Shape, Shape>();

/** The shape for what is sent meanwhile: "QUEUED" is nobody's reply, and of no shape. */
export function unlessQueued(shape: Shape | undefined): Shape | undefined {
  if (shape === undefined) return undefined;
  let guard = guards.get(shape);
  if (guard === undefined) guards.set(shape, guard = (reply, mode) => reply === "QUEUED" ? reply : shape(reply, mode));
  return guard;
}

/** Under this name a session tells that it is within one; a pipeline is told so by its session. */
export const QUEUEING: unique symbol = Symbol("queueing");

/** Whether the server queues what is sent now: the reply is EXEC's to give, and nobody could try again. */
export function isQueueing(surface: object): boolean {
  return (surface as { readonly [QUEUEING]?: boolean })[QUEUEING] === true;
}
