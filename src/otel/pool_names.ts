/**
 * Names of pools, each only once in this process while it is in use: the numbers of two pools of one name would overwrite
 * each other.
 *
 * @module
 */
import type { Lines } from "../client/lines.ts";

/** Who has which name, and how many instrumentations call it so. */
const taken = new Map<string, { readonly pool: Lines; uses: number }>();

/** A name for this pool: the one given, or with a number behind it if that is another's. */
export function takeName(wanted: string, pool: Lines): string {
  for (let n = 1;; n++) {
    const name = n === 1 ? wanted : `${wanted}#${n}`;
    const holder = taken.get(name);
    if (holder === undefined) taken.set(name, { pool, uses: 1 });
    else if (holder.pool === pool) holder.uses++;
    else continue;
    return name;
  }
}

/** One instrumentation less that calls a pool so. */
export function giveName(name: string): void {
  const holder = taken.get(name);
  if (holder !== undefined && --holder.uses === 0) taken.delete(name);
}
