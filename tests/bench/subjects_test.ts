// What is told of a program of the bench that gives no figures: the true reason, in one line.
import { assertEquals, assertRejects } from "@std/assert";
import { answer, surroundings } from "../../bench/subjects.ts";
import type { Server } from "../../bench/server.ts";
import { test } from "../support/test.ts";

/** What is told of a shell script. */
async function told(script: string, patience?: number): Promise<string> {
  return (await assertRejects(() => answer(["sh", "-c", script], patience), Error)).message;
}

test("what a program says in JSON is its answer, whatever it says besides", async () => {
  const script = `echo noise; echo '{"a":1}'; echo Error: what comes later >&2; exit 3`;
  assertEquals((await answer<{ a: number }>(["sh", "-c", script])).value, { a: 1 });
});

test("a program that is ended for its slowness is told as slow, not as short of memory", async () => {
  assertEquals(await told("exec sleep 60", 0.1), "took more than 0.1 s");
});

test("who is killed by others is told as killed", async () => {
  assertEquals(await told("kill -9 $$"), "ended by SIGKILL");
  assertEquals(await told("exit 7"), "ended with 7");
});

test("the line of an error is found among what runtimes print around it", async () => {
  const printed = async (text: string): Promise<string> => await told(`cat >&2 <<'END'\n${text}\nEND\nexit 1`);
  const red = "\u001b[31merror\u001b[0m";
  const deno = `${red}: Uncaught (in promise) TypeError: deno's words\n    at file:///a.ts:1:2`;
  assertEquals(await printed(deno), "TypeError: deno's words");
  assertEquals(
    await printed("1 | code\n    ^\nConnectionError: bun's words\n   at a.ts:1:2\n\nBun v1"),
    "ConnectionError: bun's words",
  );
  assertEquals(
    await printed("node:internal:1\n  throw new X\n\nError [ERR_X]: node's words\n   at a.js:1:2\n\nNode.js v20"),
    "Error [ERR_X]: node's words",
  );
  assertEquals(
    await printed("#\n# Fatal JavaScript out of memory: Reached heap limit\n#"),
    "Fatal JavaScript out of memory: Reached heap limit",
  );
  assertEquals(
    await printed("<--- Last few GCs --->\n\nFATAL ERROR: Reached heap limit\n----- Native stack trace -----\n 1: 0xb"),
    "FATAL ERROR: Reached heap limit",
  );
  // No word of an error: the last line.
  assertEquals(await printed("there is no room\nnot even here"), "not even here");
});

test("whether the server has a core is what the server says; who asks none has none", () => {
  const server = (pinned: boolean): Server => ({ pinned, version: "7.0.15" } as Server);
  assertEquals([true, false].map((pinned) => surroundings(1, 0, server(pinned)).serverPinned), [true, false]);
  const { server: none, serverPinned } = surroundings(1, 0);
  assertEquals([none, serverPinned], ["none", false]);
});
