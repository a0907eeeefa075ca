/**
 * Names that are needed for longer than the call that gave them.
 *
 * @module
 */
import type { Arg } from "../command/spec.ts";
import { nameBytes } from "../command/name.ts";

/** One name, or a list of them, as a list that is ours: whatever becomes of the caller's own, or of the bytes in it. */
export function kept<T extends Arg>(names: T | readonly T[]): T[] {
  const list = (Array.isArray(names) ? names : [names]) as readonly T[];
  return list.map((name) => ArrayBuffer.isView(name) ? new Uint8Array(nameBytes(name)) as Arg as T : name);
}
