// What somebody's program does with us: every surface once, on whichever runtime it is installed.
import { connect, connectPool, type Redis, ReplyError } from "@respire/redis";

function expect(what: string, got: unknown, wanted: unknown): void {
  const [is, should] = [JSON.stringify(got), JSON.stringify(wanted)];
  if (is !== should) throw new Error(`${what}: ${is} instead of ${should}`);
  console.log(`ok ${what}`);
}

async function commands(redis: Redis): Promise<void> {
  await redis.flushall();
  expect("set", await redis.set("greeting", "hello", { ex: 60 }), "OK");
  const greeting: string | null = await redis.get("greeting");
  expect("get", greeting, "hello");
  expect("hset", await redis.hset("user:1", { name: "Ada", role: "engineer" }), 2);
  expect("hgetall", await redis.hgetall("user:1"), { name: "Ada", role: "engineer" });
  expect("call", await redis.call("ECHO", "héllo"), "héllo");
  expect("bytes", Array.from(await redis.bytes.get("greeting") ?? []), [104, 101, 108, 108, 111]);
  expect("bigints", String(await redis.bigints.incrby("large", 9007199254740993n)), "9007199254740993");
  expect("with", await redis.with({ timeout: undefined }).ping(), "PONG");
  const error = await redis.lpush("greeting", "x").catch((error: unknown) => error);
  expect("error", error instanceof ReplyError && error.code, "WRONGTYPE");
}

async function batches(redis: Redis): Promise<void> {
  const [visits, name]: [number, string | null] = await redis.pipeline((
    p,
  ) => [p.incr("visits"), p.hget("user:1", "name")]);
  expect("pipeline", [visits, name], [1, "Ada"]);
  const pipeline = redis.pipeline();
  for (let i = 0; i < 1000; i++) pipeline.rpush("list", `item ${i}`);
  expect("exec", (await pipeline.exec()).at(-1), 1000);
  expect("transaction", await redis.transaction((tx) => [tx.set("a", 1), tx.incr("a")]), ["OK", 2]);
  expect(
    "session",
    await redis.session(async (session) => {
      await session.select(1);
      return await session.dbsize();
    }),
    0,
  );
}

async function pool(): Promise<void> {
  const pool = await connectPool({ hostname: "127.0.0.1", port: 6379, size: 3 });
  const replies = await Promise.all(Array.from({ length: 100 }, () => pool.incr("counter")));
  expect("pool", replies.toSorted((a, b) => a - b).at(-1), 100);
  await pool.close();
}

await using redis = await connect("redis://127.0.0.1:6379");
await commands(redis);
await batches(redis);
await pool();
console.log("tour done");
