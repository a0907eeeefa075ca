// What a bundled program pays for us. The bounds leave room for some growth, not for a layer that came along unseen.
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "../support/test.ts";
import { ROOT } from "./published.ts";
import { noBundler, PROGRAMS, weigh } from "./sizes.ts";

/** Kilobytes after gzip. */
const BOUNDS: Readonly<Record<string, number>> = {
  "connect": 66,
  "connect, in Workers": 64,
  "connect and cache": 70,
  "a client without commands": 30,
  "the protocol": 9,
};

for (const [name, program] of Object.entries(PROGRAMS)) {
  test(`the bundle of ${name} stays small`, { skip: noBundler }, () => {
    const { minified, gzipped } = weigh(program);
    assert(gzipped < minified);
    assert(gzipped / 1000 < BOUNDS[name]!, `${gzipped} bytes`);
  });
}

test("the sizes in docs/runtimes.md are about right", { skip: noBundler }, () => {
  const page = readFileSync(join(ROOT, "docs/runtimes.md"), "utf8");
  const section = page.slice(page.indexOf("## Size"), page.indexOf("## A socket"));
  const told = Array.from(
    section.matchAll(/\| (?:from )?(\d+) +\| (\d+) +\|$/gm),
    ([, minified, gzip]) => [minified, gzip],
  );
  assertEquals(told.length, Object.keys(PROGRAMS).length);
  for (const [i, program] of Object.values(PROGRAMS).entries()) {
    const { minified, gzipped } = weigh(program);
    for (const [bytes, kilobytes] of [[minified, told[i]![0]], [gzipped, told[i]![1]]] as const) {
      assertAlmostEquals(bytes / 1000, Number(kilobytes), bytes / 1000 * 0.15, Object.keys(PROGRAMS)[i]!);
    }
  }
});
