/**
 * Servers whose processes stand still for a while.
 *
 * @module
 */
import type { Server } from "./servers.ts";

/**
 * Works while the processes of one server or several stand still; they go on whatever becomes of the work. Promises that
 * need them to go on are given in an object, or an array: alone they would be waited for.
 */
export async function frozen<T>(servers: Still | readonly Still[], work: () => Promise<T>): Promise<T> {
  const still = [servers].flat() as Still[];
  try {
    for (const server of still) server.pause();
    return await work();
  } finally {
    for (const server of still) server.resume();
  }
}

/** What can stand still. */
type Still = Pick<Server, "pause" | "resume">;
