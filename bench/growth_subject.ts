/**
 * One piece of work of one size in a process of its own: what one unit costs, and how much memory one round took.
 *
 * @module
 */
import process from "node:process";
import { connect } from "../mod.ts";
import { Decoder, NEED_MORE } from "../src/resp/mod.ts";

const [kind, amount, port, seconds] = process.argv.slice(2);
const size = Number(amount);

/** V8's `Promise.all` takes some two million promises, and no more. */
const AT_ONCE = 1_000_000;

/** The most memory that the process has had, in bytes. */
function peak(): number {
  return process.resourceUsage().maxRSS * 1024;
}

/** The memory that the process has, in bytes. */
function resident(): number {
  return process.memoryUsage().rss;
}

/** Bytes of replies for the decoder, whatever the size of the chunks they come in. */
function stream(): Uint8Array {
  const one = new TextEncoder().encode("*3\r\n$12\r\nvalue:123456\r\n:42\r\n$5\r\nhello\r\n");
  const whole = new Uint8Array(one.length * 25_000);
  for (let at = 0; at < whole.length; at += one.length) whole.set(one, at);
  return whole;
}

/** The work of one round, giving the number of units. */
async function work(): Promise<{ round: () => Promise<number> | number; close: () => unknown }> {
  if (kind === "chunk") {
    const wire = stream();
    return {
      close: () => {},
      round() {
        const decoder = new Decoder();
        for (let at = 0; at < wire.length; at += size) {
          decoder.feed(wire.subarray(at, at + size));
          while (decoder.read(0) !== NEED_MORE);
        }
        return wire.length;
      },
    };
  }
  // Who wants more pending at once than is allowed by default says so.
  const redis = await connect({ port: Number(port), maxPending: Math.max(1_000_000, size) });
  const rounds: Record<string, () => Promise<number>> = {
    async pipeline() {
      const pipe = redis.pipeline();
      for (let i = 0; i < size; i++) pipe.hset("growth:hash", "field", "value:123456");
      return (await pipe.exec()).length;
    },
    async stream() {
      const pipe = redis.pipeline({ replies: false });
      for (let i = 0; i < size; i++) {
        pipe.hset("growth:hash", "field", "value:123456");
        if (pipe.full) await pipe.drain();
      }
      await pipe.exec();
      return size;
    },
    async reply() {
      return (await redis.lrange("growth:list", 0, size - 1)).length;
    },
    async pending() {
      const groups: Promise<unknown[]>[] = [];
      for (let left = size; left > 0; left -= AT_ONCE) {
        const pending: Promise<unknown>[] = [];
        for (let i = Math.min(left, AT_ONCE); i > 0; i--) pending.push(redis.hget("growth:hash", "field"));
        groups.push(Promise.all(pending));
      }
      return (await Promise.all(groups)).reduce((sum, replies) => sum + replies.length, 0);
    },
  };
  return { round: rounds[kind], close: () => redis.close() };
}

const { round, close } = await work();
const before = resident();
const highest = peak();
/** How much a round took. Later ones would add their garbage. */
let memory: number | undefined;
const samples: number[] = [];
const end = performance.now() + Number(seconds) * 1000;
do {
  const start = performance.now();
  let units = 0;
  // Short rounds are timed by the dozen.
  do {
    units += await round();
    memory ??= (peak() > highest ? peak() : resident()) - before;
  } while (units < 2000 && kind !== "chunk");
  samples.push((performance.now() - start) * 1e6 / units);
} while (performance.now() < end);
samples.sort((a, b) => a - b);
console.log(JSON.stringify({ nanoseconds: samples[samples.length >> 1], memory }));
await close();
process.exit(0);
