/**
 * Servers that do not answer what blocks, though the time that they were given is over.
 *
 * @module
 */
import type { Line } from "../connection/line.ts";
import { SECOND_LOOK } from "../connection/silence.ts";
import { LONGEST_DELAY } from "../connection/wait.ts";

/** How long the server may take, beyond what it was asked to wait, in milliseconds. */
export const MARGIN = 5000;

/**
 * Calls back once the server has what is due, and has said nothing for longer than the time that it was given; gives a
 * function that ends this. That need not be counted from the call: what is due may wait for its connection first, for
 * another try, or behind another that blocks.
 */
export function onOverdue(line: Line, isDue: () => boolean, time: number, listener: () => void): () => void {
  const longest = time + MARGIN;
  // What is beyond a timer is as good as for ever.
  if (longest > LONGEST_DELAY) return () => {};
  let doubted = false;
  const look = (): void => {
    const left = isDue() ? longest - line.silence : longest;
    if (left <= 0 && doubted) return listener();
    // In a process that stood still for so long, timers come before what its sockets hold.
    doubted = left <= 0;
    timer = setTimeout(look, doubted ? SECOND_LOOK : left);
  };
  let timer = setTimeout(look, longest);
  return () => clearTimeout(timer);
}
