/**
 * Values that are handed out more than once.
 *
 * @module
 */

/** Whether a value can be shared as it is: nobody can change it. */
export function isImmutable(value: unknown): boolean {
  return typeof value !== "object" || value === null;
}

/**
 * A copy that shares nothing that can be changed.
 *
 * @throws {TypeError} if it holds what no reply does, but a caller's own shape may make: a date, or something of a class.
 * @throws {RangeError} if it holds itself.
 */
export function copyOf<T>(value: T): T;
export function copyOf(value: unknown): unknown {
  if (typeof value !== "object" || value === null || value instanceof Error) return value;
  if (Array.isArray(value)) return value.map((item) => copyOf(item));
  // What Node calls a buffer has a "slice" of its own, which shares the bytes.
  if (value instanceof Uint8Array) return Uint8Array.prototype.slice.call(value);
  if (value instanceof Map) return new Map(Array.from(value, ([key, item]) => [copyOf(key), copyOf(item)]));
  if (value instanceof Set) return new Set(Array.from(value, (item) => copyOf(item)));
  const prototype = Object.getPrototypeOf(value);
  // Objects of no class: what they inherit from inherits from nothing.
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) {
    throw new TypeError("Only plain values are kept");
  }
  const copy = Object.create(prototype);
  for (const key of Object.keys(value)) copy[key] = copyOf((value as Record<string, unknown>)[key]);
  return copy;
}

/** The same, or the value itself if that cannot be copied. */
export function copyOrSame<T>(value: T): T {
  try {
    return copyOf(value);
  } catch {
    return value;
  }
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
