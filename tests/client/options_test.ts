// Where to connect, and how: everything that a URL, options and the environment may say, and how nonsense is told.
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import process from "node:process";
import { connect, Redis } from "../../mod.ts";
import { readBriefly } from "../../src/client/brief.ts";
import { readOptions } from "../../src/client/options.ts";
import { parseUrl } from "../../src/client/url.ts";
import { LIBRARY, VERSION } from "../../src/connection/version.ts";
import denoJson from "../../deno.json" with { type: "json" };
import packageJson from "../../package.json" with { type: "json" };
import { missing, startRedis } from "../support/servers.ts";
import { test } from "../support/test.ts";

test("a URL says where, who, and how", () => {
  assertEquals(parseUrl("redis://"), {});
  assertEquals(parseUrl("redis://db.internal"), { hostname: "db.internal" });
  assertEquals(parseUrl("valkey://u:p@[::1]:7000/3"), {
    hostname: "::1",
    port: 7000,
    database: 3,
    username: "u",
    password: "p",
  });
  // Rivals have put the user's name elsewhere, and left what was encoded as it was.
  assertEquals(parseUrl("redis://ada%40home:p%2F%3A%40%25%C3%A9@h"), {
    hostname: "h",
    username: "ada@home",
    password: "p/:@%é",
  });
  assertEquals(parseUrl("redis://:only-a-password@h"), { hostname: "h", password: "only-a-password" });
  assertEquals(parseUrl("rediss://h?serverName=db.internal&verify=false"), {
    hostname: "h",
    tls: { serverName: "db.internal", verify: false },
  });
  assertEquals(parseUrl("unix:///run/my%20redis.sock?db=2"), { path: "/run/my redis.sock", database: 2 });
  assertEquals(parseUrl("redis+unix://u:p@/run/redis.sock"), { path: "/run/redis.sock", username: "u", password: "p" });
  assertEquals(parseUrl("unix://:p%40@/run/redis.sock?database=1"), {
    path: "/run/redis.sock",
    password: "p@",
    database: 1,
  });
  assertEquals(
    parseUrl("redis://h?clientName=web&protocol=2&pingInterval=0&clientInfo=false&size=4&overflow=wait"),
    {
      hostname: "h",
      clientName: "web",
      protocol: 2,
      pingInterval: 0,
      clientInfo: false,
      size: 4,
      overflow: "wait",
    },
  );
  assertEquals(parseUrl("redis://h?maxPendingBytes=4294967296&idleTimeout=2147483647"), {
    hostname: "h",
    maxPendingBytes: 2 ** 32,
    idleTimeout: 2 ** 31 - 1,
  });
});

for (
  const [url, says] of [
    ["", "cannot be understood"],
    ["localhost:6379", "has no scheme"],
    ["redis:6379", "has no scheme"],
    ["http://h", "http://"],
    ["redis://h/x", "database must be a whole number"],
    ["redis://h?database=1.5", "database must be a whole number"],
    ["redis://h?no=1", "not known: no; known are"],
    ["redis://h?db=1&database=2", "database twice"],
    ["redis://h/0?db=1", "database twice"],
    ["rediss://h/2?database=2", "database twice"],
    ["redis://h?verify=false", "verify is an option of rediss://"],
    ["rediss://h?verify=maybe", "verify must be true or false"],
    ["redis://h?timeout=soon", "timeout must be a whole number"],
    ["unix://", "names no unix socket"],
    ["redis://:pass#word@h", "cannot be understood"],
    ["redis://:password@h/0#1", "has a # in it"],
    ["redis://u:%E0%A4%A@h", "password is not well percent-encoded"],
  ] as const
) {
  test(`the URL ${url || "that is empty"} is refused: ${says}`, () => {
    const error = assertThrows(() => readOptions(url), TypeError, says);
    assert(!error.message.includes("%E0"));
  });
}

test("an option that is undefined takes nothing from the URL, in a small build either", () => {
  const nothing = { hostname: undefined, password: undefined, tls: undefined };
  for (const read of [readOptions, readBriefly]) {
    for (
      const { hostname, password, tls } of [read("rediss://:p@h", nothing), read({ url: "rediss://:p@h", ...nothing })]
    ) {
      assertEquals([hostname, password, tls !== undefined], ["h", "p", true]);
    }
    assertEquals(read({ hostname: "h" }, nothing).hostname, "h");
  }
});

for (const target of [null, 6379, true, () => "redis://h"]) {
  test(`${target} is neither a URL nor options`, async () => {
    await assertRejects(() => connect(target as never), TypeError, "opened with a URL, with options");
    await assertRejects(() => connect({}, (target ?? null) as never), TypeError, "opened with a URL, with options");
  });
}

test("an object that says nothing of what was meant is neither, one with nothing in it is", async () => {
  class Settings {
    get hostname(): string {
      return "h";
    }
  }
  const pending = Promise.resolve("redis://h");
  for (const odd of [pending, [], new Map(), new Settings()]) {
    await assertRejects(() => connect(odd as never), TypeError, "opened with a URL, with options");
    await assertRejects(() => connect({}, odd as never), TypeError, "opened with a URL, with options");
  }
  await assertRejects(() => connect(["redis://h"] as never), TypeError, "Unknown option: 0");
  await assertRejects(() => connect({}, new URL("redis://h") as never), TypeError, "opened with a URL, with options");
  for (const none of [{}, Object.create(null), Object.create(Object.create(null))]) assertEquals(readOptions(none), {});
  assertEquals(readOptions(Object.assign(new Settings(), { port: 7 })), { port: 7 });
});

test("a URL of another realm is one", () => {
  class Elsewhere {
    get href(): string {
      return "redis://h:7";
    }
  }
  const url = new Elsewhere() as URL;
  assertEquals(readOptions(url, { database: 2 }), readOptions("redis://h:7", { database: 2 }));
  const more = { href: "redis://h:7", password: "secret" } as object;
  assertThrows(() => readOptions(more), TypeError, "Unknown option: href");
});

test("a password with a # in it is refused in a small build as well, and not shown", () => {
  for (const url of ["redis://ada:12#secret@db", "redis://db/1#secret"]) {
    for (const read of [readOptions, readBriefly]) {
      const { message } = assertThrows(() => read(url), TypeError);
      assert(!message.includes("secret"), message);
    }
  }
});

test("new Redis(…) says how a client is opened", () => {
  const Other = Redis as unknown as new (...args: unknown[]) => Redis;
  for (const args of [[], ["redis://h"], [6379, "h"], [{ host: "h" }, {}]]) {
    assertThrows(() => new Other(...args), TypeError, "await connect");
  }
});

test("no message shows what may be a secret", async () => {
  const secret = "hunter2-secret";
  for (
    const make of [
      () => connect(`redis://${secret}:${secret}@h/notanumber`),
      () => connect(`nonsense://${secret}:${secret}@h`),
      () => connect(`${secret}:${secret}@h:6379`),
      () => connect(`redis://${secret}:${secret}@h:99999999`),
      () => connect({ password: 5, username: secret } as never),
      () => connect({ clientName: `${secret} x` }),
      () => connect({ tls: { ca: secret } }),
      () => connect({ username: secret }),
    ]
  ) {
    const error = await make().then(() => undefined, (error) => error);
    assert(error instanceof TypeError, String(error));
    assert(!`${error.message}${error.stack}`.includes(secret), error.message);
  }
});

for (
  const [options, kind, says] of [
    [{ hots: "x" }, TypeError, "Unknown option: hots; known are"],
    [{ port: 70_000 }, RangeError, "port must be from 1 to 65535"],
    [{ clientName: "two words" }, TypeError, "printable ASCII"],
    [{ clientName: "café" }, TypeError, "printable ASCII"],
    [{ port: "6379" }, TypeError, "port must be a whole number"],
    [{ hostname: "redis://h" }, TypeError, "a URL is given as url"],
    [{ hostname: "" }, TypeError, "hostname must be a string"],
    [{ protocol: 4 }, TypeError, "protocol must be 2 or 3"],
    [{ overflow: "drop" }, TypeError, 'overflow must be "error" or "wait"'],
    [{ credentials: "me" }, TypeError, "credentials must be a function"],
    [{ credentials: () => ({ password: "x" }), password: "y" }, TypeError, "either credentials or"],
    [{ username: "ada" }, TypeError, "username needs a password"],
    [{ clientInfo: "yes" }, TypeError, "clientInfo must be true or false"],
    [{ tls: "yes" }, TypeError, "tls must be true, false, or an object"],
    [{ tls: { caFile: "x" } }, TypeError, "Unknown option: tls.caFile"],
    [{ tls: { ca: "/etc/ca.pem" } }, TypeError, "tls.ca must be PEM text"],
    [{ tls: { ca: new Uint8Array(1) } }, TypeError, "tls.ca must be PEM text (-----BEGIN …): a string, neither bytes"],
    [{ tls: { cert: "-----BEGIN CERTIFICATE-----" } }, TypeError, "go together"],
    [{ tls: { verify: 0 } }, TypeError, "tls.verify must be true or false"],
    [{ limits: 5 }, TypeError, "limits must be an object"],
    [{ limits: { lines: 5 } }, TypeError, "Unknown option: limits.lines; known are"],
    [{ limits: { line: NaN } }, TypeError, "limits.line must be a whole number"],
    [{ limits: { bulk: -1 } }, RangeError, "limits.bulk must be from 1"],
  ] as const
) {
  test(`options are checked: ${says}`, async () => {
    await assertRejects(() => connect(options as never), kind, says);
  });
}

test("options win over the URL, and what belongs together is replaced together", () => {
  const { hostname, port, tls } = readOptions("rediss://h:1?serverName=a", { port: 2, tls: { verify: false } });
  assertEquals([hostname, port, tls], ["h", 2, { serverName: "a", verify: false }]);
  assertEquals(readOptions("rediss://h?serverName=a", { tls: { serverName: undefined } }).tls, { serverName: "a" });
  assertEquals(readOptions("unix:///a.sock", { hostname: "h" }).path, undefined);
  assertEquals(readOptions("rediss://h", { tls: false }).tls, false);
  assertEquals(readOptions("rediss://h?serverName=a&verify=false", { tls: true }).tls, {
    serverName: "a",
    verify: false,
  });
  assertEquals(readOptions("redis://h", { tls: true }).tls, true);
});

test("a password beside a URL is that of the URL's user, credentials take the place of both", () => {
  const identity = (url: string, beside: object) => {
    const { username, password } = readOptions(url, beside);
    return [username, password];
  };
  for (const url of ["redis://u@h", "redis://u:p@h"]) {
    assertEquals(identity(url, { password: "q" }), ["u", "q"]);
    assertEquals(identity(url, { username: "v", password: "q" }), ["v", "q"]);
    assertEquals(identity(url, { credentials: () => ({ password: "x" }) }), [undefined, undefined]);
  }
  assertEquals(identity("redis://:p@h", { username: "v" }), ["v", "p"]);
  assertEquals(identity("redis://:p@h", { password: "q" }), [undefined, "q"]);
});

test("a URL's numbers may be as large as an option's, and are told alike if they are larger", () => {
  const { queueLimit, timeout } = readOptions(`redis://h?queueLimit=${Number.MAX_SAFE_INTEGER}&timeout=2147483647`);
  assertEquals([queueLimit, timeout], [Number.MAX_SAFE_INTEGER, 2147483647]);
  assertThrows(() => readOptions("redis://h/2147483648"), RangeError, "database must be from 0 to 2147483647");
  assertThrows(() => readOptions(`redis://h?timeout=1${"0".repeat(400)}`), RangeError, "timeout must be from 1");
});

test("with() refuses names that it does not know, those of its own settings as well", { skip: missing() }, async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  for (const name of ["timout", "mode", "limit"]) {
    assertThrows(
      () => redis.with({ [name]: 5 } as object),
      TypeError,
      `Unknown option: ${name}; known are signal, timeout`,
    );
  }
  assertEquals(await redis.with({ timeout: undefined, signal: undefined }).ping(), "PONG");
});

test("what is called with options refuses names that it does not know", { skip: missing() }, async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  const handler = () => {};
  const worker = { streams: "s", group: "g", handler };
  const wrong = { tiemout: 5 } as object;
  // The command that a walk begins with refuses them.
  const firstOf = (walk: AsyncIterable<unknown>) => walk[Symbol.asyncIterator]().next();
  for (
    const [call, known] of [
      [() => redis.pipeline(wrong), "errors, replies"],
      [() => redis.pipeline((p) => [p.ping()], wrong), "errors, replies"],
      [() => redis.pipeline().exec(wrong), "errors"],
      [() => redis.session((s) => s.pipeline((p) => [p.ping()], wrong)), "errors, replies"],
      [() => redis.transaction((tx) => [tx.ping()], wrong), "errors"],
      [() => redis.session((s) => s.transaction((tx) => [tx.ping()], wrong)), "errors"],
      [() => redis.watch("k", () => {}, wrong), "attempts, backoff"],
      [() => redis.subscribe("c", wrong), "buffer, overflow, onMessage, onGap, onError"],
      [() => redis.psubscribe("c", wrong), "buffer, overflow, onMessage, onGap, onError"],
      [() => firstOf(redis.scanIterator(wrong)), "match, count, type"],
      [() => firstOf(redis.hscanIterator("h", wrong)), "match, count, novalues"],
      [() => firstOf(redis.sscanIterator("s", wrong)), "match, count"],
      [() => firstOf(redis.zscanIterator("z", wrong)), "match, count, noscores"],
      [() => redis.readStream("s", wrong), "from, count, block, signal, onError"],
      [() => redis.streamWorker({ ...worker, ...wrong }), "streams, group, consumer, handler"],
      [() => redis.monitor(wrong), "buffer, overflow"],
    ] as const
  ) {
    await assertRejects(async () => await call(), TypeError, `Unknown option: tiemout; known are ${known}`);
  }
  // What is undefined is not given.
  assertEquals(await redis.pipeline((p) => [p.ping()], { errors: undefined, made: undefined } as object), ["PONG"]);
  for (const slip of [100, true, () => {}]) {
    await assertRejects(() => firstOf(redis.scanIterator(slip as object)), TypeError, "as an object");
  }
  // A walk is gone on with by an option of its own, which is none of its command.
  const walk = redis.scanIterator({ cursor: "0", match: "none" });
  for await (const _ of walk.each()) throw new Error("there is nothing");
  assertEquals(redis.stats().leased, 0);
});

test("env: takes the URL from the environment, when it is asked for and not before", async () => {
  await using server = await startRedis({ password: "secret" });
  const name = "RESPIRE_TEST_URL";
  delete process.env[name];
  await assertRejects(() => connect(`env:${name}`), TypeError, `${name} is not set`);
  process.env[name] = server.url;
  try {
    await using redis = await connect(`env:${name}`);
    assertEquals(await redis.ping(), "PONG");
    await using other = await connect({ url: `env:${name}`, database: 3, clientName: "other" });
    assertEquals(await other.clientGetname(), "other");
  } finally {
    delete process.env[name];
  }
  await assertRejects(() => connect("env:NOT A NAME"), TypeError, "name of an environment variable");
});

test("env: alone means REDIS_URL", () => {
  const before = process.env.REDIS_URL;
  process.env.REDIS_URL = "redis://named-host:7";
  try {
    assertEquals(readOptions("env:").hostname, "named-host");
    assertEquals(readOptions({ url: "env:" }).port, 7);
  } finally {
    if (before === undefined) delete process.env.REDIS_URL;
    else process.env.REDIS_URL = before;
  }
});

test("a server is told which library this is; the version is that of the package", {
  skip: missing("redis-8"),
}, async () => {
  assertEquals([denoJson.version, packageJson.version], [VERSION, VERSION]);
  await using server = await startRedis({ version: "redis-8" });
  await using redis = await connect(server.url);
  const info = String(await redis.call("CLIENT INFO"));
  assert(info.includes(`lib-name=${LIBRARY} lib-ver=${VERSION} `), info);
  await using silent = await connect(server.url, { clientInfo: false });
  assert(!String(await silent.call("CLIENT INFO")).includes(LIBRARY));
});

test("an option that is not defined hides nothing, wherever the others come from", () => {
  assertEquals(readOptions({ port: 7000 }, { port: undefined }).port, 7000);
  assertEquals(readOptions("redis://h:7000", { port: undefined }).port, 7000);
});
