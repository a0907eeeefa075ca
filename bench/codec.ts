/**
 * The codec alone: nanoseconds for each operation, no socket, no server.
 *
 *     deno run -A bench/codec.ts [--json] [name part]
 *     bun bench/codec.ts
 *     bun build bench/codec.ts --target=node --outfile=codec.mjs && node codec.mjs
 *
 * @module
 */
import { type Arg, BYTES, Decoder, Encoder, NEED_MORE } from "../src/resp/mod.ts";

/** One row: `run` does `operations` operations. */
interface Case {
  readonly name: string;
  readonly operations: number;
  readonly run: () => void;
}

const ROUNDS = 25;
const ROUND_MS = 12;
const encoder = new TextEncoder();
let sink: unknown;

/** Encodes one command many times, handing over every 200, as a busy connection does. */
function encoding(name: string, command: string, argsOf: (i: number) => Arg[]): Case {
  const head = encoder.encode(`$${command.length}\r\n${command}\r\n`);
  const operations = 2000;
  const sets = Array.from({ length: operations }, (_, i) => argsOf(i));
  const target = new Encoder();
  return {
    name: `encode ${name}`,
    operations,
    run() {
      for (let i = 0; i < operations; i++) {
        target.command(head, 1, sets[i], command);
        if (i % 200 === 199) sink = target.take();
      }
    },
  };
}

/** Decodes the same bytes over and over, in chunks; `operations` is what one pass counts for. */
function decoding(name: string, text: string, operations: number, mode = 0, chunkSize = 65_536): Case {
  // What is over at once is done more often for each look at the clock.
  const times = text.length < 1000 ? 500 : 1;
  const bytes = encoder.encode(text);
  const chunks: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += chunkSize) chunks.push(bytes.slice(at, at + chunkSize));
  const decoder = new Decoder();
  return {
    name: `decode ${name}`,
    operations: operations * times,
    run() {
      for (let i = 0; i < times; i++) {
        for (const chunk of chunks) {
          decoder.feed(chunk);
          for (let value = decoder.read(mode); value !== NEED_MORE; value = decoder.read(mode)) sink = value;
        }
      }
    },
  };
}

const bulk = (text: string): string => `$${encoder.encode(text).length}\r\n${text}\r\n`;
const list = (count: number, element: (i: number) => string): string =>
  `*${count}\r\n` + Array.from({ length: count }, (_, i) => element(i)).join("");
const padded = (length: number) => (i: number): string => bulk(`value:${i}:`.padEnd(length, "abcdefghij"));

const MIB = 1024 * 1024;
const cases: Case[] = [
  encoding("GET key", "GET", (i) => [`key:${i}`]),
  encoding("HSET 3 short strings", "HSET", (i) => ["words", `word|${i}`, "1"]),
  encoding("HSET 2 strings, integer", "HSET", (i) => ["words", `word|${i}`, i]),
  encoding("INCRBY double", "X", (i) => ["words", i + 0.5]),
  encoding("SET 30 B not ASCII", "SET", (i) => ["key", `naïve façade ${i} 字`.padEnd(26)]),
  encoding("SET 40 B", "SET", () => ["key", "x".repeat(40)]),
  encoding("SET 100 B", "SET", () => ["key", "x".repeat(100)]),
  encoding("SET 1 KiB", "SET", () => ["key", "x".repeat(1024)]),
  encoding("SET 20 bytes", "SET", () => ["key", new Uint8Array(20)]),
  encoding("SET 1 KiB bytes", "SET", () => ["key", new Uint8Array(1024)]),
  decoding(":1", ":1\r\n".repeat(5000), 5000),
  decoding(":1234567890", ":1234567890\r\n".repeat(5000), 5000),
  decoding("+OK", "+OK\r\n".repeat(5000), 5000),
  decoding("+QUEUED", "+QUEUED\r\n".repeat(5000), 5000),
  decoding("$-1", "$-1\r\n".repeat(5000), 5000),
  decoding("$1", bulk("1").repeat(5000), 5000),
  decoding("$5", bulk("hello").repeat(5000), 5000),
  decoding("$12", bulk("hello, world").repeat(5000), 5000),
  decoding("$24", bulk("x".repeat(24)).repeat(5000), 5000),
  decoding("$50", bulk("x".repeat(50)).repeat(5000), 5000),
  decoding("$50 bytes", bulk("x".repeat(50)).repeat(5000), 5000, BYTES),
  decoding("$50 one a chunk", bulk("x".repeat(50)), 1),
  decoding("$5 one a chunk", bulk("hello"), 1),
  decoding("$12 one a chunk", bulk("hello, world"), 1),
  decoding(":1 one a chunk", ":1\r\n", 1),
  decoding("$1000", bulk("x".repeat(1000)).repeat(500), 500),
  decoding("list of 10, each 12 B", list(10, padded(12)).repeat(500), 5000),
  decoding("list of 10,000 × 12 B", list(10_000, padded(12)), 10_000),
  decoding("list of 10,000 × 50 B", list(10_000, padded(50)), 10_000),
  decoding("list of 10,000 × 50 B, 512 KiB chunks", list(10_000, padded(50)), 10_000, 0, 512 * 1024),
  decoding("list of 10,000 × 50 B, bytes", list(10_000, padded(50)), 10_000, BYTES),
  decoding("list of 10,000 × 300 B", list(10_000, padded(300)), 10_000),
  decoding("list of 10,000 × 50 B not ASCII", list(10_000, (i) => bulk(`naïve façade ${i} 字`.padEnd(44))), 10_000),
  decoding("list of 10,000 integers", list(10_000, (i) => `:${i}\r\n`), 10_000),
  decoding("list of 10,000 doubles", list(10_000, (i) => `,${i}.5\r\n`), 10_000),
  decoding(
    "stream of 2,000 entries of 2 fields (an entry)",
    list(2000, (i) => `*2\r\n${bulk(`17000000${i}-0`)}*4\r\n` + bulk("field") + bulk(`v${i}`) + bulk("g") + bulk("w")),
    2000,
  ),
  decoding("1 MiB string", bulk("x".repeat(MIB)), 1),
  decoding("1 MiB bytes", bulk("x".repeat(MIB)), 1, BYTES),
  decoding("10 MiB string", bulk("x".repeat(10 * MIB)), 1),
  decoding("10 MiB bytes", bulk("x".repeat(10 * MIB)), 1, BYTES),
];

/** Runs for about `ms`; nanoseconds for each operation. */
function measure(one: Case, ms: number): number {
  const start = performance.now();
  let passes = 0;
  let now = start;
  do {
    one.run();
    passes++;
    now = performance.now();
  } while (now - start < ms);
  return (now - start) * 1e6 / passes / one.operations;
}

function main(args: string[]): void {
  const json = args.includes("--json");
  const part = args.find((arg) => !arg.startsWith("--")) ?? "";
  const chosen = cases.filter((one) => one.name.includes(part));
  // Everything once before anything is measured: code meets all kinds of replies, as it does in a program.
  for (const one of cases) measure(one, 20);
  const times = new Map<string, number[]>(chosen.map((one) => [one.name, []]));
  for (let round = 0; round < ROUNDS; round++) {
    for (const one of chosen) times.get(one.name)!.push(measure(one, ROUND_MS));
  }
  const rows = [...times].map(([name, all]) => {
    all.sort((a, b) => a - b);
    return { name, median: all[all.length >> 1], best: all[0] };
  });
  if (json) return console.log(JSON.stringify(rows));
  for (const { name, median, best } of rows) {
    console.log(`${name.padEnd(50)} ${median.toFixed(1).padStart(12)} ns   best ${best.toFixed(1).padStart(12)}`);
  }
  if (sink === null) console.log("");
}

const { Deno: deno, process: node } = globalThis as {
  Deno?: { args: string[] };
  process?: { argv: string[] };
};
main(deno ? deno.args : node?.argv.slice(2) ?? []);
