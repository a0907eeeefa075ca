import { assertEquals, assertInstanceOf, assertRejects, assertThrows } from "@std/assert";
import { connect, connectPool, defineFunction, defineScript, type Redis, ReplyError, TimeoutError } from "../../mod.ts";
import { sha1 } from "../../src/client/sha1.ts";
import { greeted, startScripted } from "../support/scripted.ts";
import { missing, type Server, type ServerVersion, startRedis } from "../support/servers.ts";
import { test } from "../support/test.ts";
import { held } from "../support/timers.ts";

const VERSIONS: readonly ServerVersion[] = ["redis-7.0", "redis-8", "valkey-9"];

/** A script of its own for each test, so that none finds another's in the cache. */
function counter() {
  return defineScript({
    keys: 1,
    args: ["by"],
    lua: `-- ${crypto.randomUUID()}\nreturn redis.call("INCRBY", KEYS[1], ARGV[1])`,
    reply: Number,
  });
}

/** How often the server has run each of these commands. */
async function calls(server: Server, ...names: string[]): Promise<number[]> {
  const stats = await server.command("INFO", "commandstats");
  return names.map((name) => Number(new RegExp(`cmdstat_${name}:calls=(\\d+)`).exec(stats)?.[1] ?? 0));
}

test("sha1() is what the platform computes", async () => {
  for (const size of [0, 1, 3, 54, 55, 56, 57, 63, 64, 65, 119, 120, 128, 1000, 100_000]) {
    const text = "a\u00e9\u{1f600}b".repeat(size).slice(0, size).toWellFormed();
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-1", new TextEncoder().encode(text)));
    assertEquals(sha1(text), Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join(""), `${size}`);
  }
});

for (const version of VERSIONS) {
  test(`a script's source travels once, on ${version}`, { skip: missing(version) }, async () => {
    await using server = await startRedis({ version });
    await using redis = await connect(server.url);
    const script = counter();
    const replies: number[] = await Promise.all([1, 2, 3].map((by) => script.run(redis, ["n"], [by])));
    assertEquals(replies, [1, 3, 6]);
    assertEquals(await script.run(redis, ["n"], { by: 4 }), 10);
    assertEquals(await calls(server, "eval", "evalsha"), [1, 3]);
    assertEquals(await redis.scriptExists(script.digest), [1]);
  });

  test(`a function's library comes along, on ${version}`, { skip: missing(version) }, async () => {
    await using server = await startRedis({ version });
    await using redis = await connect(server.url);
    const library = `
      #!lua name=tests
      redis.register_function("add", function(keys, args) return redis.call("INCRBY", keys[1], args[1]) end)
      redis.register_function({
        function_name = "peek", callback = function(keys) return redis.call("GET", keys[1]) end, flags = { "no-writes" },
      })
    `;
    const add = defineFunction({ name: "add", keys: ["counter"], args: 1, library, reply: Number });
    const peek = defineFunction({ name: "peek", keys: 1, args: 0, readonly: true, reply: String });
    const unknown = defineFunction({ name: "nothing", keys: 0, library });
    assertEquals(await Promise.all([add.run(redis, { counter: "n" }, [1]), add.run(redis, ["n"], [2])]), [1, 3]);
    assertEquals(await peek.run(redis, ["n"]), "3");
    assertEquals(await calls(server, "fcall_ro", "function\\|load"), [1, 1]);
    await assertRejects(() => unknown.run(redis, []), ReplyError, "not found");
    await redis.functionFlush();
    await assertRejects(() => peek.run(redis, ["n"]), ReplyError, "not found");
    const batch = redis.pipeline();
    await assertRejects(() => add.load(batch), TypeError, "on a client or a session");
    assertEquals(await batch.exec(), []);
    await add.load(redis);
    assertEquals(await redis.transaction((tx) => [add.run(tx, ["n"], [4]), peek.run(tx, ["n"])]), [7, "7"]);
    await server.restart();
    assertEquals(await add.run(redis, ["n"], [1]), 1);
  });

  test(`scripts that only read take the read-only way, on ${version}`, { skip: missing(version) }, async () => {
    await using server = await startRedis({ version });
    await using redis = await connect(server.url);
    const byFlag = defineScript({
      keys: 1,
      lua: `\n#!lua flags=allow-stale,no-writes\nreturn redis.call("GET", KEYS[1])`,
    });
    const byWord = defineScript({ keys: 1, readonly: true, lua: `return redis.call("SET", KEYS[1], "x")` });
    const writes = defineScript({ keys: 1, lua: `#!lua flags=allow-oom\nreturn redis.call("SET", KEYS[1], "x")` });
    assertEquals([byFlag.readonly, byWord.readonly, writes.readonly], [true, true, false]);
    assertEquals([await byFlag.run(redis, ["k"]), await byFlag.run(redis, ["k"])], [null, null]);
    assertEquals(await redis.pipeline((p) => [byFlag.run(p, ["k"]), byFlag.run(p, ["k"])]), [null, null]);
    assertEquals(await calls(server, "eval_ro", "evalsha_ro", "eval", "evalsha"), [2, 2, 0, 0]);
    await assertRejects(() => byWord.run(redis, ["k"]), ReplyError);
    assertEquals(await writes.run(redis, ["k"]), "OK");
  });

  test(`within a session's own MULTI a script brings its source each time, on ${version}`, {
    skip: missing(version),
  }, async () => {
    await using server = await startRedis({ version });
    await using redis = await connect(server.url);
    const script = counter();
    await script.run(redis, ["n"], [1]);
    await redis.scriptFlush();
    await using session = await redis.session();
    await session.call("MULTI");
    const queued: unknown[] = [await script.run(session, ["n"], [1]), await script.run(session, ["n"], [1])];
    queued.push(...await session.pipeline((p) => [script.run(p, ["n"], [1]), script.run(p, ["n"], [1])]));
    assertEquals(queued, new Array(4).fill("QUEUED"));
    assertEquals(await session.call("EXEC"), [2, 3, 4, 5]);
    await redis.scriptFlush();
    const before = assertRejects(() => script.run(session, ["n"], [1]), ReplyError, "NOSCRIPT");
    await session.call("MULTI");
    await before;
    assertEquals(await session.call("EXEC"), []);
    assertEquals(await script.run(session, ["n"], [1]), 6);
  });

  test(`what a function's call learns within a session's own MULTI calls nothing later, on ${version}`, {
    skip: missing(version),
  }, async () => {
    await using server = await startRedis({ version });
    await using redis = await connect(server.url);
    const one = defineFunction({
      name: "one",
      keys: 0,
      args: 0,
      library: `#!lua name=tests\nredis.register_function("one", function() return 1 end)`,
      reply: Number,
    });
    await using session = await redis.session();
    const before = assertRejects(() => one.run(session, []), ReplyError, "not found");
    await session.call("MULTI");
    await before;
    const queued: unknown = await one.run(session, []);
    assertEquals([queued, (await session.call("EXEC") as unknown[]).length], ["QUEUED", 1]);
    assertEquals(await one.run(session, []), 1);
  });
}

/** Everything in which a script can be called, each giving the counter twice, one more each time. */
const WAYS: Record<string, (redis: Redis, script: ReturnType<typeof counter>) => Promise<number[]>> = {
  client: async (redis, script) => [await script.run(redis, ["n"], [1]), await script.run(redis, ["n"], [1])],
  together: (redis, script) => Promise.all([script.run(redis, ["n"], [1]), script.run(redis, ["n"], [1])]),
  session: (redis, script) => redis.session((s) => Promise.all([script.run(s, ["n"], [1]), script.run(s, ["n"], [1])])),
  pipeline: (redis, script) => redis.pipeline((p) => [script.run(p, ["n"], [1]), script.run(p, ["n"], [1])]),
  transaction: (redis, script) => redis.transaction((tx) => [script.run(tx, ["n"], [1]), script.run(tx, ["n"], [1])]),
  bigints: async (redis, script) => [
    await script.run(redis.bigints, ["n"], [1]),
    await script.run(redis.with({ timeout: 5000 }), ["n"], [1]),
  ],
};

for (const [way, run] of Object.entries(WAYS)) {
  test(`a script runs once per call though the server has forgotten it: ${way}`, async () => {
    await using server = await startRedis();
    await using redis = await connect(server.url);
    const script = counter();
    assertEquals(await run(redis, script), [1, 2]);
    await redis.scriptFlush();
    assertEquals(await run(redis, script), [3, 4]);
    await server.restart();
    assertEquals(await run(redis, script), [1, 2]);
  });
}

test("of many calls that find the script gone, few bring the source", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  const script = counter();
  await script.run(redis, ["n"], [1]);
  await redis.scriptFlush();
  await server.command("CONFIG", "RESETSTAT");
  const replies = await Promise.all(Array.from({ length: 1000 }, () => script.run(redis, ["n"], [1])));
  assertEquals(replies.sort((a, b) => a - b), Array.from({ length: 1000 }, (_, i) => i + 2));
  assertEquals(await calls(server, "eval", "evalsha"), [1, 1999]);
});

test("one script serves several servers", async () => {
  await using first = await startRedis();
  await using second = await startRedis();
  await using one = await connect(first.url);
  await using other = await connect(second.url);
  const script = counter();
  for (const wanted of [1, 2, 3]) {
    assertEquals(await Promise.all([script.run(one, ["n"], [1]), script.run(other, ["n"], [1])]), [wanted, wanted]);
  }
});

test("a long pipeline carries the source once per part, whatever connection the part takes", async () => {
  await using server = await startRedis();
  await using pool = await connectPool({ hostname: server.hostname, port: server.port, size: 4 });
  const script = counter();
  const p = pool.pipeline();
  for (let i = 0; i < 20_000; i++) {
    script.run(p, [`n${i}`], [1]);
    if (i % 5000 === 0) await p.drain();
  }
  assertEquals(await p.exec(), new Array(20_000).fill(1));
  const [sources, digests] = await calls(server, "eval", "evalsha");
  assertEquals(sources! + digests!, 20_000);
  assertEquals(sources! > 4 && sources! < 40, true, `${sources}`);
});

test("a script's own error is the caller's, and is not tried again", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  const fails = defineScript({ keys: 1, lua: `redis.call("INCR", KEYS[1]) return redis.call("LPUSH", KEYS[1], "x")` });
  const nonsense = defineScript({ keys: 0, lua: "this is not Lua" });
  for (const wanted of ["1", "2"]) {
    const error = await assertRejects(() => fails.run(redis, ["n"]), ReplyError);
    assertEquals(error.code, "WRONGTYPE");
    assertEquals(await redis.get("n"), wanted);
  }
  const confusing = defineScript({
    keys: 1,
    lua: `redis.call("INCR", KEYS[1]) return redis.error_reply("NOSCRIPT says the script itself")`,
  });
  for (const wanted of ["1", "2", "3"]) {
    await assertRejects(() => confusing.run(redis, ["m"]), ReplyError, "NOSCRIPT says the script itself");
    assertEquals(await redis.get("m"), wanted);
  }
  for (let i = 0; i < 2; i++) await assertRejects(() => nonsense.run(redis, []), ReplyError, "compil");
  const [bad, good] = await redis.pipeline((p) => [nonsense.run(p, []), p.get("n")], { errors: "return" });
  assertInstanceOf(bad, ReplyError);
  assertEquals(good, "2");
});

test("nor is a function's own, though it speaks of one that was not found", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  const confusing = defineFunction({
    name: "confusing",
    keys: 1,
    args: 0,
    library: `#!lua name=tests
      redis.register_function("confusing", function(keys)
        redis.call("INCR", keys[1])
        return redis.error_reply("ERR Function not found, says the function itself")
      end)
    `,
  });
  for (const wanted of ["1", "2"]) {
    await assertRejects(() => confusing.run(redis, ["n"]), ReplyError, "says the function itself");
    assertEquals(await redis.get("n"), wanted);
  }
});

test("places are counted and named", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  const lua = "return { KEYS[1] or false, KEYS[2] or false, ARGV[1] or false, ARGV[2] or false, #KEYS, #ARGV }";
  const named = defineScript({ lua, keys: ["from", "to"], args: ["limit"] });
  const any = defineScript({ lua });
  assertEquals(await named.run(redis, { to: "b", from: "a" }, { limit: 5 }), ["a", "b", "5", null, 2, 1]);
  const optional: { readonly limit: number; readonly by?: number | undefined } = { limit: 5, by: undefined };
  assertEquals(await named.run(redis, { to: "b", from: "a" }, optional), ["a", "b", "5", null, 2, 1]);
  assertEquals(await named.run(redis, ["a", "b"], [5]), ["a", "b", "5", null, 2, 1]);
  assertEquals(await any.run(redis, ["a"]), ["a", null, null, null, 1, 0]);
  assertEquals(await any.run(redis, [], ["x", "y"]), [null, null, "x", "y", 0, 2]);
  assertEquals(await any.run(redis.bytes, ["a"]), [new Uint8Array([97]), null, null, null, 1, 0]);
  // @ts-expect-error a key is missing
  await assertRejects(() => named.run(redis, ["a"], [5]), TypeError, "takes 2 keys; 1");
  // @ts-expect-error a key has another name
  await assertRejects(() => named.run(redis, { from: "a", too: "b" }, [5]), TypeError, "lack to");
  // @ts-expect-error a key is one too many
  await assertRejects(() => named.run(redis, { from: "a", to: "b", via: "c" }, [5]), TypeError, "keys of the call are");
  const p = redis.pipeline();
  // @ts-expect-error an argument is one too many
  assertThrows(() => named.run(p, ["a", "b"], { limit: 5, by: 1 }), TypeError, "arguments of the call are");
  const none = defineScript({ lua, keys: [], args: [] });
  assertEquals(await none.run(redis, {}), [null, null, null, null, 0, 0]);
  await assertRejects(() => none.run(redis, "a" as never), TypeError, "as a list");
  // @ts-expect-error the arguments are missing
  await assertRejects(() => named.run(redis, ["a", "b"]), TypeError, "arguments");
  // @ts-expect-error keys are no text
  assertThrows(() => any.run(redis.pipeline(), "a"), TypeError, "as a list");
});

test("a call that was refused brings no source: the next one in the batch does", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  const script = defineScript({ args: 1, lua: "return ARGV[1]" });
  const replies = await redis.pipeline((p) => {
    assertThrows(() => script.run(p, [], [undefined as never]), TypeError, "undefined");
    return [script.run(p, [], ["a"]), script.run(p, [], ["b"])];
  });
  assertEquals(replies, ["a", "b"]);
});

/** Milliseconds that a call may take, and that have passed when the server says that it does not know what is called. */
const LIMIT = 1000;
const LATE = 800;

function adder() {
  return defineFunction({ name: "add", keys: 1, args: ["by"], library: "#!lua name=tests", reply: Number });
}

/** What the server answers on each connection, in turn; errors late, and nothing to what comes after that. */
const SEVERAL: Record<string, { make: typeof counter | typeof adder; answers: Record<string, string[]> }> = {
  "the source": {
    make: counter,
    answers: { EVAL: [":1"], EVALSHA: ["-NOSCRIPT No matching script. Please use EVAL."] },
  },
  "the second call": { make: adder, answers: { FCALL: ["-ERR Function not found"], FUNCTION: ["+tests"] } },
  "the library": { make: adder, answers: { FCALL: ["-ERR Function not found"] } },
};

for (const [what, { make, answers }] of Object.entries(SEVERAL)) {
  test(`a limit counts from the call of a script or a function, however many commands it takes: ${what}`, async () => {
    // Of the second command's time only what the first has left of it.
    using limit = held(1, LIMIT - LATE);
    await using server = await startScripted(greeted(async (peer) => {
      const left = structuredClone(answers);
      for (let words = await peer.command(); words; words = await peer.command()) {
        const answer = left[words[0]!]?.shift();
        if (answer?.startsWith("-")) limit.pass(LATE);
        if (answer !== undefined) await peer.send(`${answer}\r\n`);
      }
    }));
    const redis = await connect(server.url, { clientInfo: false });
    const limited = redis.with({ timeout: LIMIT });
    for (const surface of [limited, await limited.session()]) {
      const called = make();
      if (make === counter) await called.run(surface, ["n"], [1]);
      const refused = assertRejects(() => called.run(surface, ["n"], [1]), TimeoutError, `within ${LIMIT} ms`);
      let over = false;
      const ended = refused.finally(() => over = true);
      while (limit.size === 0 && !over) await new Promise((resolve) => setTimeout(resolve));
      assertEquals(limit.size, 1);
      limit.fire();
      await ended;
      assertEquals((await refused).after, LIMIT);
    }
    redis.destroy();
  });
}

test("a client that is closed waits for the source that a call has yet to bring", async () => {
  await using server = await startRedis();
  const add = counter();
  {
    await using redis = await connect(server.options);
    assertEquals(await add.run(redis, ["n"], [1]), 1);
  }
  await server.command("SCRIPT", "FLUSH");
  const redis = await connect(server.options);
  // By its digest, which the server does not know any more.
  const called = add.run(redis, ["n"], [2]);
  await redis.close();
  assertEquals(await called, 3);
});
