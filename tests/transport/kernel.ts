/**
 * What the kernel tells of a socket that no runtime does.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { existsSync, readFileSync } from "node:fs";

const TIMERS = "/proc/net/tcp";

/** Why nothing can be told here, or `false`. */
export function noTimers(): string | false {
  return existsSync(TIMERS) ? false : "only Linux tells of a socket's timers";
}

/** In how many seconds the one connection to this local port is probed; `undefined` if it never is. */
export function keepAliveOf(port: number): number | undefined {
  // number, local and remote address, state (1: established), queues, timer (2: keep-alive) with hundredths of a second
  const rows = readFileSync(TIMERS, "utf8").split("\n").map((row) => row.trim().split(/[\s:]+/));
  const open = rows.filter((row) => parseInt(row[4]!, 16) === port && row[5] === "01");
  assertEquals(open.length, 1);
  const [kind, left] = open[0]!.slice(8, 10);
  return kind === "02" ? parseInt(left!, 16) / 100 : undefined;
}
