// A few inputs of each kind, other ones each time. Many: deno task fuzz.
import { assert, assertThrows } from "@std/assert";
import fc from "fast-check";
import { parseUrl } from "../../src/client/url.ts";
import { test } from "../support/test.ts";
import { FUZZ, same } from "./properties.ts";

for (const { name, share, property } of FUZZ) {
  test(`any input: ${name}`, async () => {
    const result = await fc.check(property, { numRuns: Math.ceil(share * 8000) });
    assert(!result.failed, fc.defaultReportMessage(result));
  });
}

test("what the properties compare by tells values apart", () => {
  assert(same([1, "a", null, [2n]], [1, "a", null, [2n]]));
  assert(same(Uint8Array.of(1, 2), Uint8Array.of(1, 2)));
  assert(!same([1], ["1"]) && !same([1], [1, 2]) && !same([0], [-0]) && !same(Uint8Array.of(1), [1]));
  assert(!same(new Error("a"), new Error("b")) && !same(null, []));
});

test("a question mark within a password does not show what follows it", () => {
  const error = assertThrows(() => parseUrl("unix:ada:half?otherhalf@/run/redis.sock"), TypeError, "not known");
  assert(!error.message.includes("half"));
});
