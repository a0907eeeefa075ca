import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { connect, ReplyError } from "../../mod.ts";
import { missing, type ServerVersion, startRedis } from "../support/servers.ts";
import { test } from "../support/test.ts";

const VERSIONS: readonly ServerVersion[] = ["redis-7.0", "redis-8", "valkey-9"];

/** Everything that an iterator gives, in order. */
async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

for (const version of VERSIONS) {
  for (const protocol of [3, 2] as const) {
    const where = `${version}, RESP${protocol}`;

    test(`scanIterator() finds every key, in batches, ${where}`, { skip: missing(version) }, async () => {
      await using server = await startRedis({ version });
      await using redis = await connect(server.url, { protocol });
      const wanted = Array.from({ length: 1000 }, (_, i) => `user:${i}`);
      await redis.pipeline((p) => wanted.map((key) => p.set(key, "x")));
      await redis.pipeline((p) => [p.sadd("user:set", "m"), p.set("other", "x")]);
      const batches = await all(redis.scanIterator({ match: "user:*", type: "string", count: 50 }));
      assertEquals(new Set(batches.flat()), new Set(wanted));
      assert(batches.length > 10 && batches.every((batch) => batch.length > 0), `${batches.length} batches`);
      assertEquals(new Set(await all(redis.scanIterator().each())), new Set([...wanted, "user:set", "other"]));
      assertEquals(await all(redis.scanIterator({ match: "nothing*" })), []);
    });

    test(`the iterators of one key give its elements, ${where}`, { skip: missing(version) }, async () => {
      await using server = await startRedis({ version });
      await using redis = await connect(server.url, { protocol });
      const numbers = Array.from({ length: 1000 }, (_, i) => i);
      await redis.hset("hash", new Map(numbers.map((n) => [`f${n}`, `v${n}`])));
      await redis.sadd("set", ...numbers.map((n) => `m${n}`));
      await redis.zadd("sorted", new Map(numbers.map((n) => [`m${n}`, n / 2])));
      const fields = new Map(await all(redis.hscanIterator("hash").each()));
      assertEquals(fields, new Map(numbers.map((n) => [`f${n}`, `v${n}`])));
      assert((await all(redis.hscanIterator("hash", { count: 100 }))).length > 3);
      const members = new Set(await all(redis.sscanIterator("set", { match: "m*" }).each()));
      assertEquals(members, new Set(numbers.map((n) => `m${n}`)));
      const scores = new Map<string, number>(await all(redis.zscanIterator("sorted").each()));
      assertEquals(scores, new Map(numbers.map((n) => [`m${n}`, n / 2])));
      assertEquals(await all(redis.hscanIterator("hash", { match: "f7" })), [[["f7", "v7"]]]);
    });
  }

  // Redis 7.0 has no NOVALUES.
  if (version === "redis-7.0") continue;
  test(`hscanIterator() gives fields alone, on ${version}`, { skip: missing(version) }, async () => {
    await using server = await startRedis({ version });
    await using redis = await connect(server.url);
    await redis.hset("hash", { a: "1", b: "2" });
    const fields: string[][] = await all(redis.hscanIterator("hash", { novalues: true }));
    assertEquals(fields.flat().sort(), ["a", "b"]);
  });
}

test("iterators give bytes on the bytes surface", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  const odd = new Uint8Array([0, 255, 13, 10]);
  await redis.set(odd, "x");
  assertEquals(await all(redis.bytes.scanIterator({ match: odd }).each()), [odd]);
  await redis.del(odd);
  await redis.hset(odd, [[odd, odd]]);
  await redis.zadd("sorted", [[odd, 1.5]]);
  assertEquals(await all(redis.bytes.hscanIterator(odd).each()), [[odd, odd]]);
  assertEquals(await all(redis.bytes.bigints.zscanIterator("sorted").each()), [[odd, 1.5]]);
});

test("a field that is called like a property of every object is a field", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  await redis.hset("hash", [["__proto__", "a"], ["constructor", "b"], ["2", "c"], ["1", "d"]]);
  const fields = await all(redis.hscanIterator("hash").each());
  assertEquals(fields.map((pair) => pair.join("=")).sort(), ["1=d", "2=c", "__proto__=a", "constructor=b"]);
});

test("a walk that was left goes on where it was, here or elsewhere", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  const wanted = Array.from({ length: 500 }, (_, i) => `k${i}`);
  await redis.mset(Object.fromEntries(wanted.map((key) => [key, "x"])));
  const walk = redis.scanIterator({ count: 20 });
  const found = new Set<string>();
  for await (const keys of walk) {
    keys.forEach((key) => found.add(key));
    if (found.size > 200) break;
  }
  const { cursor } = walk;
  assert(/^[1-9]\d*$/.test(cursor), cursor);
  assert(found.size < 500);
  const elsewhere = new Set(found);
  for await (const key of redis.scanIterator({ cursor }).each()) elsewhere.add(key);
  for await (const key of walk.each()) found.add(key);
  assertEquals([found.size, elsewhere.size, walk.cursor], [500, 500, "0"]);
  assertEquals(await all(walk), []);
});

test("keys can be deleted while they are walked over", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  await redis.mset(Object.fromEntries(Array.from({ length: 2000 }, (_, i) => [`k${i}`, "x"])));
  for await (const keys of redis.scanIterator({ count: 100 })) await redis.unlink(...keys);
  assertEquals(await redis.dbsize(), 0);
});

test("a walk ends with the signal of its surface, with the server's error, and at a wrong cursor", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  await redis.mset(Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`k${i}`, "x"])));
  const control = new AbortController();
  const reason = new Error("enough");
  let batches = 0;
  const error = await assertRejects(async () => {
    for await (const _ of redis.with({ signal: control.signal }).scanIterator({ count: 10 })) {
      batches++;
      control.abort(reason);
    }
  });
  assertEquals([error, batches], [reason, 1]);
  await assertRejects(() => all(redis.sscanIterator("k1")), ReplyError, "WRONGTYPE");
  assertThrows(() => redis.scanIterator({ cursor: "x" }), TypeError, "cursor");
});

test("a session walks over the database that it has selected", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  await redis.set("here", "x");
  const session = await redis.session();
  await session.select(1);
  await session.mset({ a: "1", b: "2" });
  await session.hset("hash", { field: "value" });
  await session.sadd("set", "member");
  await session.zadd("sorted", { member: 1.5 });
  assertEquals((await all(session.scanIterator({ type: "string" }).each())).sort(), ["a", "b"]);
  assertEquals(await all(session.hscanIterator("hash")), [[["field", "value"]]]);
  assertEquals(await all(session.sscanIterator("set").each()), ["member"]);
  assertEquals(await all(session.zscanIterator("sorted").each()), [["member", 1.5]]);
  await session.release();
  await assertRejects(() => all(session.scanIterator()), TypeError, "given back");
});

test("a walk keeps its key, whatever becomes of the bytes that it came in", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  const names = Array.from({ length: 2000 }, (_, i) => `n${i}`);
  await redis.hset("hash", Object.fromEntries(names.map((name) => [name, "x"])));
  await redis.sadd("set", names);
  await redis.zadd("sorted", Object.fromEntries(names.map((name) => [name, 1])));
  const keyOf = (name: string) => new TextEncoder().encode(name);
  const [hash, set, sorted] = [keyOf("hash"), keyOf("set"), keyOf("sorted")];
  const walks = [
    { key: hash, walk: redis.hscanIterator(hash) },
    { key: set, walk: redis.sscanIterator(set) },
    { key: sorted, walk: redis.zscanIterator(sorted) },
  ];
  for (const { key, walk } of walks) {
    const found = new Set<unknown>();
    for await (const batch of walk) {
      for (const item of batch) found.add(String(item).split(",")[0]);
      key.fill(0);
    }
    assertEquals(found.size, names.length);
  }
});
