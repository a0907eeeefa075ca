/**
 * Versions of three numbers.
 *
 * @module
 */

/** Below zero if the first version is older, above if it is newer. */
export function compareVersions(one: string, other: string): number {
  const [a, b] = [one, other].map((version) => version.split(/[.-]/).map((part) => Number.parseInt(part) || 0));
  for (let at = 0; at < 3; at++) {
    const difference = (a[at] ?? 0) - (b[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Valkey's search module writes 1.2.0 as 0x010200, a byte each. */
export function readBytes(number: number): string {
  return [number >> 16, number >> 8 & 255, number & 255].join(".");
}

/** Modules write 1.4.7 as 10407; some just count. */
export function readDecimals(number: number): string {
  if (number > 0 && number < 100) return `${number}.0.0`;
  return [Math.floor(number / 10_000), Math.floor(number / 100) % 100, number % 100].join(".");
}
