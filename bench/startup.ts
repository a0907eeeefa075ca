/**
 * Cold start, import time and size, against the other clients. `--only CLIENT,…`, `--quick`, `--runtime deno,bun,node`,
 * `--out FOLDER`.
 *
 * @module
 */
import { writeFileSync } from "node:fs";
import process from "node:process";
import { buildForNode, CLIENTS, requireRivals, told } from "./contestants.ts";
import { resultsFile } from "./options.ts";
import { median } from "./results.ts";
import { startServer } from "./server.ts";
import { install, sizes } from "./sizes.ts";
import { ask, choices, surroundings } from "./subjects.ts";
import type { Start } from "./tables.ts";

/** Every client in every runtime, in turns; the first round only warms caches. */
async function starts(port: number, runtimes: readonly string[], rounds: number): Promise<Start[]> {
  const racers = runtimes.flatMap((runtime) => {
    const names = Object.keys(CLIENTS).filter((client) =>
      clients.includes(client) && CLIENTS[client].includes(runtime)
    );
    // Node reads no TypeScript.
    const sources = runtime === "node" || !own ? [] : ["respire_sources"];
    return ["nothing", ...names, ...sources].map((client) => ({
      client,
      runtime,
      imports: [] as number[],
      firsts: [] as number[],
      skipped: "",
    }));
  });
  for (let round = 0; round <= rounds; round++) {
    const shift = (round * 5) % racers.length;
    for (const racer of [...racers.slice(shift), ...racers.slice(0, shift)]) {
      if (racer.skipped !== "") continue;
      try {
        const answer = await ask<{ import: number }>(racer.runtime, "startup_subject", racer.client, String(port));
        if (round === 0) continue;
        racer.imports.push(answer.value.import);
        racer.firsts.push(answer.milliseconds);
      } catch (error) {
        racer.skipped = told((error as Error).message);
      }
    }
  }
  const tenth = (values: number[]): number => Number(median(values).toFixed(1));
  return racers.map(({ client, runtime, imports, firsts, skipped }) =>
    skipped === "" ? { client, runtime, import: tenth(imports), first: tenth(firsts) } : { client, runtime, skipped }
  );
}

const { runtimes, quick, out, only: clients, whole } = choices(Object.keys(CLIENTS));
const own = clients.includes("respire");
if (clients.length > 1 || !own) requireRivals();
if (runtimes.includes("node")) buildForNode();
if (own) install();
const rounds = quick ? 3 : 15;
const server = await startServer();
try {
  const found = await starts(server.port, runtimes, rounds);
  console.log("client            in      import ms   to the first reply ms");
  for (const { client, runtime, skipped, ...times } of found) {
    const figures = skipped ?? `${times.import!.toFixed(1).padStart(10)}  ${times.first!.toFixed(1).padStart(10)}`;
    console.log(`${client.padEnd(17)} ${runtime.padEnd(6)} ${figures}`);
  }
  const bundles = sizes(clients);
  for (const { what, minified, gzip, skipped } of bundles) {
    const figures = skipped ?? `${(minified! / 1024).toFixed(1)} KiB minified, ${(gzip! / 1024).toFixed(1)} KiB gzip`;
    console.log(`${what.padEnd(38)} ${figures}`);
  }
  const run = { group: "startup", ...surroundings(rounds, 0, server), starts: found, sizes: bundles };
  writeFileSync(resultsFile("startup", whole, out), JSON.stringify(run, null, 1) + "\n");
} finally {
  await server.stop();
}
process.exit(0);
