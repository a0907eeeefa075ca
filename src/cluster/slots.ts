/**
 * Which slot of a cluster a key belongs to.
 *
 * @module
 */
import type { Arg } from "../command/spec.ts";
import { keysOf } from "../command/keys.ts";
import { nameBytes } from "../command/name.ts";
import type { CommandSpec } from "../command/spec.ts";

/** How many slots every cluster has. */
export const SLOTS = 16_384;

const OPEN = 0x7b;
const CLOSE = 0x7d;

/** CRC-16 of every byte (XMODEM: 0x1021, from 0). */
const TABLE = /* @__PURE__ */ Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 8;
  for (let bit = 0; bit < 8; bit++) crc = (crc & 0x8000) !== 0 ? (crc << 1) ^ 0x1021 : crc << 1;
  return crc;
});

function next(crc: number, byte: number): number {
  return ((crc << 8) & 0xffff) ^ TABLE[(crc >> 8) ^ byte]!;
}

/**
 * The slot of a key: of what stands between its first `{` and the next `}`, if anything does; else of the whole key. Keys
 * with the same such part are kept together.
 */
export function slotOf(key: Arg): number {
  if (typeof key !== "string") return ofBytes(nameBytes(key));
  const open = key.indexOf("{");
  const close = open < 0 ? -1 : key.indexOf("}", open + 1);
  const tagged = close > open + 1;
  const end = tagged ? close : key.length;
  let crc = 0;
  for (let at = tagged ? open + 1 : 0; at < end; at++) {
    const unit = key.charCodeAt(at);
    if (unit > 0x7f) return ofBytes(nameBytes(key));
    crc = next(crc, unit);
  }
  return crc & (SLOTS - 1);
}

function ofBytes(key: Uint8Array): number {
  const open = key.indexOf(OPEN);
  const close = open < 0 ? -1 : key.indexOf(CLOSE, open + 1);
  let crc = 0;
  for (const byte of close > open + 1 ? key.subarray(open + 1, close) : key) crc = next(crc, byte);
  return crc & (SLOTS - 1);
}

/** What decides on the slot though it is no key, or none that its rule tells of: where it stands among the arguments. */
const ELSEWHERE: Readonly<Record<string, number>> = { SPUBLISH: 0, MIGRATE: 2 };

/** The slot that a command goes to: that of its first key; `undefined` if it has none. */
export function slotFor(spec: CommandSpec, args: readonly Arg[]): number | undefined {
  const rule = spec.keys;
  let key: Arg | undefined;
  if (typeof rule === "string") {
    const at = ELSEWHERE[spec.name];
    key = at === undefined ? rule === "streams" ? keysOf(spec, args)?.[0] : undefined : args[at];
  } else if (rule[0] === "numkeys") {
    key = Number(args[rule[1] - 1]) > 0 ? args[rule[1]] : undefined;
  } else {
    key = args[rule[0] - 1];
  }
  return key === undefined ? undefined : slotOf(key);
}
