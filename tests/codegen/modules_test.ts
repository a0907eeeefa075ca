/**
 * Commands that nobody here has described: modules of others, and what is hidden from commands.json on purpose.
 */
import { assert, assertEquals, assertMatch, assertStringIncludes, assertThrows } from "@std/assert";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fit, type Fitted } from "../../codegen/fit.ts";
import { compare, report } from "../../codegen/merge.ts";
import type { Command, CommandsFile } from "../../codegen/model.ts";
import { printModule } from "../../codegen/module.ts";
import { chooseCommands, commandsOf, FEATURES } from "../../codegen/select.ts";
import { readDocs } from "../../codegen/sources/docs.ts";
import { readLive } from "../../codegen/sources/live.ts";
import { readSource } from "../../codegen/sources/read.ts";
import { findModule, type ModuleName } from "../support/modules.ts";
import { missing, type ServerVersion, startRedis } from "../support/servers.ts";
import { test } from "../support/test.ts";
import { noCompiler, ROOT, Workshop } from "./generating.ts";

/** Why a module cannot be had here. */
function without(name: ModuleName, version: ServerVersion): string | false {
  return missing(version) || noCompiler ||
    (findModule(name) === undefined ? `no module ${name} on this machine` : false);
}

/** Checks a program's types, and gives what its `tour` gives. */
async function tour(shop: Workshop, program: string, url: string): Promise<unknown> {
  shop.write("consumer.ts", program);
  const { code, output } = await shop.check("consumer.ts");
  assertEquals(code, 0, output);
  return await (await shop.load("consumer.ts")).tour(url);
}

test("an old search module: what we know is typed, what we do not is there", {
  skip: without("redisearch", "redis-7.0"),
}, async () => {
  await using server = await startRedis({
    version: "redis-7.0",
    args: ["--loadmodule", findModule("redisearch")!],
  });
  using shop = new Workshop();
  const { code, output } = await shop.generate("--from", server.url, "--out", "mine.ts");
  assertEquals(code, 0, output);
  assertStringIncludes(output, "with ft 1.2.0");
  assertStringIncludes(output, "FT.SAFEADDHASH");
  assertMatch(
    output,
    /with call\(\) \(outdated, or for its module itself\): FT\.ADD, FT\.DEL, .*FT\.SYNADD\b/,
  );
  const found = await tour(
    shop,
    `
    import { connect } from "./mine.ts";
    import type { Reply } from "@respire/redis/command";
    export async function tour(url: string): Promise<unknown[]> {
      await using redis = await connect(url);
      await redis.ftCreate("books", [{ field: "title", text: true }]);
      await redis.hset("b:1", { title: "hello world" });
      // Nobody described it: keys and arity are known, the reply is whatever comes, or what the caller says.
      const reply: Reply = await redis.ftAddhash("books", "b:1", "1.0");
      const [again] = await redis.pipeline((p) => [p.ftAddhash<"OK">("books", "b:1", "1.0", "REPLACE")]);
      const ok: "OK" = again;
      const { total_results: total } = await redis.ftSearch("books", "hello");
      // One command to the module, which reads the second word itself.
      const closed: string = await redis.ftCursorDel("books", 1).catch((error: Error) => error.message);
      // @ts-expect-error came with a later release of the module
      void (() => redis.ftSearch("books", "hello", { dialect: 2 }));
      return [reply, ok, total, closed];
    }`.replace("@respire/redis/command", `${ROOT}src/command/mod.ts`),
    server.url,
  );
  assertEquals(found, ["OK", "OK", 1, "Cursor does not exist"]);
});

test("a module that nobody described", { skip: without("knot", "redis-8") }, async () => {
  await using server = await startRedis({ version: "redis-8", args: ["--loadmodule", findModule("knot")!] });
  const source = await readSource(server.url);
  const knots = [...source.commands.keys()].filter((name) => name.startsWith("KNOT."));
  assert(knots.length > 0, [...source.commands.keys()].join());
  using shop = new Workshop();
  const { code, output } = await shop.generate("--from", server.url, "--out", "mine.ts");
  assertEquals(code, 0, output);
  for (const name of knots) assertStringIncludes(output, name);
  const found = await tour(
    shop,
    `
    import { connect } from "./mine.ts";
    export async function tour(url: string): Promise<unknown[]> {
      await using redis = await connect(url);
      const none = await redis.knotZoneList<string[]>();
      const count: number = none.length;
      const [transaction] = await redis.pipeline((p) => [p.knotZoneBegin("example.com", 1)]);
      // @ts-expect-error it is no array before somebody says so
      void (async () => (await redis.knotZoneList()).length);
      return [count, typeof transaction];
    }`,
    server.url,
  );
  assertEquals(found, [0, "number"]);
});

test("a command hidden from commands.json is found on the server and used, typed", {
  skip: missing("redis-7.0") || noCompiler,
}, async () => {
  await using server = await startRedis({ version: "redis-7.0" });
  const whole = JSON.parse(await readFile(join(ROOT, "commands.json"), "utf8")) as CommandsFile;
  const { GETDEL: _, "OBJECT FREQ": _freq, LMPOP: _lmpop, ...hidden } = whole;
  const fitted = fit(hidden as CommandsFile, await readSource(server.url));
  assertEquals(fitted.drafted, ["GETDEL", "LMPOP", "OBJECT FREQ"]);
  using shop = new Workshop();
  const from = `${ROOT.replace(/\/$/, "")}/src/*/mod.ts`;
  shop.write("mine.ts", printModule({ ...fitted, features: new Set(FEATURES), from }));
  const found = await tour(
    shop,
    `
    import { connect } from "./mine.ts";
    export async function tour(url: string): Promise<unknown[]> {
      await using redis = await connect(url);
      await redis.set("a", "1");
      await redis.rpush("list", "x", "y", "z");
      const [value, popped] = await redis.pipeline((p) => [
        p.getdel<string | null>("a"),
        p.lmpop(["none", "list"], "RIGHT", { count: 2 }),
      ]);
      const text: string | null = value;
      // @ts-expect-error a key it must have
      void (() => redis.getdel());
      // @ts-expect-error one of two words
      void (() => redis.lmpop(["list"], "MIDDLE"));
      return [text, popped, await redis.exists("a")];
    }`,
    server.url,
  );
  assertEquals(found, ["1", ["list", ["z", "y"]], 0]);
});

test("a folder of command files and a file of docs", { skip: noCompiler }, async () => {
  using shop = new Workshop();
  const facts = {
    summary: "Greets.",
    group: "greetings",
    since: "1.0.0",
    arity: -2,
    arguments: [
      { name: "whom", type: "key", key_spec_index: 0 },
      { name: "loud", type: "pure-token", token: "LOUD", optional: true },
      { name: "times", type: "integer", token: "TIMES", optional: true },
    ],
  };
  shop.write("greet.json", JSON.stringify({ "GREET.HELLO": facts }));
  const first = await shop.generate("--from", shop.path("greet.json"), "--module", "greet", "--out", "file.ts");
  assertEquals(first.code, 0, first.output);
  const second = await shop.generate("--from", shop.folder, "--module", "greet", "--out", "folder.ts");
  assertEquals(second.code, 0, second.output);
  shop.write(
    "consumer.ts",
    `
    import type { Redis } from "./file.ts";
    import type { Redis as Other } from "./folder.ts";
    export function both(one: Redis, other: Other): void {
      void (() => one.greetHello("ada", { loud: true, times: 3 }));
      void (() => other.greetHello("ada", { loud: true }));
      // @ts-expect-error the name is missing
      void (() => one.greetHello({ loud: true }));
      // @ts-expect-error there is nothing else in it
      void (() => one.get("a"));
    }`,
  );
  const { code, output } = await shop.check("consumer.ts");
  assertEquals(code, 0, output);
});

test("a command whose name is taken is left to call()", () => {
  const source = {
    label: "here",
    commands: new Map(
      ["X.GET", "PIPELINE", "XGET", "GET"].map((name) => [name, {
        name,
        group: "module",
        since: "",
        arity: 2,
        flags: new Set<string>(),
        tips: new Map<string, string>(),
        arguments: [],
        keys: [],
        system: false,
        container: false,
      }]),
    ),
  };
  const get = { group: "string", since: "1.0.0", doc: "Reads.", reply: "bulk?" };
  const { left, drafted, file } = fit({ $schema: 1, GET: get }, source);
  assertEquals(drafted, ["X.GET", "XGET"]);
  assertEquals([...left.keys()], ["PIPELINE"]);
  assertEquals(Object.keys(file), ["$schema", "GET", "X.GET", "XGET"]);
});

const SEARCHES: [server: string, name: string, ver: number, title: string, tokens: string[]][] = [
  // Valkey's own module counts by itself, first in decimals and then in bytes.
  ["valkey_version:8.1.1", "search", 10000, "Valkey 8.1.1 with search 1.0.0", ["DIALECT"]],
  ["valkey_version:9.0.1", "search", 66048, "Valkey 9.0.1 with search 1.2.0", ["ALLSHARDS", "CONSISTENT", "DIALECT"]],
  ["redis_version:7.0.0", "ft", 10200, "Redis 7.0.0 with ft 1.2.0", []],
  ["redis_version:7.0.0", "search", 20403, "Redis 7.0.0 with search 2.4.3", ["DIALECT"]],
  // The same number, of another family.
  ["redis_version:8.0.0", "search", 80000, "Redis 8.0.0 with search 8.0.0", ["DIALECT"]],
];
for (const [version, name, ver, title, tokens] of SEARCHES) {
  test(`${title} has the options of its own family's module`, async () => {
    const replies: Record<string, unknown> = {
      "INFO": `${version}\r\n`,
      "COMMAND": ["ft.search", "ft.aggregate"].map((name) => [name, -3, [], 0, 0, 0, [], [], [], []]),
      "COMMAND DOCS": [],
      "MODULE LIST": [{ name, ver }],
    };
    const whole = JSON.parse(await readFile(join(ROOT, "commands.json"), "utf8")) as CommandsFile;
    const fitted = fit(whole, await readLive("here", (name) => Promise.resolve(replies[name])));
    assertEquals(fitted.title, title);
    for (const command of ["FT.SEARCH", "FT.AGGREGATE"]) {
      const text = JSON.stringify(fitted.file[command]);
      const found = ["ALLSHARDS", "CONSISTENT", "DIALECT"].filter((token) => text.includes(`"${token}"`));
      assertEquals(found, tokens, command);
    }
  });
}

test("what a module reads as an argument, and we have as a command, is there with it", async () => {
  const entry = (name: string, ...subcommands: unknown[]) => [name, -2, [], 0, 0, 0, [], [], [], subcommands];
  const replies: Record<string, unknown> = {
    "INFO": "redis_version:8.0.0\r\n",
    "COMMAND": [entry("ft.cursor"), entry("ft.config"), entry("config", entry("config|get"))],
    "COMMAND DOCS": [],
    "MODULE LIST": [{ name: "search", ver: 80000 }],
  };
  const whole = JSON.parse(await readFile(join(ROOT, "commands.json"), "utf8")) as CommandsFile;
  const { file, drafted } = fit(whole, await readLive("here", (name) => Promise.resolve(replies[name])));
  assertEquals(drafted, []);
  const methods = commandsOf(chooseCommands(file, ["ftCursorRead", "ft.cursor del", "@search", "@server"], whole));
  assertEquals(methods.map(([name]) => name), [
    ...["CONFIG GET", "FT.CONFIG GET", "FT.CONFIG HELP", "FT.CONFIG SET", "FT.CURSOR DEL", "FT.CURSOR READ"],
  ]);
  // One that lists its subcommands has no others.
  assertThrows(() => chooseCommands(file, ["configSet"], whole), Error, "the server has no CONFIG SET");
});

test("what is left of a module's first generation, and what a source keeps for the server, is named", async () => {
  const entry = (name: string) => [name, -2, [], 0, 0, 0, [], [], [], []];
  const names = ["ft.add", "ft.get", "ft.config", "ft.search", "pfdebug", "box.sync"];
  const whole = JSON.parse(await readFile(join(ROOT, "commands.json"), "utf8")) as CommandsFile;
  const { file, left } = await fitted(names.map(entry), { "box.sync": { doc_flags: ["syscmd"] } }, whole);
  assertEquals([...left], [
    ["BOX.SYNC", "the source says that it is for the server itself"],
    ["FT.ADD", "outdated, or for its module itself"],
    ["FT.GET", "outdated, or for its module itself"],
  ]);
  const says = (item: string, text: string) =>
    assertThrows(() => chooseCommands(file, [item], whole, left), Error, text);
  says("ft.add", "FT.ADD has no method (outdated, or for its module itself): send it with call()");
  says("box.sync", "BOX.SYNC has no method (the source says that it is for the server itself): send it with call()");
  says("pfdebug", "PFDEBUG has no method: send it with call()");
  assertThrows(() => chooseCommands(whole, ["ft.add"]), Error, "FT.ADD has no method: send it with call()");
});

test("what a server calls itself and its own is no code", async () => {
  const replies: Record<string, unknown> = {
    "INFO": "redis_version:7.0.0*/ evil() /*\r\n",
    "COMMAND": ["a.*/ evil() /*", "b.say", "c.fine"].map((name) => [name, -1, [], 0, 0, 0, [], [], [], []]),
    "COMMAND DOCS": ["b.say", { arguments: [{ name: "a", type: "string", token: "*/ evil() /*" }] }],
    "MODULE LIST": [{ name: "m\nevil();//", ver: 1 }],
  };
  const fitted = fit({ $schema: 1 }, await readLive("here", (name) => Promise.resolve(replies[name])));
  assertEquals([fitted.drafted, fitted.left.size], [["C.FINE"], 2]);
  const text = printModule({ ...fitted, features: new Set(), from: "@respire/redis" });
  assert(text.includes("evil"));
  for (const line of text.split("\n").filter((line) => line.includes("evil"))) {
    assertMatch(line, /^ *(\/\/|\*|\/\*\*)(?!.*\*\/.)/);
  }
});

/** What a server with these commands makes of `ours`: entries of `COMMAND`, and what `COMMAND DOCS` tells of them. */
async function fitted(commands: unknown, docs: unknown = [], ours: CommandsFile = { $schema: 1 }): Promise<Fitted> {
  const replies: Record<string, unknown> = {
    "INFO": "redis_version:8.0.0\r\n",
    "COMMAND": commands,
    "COMMAND DOCS": docs,
    "MODULE LIST": [],
  };
  return fit(ours, await readLive("here", (name) => Promise.resolve(replies[name])));
}

const unseen = /(?!\n)[\p{C}\p{Zl}\p{Zp}]/u;

test("what nobody sees, and what turns a line around, is in no module and on no terminal", () => {
  const odd = ["\u202e", "\x1b]0;", "\u2028", "\u2029", "\u200b", "\x9b2K", "\r"];
  const commands: Record<string, unknown> = { "C.FINE": {} };
  for (const [at, text] of odd.entries()) {
    commands[`A${at}.${text}`] = {};
    commands[`B${at}`] = { arguments: [{ name: "how", type: "string", token: `FORCE${text}` }] };
    commands[`D${at}`] = {
      arguments: [{ name: "row", type: "block", arguments: [{ name: `x${text}`, type: "string" }] }],
    };
    commands[`E${at}`] = { command_tips: [`REQUEST_POLICY:${text}`], group: "e" };
    commands[`F${at}`] = { group: text };
    commands[`_${text}`] = {};
  }
  const source = readDocs("here", commands);
  const made = fit({ $schema: 1 }, source);
  assertEquals([made.drafted, made.left.size], [["C.FINE"], 6 * odd.length]);
  const module = printModule({ ...made, features: new Set(), from: "@respire/redis" });
  assert(!unseen.test(module), unseen.exec(module)?.[0]);
  const told = report(compare({ $schema: 1 }, source));
  assertStringIncludes(told, "A0.?\n");
  assert(!unseen.test(told), unseen.exec(told)?.[0]);
});

test("a description that is nested as none is costs no time: its command takes any arguments", async () => {
  const option = (name: string) => ({ name, type: "string", token: name.toUpperCase(), flags: ["optional"] });
  const nested = (levels: number): unknown => {
    if (levels === 1) return option("v");
    const [name, args] = [`b${levels}`, [nested(levels - 1), option(`w${levels}`)]];
    return { ...option(name), type: "block", arguments: args };
  };
  const any = [{ name: "arg1", type: "value" }, { name: "args", type: "value", list: "tail", opt: true }];
  for (const [levels, described] of [[8, true], [9, false], [40, false]] as const) {
    const { file } = await fitted([["x.deep", -2, [], 0, 0, 0]], { "x.deep": { arguments: [nested(levels)] } });
    const { args } = file["X.DEEP"] as Command;
    if (described) assertEquals(args![0].token, "B8");
    else assertEquals(args, any as Command["args"], `${levels} levels`);
  }
});

test("numbers that no command has are taken for none", async () => {
  const any = [{ name: "args", type: "value", list: "tail", opt: true }];
  for (const odd of [65, -65, 1000, 1.5, 5e9, -5e9, Number.NaN, "many"]) {
    const { file } = await fitted([["x.y", odd, []]]);
    assertEquals((file["X.Y"] as Command).args, any as Command["args"], `arity ${odd}`);
  }
  const find = ["type", "range", "spec", ["lastkey", 0, "keystep", 1, "limit", 0]];
  for (const [odd, rule] of [[100, "100"], [4e9, "4000000000"], [1.5, "?"], [1e30, "?"], ["first", "?"]] as const) {
    const place = ["flags", [], "begin_search", ["type", "index", "spec", ["index", odd]], "find_keys", find];
    const entry = [["x.y", -1, [], 0, 0, 0, [], [], [place], []]];
    const { args, keys } = (await fitted(entry)).file["X.Y"] as Command;
    assertEquals([args, keys], [any as Command["args"], rule]);
    // Of arguments that are described, it contradicts what they show.
    const described = await fitted(entry, { "x.y": { arguments: [{ name: "key", type: "key" }] } });
    assertEquals((described.file["X.Y"] as Command).keys, "?");
  }
});

test("what is no text, no entry and nobody's property is taken for nothing", async () => {
  const entry = (name: string, ...more: unknown[]) => [name, 2, [], 0, 0, 0, [], [], [], more];
  const arg = { name: "key", type: "key", token: 5, since: 7 };
  const docs = {
    "x.y": { module: "constructor", since: 7, arguments: [{ ...arg, name: {} }] },
    "x.z": { module: 5, arguments: [arg] },
    "get": { arguments: [arg] },
  };
  const get: Command = { group: "string", since: "1.0.0", doc: "Reads.", reply: "bulk?" };
  const commands = [null, entry("x.y"), 7, entry("x.z", null), entry("get")];
  const { file, drafted, left } = await fitted(commands, docs, { $schema: 1, GET: get });
  assertEquals([drafted, left.size], [["X.Y", "X.Z"], 0]);
  assertEquals([file["X.Y"], file["X.Z"]].map((one) => [(one as Command).group, (one as Command).since]), [
    ["constructor", {}],
    ["module", {}],
  ]);
  assertEquals((file["X.Z"] as Command).args, [{ name: "key", type: "key" }]);
});

test("commands, arguments and words whose names TypeScript or the module has no room for", {
  skip: noCompiler,
}, async () => {
  using shop = new Workshop();
  const key = { name: "key", type: "key" };
  const [x, y] = ["x", "y"].map((name) => ({ name, type: "string", token: name.toUpperCase(), optional: true }));
  const commands: Record<string, unknown[]> = {
    "2FA.CHECK": [key],
    "ЩИТ": [key],
    "WRITE": [key],
    "BINARY": [key],
    "KIT": [key],
    "POOL": [key, { name: "x", type: "pure-token", token: "X", optional: true }],
    "TICKET": [key],
    "BOX.WORD": [key, { name: "x", type: "pure-token", token: "2D", optional: true }],
    "BOX.NAME": [{ name: "ключ", type: "key" }],
    "BOX.TIME": [key, { name: "milliseconds", type: "unix-time" }],
    "BOX.TWINS": [{
      ...{ name: "pair", type: "block", multiple: true },
      arguments: [{ name: "value", type: "string" }, { name: "value", type: "string" }],
    }],
    "BOX.ROWS": [key, {
      ...{ name: "row", type: "block", multiple: true },
      arguments: [{ name: "field", type: "string" }, { name: "value", type: "string", optional: true }],
    }],
    "BOX.KINDS": [key, {
      ...{ name: "kind", type: "block", multiple: true },
      arguments: [{ name: "field", type: "string" }, {
        ...{ name: "how", type: "oneof" },
        arguments: [{ name: "a", type: "pure-token", token: "A" }, { name: "n", type: "integer", token: "N" }],
      }],
    }],
    "BOX.COUNTED": [
      { name: "numkeys", type: "integer" },
      { ...key, multiple: true },
      { name: "entries", type: "integer", optional: true },
    ],
    "BOX.TALLY": [
      { ...key, name: "at" },
      ...["param", "sort"].flatMap((name) => [{ name: "nargs", type: "integer" }, {
        ...{ name, type: "block", multiple: true },
        arguments: [{ name: "field", type: "string" }, { name: "dir", type: "string" }],
      }]),
    ],
    "BOX.NOTHING": [key, { name: "none", type: "oneof", arguments: [] }],
    "BOX.DIGIT": [key, { name: "2d", type: "block", optional: true, arguments: [x, y] }],
    "BOX.NAMELESS": [key, { type: "block", optional: true, arguments: [x, y] }],
    "BOX.INHERITED": [key, { ...x, token: "CONSTRUCTOR" }],
    "BOX.UNDEFINED": [{ name: "undefined", type: "string", optional: true }],
    "BOX.LATE": [key, { name: "by", type: "string", optional: true }, {
      ...{ name: "how", type: "oneof" },
      arguments: [{ ...x, optional: false }, { ...y, optional: false }],
    }],
    "BOX.RANGE": [key, { name: "last", type: "string", optional: true }, {
      ...{ name: "range", type: "block", optional: true },
      arguments: [{ name: "start", type: "double" }, { name: "until", type: "unix-time" }],
    }],
    "BOX.SLICE": [key, { name: "last", type: "string", optional: true }, {
      ...{ name: "range", type: "block", optional: true },
      arguments: [{ name: "start", type: "double" }, { name: "end", type: "double" }],
    }, x],
    "BOX.CUT": [key, {
      ...{ name: "range", type: "block", optional: true },
      arguments: [{ name: "start", type: "double" }, { name: "end", type: "double" }, x],
    }],
    "BOX.LISTED": [key, {
      ...{ name: "range", type: "block", optional: true },
      arguments: [{ name: "start", type: "double" }, { name: "row", type: "string", multiple: true }],
    }],
    "BOX.INNER": [key, {
      ...{ name: "range", type: "block", multiple: true },
      arguments: [x, {
        ...{ name: "inner", type: "block", optional: true },
        arguments: [{ name: "start", type: "double" }, { name: "end", type: "double" }],
      }],
    }],
    "BOX.HIDING": [key, {
      ...{ name: "row", type: "block", multiple: true },
      arguments: [{ name: "field", type: "string" }, { name: "seconds", type: "unix-time" }],
    }],
    "BOX.DATA": [key, {
      ...{ name: "data", type: "block", multiple: true },
      arguments: [{ name: "field", type: "string" }, { name: "data", type: "string" }],
    }],
    "BOX.TIMES": [key, { name: "numtimes", type: "integer" }, {
      ...{ name: "time", type: "unix-time", multiple: true, optional: true },
    }],
    "BOX.PAGE": [key, { name: "cursor_id", type: "integer" }, { name: "id", type: "integer", optional: true }],
    "BOX.MOVE": [key, {
      ...{ name: "how", type: "oneof" },
      arguments: [{ ...x, optional: false }, { ...y, optional: false }],
    }, { name: "member", type: "string", multiple: true }],
    "BOX.SAME": [key, { name: "how", type: "oneof", multiple: true, arguments: [x, { ...x, type: "integer" }] }],
    "BOX.WORDS": [key, {
      ...{ name: "row", type: "block", optional: true, multiple: true, token: "ROW" },
      arguments: [{ name: "loud", type: "pure-token", token: "LOUD", multiple: true }],
    }],
  };
  const long = {
    ...{ type: "block", multiple: true },
    arguments: ["a rather long", "another long", "the third long"].map((name) => ({
      name: `${name} name`,
      type: "string",
    })),
  };
  commands["BOX.TWO"] = [key, { ...long, name: "thing", token: "THING", optional: true }, {
    ...{ ...long, name: "thing", token: "THINGS", optional: true },
  }, { ...long, name: "option", token: "OPTIONS", optional: true }];
  commands["BOX.OTHER"] = [key, { ...long, name: "kind thing" }];
  commands["BOX.OTHER.KIND"] = [key, { ...long, name: "thing" }];
  const facts = { arity: -2, command_flags: ["write"] };
  const file = Object.entries(commands).map(([name, args]) => [name, { ...facts, arguments: args }]);
  shop.write("odd.json", JSON.stringify(Object.fromEntries(file)));
  const { code, output } = await shop.generate("--from", shop.path("odd.json"), "--module", "odd", "--out", "odd.ts");
  assertEquals(code, 0, output);
  for (const name of ["2FA.CHECK", "ЩИТ", "WRITE", "BINARY", "KIT", "POOL", "TICKET"]) {
    assertStringIncludes(output, `Without a method, to be sent with call() (${name}: `);
  }
  shop.write(
    "consumer.ts",
    `
    import type { Redis } from "./odd.ts";
    export function tour(redis: Redis): void {
      void (() => redis.boxWord("a", { _2d: true }));
      void (() => redis.boxName("a", "more"));
      void (() => redis.boxTime("a", 5));
      void (() => redis.boxTwins("a", "b"));
      void (() => redis.boxRows("a", { field: "f" }, { field: "g", value: 1 }));
      void (() => redis.boxKinds("a", [{ field: "f", a: true }, { field: "g", n: 1 }]));
      void (() => redis.boxCounted(["a"], 5));
      void (() => redis.boxNothing("a"));
      void (() => redis.boxDigit("a", { _2d: { x: "b", y: "c" } }));
      void (() => redis.boxNameless("a", "X", "b"));
      void (() => redis.boxInherited("a", "CONSTRUCTOR", "b"));
      void (() => redis.boxUndefined("a"));
      void (() => redis.boxLate("a", "X", "b"));
      void (() => redis.boxRange("a", "last", 1, new Date()));
      void (() => redis.boxSlice("a", undefined, undefined, undefined, { x: "b" }));
      void (() => redis.boxSlice("a", "last", 1, 2, { x: "b" }));
      // @ts-expect-error the two come together
      void (() => redis.boxSlice("a", "last", 1, undefined, { x: "b" }));
      void (() => redis.boxCut("a", 1, 2, { x: "b" }));
      // @ts-expect-error what is of their group is not sent without them
      void (() => redis.boxCut("a", undefined, undefined, { x: "b" }));
      void (() => redis.boxListed("a", 1, "b", "c"));
      void (() => redis.boxInner("a", "X", "b", 1, 2));
      void (() => redis.boxHiding("a", "b", 1));
      void (() => redis.boxData("a", "b", "c"));
      void (() => redis.boxTimes("a", [new Date(), 5]));
      void (() => redis.boxPage("a", "18446744073709551615", 1n << 60n));
      void (() => redis.boxPage("a", 0, 5));
      void (() => redis.boxMove("a", ["b", "c"], { y: "d" }));
      void (() => redis.boxTwo("a", { thing: [["b", "c", 1]], things: [["d", "e", 2]], options: [["f", "g", 3]] }));
      void (() => redis.boxOther("a", ["b", "c", 1]));
      void (() => redis.boxOtherKind("a", ["b", "c", 1]));
      void (() => redis.boxSame("a", "X", "b"));
      void (() => redis.boxWords("a", "ROW", "LOUD"));
    }`,
  );
  const checked = await shop.check("consumer.ts", "odd.ts");
  assertEquals(checked.code, 0, checked.output);
});
