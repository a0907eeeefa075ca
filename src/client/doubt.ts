/**
 * Connections that wait patiently.
 *
 * A blocked command hears nothing, whether its connection lives or not: silence says nothing, and a PING behind it would
 * only be answered after it. So another connection asks the server if it still knows this one. A server finds dead peers
 * by itself (`tcp-keepalive`, 300 seconds unless configured), and one that was restarted or failed over knows nobody.
 *
 * @module
 */
import { ConnectionError } from "../errors.ts";
import { CommandSpec } from "../command/spec.ts";
import type { Line } from "../connection/line.ts";
import { Pending } from "../connection/pending.ts";

const CLIENT_LIST = new CommandSpec("CLIENT LIST");

/** Asks over one line whether the server still knows the other's connection; if not, that is given up. */
export function ask(doubted: Line, over: Line): void {
  const { clientId, generation } = doubted;
  if (clientId === undefined || over === doubted || over.state !== "ready") return;
  const answered = (list: unknown): void => {
    const forgotten = typeof list === "string" && list.trim() === "";
    if (!forgotten || doubted.generation !== generation || !doubted.isPatient) return;
    doubted.drop(new ConnectionError("The server does not know this connection any more", { sent: true }));
  };
  // A server older than 6.2, or a user without the right to ask: then nothing is known.
  const unknown = (): void => {};
  over.send(new Pending(CLIENT_LIST, ["ID", clientId], undefined, 0, answered as (value: never) => void, unknown));
}
