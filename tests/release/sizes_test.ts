// What a bundled program pays for us. The bounds leave room for some growth, not for a layer that came along unseen.
import { assert } from "@std/assert";
import { test } from "../support/test.ts";
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
