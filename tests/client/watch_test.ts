// Optimistic locking: each way in which it can end has an outcome of its own.
import { assert, assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { connect, ConnectionError, ReplyError, TransactionError } from "../../mod.ts";
import { HELLO, startScripted } from "../support/scripted.ts";
import { startRedis } from "../support/servers.ts";
import { test } from "../support/test.ts";

test("watch() gives what the function gave, typed, and leaves nothing watched", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url, { maxSessions: 1 });
  await redis.set("n", 21);
  const [doubled, text]: [number, string | null] = await redis.watch("n", async (s) => {
    const n = Number(await s.get("n"));
    return await s.transaction((tx) => [tx.incrby("n", n), tx.get("n")]);
  });
  assertEquals([doubled, text], [42, "42"]);
  const none: number = await redis.watch(["n", "m"], (s) => s.exists("m"));
  assertEquals(none, 0);
  await redis.session(async (s) => {
    await redis.set("n", 1);
    assertEquals(await s.transaction((tx) => [tx.incr("n")]), [2]);
  });
});

test("a pause between two tries that is no number is the caller's mistake, and nothing waits for it", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  const pauses = [0];
  const work = redis.watch("n", async (s) => {
    await redis.incr("n");
    await s.transaction((tx) => [tx.get("n")]);
  }, { backoff: (attempt) => pauses[attempt - 1]! });
  const error = await assertRejects(() => work, TypeError);
  assertEquals([error.message, await redis.get("n")], ["Option backoff gave no number", "2"]);
});

test("many that want the same key all get their turn, and none counts twice", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  let runs = 0;
  await Promise.all(Array.from({ length: 20 }, () =>
    redis.watch("n", async (s) => {
      runs++;
      const n = Number(await s.get("n"));
      await s.transaction((tx) => [tx.set("n", n + 1)]);
    }, { attempts: 1000 })));
  assertEquals(await redis.get("n"), "20");
  assert(runs >= 20);
});

test("what is watched stays the same, whatever becomes of the list that the keys came in", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  const keys = ["a"];
  let runs = 0;
  const done = redis.watch(keys, async (s) => {
    if (++runs === 1) await redis.incr("a");
    await s.transaction((tx) => [tx.incr("n")]);
  });
  keys[0] = "b";
  await done;
  assertEquals(runs, 2);
});

test("a key that changes each time ends it with the number of attempts; nothing has run", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  const waits: number[] = [];
  const error = await assertRejects(
    () =>
      redis.watch("n", async (s) => {
        await redis.incr("n");
        await s.transaction((tx) => [tx.set("written", "yes")]);
      }, { attempts: 3, backoff: (attempt) => (waits.push(attempt), 0) }),
    TransactionError,
    "3 times",
  );
  assertEquals([error.reason, error.attempts], ["watch", 3]);
  assertInstanceOf(error.cause, TransactionError);
  assertEquals(waits, [1, 2]);
  assertEquals([await redis.get("n"), await redis.exists("written")], ["3", 0]);
});

test("a command that the server refuses ends it at once: nothing has run", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  let runs = 0;
  const error = await assertRejects(() =>
    redis.watch("n", (s) => {
      runs++;
      return s.transaction((tx) => [tx.incr("n"), tx.call("NO-SUCH-COMMAND")]);
    }), TransactionError);
  assertEquals([error.reason, error.errors.size, runs], ["abort", 1, 1]);
  assertEquals(await redis.exists("n"), 0);
});

test("a command that fails while it runs ends it at once: the others have run", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  await redis.set("text", "x");
  const failing = () => redis.watch("n", (s) => s.transaction((tx) => [tx.incr("n"), tx.incr("text")]));
  const error = await assertRejects(failing, ReplyError, "integer");
  assertEquals(error.command, "INCR");
  assertEquals(await redis.get("n"), "1");
});

test("an error of the function's own ends it, and the key is watched no longer", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url, { maxSessions: 1 });
  const own = new Error("changed my mind");
  assertEquals(await redis.watch("n", () => Promise.reject(own)).catch((error) => error), own);
  await redis.incr("n");
  await redis.session(async (s) => assertEquals(await s.transaction((tx) => [tx.incr("n")]), [2]));
});

/** Answers what comes, and hangs up in the place of one reply. */
async function until(lost: string, url: (url: string) => Promise<void>): Promise<void> {
  await using server = await startScripted(async (peer, index) => {
    for (let words = await peer.command(); words; words = await peer.command()) {
      if (index > 0 && words[0] === lost) return peer.destroy();
      if (words[0] === "HELLO") await peer.send(HELLO);
      else if (words[0] === "EXEC") await peer.send("*1\r\n:1\r\n");
      else await peer.send(words[0] === "INCR" ? "+QUEUED\r\n" : "+OK\r\n");
    }
  });
  await url(server.url);
}

for (const [lost, sent] of [["GET", true], ["EXEC", true]] as const) {
  test(`a connection lost at ${lost} is told as such, and is not tried again`, async () => {
    await until(lost, async (url) => {
      await using redis = await connect(url, { clientInfo: false });
      let runs = 0;
      const work = redis.watch("n", async (s) => {
        runs++;
        await s.get("n");
        return await s.transaction((tx) => [tx.incr("n")]);
      });
      const error = await assertRejects(() => work, ConnectionError);
      assertEquals([error.sent, runs, error.command], [sent, 1, lost === "GET" ? "GET" : "transaction"]);
    });
  });
}

test("a transaction that never left says so", async () => {
  await until("GET", async (url) => {
    await using redis = await connect(url, { clientInfo: false });
    const work = redis.watch("n", async (s) => {
      await s.get("n").catch(() => {});
      return await s.transaction((tx) => [tx.incr("n")]);
    });
    const error = await assertRejects(() => work, ConnectionError, "of this session was lost");
    assertEquals([error.sent, error.command], [false, "transaction"]);
  });
});

test("a signal ends the pauses", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  const stop = new AbortController();
  const work = redis.with({ signal: stop.signal }).watch("n", async (s) => {
    await redis.incr("n");
    await s.transaction((tx) => [tx.get("n")]);
  }, { backoff: () => (queueMicrotask(() => stop.abort(new Error("enough"))), 60_000) });
  await assertRejects(() => work, Error, "enough");
});

test("nonsense is refused", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  await assertRejects(() => redis.watch([], () => 1), TypeError, "at least one key");
  await assertRejects(() => redis.watch("n", () => 1, { attempts: 0 }), RangeError, "attempts");
});

test("a transaction or UNWATCH that is taken back leaves nothing watched for the next session", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url, { maxSessions: 1 });
  for (const [n, how] of ["transaction", "unwatch", "builder"].entries()) {
    const stop = new AbortController();
    const enough = () => stop.abort(new Error("enough"));
    await redis.with({ signal: stop.signal }).session(async (s) => {
      await s.watch("k");
      const given = how === "unwatch" ? s.unwatch() : s.transaction((tx) => {
        if (how === "builder") enough();
        return [tx.incr("never")];
      });
      enough();
      await assertRejects(() => given as Promise<unknown>, Error, "enough");
    });
    await redis.set("k", how);
    assertEquals(await redis.session((s) => s.transaction((tx) => [tx.incr("n")])), [n + 1]);
  }
  assertEquals(await redis.exists("never"), 0);
});

test("a WATCH that was refused for now, and tried again after the transaction, leaves nothing watched", async () => {
  const said: string[] = [];
  await using server = await startScripted(async (peer, index) => {
    for (let words = await peer.command(); words; words = await peer.command()) {
      if (words[0] === "HELLO") await peer.send(HELLO);
      else if (index > 0) {
        const first = !said.includes("WATCH");
        said.push(words[0]!);
        if (words[0] === "WATCH" && first) await peer.send("-CLUSTERDOWN The cluster is down\r\n");
        else await peer.send(words[0] === "EXEC" ? "*1\r\n:1\r\n" : "+OK\r\n");
      }
    }
  });
  await using redis = await connect(server.url, { clientInfo: false });
  await redis.session(async (s) => {
    const watched = s.watch("k");
    assertEquals(await s.transaction((tx) => [tx.incr("n")]), [1]);
    await watched;
  });
  assertEquals(said, ["WATCH", "MULTI", "INCR", "EXEC", "WATCH", "UNWATCH"]);
});
