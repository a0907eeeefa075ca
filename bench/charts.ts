/**
 * Pictures of results, as SVG in a light and a dark coat. Reads `results/*.json`, writes `charts/`.
 *
 * @module
 */
import * as echarts from "echarts";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { caption, label } from "./report.ts";
import type { Run } from "./results.ts";

const here = import.meta.dirname!;

/** A line or a row of bars. */
interface Series {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

/** One of the pictures that stand side by side. */
interface Panel {
  readonly title: string;
  readonly series: readonly Series[];
}

interface Picture {
  readonly file: string;
  readonly title: string;
  readonly x: string;
  readonly y: string;
  readonly panels: readonly Panel[];
}

const COATS = {
  light: {
    text: "#1f2328",
    faint: "#d1d9e0",
    ours: "#d1242f",
    others: ["#0969da", "#1a7f37", "#9a6700", "#8250df", "#57606a", "#bf3989", "#0a7ea4", "#953800"],
  },
  dark: {
    text: "#f0f6fc",
    faint: "#3d444d",
    ours: "#ff7b72",
    others: ["#58a6ff", "#3fb950", "#d29922", "#bc8cff", "#9198a1", "#f778ba", "#39c5cf", "#f0883e"],
  },
};
type Coat = typeof COATS.light;

/** The same client has the same colour in every picture. */
const ORDER = [
  "ioredis",
  "node_redis",
  "bun",
  "redis-benchmark",
  "redis-py+hiredis",
  "iovalkey",
  "glide",
  "hiredis",
  "redis-py",
];

function colour(name: string, coat: Coat): string {
  const at = ORDER.findIndex((client) => label(client) === name);
  return at < 0 ? coat.ours : coat.others[at % coat.others.length];
}

/** Small multiples of lines: one grid a panel, the same axes in all. */
function lines(picture: Picture, coat: Coat): echarts.EChartsOption {
  const count = picture.panels.length;
  const names = [...new Set(picture.panels.flatMap(({ series }) => series.map(({ name }) => name)))];
  const values = picture.panels.flatMap(({ series }) => series.flatMap(({ points }) => points.map(([, y]) => y)));
  const axis = {
    axisLabel: { color: coat.text },
    axisLine: { lineStyle: { color: coat.faint } },
    nameTextStyle: { color: coat.text },
  };
  const width = 86 / count;
  return {
    animation: false,
    textStyle: { color: coat.text, fontFamily: "system-ui, sans-serif" },
    title: [
      { text: picture.title, left: "center", top: 6, textStyle: { color: coat.text, fontSize: 16 } },
      ...picture.panels.map(({ title }, i) => ({
        text: title,
        left: `${7 + i * (width + 3) + width / 2}%`,
        top: 36,
        textAlign: "center" as const,
        textStyle: { color: coat.text, fontSize: 13 },
      })),
    ],
    legend: { bottom: 4, data: names, textStyle: { color: coat.text }, itemWidth: 18 },
    grid: picture.panels.map((_, i) => ({ left: `${7 + i * (width + 3)}%`, width: `${width}%`, top: 70, bottom: 90 })),
    xAxis: picture.panels.map((_, gridIndex) => ({
      ...axis,
      gridIndex,
      type: "log" as const,
      name: picture.x,
      nameLocation: "middle" as const,
      nameGap: 26,
      min: Math.min(...picture.panels.flatMap(({ series }) => series.flatMap(({ points }) => points.map(([x]) => x)))),
      max: Math.max(...picture.panels.flatMap(({ series }) => series.flatMap(({ points }) => points.map(([x]) => x)))),
      splitLine: { show: false },
      axisLabel: { color: coat.text, formatter: amount },
    })),
    yAxis: picture.panels.map((_, gridIndex) => ({
      ...axis,
      gridIndex,
      type: "log" as const,
      name: gridIndex === 0 ? picture.y : "",
      nameLocation: "end" as const,
      min: floor(Math.min(...values)),
      max: ceiling(Math.max(...values)),
      splitLine: { lineStyle: { color: coat.faint } },
      axisLabel: { color: coat.text, formatter: amount },
    })),
    series: picture.panels.flatMap(({ series }, i) =>
      series.map(({ name, points }) => {
        const own = name === label("respire");
        return {
          type: "line" as const,
          name,
          xAxisIndex: i,
          yAxisIndex: i,
          data: points.map(([x, y]) => [x, y]),
          symbolSize: own ? 6 : 4,
          itemStyle: { color: colour(name, coat) },
          lineStyle: { width: own ? 4 : 1.8, color: colour(name, coat) },
          z: own ? 5 : 2,
        };
      })
    ),
  };
}

/** A power of ten, or two or five of it, at or below. */
function floor(value: number): number {
  const ten = 10 ** Math.floor(Math.log10(value));
  return ten * ([5, 2, 1].find((step) => step * ten <= value) ?? 1);
}

function ceiling(value: number): number {
  const ten = 10 ** Math.floor(Math.log10(value));
  return ten * ([1, 2, 5, 10].find((step) => step * ten >= value) ?? 10);
}

/** A number on an axis. */
function amount(value: number): string {
  if (value >= 1e6) return `${Number((value / 1e6).toPrecision(3))}M`;
  if (value >= 1e3) return `${Number((value / 1e3).toPrecision(3))}k`;
  return String(Number(value.toPrecision(2)));
}

/** Rows of bars, one panel a workload; the longest bar is the largest value of its panel. */
function bars(picture: Picture & { readonly columns: number }, coat: Coat): echarts.EChartsOption {
  const rows = Math.ceil(picture.panels.length / picture.columns);
  const width = 100 / picture.columns;
  const height = 94 / rows;
  const place = (i: number): { left: number; top: number } => ({
    left: (i % picture.columns) * width,
    top: 5 + Math.floor(i / picture.columns) * height,
  });
  return {
    animation: false,
    textStyle: { color: coat.text, fontFamily: "system-ui, sans-serif" },
    title: [
      { text: picture.title, left: "center", top: 6, textStyle: { color: coat.text, fontSize: 16 } },
      ...picture.panels.map(({ title }, i) => ({
        text: title,
        left: `${place(i).left + width / 2}%`,
        top: `${place(i).top}%`,
        textAlign: "center" as const,
        textStyle: { color: coat.text, fontSize: 12 },
      })),
    ],
    grid: picture.panels.map((_, i) => ({
      left: `${place(i).left + width * 0.3}%`,
      width: `${width * 0.56}%`,
      top: `${place(i).top + 2.5}%`,
      height: `${height - 4.5}%`,
    })),
    xAxis: picture.panels.map((_, gridIndex) => ({ gridIndex, type: "value" as const, show: false })),
    yAxis: picture.panels.map(({ series }, gridIndex) => ({
      gridIndex,
      type: "category" as const,
      inverse: true,
      data: series.map(({ name }) => name),
      axisTick: { show: false },
      axisLine: { lineStyle: { color: coat.faint } },
      axisLabel: { color: coat.text, fontSize: 11, interval: 0 },
    })),
    series: picture.panels.map(({ series }, i) => ({
      type: "bar" as const,
      xAxisIndex: i,
      yAxisIndex: i,
      barCategoryGap: "25%",
      label: {
        show: true,
        position: "right" as const,
        color: coat.text,
        fontSize: 11,
        formatter: ({ value }) => amount(Number(value)),
      },
      data: series.map(({ name, points: [[, value]] }) => ({
        value,
        itemStyle: {
          color: name.startsWith(label("respire"))
            ? coat.ours
            : coat.others[name.includes("hiredis") || name.includes("benchmark") ? 4 : 0],
        },
      })),
    })),
  };
}

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
        if (figure.runtime !== runtime && figure.runtime !== "c" && figure.runtime !== "python") continue;
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
  return run.results.map(({ title, figures }) => ({
    title,
    series: [...figures].filter(({ runtime }) => runtime !== "python")
      .sort((a, b) => what === "cpu" ? a.cpu - b.cpu : b.median - a.median)
      .map((figure) => ({
        name: figure.runtime === "c" || figure.client === "bun"
          ? label(figure.client)
          : `${label(figure.client)}, ${figure.runtime}`,
        points: [[0, figure[what]]] as [number, number][],
      })),
  }));
}

function paint(): void {
  mkdirSync(join(here, "charts"), { recursive: true });
  const write = (
    picture: Picture,
    note: string,
    option: (coat: Coat) => echarts.EChartsOption,
    height: number,
  ): void => {
    for (const [name, coat] of Object.entries(COATS)) {
      const svg = render(option(coat), 1000, height, picture.title, note);
      writeFileSync(join(here, "charts", `${picture.file}-${name}.svg`), svg);
    }
    console.log(`charts/${picture.file}-{light,dark}.svg`);
  };
  const pipelines = load<Run>("pipelines");
  const hashes = load<Run>("hashes");
  const core = load<Run>("core");
  for (const command of ["hset", "hget"]) {
    const word = command.toUpperCase();
    if (pipelines !== undefined) {
      const panels = seconds(pipelines, "pipeline-", command, () => 500_000);
      const picture = {
        file: `pipelines-${command}`,
        title: `500,000 ${word} by pipeline size`,
        x: "commands in a pipeline",
        y: "seconds",
        panels,
      };
      write(picture, caption(pipelines), (coat) => lines(picture, coat), 460);
    }
    if (hashes !== undefined) {
      const panels = seconds(hashes, "hash-", command, (size) => size);
      const picture = {
        file: `hashes-${command}`,
        title: `A whole hash by ${word}, pipelines of 100`,
        x: "fields in the hash",
        y: "seconds",
        panels,
      };
      write(picture, caption(hashes), (coat) => lines(picture, coat), 460);
    }
  }
  if (core === undefined) return;
  const columns = 2;
  const height = 60 + Math.ceil(core.results.length / columns) * 330;
  const rate = {
    file: "rates",
    title: "Operations a second (longer is better)",
    x: "",
    y: "",
    panels: everybody(core, "median"),
    columns,
  };
  write(rate, caption(core), (coat) => bars(rate, coat), height);
  const cpu = {
    file: "cpu",
    title: "Client CPU for one operation, µs (shorter is better)",
    x: "",
    y: "",
    panels: everybody(core, "cpu"),
    columns,
  };
  write(cpu, caption(core), (coat) => bars(cpu, coat), height);
}

paint();
