/**
 * The leak program at full length; fails if anything was left.
 *
 *     deno task leaks [count]        bun tests/leaks/main.ts [count]
 *
 * @module
 */
import process from "node:process";
import { leftovers } from "./run.ts";
import { faults } from "./verdict.ts";

const count = Number(process.argv[2] ?? 10_000);
for (
  const [kind, times] of [["connect", count], ["sessions", count], ["aborts", count], [
    "failures",
    Math.ceil(count / 10),
  ]]
) {
  const outcome = await leftovers(kind as string, times as number);
  if (outcome.left !== undefined) console.log(JSON.stringify(outcome.left), `exit ${outcome.code}`);
  const found = faults(outcome);
  for (const fault of found) console.log(`FAILED, ${kind}: ${fault}`);
  if (found.length > 0) process.exitCode = 1;
}
