// Clients live in web workers as they do on the main thread.
import { assertEquals } from "@std/assert";
import { connect } from "../../mod.ts";
import { missing, startRedis } from "../support/servers.ts";
import { test } from "../support/test.ts";

const skip = missing() || (typeof Worker === "undefined" ? "there are no web workers here" : false);

/** Runs one worker to its end and gives the counts that it saw. */
function run(url: string, times: number): Promise<number[]> {
  const worker = new Worker(new URL("../support/web_worker.ts", import.meta.url), { type: "module" });
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = (event) => reject(new Error(event.message));
    worker.postMessage({ url, times });
  });
}

test("clients in web workers work side by side, and close", { skip }, async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  const counts = await Promise.all([run(server.url, 500), run(server.url, 500), run(server.url, 1)]);
  assertEquals(counts.flat().sort((a, b) => a - b), Array.from({ length: 1001 }, (_, i) => i + 1));
  for (const each of counts) assertEquals(each, [...each].sort((a, b) => a - b));
  // The server hears of a closed socket a moment later.
  while (!/^connected_clients:1\r?$/m.test(await redis.info("clients")));
});
