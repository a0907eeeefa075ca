/**
 * Calling the user's own functions.
 *
 * @module
 */

/**
 * Tells a listener something. What it throws is its own affair: it is thrown again in a task of its own, where it hurts
 * neither the connection nor other listeners, and is not hidden either.
 */
export function tell(listener: () => void): void {
  try {
    listener();
  } catch (error) {
    throwApart(error);
  }
}

/** Throws what a listener threw in a task of its own: see {@link tell}, which takes a function for each time it is called. */
export function throwApart(error: unknown): void {
  setTimeout(() => {
    throw error;
  });
}
