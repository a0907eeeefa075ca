/**
 * How figures are written, and the tables of measurements that have no rivals in them.
 *
 * @module
 */
import type { ClusterRow } from "./cluster.ts";
import type { Run } from "./results.ts";
import { GROUPS } from "./workloads.ts";

/** A client's name as people write it. */
export function label(client: string): string {
  const names: Record<string, string> = {
    respire: "Respire",
    respire_sources: "Respire, from its sources",
    respire_npm: "Respire, as npm has it",
    ioredis_auto: "ioredis, auto-pipelining",
    iovalkey_auto: "iovalkey, auto-pipelining",
    node_redis: "node-redis",
    glide: "valkey-glide",
    bun: "Bun built-in",
    deno_redis: "@db/redis",
    iuioiua: "@iuioiua/redis",
    hiredis: "C, hiredis",
    "redis-py+hiredis": "redis-py + hiredis",
  };
  return names[client] ?? client;
}

/** A figure short enough to read: three digits. */
export function short(value: number): string {
  if (value >= 999_500) return `${(value / 1e6).toPrecision(3)}M`;
  if (value >= 9995) return `${Math.round(value / 1e3)}k`;
  if (value >= 999.5) return `${(value / 1e3).toPrecision(3)}k`;
  return String(Number(value.toPrecision(3)));
}

/** One row of a table in markdown. */
export function row(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}

/** What nobody need be told: it was not to be measured. */
const EXPECTED = ["has no such thing", "is the same without auto-pipelining"];

/** Who could not be measured at all, and why; who was missing in one work or another; and what has yet to be measured. */
export function missing(run: Run): string {
  const all = comparisons(run);
  const [first, ...others] = all;
  const nowhere = Object.entries(first?.skipped ?? {}).filter(([who, why]) =>
    others.every(({ skipped }) => skipped[who] === why) && why.startsWith("cannot")
  );
  const names = nowhere.map(([who]) => {
    const [client, runtime] = who.split(" ");
    return `${label(client)} ${runtime}`;
  });
  const told = names.length === 0 ? "" : ` Not measured, for they ${nowhere[0][1]}: ${names.join(", ")}.`;
  return told + failures(all, nowhere.map(([who]) => who)) + unmeasured(run.group, all);
}

/** The workloads of a run; what is measured by programs of its own, as growth is, has results of another form. */
function comparisons({ results }: Run): Run["results"] {
  return Array.isArray(results) ? results.filter((result) => "figures" in result) : [];
}

/** Who gave up, or did wrong, in some of the workloads. */
function failures(results: Run["results"], absent: readonly string[]): string {
  /** The works, by who and why. */
  const found = new Map<string, string[]>();
  for (const { title, skipped } of results) {
    for (const [who, why] of Object.entries(skipped)) {
      if (absent.includes(who) || EXPECTED.includes(why)) continue;
      const [client, runtime] = who.split(" ");
      const what = `${label(client)} ${runtime} (${why.split("\n")[0]})`;
      found.set(what, [...found.get(what) ?? [], title]);
    }
  }
  if (found.size === 0) return "";
  const told = Array.from(
    found,
    ([who, works]) =>
      works.length === results.length ? who : `${who} in ${works.map((title) => `“${title}”`).join(", ")}`,
  );
  return ` Without a figure: ${told.join("; ")}.`;
}

/** Workloads that were given to a group after this run of it. */
function unmeasured(group: string, results: Run["results"]): string {
  if (results.length === 0) return "";
  const titles = (GROUPS[group] ?? []).filter(({ name }) => !results.some((result) => result.name === name))
    .map(({ title }) => title);
  return titles.length === 0 ? "" : ` Not measured yet: ${titles.join("; ")}.`;
}

/** How many rounds the figures have that were made of one run. */
function rounds(run: Run): string {
  const { settings } = run;
  const counts = comparisons(run).flatMap(({ figures }) => figures.map(({ samples }) => samples.length));
  const [least, most] = counts.length === 0
    ? [settings.rounds, settings.rounds]
    : [Math.min(...counts), Math.max(...counts)];
  if (most === 1) return "one round";
  return `medians of ${least === most ? "" : `${least} to `}${most} rounds`;
}

/** A version without what programs say around it. */
function plain(version: string): string {
  return version.replace(/^v|^deno /, "").replace(/ \(.*/, "");
}

/** Where and when a run was made, in one line. */
export function caption(run: Run): string {
  const { machine, versions, settings } = run;
  // With auto-pipelining it is the same library.
  const clients = Object.entries(versions).filter(([name]) => !name.endsWith("_auto")).map(([name, version]) =>
    `${label(name)} ${plain(version)}`
  );
  return `${run.date.slice(0, 10)}, commit ${run.commit}; ${machine.cpu}, ${machine.cores} cores, ${machine.system}; ` +
    `redis-server ${run.server}${run.serverPinned ? " pinned to a core" : ""}; ${rounds(run)} of ` +
    `at least ${settings.seconds} s${settings.warmUp > 0 ? `, after ${settings.warmUp} s to warm up` : ""}` +
    `${settings.leadIn ? `, and ${settings.leadIn} s more before each` : ""}. ` +
    `${clients.join(", ")}.`;
}

const RUNTIMES = ["deno", "bun", "node"] as const;

function grid(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [row(head), row(head.map(() => "---")), ...rows.map(row)].join("\n");
}

/** Where a measurement without rivals was made, and how often it was repeated. */
export function made(run: Run): string {
  const { machine, settings } = run;
  const versions = RUNTIMES.map((runtime) => `${runtime} ${plain(run.versions[runtime])}`);
  const length = settings.seconds > 0 ? ` of at least ${settings.seconds} s` : "";
  return `${run.date.slice(0, 10)}, commit ${run.commit}; ${machine.cpu}, ${machine.cores} cores; ` +
    `${rounds(run)}${length}; ${versions.join(", ")}.`;
}

type Point = { size: number; nanoseconds?: number; memory?: number; failed?: string };

function growth(run: Run): string {
  const { kinds, results } = run as unknown as {
    kinds: Record<string, string>;
    results: Record<string, Record<string, Point[]>>;
  };
  const cell = (point: Point | undefined): string => {
    if (point === undefined) return "–";
    return point.failed ?? `${short(point.nanoseconds!)} ns, ${short(Math.max(0, point.memory!) / 2 ** 20)} MiB`;
  };
  const parts = Object.entries(results).map(([kind, lines]) => {
    const sizes = lines[RUNTIMES[0]].map(({ size }) => size);
    const rows = sizes.map((
      size,
      i,
    ) => [size.toLocaleString("en-US"), ...RUNTIMES.map((name) => cell(lines[name]?.[i]))]);
    return grid([kinds[kind], ...RUNTIMES], rows);
  });
  return [...parts, made(run)].join("\n\n");
}

/** How long a client's start takes, in milliseconds. */
export interface Start {
  readonly client: string;
  readonly runtime: string;
  /** That of its import alone. */
  readonly import?: number;
  /** From the start of the process to the first reply. */
  readonly first?: number;
  /** Why it was not measured. */
  readonly skipped?: string;
}

/** How many bytes a bundle has. */
export interface Weight {
  readonly what: string;
  readonly minified?: number;
  readonly gzip?: number;
  /** Why it was not made. */
  readonly skipped?: string;
}

/** What a run of `startup.ts` holds. */
export function started(run: Run): { starts: Start[]; sizes: Weight[] } {
  return run as unknown as { starts: Start[]; sizes: Weight[] };
}

function startup(run: Run): string {
  const { starts, sizes } = started(run);
  const clients = [...new Set(starts.map(({ client }) => client))];
  const times = clients.map((client) => [
    client === "nothing" ? "(an empty program)" : label(client),
    ...RUNTIMES.map((name) => {
      const found = starts.find((start) => start.client === client && start.runtime === name);
      return found === undefined ? "–" : found.skipped ?? `${found.import} / ${found.first}`;
    }),
  ]);
  const kib = (bytes: number | undefined): string => bytes === undefined ? "–" : `${(bytes / 1024).toFixed(1)} KiB`;
  return [
    grid(["ms of import / from process start to first reply", ...RUNTIMES], times),
    grid(
      ["bundle", "minified", "gzip"],
      sizes.map(({ what, minified, gzip, skipped }) => [
        what,
        skipped ?? kib(minified),
        kib(gzip),
      ]),
    ),
    made(run),
  ].join("\n\n");
}

function workers(run: Run): string {
  const results = run.results as unknown as Record<string, { workers: number; perSecond: number; latest: number }[]>;
  const rows = results[RUNTIMES[0]].map(({ workers }, i) => [
    workers === 0 ? "on the main thread" : `${workers} worker${workers > 1 ? "s" : ""}`,
    ...RUNTIMES.map((name) => {
      const { perSecond, latest } = results[name][i];
      return `${short(perSecond)} (main thread late by ${latest} ms at most)`;
    }),
  ]);
  return `${grid(["documents read and parsed a second", ...RUNTIMES], rows)}\n\n${made(run)}`;
}

const WORKS: Readonly<Record<string, string>> = {
  one: "one at a time",
  callers: "50 callers",
  storm: "1,000 promises at once",
};

function cluster(run: Run): string {
  const results = run.results as unknown as ClusterRow[];
  const rows = results.map(({ client, work, runtimes }) => [
    WORKS[work],
    client === "alone" ? "Respire, one server that is no cluster" : label(client),
    ...RUNTIMES.map((name) => {
      const cell = runtimes[name];
      return cell === undefined ? "–" : `${short(cell.perSecond)} (${cell.cpu} µs)`;
    }),
  ]);
  return `${grid(["commands a second (client's CPU for each)", "client", ...RUNTIMES], rows)}\n\n${made(run)}`;
}

function micro(run: Run): string {
  const { results, instructions } = run as unknown as {
    results: Record<string, Record<string, { median: number; low: number; high: number }>>;
    instructions: Record<string, number | string>;
  };
  const names = Object.keys(results[RUNTIMES[0]]);
  const cell = ({ median, low, high }: { median: number; low: number; high: number }): string =>
    `${short(median)} (${short(low)}–${short(high)})`;
  const rows = names.map((name) => [name, ...RUNTIMES.map((runtime) => cell(results[runtime][name]))]);
  rows.push(["instructions of the whole run", ...RUNTIMES.map((runtime) => String(instructions[runtime]))]);
  return `${grid(["nanoseconds for one command or element (a tenth took less, a tenth more)", ...RUNTIMES], rows)}\n\n${
    made(run)
  }`;
}

function typecheck(run: Run): string {
  const { checks } = run as unknown as {
    checks: { what: string; total: number; check: number; memory: number; lines: number }[];
  };
  const ms = (seconds: number): string => (seconds * 1000).toFixed(0);
  const rows = checks.map((
    { what, total, check, memory, lines },
  ) => [what, ms(total), ms(check), String(memory), lines.toLocaleString("en-US")]);
  return `${grid(["program", "ms in all", "ms of checking", "MiB", "lines read"], rows)}\n\n${made(run)}`;
}

/** Tables by the name of the measurement. */
export const TABLES: Readonly<Record<string, (run: Run) => string>> = {
  growth,
  startup,
  workers,
  cluster,
  micro,
  typecheck,
};
