/**
 * Encoding and decoding without a socket: nanoseconds for one command or element, median of several runs.
 *
 * @module
 */
import process from "node:process";
import { BYTES, Decoder, Encoder, NEED_MORE } from "../src/resp/mod.ts";

const seconds = Number(process.argv[2] ?? 0.2);
const text = new TextEncoder();
const bytes = (source: string): Uint8Array => text.encode(source);
const bulk = (value: string): string => `$${value.length}\r\n${value}\r\n`;

/** A name, how many units one run has, and the run. */
type Case = [name: string, units: number, run: () => void];

function encode(name: string, words: number, args: readonly (string | number | Uint8Array)[]): Case {
  const [command] = name.split(" ");
  const head = bytes(bulk(command));
  return [`encode ${name}`, 1000, () => {
    const encoder = new Encoder();
    for (let i = 0; i < 1000; i++) encoder.command(head, words, args, command);
    encoder.take();
  }];
}

function decode(name: string, units: number, wire: string, mode = 0): Case {
  const chunks: Uint8Array[] = [];
  const whole = bytes(wire);
  // As a socket gives them.
  for (let at = 0; at < whole.length; at += 65536) chunks.push(whole.subarray(at, at + 65536));
  const decoder = new Decoder();
  return [`decode ${name}`, units, () => {
    let seen = 0;
    for (const chunk of chunks) {
      decoder.feed(chunk);
      while (decoder.read(mode) !== NEED_MORE) seen++;
    }
    if (seen === 0) throw new Error(`${name}: no reply`);
  }];
}

const many = (count: number, one: (i: number) => string): string =>
  Array.from({ length: count }, (_, i) => one(i)).join("");
const value = (i: number): string => `value:${String(i).padStart(6, "0")}`;
const long = (i: number): string => `${value(i)}${"-".repeat(88)}`;

const CASES: readonly Case[] = [
  encode("HSET, three short arguments", 1, ["bench:hash", "field:000000000123", "value:123456"]),
  encode("INCRBY, a key and a number", 1, ["bench:counter", 123456]),
  encode("SET of 1 KiB of text", 1, ["bench:value", "x".repeat(1024)]),
  encode("SET of 1 KiB of bytes", 1, ["bench:value", new Uint8Array(1024)]),
  encode("SET of 100 characters beyond ASCII", 1, ["bench:value", "ж".repeat(100)]),
  decode("integers", 10_000, many(10_000, (i) => `:${i}\r\n`)),
  decode("+OK", 10_000, many(10_000, () => "+OK\r\n")),
  decode("strings of 12 bytes", 10_000, many(10_000, (i) => bulk(value(i)))),
  decode("strings of 100 bytes", 10_000, many(10_000, (i) => bulk(long(i)))),
  decode("strings of 12 bytes as bytes", 10_000, many(10_000, (i) => bulk(value(i))), BYTES),
  decode("array of 10,000 strings of 12 bytes", 10_000, `*10000\r\n${many(10_000, (i) => bulk(value(i)))}`),
  decode("array of 10,000 strings of 100 bytes", 10_000, `*10000\r\n${many(10_000, (i) => bulk(long(i)))}`),
  decode("map of 10,000 pairs", 10_000, `%10000\r\n${many(20_000, (i) => bulk(value(i)))}`),
  decode("array of 10,000 doubles", 10_000, `*10000\r\n${many(10_000, (i) => `,${i}.5\r\n`)}`),
  decode(
    "1,000 stream entries",
    1000,
    `*1000\r\n${many(1000, (i) => `*2\r\n${bulk(`${i}-1`)}*2\r\n${bulk("field")}${bulk(value(i))}`)}`,
  ),
  decode("string of 1 MiB", 1, bulk("x".repeat(1 << 20))),
  decode("string of 1 MiB as bytes", 1, bulk("x".repeat(1 << 20)), BYTES),
];

function measure(units: number, run: () => void): number[] {
  const samples: number[] = [];
  const end = performance.now() + seconds * 1000;
  for (let i = 0; i < 20 || performance.now() < end; i++) {
    const start = performance.now();
    run();
    samples.push((performance.now() - start) * 1e6 / units);
  }
  return samples.sort((a, b) => a - b);
}

const results: Record<string, { median: number; low: number; high: number }> = {};
for (const [name, units, run] of CASES) {
  measure(units, run);
  const samples = measure(units, run);
  const at = (part: number): number => Number(samples[Math.floor((samples.length - 1) * part)].toPrecision(4));
  results[name] = { median: at(0.5), low: at(0.1), high: at(0.9) };
}
console.log(JSON.stringify(results));
