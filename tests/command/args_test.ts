// How arguments that are more than one word are laid out.
import { assertEquals, assertThrows } from "@std/assert";
import { Encoder } from "../../src/resp/mod.ts";
import {
  entries,
  many,
  pushBounded,
  pushMany,
  pushPairArgs,
  pushPairs,
  pushReversed,
  pushZipped,
} from "../../src/command/mod.ts";
import type { Arg } from "../../src/command/mod.ts";
import type { PairArgs, Pairs } from "../../src/command/values.ts";
import { test } from "../support/test.ts";

const FORMS: readonly Pairs<Arg, Arg>[] = [{ ab: 1, cd: 2 }, new Map([["ab", 1], ["cd", 2]]), [["ab", 1], ["cd", 2]]];

test("pairs are the same in all forms", () => {
  for (const pairs of FORMS) {
    assertEquals([...entries(pairs)], [["ab", 1], ["cd", 2]]);
    assertEquals(pushPairArgs([], [pairs]), ["ab", 1, "cd", 2]);
    assertEquals(pushReversed([], pairs), [1, "ab", 2, "cd"]);
    assertEquals(pushZipped([], pairs), ["ab", "cd", 1, 2]);
  }
  for (const none of [{}, new Map<Arg, Arg>(), []]) assertEquals(pushPairs([], none), []);
});

test("names and values one after the other are no list of pairs, though each word has two letters and more", () => {
  for (const flat of [["key", "value"], ["key", 1], [new Uint8Array(2), new Uint8Array(2)]]) {
    const pairs = flat as unknown as Pairs<Arg, Arg>;
    for (const lay of [pushPairs, pushReversed, pushZipped]) {
      assertThrows(() => lay([], pairs), TypeError, "[name, value]");
    }
    assertThrows(() => entries(pairs), TypeError, "[name, value]");
    assertThrows(() => pushPairArgs([], [pairs]), TypeError, "[name, value]");
  }
});

test("a value out of bounds, or that servers do not read as an integer, is refused in whatever form it is given", () => {
  const lay = (...given: unknown[]) => pushBounded(["k"], given as unknown as PairArgs<Arg, Arg>, 0, 100_000);
  for (const value of [0, 1, 5n, "100000", new TextEncoder().encode("7")]) {
    for (
      const given of [["a", 1, "b", value], [{ a: 1, b: value }], [new Map<string, Arg>([["a", 1], ["b", value]])]]
    ) {
      assertEquals(lay(...given), ["k", "a", 1, "b", value]);
    }
  }
  const wrong = [
    -1,
    100_001,
    1.5,
    NaN,
    Infinity,
    1n << 64n,
    "",
    "x",
    " 5",
    "05",
    "1e3",
    "0x1",
    new Uint8Array([1]),
    new Int8Array([45, 49]),
  ];
  for (const value of wrong) {
    for (const given of [["a", 1, "b", value], [{ a: 1, b: value }], [[["b", value]]]]) {
      assertThrows(() => lay(...given), RangeError, "no integer from 0 to 100000");
    }
  }
  // What cannot be sent at all is refused as anywhere else.
  for (const value of [true, null, undefined, Object.create(null)]) {
    const args = lay("a", value);
    assertThrows(() => new Encoder().command(new Uint8Array(4), 1, args, "TOPK.INCRBY"), TypeError, "argument 3 is ");
  }
});

test("of several arrays none is left out: the encoder refuses what is no argument", () => {
  const head = new TextEncoder().encode("$3\r\nDEL\r\n");
  for (const items of [[["a"], ["b"], ["c"]], [["a"], "b"]] as unknown as (readonly Arg[])[]) {
    for (const args of [many(items), pushMany([], items)]) {
      assertThrows(() => new Encoder().command(head, 1, args, "DEL"), TypeError, "argument 1 is an array");
    }
  }
  assertEquals([many([["a", "b"]]), many(["a", "b"]), pushMany(["k"], [["a", "b"]])], [["a", "b"], ["a", "b"], [
    "k",
    "a",
    "b",
  ]]);
});
