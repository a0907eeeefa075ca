// How arguments that are more than one word are laid out.
import { assertEquals, assertThrows } from "@std/assert";
import { Encoder } from "../../src/resp/mod.ts";
import { entries, many, pushMany, pushPairArgs, pushPairs, pushReversed, pushZipped } from "../../src/command/mod.ts";
import type { Arg } from "../../src/command/mod.ts";
import type { Pairs } from "../../src/command/values.ts";
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
