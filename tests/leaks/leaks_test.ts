// Nothing is left after use: no socket, timer, listener, memory, connection at the server, or rejection that nobody hears.
// The same at full length: deno task leaks.
import { assertEquals } from "@std/assert";
import { test } from "../support/test.ts";
import { leftovers } from "./run.ts";
import { faults } from "./verdict.ts";

// So often that a few KiB each time are more than what a runtime may keep for itself.
for (const [kind, count] of [["connect", 3000], ["sessions", 3000], ["aborts", 3000], ["failures", 300]] as const) {
  test(`${count} times ${kind} leave nothing behind, and the program ends by itself`, async () => {
    assertEquals(faults(await leftovers(kind, count)), []);
  });
}

test("what is left is told, each of it", () => {
  const left = {
    kind: "connect",
    count: 1,
    seconds: 0,
    handles: 0,
    kilobytes: 0,
    collected: true,
    clients: 0,
    unheard: [],
  };
  assertEquals(faults({ code: 0, output: "", left }), []);
  const much = { handles: 9, kilobytes: 9000, collected: false, clients: 1, unheard: ["Error: x"] };
  assertEquals(faults({ code: 1, output: "", left: { ...left, ...much } }).length, 6);
  assertEquals(faults({ code: 0, output: "cannot start", left: undefined }), [
    "the program ended with 0: cannot start",
  ]);
});
