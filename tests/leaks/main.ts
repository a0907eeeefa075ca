/**
 * The leak program at full length.
 *
 *     deno task leaks [count]        bun tests/leaks/main.ts [count]
 *
 * @module
 */
import process from "node:process";
import { leftovers } from "./run.ts";

const count = Number(process.argv[2] ?? 10_000);
for (const [kind, times] of [["connect", count], ["sessions", count], ["aborts", count], ["failures", count / 10]]) {
  const { code, output, left } = await leftovers(kind as string, times as number);
  console.log(left === undefined ? output : JSON.stringify(left), `exit ${code}`);
}
