/**
 * Tables of results.
 *
 * @module
 */
import type { Figure, Result } from "./results.ts";

/** A figure short enough to read: three digits. */
export function short(value: number): string {
  if (value >= 1e6) return `${(value / 1e6).toPrecision(3)}M`;
  if (value >= 1e4) return `${Math.round(value / 1e3)}k`;
  if (value >= 1e3) return `${(value / 1e3).toPrecision(3)}k`;
  return value.toPrecision(3).replace(/\.?0+$/, (zeros) => zeros.includes(".") ? "" : zeros);
}

/** Respire's figure to compare with: in the same runtime if it ran there, else the fastest of ours. */
export function ours(result: Result, runtime: string): Figure | undefined {
  const figures = result.figures.filter(({ client }) => client === "respire");
  return figures.find((figure) => figure.runtime === runtime) ?? figures.sort((a, b) => b.median - a.median)[0];
}

/** One workload as text, ratios first. */
export function table(result: Result): string {
  const lines = [
    `${result.name}: ${result.title}`,
    "  respire is   client             in       per second   spread   CPU µs",
  ];
  for (const figure of [...result.figures].sort((a, b) => b.median - a.median)) {
    const reference = ours(result, figure.runtime);
    const ratio = reference === undefined
      ? ""
      : reference === figure
      ? "1"
      : `${(reference.median / figure.median).toFixed(2)}×`;
    lines.push(
      `  ${ratio.padStart(10)}   ${figure.client.padEnd(17)}  ${figure.runtime.padEnd(7)} ${
        short(figure.median).padStart(11)
      }` +
        `   ±${(figure.spread * 100).toFixed(0).padStart(3)} %  ${figure.cpu.toPrecision(3).padStart(7)}`,
    );
  }
  for (const [label, reason] of Object.entries(result.skipped)) lines.push(`  skipped      ${label}: ${reason}`);
  return lines.join("\n");
}
