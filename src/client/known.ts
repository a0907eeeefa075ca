/**
 * Options whose names nobody knows.
 *
 * @module
 */

/**
 * Refuses them: a name that is misspelt would pass for nothing given. What is `undefined` is not given. `within` is what
 * holds them, and a point.
 */
export function checkKnown(options: object, known: readonly string[], within = ""): void {
  for (const [name, value] of Object.entries(options)) {
    if (value !== undefined && !known.includes(name)) {
      throw new TypeError(`Unknown option: ${within}${name}; known are ${known.join(", ")}`);
    }
  }
}
