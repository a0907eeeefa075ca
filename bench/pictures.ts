/**
 * How pictures look: small multiples of lines and of bars, in a light and a dark coat.
 *
 * @module
 */
import type { EChartsOption } from "echarts";
import type { Panel } from "./panels.ts";
import { label } from "./tables.ts";

/** What a file shows. */
export interface Picture {
  readonly file: string;
  readonly title: string;
  readonly x: string;
  readonly y: string;
  readonly panels: readonly Panel[];
}

/** The colours on a light and on a dark page. */
export const COATS = {
  light: {
    text: "#1f2328",
    faint: "#d1d9e0",
    ours: "#d1242f",
    others: [
      "#0969da",
      "#1a7f37",
      "#9a6700",
      "#8250df",
      "#57606a",
      "#bf3989",
      "#0a7ea4",
      "#953800",
      "#6e7781",
      "#1b7c83",
      "#4d2d00",
      "#218bff",
      "#a475f9",
    ],
  },
  dark: {
    text: "#f0f6fc",
    faint: "#3d444d",
    ours: "#ff7b72",
    others: [
      "#58a6ff",
      "#3fb950",
      "#d29922",
      "#bc8cff",
      "#9198a1",
      "#f778ba",
      "#39c5cf",
      "#f0883e",
      "#6e7681",
      "#a5d6ff",
      "#e3b341",
      "#79c0ff",
      "#d2a8ff",
    ],
  },
};
/** One set of colours. */
export type Coat = typeof COATS.light;

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
  "deno_redis",
  "iuioiua",
  "ioredis_auto",
  "iovalkey_auto",
];

function colour(name: string, coat: Coat): string {
  const runtime = ["Deno", "Bun", "Node"].indexOf(name);
  const at = runtime >= 0 ? runtime : ORDER.findIndex((client) => label(client) === name);
  if (name === label("respire")) return coat.ours;
  return at < 0 ? coat.text : coat.others[at];
}

/** Points that differ in shape as well: not everybody sees every colour. */
const SHAPES = ["circle", "rect", "triangle", "diamond", "path://M0 0 L10 0 L5 9 Z"];

function shape(name: string): string {
  const at = ["Deno", "Bun", "Node", ...ORDER.map(label)].indexOf(name);
  return name === label("respire") ? "circle" : SHAPES[(at + 1) % SHAPES.length];
}

/** Programs in other languages are no peers: C's lines are dashed, Python's dotted. */
function stroke(name: string): "solid" | "dashed" | "dotted" {
  if (["hiredis", "redis-benchmark"].map(label).includes(name)) return "dashed";
  return ["redis-py", "redis-py+hiredis"].map(label).includes(name) ? "dotted" : "solid";
}

function across(panel: Panel): number[] {
  return panel.series.flatMap(({ points }) => points.map(([x]) => x));
}

/** Small multiples of lines: one grid a panel, the same axes in all. */
export function lines(picture: Picture, coat: Coat): EChartsOption {
  const count = picture.panels.length;
  const named = new Set(picture.panels.flatMap(({ series }) => series.map(({ name }) => name)));
  const names = [label("respire"), ...named].filter((name, i) =>
    named.has(name) && (i === 0 || name !== label("respire"))
  );
  const values = picture.panels.flatMap(({ series }) => series.flatMap(({ points }) => points.map(([, y]) => y)));
  const ticks = marks(floor(Math.min(...values)), ceiling(Math.max(...values)));
  const axis = {
    axisLabel: { color: coat.text },
    axisLine: { lineStyle: { color: coat.faint } },
    nameTextStyle: { color: coat.text },
  };
  const width = (94 - 4 * count) / count;
  return {
    animation: false,
    textStyle: { color: coat.text, fontFamily: "system-ui, sans-serif" },
    title: [
      { text: picture.title, left: "center", top: 6, textStyle: { color: coat.text, fontSize: 16 } },
      ...picture.panels.map(({ title }, i) => ({
        text: title,
        left: `${5 + i * (width + 4) + width / 2}%`,
        top: 36,
        textAlign: "center" as const,
        textStyle: { color: coat.text, fontSize: 13 },
      })),
    ],
    legend: { bottom: 4, data: names, textStyle: { color: coat.text }, itemWidth: 30, itemGap: 14, padding: [5, 60] },
    grid: picture.panels.map((_, i) => ({ left: `${5 + i * (width + 4)}%`, width: `${width}%`, top: 88, bottom: 90 })),
    xAxis: picture.panels.map((_, gridIndex) => ({
      ...axis,
      gridIndex,
      type: "log" as const,
      name: `${picture.x}, log scale`,
      nameLocation: "middle" as const,
      nameGap: 26,
      min: Math.min(...across(picture.panels[gridIndex])),
      max: Math.max(...across(picture.panels[gridIndex])),
      splitLine: { show: false },
      axisLabel: { color: coat.text, formatter: amount },
    })),
    yAxis: picture.panels.map((_, gridIndex) => ({
      ...axis,
      gridIndex,
      type: "log" as const,
      name: gridIndex === 0 ? `${picture.y}, log scale` : "",
      nameLocation: "end" as const,
      nameTextStyle: { color: coat.text, align: "left" as const, padding: [0, 0, 0, -30] },
      min: floor(Math.min(...values)),
      max: ceiling(Math.max(...values)),
      splitLine: { lineStyle: { color: coat.faint } },
      axisTick: { customValues: ticks },
      axisLabel: { color: coat.text, formatter: amount, customValues: ticks },
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
          symbol: shape(name),
          symbolSize: own ? 7 : 5,
          itemStyle: { color: colour(name, coat) },
          lineStyle: { width: own ? 4 : 1.8, type: stroke(name), color: colour(name, coat) },
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

/** What a decade is divided by, the finest first. */
const STEPS = [[1, 1.5, 2, 3, 4, 5, 6, 8], [1, 1.5, 2, 3, 5, 7], [1, 2, 5], [1]];

/** Where an axis has numbers: as close as they can be read. */
function marks(least: number, most: number): number[] {
  const decades = Math.ceil(Math.log10(most / least)) + 1;
  const first = Math.floor(Math.log10(least));
  const within = STEPS.map((steps) =>
    Array.from(
      { length: decades + 1 },
      (_, i) => steps.map((step) => Number((step * 10 ** (first + i)).toPrecision(3))),
    )
      .flat().filter((value) => value >= least && value <= most)
  );
  return within.find((values) => values.length <= 18) ?? within.at(-1)!;
}

/** A number on an axis. */
function amount(value: number): string {
  if (value >= 1e6) return `${Number((value / 1e6).toPrecision(3))}M`;
  if (value >= 1e3) return `${Number((value / 1e3).toPrecision(3))}k`;
  return String(Number(value.toPrecision(2)));
}

/** Rows of bars, one panel a workload; the longest bar is the largest value of its panel. */
export function bars(picture: Picture & { readonly columns: number }, coat: Coat): EChartsOption {
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
        formatter: ({ value }: { value: unknown }) => amount(Number(value)),
      },
      data: series.map(({ name, points: [[, value]] }) => ({
        value,
        itemStyle: {
          color: name.startsWith(label("respire"))
            ? coat.ours
            : coat.others[/hiredis|benchmark|redis-py/.test(name) ? 4 : 0],
        },
      })),
    })),
  };
}
