/**
 * Options that are none: of names that nobody knows, or something else in their place.
 *
 * @module
 */

/**
 * Refuses them: a name that is misspelt would pass for nothing given, and so would a function that stands elsewhere in
 * their place. What is `undefined` is not given. `within` is what holds them, and a point.
 */
export function checkKnown(options: object, known: readonly string[], within = ""): void {
  if (typeof options === "function") throw new TypeError("Options must be an object, no function");
  for (const [name, value] of Object.entries(options)) {
    if (value !== undefined && !known.includes(name)) {
      throw new TypeError(`Unknown option: ${within}${name}; known are ${known.join(", ")}`);
    }
  }
}

/** Refuses what is given and is of another kind. */
export function checkKind(name: string, value: unknown, kind: string, what: string): void {
  if (value !== undefined && typeof value !== kind) throw new TypeError(`Option ${name} must be ${what}`);
}
