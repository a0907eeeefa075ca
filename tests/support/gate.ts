/**
 * A gate for tests that say when something may go on.
 *
 * @module
 */

/** A promise, and what resolves it. */
export function gate(): { open: () => void; opened: Promise<void> } {
  let open = () => {};
  const opened = new Promise<void>((resolve) => open = resolve);
  return { open, opened };
}
