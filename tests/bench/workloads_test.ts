// Every workload, once, with our client: it sends what its name says, counts that right, and gets the replies it is about.
import { assert, assertEquals, assertThrows } from "@std/assert";
import { open } from "../../bench/clients/respire.ts";
import type { Driver, Pipe, Pool } from "../../bench/driver.ts";
import { GROUPS, type Workload, workloadOf } from "../../bench/workloads.ts";
import { missing, type Server, startRedis } from "../support/servers.ts";
import { test } from "../support/test.ts";

const VALUE = "value:123456";
/** The same work as others, of a size that takes seconds to fill. */
const HUGE = /-1000000$/;

/** Our driver, that tells each reply to whoever listens, and closes what a workload opens. */
class Watched {
  /** Replies by command, as they came. */
  readonly replies = new Map<string, unknown[]>();
  readonly driver: Driver;
  readonly #close: (() => unknown)[] = [];

  constructor(own: Driver) {
    this.#close.push(() => own.close());
    const watched = Object.entries(own).map(([name, method]) => [name, this.#watch(name, method)]);
    this.driver = {
      ...Object.fromEntries(watched),
      pipeline: () => this.#pipe(own.pipeline()),
      pool: async (size: number) => this.#pool(await own.pool(size)),
      subscribe: async (channel: string, heard: (message: string) => void) => {
        const stop = await own.subscribe!(channel, (message) => {
          this.#note("message", message);
          heard(message);
        });
        this.#close.unshift(stop);
        return stop;
      },
    };
  }

  async close(): Promise<void> {
    for (const close of this.#close) await close();
  }

  #note(name: string, reply: unknown): unknown {
    const seen = this.replies.get(name);
    if (seen === undefined) this.replies.set(name, [reply]);
    else seen.push(reply);
    return reply;
  }

  #watch<A extends unknown[]>(name: string, method: (...args: A) => Promise<unknown>) {
    return async (...args: A): Promise<unknown> => this.#note(name, await method(...args));
  }

  #pipe(pipe: Pipe): Pipe {
    const names: string[] = [];
    const add = (name: "hset" | "hget") => (...args: [string, string, string]): void => {
      names.push(name);
      pipe[name](...args);
    };
    const exec = async (): Promise<unknown> => {
      const replies = await pipe.exec() as unknown[];
      assertEquals(replies.length, names.length);
      replies.forEach((reply, i) => this.#note(names[i]!, reply));
      this.#note("exec", replies.length);
      return replies;
    };
    return { hset: add("hset"), hget: add("hget") as Pipe["hget"], exec };
  }

  #pool(pool: Pool): Pool {
    this.#close.unshift(() => pool.close());
    return {
      hset: this.#watch("hset", (key: string, field: string, value: string) => pool.hset(key, field, value)),
      hget: this.#watch("hget", (key: string, field: string) => pool.hget(key, field)),
      pipeline: () => this.#pipe(pool.pipeline!()),
      close: () => pool.close(),
    };
  }
}

/** How often the server was asked for each command since it was told to forget, those of connecting left out. */
async function asked(server: Server): Promise<Record<string, number>> {
  const stats = await server.command("INFO", "commandstats");
  const found = [...stats.matchAll(/^cmdstat_(\S+):calls=(\d+),.*rejected_calls=(\d+),failed_calls=(\d+)/gm)];
  const others = ["info", "hello", "echo", "config|resetstat", "client|setinfo", "client|setname", "select", "ping"];
  assertEquals(
    found.filter(([, name, , rejected, failed]) => name !== "client|setinfo" && (rejected !== "0" || failed !== "0")),
    [],
  );
  return Object.fromEntries(
    found.filter(([, name]) => !others.includes(name!)).map(([, name, calls]) => [name, Number(calls)]),
  );
}

/** What the name of a workload says that one step of it is: units, and commands that reach the server. */
function promised(name: string): { units: number; commands: Record<string, number> } {
  const [kind, size] = name.split(/[-:]/);
  const command = name.split(":")[1]!;
  const count = Number(size);
  switch (kind) {
    case "callers": {
      // At least 20 each, and 200 in all.
      const units = count * Math.max(20, Math.ceil(200 / count));
      return { units, commands: { [command]: units } };
    }
    case "single":
      return { units: 200, commands: { [command]: 200 } };
    case "storm":
    case "pipeline":
    case "hash":
      return { units: count, commands: { [command]: count } };
    case "pool":
    case "at":
      return { units: 50_000, commands: { [command]: 50_000 } };
    case "get":
    case "set":
      return { units: 1, commands: { [kind]: 1 } };
    case "transaction":
      return { units: 20, commands: { multi: 20, exec: 20, hset: 20 * count } };
    // Asked once: the cache answers the others.
    case "cached":
      return { units: 1000, commands: { get: 1, "client|tracking": 1 } };
    case "publish":
      return { units: 1000 * count, commands: { publish: 1000, subscribe: count } };
    case "mixed":
      return { units: 1000, commands: { get: 800, set: 200 } };
    default:
      return { units: 1, commands: { [kind!]: 1 } };
  }
}

/** The elements of a large reply, by the command that asks for it: how many, and the last. */
const READS: Readonly<Record<string, (reply: never, size: number) => [number, unknown, unknown]>> = {
  lrange: (reply: string[], size) => [reply.length, reply.at(-1), last("value", size)],
  smembers: (reply: Iterable<string>, size) => [
    [...reply].length,
    [...reply].includes(last("value", size)),
    true,
  ],
  hgetall: (reply: Record<string, string>, size) => [
    Object.keys(reply).length,
    reply[last("field", size)],
    last("value", size),
  ],
  zrange: (reply: unknown[], size) => [reply.length, reply.at(-1), [last("value", size), size + 0.5]],
  xrange: (reply: [id: string, fields: object][], size) => {
    const [id, fields] = reply.at(-1)!;
    return [reply.length, [id, { ...fields }], [`${size}-1`, { field: last("value", size) }]];
  },
};

function last(what: string, size: number): string {
  return `${what}:${String(size).padStart(6, "0")}`;
}

/** Holds replies against what the workload filled the server with. */
function checkReplies(name: string, replies: ReadonlyMap<string, readonly unknown[]>): void {
  const [, kind, size] = /^(\w+)-(\d+)/.exec(name) ?? [];
  const distinct = (command: string): unknown[] => [...new Set(replies.get(command))];
  if (replies.has("hget")) assertEquals(distinct("hget"), [VALUE]);
  // Every field was there before: nothing is added.
  if (replies.has("hset")) assertEquals(distinct("hset"), [0]);
  if (replies.has("message")) assertEquals(distinct("message"), [VALUE]);
  if (kind !== undefined && kind in READS) {
    const [count, found, wanted] = READS[kind]!(replies.get(kind)![0] as never, Number(size));
    assertEquals([count, found], [Number(size), wanted]);
  }
  if (name.startsWith("mget")) assertEquals(replies.get("mget"), [Array(10_000).fill(VALUE)]);
  if (name.startsWith("cached")) {
    assertEquals([distinct("cachedGet"), replies.get("cachedGet")!.length], [[VALUE], 1000]);
  }
  if (name.startsWith("mixed")) assertEquals([distinct("get"), distinct("set")], [["x".repeat(100)], ["OK"]]);
  if (name.startsWith("transaction")) assertEquals(replies.get("transaction"), Array(20).fill(Array(10).fill(0)));
  if (name.startsWith("set-")) assertEquals([...replies.values()].slice(0, 1), [["OK"]]);
  if (name.startsWith("get-")) checkValue(name, replies);
}

function checkValue(name: string, replies: ReadonlyMap<string, readonly unknown[]>): void {
  const [, amount, unit, kind] = /^get-(\d+)(B|KiB|MiB):(\w+)$/.exec(name)!;
  const bytes = Number(amount) * { B: 1, KiB: 1024, MiB: 1024 ** 2 }[unit as "B" | "KiB" | "MiB"];
  const [value] = replies.get(kind === "text" ? "get" : "getBytes")! as (string | Uint8Array)[];
  assertEquals([typeof value, value!.length], [kind === "text" ? "string" : "object", bytes]);
  assert(kind === "text" ? value === "x".repeat(bytes) : (value as Uint8Array).every((byte) => byte === 120));
}

async function runOnce(server: Server, workload: Workload): Promise<void> {
  await server.command("FLUSHALL");
  if (workload.setup !== undefined) {
    const answer = await server.command("EVAL", workload.setup, "0");
    assert(!answer.startsWith("-"), answer);
  }
  const watched = new Watched(await open(server.port));
  try {
    await server.command("CONFIG", "RESETSTAT");
    const step = await workload.prepare(watched.driver);
    const { units, commands } = promised(workload.name);
    assertEquals(await step!(), units, `${workload.name}: units`);
    const found = await asked(server);
    delete found.eval;
    assertEquals(found, commands, `${workload.name}: commands that the server got`);
    checkReplies(workload.name, watched.replies);
  } finally {
    await watched.close();
  }
}

/** Groups overlap: a workload is in the first group that has it. */
const seen = new Set<string>();
for (const [group, workloads] of Object.entries(GROUPS)) {
  const own = workloads.filter(({ name }) => !seen.has(name) && !HUGE.test(name));
  for (const { name } of own) seen.add(name);
  if (own.length === 0) continue;
  test(`the workloads of ${group} do what they say`, { skip: missing() }, async () => {
    await using server = await startRedis();
    for (const workload of own) await runOnce(server, workload);
  });
}

test("a name is one workload, whatever the group, and says its command or kind", () => {
  const titles = new Map<string, string>();
  for (const { name, title } of Object.values(GROUPS).flat()) {
    assertEquals(titles.get(name) ?? title, title);
    titles.set(name, title);
  }
  assert(titles.size > 60);
  assertEquals([...titles.keys()].filter((name) => !seen.has(name) && !HUGE.test(name)), []);
  for (const name of titles.keys()) assertEquals(workloadOf(name).name, name);
  assertThrows(() => workloadOf("nonsense"), RangeError, "nonsense");
  assertEquals(new Set(titles.values()).size, titles.size, "two workloads have one title");
});
