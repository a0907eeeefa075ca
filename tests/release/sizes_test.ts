// What a bundled program pays for us. The bounds leave room for some growth, not for a layer that came along unseen.
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { test } from "../support/test.ts";
import { noBuild } from "./built.ts";
import { PROGRAMS, ROWS, told, weigh } from "./sizes.ts";

/** Kilobytes after gzip. */
const BOUNDS: Readonly<Record<string, number>> = {
  "connect": 73,
  "connect, in Workers": 71,
  "connect and cache": 78,
  "connectCluster": 86,
  "a client without commands": 24,
  "two commands": 25,
  "two commands, of a cluster": 38,
  "an error": 3,
  "the protocol": 9,
};

for (const [name, program] of Object.entries(PROGRAMS)) {
  test(`the bundle of ${name} stays small`, { skip: noBuild }, () => {
    const { minified, gzipped } = weigh(program);
    assert(gzipped < minified);
    assert(gzipped / 1000 < BOUNDS[name]!, `${gzipped} bytes`);
    // Statement by statement a bundler sees what it may leave out: JSR's package.json for npm does not say it of the whole.
    const told = weigh(program, { sideEffects: false }).minified;
    // Shapes and specs that others are made of stay: some kilobytes, where next to nothing is asked for.
    assertAlmostEquals(minified, told, name === "an error" ? 7000 : told * 0.002);
  });
}

// Bundlers and gzip differ by a little; what grows by more than this must be told anew.
test("the sizes in docs/runtimes.md are those of today (sizes.ts --write)", { skip: noBuild }, () => {
  const rows = told();
  assertEquals(rows.map(([what]) => what), Object.keys(PROGRAMS).map((name) => ROWS[name]));
  for (const [i, [name, program]] of Object.entries(PROGRAMS).entries()) {
    const { minified, gzipped } = weigh(program);
    for (const [bytes, kilobytes] of [[minified, rows[i]![1]], [gzipped, rows[i]![2]]] as const) {
      assertAlmostEquals(Number(kilobytes), bytes / 1000, bytes / 1000 * 0.05, name);
    }
  }
});
