/**
 * Pictures of results, as SVG in a light and a dark coat. Reads `results/*.json`, writes `charts/`.
 *
 * @module
 */
import * as echarts from "echarts";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { caption } from "./report.ts";
import { label } from "./tables.ts";
import { bars, type Coat, COATS, lines, type Panel, type Picture } from "./pictures.ts";
import type { Figure, Run } from "./results.ts";

const here = import.meta.dirname!;

/** The SVG of an option, readable by people who do not see it. */
function render(option: echarts.EChartsOption, width: number, height: number, title: string, note: string): string {
  const chart = echarts.init(null, null, { renderer: "svg", ssr: true, width, height });
  chart.setOption(option);
  const svg = chart.renderToSVGString();
  chart.dispose();
  const about = `<title>${escape(title)}</title><desc>${escape(note)}</desc>`;
  return svg.replace(/^<svg ([^>]*)>/, `<svg role="img" $1>${about}`) + "\n";
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}

const RUNTIMES = { deno: "Deno", bun: "Bun", node: "Node" } as const;

function load<T>(name: string): T | undefined {
  const file = join(here, "results", `${name}.json`);
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : undefined;
}

/** Seconds for half a million commands (or one hash) against a size; a panel for each runtime. */
function seconds(run: Run, prefix: string, command: string, count: (size: number) => number): Panel[] {
  const results = run.results.filter(({ name }) => name.startsWith(prefix) && name.endsWith(`:${command}`));
  return Object.entries(RUNTIMES).map(([runtime, title]) => {
    const clients = new Map<string, [number, number][]>();
    for (const { name, figures } of results) {
      const size = Number(/\d+/.exec(name)![0]);
      for (const figure of figures) {
        if (![runtime, "c", "python"].includes(figure.runtime) || figure.client === "redis-py") continue;
        const points = clients.get(label(figure.client)) ?? [];
        clients.set(label(figure.client), points);
        points.push([size, count(size) / figure.median]);
      }
    }
    return { title, series: [...clients].map(([name, points]) => ({ name, points })) };
  });
}

/** Every workload of a run as bars: the runtimes' clients side by side. */
function everybody(run: Run, what: "median" | "cpu"): Panel[] {
  const name = ({ client, runtime }: Figure): string =>
    runtime === "c" || client === "bun" ? label(client) : `${label(client)}, ${runtime}`;
  return run.results.map(({ title, figures }) => ({
    title,
    series: figures.filter(({ runtime }) => runtime !== "python")
      .sort((a, b) => what === "cpu" ? a.cpu - b.cpu : b.median - a.median)
      .map((figure) => ({ name: name(figure), points: [[0, figure[what]]] as [number, number][] })),
  }));
}

type GrowthPoint = { size: number; nanoseconds?: number; memory?: number };

const SHORT: Readonly<Record<string, string>> = {
  pipeline: "pipeline, replies kept",
  stream: "pipeline, replies dropped",
  pending: "promises pending",
  reply: "elements of one reply",
  chunk: "bytes of a chunk, cost of a byte",
};

/** A panel for each thing that grows, a line for each runtime. */
function growth(run: Run, kinds: readonly string[], value: (point: GrowthPoint) => number): Panel[] {
  const results = run.results as unknown as Record<string, Record<string, GrowthPoint[]>>;
  return kinds.map((kind) => ({
    title: SHORT[kind],
    series: Object.entries(RUNTIMES).map(([runtime, name]) => ({
      name,
      points: (results[kind]?.[runtime] ?? []).filter(({ nanoseconds }) => nanoseconds !== undefined)
        .map((point): [number, number] => [point.size, value(point)]),
    })),
  }));
}

/** Writes one picture in both coats. */
function write(picture: Picture, run: Run, height: number, option: (coat: Coat) => echarts.EChartsOption): void {
  for (const [name, coat] of Object.entries(COATS)) {
    const svg = render(option(coat), 1000, height, picture.title, caption(run));
    writeFileSync(join(here, "charts", `${picture.file}-${name}.svg`), svg);
  }
  console.log(`charts/${picture.file}-{light,dark}.svg`);
}

function writeLines(run: Run, file: string, title: string, x: string, y: string, panels: Panel[]): void {
  const picture = { file, title, x, y, panels };
  write(picture, run, 460, (coat) => lines(picture, coat));
}

function writeBars(run: Run, file: string, title: string, panels: Panel[]): void {
  const columns = 2;
  const picture = { file, title, x: "", y: "", panels, columns };
  write(picture, run, 60 + Math.ceil(panels.length / columns) * 330, (coat) => bars(picture, coat));
}

/** The talk's pictures. */
function talk(command: string): void {
  const word = command.toUpperCase();
  const pipelines = load<Run>("pipelines");
  if (pipelines !== undefined) {
    const panels = seconds(pipelines, "pipeline-", command, () => 500_000);
    writeLines(
      pipelines,
      `pipelines-${command}`,
      `500,000 ${word} by pipeline size`,
      "commands in a pipeline",
      "seconds",
      panels,
    );
  }
  const hashes = load<Run>("hashes");
  if (hashes !== undefined) {
    const panels = seconds(hashes, "hash-", command, (size) => size);
    writeLines(
      hashes,
      `hashes-${command}`,
      `A whole hash by ${word}, pipelines of 100`,
      "fields in the hash",
      "seconds",
      panels,
    );
  }
}

mkdirSync(join(here, "charts"), { recursive: true });
talk("hset");
talk("hget");
const core = load<Run>("core");
if (core !== undefined) {
  writeBars(core, "rates", "Operations a second (longer is better)", everybody(core, "median"));
  writeBars(core, "cpu", "Client CPU for one operation, µs (shorter is better)", everybody(core, "cpu"));
}
const grown = load<Run>("growth");
if (grown !== undefined) {
  const time = (point: GrowthPoint): number => point.nanoseconds!;
  const memory = (point: GrowthPoint): number => Math.max(0.1, point.memory! / 2 ** 20);
  const commands = growth(grown, ["pipeline", "stream", "pending"], time);
  writeLines(
    grown,
    "growth-commands",
    "Cost of one command as their number grows",
    "commands",
    "nanoseconds",
    commands,
  );
  const replies = growth(grown, ["reply", "chunk"], time);
  writeLines(grown, "growth-replies", "Cost of decoding as replies and chunks grow", "size", "nanoseconds", replies);
  const kinds = growth(grown, ["pipeline", "stream", "pending", "reply"], memory);
  writeLines(grown, "growth-memory", "Memory as work grows", "commands or elements", "MiB", kinds);
}
