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

/** Modules write 1.4.7 as 10407; some just count. */
export function formatVersion(number = 0): string {
  if (number > 0 && number < 100) return `${number}.0.0`;
  return [Math.floor(number / 10_000), Math.floor(number / 100) % 100, number % 100].join(".");
}
