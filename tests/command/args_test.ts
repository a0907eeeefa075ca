// How arguments that are more than one word are laid out.
import { assertEquals, assertThrows } from "@std/assert";
import { entries, pushPairArgs, pushPairs, pushReversed, pushZipped } from "../../src/command/mod.ts";
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
