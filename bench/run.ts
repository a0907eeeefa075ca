/**
 * Compares the clients. `--quick` for a short look, `--all` or `--only NAME,…` to choose groups and workloads,
 * `--clients NAME,…`, `--runtime deno,bun,node,c,python`, `--rounds N`, `--seconds S`, `--minutes M` to make do with fewer
 * rounds where the whole would take longer.
 * A whole group measured at full length, with three rounds and more, is stored in `results/` when it is over; anything
 * less stays in `.cache/`. `--out FOLDER` stores there, whatever it is.
 *
 * @module
 */
import { copyFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { spawnSync } from "node:child_process";
import process from "node:process";
import { buildForNode, CANNOT_LOAD, type Contestant, entries, type Entry, requireRivals } from "./contestants.ts";
import { listed, parsed, positive, refuse, resultsFile } from "./options.ts";
import { table } from "./report.ts";
import { type Circumstances, commit, figure, firstLine, machine, type Result, type Round } from "./results.ts";
import { type Server, startServer } from "./server.ts";
import { GROUPS, type Workload } from "./workloads.ts";

const options = parsed({
  quick: { type: "boolean", default: false },
  all: { type: "boolean", default: false },
  only: { type: "string" },
  clients: { type: "string" },
  runtime: { type: "string" },
  rounds: { type: "string" },
  seconds: { type: "string" },
  minutes: { type: "string" },
  out: { type: "string" },
});

const distinct = (names: readonly string[]): string[] => [...new Set(names)];
const quick = options.quick;
/** What is measured besides, each by a program of its own. */
const OTHERS = ["micro.ts", "startup.ts", "workers.ts", "cluster.ts", "growth.ts", "typecheck.ts"];

/** How long a round is at least, in full length. */
const SECONDS = 0.3;

const settings = {
  rounds: options.rounds === undefined ? (quick ? 3 : 5) : positive("rounds", options.rounds),
  seconds: options.seconds === undefined ? (quick ? 0.15 : SECONDS) : positive("seconds", options.seconds),
  // Engines compile what runs often for the first second or two, on threads whose time counts as the client's.
  warmUp: quick ? 0.2 : 1,
  // Before each round, uncounted: while others have their turns, engines shrink their heaps, and clients that make much
  // garbage would pay for that in each round as they never do in a program that goes on.
  leadIn: quick ? 0 : 0.5,
};

/** With fewer rounds than this a figure tells nothing that should be kept. */
const LEAST_ROUNDS = 3;

/** How a workload may be called: by its name, or with those that are like it. */
function namesOf({ name }: Workload): string[] {
  return [name, name.split(":")[0]];
}

function chosen(): [group: string, workloads: readonly Workload[], whole: boolean][] {
  const only = options.all ? Object.keys(GROUPS) : options.only?.split(",") ?? ["core"];
  const known = Object.entries(GROUPS).flatMap(([group, workloads]) => [group, ...workloads.flatMap(namesOf)]);
  const unknown = only.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    const groups = Object.keys(GROUPS).join(", ");
    refuse(`--only: nothing is named "${unknown}"; there are the groups ${groups}, and their workloads`);
  }
  const seen = new Set<string>();
  return Object.entries(GROUPS).flatMap(([group, workloads]): ReturnType<typeof chosen> => {
    if (only.includes(group)) return [[group, workloads, true]];
    const named = workloads.filter((workload) => namesOf(workload).some((name) => only.includes(name)));
    const some = named.filter(({ name }) => !seen.has(name));
    for (const { name } of some) seen.add(name);
    return some.length > 0 ? [[group, some, false]] : [];
  });
}

interface Racer {
  readonly entry: Entry;
  readonly label: string;
  contestant: Contestant | undefined;
  readonly rounds: Round[];
}

/** Contestants whose library is not here: not asked again. */
const unloadable = new Set<string>();

/**
 * How many rounds there is time for, the first having taken so long. Never fewer than are worth to be kept: a group of which
 * one workload had too few would have been measured for nothing.
 */
function affordable(rounds: number, taken: number, share: number): number {
  return Math.min(rounds, Math.max(LEAST_ROUNDS, Math.floor(share / taken)));
}

/** The order of one round: nobody is always the first, and nobody always comes after the same one. */
function turns<T>(everybody: readonly T[], round: number, rounds: number): T[] {
  const shift = Math.floor(round * everybody.length / rounds);
  const order = [...everybody.slice(shift), ...everybody.slice(0, shift)];
  return round % 2 === 1 ? order.reverse() : order;
}

/** Starts everybody on one workload, warms up, measures in turns. */
async function compare(
  server: Server,
  workload: Workload,
  everybody: readonly Entry[],
  versions: Record<string, string>,
  until: number,
): Promise<Result> {
  server.command("FLUSHALL");
  if (workload.setup !== undefined) server.lua(workload.setup);
  const skipped: Record<string, string> = {};
  const racers: Racer[] = [];
  for (const entry of everybody) {
    const label = `${entry.client} (${entry.runtime})`;
    if (unloadable.has(label)) skipped[label] = CANNOT_LOAD;
    else racers.push({ entry, label, contestant: undefined, rounds: [] });
  }
  const attempt = async (racer: Racer, work: () => Promise<unknown>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      skipped[racer.label] = (error as Error).message;
      if (skipped[racer.label] === CANNOT_LOAD) unloadable.add(racer.label);
      racer.contestant?.stop();
      racers.splice(racers.indexOf(racer), 1);
    }
  };
  await Promise.all([...racers].map((racer) =>
    attempt(racer, async () => {
      racer.contestant = await racer.entry.start(server.port, workload);
      versions[racer.entry.client] = racer.contestant.version;
    })
  ));
  for (const racer of [...racers]) await attempt(racer, () => racer.contestant!.measure(settings.warmUp, 0));
  let rounds = Math.min(settings.rounds, workload.rounds ?? settings.rounds);
  const total = quick ? 0 : workload.total ?? 0;
  let units = Math.ceil(total / rounds);
  const begun = performance.now();
  for (let round = 0; round < rounds; round++) {
    if (round === 1) {
      rounds = affordable(rounds, performance.now() - begun, until - begun);
      units = Math.ceil((total - units) / Math.max(1, rounds - 1));
    }
    for (const racer of turns(racers, round, rounds)) {
      await attempt(racer, async () => {
        if (settings.leadIn > 0) await racer.contestant!.measure(settings.leadIn, 0);
        const wrong = server.errors();
        const used = server.cpu();
        const { units: done, seconds, cpu } = await racer.contestant!.measure(settings.seconds, units);
        racer.rounds.push({ rate: done / seconds, cpu: cpu / done, server: (server.cpu() - used) / done });
        // Errors are no work: they must not count as a rate.
        const errors = server.errors() - wrong;
        if (errors > 0) throw new Error(`the server answered ${errors} errors`);
      });
    }
  }
  for (const { contestant } of racers) contestant!.stop();
  const figures = racers.map(({ entry, rounds }) => figure(entry.client, entry.runtime, rounds));
  return { name: workload.name, title: workload.title, unit: workload.unit, figures, skipped };
}

function circumstances(server: Server, versions: Record<string, string>): Circumstances {
  return {
    date: new Date().toISOString(),
    commit: commit(),
    machine: machine(),
    server: server.version,
    serverPinned: server.pinned,
    versions,
    settings,
  };
}

const groups = chosen();
const all = entries();
const everybody = entries(
  listed("clients", options.clients, distinct(all.map(({ client }) => client))),
  listed("runtime", options.runtime, distinct(all.map(({ runtime }) => runtime))),
);
if (everybody.length === 0) refuse("none of these clients runs in any of these runtimes");
if (everybody.some(({ client }) => client !== "respire")) requireRivals();
const minutes = options.minutes === undefined ? Infinity : positive("minutes", options.minutes);
if (everybody.some(({ runtime }) => runtime === "node")) buildForNode();
const server = await startServer();
try {
  const versions: Record<string, string> = {
    deno: firstLine("deno", "--version") ?? "not installed",
    bun: firstLine("bun", "--version") ?? "not installed",
    node: firstLine("node", "--version") ?? "not installed",
  };
  /** Groups overlap: what two of them have is measured once. */
  const measured = new Map<string, Result>();
  const end = performance.now() + minutes * 60_000;
  let left = groups.reduce((sum, [, workloads]) => sum + workloads.length, 0);
  for (const [group, workloads, whole] of groups) {
    const everything = whole && !quick && options.clients === undefined && options.runtime === undefined &&
      settings.rounds >= LEAST_ROUNDS && settings.seconds >= SECONDS;
    const file = resultsFile(group, false, options.out);
    const results: Result[] = [];
    for (const workload of workloads) {
      let result = measured.get(workload.name);
      if (result === undefined) {
        // What is left of the time, in equal shares: what one leaves is for those after it.
        const now = performance.now();
        result = await compare(server, workload, everybody, versions, now + (end - now) / left);
        measured.set(workload.name, result);
        console.log(`\n${table(result)}`);
      }
      left--;
      results.push(result);
      // What is measured is there, whatever becomes of the rest.
      writeFileSync(file, JSON.stringify({ group, ...circumstances(server, versions), results }, null, 1) + "\n");
    }
    const least = Math.min(...results.flatMap(({ figures }) => figures.map(({ samples }) => samples.length)));
    const keep = everything && options.out === undefined && least >= LEAST_ROUNDS;
    if (keep) copyFileSync(file, resultsFile(group, true, undefined));
    const why = everything && least < LEAST_ROUNDS ? ` (not stored: ${least} rounds are too few)` : "";
    console.log(`\n${keep ? `stored: ${resultsFile(group, true, undefined)}` : `written: ${file}${why}`}`);
  }
} finally {
  await server.stop();
}
if (options.all) {
  for (const file of [...OTHERS, ...(quick ? [] : ["charts.ts", "report.ts"])]) {
    console.log(`\n${file}`);
    const words = [...("Deno" in globalThis ? ["run", "-A"] : []), join(import.meta.dirname!, file)];
    if (quick) words.push("--quick");
    if (options.out !== undefined && OTHERS.includes(file)) words.push("--out", options.out);
    if (spawnSync(process.execPath, words, { stdio: "inherit" }).status !== 0) process.exitCode = 1;
  }
}
process.exit();
