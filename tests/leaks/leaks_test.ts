// Nothing is left after use: no socket, timer, listener, memory, connection at the server, or rejection that nobody hears.
// The same at full length: deno task leaks.
import { assert, assertEquals } from "@std/assert";
import { test } from "../support/test.ts";
import { leftovers } from "./run.ts";

for (const [kind, count] of [["connect", 300], ["sessions", 300], ["aborts", 300], ["failures", 100]] as const) {
  test(`${count} times ${kind} leave nothing behind, and the program ends by itself`, async () => {
    const { code, output, left } = await leftovers(kind, count);
    assertEquals(code, 0, output);
    assert(left !== undefined, output);
    const { kilobytes, collected, seconds: _, handles, ...zero } = left;
    const expected = Object.fromEntries(Object.keys(zero).map((name) => [name, 0]));
    assertEquals(zero, { ...expected, kind, count, unheard: [] }, output);
    // A runtime may keep a few for itself; one per client would be a hundred.
    assert(Number(handles) < 5, output);
    // What one leaked client costs would show a hundred times.
    if (collected) assert(kilobytes < 3000, `${kilobytes} KiB more than before`);
  });
}
