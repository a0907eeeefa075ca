/**
 * Replies of modules that no server here has, as their documentation describes them under each protocol: both give the
 * same value, and the value is of the described type.
 */
import { assertEquals, assertThrows } from "@std/assert";
import type { Command } from "../../codegen/model.ts";
import { jsonList, jsonNames, jsonNumbers, jsonToggled, jsonTypes } from "../../src/command/json_shape.ts";
import {
  indexInfo,
  searchBatch,
  searchHits,
  searchHybrid,
  searchRows,
  settings,
  settingsHelp,
  spellings,
  texts,
} from "../../src/command/search_shape.ts";
import { lastOfSeries, rangesOfSeries, seriesInfo } from "../../src/command/series_shape.ts";
import { backupStatus, map, pendingSummary, values as onlyValues } from "../../src/command/shape.ts";
import type { Shape } from "../../src/command/spec.ts";
import { BIGINTS, BYTES, type Reply } from "../../src/resp/reply.ts";
import { ReplyError } from "../../src/errors.ts";
import { mismatch } from "../commands/described.ts";
import { choose, file } from "../commands/proof.ts";
import { test } from "../support/test.ts";

/** A reply of each protocol, as the decoder gives it: RESP3's maps are flat arrays. */
interface Case {
  readonly command: string;
  readonly when?: string;
  readonly shape: Shape;
  readonly two: Reply;
  readonly three: Reply;
  readonly value: unknown;
}

const FOUND = {
  total_results: 2,
  results: [
    { id: "a", score: 1.5, extra_attributes: { title: "x" } },
    { id: "b", score: 1, extra_attributes: {} },
  ],
};
const ROWS = { total_results: 1, results: [{ tag: "x", list: ["1", "2"], none: null }] };
const ROW = ["tag", "x", "list", ["1", "2"], "none", null];
const ROWS3 = [
  "attributes",
  [],
  "total_results",
  1,
  "format",
  "STRING",
  "results",
  [
    ["extra_attributes", ROW, "values", []],
  ],
  "warning",
  [],
];
const INDEX = {
  index_name: "i",
  index_options: [],
  index_definition: { key_type: "HASH", prefixes: ["p:"], default_score: 1 },
  attributes: [
    { identifier: "t", attribute: "t", type: "TEXT", WEIGHT: 2, flags: ["SORTABLE", "NOSTEM"] },
    { identifier: "g", attribute: "g", type: "TAG", SEPARATOR: ",", flags: [] },
  ],
  num_docs: 3,
  records_per_doc_avg: NaN,
  gc_stats: { bytes_collected: 0 },
  "Index Errors": { "indexing failures": 0, "last indexing error": "N/A", "last indexing error key": "N/A" },
};
const SERIES = {
  totalSamples: 2,
  memoryUsage: 4239,
  firstTimestamp: 1,
  lastTimestamp: 2,
  retentionTime: 0,
  chunkCount: 1,
  chunkSize: 4096,
  chunkType: "compressed",
  duplicatePolicy: null,
  labels: { area: "north" },
  sourceKey: null,
  rules: [["to", 1000, "avg", 0]],
  ignoreMaxTimeDiff: 0,
  ignoreMaxValDiff: 0.5,
};

const cases: Case[] = [
  {
    command: "FT.SEARCH",
    shape: searchHits({ withscores: true }),
    two: [2, "a", "1.5", ["title", "x"], "b", "1", []],
    three: [
      "attributes",
      [],
      "total_results",
      2,
      "format",
      "STRING",
      "results",
      [
        ["id", "a", "score", 1.5, "extra_attributes", ["title", "x"], "values", []],
        ["id", "b", "score", 1, "extra_attributes", [], "values", []],
      ],
      "warning",
      [],
    ],
    value: FOUND,
  },
  {
    command: "FT.SEARCH",
    shape: searchHits({ nocontent: true }),
    two: [1, "a"],
    three: ["total_results", 1, "results", [["id", "a", "values", []]], "warning", []],
    value: { total_results: 1, results: [{ id: "a" }] },
  },
  {
    command: "FT.SEARCH",
    shape: searchHits({ withscores: true, return: [] }),
    two: [1, "a", ["2", ["why", ["because"]]]],
    three: ["total_results", 1, "results", [["id", "a", "score", [2, ["why", ["because"]]]]]],
    value: { total_results: 1, results: [{ id: "a", score: [2, ["why", ["because"]]] }] },
  },
  {
    // One has expired meanwhile, and a field holds the null of JSON.
    command: "FT.SEARCH",
    shape: searchHits({}),
    two: [2, "a", null, "b", ["x", null]],
    three: [
      ...["total_results", 2, "results"],
      [["id", "a", "extra_attributes", null, "values", []], ["id", "b", "extra_attributes", ["x", null], "values", []]],
    ],
    value: {
      total_results: 2,
      results: [{ id: "a", extra_attributes: {} }, { id: "b", extra_attributes: { x: null } }],
    },
  },
  {
    command: "FT.AGGREGATE",
    shape: searchRows,
    two: [1, null],
    three: ["total_results", 1, "results", [["extra_attributes", null, "values", []]]],
    value: { total_results: 1, results: [{}] },
  },
  {
    command: "FT.CURSOR READ",
    shape: searchBatch,
    two: [[1, null], 5],
    three: [["total_results", 1, "results", [["extra_attributes", null, "values", []]]], 5],
    value: [{ total_results: 1, results: [{}] }, 5],
  },
  { command: "FT.AGGREGATE", shape: searchRows, two: [1, [...ROW]], three: structuredClone(ROWS3), value: ROWS },
  {
    command: "FT.AGGREGATE",
    when: "withcursor",
    shape: searchBatch,
    two: [[1, [...ROW]], 77],
    three: [structuredClone(ROWS3), 77],
    value: [ROWS, 77],
  },
  {
    command: "FT.HYBRID",
    shape: searchHybrid,
    two: ["total_results", 1, "results", [[...ROW]], "warnings", [], "execution_time", "0.5"],
    three: ["total_results", 1, "results", [[...ROW]], "warnings", [], "execution_time", 0.5],
    value: ROWS,
  },
  {
    command: "FT.SPELLCHECK",
    shape: spellings,
    two: [["TERM", "helo", [["0.5", "hello"]]], ["TERM", "wrld", []]],
    three: ["results", ["helo", [["hello", 0.5]], "wrld", []]],
    value: { helo: [["hello", 0.5]], wrld: [] },
  },
  { command: "FT.SPELLCHECK", shape: spellings, two: [], three: ["results", []], value: {} },
  {
    command: "FT.CONFIG GET",
    shape: settings,
    two: [["TIMEOUT", "500"], ["EXTLOAD", null]],
    three: ["TIMEOUT", "500", "EXTLOAD", null],
    value: { TIMEOUT: "500", EXTLOAD: null },
  },
  { command: "FT._LIST", shape: texts, two: ["a", "b"], three: ["a", "b"], value: ["a", "b"] },
  {
    command: "FT.EXPLAINCLI",
    shape: texts,
    two: ["UNION {", "  a", "}", ""],
    three: ["UNION {", "  a", "}", ""],
    value: ["UNION {", "  a", "}", ""],
  },
  {
    command: "FT.CONFIG HELP",
    shape: settingsHelp,
    two: [["TIMEOUT", "Description", "How long", "Value", "500"]],
    three: ["TIMEOUT", ["Description", "How long", "Value", "500"]],
    value: { TIMEOUT: { Description: "How long", Value: "500" } },
  },
  {
    command: "FT.INFO",
    shape: indexInfo,
    two: [
      ...["index_name", "i", "index_options", []],
      ...["index_definition", ["key_type", "HASH", "prefixes", ["p:"], "default_score", "1"]],
      ...["attributes", [
        ["identifier", "t", "attribute", "t", "type", "TEXT", "WEIGHT", "2", "SORTABLE", "NOSTEM"],
        ["identifier", "g", "attribute", "g", "type", "TAG", "SEPARATOR", ","],
      ]],
      ...["num_docs", "3", "records_per_doc_avg", "-nan", "gc_stats", ["bytes_collected", "0"]],
      ...["Index Errors", ["indexing failures", 0, "last indexing error", "N/A", "last indexing error key", "N/A"]],
    ],
    three: [
      ...["index_name", "i", "index_options", []],
      ...["index_definition", ["key_type", "HASH", "prefixes", ["p:"], "default_score", 1]],
      ...["attributes", [
        ["identifier", "t", "attribute", "t", "type", "TEXT", "WEIGHT", 2, "flags", ["SORTABLE", "NOSTEM"]],
        ["identifier", "g", "attribute", "g", "type", "TAG", "SEPARATOR", ",", "flags", []],
      ]],
      ...["num_docs", 3, "records_per_doc_avg", NaN, "gc_stats", ["bytes_collected", 0]],
      ...["Index Errors", ["indexing failures", 0, "last indexing error", "N/A", "last indexing error key", "N/A"]],
    ],
    value: INDEX,
  },
  {
    command: "TS.MGET",
    shape: lastOfSeries,
    two: [["a", [["area", "north"], ["city", null]], [1, "2.5"]], ["b", [], []]],
    three: ["a", [["area", "north", "city", null], [1, 2.5]], "b", [[], []]],
    value: [["a", { area: "north", city: null }, [1, 2.5]], ["b", {}, null]],
  },
  {
    command: "TS.MRANGE",
    shape: rangesOfSeries,
    two: [["a", [["area", "north"]], [[1, "2.5", "3"], [2, "nan", "4"]]]],
    three: ["a", [["area", "north"], ["aggregators", ["avg", "max"]], [[1, 2.5, 3], [2, NaN, 4]]]],
    value: [["a", { area: "north" }, [[1, 2.5, 3], [2, NaN, 4]]]],
  },
  {
    command: "TS.MRANGE",
    shape: rangesOfSeries,
    two: [["k=v", [["k", "v"], ["__reducer__", "max"], ["__source__", "a,b"]], [[1, "2"]]]],
    three: ["k=v", [["k", "v"], ["reducers", ["max"]], ["sources", ["a", "b"]], [[1, 2]]]],
    value: [["k=v", { k: "v" }, [[1, 2]]]],
  },
  {
    command: "TS.INFO",
    shape: seriesInfo,
    two: Object.entries({
      ...SERIES,
      labels: [["area", "north"]],
      rules: [["to", 1000, "avg", 0]],
      ignoreMaxValDiff: "0.5",
    })
      .flat() as Reply[],
    three: Object.entries({ ...SERIES, labels: ["area", "north"], rules: ["to", [1000, "avg", 0]] }).flat() as Reply[],
    value: SERIES,
  },
  { command: "JSON.NUMINCRBY", shape: jsonNumbers, two: "[4,null,1.5]", three: [4, null, 1.5], value: [4, null, 1.5] },
  { command: "JSON.NUMINCRBY", shape: jsonNumbers, two: "4", three: "4", value: [4] },
  { command: "JSON.NUMMULTBY", shape: jsonNumbers, two: "[]", three: [], value: [] },
  { command: "JSON.NUMPOWBY", shape: jsonNumbers, two: null, three: null, value: null },
  {
    command: "JSON.TYPE",
    shape: jsonTypes,
    two: ["integer", "string"],
    three: [["integer", "string"]],
    value: ["integer", "string"],
  },
  { command: "JSON.TYPE", shape: jsonTypes, two: "integer", three: ["integer"], value: ["integer"] },
  { command: "JSON.TYPE", shape: jsonTypes, two: [], three: [[]], value: [] },
  { command: "JSON.TYPE", shape: jsonTypes, two: null, three: [null], value: null },
  { command: "JSON.ARRLEN", shape: jsonList, two: [3, null], three: [3, null], value: [3, null] },
  { command: "JSON.ARRLEN", shape: jsonList, two: 3, three: 3, value: [3] },
  { command: "JSON.STRLEN", shape: jsonList, two: null, three: null, value: null },
  { command: "JSON.ARRPOP", shape: jsonList, two: '"x"', three: '"x"', value: ['"x"'] },
  { command: "JSON.DEBUG", shape: jsonList, two: 573, three: [573], value: [573] },
  { command: "JSON.DEBUG", shape: jsonList, two: null, three: null, value: null },
  {
    command: "JSON.OBJKEYS",
    shape: jsonNames,
    two: [["a", "b"], null],
    three: [["a", "b"], null],
    value: [["a", "b"], null],
  },
  { command: "JSON.OBJKEYS", shape: jsonNames, two: ["a", "b"], three: ["a", "b"], value: [["a", "b"]] },
  // Of a path that leads nowhere, or of the old form to an object without members.
  { command: "JSON.OBJKEYS", shape: jsonNames, two: [], three: [], value: [] },
  { command: "JSON.TOGGLE", shape: jsonToggled, two: [1, 0, null], three: [1, 0, null], value: [1, 0, null] },
  { command: "JSON.TOGGLE", shape: jsonToggled, two: "false", three: "false", value: [0] },
  {
    command: "BF.INFO",
    when: "capacity",
    shape: onlyValues,
    two: [100],
    three: ["Capacity", 100],
    value: [100],
  },
  {
    command: "BACKUP STATUS",
    shape: backupStatus,
    two: ["state", "done", "error", "", "start_time", "1795377600", "end_time", "0"],
    three: ["state", "done", "error", "", "start_time", 1795377600, "end_time", 0],
    value: { state: "done", error: "", start_time: 1795377600, end_time: 0 },
  },
  {
    command: "XPENDING",
    shape: pendingSummary,
    two: [3, "1-1", "3-1", [["a", "1"], ["b", "2"]]],
    three: [3, "1-1", "3-1", [["a", "1"], ["b", "2"]]],
    value: [3, "1-1", "3-1", [["a", 1], ["b", 2]]],
  },
  // Valkey's module has no array around it.
  { command: "BF.INFO", when: "capacity", shape: onlyValues, two: 100, three: 100, value: [100] },
  { command: "BF.INFO", when: "expansion", shape: onlyValues, two: null, three: null, value: [null] },
  { command: "BF.INFO", when: "error", shape: onlyValues, two: "0.01", three: 0.01, value: [0.01] },
];

for (const { command, when, shape, two, three, value } of cases) {
  test(`${command} gives the same under both protocols: ${JSON.stringify(value).slice(0, 60)}`, () => {
    const values = [shape(two), shape(three)];
    assertEquals(plain(values[0]), value);
    assertEquals(plain(values[1]), value);
    assertEquals(mismatch(value, choose(command, when).branch.type, file.$types ?? {}), undefined);
  });
}

/** Values without a prototype are alike to those with one. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, plain(item)]));
}

test("every shape that a reply asks for by name is among the cases, or a server shows it", () => {
  const held = new Set(cases.map(({ command, when }) => choose(command, when).branch.decode));
  const live = new Set(["geo", "similar", "streamEntries"]);
  const open = Object.entries(file).flatMap(([name, facts]) => {
    const { reply } = facts as Command;
    if (name.startsWith("$") || typeof reply === "string") return [];
    return reply.flatMap(({ decode }) => decode === undefined || held.has(decode) || live.has(decode) ? [] : [decode]);
  });
  assertEquals(open, []);
});

test("an integer in JSON text is never rounded", () => {
  assertThrows(() => jsonNumbers("[9007199254740993]", 0), RangeError, "2^53");
  assertEquals(jsonNumbers("[9007199254740993,1.5,null]", BIGINTS), [9007199254740993n, 1.5, null]);
});

test("counts of what is pending are integers of the client's kind", () => {
  const summary = (): Reply => [1n, "1-1", "1-1", [["a", "1"]]];
  assertEquals(pendingSummary(summary(), BIGINTS), [1n, "1-1", "1-1", [["a", 1n]]]);
  const bytes = new TextEncoder().encode("9007199254740993");
  assertEquals(pendingSummary([1n, null, null, [["a", bytes]]], BYTES | BIGINTS), [
    ...[1n, null, null, [["a", 9007199254740993n]]],
  ]);
  assertEquals(pendingSummary([0, null, null, null]), [0, null, null, null]);
});

test("a search that failed is a failure, however the module tells so", () => {
  const bytes = (words: string) => new TextEncoder().encode(words);
  const failures: [Shape, (said: Reply) => Reply][] = [searchHits({}), searchHits({ nocontent: true }), searchRows]
    .flatMap((shape): [Shape, (said: Reply) => Reply][] => [
      [shape, (said) => [said]],
      [shape, (said) => ["attributes", [], "error", [said], "total_results", 0, "results", []]],
      [shape, (said) => ["error", [said], "total_results", 0n, "format", "STRING", "results", []]],
    ]);
  failures.push([searchBatch, (said) => [[said], 0]], [searchHybrid, (said) => [said]]);
  failures.push([searchBatch, (said) => [["error", [said], "total_results", 0, "results", []], 0]]);
  const words = "Timeout limit was reached";
  for (const [shape, reply] of failures) {
    for (const said of [words, bytes(words), new ReplyError(words)]) {
      const error = assertThrows(() => shape(reply(said)), ReplyError, words);
      assertEquals(error.message, words);
    }
  }
  const error = new ReplyError("SEARCH_X it broke");
  const aside: [Shape, Reply][] = [[searchHits({}), [1, [error]]], [searchRows, [1, [error]]]];
  aside.push([searchBatch, [[0, [error]], 0]], [searchBatch, [error, 0]]);
  aside.push([searchRows, ["error", [error], "total_results", 5, "results", []]]);
  for (const [shape, reply] of aside) assertEquals(assertThrows(() => shape(reply), ReplyError), error);
  for (const shape of [searchHits({}), searchRows, searchBatch, searchHybrid]) {
    for (const said of ["Request timed out", bytes("Request timed out")]) {
      assertThrows(() => shape(said), ReplyError, "Request timed out");
    }
  }
});

test("what a search found until its time was up stays, with a warning", () => {
  for (const said of ["Timeout", new ReplyError("Timeout")]) {
    const rows = ["error", [said], "total_results", 1, "results", [["extra_attributes", ["a", "1"]]]];
    assertEquals(plain(searchRows(rows)), { total_results: 1, results: [{ a: "1" }], warning: ["Timeout"] });
  }
  // Only the number was asked for.
  const counted = ["error", ["Timeout"], "total_results", 7, "results", []];
  assertEquals(plain(searchHits({})(counted)), { total_results: 7, results: [], warning: ["Timeout"] });
  assertEquals(plain(searchRows([0])), { total_results: 0, results: [] });
});

test("times that came as text are integers of the client's kind", () => {
  const told = ["start_time", new TextEncoder().encode("5"), "end_time", "7"];
  assertEquals(plain(backupStatus([...told], BYTES)), { start_time: 5, end_time: 7 });
  assertEquals(plain(backupStatus([...told], BIGINTS)), { start_time: 5n, end_time: 7n });
});

test("shapes of modules take bytes, and leave errors and null alone", () => {
  const bytes = (text: string) => new TextEncoder().encode(text);
  assertEquals([onlyValues(bytes("0.01"), BYTES), onlyValues(100n, BIGINTS)], [[0.01], [100n]]);
  assertEquals(jsonNumbers(bytes("[1,2]"), BYTES), [1, 2]);
  const found = searchHits({})([1, bytes("a"), [bytes("title"), bytes("x")]], BYTES);
  const [hit] = (found as { results: { extra_attributes: Map<Uint8Array, Uint8Array> }[] }).results;
  assertEquals([...hit!.extra_attributes.values()], [bytes("x")]);
  const reply = ["total_results", 0, "results", [], "warning", ["Timeout"]];
  for (const warning of ["Timeout", bytes("Timeout")]) {
    reply[5] = [warning] as never;
    assertEquals((searchRows([...reply] as Reply, BYTES) as { warning: unknown }).warning, ["Timeout"]);
  }
  const scored = searchHits({ withscores: true, nocontent: true })([1, bytes("a"), ["2", ["a", [bytes("b")]]]], BYTES);
  assertEquals((scored as { results: { score: unknown }[] }).results[0]!.score, [2, ["a", ["b"]]]);
  assertEquals(texts(["a", bytes("b")]), ["a", "b"]);
  assertEquals(jsonTypes([["integer", bytes("string"), null]], BYTES), ["integer", "string", null]);
  assertEquals(jsonTypes(bytes("integer"), BYTES), ["integer"]);
  for (const name of ["TIMEOUT", bytes("TIMEOUT")]) {
    assertEquals([...settings([[name, bytes("5")]], BYTES) as Map<unknown, unknown>], [[bytes("TIMEOUT"), bytes("5")]]);
    const help = settingsHelp([name, ["Description", "How long", "Value", bytes("5")]], BYTES) as Map<unknown, object>;
    assertEquals([...help].map(([name, told]) => [name, { ...told }]), [
      [bytes("TIMEOUT"), { Description: "How long", Value: "5" }],
    ]);
  }
  const error = new ReplyError("ERR no such index");
  for (const shape of new Set(cases.map(({ shape }) => shape))) {
    if (shape !== onlyValues) assertEquals(shape(null), null);
    if (shape !== map()) assertEquals(shape(error as unknown as Reply), error);
  }
});
