import { assertEquals } from "@std/assert";
import { spawn } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { startScripted } from "../support/scripted.ts";
import { test } from "../support/test.ts";

/** Runs the idle client in a process of its own; gives its output and exit code. */
async function run(port: number, onIdle: () => void): Promise<[string, number | null]> {
  const inherited = "Deno" in globalThis ? ["run", "-A"] : process.execArgv.filter((option) => !/^--test/.test(option));
  const file = fileURLToPath(new URL("./idle_client.ts", import.meta.url));
  const child = spawn(process.execPath, [...inherited, file, `${port}`], { stdio: ["ignore", "pipe", "inherit"] });
  let output = "";
  child.stdout!.on("data", (chunk) => {
    output += chunk;
    if (output === "idle\n") onIdle();
  });
  const [code] = await once(child, "close");
  return [output, code];
}

test("an open socket keeps a program alive until it closes", async () => {
  await using server = await startScripted(async (peer) => {
    await peer.until("x");
    await peer.send("y");
  });
  const result = await run(server.port, () => server.peers[0]!.end());
  assertEquals(result, ["idle\nclosed\n", 0]);
});
