// The stand-in and whatever "@std/assert" is mapped to here pass and fail in the same places.
import * as mapped from "@std/assert";
import * as standIn from "./assert.ts";
import { test } from "./test.ts";

type Assertions = typeof standIn;
const reject = (error: unknown) => () => Promise.reject(error);
const raise = (error: unknown) => () => {
  throw error;
};

/** What must pass, and what must fail with an AssertionError. A case may be asynchronous. */
const passing: Record<string, (a: Assertions) => unknown> = {
  "assert true": (a) => a.assert(1),
  "assertFalse": (a) => a.assertFalse(0),
  "assertEquals of bytes": (a) => a.assertEquals(Uint8Array.of(1, 2), new Uint8Array([1, 2])),
  "assertEquals of nested values": (a) => a.assertEquals({ a: [1, { b: NaN }] }, { a: [1, { b: NaN }] }),
  "assertEquals of maps": (a) => a.assertEquals(new Map([["a", [1]]]), new Map([["a", [1]]])),
  "assertNotEquals": (a) => a.assertNotEquals([1], [2]),
  "assertStrictEquals of NaN": (a) => a.assertStrictEquals(NaN, NaN),
  "assertNotStrictEquals": (a) => a.assertNotStrictEquals<unknown>({}, {}),
  "assertExists": (a) => a.assertExists(0),
  "assertInstanceOf": (a) => a.assertInstanceOf(new TypeError(), Error),
  "assertMatch": (a) => a.assertMatch("abc", /b/),
  "assertNotMatch": (a) => a.assertNotMatch("abc", /x/),
  "assertStringIncludes": (a) => a.assertStringIncludes("abc", "bc"),
  "assertArrayIncludes": (a) => a.assertArrayIncludes([{ a: 1 }, { b: 2 }], [{ b: 2 }]),
  "assertObjectMatch": (a) => a.assertObjectMatch({ a: { b: 1, c: 2 } }, { a: { b: 1 } }),
  "assertGreater": (a) => a.assertGreater(2, 1),
  "assertGreaterOrEqual": (a) => a.assertGreaterOrEqual(1, 1),
  "assertLess": (a) => a.assertLess(1, 2),
  "assertLessOrEqual": (a) => a.assertLessOrEqual(1, 1),
  "assertAlmostEquals": (a) => a.assertAlmostEquals(0.1 + 0.2, 0.3),
  "assertThrows": (a) => a.assertThrows(raise(new TypeError("a word")), TypeError, "word"),
  "assertThrows of a non-error": (a) => a.assertThrows(raise("text")),
  "assertThrows gives the error back": (a) => {
    const error = new RangeError("x");
    a.assertEquals(a.assertThrows(raise(error), RangeError) === error, true);
  },
  "assertRejects": (a) => a.assertRejects(reject(new TypeError("a word")), Error, "word"),
  "assertRejects gives the error back": async (a) => {
    const error = new RangeError("x");
    a.assertEquals(
      await a.assertRejects(reject(error), RangeError) === error,
      true,
    );
  },
};

const failing: Record<string, (a: Assertions) => unknown> = {
  "fail": (a) => a.fail("on purpose"),
  "unreachable": (a) => a.unreachable(),
  "assert false": (a) => a.assert(""),
  "assertFalse of true": (a) => a.assertFalse(1),
  "assertEquals of another type": (a) => a.assertEquals<unknown>("1", 1),
  "assertEquals of a subset": (a) => a.assertEquals<unknown>({ a: 1 }, { a: 1, b: 2 }),
  "assertEquals of other bytes": (a) => a.assertEquals(Uint8Array.of(1), Uint8Array.of(2)),
  "assertNotEquals of equals": (a) => a.assertNotEquals([1], [1]),
  "assertStrictEquals of copies": (a) => a.assertStrictEquals({}, {}),
  "assertNotStrictEquals of the same": (a) => a.assertNotStrictEquals(1, 1),
  "assertExists of null": (a) => a.assertExists(null),
  "assertInstanceOf of another": (a) => a.assertInstanceOf(new Error(), TypeError),
  "assertMatch of none": (a) => a.assertMatch("abc", /x/),
  "assertNotMatch of one": (a) => a.assertNotMatch("abc", /a/),
  "assertStringIncludes of none": (a) => a.assertStringIncludes("abc", "x"),
  "assertArrayIncludes of none": (a) => a.assertArrayIncludes([1], [2]),
  "assertObjectMatch of another value": (a) => a.assertObjectMatch({ a: { b: 1 } }, { a: { b: 2 } }),
  "assertGreater of equals": (a) => a.assertGreater(1, 1),
  "assertLess of equals": (a) => a.assertLess(1, 1),
  "assertAlmostEquals of far ones": (a) => a.assertAlmostEquals(1, 1.1),
  "assertThrows of silence": (a) => a.assertThrows(() => 1),
  "assertThrows of another class": (a) => a.assertThrows(raise(new Error("x")), TypeError),
  "assertThrows of another text": (a) => a.assertThrows(raise(new Error("x")), Error, "y"),
  "assertRejects of a fulfilled promise": (a) => a.assertRejects(() => Promise.resolve(1)),
  "assertRejects of another class": (a) => a.assertRejects(reject(new Error("x")), TypeError),
  "assertRejects of another text": (a) => a.assertRejects(reject(new Error("x")), Error, "y"),
  "assertRejects of a function that throws": (a) => a.assertRejects(raise(new Error("x")) as () => Promise<void>),
};

for (
  const [source, assertions] of Object.entries({
    "the mapped @std/assert": mapped as Assertions,
    "the stand-in": standIn,
  })
) {
  for (const [name, run] of Object.entries(passing)) {
    test(`${source}: ${name} passes`, async () => {
      await run(assertions);
    });
  }
  for (const [name, run] of Object.entries(failing)) {
    test(`${source}: ${name} fails`, async () => {
      let outcome: unknown = "it passed";
      try {
        await run(assertions);
      } catch (error) {
        outcome = error;
      }
      if (!(outcome instanceof assertions.AssertionError)) {
        throw new Error(`${name}: ${outcome}`);
      }
    });
  }
}
