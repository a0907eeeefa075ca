/**
 * The same program on each client, of 200 lines: each line sends a command and uses its reply as what it is.
 *
 * @module
 */

/** A client that is compared. */
export type Consumed = "respire" | "node-redis" | "ioredis" | "iovalkey";

interface Dialect {
  readonly head: readonly string[];
  /** Statements, the same ones in each dialect; `_N_` stands for a number that makes names differ. */
  readonly lines: readonly string[];
}

const RESPIRE: Dialect = {
  head: ['import { connect } from "@jsr/respire__redis";', "const redis = await connect();"],
  lines: [
    'const text_N_: string | null = await redis.get("k_N_");',
    'await redis.set("k_N_", "v", { ex: 10, nx: true });',
    'const count_N_: number = await redis.incrby("n_N_", 2);',
    'await redis.hset("h_N_", { a: "1", b: "2" });',
    'const hash_N_: Record<string, string> = await redis.hgetall("h_N_");',
    'const field_N_: string | null = await redis.hget("h_N_", "a");',
    'const pushed_N_: number = await redis.rpush("l_N_", "a", "b");',
    'const list_N_: string[] = await redis.lrange("l_N_", 0, -1);',
    'const members_N_: string[] = await redis.smembers("s_N_");',
    'await redis.zadd("z_N_", { a: 1, b: 2 });',
    'const range_N_ = await redis.zrange("z_N_", 0, -1, { withscores: true });',
    "for (const [member_N_, score_N_] of range_N_) console.log(member_N_.length, score_N_.toFixed());",
    'const id_N_ = await redis.xadd("x_N_", "*", { f: "v" });',
    'const entries_N_ = await redis.xrange("x_N_", "-", "+", { count: 5 });',
    'const ttl_N_: number = await redis.ttl("k_N_");',
    'const many_N_: (string | null)[] = await redis.mget("a", "b");',
    'const [first_N_, second_N_] = await redis.pipeline((p) => [p.get("k_N_"), p.incr("n_N_")]);',
    "console.log(first_N_?.length, second_N_.toFixed(), id_N_, entries_N_.length);",
    "console.log(first_N_?.length, second_N_.toFixed(), id_N_, entries_N_.length);",
    'const pop_N_ = await redis.blpop(["l_N_"], 1);',
    "console.log(text_N_, count_N_, hash_N_, field_N_, pushed_N_, list_N_, members_N_, ttl_N_, many_N_, pop_N_);",
  ],
};

const NODE_REDIS: Dialect = {
  head: ['import { createClient } from "redis";', "const redis = await createClient().connect();"],
  lines: [
    'const text_N_: string | null = await redis.get("k_N_");',
    'await redis.set("k_N_", "v", { EX: 10, NX: true });',
    'const count_N_: number = await redis.incrBy("n_N_", 2);',
    'await redis.hSet("h_N_", { a: "1", b: "2" });',
    'const hash_N_: Record<string, string> = await redis.hGetAll("h_N_");',
    'const field_N_: string | null = await redis.hGet("h_N_", "a");',
    'const pushed_N_: number = await redis.rPush("l_N_", ["a", "b"]);',
    'const list_N_: string[] = await redis.lRange("l_N_", 0, -1);',
    'const members_N_: string[] = await redis.sMembers("s_N_");',
    'await redis.zAdd("z_N_", [{ value: "a", score: 1 }, { value: "b", score: 2 }]);',
    'const range_N_ = await redis.zRangeWithScores("z_N_", 0, -1);',
    "for (const { value: member_N_, score: score_N_ } of range_N_) console.log(member_N_.length, score_N_.toFixed());",
    'const id_N_ = await redis.xAdd("x_N_", "*", { f: "v" });',
    'const entries_N_ = await redis.xRange("x_N_", "-", "+", { COUNT: 5 });',
    'const ttl_N_: number = await redis.ttl("k_N_");',
    'const many_N_: (string | null)[] = await redis.mGet(["a", "b"]);',
    'const [first_N_, second_N_] = await redis.multi().get("k_N_").incr("n_N_").execTyped();',
    "console.log(first_N_?.length, second_N_.toFixed(), id_N_, entries_N_?.length);",
    "console.log(first_N_?.length, second_N_.toFixed(), id_N_, entries_N_?.length);",
    'const pop_N_ = await redis.blPop("l_N_", 1);',
    "console.log(text_N_, count_N_, hash_N_, field_N_, pushed_N_, list_N_, members_N_, ttl_N_, many_N_, pop_N_);",
  ],
};

const IOREDIS: Dialect = {
  head: ['import { Redis } from "ioredis";', "const redis = new Redis();"],
  lines: [
    'const text_N_: string | null = await redis.get("k_N_");',
    'await redis.set("k_N_", "v", "EX", 10, "NX");',
    'const count_N_: number = await redis.incrby("n_N_", 2);',
    'await redis.hset("h_N_", { a: "1", b: "2" });',
    'const hash_N_: Record<string, string> = await redis.hgetall("h_N_");',
    'const field_N_: string | null = await redis.hget("h_N_", "a");',
    'const pushed_N_: number = await redis.rpush("l_N_", "a", "b");',
    'const list_N_: string[] = await redis.lrange("l_N_", 0, -1);',
    'const members_N_: string[] = await redis.smembers("s_N_");',
    'await redis.zadd("z_N_", 1, "a", 2, "b");',
    'const range_N_ = await redis.zrange("z_N_", "0", "-1", "WITHSCORES");',
    "for (const word_N_ of range_N_) console.log(word_N_.length);",
    'const id_N_ = await redis.xadd("x_N_", "*", "f", "v");',
    'const entries_N_ = await redis.xrange("x_N_", "-", "+", "COUNT", 5);',
    'const ttl_N_: number = await redis.ttl("k_N_");',
    'const many_N_: (string | null)[] = await redis.mget("a", "b");',
    'const both_N_ = await redis.multi().get("k_N_").incr("n_N_").exec();',
    "console.log(both_N_?.length, id_N_, entries_N_.length);",
    'const pop_N_ = await redis.blpop("l_N_", 1);',
    "console.log(text_N_, count_N_, hash_N_, field_N_, pushed_N_, list_N_, members_N_, ttl_N_, many_N_, pop_N_);",
  ],
};

const DIALECTS: Readonly<Record<Consumed, Dialect>> = {
  "respire": RESPIRE,
  "node-redis": NODE_REDIS,
  "ioredis": IOREDIS,
  "iovalkey": { ...IOREDIS, head: ['import { Redis } from "iovalkey";', IOREDIS.head[1]!] },
};

/** The program on a client. */
export function consumer(client: Consumed): string {
  const { head, lines } = DIALECTS[client];
  const body = Array.from({ length: 10 }, (_, at) => lines.map((line) => line.replaceAll("_N_", String(at))));
  return `${[...head, ...body.flat()].join("\n")}\nexport {};\n`;
}
