/**
 * A program that connects, asks one thing and ends: how long its import takes, and the rest by its parent's clock.
 *
 * @module
 */
import process from "node:process";
import type { Client } from "./driver.ts";

const [name, port] = process.argv.slice(2);
const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
const LIBRARIES: Readonly<Record<string, string>> = {
  respire: new URL(extension === "ts" ? ".cache/npm/package/mod.js" : "../npm/package/mod.js", import.meta.url).href,
  respire_sources: new URL("../mod.ts", import.meta.url).href,
  node_redis: "redis",
  glide: "@valkey/valkey-glide",
  deno_redis: "@db/redis",
  iuioiua: "@iuioiua/redis",
};

if (name === "nothing") {
  console.log(JSON.stringify({ import: 0 }));
} else {
  const start = performance.now();
  const library = await import(LIBRARIES[name] ?? name);
  const imported = performance.now() - start;
  // The adapter of our own would bring our sources along.
  const client: Pick<Client, "open"> = name.startsWith("respire")
    ? { open: (port) => library.connect({ port }) }
    : await import(new URL(`clients/${name}.${extension}`, import.meta.url).href);
  const driver = await client.open(Number(port));
  await driver.get("startup:key");
  console.log(JSON.stringify({ import: imported }));
  await driver.close();
}
process.exit(0);
