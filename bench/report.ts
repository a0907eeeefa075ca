/**
 * Tables of results: for the terminal while they are made, for documents afterwards.
 *
 * Run by itself it fills the documents that have places for tables: `<!-- bench:NAME -->` … `<!-- /bench -->`. With
 * `--check` it writes nothing, and fails where a document or a chart is not what the results give.
 *
 * @module
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parsed } from "./options.ts";
import { apart, type Ratio, roundByRound } from "./ratios.ts";
import type { Figure, Result, Run } from "./results.ts";
import { caption, label, made, missing, row, short, started, TABLES } from "./tables.ts";
import { startTargets, targets } from "./targets.ts";

const here = import.meta.dirname!;
const PLACES = { deno: "Deno", bun: "Bun", node: "Node" } as const;
type Place = keyof typeof PLACES;

/** Respire's figure to compare with: in the same runtime if it ran there, else the fastest of ours. */
export function ours(result: Result, runtime: string): Figure | undefined {
  const figures = result.figures.filter(({ client }) => client === "respire");
  return figures.find((figure) => figure.runtime === runtime) ?? figures.sort((a, b) => b.median - a.median)[0];
}

const digits = (ratio: number): string => ratio.toFixed(ratio >= 9.95 ? 0 : 2);
const times = (ratio: number): string => `${digits(ratio)}×`;

/** A ratio, between what it was in single rounds, and whose it is to. */
function told([value, least, most]: Ratio, who?: string): string {
  const notes = [...(least < most ? [`${digits(least)}–${digits(most)}`] : []), ...(who === undefined ? [] : [who])];
  return notes.length === 0 ? times(value) : `${times(value)} (${notes.join("; ")})`;
}

/** One workload as text, ratios first. */
export function table(result: Result): string {
  const head = "  respire is   client             in       per second   spread   CPU µs   server CPU µs";
  const lines = [`${result.name}: ${result.title}`, head];
  for (const figure of [...result.figures].sort((a, b) => b.median - a.median)) {
    const reference = ours(result, figure.runtime);
    const ratio = reference === undefined ? "" : reference === figure ? "1" : times(reference.median / figure.median);
    lines.push(
      `  ${ratio.padStart(10)}   ${figure.client.padEnd(17)}  ${figure.runtime.padEnd(7)} ${
        short(figure.median).padStart(11)
      }` +
        `   ±${(figure.spread * 100).toFixed(0).padStart(3)} %  ${short(figure.cpu).padStart(7)}   ${
          short(figure.server).padStart(13)
        }`,
    );
  }
  for (const [who, reason] of Object.entries(result.skipped)) lines.push(`  skipped      ${who}: ${reason}`);
  return lines.join("\n");
}

/** Our peers in one runtime, the fastest first; programs in other languages are no peers. */
function peers(result: Result, place: Place): Figure[] {
  return result.figures.filter(({ client, runtime }) => runtime === place && client !== "respire")
    .sort((a, b) => b.median - a.median);
}

/** How far ahead of the best peer in each runtime, and of C; with the least and the greatest ratio of single rounds. */
export function summary(run: Run): string {
  const places = Object.keys(PLACES) as Place[];
  const lines = [
    row([
      "work",
      ...places.map((place) => `${PLACES[place]}: × best peer`),
      "best of ours × `redis-benchmark`",
      "× C, hiredis",
    ]),
    row(["---", ...places.map(() => "---"), "---", "---"]),
  ];
  for (const result of run.results) {
    const best = ours(result, "");
    const against = (client: string): string => {
      const limit = result.figures.find((figure) => figure.client === client);
      return best === undefined || limit === undefined ? "–" : told(roundByRound(best, limit));
    };
    lines.push(row([
      result.title,
      ...places.map((place) => {
        const mine = result.figures.find(({ client, runtime }) => client === "respire" && runtime === place);
        const [peer] = peers(result, place);
        return mine === undefined || peer === undefined
          ? "–"
          // Beside a ratio there is room for a short name only.
          : told(roundByRound(mine, peer), label(peer.client).replace("auto-pipelining", "auto"));
      }),
      against("redis-benchmark"),
      against("hiredis"),
    ]));
  }
  return `${lines.join("\n")}\n\n${caption(run)}${missing(run)}`;
}

/** Our rates with bytes against those with text of the same size: two workloads, so their rounds are no pairs. */
export function bytesAgainstText(run: Run): string {
  const places = Object.keys(PLACES) as Place[];
  const lines = [
    row(["bytes × text, Respire", ...places.map((place) => PLACES[place])]),
    row(["---", ...places.map(() => "---")]),
  ];
  for (const text of run.results) {
    const bytes = run.results.find(({ name }) => name === text.name.replace(/:text$/, ":bytes") && name !== text.name);
    if (bytes === undefined) continue;
    const cells = places.map((place) => {
      const [one, other] = [bytes, text].map(({ figures }) =>
        figures.find(({ client, runtime }) => client === "respire" && runtime === place)
      );
      return one === undefined || other === undefined ? "–" : told(apart(one, other));
    });
    lines.push(row([text.title.replace(/ as text$/, ""), ...cells]));
  }
  return lines.join("\n");
}

/** How far its rounds are from each other; one round tells nothing of that. */
function spread({ samples, spread }: Figure): string {
  return samples.length < 2 ? "" : ` ± ${(spread * 100).toFixed(0)} %`;
}

/** Every client's figures of one group in one runtime. */
export function figures(run: Run, place: Place): string {
  const clients: string[] = [];
  for (const { figures } of run.results) {
    for (const { client, runtime } of figures) {
      if ((runtime === place || runtime === "c" || runtime === "python") && !clients.includes(client)) {
        clients.push(client);
      }
    }
  }
  const lines = [row(["a second (CPU µs each)", ...clients.map(label)]), row(["---", ...clients.map(() => "---")])];
  for (const result of run.results) {
    const cells = clients.map((client) => {
      const found = result.figures.find((figure) =>
        figure.client === client && ["c", "python", place].includes(figure.runtime)
      );
      return found === undefined ? "–" : `${short(found.median)}${spread(found)} (${short(found.cpu)})`;
    });
    lines.push(row([result.title, ...cells]));
  }
  return lines.join("\n");
}

/** A picture that follows the reader's colours. */
function picture(name: string, about: string): string {
  const file = (coat: string): string => `charts/${name}-${coat}.svg`;
  return `<picture><source media="(prefers-color-scheme: dark)" srcset="PREFIX${file("dark")}"><img src="PREFIX${
    file("light")
  }" alt="${about}"></picture>`;
}

const PICTURES: Readonly<Record<string, string>> = {
  "pipelines-hset": "Seconds for 500,000 HSET against the size of the pipeline, by client",
  "pipelines-hget": "Seconds for 500,000 HGET against the size of the pipeline, by client",
  "hashes-hset": "Seconds to write a hash against its size, by client",
  "hashes-hget": "Seconds to read a hash against its size, by client",
  rates: "Operations a second by workload and client",
  cpu: "Client CPU per operation by workload and client",
  "growth-commands": "Nanoseconds for one command against the number of commands, by runtime",
  "growth-replies":
    "Nanoseconds for one element of a reply, and for one byte of a chunk, against their number, by runtime",
  "growth-memory": "Memory against the amount of work, by runtime",
};

function load(group: string): Run | undefined {
  const file = join(here, "results", `${group}.json`);
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : undefined;
}

/**
 * What stands in the place of a name: `targets GROUP`, `summary GROUP`, `bytes GROUP`, `figures GROUP RUNTIME`,
 * `table NAME`, `chart NAME`.
 */
export function content(name: string, prefix: string): string | undefined {
  const [kind, subject, place] = name.split(" ");
  if (kind === "chart") {
    const there = existsSync(join(here, "charts", `${subject}-light.svg`));
    return there ? picture(subject, PICTURES[subject] ?? subject).replaceAll("PREFIX", prefix) : undefined;
  }
  const run = load(subject);
  if (run === undefined) return undefined;
  if (kind === "targets" && subject === "startup") return `${startTargets(started(run))}\n\n${made(run)}`;
  if (kind === "targets") return `${targets(run)}\n\n${caption(run)}${missing(run)}`;
  if (kind === "table") return TABLES[subject]?.(run);
  if (kind === "summary") return summary(run);
  if (kind === "bytes") return bytesAgainstText(run);
  return kind === "figures" && place in PLACES ? figures(run, place as Place) : undefined;
}

/** Text whose places are filled, and the names of those that nothing was measured for. */
export function filled(text: string, prefix: string): { text: string; unknown: string[] } {
  const unknown: string[] = [];
  const after = text.replace(/(<!-- bench:([^>]+?) -->\n)[^]*?(<!-- \/bench -->)/g, (whole, start, name, end) => {
    const table = content(name, prefix);
    if (table === undefined) unknown.push(name);
    return table === undefined ? whole : `${start}\n${table}\n\n${end}`;
  });
  return { text: after, unknown };
}

/** Documents with places for tables, by their paths from the repository's root, and how they get from there to bench/. */
export const DOCUMENTS: Readonly<Record<string, string>> = {
  "bench/README.md": "",
  "README.md": "bench/",
  "docs/performance.md": "../bench/",
};

/** `deno fmt` lines columns up and wraps lines: that is no difference. */
export function sameText(one: string, other: string): boolean {
  const plain = (text: string): string => text.replace(/-{3,}/g, "---").replace(/\s+/g, " ");
  return plain(one) === plain(other);
}

/** One document as it is and as the results would have it; both are the same where only the format differs. */
function compared(path: string): { before: string; after: string; unknown: string[] } {
  const before = readFileSync(join(here, "..", path), "utf8");
  const { text, unknown } = filled(before, DOCUMENTS[path]);
  return { before, after: sameText(before, text) ? before : text, unknown };
}

/** What is wrong with the documents, a line each. */
export function outdatedDocuments(): string[] {
  return Object.keys(DOCUMENTS).flatMap((path) => {
    const { before, after, unknown } = compared(path);
    const lines = unknown.map((name) => `${path}: nothing is measured for ${name}`);
    return before === after ? lines : [...lines, `${path}: is not what bench/report.ts writes from bench/results`];
  });
}

/** What is wrong with the files of `charts/`, a line each. */
async function outdatedCharts(): Promise<string[]> {
  // Loaded here only: tables need no library.
  const { drawn } = await import(new URL("./charts.ts", import.meta.url).href) as { drawn(): Map<string, string> };
  const charts = drawn();
  const folder = join(here, "charts");
  const files = new Set([...charts.keys(), ...readdirSync(folder)]);
  return [...files].sort().filter((file) => {
    const path = join(folder, file);
    return !existsSync(path) || readFileSync(path, "utf8") !== charts.get(file);
  }).map((file) => `bench/charts/${file}: is not what bench/charts.ts draws from bench/results`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { check } = parsed({ check: { type: "boolean", default: false } });
  if (check) {
    const lines = [...outdatedDocuments(), ...await outdatedCharts()];
    for (const line of lines) console.error(line);
    process.exitCode = lines.length > 0 ? 1 : 0;
  } else {
    for (const path of Object.keys(DOCUMENTS)) {
      const { before, after, unknown } = compared(path);
      for (const name of unknown) console.warn(`${path}: nothing measured for ${name}`);
      if (before !== after) writeFileSync(join(here, "..", path), after);
    }
  }
}
