/**
 * The whole path in one command, on a private server that is gone afterwards: `deno task demo`, `bun run demo`.
 *
 * @module
 */
import process from "node:process";
import type { Redis } from "../mod.ts";
import { accessLog, hourOf } from "./demo/access_log.ts";
import { chapter, expect, progress, say, show, timed } from "./demo/report.ts";
import { regenerate, startServer, Unprepared } from "./demo/setup.ts";

const WORDS = 10_000;
const LINES = 200_000;

async function main(): Promise<void> {
  chapter("Preparing");
  await using server = await startServer();
  await regenerate();
  // Only now, so that the commands are those which have just been generated.
  const { connect, connectPool } = await import("../mod.ts");

  chapter("Connecting");
  await using redis = await timed(`connect("${server.url}")`, () => connect(server.url));
  await single(redis);
  await pipelined(redis);
  {
    const { hostname, port } = server;
    await using pool = await connectPool({ hostname, port, size: 10 });
    await pooled(pool);
  }
  await types(redis);
  await analysis(redis);
  chapter("Done. The private server is stopped and its folder removed.");
}

async function single(redis: Redis): Promise<void> {
  chapter("One command at a time");
  const added: number = await timed(
    'hset("user:1", { name: "Ada", role: "engineer" })',
    () => redis.hset("user:1", { name: "Ada", role: "engineer" }),
  );
  show("number", added);
  const name: string | null = await timed('hget("user:1", "name")', () => redis.hget("user:1", "name"));
  show("string | null", name);
  const nothing = await timed('hget("user:1", "no such field")', () => redis.hget("user:1", "no such field"));
  show("string | null", nothing);
  expect("single commands", [added, name, nothing], [2, "Ada", null]);
}

async function pipelined(redis: Redis): Promise<void> {
  chapter("A pipeline");
  const replies = await timed(`${WORDS} hset in one pipeline`, async () => {
    const p = redis.pipeline();
    for (let i = 0; i < WORDS; i++) p.hset("words", `word|${i}`, "1");
    return await p.exec();
  }, WORDS);
  show("replies", replies.length);
  const pair: [string | null, number] = await timed(
    "two commands, one round trip, a typed tuple",
    () => redis.pipeline((p) => [p.hget("words", "word|77"), p.hlen("words")]),
  );
  show("[string | null, number]", pair);
  expect("pipeline", pair, ["1", WORDS]);
}

async function pooled(pool: Redis): Promise<void> {
  chapter("A pool of 10 connections");
  await timed(
    `${WORDS} hset over the pool`,
    () => Promise.all(Array.from({ length: WORDS }, (_, i) => pool.hset("pooled words", `word|${i}`, "1"))),
    WORDS,
  );
  show("stats()", pool.stats());
  expect("pool", await pool.hlen("pooled words"), WORDS);
}

/** Every data type once; what is expected stands beside it. */
async function types(redis: Redis): Promise<void> {
  chapter("Data types");
  const check = async <T>(what: string, work: () => Promise<T>, wanted: unknown): Promise<void> => {
    const reply = await timed(what, work);
    show("reply", reply);
    expect(what, reply, wanted);
  };
  await check('set("greeting", "hello", { ex: 60 })', () => redis.set("greeting", "hello", { ex: 60 }), "OK");
  await check('mget("greeting", "nobody")', () => redis.mget("greeting", "nobody"), ["hello", null]);
  await check('rpush("queue", "a", "b", "c")', () => redis.rpush("queue", "a", "b", "c"), 3);
  await check('lrange("queue", 0, -1)', () => redis.lrange("queue", 0, -1), ["a", "b", "c"]);
  await check('sadd("tags", "deno", "bun", "node")', () => redis.sadd("tags", "deno", "bun", "node"), 3);
  await check('sismember("tags", "bun")', () => redis.sismember("tags", "bun"), 1);
  await check('hgetall("user:1")', () => redis.hgetall("user:1"), { name: "Ada", role: "engineer" });
  await check('hincrby("user:1", "visits", 5)', () => redis.hincrby("user:1", "visits", 5), 5);
  await check('zadd("scores", { ada: 3.5, bob: 1 })', () => redis.zadd("scores", { ada: 3.5, bob: 1 }), 2);
  await check(
    'zrange("scores", 0, -1, { withscores: true })',
    () => redis.zrange("scores", 0, -1, { withscores: true }),
    [["bob", 1], ["ada", 3.5]],
  );
  const script = "return { KEYS[1], ARGV[1] + 1 }";
  await check(
    `eval<[string, number]>("${script}", ["k"], [41])`,
    () => redis.eval<[string, number]>(script, ["k"], [41]),
    ["k", 42],
  );
  show("redis.bytes.get", await timed("the same client, bytes", () => redis.bytes.get("greeting")));
  show(
    "redis.bigints.incrby",
    await timed("the same client, exact integers", () => redis.bigints.incrby("big", 2n ** 60n)),
  );
}

async function analysis(redis: Redis): Promise<void> {
  chapter("Analysing an access log");
  const lines = await timed(`make ${LINES.toLocaleString("en")} lines`, () => accessLog(LINES), LINES);
  say(`    ${lines[0]}`);
  const wanted = new Map<string, number>();
  for (const line of lines) wanted.set(hourOf(line), (wanted.get(hourOf(line)) ?? 0) + 1);
  await timed('zincrby("hits", 1, hour) for each line, pipelined', () => {
    const tell = progress(LINES);
    let done = 0;
    return redis.pipeline(function* (p) {
      for (const line of lines) {
        yield p.zincrby("hits", 1, hourOf(line));
        tell(++done);
      }
    }, { replies: false });
  }, LINES);
  const hours: [member: string, score: number][] = await timed(
    "zrange, busiest first",
    () => redis.zrange("hits", 0, -1, { rev: true, withscores: true }),
  );
  const most = hours[0]?.[1] ?? 1;
  for (const [hour, hits] of hours) {
    say(`    ${hour}  ${String(hits).padStart(6)}  ${"█".repeat(Math.round(30 * hits / most))}`);
  }
  expect("hours", [...hours].sort(), [...wanted].sort());
}

try {
  await main();
} catch (error) {
  console.error("\nThe demo failed:", error instanceof Unprepared ? error.message : error);
  process.exitCode = 1;
}
