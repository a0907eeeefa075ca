/**
 * What a run of the leak program must not have left.
 *
 * @module
 */
import type { Outcome } from "./run.ts";

/** Open files that a runtime may keep for itself; one per client would be a hundred. */
const HANDLES = 5;
/** KiB that compiled code and caches may take, most of it in the first rounds; and what each further one may add to them. */
const KILOBYTES = 2000;
const KILOBYTES_EACH = 0.2;

/** What is wrong with what was left, in words; nothing if all is well. */
export function faults({ code, output, left }: Outcome): string[] {
  if (left === undefined) return [`the program ended with ${code}: ${output}`];
  const { kind: _, count, seconds: _seconds, handles, kilobytes, collected, unheard, ...zero } = left;
  const found = Object.entries(zero).filter(([, value]) => value !== 0).map(([name, value]) => `${name}: ${value}`);
  if (code !== 0) found.push(`the program ended with ${code}: ${output}`);
  if (Number(handles) >= HANDLES) found.push(`${handles} open files more than before`);
  if (!collected) found.push("garbage could not be collected, so the memory says nothing");
  if (kilobytes >= KILOBYTES + count * KILOBYTES_EACH) found.push(`${kilobytes} KiB more than before`);
  return [...found, ...unheard.map((reason) => `nobody heard ${reason}`)];
}
