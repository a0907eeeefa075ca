/**
 * Tables of results: for the terminal while they are made, for documents afterwards.
 *
 * Run by itself it fills the documents that have places for tables: `<!-- bench:NAME -->` … `<!-- /bench -->`.
 *
 * @module
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Figure, Result, Run } from "./results.ts";
import { label, row, short, TABLES } from "./tables.ts";
import { targets } from "./targets.ts";

const here = import.meta.dirname!;
const PLACES = { deno: "Deno", bun: "Bun", node: "Node" } as const;
type Place = keyof typeof PLACES;

/** Respire's figure to compare with: in the same runtime if it ran there, else the fastest of ours. */
export function ours(result: Result, runtime: string): Figure | undefined {
  const figures = result.figures.filter(({ client }) => client === "respire");
  return figures.find((figure) => figure.runtime === runtime) ?? figures.sort((a, b) => b.median - a.median)[0];
}

const times = (ratio: number): string => `${ratio >= 9.95 ? ratio.toFixed(0) : ratio.toFixed(2)}×`;

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

/** Where and when a run was made, in one line. */
export function caption(run: Run): string {
  const { machine, versions, settings } = run;
  const clients = Object.entries(versions).map(([name, version]) =>
    `${label(name)} ${version.replace(/^v|^deno /, "").split(" ")[0]}`
  );
  return `${run.date.slice(0, 10)}, commit ${run.commit}; ${machine.cpu}, ${machine.cores} cores, ${machine.system}; ` +
    `redis-server ${run.server}${run.serverPinned ? " pinned to a core" : ""}; medians of ${
      settings.rounds === 1 ? "one round" : `up to ${settings.rounds} rounds`
    } of ` +
    `at least ${settings.seconds} s. ${clients.join(", ")}.`;
}

/** Our peers in one runtime, the fastest first; programs in other languages are no peers. */
function peers(result: Result, place: Place): Figure[] {
  return result.figures.filter(({ client, runtime }) => runtime === place && client !== "respire")
    .sort((a, b) => b.median - a.median);
}

/** How far ahead of the best peer in each runtime, and of C. */
function summary(run: Run): string {
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
      return best === undefined || limit === undefined ? "–" : times(best.median / limit.median);
    };
    lines.push(row([
      result.title,
      ...places.map((place) => {
        const mine = result.figures.find(({ client, runtime }) => client === "respire" && runtime === place);
        const [peer] = peers(result, place);
        return mine === undefined || peer === undefined
          ? "–"
          : `${times(mine.median / peer.median)} (${label(peer.client)})`;
      }),
      against("redis-benchmark"),
      against("hiredis"),
    ]));
  }
  return `${lines.join("\n")}\n\n${caption(run)}`;
}

/** Every client's figures of one group in one runtime. */
function figures(run: Run, place: Place): string {
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
      return found === undefined
        ? "–"
        : `${short(found.median)} ± ${(found.spread * 100).toFixed(0)} % (${short(found.cpu)})`;
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
  "growth-replies": "Nanoseconds for one element or byte against the size of replies and chunks, by runtime",
  "growth-memory": "Memory against the amount of work, by runtime",
};

function load(group: string): Run | undefined {
  const file = join(here, "results", `${group}.json`);
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : undefined;
}

/** What stands in the place of a name: `targets GROUP`, `summary GROUP`, `figures GROUP RUNTIME`, `table NAME`, `chart NAME`. */
export function content(name: string, prefix: string): string | undefined {
  const [kind, subject, place] = name.split(" ");
  if (kind === "chart") {
    const there = existsSync(join(here, "charts", `${subject}-light.svg`));
    return there ? picture(subject, PICTURES[subject] ?? subject).replaceAll("PREFIX", prefix) : undefined;
  }
  const run = load(subject);
  if (run === undefined) return undefined;
  if (kind === "targets") return `${targets(run)}\n\n${caption(run)}`;
  if (kind === "table") return TABLES[subject]?.(run);
  return kind === "summary" ? summary(run) : figures(run, place as Place);
}

/** Fills the places of one document. */
function fill(file: string, prefix: string): void {
  if (!existsSync(file)) return;
  const before = readFileSync(file, "utf8");
  const after = before.replace(/(<!-- bench:([^>]+?) -->\n)[^]*?(<!-- \/bench -->)/g, (whole, start, name, end) => {
    const text = content(name, prefix);
    if (text === undefined) console.warn(`${file}: nothing measured for ${name}`);
    return text === undefined ? whole : `${start}\n${text}\n\n${end}`;
  });
  if (after !== before) writeFileSync(file, after);
}

if (import.meta.main) {
  fill(join(here, "README.md"), "");
  fill(join(here, "..", "README.md"), "bench/");
  fill(join(here, "..", "docs", "performance.md"), "../bench/");
}
