/**
 * Values that are handed out more than once.
 *
 * @module
 */

/** Whether a value can be shared as it is: nobody can change it. */
export function isImmutable(value: unknown): boolean {
  return typeof value !== "object" || value === null;
}

/** A copy that shares nothing that can be changed. Replies hold no cycles. */
export function copyOf<T>(value: T): T;
export function copyOf(value: unknown): unknown {
  if (typeof value !== "object" || value === null || value instanceof Error) return value;
  if (Array.isArray(value)) return value.map((item) => copyOf(item));
  if (value instanceof Uint8Array) return value.slice();
  if (value instanceof Map) return new Map(Array.from(value, ([key, item]) => [copyOf(key), copyOf(item)]));
  if (value instanceof Set) return new Set(Array.from(value, (item) => copyOf(item)));
  const copy = Object.create(Object.getPrototypeOf(value));
  for (const key of Object.keys(value)) copy[key] = copyOf((value as Record<string, unknown>)[key]);
  return copy;
}

/** What an object costs beside what it holds, about. */
const OBJECT = 32;
const SLOT = 8;

/** About how many bytes a value takes. */
export function sizeOf(value: unknown): number {
  if (typeof value === "string") return OBJECT + value.length;
  if (typeof value !== "object" || value === null) return SLOT;
  if (ArrayBuffer.isView(value)) return OBJECT + value.byteLength;
  if (value instanceof Map) return sizeOf([...value].flat());
  if (value instanceof Set) return sizeOf([...value]);
  const items = Array.isArray(value) ? value : Object.entries(value).flat();
  let size = OBJECT;
  for (const item of items) size += SLOT + sizeOf(item);
  return size;
}
