/**
 * The users' generator, run as users run it.
 */
import { assert, assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import process from "node:process";
import { generate, main } from "../../codegen/cli.ts";
import { readOurs } from "../../codegen/ours.ts";
import { isServer } from "../../codegen/sources/read.ts";
import { connect } from "../../mod.ts";
import { freePort, missing, startRedis } from "../support/servers.ts";
import { answering, startScripted } from "../support/scripted.ts";
import { test } from "../support/test.ts";
import { noBundler, noCompiler, Workshop } from "./generating.ts";

test("two commands: the same bytes each time, and --check sees one of them change", async () => {
  using shop = new Workshop();
  const only = ["--only", "get,set", "--out", "small.ts"];
  const first = await shop.generate(...only);
  assertEquals(first.code, 0, first.output);
  assertMatch(first.output, /small\.ts: written, for Redis, Valkey and their modules/);
  const text = shop.read("small.ts");
  const again = await shop.generate(...only);
  assertMatch(again.output, /small\.ts: unchanged/);
  assertEquals(shop.read("small.ts"), text);
  assertEquals((await shop.generate(...only, "--check")).code, 0);

  const apart = await shop.generate("--only", "get", "--only", "set", "--out", "small.ts", "--check");
  assertEquals(apart.code, 0, apart.output);

  const at = text.indexOf("return this.send(GET");
  shop.write("small.ts", text.slice(0, at) + "R" + text.slice(at + 1));
  const { code, output } = await shop.generate(...only, "--check");
  assertEquals(code, 1);
  assertStringIncludes(output, `small.ts:${text.slice(0, at).split("\n").length}\n`);
  assertStringIncludes(output, "Return this.send(GET");
  assertStringIncludes(shop.read("small.ts"), "Return this.send(GET", "--check must not write");
});

test("--check tells what differs, and the hash only where nothing else does", async () => {
  using shop = new Workshop();
  const out = shop.path("mine.ts");
  const check = (only: string) => said("--only", only, "--out", out, "--check");
  assertMatch(await said("--only", "get", "--out", out), /^0: /);
  const text = shop.read("mine.ts");
  const differs = await check("get,set");
  assertMatch(differs, /^1: .*mine\.ts:\d+\n {2}generated: .*: 2 commands\.\n {2}found: .*: 1 command\./);
  shop.write("mine.ts", text.replace(/^(\/\/ Hash .*: ).*$/m, "$1none"));
  assertMatch(await check("get"), /^1: .*mine\.ts:2\n.*\n.*Hash of what follows: none\n/);
  // As git has it where lines end as Windows wants them.
  shop.write("mine.ts", text.replaceAll("\n", "\r\n"));
  assertEquals(await check("get"), "0: ");
});

test("a file that is there and cannot be read is not written", async () => {
  using shop = new Workshop();
  const only = ["--only", "get", "--out"];
  // A folder may not be read as a file, whoever asks.
  assertMatch(await said(...only, shop.folder, "--check"), /^1: .*: EISDIR/);
});

test("a program that was started in some other way loads the generator", async () => {
  const [, script] = process.argv;
  process.argv[1] = "/no/where/app"; // as `node app` has it for app.js
  try {
    await import(new URL("../../codegen/cli.ts?again", import.meta.url).href);
  } finally {
    process.argv[1] = script!;
  }
});

test("where this release's own knowledge cannot be fetched, that is said", async () => {
  const url = new URL(`http://127.0.0.1:${await freePort()}/commands.json`);
  const error = await assertRejects(() => readOurs(url));
  assertEquals((error as Error).name, "SourceError");
  assertMatch(String(error), /commands\.json: ./);
});

test("knowledge that does not come is not waited for without end", async () => {
  await using server = await startScripted(() => {});
  const url = new URL(`http://127.0.0.1:${server.port}/commands.json`);
  const error = await assertRejects(() => readOurs(url, 50));
  assertEquals((error as Error).name, "SourceError");
  assertMatch(String(error), /commands\.json: ./);
});

test("--diff of a server that has nothing new says so", { skip: missing() }, async () => {
  await using server = await startRedis();
  const text = await said("--diff", "--from", server.url);
  assertMatch(text, /^0: This release knows all \d+ commands of \w+ \d+\.\d+\.\d+/);
  assertStringIncludes(text, server.version);
});

test("what a file lacks is not made up, and where it lies makes no difference", async () => {
  using shop = new Workshop();
  using other = new Workshop();
  const facts = { group: "box", arity: 2, arguments: [{ name: "key", type: "key" }], command_flags: ["readonly"] };
  const text = JSON.stringify({ "BOX.LOOK": facts, "BOX.PEEK": { ...facts, since: "1.2.3" } });
  for (const place of [shop, other]) place.write("box.json", text);
  const options = { module: "box", with: ["none"] };
  const one = await generate({ ...options, from: shop.path("box.json") });
  assertEquals(one.title, "box.json");
  assertEquals(await generate({ ...options, from: other.path("box.json") }), one);
  assertEquals(one.text.match(/Since .*/g), ["Since version 1.2.3 of the module."]);
  // Of what no module brings nobody says which families have it.
  const own = await generate({ ...options, module: undefined, from: shop.path("box.json") });
  assertEquals(own.text.match(/Since .*/g), ["Since 1.2.3."]);
  const [folder, again] = [await generate({ from: shop.folder }), await generate({ from: `${shop.folder}/` })];
  assertEquals(folder.title, again.title);
  assertEquals(folder.title.includes("/respire"), false, folder.title);
});

test("commands without a method are named with the reason: all of them, or those that were asked for", async () => {
  using shop = new Workshop();
  const facts = { arity: 2, arguments: [{ name: "key", type: "key" }] };
  const names = ["BOX.LOOK", "BOX._SYNC", "_BOX.DEBUG", "TICKET"];
  shop.write("box.json", JSON.stringify(Object.fromEntries(names.map((name) => [name, facts]))));
  const from = ["--from", shop.path("box.json"), "--module", "box"];
  const whole = await said(...from, "--out", shop.path("whole.ts"));
  assertStringIncludes(whole, "(its name says that it is the module's own): BOX._SYNC, _BOX.DEBUG\n");
  assertStringIncludes(whole, "(TICKET: the client has a member ticket of its own): TICKET\n");
  const part = await said(...from, "--only", "box.look", "--out", shop.path("part.ts"));
  assertMatch(part, /^0: .*part\.ts: written, for box\.json\nKnown only by what the source says of them: BOX\.LOOK\n$/);
  for (const name of ["ticket", "_box.debug"]) {
    assertMatch(await said(...from, "--only", name), new RegExp(`^1: ${name.toUpperCase()} has no method \\(.*call`));
  }
});

const CONSUMER = `
import { connect as small } from "./small.ts";
import { connect, connectPool, type GeosearchOptions, type SetOptions } from "./whole.ts";

export async function tour(url: string): Promise<unknown[]> {
  await using two = await small(url);
  await using redis = await connect(url);
  await using pool = await connectPool(url);
  const ok: "OK" = await two.set("a", 1);
  const text: string | null = await two.with({ timeout: 5000 }).get("a");
  const bytes: Uint8Array | null = await two.bytes.get("a");
  const big: bigint = await redis.bigints.incr("a");
  const [read, count] = await redis.pipeline((p) => [p.get("a"), p.incr("n")]);
  const exact: [string | null, number] = [read, count];
  const both: [string | null, number] = await redis.transaction((tx) => [tx.get("a"), tx.del("n")]);
  const watched: "OK" = await pool.session((session) => session.watch("a"));
  const popped = redis.blpop(["list"], 5);
  await redis.rpush("list", "x");
  return [ok, text, bytes, big, exact, both, watched, await popped];
}

export function wrong(two: Awaited<ReturnType<typeof small>>, options: SetOptions): void {
  // @ts-expect-error only two commands
  void (() => two.hget("a", "b"));
  // @ts-expect-error without pipelines
  void (() => two.pipeline());
  // @ts-expect-error options exclude each other here too
  void (() => two.set("a", 1, { nx: true, xx: true }));
  // @ts-expect-error the server is too old for it
  void options.ifeq;
  // @ts-expect-error nor has it this one, beside which no centre is needed
  const place: GeosearchOptions = { bypolygon: true, byradius: { radius: 1, unit: "m" } };
  void place;
  // @ts-expect-error a URL has a host, options a hostname
  void (() => small({ host: "h", port: 1 }));
  // @ts-expect-error in a pool, too
  void (() => connectPool({ host: "h", port: 1 }));
  // @ts-expect-error what is not set would mean this machine
  void ((url: string | undefined) => connect(url));
  void ((either: string | URL | { readonly hostname: string }) => [connect(either), connect(), small()]);
}
`;

test("a module for a server has the whole client, typed", { skip: missing("redis-7.0") || noCompiler }, async () => {
  await using server = await startRedis({ version: "redis-7.0" });
  using shop = new Workshop();
  const { code, output } = await shop.generate("--from", server.url, "--out", "whole.ts");
  assertEquals(code, 0, output);
  assertStringIncludes(output, `written, for Redis ${server.version}`);
  await shop.generate("--only", "get,set", "--out", "small.ts");
  shop.write("consumer.ts", CONSUMER);
  const checked = await shop.check("consumer.ts");
  assertEquals(checked.code, 0, checked.output);
  const { tour } = await shop.load("consumer.ts");
  assertEquals(await tour(server.url), [
    "OK",
    "1",
    new TextEncoder().encode("1"),
    2n,
    ["2", 1],
    ["2", 1],
    "OK",
    ["list", "x"],
  ]);
  const { connect } = await shop.load("small.ts");
  await using two = await connect(server.url);
  // Who does not look at types is told, too.
  for (const absent of ["pipeline", "session", "subscribe", "call", "stats"]) {
    assertEquals(absent in two, false, absent);
  }
  assertMatch(String(await rejection(() => two.reauthenticate())), /generated without options/);
  await two.set("n", "1");
  assertEquals(await two.bytes.get("n"), new TextEncoder().encode("1"));
});

const VERSIONS = (["redis-8", "redis-8.6", "valkey-9"] as const).filter((version) => !missing(version));

test("a module for each newer server compiles", {
  skip: noCompiler || (VERSIONS.length === 0 ? "no newer server on this machine" : false),
}, async () => {
  using shop = new Workshop();
  for (const version of VERSIONS) {
    await using server = await startRedis({ version });
    const { code, output } = await shop.generate("--from", server.url, "--out", `${version}.ts`);
    assertEquals(code, 0, output);
    assert(!output.includes("Known only"), output);
  }
  const { code, output } = await shop.check(...VERSIONS.map((version) => `${version}.ts`));
  assertEquals(code, 0, output);
  const valkey = VERSIONS.includes("valkey-9") ? shop.read("valkey-9.ts") : undefined;
  // What one family has and the other has not.
  if (valkey !== undefined) assertEquals([/^ {2}vadd\(/m.test(valkey), /bypolygon/.test(valkey)], [false, true]);
});

test("a small build holds what it names, and little more", { skip: noBundler }, async () => {
  using shop = new Workshop();
  await shop.generate("--only", "get,set", "--out", "small.ts");
  const { files, gzip } = shop.bundle("small.ts");
  const large = files.filter(({ bytes }) => bytes > 400).map(({ path }) => path);
  assert(large.some((path) => path.endsWith("src/connection/line.ts")), large.join("\n"));
  const needless =
    /src\/(generated|cache|otel|observe|testing)\/|client\/(hub|pool|pipeline|session|blocking|check|url|redis|identity|stats|unusual)\.ts$/;
  assertEquals(large.filter((path) => needless.test(path)), []);
  assert(gzip < 24_000, `${gzip} bytes, all runtimes' sockets included`);
});

test("a client bound to one kind of sockets carries no other", { skip: noBundler || missing() }, async () => {
  using shop = new Workshop();
  const sockets = (name: string): string[] =>
    shop.bundle(name).files.filter(({ path, bytes }) => bytes > 0 && /src\/transport\/\w+\.ts$/.test(path))
      .map(({ path }) => path.slice(path.lastIndexOf("/") + 1)).sort();
  await shop.generate("--only", "get,set", "--out", "small.ts", "--sockets", "node");
  assertEquals(sockets("small.ts"), ["heap.ts", "node.ts"]);
  await shop.generate("--only", "get,set", "--out", "workers.ts", "--sockets", "cloudflare");
  assertMatch(
    shop.read("workers.ts"),
    /^import \{ connectTransport \} from ".*\/src\/sockets\/cloudflare\/mod\.ts";$/m,
  );
  await using server = await startRedis();
  const { connect } = await shop.load("small.ts");
  await using redis = await connect(server.url);
  assertEquals(await redis.set("a", 1), "OK");
  assertEquals(await redis.get("a"), "1");
});

test("a client of one connection says what it has not", { skip: missing() }, async () => {
  await using server = await startRedis({ password: "secret" });
  using shop = new Workshop();
  await shop.generate("--only", "get,set", "--out", "small.ts", "--with", "pipeline");
  const { connect } = await shop.load("small.ts");
  const url = `${server.url}/3`;
  await using redis = await connect(url);
  await redis.set("a", "1");
  assertMatch(await redis.call("CLIENT INFO"), / db=3 /);
  assertMatch(String(await rejection(() => redis.call("BLPOP", "a", 0))), /generated without/);
  assertMatch(String(await rejection(() => connect(`${url}?timeout=5`))), /generated without options/);
  assertMatch(String(await rejection(() => connect("unix:///tmp/none"))), /generated without options/);
  assertMatch(String(await rejection(() => connect({ integrity: true }))), /generated without options/);
  for (const odd of ["redis:6379", "redis://:hunter2@127.0.0.1:99999", "redis://:hunter2%zz@127.0.0.1"]) {
    const error = await rejection(() => connect(odd)) as Error;
    assertMatch(String(error), /^TypeError: This client was generated without options/);
    assert(!`${error.stack}`.includes("hunter2"), error.stack);
  }
  assertMatch(String(await rejection(() => redis.session())), /generated without sessions/);
  assertEquals(redis.stats().shared, 1);
});

async function rejection(act: () => unknown): Promise<unknown> {
  try {
    await act();
  } catch (error) {
    return error;
  }
  return undefined;
}

test("groups, spellings, and what commands need comes along", async () => {
  const { text } = await generate({ only: ["@hash", "config get", "BLPOP", "watch", "ft.search"] });
  for (const method of ["hget", "hgetall", "configGet", "blpop", "watch", "ftSearch"]) {
    assertMatch(text, new RegExp(`^  ${method}[<(]`, "m"), method);
  }
  assert(!/^ {2}lpop\(/m.test(text));
  assertMatch(text, /const KIT: Kit = \{ client: Redis, pool: Pool, session: Session, blocking \}/);
  assertEquals((await generate({ only: ["configGet"] })).text, (await generate({ only: ["config|get"] })).text);
});

test("a group brings no sessions: what only these have is left out and named", async () => {
  using shop = new Workshop();
  const bound = ["HIMPORT DISCARD", "HIMPORT DISCARDALL", "HIMPORT PREPARE", "HIMPORT SET"];
  const plain = await generate({ only: ["@hash"] });
  assertEquals(plain.bound, bound);
  assert(!/himport/i.test(plain.text) && !/session: Session|pool: Pool/.test(plain.text));
  assertStringIncludes(
    await said("--only", "@hash", "--out", shop.path("mine.ts")),
    `Only sessions have these, which a group does not bring (name them, or --with session): ${bound.join(", ")}\n`,
  );
  const others = [
    { only: ["@hash"], with: ["session"] },
    { only: ["@hash", "himportSet"] },
    { only: ["@hash", "watch"] },
    { only: ["@hash", "@transactions"] },
  ];
  for (const options of others) {
    const { text, bound } = await generate(options);
    assertEquals(bound, [], options.only.join());
    assertMatch(text, /^ {2}himportPrepare\(/m, options.only.join());
  }
  assertEquals((await generate({ with: ["none"] })).bound, []);
});

test("options that mean nothing together are refused", async () => {
  using shop = new Workshop();
  shop.write("box.json", JSON.stringify({ "BOX.LOOK": { arguments: [{ name: "key", type: "key" }] } }));
  const diff = ["--diff", "--from", shop.path("box.json")];
  for (const more of [["--check"], ["--only", "get"], ["--with", "pool"], ["--sockets", "node"], ["--out", "x.ts"]]) {
    assertMatch(await said(...diff, ...more), new RegExp(`^2: ${more[0]} means nothing beside --diff.*\n.*--help`));
  }
  assertMatch(await said(...diff, "--module", "box"), /^0: /);
  for (const from of [[], ["--from", "redis://:hunter2@127.0.0.1:1"]]) {
    assertMatch(await said(...from, "--module", "box"), /^2: --module is for a folder or a file.*\nTry --help\.\n$/);
  }
});

test("what is printed is the module alone: what it lacks is told beside it", async () => {
  using shop = new Workshop();
  shop.write("box.json", JSON.stringify({ "_BOX.DEBUG": { arguments: [{ name: "key", type: "key" }] } }));
  const { log, error } = console;
  const write = process.stdout.write;
  const [printed, told]: string[][] = [[], []];
  // A test runner may write of its own there: bytes.
  process.stdout.write =
    ((text: string | Uint8Array) =>
      typeof text === "string" ? printed.push(text) > 0 : write.call(process.stdout, text)) as typeof write;
  console.log = (line: string) => void printed.push(line);
  console.error = (line: string) => void told.push(line);
  try {
    assertEquals(await main(["--from", shop.path("box.json"), "--module", "box"]), 0);
  } finally {
    process.stdout.write = write;
    Object.assign(console, { log, error });
  }
  assertEquals(printed.length, 1);
  assertMatch(told.join("\n"), /^Without a method, .*: _BOX\.DEBUG$/);
});

/** What the command line prints on standard error, and its exit code. */
async function said(...args: string[]): Promise<string> {
  const { error, log } = console;
  let text = "";
  console.error = console.log = (line: string) => void (text += `${line}\n`);
  try {
    return `${await main(args)}: ${text}`;
  } finally {
    Object.assign(console, { error, log });
  }
}

test("slips are told, with what to do", async () => {
  using shop = new Workshop();
  shop.write("mine.ts", "export const mine = 1;\n");
  const mine = shop.path("mine.ts");
  const cases: [args: string[], says: RegExp][] = [
    [["--only", "hgte"], /^1: there is no command hgte; is it hget\?/],
    [["--only", "get,@hashes"], /^1: there is no group @hashes; there are .*@hash, /],
    [["--only", "get,,set"], /^1: --only expects names with commas between/],
    [["--only", "config"], /^1: config alone is no command; there are config get, config help, /],
    [["--only", "subscribe"], /^1: SUBSCRIBE is no method; subscriptions come with --with subscribe/],
    [["--only", "multi"], /^1: MULTI is no method; transactions come with --with transaction/],
    [["--only", "get", "--sockets", "nodejs"], /^1: there are no sockets nodejs; there are node, cloudflare/],
    [["--only", "get", "--with", "pipelines"], /^1: there is no feature pipelines; there are pipeline, /],
    [["--only", "get", "--with", "all,pipelines"], /^1: there is no feature pipelines; there are pipeline, /],
    [["--only", "get", "--out", mine], /^1: .*mine\.ts exists and was not written by this program/],
    [["--only", "get", "--out", shop.path("no/where.ts")], /^1: .*where\.ts: /],
    [["--only", "get", "--check"], /^1: --check needs --out/],
    [["--diff"], /^1: --diff needs --from/],
    [
      ["--from", "localhost:6379"],
      /^1: localhost:6379: there is no such file or folder; a server is given as redis:\/\/localhost:6379/,
    ],
    [["--from", shop.folder], /^1: .*: holds no \.json files/],
    [["--from", mine], /^1: .*mine\.ts: /],
    [["--onyl", "get"], /^2: .*--onyl.*\nTry --help\./],
    [["--from", "redis://127.0.0.1:1"], /^1: Cannot connect to 127\.0\.0\.1:1: connection refused/],
    [["--from", "redis://:hunter2@127.0.0.1:99999"], /^1: The connection URL cannot be understood;(?!.*hunter2)/],
    [["--from", "unix://ada:hunter2@/no/where.sock"], /^1: Cannot connect to \/no\/where\.sock: /],
  ];
  for (const [args, says] of cases) assertMatch(await said(...args), says, args.join(" "));
  assertEquals(shop.read("mine.ts"), "export const mine = 1;\n");
});

test("what may be a server's password is shown nowhere", async () => {
  const slips = [
    "reids://:hunter2@127.0.0.1:1",
    "redis:/:hunter2@127.0.0.1:1",
    "redis//:hunter2@127.0.0.1:1",
    " redis://:hunter2@127.0.0.1:1",
    "ada:hunter2@127.0.0.1:1",
    ":hunter2@127.0.0.1:1",
    "reids://ada:hunt'er@:hunter2@127.0.0.1:1",
    "REDIS://:hunter2@127.0.0.1:1",
    "redis+unix://:hunter2@/no/where.sock",
  ];
  for (const slip of slips) {
    for (const args of [["--from", slip], ["--diff", "--from", slip], [slip], [`--${slip}`]]) {
      const text = await said(...args);
      assertMatch(text, /^[12]: ./, slip);
      assert(!/hunt/.test(text), text);
    }
    const { message } = await rejection(() => generate({ from: slip })) as Error;
    assert(!/hunt/.test(message), message);
  }
  assertMatch(
    await said("--from", slips[0]),
    /^1: reids:\/\/…@127\.0\.0\.1:1: there is no such file or folder; a server's URL begins with redis:\/\/, /,
  );
  assertMatch(
    await said("--from", "./node_modules/@no/where"),
    /^1: \.\/node_modules\/@no\/where: there is no such.*folder$/m,
  );
});

test("every URL that a client connects to is a server's", async () => {
  // Which schemes there are, a refusal tells.
  const { message } = await rejection(() => connect("none://here")) as Error;
  const schemes = message.split("expected ")[1].split(", ");
  assert(schemes.includes("redis+unix:"), message);
  for (const scheme of schemes) {
    for (const from of [`${scheme}//here`, `${scheme.toUpperCase()}//here`]) assert(isServer(from), from);
  }
});

test("a file that describes no commands is refused with its path", async () => {
  using shop = new Workshop();
  const cases: [name: string, text: string, says: RegExp][] = [
    ["broken.json", "{", /broken\.json: /],
    ["empty.json", "{}", /empty\.json: describes no command/],
    ["list.json", "[1]", /list\.json: must be an object with a command per key/],
    ["odd.json", '{"GET": {"arguments": 7}}', /odd\.json: does not describe commands/],
    ["null.json", '{"GET": null}', /null\.json: GET must be an object that describes a command/],
  ];
  for (const [name, text, says] of cases) {
    shop.write(name, text);
    assertMatch(await said("--from", shop.path(name)), says, name);
  }
});

test("what a source is the cause of ends with a message, not with a stack trace", async () => {
  using shop = new Workshop();
  // More at a time than the stacks of some runtimes hold.
  const words = Array.from({ length: 200_000 }, () => ({ type: "pure-token" }));
  shop.write("many.json", JSON.stringify({ "X.MANY": { arguments: words } }));
  const says = /^(0: .*written|1: many\.json: no module can be made of it \()/;
  assertMatch(await said("--from", shop.path("many.json"), "--out", shop.path("many.ts")), says);
});

test("a terminal is told nothing that it would obey, or that nobody sees", async () => {
  using shop = new Workshop();
  shop.write("odd.json", JSON.stringify({ "X.\x1b]0;\u202e": {} }));
  const from = ["--from", shop.path("odd.json")];
  const cases: [args: string[], says: RegExp][] = [
    [["--out", shop.path("odd.ts")], /^0: .*\nWithout a method, .*: X\.\?\]0;\?\n$/],
    [["--diff"], /^0: .*\n {2}X\.\?\]0;\?\n/],
    [["--only", "x.0"], /^1: X\.\?\]0;\? has no method/],
  ];
  for (const [args, says] of cases) assertMatch(await said(...from, ...args), says);
});

test("a server without COMMAND DOCS is named", async () => {
  await using server = await startScripted(answering(([name, word]) => {
    if (name === "CLIENT" && word === "ID") return ":1\r\n";
    if (name === "INFO") return "$22\r\nredis_version:6.2.14\r\n\r\n";
    if (name === "MODULE" || name === "COMMAND" && word === undefined) return "*0\r\n";
    return `-ERR unknown command or subcommand '${name}'\r\n`;
  }));
  const error = await assertRejects(() => generate({ from: `redis://127.0.0.1:${server.port}` }));
  assertMatch(String(error), /127\.0\.0\.1:\d+: redis 6\.2\.14 has no COMMAND DOCS to read arguments from/);
});

test("a user who may not ask is told so", { skip: missing() }, async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  await redis.aclSetuser("poor", ["on", ">secret", "~*", "-@all", "+ping", "+hello", "+client"]);
  const error = await assertRejects(() => generate({ from: server.url.replace("//", "//poor:secret@") }));
  assertMatch(String(error), /may not ask for COMMAND and COMMAND DOCS/);
  assert(!String(error).includes("secret"));
});

test("a user who may not INFO gets the options of the server's version", { skip: missing() }, async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  await redis.aclSetuser("wary", ["on", ">secret", "~*", "+@all", "-@dangerous", "+command"]);
  const { title } = await generate({ from: server.url.replace("//", "//wary:secret@"), only: ["get"] });
  assertStringIncludes(title, ` ${server.version}`);
});

test("--help tells every option", async () => {
  const text = await said("--help");
  assertMatch(text, /^0: /);
  for (const option of ["from", "module", "only", "with", "out", "check", "diff", "import", "help"]) {
    assertStringIncludes(text, `--${option}`);
  }
});
