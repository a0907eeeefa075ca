/**
 * Options whose names nobody knows.
 *
 * @module
 */

/** Refuses them: a name that is misspelt would pass for nothing given. `within` is what holds them, and a point. */
export function checkKnown(options: object, known: readonly string[], within = ""): void {
  for (const name of Object.keys(options)) {
    if (!known.includes(name)) throw new TypeError(`Unknown option: ${within}${name}; known are ${known.join(", ")}`);
  }
}
