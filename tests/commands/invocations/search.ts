/**
 * What an old search module knows of `FT.*`, and modules that are loaded and unloaded.
 *
 * @module
 */
import { CommandSpec } from "../../../src/command/spec.ts";
import { call, type Scenario, varying } from "./invocation.ts";

/** How documents came into an index before it followed hashes by itself. */
const ADD = new CommandSpec("FT.ADD");
/** How words became synonyms of each other; gives the number of their group. */
const SYNADD = new CommandSpec("FT.SYNADD");

/** Searching. */
export const search: Scenario = [
  call((r) =>
    r.ftCreate("i", [
      { field: "title", text: { weight: 2 }, sortable: true },
      { field: "n", numeric: true, sortable: true },
      { field: "tags", tag: true },
    ])
  ),
  call((r) => r.send(ADD, ["i", "d1", 1, "PAYLOAD", "p", "FIELDS", "title", "hello world", "n", 5, "tags", "a,b"])),
  call((r) => r.send(ADD, ["i", "d2", 0.5, "FIELDS", "title", "hello there", "n", 7, "tags", "b"])),
  call((r) => r.ftSearch("i", "hello")),
  call((r) => r.ftSearch("i", "nothing")),
  call((r) => r.ftSearch("i", "hello", { nocontent: true })),
  call((r) => r.ftSearch("i", "hello", { return: [] })),
  call((r) => r.ftSearch("i", "hello", { return: ["title"] })),
  call((r) => r.ftSearch("i", "hello", { withscores: true })),
  call((r) => r.ftSearch("i", "hello", { withscores: true, withpayloads: true, withsortkeys: true, sortby: "n" })),
  call((r) => r.ftSearch("i", "hello", { nocontent: true, withscores: true, withpayloads: true })),
  call((r) => r.ftAggregate("i", "hello", [{ groupby: { properties: ["@tags"], reduce: [] } }])),
  call((r) => r.ftAggregate("i", "hello", [{ load: ["@title"] }])),
  varying((r) => r.ftAggregate("i", "hello", [{ load: ["@title"] }], { withcursor: { count: 1 } }), "withcursor"),
  varying(async (r) => {
    const [, cursor] = await r.ftAggregate("i", "hello", [{ load: ["@title"] }], { withcursor: { count: 1 } });
    return await r.ftCursorRead("i", cursor);
  }),
  call(async (r) => {
    const [, cursor] = await r.ftAggregate("i", "hello", [{ load: ["@title"] }], { withcursor: { count: 1 } });
    return await r.ftCursorDel("i", cursor);
  }),
  call((r) => r.ftTagvals("i", "tags")),
  call((r) => r.ftExplain("i", "hello")),
  call(async (r) => await r.ftSynupdate("i", await r.send<number>(SYNADD, ["i", "boy"]), ["child"])),
  call((r) => r.ftAlter("i", [{ field: "more", text: true }])),
];

/** Suggestions. */
export const suggestions: Scenario = [
  call((r) => r.ftSugadd("s", "hello", 1, { payload: "p" })),
  call((r) => r.ftSugadd("s", "help", 2)),
  call((r) => r.ftSugget("s", "he")),
  call((r) => r.ftSugget("s", "he", { withscores: true }), "withscores"),
  call((r) => r.ftSugget("s", "he", { withpayloads: true }), "withpayloads"),
  call((r) => r.ftSugget("s", "he", { withscores: true, withpayloads: true }), "withscores+withpayloads"),
  call((r) => r.ftSugget("nope", "he")),
  call((r) => r.ftSugget("nope", "he", { withscores: true }), "withscores"),
  call((r) => r.ftSugget("nope", "he", { withpayloads: true }), "withpayloads"),
  call((r) => r.ftSugget("nope", "he", { withscores: true, withpayloads: true }), "withscores+withpayloads"),
  call((r) => r.ftSuglen("s")),
  call((r) => r.ftSugdel("s", "hello")),
  call((r) => r.ftSugdel("s", "hello")),
];

/** On a server that may load modules. */
export function loading(path: string): Scenario {
  return [call((r) => r.moduleLoad(path))];
}

/** On a Valkey, which has a module that may be unloaded. */
export const unloading: Scenario = [call((r) => r.moduleUnload("lua"))];

/** The other way to load one. */
export function loadingWith(path: string): Scenario {
  return [call((r) => r.moduleLoadex(path))];
}
