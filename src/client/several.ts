/**
 * Calls that may take several commands, each once the one before was refused: one limit of time covers them all.
 *
 * @module
 */
import type { SendOptions } from "../connection/pending.ts";
import { CORE, type Core, LIKE, OPTIONS } from "./core.ts";
import { left } from "./left.ts";
import type { Surface } from "./script.ts";

/** A surface that answers at once, and may have a limit of time. */
interface Limited extends Surface {
  /** Its limit. */
  readonly [OPTIONS]: SendOptions;
  /** The same surface with another. */
  readonly [LIKE]: (options: SendOptions) => Surface;
}

/** Has whoever closes the client wait for the call: between two of its commands nothing may be owed. */
export function wholly<T>(surface: Surface, call: Promise<T>): Promise<T> {
  const core = (surface as { readonly [CORE]?: Core })[CORE];
  return core === undefined ? call : core.running.add(call);
}

/** When a call begins; not looked up where nothing ends it. */
export function beginning(surface: Surface): number {
  return (surface as Partial<Limited>)[OPTIONS]?.timeout === undefined ? 0 : performance.now();
}

/** The limit of a call that began then: how much is left of it, and how much it was; `undefined` if it has none. */
export function limitLeft(surface: Surface, began: number): { timeout: number; limit: number } | undefined {
  const options = (surface as Partial<Limited>)[OPTIONS];
  if (options?.timeout === undefined) return undefined;
  const { timeout, limit } = left(options, began);
  return { timeout: timeout!, limit: limit! };
}

/** The surface for the further commands of a call that began then. */
export function continued(surface: Surface, began: number): Surface {
  const { [OPTIONS]: options, [LIKE]: like } = surface as Partial<Limited>;
  if (options?.timeout === undefined || like === undefined) return surface;
  return like.call(surface, left(options, began));
}
