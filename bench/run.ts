/**
 * Compares the clients. `--quick` for a short look, `--all` or `--only NAME,…` to choose groups and workloads,
 * `--clients NAME,…`, `--runtime deno,bun,node,c,python`, `--rounds N`, `--seconds S`, `--minutes M` to make do with fewer
 * rounds where the whole would take longer.
 * A whole group measured at full length is stored in `results/`; anything less only shows.
 *
 * @module
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { spawnSync } from "node:child_process";
import process from "node:process";
import { parseArgs } from "node:util";
import { buildForNode, CANNOT_LOAD, type Contestant, entries, type Entry } from "./contestants.ts";
import { table } from "./report.ts";
import { type Circumstances, commit, figure, firstLine, machine, type Result, type Round } from "./results.ts";
import { type Server, startServer } from "./server.ts";
import { GROUPS, type Workload } from "./workloads.ts";

const { values: options } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    all: { type: "boolean", default: false },
    only: { type: "string" },
    clients: { type: "string" },
    runtime: { type: "string" },
    rounds: { type: "string" },
    seconds: { type: "string" },
    minutes: { type: "string" },
  },
});

const list = (text: string | undefined): string[] | undefined => text?.split(",");
const quick = options.quick;
/** What is measured besides, each by a program of its own. */
const OTHERS = ["micro.ts", "startup.ts", "workers.ts", "growth.ts"];

const settings = {
  rounds: Number(options.rounds ?? (quick ? 3 : 5)),
  seconds: Number(options.seconds ?? (quick ? 0.15 : 0.3)),
  warmUp: quick ? 0.2 : 0.4,
};

function chosen(): [group: string, workloads: readonly Workload[], whole: boolean][] {
  const only = options.all ? Object.keys(GROUPS) : list(options.only) ?? ["core"];
  const seen = new Set<string>();
  return Object.entries(GROUPS).flatMap(([group, workloads]): ReturnType<typeof chosen> => {
    if (only.includes(group)) return [[group, workloads, true]];
    const named = workloads.filter(({ name }) => only.includes(name) || only.includes(name.split(":")[0]));
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

/** How many rounds there is time for, the first having taken so long; at least one, that a figure is there. */
function affordable(rounds: number, taken: number, share: number): number {
  return Math.max(1, Math.min(rounds, 1 + Math.floor((share - taken) / taken)));
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
  const begun = performance.now();
  for (let round = 0; round < rounds; round++) {
    if (round === 1) rounds = affordable(rounds, performance.now() - begun, until - begun);
    const shift = Math.floor(round * racers.length / rounds);
    for (const racer of [...racers.slice(shift), ...racers.slice(0, shift)]) {
      await attempt(racer, async () => {
        const used = server.cpu();
        const { units, seconds, cpu } = await racer.contestant!.measure(
          settings.seconds,
          quick ? 0 : workload.total ?? 0,
        );
        racer.rounds.push({ rate: units / seconds, cpu: cpu / units, server: (server.cpu() - used) / units });
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

buildForNode();
const server = await startServer();
try {
  const versions: Record<string, string> = {
    deno: firstLine("deno", "--version") ?? "not installed",
    bun: firstLine("bun", "--version") ?? "not installed",
    node: firstLine("node", "--version") ?? "not installed",
  };
  const everybody = entries(list(options.clients), list(options.runtime));
  const groups = chosen();
  /** Groups overlap: what two of them have is measured once. */
  const measured = new Map<string, Result>();
  const end = options.minutes === undefined ? Infinity : performance.now() + Number(options.minutes) * 60_000;
  let left = groups.reduce((sum, [, workloads]) => sum + workloads.length, 0);
  for (const [group, workloads, whole] of groups) {
    const keep = whole && !quick && options.clients === undefined && options.runtime === undefined;
    const folder = join(import.meta.dirname!, keep ? "results" : ".cache");
    mkdirSync(folder, { recursive: true });
    const file = join(folder, `${group}.json`);
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
      // What is measured is kept, whatever becomes of the rest.
      writeFileSync(file, JSON.stringify({ group, ...circumstances(server, versions), results }, null, 1) + "\n");
    }
    console.log(`\n${keep ? "stored" : "written"}: ${file}`);
  }
} finally {
  server.stop();
}
if (options.all) {
  for (const file of [...OTHERS, ...(quick ? [] : ["charts.ts", "report.ts"])]) {
    console.log(`\n${file}`);
    const words = [...("Deno" in globalThis ? ["run", "-A"] : []), join(import.meta.dirname!, file)];
    if (quick) words.push("--quick");
    if (spawnSync(process.execPath, words, { stdio: "inherit" }).status !== 0) process.exitCode = 1;
  }
}
process.exit();
