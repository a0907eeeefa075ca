/**
 * What is kept of a run, and the arithmetic on it.
 *
 * @module
 */
import { execFileSync, spawnSync } from "node:child_process";
import { cpus, release, totalmem } from "node:os";
import process from "node:process";

/** One contestant's figures in one workload. */
export interface Figure {
  /** The client's name. */
  readonly client: string;
  /** `deno`, `bun`, `node`, `c` or `python`. */
  readonly runtime: string;
  /** Units a second, round by round. */
  readonly samples: readonly number[];
  /** The median of `samples`. */
  readonly median: number;
  /** Half of the distance from the slowest to the fastest round, as a part of the median. */
  readonly spread: number;
  /** The median CPU time of the client's process for one unit, in microseconds. */
  readonly cpu: number;
  /** The median CPU time of the server for one unit, in microseconds: what no client can go below. */
  readonly server: number;
}

/** What one round gives. */
export interface Round {
  /** Units a second. */
  readonly rate: number;
  /** CPU seconds of the client's process for one unit. */
  readonly cpu: number;
  /** CPU seconds of the server for one unit. */
  readonly server: number;
}

/** Everybody's figures in one workload. */
export interface Result {
  readonly name: string;
  readonly title: string;
  readonly unit: string;
  readonly figures: readonly Figure[];
  /** Contestants left out, and why. */
  readonly skipped: Readonly<Record<string, string>>;
}

/** Where, when and with what a run was made. */
export interface Circumstances {
  readonly date: string;
  readonly commit: string;
  readonly machine: { readonly cpu: string; readonly cores: number; readonly memory: string; readonly system: string };
  readonly server: string;
  readonly serverPinned: boolean;
  readonly versions: Readonly<Record<string, string>>;
  readonly settings: {
    readonly rounds: number;
    readonly seconds: number;
    readonly warmUp: number;
    /** Absent in runs that had none. */
    readonly leadIn?: number;
  };
}

/** One group's run, as stored. */
export interface Run extends Circumstances {
  readonly group: string;
  readonly results: readonly Result[];
}

/** The middle value. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Sums the rounds of one contestant up. */
export function figure(client: string, runtime: string, rounds: readonly Round[]): Figure {
  const samples = rounds.map(({ rate }) => rate);
  const middle = median(samples);
  const spread = (Math.max(...samples) - Math.min(...samples)) / 2 / middle;
  const short = (value: number): number => Number(value.toPrecision(5));
  return {
    client,
    runtime,
    samples: samples.map(short),
    median: short(middle),
    spread: Number(spread.toFixed(4)),
    cpu: short(median(rounds.map(({ cpu }) => cpu)) * 1e6),
    server: short(median(rounds.map(({ server }) => server)) * 1e6),
  };
}

/** The first line that a program prints, or nothing if it cannot be run. */
export function firstLine(program: string, ...words: string[]): string | undefined {
  const { status, stdout } = spawnSync(program, words, { encoding: "utf8" });
  return status === 0 ? stdout.split("\n")[0].trim() : undefined;
}

/** The machine, as far as figures depend on it. */
export function machine(): Circumstances["machine"] {
  const [first] = cpus();
  return {
    cpu: first?.model.trim() ?? "unknown",
    cores: cpus().length,
    memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
    system: `${process.platform} ${release().split("-")[0]}`,
  };
}

/** The commit that is measured; `+` tells that the tree held more than that. */
export function commit(): string {
  const here = { cwd: import.meta.dirname, encoding: "utf8" } as const;
  try {
    const id = execFileSync("git", ["rev-parse", "--short", "HEAD"], here).trim();
    return id + (execFileSync("git", ["status", "--porcelain", "--", "../src", "../mod.ts"], here) === "" ? "" : "+");
  } catch {
    return "unknown";
  }
}
