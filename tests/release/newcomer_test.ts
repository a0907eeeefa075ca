// The README's ten lines, typed by somebody with one runtime and nothing else.
import { assertEquals, assertMatch } from "@std/assert";
import { missing, startRedis } from "../support/servers.ts";
import { test } from "../support/test.ts";
import { noBuild } from "./built.ts";
import { withBun, withDeno, withNode } from "./newcomer.ts";
import { without } from "./packed.ts";

const PATHS = { deno: withDeno, bun: withBun, npm: withNode };

for (const [program, walk] of Object.entries(PATHS)) {
  test(`from an empty folder to the first reply, ${program} only`, {
    skip: noBuild || missing() || without(program),
  }, async () => {
    await using server = await startRedis();
    const { steps, output } = await walk(server.url);
    assertEquals(steps.length, 2);
    assertMatch(output, /Ada/);
    assertEquals(await server.command("GET", "visits"), "$1\r\n1\r\n");
  });
}
