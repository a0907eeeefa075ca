/**
 * Whether there is still a server at the other end.
 *
 * @module
 */
import { ConnectionError, TimeoutError } from "../errors.ts";
import { CommandSpec } from "../command/spec.ts";
import { Pending } from "./pending.ts";

const PING = new CommandSpec("PING");

/** Asks for a sign of life; takes how that is sent. Rejects if none comes; a refusal is one, too. */
export function signOfLife(send: (pending: Pending) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    send(
      new Pending(PING, [], undefined, 0, resolve as (value: never) => void, (error) => {
        if (error instanceof ConnectionError || error instanceof TimeoutError) reject(error);
        else resolve();
      }),
    );
  });
}

/** Whether it asks for nothing else. */
export function asksForSign({ spec }: Pending): boolean {
  return spec === PING;
}
