/**
 * What was promised, held against what was measured.
 *
 * @module
 */
import { apart, isAhead, type Ratio, roundByRound } from "./ratios.ts";
import type { Figure, Result, Run } from "./results.ts";
import { label, row, type Start, type Weight } from "./tables.ts";

const PLACES = ["deno", "bun", "node"] as const;
type Place = typeof PLACES[number];

/** One promise about some workloads: `limit` is what the ratio (or the cost) is held against. */
interface Target {
  readonly title: string;
  readonly workloads: RegExp;
  /** Whom it names: our ratio to that figure; `cpu` is the cost of one unit in microseconds instead. */
  readonly against:
    | "best peer"
    | "Bun built-in"
    | "best other peer"
    | "redis-benchmark"
    | "hiredis"
    | "single"
    | "least CPU of a peer"
    | "cpu";
  readonly limit: number | Readonly<Partial<Record<Place, number>>>;
  /** Spread counts: it is missed only if a peer's median is ahead by more than that. */
  readonly withinSpread?: boolean;
}

/** Whether less is better: `limit` is the most that it may be. */
function isCost({ against }: Target): boolean {
  return against === "cpu" || against === "least CPU of a peer";
}

/** What a pipelined command may cost, in microseconds. */
const PIPELINED_CPU = { deno: 0.25, node: 0.25, bun: 0.4 };

const PIPELINES = /^pipeline-(1000|10000|100000):/;
const REPLIES = /^(lrange|smembers|hgetall|zrange|xrange)-10000$/;

const TARGETS: readonly Target[] = [
  { title: "pipelines of 1,000 to 100,000", workloads: PIPELINES, against: "redis-benchmark", limit: 1.2 },
  { title: "pipelines of 1,000 to 100,000", workloads: PIPELINES, against: "best other peer", limit: 3 },
  { title: "pipelines of 1,000 to 100,000", workloads: PIPELINES, against: "Bun built-in", limit: 1.3 },
  { title: "pipelines of 100", workloads: /^pipeline-100:/, against: "redis-benchmark", limit: 1 },
  { title: "pipelines of 100", workloads: /^pipeline-100:/, against: "best peer", limit: 1 },
  { title: "10,000 promises at once", workloads: /^storm-10000:/, against: "Bun built-in", limit: 1 },
  { title: "10,000 promises at once", workloads: /^storm-10000:/, against: "best other peer", limit: 3 },
  { title: "50 callers awaiting each", workloads: /^callers-50:/, against: "best peer", limit: 2 },
  { title: "one at a time", workloads: /^callers-1:/, against: "best peer", limit: 1, withinSpread: true },
  { title: "one at a time, client CPU", workloads: /^callers-1:/, against: "least CPU of a peer", limit: 1 },
  { title: "replies of 10,000 elements", workloads: REPLIES, against: "best peer", limit: 1 },
  { title: "replies of 10,000 elements", workloads: REPLIES, against: "Bun built-in", limit: 1.3 },
  { title: "LRANGE of 10,000", workloads: /^lrange-10000$/, against: "hiredis", limit: 0.9 },
  { title: "GET of 1 MiB and 10 MiB", workloads: /^get-(1|10)MiB:/, against: "best peer", limit: 1 },
  { title: "GET of 1 MiB and 10 MiB", workloads: /^get-(1|10)MiB:/, against: "hiredis", limit: 0.9 },
  { title: "SET of 1 MiB and 10 MiB", workloads: /^set-(1|10)MiB:/, against: "best peer", limit: 1 },
  { title: "SET of 1 MiB and 10 MiB", workloads: /^set-(1|10)MiB:/, against: "hiredis", limit: 0.9 },
  { title: "pool of 10", workloads: /^pool-10-/, against: "best peer", limit: 1 },
  { title: "pool of 10, pipelines", workloads: /^pool-10-pipelines:/, against: "single", limit: 1 },
  {
    title: "client CPU for a command in pipelines of 1,000 to 100,000, µs",
    workloads: PIPELINES,
    against: "cpu",
    limit: PIPELINED_CPU,
  },
  {
    title: "client CPU for a command in pipelines of 100, µs",
    workloads: /^pipeline-100:/,
    against: "cpu",
    limit: PIPELINED_CPU,
  },
];

/** What the medians say of a promise, the worst first; what has failed has none. */
const VERDICTS = ["failed", "missed", "kept"] as const;
type Verdict = typeof VERDICTS[number];

/**
 * The least of our ratios over the workloads (the highest of the costs), and where it was. What misses a promise is worse
 * than what is further behind, but within the spread.
 */
interface Outcome {
  readonly value: number;
  readonly where: string;
  readonly verdict: Verdict;
  /** The least and the greatest ratio of any round; costs are not kept by round. */
  readonly range?: readonly [least: number, most: number];
  /** The ratio at which the server would be busy all the time: no client could do better. */
  readonly ceiling?: number;
}

/** How many units a second the server could do at the least CPU that it used for one in this run. */
function serverLimit(result: Result): number {
  return 1e6 / Math.min(...result.figures.map(({ server }) => server));
}

/** Whom our figure is held against, if it is there. */
function rival(target: Target, result: Result, run: Run, place: Place, mine: Figure | undefined): Figure | undefined {
  const figure = (client: string): Figure | undefined => result.figures.find((one) => one.client === client);
  const peers = result.figures.filter(({ client, runtime }) => runtime === place && client !== "respire")
    .sort((a, b) => b.median - a.median);
  switch (target.against) {
    case "best peer": {
      // Who is ahead by more than the spread need not be the fastest.
      const isBeyond = (peer: Figure): boolean =>
        target.withinSpread === true && mine !== undefined && isAhead(peer, mine);
      return peers.find(isBeyond) ?? peers[0];
    }
    case "best other peer":
      return peers.find(({ client }) => client !== "bun");
    case "Bun built-in":
      return place === "bun" ? figure("bun") : undefined;
    case "single": {
      const single = run.results.find(({ name }) => name === `at-once-10:${result.name.split(":")[1]}`);
      return single?.figures.find(({ client, runtime }) => client === "respire" && runtime === place);
    }
    case "least CPU of a peer":
      return peers.sort((a, b) => a.cpu - b.cpu)[0];
    case "cpu":
      return undefined;
    default:
      return figure(target.against);
  }
}

/** A number with as many digits as it takes to see on which side of the limit it is. */
function precise(value: number, limit: number): string {
  let digits = 2;
  while (digits < 6 && value !== limit && Number(value.toFixed(digits)) === limit) digits++;
  return value.toFixed(digits);
}

/** An outcome in a table: where single rounds say otherwise, between what they were. */
function cell(one: Outcome | undefined, limit: number, unit: string): string {
  if (one === undefined) return "–";
  if (one.verdict === "failed") return one.verdict;
  const notes: string[] = one.verdict === "missed" ? [one.verdict] : [];
  if (one.range !== undefined) {
    const [least, most] = one.range;
    const isDisputed = one.verdict === "missed" ? most >= limit : least < limit;
    if (isDisputed) notes.push(`${precise(least, limit)}–${precise(most, limit)}`);
  }
  const value = `${precise(one.value, limit)}${unit}`;
  return notes.length === 0 ? value : `${value} (${notes.join(", ")})`;
}

/** Whether this outcome is to be told instead of the other. */
function isWorse(target: Target, one: Outcome, other: Outcome | undefined): boolean {
  if (other === undefined) return true;
  if (one.verdict !== other.verdict) return VERDICTS.indexOf(one.verdict) < VERDICTS.indexOf(other.verdict);
  return isCost(target) ? one.value > other.value : one.value < other.value;
}

function limitOf({ limit }: Target, place: Place): number | undefined {
  return typeof limit === "number" ? limit : limit[place];
}

/** What a cost says of a promise; `other` is whose it is told as a ratio to. */
function costOutcome(mine: Figure, other: Figure | undefined, limit: number, title: string): Outcome {
  const value = mine.cpu / (other?.cpu ?? 1);
  const where = other === undefined ? title : `${label(other.client)}, ${title}`;
  return { value, where, verdict: value <= limit ? "kept" : "missed" };
}

/** What a ratio of rates says of a promise. */
function rateOutcome(target: Target, mine: Figure, other: Figure, limit: number, result: Result): Outcome {
  const isSame = other.client === "respire";
  const [value, ...range]: Ratio = isSame ? apart(mine, other) : roundByRound(mine, other);
  const isMissed = target.withinSpread ? isAhead(other, mine) : value < limit;
  return {
    value,
    where: `${isSame ? "one connection" : label(other.client)}, ${result.title}`,
    verdict: isMissed ? "missed" : "kept",
    range,
    ceiling: serverLimit(result) / other.median,
  };
}

/** What one workload says of a promise; `undefined` if nothing can be compared. */
function outcomeOf(target: Target, limit: number, result: Result, run: Run, place: Place): Outcome | undefined {
  const mine = result.figures.find(({ client, runtime }) => client === "respire" && runtime === place);
  const other = rival(target, result, run, place, mine);
  // A runtime that is not on the machine has nobody who is measured in it.
  const isThere = result.figures.some(({ runtime }) => runtime === place);
  if (!isThere || (other === undefined && target.against !== "cpu")) return undefined;
  if (mine === undefined) {
    const why = result.skipped[`respire (${place})`];
    return why === undefined ? undefined : { value: 0, where: `${result.title}: ${why}`, verdict: "failed" };
  }
  if (isCost(target) || other === undefined) return costOutcome(mine, other, limit, result.title);
  return rateOutcome(target, mine, other, limit, result);
}

/** The worst of the workloads; `undefined` if nothing can be compared. */
function outcome(target: Target, run: Run, place: Place): Outcome | undefined {
  const limit = limitOf(target, place);
  if (limit === undefined) return undefined;
  let worst: Outcome | undefined;
  for (const result of run.results) {
    const one = target.workloads.test(result.name) ? outcomeOf(target, limit, result, run, place) : undefined;
    if (one !== undefined && isWorse(target, one, worst)) worst = one;
  }
  return worst;
}

/** The table of promises: for each runtime the worst of the workloads that it is about. */
export function targets(run: Run): string {
  const lines = [
    row(["work", "against", "promised", "Deno", "Bun", "Node", "worst against", "server's limit there"]),
    row(["---", "---", "---", "---", "---", "---", "---", "---"]),
  ];
  for (const target of TARGETS) {
    const found = PLACES.map((place) => outcome(target, run, place));
    if (found.every((one) => one === undefined)) continue;
    const isTime = target.against === "cpu";
    const worst = found.reduce((a, b) => b !== undefined && isWorse(target, b, a) ? b : a, undefined);
    const { limit } = target;
    const told = typeof limit === "number" ? `${limit}×` : PLACES.map((place) => limit[place]).join(" / ");
    lines.push(row([
      target.title,
      isTime ? "–" : target.against === "single" ? "one connection" : target.against,
      (isCost(target) ? "at most " : "at least ") + told + (target.withinSpread ? ", within the spread" : ""),
      ...found.map((one, i) => cell(one, limitOf(target, PLACES[i])!, isTime ? "" : "×")),
      worst!.where,
      worst!.ceiling === undefined ? "–" : `${worst!.ceiling.toFixed(2)}×`,
    ]));
  }
  return lines.join("\n");
}

/** Milliseconds that importing the whole may take. */
const IMPORT = 15;

/** KiB that bundles may have after gzip, by the names that they have among the measurements. */
const BUNDLES: Readonly<Record<string, number>> = { "Respire, whole client": 25, "Respire, --only get,set": 10 };

/** The same of what a program pays before its first command. */
export function startTargets({ starts, sizes }: { starts: readonly Start[]; sizes: readonly Weight[] }): string {
  const verdict = (value: number, limit: number): string => `${value.toFixed(1)}${value <= limit ? "" : " (missed)"}`;
  const imports = PLACES.map((place) => {
    const time = starts.find(({ client, runtime }) => client === "respire" && runtime === place)?.import;
    return time === undefined ? "–" : verdict(time, IMPORT);
  });
  const lines = [
    row(["before the first command", "at most", "Deno", "Bun", "Node"]),
    row(["---", "---", "---", "---", "---"]),
    row(["import, ms", String(IMPORT), ...imports]),
  ];
  for (const [name, limit] of Object.entries(BUNDLES)) {
    const gzip = sizes.find(({ what }) => what === name)?.gzip;
    if (gzip === undefined) continue;
    const cell = verdict(gzip / 1024, limit);
    lines.push(row([`${name.replace("Respire, ", "")}, KiB after gzip`, String(limit), cell, cell, cell]));
  }
  return lines.join("\n");
}
