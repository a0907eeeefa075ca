// A Worker as somebody would write it: a client in each request, closed with its scope. The path says what to do.
import { connect, ConnectionError, ReplyError } from "@respire/redis/cloudflare";
import type { Redis } from "@respire/redis/cloudflare";

interface Env {
  readonly REDIS: string;
  readonly SECURE: string;
}

type Task = (env: Env) => Promise<unknown>;

async function commands(redis: Redis): Promise<unknown> {
  await redis.flushall();
  const results: unknown[] = [await redis.set("greeting", "hello", { ex: 60 }), await redis.get("greeting")];
  results.push(await redis.hset("user:1", { name: "Ada", role: "engineer" }), await redis.hgetall("user:1"));
  results.push(Array.from(await redis.bytes.get("greeting") ?? []));
  results.push(String(await redis.bigints.incrby("large", 9007199254740993n)));
  const error = await redis.lpush("greeting", "x").catch((error: unknown) => error);
  results.push(error instanceof ReplyError && error.code);
  return results;
}

async function batches(redis: Redis): Promise<unknown> {
  await redis.flushall();
  const tuple: [number, string | null] = await redis.pipeline((p) => [p.incr("visits"), p.get("visits")]);
  const pipeline = redis.pipeline();
  for (let i = 0; i < 50_000; i++) pipeline.rpush("list", `item ${i}`);
  const last = (await pipeline.exec()).at(-1);
  const together = await Promise.all(Array.from({ length: 100 }, () => redis.incr("counter")));
  const transaction = await redis.transaction((tx) => [tx.set("a", 1), tx.incr("a")]);
  const session = await redis.session(async (session) => {
    await session.select(1);
    return await session.dbsize();
  });
  return [tuple, last, together.at(-1), transaction, session];
}

async function pubsub(redis: Redis, env: Env): Promise<unknown> {
  await using other = await connect(env.REDIS);
  await using news = await redis.subscribe(["news", "weather"]);
  const heard: unknown[] = [await Promise.all([other.publish("news", "one"), other.publish("weather", "rain")])];
  for await (const message of news) if (heard.push(message) === 3) break;
  return heard;
}

async function blocking(redis: Redis): Promise<unknown> {
  const waiting = redis.blpop(["jobs"], 5);
  await redis.rpush("jobs", "one");
  return await waiting;
}

async function large(redis: Redis): Promise<unknown> {
  const value = new Uint8Array(8 << 20).map((_, i) => i % 251);
  await redis.set("large", value);
  const got = await redis.bytes.get("large");
  return [got?.length, got?.every((byte, i) => byte === i % 251)];
}

/** Opens a client only to see how that ends. */
async function attempt(...[target, options]: Parameters<typeof connect>): Promise<unknown> {
  try {
    await using redis = await connect(target, options);
    return await redis.ping();
  } catch (error) {
    return [error instanceof ConnectionError ? "ConnectionError" : (error as Error).name, (error as Error).message];
  }
}

async function secure({ SECURE }: Env): Promise<unknown> {
  const address = SECURE.replace("localhost", "127.0.0.1");
  return [
    await attempt(SECURE),
    await attempt(address, { tls: { serverName: "localhost" } }),
    await attempt(address, { tls: { serverName: "somebody.example" } }),
    await attempt(SECURE.replace("rediss:", "redis:"), { connectTimeout: 300 }),
    await attempt(SECURE, { tls: { ca: "-----BEGIN CERTIFICATE-----" } }),
    await attempt(SECURE, { tls: { verify: false } }),
  ];
}

let kept: Redis | undefined;

async function keep({ REDIS }: Env): Promise<unknown> {
  kept = await connect(REDIS);
  return await kept.ping();
}

/** What becomes of a client of an earlier request: it must not hang. */
async function reuse({ REDIS }: Env): Promise<unknown> {
  const name = (error: Error): string => error.name;
  const written = await kept!.set("reused", 1).catch(name);
  const read = await kept!.get("reused").catch(name);
  await using redis = await connect(REDIS);
  return [written, read, await redis.get("reused")];
}

/** How a write on a client of an earlier request ends, and after how many milliseconds. */
async function write(): Promise<unknown> {
  const began = Date.now();
  const outcome = await kept!.set("reused", 1).catch((error: Error) => error.name);
  return [outcome, Date.now() - began];
}

/** Ends while most of a write waits. */
async function leave({ REDIS }: Env): Promise<unknown> {
  kept = await connect(REDIS);
  kept.set("large", new Uint8Array(32 << 20)).catch(() => {});
  return "left";
}

/** Ends while a client of an earlier request is about another connection: what reads is sent again. */
function cut(): Promise<unknown> {
  kept!.get("reused").catch(() => {});
  return Promise.resolve("cut");
}

async function withClient(task: (redis: Redis, env: Env) => Promise<unknown>, env: Env): Promise<unknown> {
  await using redis = await connect(env.REDIS);
  return await task(redis, env);
}

const TASKS: Record<string, Task> = {
  "/commands": (env) => withClient(commands, env),
  "/batches": (env) => withClient(batches, env),
  "/pubsub": (env) => withClient(pubsub, env),
  "/blocking": (env) => withClient(blocking, env),
  "/large": (env) => withClient(large, env),
  "/secure": secure,
  "/refused": () => attempt("redis://127.0.0.1:1"),
  "/unix": () => attempt("unix:///tmp/redis.sock"),
  "/keep": keep,
  "/reuse": reuse,
  "/write": write,
  "/leave": leave,
  "/cut": cut,
  "/ping": ({ REDIS }) => attempt(REDIS),
};

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const task = TASKS[new URL(request.url).pathname];
    if (task === undefined) return new Response("no such task", { status: 404 });
    try {
      return Response.json(await task(env));
    } catch (error) {
      return new Response(String((error as Error).stack), { status: 500 });
    }
  },
};
