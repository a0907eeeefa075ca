// Every code that servers can give is in the table, and the table says the truth about whether the command ran.
import { assert, assertEquals, assertRejects } from "@std/assert";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { connect, ERROR_CODES, type KnownErrorCode, type Redis, ReplyError } from "../mod.ts";
import { binaries } from "./support/binaries.ts";
import { missing, startRedis } from "./support/servers.ts";
import { test } from "./support/test.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

test("the table knows every code that the servers at hand can give", { skip: missing() }, () => {
  const programs = binaries().flatMap(({ command }) =>
    command.filter((word) => /-server$/.test(word) && existsSync(word))
  );
  let found = 0;
  for (const program of programs) {
    const text = new TextDecoder("latin1").decode(readFileSync(program));
    const codes = new Set(Array.from(text.matchAll(/\0-([A-Z]{3,16}) [a-zA-Z]/g), (match) => match[1]!));
    assertEquals([...codes].filter((code) => !(code in ERROR_CODES)), [], program);
    found += codes.size;
  }
  assert(found > 25 || programs.length === 0);
});

test("the documentation lists the codes as they are in the table", () => {
  const page = readFileSync(join(ROOT, "docs/errors.md"), "utf8");
  const rows = Array.from(page.matchAll(/^\| `([A-Z]+)` +\| (.*?) +\| (no|maybe) +\| (yes|no) +\|$/gm));
  assertEquals(
    rows.map(([, code, meaning, ran, passes]) => [code, meaning, ran, passes === "yes"]),
    Object.entries(ERROR_CODES).map(([code, facts]) => [code, facts!.meaning, facts!.ran, facts!.passes]),
  );
});

/** Makes the server give this code for a write of `k`, or for something else that must not have run. */
const PROVOKED: Partial<Record<KnownErrorCode, (redis: Redis) => Promise<unknown>>> = {
  WRONGTYPE: (redis) => redis.lpush("text", "x"),
  NOPERM: async (redis) => {
    await redis.aclSetuser("reader", ["on", ">pw", "~*", "+@read"]);
    return await redis.session(async (session) => {
      await session.auth("reader", "pw");
      await session.set("k", "v");
    });
  },
  WRONGPASS: async (redis) => {
    await redis.aclSetuser("other", ["on", ">pw"]);
    return await redis.session((session) => session.auth("other", "wrong"));
  },
  NOPROTO: (redis) => redis.session((session) => session.call("HELLO", 9)),
  NOSCRIPT: (redis) => redis.evalsha("0".repeat(40), ["k"]),
  EXECABORT: (redis) =>
    redis.session(async (session) => {
      await session.call("MULTI");
      await session.call("SET", "k", "v");
      await session.call("SET", "k").catch(() => {});
      return await session.call("EXEC");
    }),
  BUSYGROUP: async (redis) => {
    await redis.call("XGROUP CREATE", "stream", "group", "$", "MKSTREAM");
    return await redis.call("XGROUP CREATE", "stream", "group", "$");
  },
  NOGROUP: (redis) => redis.call("XREADGROUP", "GROUP", "none", "me", "STREAMS", "other", ">"),
  BUSYKEY: async (redis) => redis.restore("text", 0, (await redis.dump("text"))!),
  NOTBUSY: (redis) => redis.scriptKill(),
  OOM: async (redis) => {
    await redis.call("CONFIG SET", "maxmemory", 1);
    return await redis.set("k", "v").finally(() => redis.call("CONFIG SET", "maxmemory", 0));
  },
  NOREPLICAS: async (redis) => {
    await redis.call("CONFIG SET", "min-replicas-to-write", 1);
    return await redis.set("k", "v").finally(() => redis.call("CONFIG SET", "min-replicas-to-write", 0));
  },
  UNBLOCKED: (redis) =>
    redis.session(async (session) => {
      const id = await session.clientId();
      const waiting = session.call("BLPOP", "queue", 10);
      waiting.catch(() => {});
      while (await redis.call("CLIENT UNBLOCK", id, "ERROR") === 0);
      return await waiting;
    }),
  READONLY: async (redis) => {
    await redis.call("REPLICAOF", "127.0.0.1", 1);
    return await redis.set("k", "v").finally(() => redis.call("REPLICAOF", "NO", "ONE"));
  },
  MASTERDOWN: async (redis) => {
    await redis.call("CONFIG SET", "replica-serve-stale-data", "no");
    await redis.call("REPLICAOF", "127.0.0.1", 1);
    return await redis.get("k").finally(() => redis.call("REPLICAOF", "NO", "ONE"));
  },
};

for (const [code, provoke] of Object.entries(PROVOKED)) {
  test(`${code} is what the table says`, { skip: missing() }, async () => {
    await using server = await startRedis();
    await using redis = await connect(server.url, { retryFor: 0 });
    await redis.set("text", "text");
    const error = await assertRejects(() => provoke!(redis), ReplyError);
    assertEquals(error.code, code);
    assertEquals(await redis.get("k"), null);
    assertEquals(await redis.get("text"), "text");
  });
}

test("codes of a cluster are what the table says", { skip: missing() }, async () => {
  await using server = await startRedis({ args: ["--cluster-enabled", "yes"] });
  await using redis = await connect(server.url, { retryFor: 0 });
  const code = async (work: () => Promise<unknown>) => (await assertRejects(work, ReplyError)).code;
  assertEquals(await code(() => redis.set("k", "v")), "CLUSTERDOWN");
  await redis.call("CLUSTER ADDSLOTSRANGE", 0, 16383);
  while (await redis.set("k", "v").catch(() => null) === null);
  assertEquals(await code(() => redis.mset({ a: "1", b: "2" })), "CROSSSLOT");
});
