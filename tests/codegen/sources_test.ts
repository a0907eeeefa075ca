/** The importers and the comparison with commands.json: against real servers, and on small files of every kind. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { connect } from "../../mod.ts";
import { draft } from "../../codegen/draft.ts";
import { fit } from "../../codegen/fit.ts";
import { formatCommands } from "../../codegen/format.ts";
import { compare, merge, report } from "../../codegen/merge.ts";
import { main } from "../../codegen/merge_cli.ts";
import type { Command, CommandsFile } from "../../codegen/model.ts";
import { normalise } from "../../codegen/normalise.ts";
import { chooseCommands, SelectError } from "../../codegen/select.ts";
import { readDocs } from "../../codegen/sources/docs.ts";
import { readFolder } from "../../codegen/sources/folder.ts";
import { readLive } from "../../codegen/sources/live.ts";
import { readArgument } from "../../codegen/sources/source.ts";
import { printSpec } from "../../codegen/spec.ts";
import { validate } from "../../codegen/validate.ts";
import { missing, type ServerVersion, startRedis } from "../support/servers.ts";
import { test } from "../support/test.ts";

const text = await readFile(new URL("../../commands.json", import.meta.url), "utf8");
const file = JSON.parse(text) as CommandsFile;

for (const version of ["redis-7.0", "redis-8", "valkey-9"] as ServerVersion[]) {
  test(
    `${version} has nothing that commands.json has not, under both protocols`,
    { skip: missing(version) },
    async () => {
      await using server = await startRedis({ version });
      const sources = await Promise.all(([2, 3] as const).map(async (protocol) => {
        await using redis = await connect(server.url, { protocol });
        return await readLive("here", (name, ...args) => redis.call(name, ...args));
      }));
      const [older, newer] = sources;
      assertEquals(newer.server, server.kind);
      assertEquals(newer.version, server.version);
      assertEquals([...older.commands], [...newer.commands]);
      assertEquals(report(compare(file, newer)), "");
    },
  );
}

test("what commands.json lacks is reported and drafted, never dropped", { skip: missing() }, async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  const source = await readLive("here", (name, ...args) => redis.call(name, ...args));
  const { GETDEL: _, ...rest } = file;
  const set = file.SET as Command;
  const poorer = {
    ...rest,
    SET: { ...set, args: set.args!.filter((node) => !("flag" in node && node.flag === "GET")) },
  };
  const difference = compare(poorer, source);
  assertEquals(difference.added, ["GETDEL"]);
  assertEquals(difference.tokens, ["SET/GET"]);
  assert(report(difference).includes("GETDEL"));
  const merged = merge(poorer, source, "redis");
  const drafted = merged.GETDEL as Command;
  assertEquals(drafted.args, [{ name: "key", type: "key" }]);
  assertEquals([drafted.write, drafted.ro, drafted.group], [true, undefined, "string"]);
  assertEquals(validate(JSON.parse(formatCommands(merged))), []);
});

test("a command without docs is drafted from its arity, its keys and its module's version", async () => {
  const range = ["type", "range", "spec", ["lastkey", 0, "keystep", 1, "limit", 0]];
  const keySpec = ["flags", ["RW"], "begin_search", ["type", "index", "spec", ["index", 1]], "find_keys", range];
  const replies: Record<string, unknown> = {
    "INFO": "valkey_version:9.1.2\r\nredis_version:7.2.4\r\nserver_name:valkey\r\n",
    "COMMAND": [
      ["box.put", -4, ["write"], 1, 1, 1, [], [], [keySpec], []],
      ["_box.sync", -1, [], 0, 0, 0, [], [], [], []],
    ],
    "COMMAND DOCS": ["box.put", ["group", "module", "module", "box"]],
    "MODULE LIST": [["name", "box", "ver", 10407]],
  };
  const source = await readLive("there", (name) => Promise.resolve(replies[name]));
  assertEquals([source.server, source.version], ["valkey", "9.1.2"]);
  assertEquals(compare(file, source).added, ["BOX.PUT"]);
  assertEquals(merge(file, source, "valkey")["BOX.PUT"], {
    group: "box",
    since: { module: "1.4.7" },
    doc: "`BOX.PUT`, as Valkey 9.1.2 describes it.",
    reply: "any",
    module: "box",
    args: [
      { name: "key", type: "key" },
      { name: "arg2", type: "value" },
      { name: "arg3", type: "value" },
      { name: "args", type: "value", list: "tail", opt: true },
    ],
    keys: "1",
    write: true,
  });
});

test("where nobody describes the arguments, all keys are where the server says", async () => {
  const index = (at: number) => ["type", "index", "spec", ["index", at]];
  const range = (lastkey: number, keystep = 1, limit = 0) => {
    return ["type", "range", "spec", ["lastkey", lastkey, "keystep", keystep, "limit", limit]];
  };
  const counted = (keynumidx: number, firstkey: number) => {
    return ["type", "keynum", "spec", ["keynumidx", keynumidx, "firstkey", firstkey, "keystep", 1]];
  };
  const keySpec = (begin: unknown, find: unknown, ...flags: string[]) => {
    return ["flags", ["RO", ...flags], "begin_search", begin, "find_keys", find];
  };
  const places = async (info: unknown[], ...keySpecs: unknown[]): Promise<[string, string[]]> => {
    const [name, arity, flags] = info;
    const replies: Record<string, unknown> = {
      "INFO": "redis_version:7.0.0\r\n",
      "COMMAND": [[name, arity, flags, 0, 0, 0, [], [], keySpecs, []]],
      "COMMAND DOCS": [],
      "MODULE LIST": [],
    };
    const source = await readLive("here", (name) => Promise.resolve(replies[name]));
    const drafted = draft([...source.commands.values()][0], source, "redis");
    const printed = printSpec("BOX.MGET", drafted);
    const args = (drafted.args ?? []) as { name: string }[];
    return [/READ_ONLY(?:, (.*))?\)$/.exec(printed)![1], args.map(({ name }) => name)];
  };
  const mget = ["box.mget", -2, ["readonly"]];
  assertEquals(await places(mget, keySpec(index(1), range(-1))), ["[1, -1, 1]", ["key", "args"]]);
  assertEquals(await places(mget, keySpec(index(1), range(-2, 2))), ["[1, -2, 2]", ["key", "args"]]);
  assertEquals(await places(mget, keySpec(index(2), range(1))), ["[2, 3, 1]", ["arg1", "key2", "args"]]);
  assertEquals(await places(mget, keySpec(index(1), range(0))), ["1", ["key", "args"]]);
  // What stands there is how many keys there are.
  const counts = ["box.union", -3, ["readonly", "movablekeys"]];
  assertEquals(await places(counts, keySpec(index(1), counted(0, 1))), ['["numkeys", 1]', ["arg1", "arg2", "args"]]);
  assertEquals(await places(counts, keySpec(index(1), counted(1, 2))), ['["numkeys", 2]', ["arg1", "arg2", "args"]]);
  // The name's words are no arguments.
  const open = ["box|open", -3, ["readonly"]];
  assertEquals(await places(open, keySpec(index(2), range(-1))), ["[1, -1, 1]", ["key", "args"]]);
  const unknown = [
    await places(counts, keySpec(index(1), counted(0, 2))),
    await places(mget, keySpec(index(1), range(-1, 1, 2))),
    await places(mget, keySpec(index(1), range(-1, 0))),
    await places(mget, keySpec(index(1), range(0), "incomplete")),
    await places(mget, keySpec(index(1), range(0)), keySpec(index(3), range(0))),
    await places(mget, keySpec(["type", "keyword", "spec", ["keyword", "KEYS", "startfrom", 1]], range(-1))),
    await places(["box.mget", -2, ["readonly", "movablekeys"]], keySpec(index(1), range(0))),
    await places(["box.mget", -2, ["readonly", "movablekeys"]]),
  ];
  assertEquals(unknown.map(([rule]) => rule), unknown.map(() => '"unknown"'));
});

test("of keys that the arguments do not show nobody says where they are", () => {
  const begin_search = (index: number) => ({ type: "index", spec: { index } });
  const find_keys = { type: "range", spec: { lastkey: 0, keystep: 1, limit: 0 } };
  const [key, other] = ["key", "other"].map((name) => ({ name, type: "key" }));
  const value = { name: "value", type: "string" };
  const rows = { name: "row", type: "block", multiple: true };
  const places = (args: unknown[], ...at: (number | undefined)[]): string => {
    const key_specs = at.map((index) =>
      index === undefined
        ? { begin_search: { type: "unknown" }, find_keys: { type: "unknown" } }
        : { begin_search: begin_search(index), find_keys }
    );
    const source = readDocs("docs", { "BOX.LOOK": { arguments: args, key_specs, command_flags: ["readonly"] } }, "box");
    return printSpec("BOX.LOOK", draft(source.commands.get("BOX.LOOK")!, source, "redis"));
  };
  const [one, unknown] = ["1", '"unknown"'].map((keys) => `new CommandSpec("BOX.LOOK", READ_ONLY, ${keys})`);
  assertEquals(places([key, value], 1), one);
  // Two that are apart, one that only the server finds, and those within rows of something else.
  assertEquals(places([key, value, other], 1, 3), unknown);
  assertEquals(places([key, value], 1, undefined), unknown);
  assertEquals(places([{ ...rows, arguments: [value, key] }], 2), unknown);
  assertEquals(places([{ name: "numkeys", type: "integer" }, { ...rows, arguments: [key, value] }], 2), unknown);
});

test("of arguments that are described, the server still knows best where the keys end", () => {
  const key = (name: string, more = {}) => ({ name, type: "key", ...more });
  const value = { name: "value", type: "string" };
  const rows = { name: "row", type: "block", multiple: true };
  const spec = (index: number, lastkey: number, keystep = 1, more = {}) => ({
    ...{ begin_search: { type: "index", spec: { index } }, RO: true, ...more },
    find_keys: { type: "range", spec: { lastkey, keystep, limit: 0 } },
  });
  const counted = {
    begin_search: { type: "index", spec: { index: 1 } },
    find_keys: { type: "keynum", spec: { keynumidx: 0, firstkey: 1, keystep: 1 } },
  };
  const places = (args: unknown[], key_specs: unknown[] = [], flags = ["readonly"]): string => {
    const source = readDocs("docs", { "BOX.LOOK": { arguments: args, key_specs, command_flags: flags } }, "box");
    const printed = printSpec("BOX.LOOK", draft(source.commands.get("BOX.LOOK")!, source, "redis"));
    return /(?:READ_ONLY|WRITE)(?:, (.*))?\)$/.exec(printed)![1] ?? "none";
  };
  const unknown = '"unknown"';
  const three = ["a", "b", "c"].map((name) => key(name));
  assertEquals(places(three, [spec(1, 2)]), "[1, 3, 1]");
  assertEquals(places([key("a"), value, key("b")], [spec(1, 2, 2)]), "[1, 3, 2]");
  assertEquals(places([{ ...value, name: "a" }, value], [spec(1, 0)]), "1");
  assertEquals(places([key("a"), value], [spec(1, -1)]), "[1, -1, 1]");
  assertEquals(places([value, { ...rows, arguments: [key("a"), value] }], [spec(2, -1, 2)]), "[2, -1, 2]");
  assertEquals(
    places([{ name: "numkeys", type: "integer" }, key("a", { multiple: true })], [counted]),
    '["numkeys", 1]',
  );
  // Where it knows of fewer keys than the arguments show, or of another one, nobody tells.
  assertEquals(places(three, [spec(1, 0)]), unknown);
  assertEquals(places([value, key("a")], [spec(1, 0)]), unknown);
  assertEquals(places([key("a"), value], [spec(1, 0, 1, { incomplete: true })]), unknown);
  // What is no key.
  assertEquals(places([key("a"), value], [spec(1, 0), spec(2, 0, 1, { not_key: true })]), "1");
  assertEquals(places([], [spec(1, 0, 1, { not_key: true })]), "none");
  // Nothing but the arguments.
  assertEquals(places(three), "[1, 3, 1]");
  assertEquals(places([...three, key("d", { multiple: true })]), "[1, -1, 1]");
  for (const last of [key("c"), key("c", { token: "STORE", optional: true }), key("c", { optional: true })]) {
    assertEquals(places([key("a"), value, last]), unknown);
    assertEquals(places([key("a"), value, last], [], ["write"]), "1");
  }
  const list = key("a", { multiple: true });
  assertEquals(places([list, key("b")]), unknown);
  assertEquals(places([{ name: "numkeys", type: "integer" }, list, key("b")]), unknown);
});

for (const version of ["redis-7.0", "redis-8", "valkey-9"] as ServerVersion[]) {
  test(`what ${version} has renamed is not offered under its old name`, { skip: missing(version) }, async () => {
    const args = ["--rename-command", "GETDEL", "TAKE", "--rename-command", "OBJECT", "THING"];
    await using server = await startRedis({ version, args });
    await using redis = await connect(server.url);
    const source = await readLive("here", (name, ...args) => redis.call(name, ...args));
    const { file: fitted, left } = fit(file, source);
    const renamed = [...left].filter(([, why]) => why === "the server has given it another name");
    const subcommands = Object.keys(file).filter((name) => name.startsWith("OBJECT "));
    assertEquals(renamed.map(([name]) => name), ["GETDEL", ...subcommands]);
    for (const [name] of renamed) assertEquals(name in fitted, false, name);
    assertEquals("GETEX" in fitted, true);
    assertThrows(
      () => chooseCommands(fitted, ["getdel"], file, left),
      SelectError,
      "GETDEL has no method (the server has given it another name): send it with call()",
    );
  });
}

test("who may not INFO hears the version by HELLO; where nobody tells it, all options stay", async () => {
  const optionsOfSet = async (hello?: unknown): Promise<[title: string, names: string[]]> => {
    const replies: Record<string, unknown> = {
      "HELLO": hello,
      "COMMAND": [["set", -3, ["write"], 1, 1, 1, [], [], [], []]],
      "COMMAND DOCS": [],
      "MODULE LIST": [],
    };
    const source = await readLive(
      "here",
      (name) => replies[name] === undefined ? Promise.reject(new Error("NOPERM")) : Promise.resolve(replies[name]),
    );
    const { title, file: fitted } = fit(file, source);
    return [title, JSON.stringify(fitted.SET).match(/"(?:PX|PXAT|IFEQ)"/g) ?? []];
  };
  const all = ['"PX"', '"PXAT"', '"IFEQ"'];
  const [unknown, names] = await optionsOfSet();
  assertEquals([unknown, names.sort()], ["Redis unknown", all.sort()]);
  assertEquals(await optionsOfSet(new Map([["server", "redis"], ["version", "6.0.9"]])), ["Redis 6.0.9", ['"PX"']]);
  assertEquals(await optionsOfSet(["server", "valkey", "version", "7.2.4"]), ["Valkey 7.2.4", ['"PX"', '"PXAT"']]);
});

test("a form of arguments that the server has not is not there", async () => {
  const formsOn = async (info: string) => {
    const replies: Record<string, unknown> = {
      "INFO": info,
      "COMMAND": ["cluster|replicate", "auth"].map((name) => [name, -2, [], 0, 0, 0, [], [], [], []]),
      "COMMAND DOCS": [],
      "MODULE LIST": [],
    };
    const { file: fitted } = fit(file, await readLive("here", (name) => Promise.resolve(replies[name])));
    return ["CLUSTER REPLICATE", "AUTH"].map((name) => fitted[name] as Command);
  };
  const [replicate, auth] = ["CLUSTER REPLICATE", "AUTH"].map((name) => (file[name] as Command).forms!);
  for (const info of ["redis_version:8.0.0\r\n", "valkey_version:8.1.0\r\n"]) {
    const [one, several] = await formsOn(info);
    assertEquals([one.args, one.forms], [replicate[0], undefined]);
    assertEquals([several.args, several.forms], [undefined, auth]);
  }
  assertEquals((await formsOn("valkey_version:9.0.0\r\n"))[0].forms, replicate);
});

test("a module's commands are in the group that it has here, and in its own whatever its case", async () => {
  const replies: Record<string, unknown> = {
    "INFO": "redis_version:8.0.0\r\n",
    "COMMAND": ["json.later", "box.put"].map((name) => [name, -2, ["write"], 0, 0, 0, [], [], [], []]),
    "COMMAND DOCS": [
      ...["json.later", ["group", "module", "module", "ReJSON"]],
      ...["box.put", ["group", "module", "module", "BigBox"]],
    ],
    "MODULE LIST": [],
  };
  const { file: fitted } = fit(file, await readLive("here", (name) => Promise.resolve(replies[name])));
  const groups = ["JSON.LATER", "BOX.PUT"].map((name) => fitted[name] as Command);
  assertEquals(groups.map(({ group, module }) => [group, module]), [["json", "json"], ["bigbox", "bigbox"]]);
  for (const wanted of ["@bigbox", "@BigBox"]) {
    assertEquals(Object.keys(chooseCommands(fitted, [wanted])).filter((name) => !name.startsWith("$")), ["BOX.PUT"]);
  }
  const put = { ...fitted["BOX.PUT"] as Command, group: "BigBox" };
  assertEquals("BOX.PUT" in chooseCommands({ $schema: 1, "BOX.PUT": put }, ["@bigbox"]), true);
});

test("a server without COMMAND DOCS is named", async () => {
  const ask = (name: string): Promise<unknown> => {
    if (name === "INFO") return Promise.resolve("# Server\r\nredis_version:6.2.7\r\ndragonfly_version:df-v1.2.3\r\n");
    if (name === "COMMAND DOCS") return Promise.reject(new Error("ERR Unknown subcommand"));
    return Promise.resolve([]);
  };
  await assertRejects(() => readLive("there", ask), Error, "there: dragonfly df-v1.2.3 has no COMMAND DOCS");
});

test("a folder of command files and a docs-style file say the same", () => {
  const facts = { since: "1.0.0", group: "sorted_set", arity: -3, command_flags: ["WRITE", "NO_MULTI"] };
  const arguments_ = [
    { name: "key", type: "key", key_spec_index: 0 },
    { name: "options", type: "string", token: "PREFIX", optional: "true", multiple: true, multiple_token: true },
  ];
  const keySpec = { begin_search: { index: { pos: 2 } }, find_keys: { range: { lastkey: -1, step: 2, limit: 0 } } };
  const folder = readFolder("folder", [
    { BOX: { ...facts, command_flags: [] } },
    {
      OPEN: {
        ...facts,
        container: "BOX",
        arguments: arguments_,
        command_tips: ["REQUEST_POLICY:ALL_NODES"],
        key_specs: [{ ...keySpec, flags: ["RW"] }],
      },
    },
  ]);
  const docs = readDocs("docs", {
    "BOX": { ...facts, group: "sorted-set", command_flags: [] },
    "BOX OPEN": {
      ...facts,
      command_flags: ["write", "no-multi"],
      arguments: arguments_,
      hints: ["request_policy:all_nodes"],
      key_specs: [{
        RW: true,
        begin_search: { type: "index", spec: { index: 2 } },
        find_keys: { type: "range", spec: { lastkey: -1, keystep: 2, limit: 0 } },
      }],
    },
  });
  assertEquals([...folder.commands], [...docs.commands]);
  assertEquals(folder.commands.get("BOX")!.container, true);
  assertEquals(normalise(folder.commands.get("BOX OPEN")!.arguments).nodes, [
    { name: "key", type: "key" },
    { name: "options", type: "value", token: "PREFIX", list: "array", repeat: true, opt: true },
  ]);
});

test("a command that states no group is read from a folder as from a file", () => {
  const file = { "BOX.LOOK": { arity: 2, arguments: [{ name: "key", type: "key" }] } };
  for (const module of [undefined, "box"]) {
    const commands = [...readFolder("folder", [file], module).commands];
    assertEquals(commands, [...readDocs("docs", file, module).commands]);
    assertEquals(commands[0][1].group, module ?? "module");
  }
});

test("one thing that sources spell in several ways becomes one node", () => {
  const nodes = (...raw: unknown[]) => normalise(raw.map(readArgument)).nodes;
  const token = { name: "t", type: "pure-token", token: "CAPACITY" };
  const wanted = [{ token: "CAPACITY", name: "size", type: "int64", opt: true }];
  const value = { name: "size", type: "integer" };
  assertEquals(nodes({ ...value, token: "CAPACITY", optional: true }), wanted as never);
  assertEquals(nodes({ ...value, command: "CAPACITY", optional: true }), wanted as never);
  assertEquals(nodes({ name: "b", type: "block", optional: true, arguments: [token, value] }), wanted as never);
  assertEquals(
    nodes({ name: "b", type: "block", token: "CAPACITY", optional: true, arguments: [value] }),
    wanted as never,
  );
  assertEquals(
    nodes({ name: "b", type: "oneof", flags: ["optional"], arguments: [{ ...value, token: "CAPACITY" }] }),
    wanted as never,
  );
});

test("what older docs files write as lists and plain words is what newer ones spell out", () => {
  const nodes = (...raw: unknown[]) => normalise(raw.map(readArgument)).nodes;
  const [offset, count] = ["offset", "count"].map((name) => ({ name, type: "integer" }));
  const limit = { type: "block", token: "LIMIT", optional: true, arguments: [offset, count] };
  const lists = { command: "LIMIT", name: ["offset", "count"], type: ["integer", "integer"], optional: true };
  assertEquals(nodes(lists), nodes({ ...limit, name: "offset-count" }));
  const words = ["HASH", "JSON"].map((token) => ({ name: token.toLowerCase(), type: "pure-token", token }));
  const on = { name: "on", type: "oneof", token: "ON" };
  assertEquals(nodes({ ...on, arguments: ["HASH", "JSON"] }), nodes({ ...on, arguments: words }));
  assertEquals(nodes({ ...on, arguments: words }).length, 1);
});

test("words in a row are one flag, and none of them is lost", () => {
  const nodes = (...raw: unknown[]) => normalise(raw.map(readArgument)).nodes;
  const [by, score] = ["BY", "SCORE"].map((token) => ({ name: "t", type: "pure-token", token }));
  const both = [{ flag: "BY SCORE", opt: true }];
  const block = { name: "b", type: "block", optional: true };
  assertEquals(nodes({ ...block, arguments: [by, score] }), both as never);
  assertEquals(nodes({ ...block, token: "BY", arguments: [score] }), both as never);
  assertEquals(nodes({ ...block, type: "oneof", token: "BY", arguments: [score] }), both as never);
  const member = { name: "member", type: "string" };
  assertEquals(nodes({ ...block, type: "oneof", token: "BY", arguments: [{ ...member, token: "MEMBER" }] }), [
    { name: "member", type: "value", token: "BY MEMBER", opt: true },
  ]);
  // The first word is sent whether the second is or not.
  assertEquals(nodes({ ...block, optional: false, arguments: [by, { ...score, optional: true }] }), [
    { token: "BY", group: [{ flag: "SCORE", opt: true }] },
  ]);
});

test("a count is dropped only where the next argument is what it counts", () => {
  const nodes = (...raw: unknown[]) => normalise(raw.map(readArgument)).nodes;
  const count = { name: "numkeys", type: "integer" };
  const keys = { name: "key", type: "key", multiple: true };
  assertEquals(nodes(count, keys), [{ name: "keys", type: "key", list: "counted" }]);
  assertEquals(nodes({ ...count, name: "count" }, { name: "element", type: "string" }), [
    { name: "count", type: "int64" },
    { name: "element", type: "value" },
  ]);
  assertEquals(nodes({ name: "b", type: "block", token: "FIELDS", arguments: [count, keys] }), [
    { name: "keys", type: "key", list: "counted", token: "FIELDS" },
  ]);
  // By its name, singular or plural, by its kind, or by what is in it.
  const field = { name: "field", type: "string", multiple: true };
  assertEquals(nodes({ ...count, name: "num_fields" }, field), [{ name: "fields", type: "value", list: "counted" }]);
  assertEquals(nodes({ ...count, name: "numfield" }, { ...field, name: "fields" }), [
    { name: "fields", type: "value", list: "counted" },
  ]);
  assertEquals(nodes(count, { ...keys, name: "source" }), [{ name: "sources", type: "key", list: "counted" }]);
  const row = [keys, field].map((one) => ({ ...one, multiple: false }));
  const rows = nodes(count, { name: "data", type: "block", multiple: true, arguments: row });
  assertEquals(rows.map(({ list }) => list), ["counted"]);
  // Something else that begins like a count.
  for (const name of ["number", "numeric_precision", "numdays"]) {
    assertEquals(nodes({ ...count, name }, field).map(({ list }) => list), [undefined, "tail"], name);
  }
});

test("what is there several times begins with its word each time", () => {
  const nodes = (...raw: unknown[]) => normalise(raw.map(readArgument)).nodes;
  const field = { name: "field", type: "string", token: "FILTER" };
  const [word, min] = [{ name: "word", type: "pure-token", token: "FILTER" }, { name: "min", type: "double" }];
  const filter = { name: "filter", type: "block", optional: true, multiple: true };
  const several = { token: "FILTER", list: "array", repeat: true, opt: true } as const;
  const [group, one] = [
    { ...several, name: "filters", group: [{ name: "field", type: "value" }, { name: "min", type: "double" }] },
    { ...several, name: "fields", type: "value" },
  ];
  assertEquals(nodes({ ...filter, arguments: [field, min] }), [group] as never);
  assertEquals(nodes({ ...filter, arguments: [word, { ...field, token: undefined }, min] }), [group] as never);
  assertEquals(nodes({ ...filter, arguments: [field] }), [one] as never);
  assertEquals(nodes({ ...filter, type: "oneof", arguments: [field] }), [one] as never);
  // Whether a count before it counts the words, too, is the caller's to know.
  const count = { name: "count", type: "integer" };
  assertEquals(nodes(count, { ...filter, arguments: [field, min] }).slice(1), [group] as never);
  // A word of the whole stands before all.
  const { repeat: _, ...once } = one;
  assertEquals(nodes({ ...filter, token: "FILTER", arguments: [{ ...field, token: undefined }] }), [once] as never);
});

test("arguments are counted as servers count them: by words, where a row has several", () => {
  const nodes = (...raw: unknown[]) => normalise(raw.map(readArgument)).nodes;
  const [name, value] = ["name", "value"].map((name) => ({ name, type: "string" }));
  const rows = { name: "rows", type: "block", multiple: true, arguments: [name, value] };
  const how = {
    name: "how",
    type: "oneof",
    multiple: true,
    arguments: [name, value].map((one) => ({ ...one, token: "A" })),
  };
  const counted = (count: string, next: unknown) => {
    const [{ list, count: of }] = nodes({ name: count, type: "integer" }, next);
    return [list, of];
  };
  for (const count of ["nargs", "args"]) {
    assertEquals(counted(count, rows), ["counted", "words"]);
    assertEquals(counted(count, how), ["counted", "words"]);
    assertEquals(counted(count, { ...value, multiple: true }), ["counted", undefined]);
  }
  assertEquals(counted("num", rows), ["counted", undefined]);
});

test("the last list is an array beside options of any kind, and a rest parameter otherwise", () => {
  const list = (...raw: unknown[]) =>
    normalise([...raw, { ...value, multiple: true }].map(readArgument)).nodes.at(-1)!.list;
  const [value, word] = [{ name: "value", type: "string" }, { name: "word", type: "pure-token", token: "WORD" }];
  const [by, at] = ["BY", "AT"].map((token) => ({ name: token, type: "string", token }));
  assertEquals(list({ name: "how", type: "oneof", arguments: [by, at] }), "array");
  const block = { name: "block", type: "block", token: "BLOCK" };
  assertEquals(list({ ...block, arguments: [value, { ...word, optional: true }] }), "array");
  assertEquals(list({ ...block, arguments: [value, { name: "how", type: "oneof", arguments: [by, at] }] }), "array");
  assertEquals(list({ ...block, arguments: [value, by] }), "tail");
  assertEquals(list({ ...value, name: "first", optional: true }), "tail");
});

test("commands.json is written as it is formatted", () => {
  assertEquals(formatCommands(file), text);
});

test("merging from the command line shows what is missing, and drafts it where it is told to", async () => {
  const folder = await mkdtemp(join(tmpdir(), "respire-merge-"));
  const { log, error } = console;
  let said = "";
  console.log = console.error = (line: string) => void (said += `${line}\n`);
  try {
    const target = pathToFileURL(join(folder, "commands.json"));
    const { GETDEL: getdel, ...others } = file as CommandsFile & { GETDEL: Command };
    await writeFile(target, formatCommands(others as CommandsFile));
    const docs = join(folder, "docs.json");
    const args = [{ name: "key", type: "key" }, { name: "loud", type: "pure-token", token: "LOUD", optional: true }];
    const facts = { group: "string", since: "6.2.0", arity: 2, command_flags: ["write"] };
    await writeFile(
      docs,
      JSON.stringify({ GETDEL: { ...facts, arguments: args }, GET: { ...facts, arguments: args } }),
    );

    assertEquals(await main(["--from", docs], target), 0);
    assertEquals(
      await readFile(target, "utf8"),
      formatCommands(others as CommandsFile),
      "nothing was told to be written",
    );
    assertEquals(said.match(/\bGETDEL\b|GET\/LOUD|GET: is/g), ["GETDEL", "GET/LOUD", "GET: is", "GET: is"]);

    assertEquals(await main(["--from", docs, "--write"], target), 0);
    const written = JSON.parse(await readFile(target, "utf8")) as CommandsFile & { GETDEL: Command };
    assertEquals(written.GETDEL.args?.[0], getdel.args?.[0]);
    assertEquals(written.GETDEL.reply, "any");
    assertEquals(validate(written), []);

    assertEquals(await main(["--from", join(folder, "none.json")], target), 1);
    assertEquals(await main(["--from", docs, "--family", "dis"], target), 2);
    assertEquals(await main([], target), 2);
    said = "";
    assertEquals(await main(["redis://:hunter2@127.0.0.1:1"], target), 2);
    assert(said !== "" && !said.includes("hunter2"), said);
  } finally {
    Object.assign(console, { log, error });
    await rm(folder, { recursive: true });
  }
});
