// No error, however it came about and however it is printed, shows what was sent: neither values nor passwords.
import { assert, assertEquals } from "@std/assert";
import { inspect } from "node:util";
import { connect, ReplyError } from "../../mod.ts";
import { HELLO, startScripted } from "../support/scripted.ts";
import { startRedis } from "../support/servers.ts";
import { test } from "../support/test.ts";

const SECRET = "hunter2-is-secret";

/** Everything that a log or a debugger would show of it, causes and properties included. */
function shown(error: unknown): string {
  const seen: unknown[] = [];
  const walk = (value: unknown): string => {
    if (typeof value !== "object" || value === null || seen.includes(value)) return String(value);
    seen.push(value);
    const own = Object.getOwnPropertyNames(value).map((name) => `${name}: ${walk((value as never)[name])}`);
    return `${String(value)} ${own.join(", ")}`;
  };
  return `${walk(error)} ${inspect(error, { depth: 10, showHidden: true })} ${JSON.stringify(error)}`;
}

async function failures(calls: readonly (() => Promise<unknown>)[]): Promise<unknown[]> {
  const errors: unknown[] = [];
  for (const call of calls) await call().then(() => {}, (error) => errors.push(error));
  return errors;
}

test("errors of a real server", async () => {
  await using server = await startRedis({ password: "right" });
  await using redis = await connect(server.url);
  await redis.set("text", "x");
  const { hostname, port } = server;
  const errors = await failures([
    () => redis.lpush("text", SECRET),
    () => redis.hset("text", { [SECRET]: SECRET }),
    () => redis.set("k", SECRET, { ex: -1 } as never),
    () => redis.pipeline((p) => [p.lpush("text", SECRET)]),
    () => redis.transaction((tx) => [tx.lpush("text", SECRET)]),
    () => redis.transaction((tx) => [tx.call("CONFIG SET", SECRET, SECRET), tx.call("NOPE")]),
    () => redis.call("NOPE", SECRET),
    () => redis.call(`LPUSH ${SECRET}`),
    () => redis.pipeline((p) => [p.call("nope", "k", SECRET)]),
    () => redis.session((s) => s.call(`get ${SECRET}`, undefined as never)),
    () => redis.session((s) => s.auth(SECRET)),
    () => redis.reauthenticate({ username: "ada", password: SECRET }),
    () => connect({ hostname, port, password: SECRET }),
    () => connect(`redis://ada:${SECRET}@${hostname}:${port}`),
    () => redis.set("k", Object.create({ toString: () => SECRET }) as never),
    () => redis.aclSetuser("ada", SECRET),
    () => redis.aclSetuser("ada", `(${SECRET}`),
    () => redis.session((s) => s.call("HELLO", 3, "AUTH", "ada", "wrong", SECRET)),
  ]);
  assertEquals(errors.length, 18);
  for (const error of errors) assert(!shown(error).includes(SECRET), shown(error));
});

test("what servers repeat of an argument is left out, and the rest of their words stays", () => {
  const lines: [string, string][] = [
    [
      `ERR unknown command 'AUHT', with args beginning with: '${SECRET}' `,
      "ERR unknown command 'AUHT'",
    ],
    [
      `ERR Target instance replied with error: ERR unknown command 'AUTH', with args beginning with: '${SECRET}'`,
      "ERR Target instance replied with error: ERR unknown command 'AUTH'",
    ],
    [`ERR Error in ACL SETUSER modifier '${SECRET}': Syntax error`, "ERR Error in ACL SETUSER modifier: Syntax error"],
    [
      `ERR Error in ACL SETUSER modifier 'it's: "${SECRET}': x': Syntax error`,
      "ERR Error in ACL SETUSER modifier: Syntax error",
    ],
    [
      `ERR Unmatched parenthesis in acl selector starting at '(${SECRET}'.`,
      "ERR Unmatched parenthesis in acl selector starting at.",
    ],
    [`ERR Syntax error in HELLO option '${SECRET}'`, "ERR Syntax error in HELLO option"],
    [
      `ERR Invalid argument '${SECRET}' for CONFIG SET 'requirepass'`,
      "ERR Invalid argument for CONFIG SET 'requirepass'",
    ],
    [
      `ERR Invalid argument '${SECRET}' for CONFIG SET 'x' - too long`,
      "ERR Invalid argument for CONFIG SET 'x' - too long",
    ],
    [`ERR Invalid argument '${SECRET}' for SENTINEL SET 'quorum'`, "ERR Invalid argument for SENTINEL SET 'quorum'"],
    [
      `ERR Invalid argument '${SECRET}' to SENTINEL CONFIG SET 'port'`,
      "ERR Invalid argument to SENTINEL CONFIG SET 'port'",
    ],
  ];
  for (const [line, message] of lines) {
    assertEquals(new ReplyError(line).message, message);
    assertEquals(new ReplyError(line).code, "ERR");
  }
});

test("errors of a connection that is lost, silent, or too slow", async () => {
  await using server = await startScripted(async (peer, index) => {
    await peer.command();
    await peer.send(HELLO);
    if (index % 2 === 0) return;
    await peer.command();
    peer.destroy();
  });
  const open = () =>
    connect(server.url, { clientInfo: false, backoff: () => null, silenceTimeout: 40, password: SECRET });
  const errors: unknown[] = [];
  for (let i = 0; i < 2; i++) {
    await using redis = await open();
    errors.push(
      ...await failures([
        () => redis.with({ timeout: 10 }).set("k", SECRET),
        () => redis.set("k", SECRET),
        () => redis.pipeline((p) => [p.set("k", SECRET)]),
        () => redis.transaction((tx) => [tx.set("k", SECRET)]),
      ]),
    );
  }
  assertEquals(errors.length, 8);
  for (const error of errors) assert(!shown(error).includes(SECRET), shown(error));
});
