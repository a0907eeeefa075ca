/**
 * The shapes: what both protocols send becomes one value, and what is neither stays as it is.
 */
import { assert, assertEquals } from "@std/assert";
import {
  bool,
  double,
  either,
  geo,
  list,
  map,
  orNull,
  pairs,
  struct,
  text,
  tuple,
  tupleRest,
} from "../../src/command/shape.ts";
import type { Shape } from "../../src/command/spec.ts";
import { wordOf } from "../../src/command/words.ts";
import { ReplyError } from "../../src/errors.ts";
import { BYTES, type Bytes, type Reply } from "../../src/resp/reply.ts";
import { test } from "../support/test.ts";

const bytes = (value: string): Bytes => new TextEncoder().encode(value);
/** Names and values as shapes make them: what they inherit from holds nothing, which has a test of its own. */
const object = (fields: Record<string, unknown>): unknown =>
  Object.assign(Object.create(Object.getPrototypeOf(map()([], 0))), fields);

const alike: [name: string, shape: Shape, resp2: Reply, resp3: Reply, value: unknown][] = [
  ["double", double, "1.5", 1.5, 1.5],
  ["double inf", double, "inf", Infinity, Infinity],
  ["double -inf", double, "-inf", -Infinity, -Infinity],
  ["double nan", double, "nan", NaN, NaN],
  ["double in exponents", double, "1e-7", 1e-7, 1e-7],
  ["double of bytes", double, bytes("-2.25"), -2.25, -2.25],
  ["bool true", bool, 1, true, true],
  ["bool false", bool, 0, false, false],
  ["bool of bigint", bool, 1n, true, true],
  ["pairs", pairs(), ["a", "1", "b", "2"], [["a", "1"], ["b", "2"]], [["a", "1"], ["b", "2"]]],
  ["pairs of doubles", pairs(undefined, double), ["a", "1", "b", "inf"], [["a", 1], ["b", Infinity]], [["a", 1], [
    "b",
    Infinity,
  ]]],
  ["no pairs", pairs(), [], [], []],
  ["streams", pairs(undefined, list(tuple(undefined, map()))), [["s", [["1-0", ["f", "v"]]]]], ["s", [["1-0", [
    "f",
    "v",
  ]]]], [["s", [["1-0", object({ f: "v" })]]]]],
  ["list of doubles", list(double), ["1", null, "2"], [1, null, 2], [1, null, 2]],
  ["tuple or null", orNull(tuple(undefined, double)), ["m", "3"], ["m", 3], ["m", 3]],
  ["tuple or null, empty", orNull(tuple(undefined, double)), [], null, null],
  ["tuple with a rest", tupleRest(double, undefined), ["a", "1", "2"], ["a", 1, 2], ["a", 1, 2]],
  [
    "struct",
    struct({ score: double }),
    ["name", "a", "score", "1"],
    ["name", "a", "score", 1],
    object({ name: "a", score: 1 }),
  ],
  ["array or scalar: array", either(list(double), undefined), ["1"], [1], [1]],
  ["array or scalar: scalar", either(list(double), undefined), "OK", "OK", "OK"],
];
for (const [name, shape, resp2, resp3, value] of alike) {
  test(`both protocols give the same: ${name}`, () => {
    assertEquals(shape(resp2), value);
    assertEquals(shape(resp3), value);
  });
}

test("every shape lets null and errors pass", () => {
  const error = new ReplyError("ERR no");
  for (
    const shape of [
      double,
      bool,
      text,
      list(double),
      tuple(double),
      orNull(),
      pairs(double),
      map(),
      struct(),
      geo({ withdist: true, withhash: true, withcoord: true }),
    ]
  ) {
    assertEquals(shape(null), null);
    assert(shape(error) === error);
  }
});

test("an error inside an aggregate stands in its place", () => {
  const error = new ReplyError("ERR no");
  const value = list(bool)([1, error, 0]) as unknown[];
  assertEquals([value[0], value[2]], [true, false]);
  assert(value[1] === error);
});

test("a map may have a field that is called __proto__", () => {
  const value = map()(["__proto__", "1", "constructor", "2"]) as Record<string, unknown>;
  assertEquals(Object.entries(value), [["__proto__", "1"], ["constructor", "2"]]);
  for (const name of ["toString", "hasOwnProperty", "valueOf", "isPrototypeOf"]) assertEquals(name in value, false);
  const inherited: string[] = [];
  for (const name in map()([]) as object) inherited.push(name);
  assertEquals(inherited, []);
});

test("of a name that stands there twice the last value counts in an object, and a Map of bytes has both", () => {
  assertEquals({ ...map()(["f", "1", "f", "2"]) as object }, { f: "2" });
  const bytes = map()([new Uint8Array([1]), "1", new Uint8Array([1]), "2"], BYTES) as Map<unknown, unknown>;
  assertEquals([...bytes.values()], ["1", "2"]);
});

test("a map of bytes is a Map, also when it is empty", () => {
  const value = map()([bytes("f"), bytes("v")]) as Map<Uint8Array, Uint8Array>;
  assertEquals([...value], [[bytes("f"), bytes("v")]]);
  assert(map()([], BYTES) instanceof Map);
  assertEquals(map()([], 0), object({}));
});

test("the names of a struct are text in every mode, what is not known is kept", () => {
  const value = struct({ score: double })([bytes("score"), bytes("1"), bytes("new"), bytes("x")], BYTES);
  assertEquals(value, object({ score: 1, new: bytes("x") }));
});

test("a byte order mark is data like any other, in text, in words and in names of a struct", () => {
  const mark = "\ufeff";
  assertEquals(text(bytes(`${mark}x`)), `${mark}x`);
  const value = struct({ score: double })([bytes(`${mark}score`), bytes("1")], BYTES);
  assertEquals(value, object({ [`${mark}score`]: bytes("1") }));
  assertEquals(wordOf(bytes(`${mark}block`)), `${mark}BLOCK`);
});

test("places have what was asked for, in the order of the server", () => {
  const coordinates = { longitude: 13.5, latitude: 38.25 };
  assertEquals(geo({ withdist: true, withhash: true, withcoord: true })([["m", "1.5", 7, ["13.5", "38.25"]]]), [{
    member: "m",
    distance: 1.5,
    hash: 7,
    coordinates,
  }]);
  assertEquals(geo({ withcoord: true })([["m", [13.5, 38.25]]]), [{ member: "m", coordinates }]);
  assertEquals(geo({ withdist: true })([["m", "1.5"]]), [{ member: "m", distance: 1.5 }]);
});
