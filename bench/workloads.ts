/**
 * Every piece of work that clients are compared by: once, by name, over the small {@link Driver} interface.
 *
 * @module
 */
import process from "node:process";
import type { Driver, Pipe } from "./driver.ts";

/** Does one step of the work and says how many units (commands, unless the workload says otherwise) that was. */
export type Step = () => Promise<number>;

/** One piece of work. */
export interface Workload {
  /** Its name, in results and on the command line. */
  readonly name: string;
  /** What it is, for people. */
  readonly title: string;
  /** What is counted. */
  readonly unit: string;
  /** At least this many units are measured in all rounds of a full run together, however long it takes. */
  readonly total?: number;
  /** How many rounds are enough, where one takes long. */
  readonly rounds?: number;
  /** Lua that fills the server. */
  readonly setup?: string;
  /** Makes the step; `undefined` if the driver has no such thing. */
  prepare(driver: Driver): Step | undefined | Promise<Step | undefined>;
  /** Its commands are sent as promises, one by one: a client may gather them by itself. */
  readonly promises?: boolean;
  /**
   * The same work for programs in other languages: `one HGET`, `pipeline HSET 100`, `hash HGET 1000`, `reply LRANGE key 0 -1`,
   * `reply-bytes GET key`, `set key 1024`, `set-bytes key 1024`.
   */
  readonly native?: string;
  /** The same work for `redis-benchmark`: its options and command. */
  readonly benchmark?: readonly string[];
}

/** A thousand fields, in the form `redis-benchmark` makes them. */
const FIELDS: readonly string[] = Array.from({ length: 1000 }, (_, i) => `field:${String(i).padStart(12, "0")}`);
const HASH = "bench:hash";
const VALUE = "value:123456";
const FILL_HASH = `for i = 0, 999 do redis.call('HSET', '${HASH}', string.format('field:%012d', i), '${VALUE}') end`;

const grouped = (n: number): string => n.toLocaleString("en-US");
const FIELD = ["-r", "1000"];
const HGET = [...FIELD, "HGET", HASH, "field:__rand_int__"];
const HSET = [...FIELD, "HSET", HASH, "field:__rand_int__", VALUE];

type Command = "hset" | "hget";

function commandOf(driver: Pick<Driver, Command>, command: Command): (i: number) => Promise<unknown> {
  return command === "hset"
    ? (i) => driver.hset(HASH, FIELDS[i % 1000], VALUE)
    : (i) => driver.hget(HASH, FIELDS[i % 1000]);
}

function fill(pipe: Pipe, command: Command, from: number, count: number): void {
  if (command === "hset") {
    for (let i = from; i < from + count; i++) pipe.hset(HASH, FIELDS[i % 1000], VALUE);
  } else {
    for (let i = from; i < from + count; i++) pipe.hget(HASH, FIELDS[i % 1000]);
  }
}

/** `callers` loops at once, each awaiting its own command before the next. */
function callers(count: number, command: Command): Workload {
  return {
    name: `callers-${count}:${command}`,
    title: count === 1
      ? `one at a time, ${command.toUpperCase()}`
      : `${grouped(count)} callers, each awaiting its ${command.toUpperCase()}`,
    unit: "command",
    promises: count > 1,
    setup: FILL_HASH,
    native: count === 1 ? `one ${command.toUpperCase()}` : undefined,
    benchmark: count > 500 ? undefined : ["-c", String(count), ...(command === "hget" ? HGET : HSET)],
    prepare(driver) {
      const run = commandOf(driver, command);
      const each = Math.max(20, Math.ceil(200 / count));
      const caller = async (from: number): Promise<void> => {
        for (let i = 0; i < each; i++) await run(from + i);
      };
      return async () => {
        if (count === 1) await caller(0);
        else await Promise.all(Array.from({ length: count }, (_, i) => caller(i)));
        return count * each;
      };
    },
  };
}

/** So many promises made in one go, then awaited together. */
function storm(count: number, command: Command): Workload {
  return {
    name: `storm-${count}:${command}`,
    title: `${grouped(count)} ${command.toUpperCase()} promises at once`,
    unit: "command",
    promises: true,
    setup: FILL_HASH,
    prepare(driver) {
      const run = commandOf(driver, command);
      return async () => {
        const pending: Promise<unknown>[] = [];
        for (let i = 0; i < count; i++) pending.push(run(i));
        await Promise.all(pending);
        return count;
      };
    },
  };
}

/** Explicit pipelines of one depth. */
function pipeline(depth: number, command: Command): Workload {
  return {
    name: `pipeline-${depth}:${command}`,
    title: `pipelines of ${grouped(depth)} ${command.toUpperCase()}`,
    unit: "command",
    total: 100_000,
    setup: FILL_HASH,
    native: `pipeline ${command.toUpperCase()} ${depth}`,
    benchmark: ["-c", "1", "-P", String(depth), ...(command === "hget" ? HGET : HSET)],
    prepare(driver) {
      return async () => {
        const pipe = driver.pipeline();
        fill(pipe, command, 0, depth);
        await pipe.exec();
        return depth;
      };
    },
  };
}

/** Ten pipelines of a thousand at once, five times: `pipe` makes one. */
function tenPipelines(command: Command, pipe: () => Pipe): Step {
  return async () => {
    for (let round = 0; round < 5; round++) {
      await Promise.all(Array.from({ length: 10 }, () => {
        const one = pipe();
        fill(one, command, 0, 1000);
        return one.exec();
      }));
    }
    return 50_000;
  };
}

/** What a pool is held against: the same pipelines, all over one connection. */
function unpooled(command: Command): Workload {
  return {
    name: `at-once-10:${command}`,
    title: `50,000 ${command.toUpperCase()} over one connection: pipelines of 1,000, ten at a time`,
    unit: "command",
    total: 50_000,
    setup: FILL_HASH,
    prepare: (driver) => tenPipelines(command, () => driver.pipeline()),
  };
}

/** The talk's second picture: a hash of so many fields written or read whole, by pipelines of 100. */
function hashSize(size: number, command: Command): Workload {
  const key = `bench:hash:${size}`;
  return {
    name: `hash-${size}:${command}`,
    title: `every field of a hash of ${grouped(size)} by ${command.toUpperCase()}, pipelines of 100`,
    unit: "command",
    // redis-benchmark takes fields at random, not each once.
    native: `hash ${command.toUpperCase()} ${size}`,
    setup: `for i = 0, ${size - 1} do redis.call('HSET', '${key}', 'field:' .. i, '${VALUE}') end`,
    prepare(driver) {
      // Made by those who use them: whatever else is in a heap, a collector goes through it in every other workload.
      const fields = Array.from({ length: size }, (_, i) => `field:${i}`);
      return async () => {
        for (let from = 0; from < size; from += 100) {
          const pipe = driver.pipeline();
          if (command === "hset") { for (let i = from; i < from + 100; i++) pipe.hset(key, fields[i], VALUE); }
          else for (let i = from; i < from + 100; i++) pipe.hget(key, fields[i]);
          await pipe.exec();
        }
        return size;
      };
    },
  };
}

/** The talk's third table: 50,000 commands over a pool of 10. */
function pooled(command: Command, how: "callers" | "storm" | "pipelines"): Workload {
  const title =
    { callers: "500 callers", storm: "promises at once", pipelines: "pipelines of 1,000, ten at a time" }[how];
  return {
    name: `pool-10-${how}:${command}`,
    title: `50,000 ${command.toUpperCase()} over a pool of 10: ${title}`,
    unit: "command",
    total: 50_000,
    promises: how !== "pipelines",
    setup: FILL_HASH,
    async prepare(driver) {
      const pool = await driver.pool(10);
      const run = commandOf(pool as Driver, command);
      if (how === "pipelines") {
        if (pool.pipeline === undefined) return undefined;
        return tenPipelines(command, () => pool.pipeline!());
      }
      return async () => {
        if (how === "storm") {
          await Promise.all(Array.from({ length: 50_000 }, (_, i) => run(i)));
        } else {
          await Promise.all(Array.from({ length: 500 }, async () => {
            for (let i = 0; i < 100; i++) await run(i);
          }));
        }
        return 50_000;
      };
    },
  };
}

const FILL: Record<string, (key: string, n: number) => string> = {
  lrange: (key, n) => `for i = 1, ${n} do redis.call('RPUSH', '${key}', string.format('value:%06d', i)) end`,
  smembers: (key, n) => `for i = 1, ${n} do redis.call('SADD', '${key}', string.format('value:%06d', i)) end`,
  hgetall: (key, n) =>
    `for i = 1, ${n} do redis.call('HSET', '${key}', string.format('field:%06d', i), string.format('value:%06d', i)) end`,
  zrange: (key, n) => `for i = 1, ${n} do redis.call('ZADD', '${key}', i + 0.5, string.format('value:%06d', i)) end`,
  xrange: (key, n) =>
    `for i = 1, ${n} do redis.call('XADD', '${key}', i .. '-1', 'field', string.format('value:%06d', i)) end`,
};

const ASK: Record<string, (key: string) => string> = {
  lrange: (key) => `LRANGE ${key} 0 -1`,
  smembers: (key) => `SMEMBERS ${key}`,
  hgetall: (key) => `HGETALL ${key}`,
  zrange: (key) => `ZRANGE ${key} 0 -1 WITHSCORES`,
  xrange: (key) => `XRANGE ${key} - +`,
};

type Read = "lrange" | "smembers" | "hgetall" | "zrange" | "xrange";

/** A large aggregate, one at a time. */
function reply(read: Read, size: number): Workload {
  const key = `bench:${read}:${size}`;
  return {
    name: `${read}-${size}`,
    title: `${ASK[read]("").split(" ")[0]}${read === "zrange" ? " WITHSCORES" : ""} of ${grouped(size)}`,
    unit: "reply",
    setup: FILL[read](key, size),
    native: `reply ${ASK[read](key)}`,
    benchmark: ["-c", "1", ...ASK[read](key).split(" ")],
    prepare: (driver) => async () => {
      await driver[read](key);
      return 1;
    },
  };
}

function sizeName(bytes: number): string {
  return bytes >= 1 << 20 ? `${bytes >> 20}MiB` : bytes >= 1024 ? `${bytes >> 10}KiB` : `${bytes}B`;
}

/** One value of a size, written or read, as text or as bytes. */
function value(bytes: number, way: "get" | "set", kind: "text" | "bytes"): Workload {
  const key = `bench:value:${bytes}`;
  return {
    name: `${way}-${sizeName(bytes)}:${kind}`,
    title: `${way.toUpperCase()} of ${sizeName(bytes)} as ${kind}`,
    unit: "command",
    setup: `redis.call('SET', '${key}', string.rep('x', ${bytes}))`,
    native: `${way === "get" ? "reply" : "set"}${kind === "bytes" ? "-bytes" : ""} ${
      way === "get" ? `GET ${key}` : `${key} ${bytes}`
    }`,
    benchmark: way === "get" ? ["-c", "1", "GET", key] : ["-c", "1", "-d", String(bytes), "-t", "set"],
    prepare(driver) {
      const text = "x".repeat(bytes);
      const raw = new TextEncoder().encode(text);
      if (way === "get") {
        const get = kind === "text" ? driver.get : driver.getBytes;
        return get && (async () => {
          await get(key);
          return 1;
        });
      }
      return async () => {
        await (kind === "text" ? driver.set(key, text) : driver.setBytes(key, raw));
        return 1;
      };
    },
  };
}

const mgetKeys = (): string[] => Array.from({ length: 10_000 }, (_, i) => `bench:mget:${i}`);

const mget: Workload = {
  name: "mget-10000",
  title: "MGET of 10,000 keys",
  unit: "reply",
  // Made when they are asked for: every other workload's heap has no use for so many words.
  get native() {
    return `reply MGET ${mgetKeys().join(" ")}`;
  },
  get benchmark() {
    return ["-c", "1", "MGET", ...mgetKeys()];
  },
  setup: `for i = 0, 9999 do redis.call('SET', 'bench:mget:' .. i, '${VALUE}') end`,
  prepare(driver) {
    const keys = mgetKeys();
    return async () => {
      await driver.mget(keys);
      return 1;
    };
  },
};

const transaction: Workload = {
  name: "transaction-10",
  title: "transactions of 10 HSET, one at a time",
  unit: "transaction",
  setup: FILL_HASH,
  prepare: ({ transaction }) =>
    transaction && (async () => {
      for (let i = 0; i < 20; i++) await transaction(HASH, FIELDS.slice(0, 10), VALUE);
      return 20;
    }),
};

const cached: Workload = {
  name: "cached-get",
  title: "GET answered by a client-side cache",
  unit: "command",
  setup: `redis.call('SET', 'bench:cached', '${VALUE}')`,
  prepare: ({ cachedGet }) =>
    cachedGet && (async () => {
      for (let i = 0; i < 1000; i++) await cachedGet("bench:cached");
      return 1000;
    }),
};

const fanOut: Workload = {
  name: "publish-10",
  title: "messages published to 10 subscribers, 1,000 in flight",
  unit: "message heard",
  promises: true,
  async prepare(driver) {
    if (driver.subscribe === undefined) return undefined;
    // Everybody is there at once: who is not measured must hear nothing.
    const channel = `bench:channel:${process.pid}`;
    let heard = 0;
    let wanted = 0;
    let done = (): void => {};
    for (let i = 0; i < 10; i++) {
      await driver.subscribe(channel, () => {
        if (++heard === wanted) done();
      });
    }
    return async () => {
      heard = 0;
      wanted = 10_000;
      const all = new Promise<void>((resolve) => done = resolve);
      await Promise.all(Array.from({ length: 1000 }, () => driver.publish(channel, VALUE)));
      await all;
      return wanted;
    };
  },
};

const mixed: Workload = {
  name: "mixed-80-20",
  title: "50 callers, 80 % GET and 20 % SET of 100 bytes",
  unit: "command",
  promises: true,
  setup: "for i = 0, 999 do redis.call('SET', 'bench:mixed:' .. i, string.rep('x', 100)) end",
  prepare(driver) {
    const keys = Array.from({ length: 1000 }, (_, i) => `bench:mixed:${i}`);
    const text = "x".repeat(100);
    const caller = async (from: number): Promise<void> => {
      for (let i = 0; i < 20; i++) {
        const key = keys[(from * 37 + i * 11) % 1000];
        if (i % 5 === 0) await driver.set(key, text);
        else await driver.get(key);
      }
    };
    return async () => {
      await Promise.all(Array.from({ length: 50 }, (_, i) => caller(i)));
      return 1000;
    };
  },
};

/** The talk's first table, in full: so many commands, one at a time. */
function single(count: number, command: Command): Workload {
  return {
    ...callers(1, command),
    name: `single-${count}:${command}`,
    title: `${grouped(count)} ${command.toUpperCase()} one at a time`,
    total: count,
    rounds: 3,
  };
}

/** Values of these sizes, both ways, as text and as bytes. */
function values(...sizes: number[]): Workload[] {
  return sizes.flatMap((bytes) =>
    (["get", "set"] as const).flatMap((way) => (["text", "bytes"] as const).map((kind) => value(bytes, way, kind)))
  );
}

const READS: readonly Read[] = ["lrange", "hgetall", "smembers", "zrange", "xrange"];
const BOTH: readonly Command[] = ["hset", "hget"];

/** The workloads by group; each group is measured and stored on its own. */
export const GROUPS: Readonly<Record<string, readonly Workload[]>> = {
  /** What this project has promised to be ahead in; `targets.ts` says by how much. */
  targets: [
    ...BOTH.flatMap((command) => [100, 1000, 10_000, 100_000].map((depth) => pipeline(depth, command))),
    ...BOTH.flatMap((command) => [storm(10_000, command), callers(50, command), callers(1, command)]),
    ...READS.map((read) => reply(read, 10_000)),
    ...values(1 << 20, 10 << 20),
    ...BOTH.flatMap((command) => [
      pooled(command, "callers"),
      pooled(command, "storm"),
      pooled(command, "pipelines"),
      unpooled(command),
    ]),
  ],
  core: [
    callers(1, "hget"),
    callers(50, "hget"),
    storm(10_000, "hset"),
    pipeline(100, "hset"),
    pipeline(10_000, "hset"),
    reply("lrange", 10_000),
    reply("hgetall", 10_000),
    value(1 << 20, "get", "text"),
  ],
  single: BOTH.flatMap((command) => [50_000, 100_000, 250_000].map((count) => single(count, command))),
  pipelines: BOTH.flatMap((command) =>
    [100, 500, 1000, 5000, 10_000, 50_000, 100_000].map((depth) => pipeline(depth, command))
  ),
  hashes: BOTH.flatMap((command) =>
    [1000, 5000, 10_000, 25_000, 50_000, 75_000, 100_000].map((size) => hashSize(size, command))
  ),
  pool: BOTH.flatMap((command) => [
    pooled(command, "callers"),
    pooled(command, "storm"),
    pooled(command, "pipelines"),
    unpooled(command),
    storm(50_000, command),
  ]),
  callers: [1, 10, 50, 1000].map((count) => callers(count, "hget")).concat([
    storm(10_000, "hset"),
    storm(10_000, "hget"),
  ]),
  values: values(10, 1024, 100 * 1024, 1 << 20, 10 << 20),
  replies: READS.flatMap((read) => [10, 1000, 10_000, 100_000, 1_000_000].map((size) => reply(read, size))),
  features: [mget, fanOut, transaction, cached, mixed],
};

/** Finds a workload by its name, whatever its group. */
export function workloadOf(name: string): Workload {
  for (const group of Object.values(GROUPS)) {
    const found = group.find((workload) => workload.name === name);
    if (found !== undefined) return found;
  }
  throw new RangeError(`no workload is named ${name}`);
}
