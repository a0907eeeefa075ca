/**
 * A pool that has one connection, and is about to have more.
 *
 * @module
 */
import { connectPool, type Redis } from "../../mod.ts";
import { connectTransport } from "../../src/transport/default.ts";
import { gate } from "./gate.ts";

/**
 * A pool with a command on its way over its only connection: what is sent in the same turn goes to another one, which is
 * not open before `open` is called. `answered` is settled with that first command.
 */
export async function halfOpenPool(
  url: string,
): Promise<{ pool: Redis; open: () => void; answered: Promise<unknown> }> {
  const later = gate();
  let opened = 0;
  const pool = await connectPool(url, {
    size: 5,
    connect: async (...where) => {
      if (opened++ > 0) await later.opened;
      return await connectTransport(...where);
    },
  });
  const answered = pool.get("k");
  // It is written by then: what comes now goes to another connection.
  for (let hop = 0; hop < 10; hop++) await undefined;
  return { pool, open: later.open, answered };
}
