/**
 * In what generated files differ.
 *
 * @module
 */

/** The first lines in which two texts differ, or `undefined`. */
export function firstDifference(name: string, wanted: string, found: string | undefined): string | undefined {
  if (wanted === found) return undefined;
  if (found === undefined) return `${name}: missing`;
  const left = wanted.split("\n");
  const right = found.split("\n");
  const at = left.findIndex((line, index) => line !== right[index]);
  const line = at < 0 ? left.length : at;
  return `${name}:${line + 1}\n  generated: ${left[line] ?? "(end)"}\n  found:     ${right[line] ?? "(end)"}`;
}

/** Every way in which the files found are not those wanted. */
export function differences(wanted: ReadonlyMap<string, string>, found: ReadonlyMap<string, string>): string[] {
  return [
    ...[...wanted].flatMap(([name, text]) => firstDifference(name, text, found.get(name)) ?? []),
    ...[...found.keys()].filter((name) => !wanted.has(name)).map((name) => `${name}: not generated`),
  ];
}
