/**
 * What all surfaces of one client share: its lines, its subscriptions, and what every command must respect.
 *
 * @module
 */
import { ConnectionError } from "../errors.ts";
import type { Line } from "../connection/line.ts";
import type { Hub } from "./hub.ts";
import type { Kit } from "./kit.ts";
import type { Pool } from "./pool.ts";

/** How much may be pending at once, and what happens to the command that is one too many. */
export interface Room {
  /** Commands whose replies are owed, per connection. */
  readonly commands: number;
  /** Bytes that the socket has not taken, per connection. */
  readonly bytes: number;
  /** Refuse it, or let it wait its turn. */
  readonly overflow: "error" | "wait";
}

/** What all surfaces of one client share. */
export class Core {
  readonly kit: Kit;
  readonly pool: Pool;
  /** Where the client has subscriptions. */
  readonly hub: Hub | undefined;
  readonly room: Room;

  constructor(kit: Kit, pool: Pool, hub: Hub | undefined, room: Room) {
    this.kit = kit;
    this.pool = pool;
    this.hub = hub;
    this.room = room;
  }

  /** Whether a command must not go onto this line now. */
  isFull(line: Line): boolean {
    const { commands, bytes } = this.room;
    return line.pending >= commands || line.hasWaiters || (bytes !== Infinity && line.waiting >= bytes);
  }

  /** Resolves once the line takes commands again, first come, first served; rejects if the client does not wait. */
  async roomOn(line: Line, command: string): Promise<void> {
    if (this.room.overflow === "error") {
      throw new ConnectionError(
        `${command}: ${line.pending} commands and ${line.waiting} bytes are pending already; it was not sent`,
      );
    }
    await line.room(() => line.pending < this.room.commands && line.waiting < this.room.bytes);
  }

  /** Waits for what is pending, at most `within` milliseconds, then closes everything. */
  async close(within: number): Promise<void> {
    this.hub?.close();
    await this.pool.close(within);
  }

  /** Closes everything at once. */
  destroy(): void {
    this.hub?.close();
    this.pool.destroy();
  }
}
