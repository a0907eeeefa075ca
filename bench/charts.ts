/**
 * Pictures of results, as SVG in a light and a dark coat. Reads `results/*.json`, writes `charts/`.
 *
 * @module
 */
import * as echarts from "echarts";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { everybody, growth, type GrowthPoint, type Panel, seconds } from "./panels.ts";
import { bars, type Coat, COATS, lines, type Picture } from "./pictures.ts";
import type { Run } from "./results.ts";
import { caption } from "./tables.ts";

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

function load<T>(name: string): T | undefined {
  const file = join(here, "results", `${name}.json`);
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : undefined;
}

type Charts = Map<string, string>;
type Option = (coat: Coat) => echarts.EChartsOption;

/** Draws one picture in both coats. */
function add(charts: Charts, picture: Picture, run: Run, height: number, option: Option): void {
  for (const [name, coat] of Object.entries(COATS)) {
    charts.set(`${picture.file}-${name}.svg`, render(option(coat), 1000, height, picture.title, caption(run)));
  }
}

function addLines(charts: Charts, run: Run, file: string, title: string, x: string, y: string, panels: Panel[]): void {
  const picture = { file, title, x, y, panels };
  add(charts, picture, run, 460, (coat) => lines(picture, coat));
}

function addBars(charts: Charts, run: Run, file: string, title: string, panels: Panel[]): void {
  const columns = 2;
  const picture = { file, title, x: "", y: "", panels, columns };
  add(charts, picture, run, 60 + Math.ceil(panels.length / columns) * 330, (coat) => bars(picture, coat));
}

/** The talk's pictures. */
function talk(charts: Charts, command: string): void {
  const word = command.toUpperCase();
  const pipelines = load<Run>("pipelines");
  if (pipelines !== undefined) {
    const panels = seconds(pipelines, "pipeline-", command, () => 500_000);
    addLines(
      charts,
      pipelines,
      `pipelines-${command}`,
      `500,000 ${word} by pipeline size, computed from rates`,
      "commands in a pipeline",
      "seconds",
      panels,
    );
  }
  const hashes = load<Run>("hashes");
  if (hashes !== undefined) {
    const panels = seconds(hashes, "hash-", command, (size) => size);
    addLines(
      charts,
      hashes,
      `hashes-${command}`,
      `A whole hash by ${word}, pipelines of 100`,
      "fields in the hash",
      "seconds",
      panels,
    );
  }
}

/** Every chart that there are results for, by the name of its file. */
export function drawn(): Charts {
  const charts: Charts = new Map();
  talk(charts, "hset");
  talk(charts, "hget");
  const core = load<Run>("core");
  if (core !== undefined) {
    addBars(charts, core, "rates", "Operations a second (longer is better)", everybody(core, "median"));
    addBars(charts, core, "cpu", "Client CPU for one operation, µs (shorter is better)", everybody(core, "cpu"));
  }
  const grown = load<Run>("growth");
  if (grown !== undefined) {
    const time = (point: GrowthPoint): number => point.nanoseconds!;
    const memory = (point: GrowthPoint): number => point.memory! / 2 ** 20;
    const commands = growth(grown, ["pipeline", "stream", "pending"], time);
    addLines(
      charts,
      grown,
      "growth-commands",
      "Cost of one command as their number grows",
      "commands",
      "nanoseconds",
      commands,
    );
    const replies = growth(grown, ["reply", "chunk"], time);
    addLines(
      charts,
      grown,
      "growth-replies",
      "Cost of one element of a reply, round trip and all, and of one byte of a chunk, decoding alone",
      "size",
      "nanoseconds",
      replies,
    );
    const kinds = growth(grown, ["pipeline", "stream", "pending", "reply"], memory);
    addLines(
      charts,
      grown,
      "growth-memory",
      "Memory as work grows (no point: no growth seen)",
      "commands or elements",
      "MiB",
      kinds,
    );
  }
  return charts;
}

if (import.meta.main) {
  const folder = join(here, "charts");
  mkdirSync(folder, { recursive: true });
  for (const [file, svg] of drawn()) {
    writeFileSync(join(folder, file), svg);
    console.log(`charts/${file}`);
  }
}
