/**
 * What the lines of RESP's rarer types mean.
 *
 * @module
 */

/** The value of a `:` line beyond nine digits or with a sign; `undefined` if it is not an integer. */
export function parseInteger(line: string): number | bigint | undefined {
  if (!/^[+-]?[0-9]+$/.test(line)) return undefined;
  const n = Number(line);
  return Number.isSafeInteger(n) ? n + 0 : BigInt(line.startsWith("+") ? line.slice(1) : line);
}

/** The value of a `(` line; `undefined` if it is not an integer. */
export function parseBigNumber(line: string): bigint | undefined {
  if (!/^[+-]?[0-9]+$/.test(line)) return undefined;
  return BigInt(line.startsWith("+") ? line.slice(1) : line);
}

/** The value of a `,` line; `undefined` if it is not a double. */
export function parseDouble(line: string): number | undefined {
  if (/^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/.test(line)) return Number(line);
  if (/^[+-]?inf$/i.test(line)) return line.startsWith("-") ? -Infinity : Infinity;
  if (/^[+-]?nan$/i.test(line)) return NaN;
  return undefined;
}
