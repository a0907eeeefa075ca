/**
 * What was promised, held against what was measured.
 *
 * @module
 */
import { type Figure, median, type Result, type Run } from "./results.ts";
import { label, row, type Start, type Weight } from "./tables.ts";

const PLACES = ["deno", "bun", "node"] as const;
type Place = typeof PLACES[number];

/** One promise about some workloads: `limit` is what the ratio (or the cost) is held against. */
interface Target {
  readonly title: string;
  readonly workloads: RegExp;
  /** Whom it names: our ratio to that figure; `cpu` is the cost of one unit in microseconds instead. */
  readonly against: "best peer" | "Bun built-in" | "best other peer" | "redis-benchmark" | "hiredis" | "cpu" | "single";
  readonly limit: number | Readonly<Partial<Record<Place, number>>>;
  /** Spread counts: it is missed only if the peer is ahead in every round. */
  readonly withinSpread?: boolean;
}

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
    title: "client CPU for a pipelined command, µs",
    workloads: PIPELINES,
    against: "cpu",
    limit: { deno: 0.25, node: 0.25, bun: 0.4 },
  },
];

/** What the rounds say of a promise, the worst first: there are none; all of them miss it, some do, none does. */
const VERDICTS = ["failed", "missed", "undecided", "kept"] as const;
type Verdict = typeof VERDICTS[number];

/**
 * The least of our ratios over the workloads (the highest of the costs), and where it was. What misses a promise is worse
 * than what cannot be told for the noise, however far behind.
 */
interface Outcome {
  readonly value: number;
  readonly where: string;
  readonly verdict: Verdict;
  /** The least and the greatest ratio of any round. */
  readonly range?: readonly [number, number];
  /** The ratio at which the server would be busy all the time: no client could do better. */
  readonly ceiling?: number;
}

/** How many units a second the server could do at the least CPU that it used for one in this run. */
function serverLimit(result: Result): number {
  return 1e6 / Math.min(...result.figures.map(({ server }) => server));
}

function rival(target: Target, result: Result, run: Run, place: Place): Figure | undefined {
  const figure = (client: string): Figure | undefined => result.figures.find((one) => one.client === client);
  const peers = result.figures.filter(({ client, runtime }) => runtime === place && client !== "respire")
    .sort((a, b) => b.median - a.median);
  switch (target.against) {
    case "best peer":
      return peers[0];
    case "best other peer":
      return peers.find(({ client }) => client !== "bun");
    case "Bun built-in":
      return place === "bun" ? figure("bun") : undefined;
    case "single": {
      const single = run.results.find(({ name }) => name === `at-once-10:${result.name.split(":")[1]}`);
      return single?.figures.find(({ client, runtime }) => client === "respire" && runtime === place);
    }
    case "cpu":
      return undefined;
    default:
      return figure(target.against);
  }
}

/** Our ratio to another: the middle one, the least and the greatest. */
type Ratio = readonly [value: number, least: number, most: number];

/** Round by round: contestants take turns, so what slows the machine down slows both. */
function roundByRound(mine: Figure, other: Figure): Ratio {
  const ratios = mine.samples.slice(0, other.samples.length).map((rate, round) => rate / other.samples[round]);
  return [median(ratios), Math.min(...ratios), Math.max(...ratios)];
}

/** Of figures from two workloads, whose rounds were not at the same time. */
function apart(mine: Figure, other: Figure): Ratio {
  const least = Math.min(...mine.samples) / Math.max(...other.samples);
  return [mine.median / other.median, least, Math.max(...mine.samples) / Math.min(...other.samples)];
}

function told([, least, most]: Ratio, limit: number, withinSpread = false): Verdict {
  if (most < limit) return "missed";
  return least >= limit || withinSpread ? "kept" : "undecided";
}

/** A number with as many digits as it takes to see on which side of the limit it is. */
function precise(value: number, limit: number): string {
  let digits = 2;
  while (digits < 6 && value !== limit && Number(value.toFixed(digits)) === limit) digits++;
  return value.toFixed(digits);
}

/** An outcome in a table. */
function cell(one: Outcome | undefined, limit: number, isCost: boolean): string {
  if (one === undefined) return "–";
  if (one.verdict === "failed") return one.verdict;
  const value = `${precise(one.value, limit)}${isCost ? "" : "×"}`;
  if (one.verdict === "kept") return value;
  const range = one.verdict === "undecided" ? `, ${one.range!.map((value) => value.toFixed(2)).join("–")}` : "";
  return `${value} (${one.verdict}${range})`;
}

/** Whether this outcome is to be told instead of the other. */
function isWorse(one: Outcome, other: Outcome | undefined, isCost: boolean): boolean {
  if (other === undefined) return true;
  if (one.verdict !== other.verdict) return VERDICTS.indexOf(one.verdict) < VERDICTS.indexOf(other.verdict);
  return isCost ? one.value > other.value : one.value < other.value;
}

function limitOf({ limit }: Target, place: Place): number | undefined {
  return typeof limit === "number" ? limit : limit[place];
}

/** What one workload says of a promise; `undefined` if nothing can be compared. */
function outcomeOf(target: Target, limit: number, result: Result, run: Run, place: Place): Outcome | undefined {
  const isCost = target.against === "cpu";
  const other = rival(target, result, run, place);
  // A runtime that is not on the machine has nobody who is measured in it.
  if ((other === undefined && !isCost) || !result.figures.some(({ runtime }) => runtime === place)) return undefined;
  const mine = result.figures.find(({ client, runtime }) => client === "respire" && runtime === place);
  if (mine === undefined) {
    const why = result.skipped[`respire (${place})`];
    return why === undefined ? undefined : { value: 0, where: `${result.title}: ${why}`, verdict: "failed" };
  }
  if (other === undefined) {
    return { value: mine.cpu, where: result.title, verdict: mine.cpu <= limit ? "kept" : "missed" };
  }
  const isSame = other.client === "respire";
  const ratio = isSame ? apart(mine, other) : roundByRound(mine, other);
  const [value, ...range] = ratio;
  return {
    value,
    where: `${isSame ? "one connection" : label(other.client)}, ${result.title}`,
    verdict: told(ratio, limit, target.withinSpread),
    range,
    ceiling: serverLimit(result) / other.median,
  };
}

/** The worst of the workloads; `undefined` if nothing can be compared. */
function outcome(target: Target, run: Run, place: Place): Outcome | undefined {
  const limit = limitOf(target, place);
  if (limit === undefined) return undefined;
  let worst: Outcome | undefined;
  for (const result of run.results) {
    const one = target.workloads.test(result.name) ? outcomeOf(target, limit, result, run, place) : undefined;
    if (one !== undefined && isWorse(one, worst, target.against === "cpu")) worst = one;
  }
  return worst;
}

/** The table of promises: for each runtime the worst of the workloads that it is about. */
export function targets(run: Run): string {
  const lines = [
    row(["work", "against", "at least", "Deno", "Bun", "Node", "worst against", "server's limit there"]),
    row(["---", "---", "---", "---", "---", "---", "---", "---"]),
  ];
  for (const target of TARGETS) {
    const found = PLACES.map((place) => outcome(target, run, place));
    if (found.every((one) => one === undefined)) continue;
    const isCost = target.against === "cpu";
    const worst = found.reduce((a, b) => b !== undefined && isWorse(b, a, isCost) ? b : a, undefined);
    const limit = typeof target.limit === "number"
      ? `${target.limit}×`
      : `at most ${PLACES.map((place) => (target.limit as Record<string, number>)[place]).join(" / ")}`;
    lines.push(row([
      target.title,
      isCost ? "–" : target.against === "single" ? "one connection" : target.against,
      limit + (target.withinSpread ? ", within the spread" : ""),
      ...found.map((one, i) => cell(one, limitOf(target, PLACES[i])!, isCost)),
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
