/**
 * What the lines of RESP's rarer types mean.
 *
 * @module
 */

/** The natural number that the digits `from` … `to` say, up to fifteen of them; -1 if they say something else. */
export function naturalOf(bytes: Uint8Array, from: number, to: number): number {
  if (to - from > 15 || from === to) return -1;
  let n = 0;
  for (let at = from; at < to; at++) {
    const digit = bytes[at] - 48;
    if (digit < 0 || digit > 9) return -1;
    n = n * 10 + digit;
  }
  return n;
}

const POWERS_OF_TEN = Array.from({ length: 16 }, (_, exponent) => 10 ** exponent);

/**
 * The number that digits and perhaps a point say, up to fifteen digits; -1 if it is not that simple. Digits and power of
 * ten are exact then, so that one division rounds as it should.
 */
export function decimalOf(bytes: Uint8Array, from: number, to: number): number {
  if (to - from > 16) return -1;
  let n = 0;
  let point = -1;
  for (let at = from; at < to; at++) {
    const digit = bytes[at] - 48;
    if (digit >= 0 && digit <= 9) n = n * 10 + digit;
    else if (digit === -2 && point < 0 && at > from) point = at;
    else return -1;
  }
  if (point < 0) return to === from || to - from > 15 ? -1 : n;
  return n / POWERS_OF_TEN[to - point - 1];
}

/** The value of a `:` line of any length, with or without a sign; `undefined` if it is not an integer. */
export function parseInteger(line: string): number | bigint | undefined {
  if (!/^[+-]?[0-9]+$/.test(line)) return undefined;
  const n = Number(line);
  return Number.isSafeInteger(n) ? n + 0 : BigInt(line.startsWith("+") ? line.slice(1) : line);
}

/** The value of a `(` line; `undefined` if it is not an integer. */
export function parseBigNumber(line: string): bigint | undefined {
  const n = parseInteger(line);
  return n === undefined ? undefined : BigInt(n);
}

/** The value of a `,` line; `undefined` if it is not a double. */
export function parseDouble(line: string): number | undefined {
  // Each digit in one way only: what is none costs no more than what is.
  if (/^[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/.test(line)) return Number(line);
  if (/^[+-]?inf$/i.test(line)) return line.startsWith("-") ? -Infinity : Infinity;
  if (/^[+-]?nan$/i.test(line)) return NaN;
  return undefined;
}
