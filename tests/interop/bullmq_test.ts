// A library that knows nothing of us runs on us: BullMQ, over the adapter that examples/adapters/ shows.
import { assertEquals } from "@std/assert";
import { existsSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { run } from "../support/programs.ts";
import { missing, type ServerVersion, startRedis } from "../support/servers.ts";
import { test } from "../support/test.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const absent = existsSync(join(ROOT, ".ci/node_modules/bullmq")) ? false : "no bullmq: npm install --prefix .ci";

/** How this runtime runs a program. */
function command(): string[] {
  if ("Deno" in globalThis) return ["run", "--quiet", "--no-check", "-A"];
  return "Bun" in globalThis ? [] : ["--import", "tsx"];
}

const SETUPS: [ServerVersion, "2" | "3"][] = [["redis-7.0", "3"], ["redis-7.0", "2"], ["redis-8", "3"], [
  "valkey-9",
  "3",
]];
for (const [version, protocol] of SETUPS) {
  test(`BullMQ runs queues, workers, events, schedulers and flows, on ${version}, RESP${protocol}`, {
    skip: absent || missing(version),
  }, async () => {
    await using server = await startRedis({ version });
    const words = [process.execPath, ...command(), "tests/interop/bullmq_program.ts"];
    const env = { REDIS_URL: server.url, PROTOCOL: protocol };
    const { code, printed: output, errors } = await run(words, { cwd: ROOT, env });
    assertEquals([errors, code], ["", 0]);
    assertEquals(JSON.parse(output), {
      squares: Array.from({ length: 100 }, (_, n) => n ** 2),
      result: { square: 144, text: "é\u{1f600}\r\n" },
      attempts: 3,
      progress: [50],
      order: ["child", "child", "parent"],
      survived: [1, 4, 9],
      repeated: true,
      completed: true,
      held: 1,
      left: 0,
      leased: 0,
      errors: [],
    });
  });
}
