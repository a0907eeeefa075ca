// Who a client is: asked at each connect, said again on demand, on every connection that is open.
import { assert, assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { connect, ConnectionError, connectPool, ReplyError, TimeoutError } from "../../mod.ts";
import { remembering } from "../../src/connection/handshake.ts";
import { startRedis } from "../support/servers.ts";
import { test } from "../support/test.ts";

const ADMIN = { password: "admin-password" };

/** A server with two users who may do anything. */
async function withUsers() {
  const server = await startRedis(ADMIN);
  await server.command("ACL", "SETUSER", "ada", "on", ">old-token", "+@all", "~*", "&*");
  await server.command("ACL", "SETUSER", "bob", "on", ">bobs-token", "+@all", "~*", "&*");
  return server;
}

const usersOf = (list: unknown): string[] => Array.from(String(list).matchAll(/\buser=(\S+)/g), (match) => match[1]!);

for (const protocol of [2, 3] as const) {
  test(`credentials are asked at each connect, database and name are said again with them, RESP${protocol}`, async () => {
    await using server = await withUsers();
    let asked = 0;
    const credentials = async () => {
      await Promise.resolve();
      return { username: "ada", password: asked++ === 0 ? "old-token" : "new-token" };
    };
    const { hostname, port } = server;
    await using redis = await connect({ hostname, port, protocol, credentials, database: 4, clientName: "web" });
    assertEquals(await redis.call("ACL WHOAMI"), "ada");
    await server.command("ACL", "SETUSER", "ada", ">new-token", "<old-token");
    await server.command("CLIENT", "KILL", "USER", "ada");
    await redis.set("where", "4").catch(() => {}); // may go out before the loss is seen
    await redis.set("where", "4");
    assert(asked >= 2);
    assert(/ name=web .* db=4 .* user=ada/.test(String(await redis.call("CLIENT INFO"))));
  });

  test(`reauthenticate() asks again and tells every connection, RESP${protocol}`, async () => {
    await using server = await withUsers();
    const { hostname, port } = server;
    let user = { username: "ada", password: "old-token" };
    await using pool = await connectPool({ hostname, port, protocol, size: 5, min: 3, credentials: () => user });
    await using session = await pool.session();
    await session.watch("k");
    const popped = pool.blpop(["queue"], 0);
    await using watched = await connect({ hostname, port, ...ADMIN });
    while (!String(await watched.call("CLIENT LIST")).includes("cmd=blpop")) await watched.ping();
    user = { username: "bob", password: "bobs-token" };
    await pool.reauthenticate();
    assertEquals(await pool.call("ACL WHOAMI"), "bob");
    assertEquals(await session.call("ACL WHOAMI"), "bob");
    assertEquals(await session.transaction((tx) => [tx.incr("k")]), [1]); // still watched, and unchanged
    await pool.rpush("queue", "x");
    assertEquals(await popped, ["queue", "x"]);
    while (usersOf(await watched.call("CLIENT LIST")).includes("ada")) await watched.ping();
    assertEquals(new Set(usersOf(await watched.call("CLIENT LIST"))), new Set(["default", "bob"]));
  });
}

test("reauthenticate() with credentials makes these the client's from now on", async () => {
  await using server = await withUsers();
  const { hostname, port } = server;
  await using redis = await connect({ hostname, port, username: "ada", password: "old-token" });
  await redis.reauthenticate({ username: "bob", password: "bobs-token" });
  assertEquals(await redis.call("ACL WHOAMI"), "bob");
  await server.command("CLIENT", "KILL", "USER", "bob");
  await redis.ping().catch(() => {});
  assertEquals(await redis.call("ACL WHOAMI"), "bob");
  await redis.session(async (s) => assertEquals(await s.call("ACL WHOAMI"), "bob"));
});

test("reauthenticate() waits for nothing that blocks, wherever it stands among what a session has asked for", async () => {
  await using server = await withUsers();
  const { hostname, port } = server;
  await using redis = await connect({ hostname, port, username: "ada", password: "old-token" });
  const bob = { username: "bob", password: "bobs-token" };
  for (const together of [false, true]) {
    const stop = new AbortController();
    const session = await redis.with({ signal: stop.signal }).session();
    await session.ping();
    const calls: Promise<unknown>[] = together
      ? [session.pipeline((p) => [p.get("k"), p.blpop(["none"], 0)])]
      : [session.ping(), session.get("k"), session.blpop(["none"], 0)];
    const ended = Promise.allSettled(calls);
    let said = false;
    const renewed = redis.reauthenticate(bob).then(() => said = true);
    for (let turns = 0; turns < 1000 && !said; turns++) await redis.ping();
    assert(said, together ? "a pipeline" : "commands");
    await renewed;
    stop.abort(new Error("enough"));
    await ended;
    await session.release();
  }
  assertEquals(await redis.call("ACL WHOAMI"), "bob");
});

test("a refusal is told, with the server's words as the cause; the connection goes on as it was", async () => {
  await using server = await withUsers();
  const { hostname, port } = server;
  await using redis = await connect({ hostname, port, username: "ada", password: "old-token" });
  const wrong = redis.reauthenticate({ username: "ada", password: "wrong-secret" });
  const error = await assertRejects(() => wrong, ConnectionError, "1 of 1 connections");
  assertInstanceOf(error.cause, ReplyError);
  assertEquals(error.cause.code, "WRONGPASS");
  assert(!`${error.message}${error.cause.message}`.includes("wrong-secret"));
  assertEquals(await redis.call("ACL WHOAMI"), "ada");
});

test("a connection that is reset takes the credentials that were given last, and asks nobody", async () => {
  await using server = await withUsers();
  const { hostname, port } = server;
  let asked = 0;
  let user = { username: "ada", password: "old-token" };
  const credentials = () => (asked++, user);
  await using redis = await connect({ hostname, port, maxSessions: 1, credentials });
  for (let i = 0; i < 5; i++) await redis.session((s) => s.select(1));
  const id = await redis.session(async (s) => {
    assertEquals(await s.call("ACL WHOAMI"), "ada");
    return await s.call("CLIENT ID");
  });
  assertEquals(asked, 2); // the shared connection's, and the sessions'
  user = { username: "bob", password: "bobs-token" };
  await redis.reauthenticate();
  assertEquals(asked, 3);
  for (let i = 0; i < 3; i++) {
    await redis.session(async (s) =>
      assertEquals([await s.call("ACL WHOAMI"), await s.call("CLIENT ID")], ["bob", id])
    );
  }
  assertEquals(asked, 3);
});

test("where the server no longer takes them, another connection is made, and they are asked", async () => {
  await using server = await withUsers();
  const { hostname, port } = server;
  let asked = 0;
  const credentials = () => ({ username: "ada", password: asked++ < 2 ? "old-token" : "new-token" });
  await using redis = await connect({ hostname, port, maxSessions: 1, credentials });
  await redis.session(async (s) => {
    await s.select(1);
    await server.command("ACL", "SETUSER", "ada", ">new-token", "<old-token");
  });
  await redis.session(async (s) => assertEquals(await s.call("ACL WHOAMI"), "ada"));
  assertEquals(asked, 3);
});

test("of two askings the later one counts for resets, whichever is answered last", async () => {
  const answers: ((given: string) => void)[] = [];
  const ask = remembering(() => new Promise<string>((resolve) => answers.push(resolve)));
  const first = ask();
  const second = ask();
  answers[1]!("new");
  answers[0]!("old");
  assertEquals([await first, await second, await ask(true)], ["old", "new", "new"]);
});

test("within MULTI nothing is said; the session's connection says it when it is given back", async () => {
  await using server = await withUsers();
  const { hostname, port } = server;
  await using redis = await connect({ hostname, port, username: "ada", password: "old-token", maxSessions: 1 });
  await redis.session(async (s) => {
    await s.call("MULTI");
    await redis.reauthenticate({ username: "bob", password: "bobs-token" });
    assertEquals(await s.call("PING"), "QUEUED");
    assertEquals(await s.call("EXEC"), ["PONG"]);
  });
  await redis.session(async (s) => assertEquals(await s.call("ACL WHOAMI"), "bob"));
});

test("reauthenticate() does not disturb a monitor, whose connection answers nothing any more", async () => {
  await using server = await withUsers();
  const { hostname, port } = server;
  await using redis = await connect({ hostname, port, username: "ada", password: "old-token" });
  await using monitor = redis.monitor();
  await monitor.ready;
  await redis.reauthenticate({ username: "bob", password: "bobs-token" });
  await redis.set("k", "v");
  const heard: string[] = [];
  for await (const { command } of monitor) if (heard.push(command[0]!.toUpperCase()) && heard.includes("SET")) break;
  assertEquals(heard.at(-1), "SET");
});

test("a function that fails, or gives nothing, is told", async () => {
  await using server = await withUsers();
  const { hostname, port } = server;
  const vault = new Error("the vault is closed");
  const failing = connect({ hostname, port, credentials: () => Promise.reject(vault) });
  const error = await assertRejects(() => failing, ConnectionError, "the vault is closed");
  assertEquals(error.cause, vault);
  // As fetch does, and as another client would: neither is a slip of ours, or about a command of this one.
  for (const theirs of [new TypeError("fetch failed"), new ReplyError("ERR of a vault"), new RangeError("too far")]) {
    const told = await assertRejects(
      () => connect({ hostname, port, credentials: () => Promise.reject(theirs) }),
      ConnectionError,
      `The option credentials failed: ${theirs.message}`,
    );
    assertEquals((told.cause as Error).cause, theirs);
  }
  await assertRejects(
    () => connect({ hostname, port, credentials: () => ({}) as never }),
    TypeError,
    "hold no password",
  );
  await assertRejects(
    () => connect({ hostname, port, credentials: () => undefined as never }),
    TypeError,
    "no password",
  );
});

test("a client without credentials has none to say again", async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  await assertRejects(() => redis.reauthenticate(), TypeError, "no credentials");
});

test("a client that has ended does not ask for credentials again", async () => {
  await using server = await withUsers();
  const { hostname, port } = server;
  let asked = 0;
  const credentials = () => (asked++, { username: "ada", password: "old-token" });
  const redis = await connect({ hostname, port, credentials });
  await redis.close();
  const before = asked;
  const error = await assertRejects(() => redis.reauthenticate(), ConnectionError, "closed");
  assertEquals([error.closed, asked], [true, before]);
});

test("reauthenticate() waits for credentials no longer than connectTimeout, and not beyond the end of its client", async () => {
  await using server = await withUsers();
  const { hostname, port } = server;
  for (const connectTimeout of [80, 0]) {
    let asked = 0;
    const credentials = () => asked++ === 0 ? ADMIN : new Promise<never>(() => {});
    await using redis = await connect({ hostname, port, credentials, connectTimeout });
    if (connectTimeout > 0) {
      const late = await assertRejects(() => redis.reauthenticate(), TimeoutError, "within 80 ms");
      assertEquals([late.waitingFor, late.after, late.sent], ["connect", 80, false]);
    } else {
      for (const end of ["close", "destroy"] as const) {
        asked = 0;
        const other = await connect({ hostname, port, credentials, connectTimeout });
        const waiting = assertRejects(() => other.reauthenticate(), ConnectionError, "was closed");
        await other[end]();
        assertEquals((await waiting).closed, true);
        const after = await assertRejects(() => other.reauthenticate(), ConnectionError, "is closed");
        assertEquals(after.closed, true);
      }
    }
  }
});
