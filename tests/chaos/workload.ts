/**
 * What the callers of a chaos run do: every way to send a command, each command recognizable by a number of its own.
 *
 * @module
 */
import {
  type ClientOptions,
  connect,
  connectPool,
  defineScript,
  type Redis,
  ReplyError,
  type Subscription,
  TransactionError,
} from "../../mod.ts";
import { Enough, type Ledger } from "./ledger.ts";
import type { Random } from "./random.ts";

/** Adds like HINCRBY does, as a script. */
const add = defineScript({
  keys: ["hash"],
  args: ["number"],
  lua: `return redis.call("HINCRBY", KEYS[1], ARGV[1], ARGV[1])`,
  reply: Number,
});

/** What all callers share: what they did, by where its traces are. */
export class Traces {
  /** Numbers that were added to themselves in the hash `runs`. */
  readonly added: number[] = [];
  /** Numbers that were appended to the list `pushed`. */
  readonly pushed: number[] = [];
  /** Numbers that were written to keys of their own, `s:1`. */
  readonly written: number[] = [];
  /** Numbers that were added to the stream `stream`. */
  readonly streamed: number[] = [];
  /** Numbers that belong to one transaction. */
  readonly together: number[][] = [];
  /** Numbers that were put into the queue, and those that were taken out. */
  readonly queued: number[] = [];
  readonly taken: number[] = [];
  /** Pops that ended without anybody knowing whether they took something. */
  doubtfulPops = 0;
  /** How often the counter `agreed` was raised by comparing and setting: for certain, and at most. */
  agreed = 0;
  agreedAtMost = 0;
  /** What was published, and what each of the listeners heard. */
  readonly published: number[] = [];
  readonly heard: number[][] = [];
}

/** One caller: it does one thing after the other. */
export class Caller {
  readonly redis: Redis;
  readonly random: Random;
  readonly ledger: Ledger;
  readonly traces: Traces;
  readonly #mine: number[] = [];

  constructor(redis: Redis, random: Random, ledger: Ledger, traces: Traces) {
    this.redis = redis;
    this.random = random;
    this.ledger = ledger;
    this.traces = traces;
  }

  /** Does things until it has sent so many commands. */
  async work(commands: number): Promise<void> {
    const { ledger } = this;
    for (let left = commands; left > 0;) {
      const before = ledger.commands;
      const [size, act] = this.random.pick(ACTS);
      left -= size;
      await act(this);
      if (ledger.commands === before) left--;
    }
  }

  number(into: number[]): number {
    const number = this.ledger.number();
    into.push(number);
    return number;
  }

  /** Makes a call that leaves the trace of one number, and notes its fate. */
  async once(name: string, number: number, make: () => Promise<unknown>, wanted: unknown = number): Promise<boolean> {
    const outcome = await this.ledger.call(name, 1, make);
    if ("reply" in outcome) this.ledger.expect(name, outcome.reply, wanted);
    this.ledger.settle(number, "reply" in outcome ? "ran" : outcome.fate);
    return "reply" in outcome;
  }

  remember(number: number): void {
    this.#mine.push(number);
  }

  /** A number that this caller has written for certain, if there is one. */
  remembered(): number | undefined {
    return this.#mine[this.random.below(this.#mine.length)];
  }
}

async function adds(self: Caller): Promise<void> {
  const number = self.number(self.traces.added);
  await self.once("HINCRBY", number, () => self.redis.hincrby("runs", number, number));
}

async function burst(self: Caller): Promise<void> {
  await Promise.all(Array.from({ length: 20 + self.random.below(200) }, () => adds(self)));
}

async function echoes({ redis, ledger }: Caller): Promise<void> {
  const text = `e:${ledger.number()}`;
  const outcome = await ledger.call("ECHO", 1, () => redis.call("ECHO", text));
  if ("reply" in outcome) ledger.expect("ECHO", outcome.reply, text);
}

async function writes(self: Caller): Promise<void> {
  const { redis, traces } = self;
  const number = self.number(traces.written);
  if (await self.once("SET", number, () => redis.set(`s:${number}`, `v:${number}`), "OK")) self.remember(number);
}

async function reads(self: Caller): Promise<void> {
  const number = self.remembered();
  if (number === undefined) return await writes(self);
  const outcome = await self.ledger.call("GET", 1, () => self.redis.get(`s:${number}`));
  if ("reply" in outcome) self.ledger.expect("GET", outcome.reply, `v:${number}`);
}

async function bytes({ redis, ledger, random }: Caller): Promise<void> {
  const key = `b:${ledger.number()}`;
  const value = random.bytes(random.chance(0.1) ? 20_000 + random.below(100_000) : random.below(300));
  const outcome = await ledger.call("SET of bytes", 1, () => redis.set(key, value));
  if (!("reply" in outcome)) return;
  const back = await ledger.call("GET of bytes", 1, () => redis.bytes.get(key));
  if ("reply" in back) {
    const same = back.reply?.length === value.length && value.every((byte, i) => byte === back.reply![i]);
    ledger.expect("GET of bytes", same, true);
  }
}

async function pushes(self: Caller): Promise<void> {
  const number = self.number(self.traces.pushed);
  const outcome = await self.ledger.call("RPUSH", 1, () => self.redis.rpush("pushed", number));
  self.ledger.settle(number, "reply" in outcome ? "ran" : outcome.fate);
}

async function streams(self: Caller): Promise<void> {
  const number = self.number(self.traces.streamed);
  const outcome = await self.ledger.call("XADD", 1, () => self.redis.xadd("stream", "*", { n: number }));
  self.ledger.settle(number, "reply" in outcome ? "ran" : outcome.fate);
}

/** Settles what a pipeline gave for each of its numbers. */
function settleAll(self: Caller, numbers: number[], replies: readonly unknown[]): void {
  numbers.forEach((number, i) => {
    const reply = replies[i];
    if (reply instanceof Error) return self.ledger.settle(number, self.ledger.judge("pipeline", reply));
    self.ledger.expect("pipeline", reply, number);
    self.ledger.settle(number, "ran");
  });
}

async function pipelined(
  self: Caller,
  size: number,
  make: (numbers: number[]) => Promise<readonly unknown[]>,
): Promise<void> {
  const numbers = Array.from({ length: size }, () => self.number(self.traces.added));
  const outcome = await self.ledger.call("pipeline", size, () => make(numbers));
  if ("reply" in outcome) return settleAll(self, numbers, outcome.reply);
  for (const number of numbers) self.ledger.settle(number, outcome.fate);
}

async function pipeline(self: Caller): Promise<void> {
  const { redis, random } = self;
  const limited = random.chance(0.1) ? redis.with({ timeout: 1 + random.below(30) }) : redis;
  await pipelined(
    self,
    2 + random.below(60),
    (numbers) =>
      limited.pipeline((p) => numbers.map((number) => p.hincrby("runs", number, number)), { errors: "return" }),
  );
}

/** Filled by hand, long or drained on the way, so that it consists of several parts, encoded at once and later. */
async function longPipeline(self: Caller): Promise<void> {
  const every = self.random.chance(0.5) ? 50 + self.random.below(200) : Infinity;
  await pipelined(self, 300 + self.random.below(1500), async (numbers) => {
    const p = self.redis.pipeline({ errors: "return" });
    for (const [i, number] of numbers.entries()) {
      p.hincrby("runs", number, number);
      if (i % every === every - 1) await p.drain();
    }
    return await p.exec();
  });
}

async function transaction(self: Caller): Promise<void> {
  const { redis, random, ledger, traces } = self;
  const numbers = Array.from({ length: 2 + random.below(5) }, () => ledger.number());
  traces.together.push(numbers);
  traces.added.push(...numbers);
  const outcome = await ledger.call(
    "transaction",
    numbers.length + 2,
    () => redis.transaction((tx) => numbers.map((number) => tx.hincrby("runs", number, number))),
  );
  if ("reply" in outcome) return settleAll(self, numbers, outcome.reply);
  for (const number of numbers) ledger.settle(number, outcome.fate);
}

/** Reads a counter and raises it, if nobody else has raised it meanwhile. */
async function agrees({ redis, ledger, traces }: Caller): Promise<void> {
  const outcome = await ledger.call("WATCH", 4, () =>
    redis.session(async (session) => {
      await session.watch("agreed");
      const next = Number(await session.get("agreed") ?? 0) + 1;
      await session.transaction((tx) => [tx.set("agreed", next)]);
    }));
  if ("reply" in outcome) traces.agreed++;
  if ("reply" in outcome || outcome.fate === "maybe") traces.agreedAtMost++;
}

/** What is done in another database must not be done in this one. */
async function elsewhere({ redis, ledger }: Caller): Promise<void> {
  await ledger.call("SELECT", 3, () =>
    redis.session(async (session) => {
      await session.select(1);
      for (let i = 0; i < 2; i++) await session.set(`elsewhere:${ledger.number()}`, "1");
    }));
}

async function queues(self: Caller): Promise<void> {
  const number = self.number(self.traces.queued);
  const outcome = await self.ledger.call("LPUSH", 1, () => self.redis.lpush("queue", number));
  self.ledger.settle(number, "reply" in outcome ? "ran" : outcome.fate);
}

async function takes({ redis, random, ledger, traces }: Caller): Promise<void> {
  const stop = new AbortController();
  const how = random.below(4);
  const surface = how === 0
    ? redis.with({ signal: stop.signal })
    : how === 1
    ? redis.with({ timeout: 5 + random.below(60) })
    : redis;
  const timer = how === 0 ? setTimeout(() => stop.abort(new Enough(false)), random.below(40)) : undefined;
  const outcome = await ledger.call("BLPOP", 1, () => surface.blpop(["queue"], 0.05 + random.next() / 10));
  clearTimeout(timer);
  if ("reply" in outcome) {
    if (outcome.reply !== null) {
      ledger.expect("BLPOP", outcome.reply[0], "queue");
      traces.taken.push(Number(outcome.reply[1]));
    }
    return;
  }
  // Who gave up got nothing, and nothing was taken for it: that is what is promised. A lost connection promises nothing.
  const { error } = outcome;
  const gaveUp = error instanceof Enough || (error as Error).name === "TimeoutError";
  if (outcome.fate === "maybe" && !gaveUp) traces.doubtfulPops++;
}

async function publishes(self: Caller): Promise<void> {
  const number = self.number(self.traces.published);
  const outcome = await self.ledger.call("PUBLISH", 1, () => self.redis.publish("news", number));
  self.ledger.settle(number, "reply" in outcome ? "ran" : outcome.fate);
}

async function hurries(self: Caller): Promise<void> {
  const hurried = self.redis.with({ timeout: 1 + self.random.below(8) });
  const number = self.number(self.traces.added);
  await self.once("HINCRBY in time", number, () => hurried.hincrby("runs", number, number));
}

async function aborts(self: Caller): Promise<void> {
  const { redis, random, traces } = self;
  const stop = new AbortController();
  const when = random.below(4);
  if (when === 0) stop.abort(new Enough(true));
  const number = self.number(traces.added);
  const done = self.once(
    "HINCRBY aborted",
    number,
    () => redis.with({ signal: stop.signal }).hincrby("runs", number, number),
  );
  if (when === 1) stop.abort(new Enough(false));
  if (when === 2) queueMicrotask(() => stop.abort(new Enough(false)));
  const timer = when === 3 ? setTimeout(() => stop.abort(new Enough(false)), random.below(3)) : undefined;
  await done;
  clearTimeout(timer);
}

async function scripts(self: Caller): Promise<void> {
  const number = self.number(self.traces.added);
  await self.once("EVALSHA", number, () => add.run(self.redis, ["runs"], [number]));
}

async function refusals(self: Caller): Promise<void> {
  const outcome = await self.ledger.call("WRONGTYPE", 1, () => self.redis.lpush("text", "x"));
  if ("reply" in outcome) self.ledger.accuse("mispairing", `LPUSH to a string gave ${outcome.reply}`);
  else if (outcome.error instanceof ReplyError) self.ledger.expect("WRONGTYPE", outcome.error.command, "LPUSH");
  else if (outcome.error instanceof TransactionError) {
    self.ledger.accuse("mispairing", "LPUSH got a transaction's error");
  }
}

/** How often each is done, and how many commands it is, about. */
const ACTS: readonly (readonly [number, readonly [number, (self: Caller) => Promise<void>]])[] = [
  [20, [1, adds]],
  [1.5, [110, burst]],
  [15, [1, echoes]],
  [8, [1, writes]],
  [10, [1, reads]],
  [3, [2, bytes]],
  [5, [1, pushes]],
  [3, [1, streams]],
  [10, [32, pipeline]],
  [0.2, [1050, longPipeline]],
  [6, [6, transaction]],
  [3, [4, agrees]],
  [2, [3, elsewhere]],
  [6, [1, queues]],
  [4, [1, takes]],
  [4, [1, publishes]],
  [6, [1, hurries]],
  [6, [1, aborts]],
  [5, [1, scripts]],
  [2, [1, refusals]],
];

/** The clients of a run: each of another kind. */
export async function openClients(url: string, options: ClientOptions): Promise<Redis[]> {
  return await Promise.all([
    connect(url, options),
    connect(url, { ...options, protocol: 2 }),
    connectPool(url, { ...options, size: 6 }),
  ]);
}

/** Listens to everything that is published. */
export function listen(redis: Redis, ledger: Ledger, traces: Traces): Promise<Subscription> {
  const heard: number[] = [];
  traces.heard.push(heard);
  return redis.subscribe("news", {
    onMessage: ({ channel, message }) => {
      ledger.expect("message", channel, "news");
      heard.push(Number(message));
    },
  });
}
