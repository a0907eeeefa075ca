/**
 * Raw bytes through the adapters of `src/transport/`, against a Redis that listens already: what a runtime's sockets cost
 * before a client is built on them.
 *
 *     deno run -A bench/transport.ts [port] [adapter.ts …]
 *     bun bench/transport.ts [port] [adapter.ts …]
 *
 * Adapters take turns within each round. Figures are medians of the rounds, with CPU time of this process per unit.
 *
 * @module
 */

import process from "node:process";
import type { Address, Connect, Transport } from "../src/transport/transport.ts";

const ROUNDS = 5;

/** A socket that counts the bytes it is sent, and resolves once as many came as were asked for. */
class Counter {
  transport!: Transport;
  #left = 0;
  #done = () => {};

  data(chunk: Uint8Array): void {
    this.#left -= chunk.length;
    if (this.#left === 0) this.#done();
  }

  drain(): void {}
  close(): void {}

  /** Sends the pieces at once and waits for a reply of `size` bytes. */
  exchange(pieces: readonly Uint8Array[], size: number): Promise<void> {
    return new Promise((done) => {
      this.#left += size;
      this.#done = done;
      for (const piece of pieces) this.transport.write(piece);
    });
  }
}

interface Work {
  readonly name: string;
  readonly units: number;
  readonly turns: number;
  readonly pieces: readonly string[];
  /** What the server answers to one turn, in bytes. */
  readonly reply: number;
}

const set = "*4\r\n$4\r\nHSET\r\n$5\r\nbench\r\n$10\r\nword|12345\r\n$1\r\n1\r\n";
const setMib = `*3\r\n$3\r\nSET\r\n$9\r\nbench:mib\r\n$1048576\r\n${"x".repeat(1_048_576)}\r\n`;
const WORK: readonly Work[] = [
  { name: "one at a time", units: 1, turns: 10_000, pieces: ["PING\r\n"], reply: 7 },
  { name: "50 in a turn", units: 50, turns: 3_000, pieces: [set.repeat(50)], reply: 200 },
  { name: "50 in 5 writes", units: 50, turns: 3_000, pieces: Array(5).fill(set.repeat(10)), reply: 200 },
  { name: "pipeline of 10,000", units: 10_000, turns: 20, pieces: Array(8).fill(set.repeat(1_250)), reply: 40_000 },
  { name: "GET of 1 MiB", units: 1, turns: 300, pieces: ["GET bench:mib\r\n"], reply: 1_048_576 + 12 },
  { name: "SET of 1 MiB", units: 1, turns: 300, pieces: [setMib], reply: 5 },
];

const [port = "6379", ...files] = process.argv.slice(2);
if (files.length === 0) {
  if ("Deno" in globalThis) files.push("../src/transport/deno.ts");
  if ("Bun" in globalThis) files.push("../src/transport/bun.ts");
  files.push("../src/transport/node.ts");
}

const address: Address = { hostname: "127.0.0.1", port: Number(port) };
const encoder = new TextEncoder();
const counters: Counter[] = [];
for (const file of files) {
  const { connect } = await import(file) as { connect: Connect };
  const counter = new Counter();
  counter.transport = await connect(address, counter);
  counters.push(counter);
}
await counters[0].exchange([encoder.encode("DEL bench\r\n")], 4);
await counters[0].exchange([encoder.encode("HSET bench word|12345 1\r\n")], 4);
await counters[0].exchange([encoder.encode(setMib)], 5);

for (const { name, units, turns, pieces, reply } of WORK) {
  const results = files.map(() => ({ rates: [] as number[], cpu: [] as number[] }));
  for (let round = 0; round <= ROUNDS; round++) {
    for (let turn = 0; turn < files.length; turn++) {
      const index = (turn + round) % files.length;
      const counter = counters[index];
      const bytes = pieces.map((piece) => encoder.encode(piece));
      const start = performance.now();
      const cpu = process.cpuUsage();
      for (let i = 0; i < turns; i++) await counter.exchange(bytes, reply);
      const { user, system } = process.cpuUsage(cpu);
      const seconds = (performance.now() - start) / 1000;
      if (round === 0) continue; // warm-up
      results[index].rates.push(units * turns / seconds);
      results[index].cpu.push((user + system) / (units * turns));
    }
  }
  results.forEach(({ rates, cpu }, index) => {
    const short = files[index].split("/").pop()!;
    const spread = (Math.max(...rates) - Math.min(...rates)) / median(rates) * 100;
    console.log(
      `${name.padEnd(20)} ${short.padEnd(20)} ${Math.round(median(rates)).toLocaleString("en").padStart(12)}/s  ` +
        `±${(spread / 2).toFixed(0).padStart(2)}%  CPU ${median(cpu).toFixed(3).padStart(9)} µs`,
    );
  });
}
for (const { transport } of counters) transport.destroy();

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}
