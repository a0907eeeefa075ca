/**
 * What pictures show, made of results: panels of lines and of bars.
 *
 * @module
 */
import type { Figure, Run } from "./results.ts";
import { label } from "./tables.ts";

/** A line or a row of bars. */
export interface Series {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

/** One of the pictures that stand side by side. */
export interface Panel {
  readonly title: string;
  readonly series: readonly Series[];
}

const RUNTIMES = { deno: "Deno", bun: "Bun", node: "Node" } as const;

/** Seconds for half a million commands (or one hash) against a size; a panel for each runtime. */
export function seconds(run: Run, prefix: string, command: string, count: (size: number) => number): Panel[] {
  const results = run.results.filter(({ name }) => name.startsWith(prefix) && name.endsWith(`:${command}`));
  return Object.entries(RUNTIMES).map(([runtime, title]) => {
    const clients = new Map<string, [number, number][]>();
    for (const { name, figures } of results) {
      const size = Number(/\d+/.exec(name)![0]);
      for (const figure of figures) {
        if (![runtime, "c", "python"].includes(figure.runtime)) continue;
        const points = clients.get(label(figure.client)) ?? [];
        clients.set(label(figure.client), points);
        points.push([size, count(size) / figure.median]);
      }
    }
    return { title, series: [...clients].map(([name, points]) => ({ name, points })) };
  });
}

/** Every workload of a run as bars: the runtimes' clients side by side. */
export function everybody(run: Run, what: "median" | "cpu"): Panel[] {
  // There is room for some twenty letters beside a bar.
  const named = (client: string): string => label(client).replace("auto-pipelining", "auto");
  const name = ({ client, runtime }: Figure): string =>
    ["c", "python"].includes(runtime) || client === "bun" ? named(client) : `${named(client)}, ${runtime}`;
  return run.results.map(({ title, figures }) => ({
    title,
    series: [...figures].sort((a, b) => what === "cpu" ? a.cpu - b.cpu : b.median - a.median)
      .map((figure) => ({ name: name(figure), points: [[0, figure[what]]] as [number, number][] })),
  }));
}

/** What growing work cost at one size. */
export type GrowthPoint = { size: number; nanoseconds?: number; memory?: number };

const SHORT: Readonly<Record<string, string>> = {
  pipeline: "pipeline, replies kept",
  stream: "pipeline, replies dropped",
  pending: "promises pending",
  reply: "elements of one reply",
  chunk: "bytes of a chunk, cost of a byte",
};

/** A panel for each thing that grows, a line for each runtime; what is not above zero has no place on a logarithmic axis. */
export function growth(run: Run, kinds: readonly string[], value: (point: GrowthPoint) => number): Panel[] {
  const results = run.results as unknown as Record<string, Record<string, GrowthPoint[]>>;
  return kinds.map((kind) => ({
    title: SHORT[kind],
    series: Object.entries(RUNTIMES).map(([runtime, name]) => ({
      name,
      points: (results[kind]?.[runtime] ?? []).filter(({ nanoseconds }) => nanoseconds !== undefined)
        .map((point): [number, number] => [point.size, value(point)]).filter(([, y]) => y > 0),
    })),
  }));
}
