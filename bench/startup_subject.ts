/**
 * A program that connects, asks one thing and ends: how long its import takes, and the rest by its parent's clock.
 *
 * @module
 */
import process from "node:process";

/** What is asked for, of any client. */
interface Connected {
  get(key: string): Promise<unknown>;
}

/** What is used of the libraries: each has one of these. */
interface Library {
  connect(options: object): Promise<Connected>;
  createClient(options: object): { connect(): Promise<Connected> };
  readonly GlideClient: { createClient(options: object): Promise<Connected> };
  readonly Redis: new (port: number, host: string) => Connected;
  readonly RedisClient: new (server: unknown) => Connected & { sendCommand(words: string[]): Promise<unknown> };
}

const [name, port] = process.argv.slice(2);
const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
const hostname = "127.0.0.1";
const LIBRARIES: Readonly<Record<string, string>> = {
  respire: new URL(extension === "ts" ? ".cache/npm/package/mod.js" : "../npm/package/mod.js", import.meta.url).href,
  respire_sources: new URL("../mod.ts", import.meta.url).href,
  node_redis: "redis",
  glide: "@valkey/valkey-glide",
  deno_redis: "@db/redis",
  iuioiua: "@iuioiua/redis",
};

/** As each client's README connects; nothing else is loaded within the time that is measured. */
const OPEN: Readonly<Record<string, (library: Library, port: number) => Connected | Promise<Connected>>> = {
  respire: ({ connect }, port) => connect({ port }),
  respire_sources: ({ connect }, port) => connect({ port }),
  ioredis: ({ Redis }, port) => new Redis(port, hostname),
  iovalkey: ({ Redis }, port) => new Redis(port, hostname),
  node_redis: ({ createClient }, port) => createClient({ url: `redis://${hostname}:${port}` }).connect(),
  glide: ({ GlideClient }, port) => GlideClient.createClient({ addresses: [{ host: hostname, port }] }),
  bun: ({ RedisClient }, port) => new RedisClient(`redis://${hostname}:${port}`),
  deno_redis: ({ connect }, port) => connect({ hostname, port }),
  async iuioiua({ RedisClient }, port) {
    const redis = new RedisClient(await Deno.connect({ hostname, port }));
    return { get: (key) => redis.sendCommand(["GET", key]) };
  },
};

if (name === "nothing") {
  console.log(JSON.stringify({ import: 0 }));
} else {
  const start = performance.now();
  const library = await import(LIBRARIES[name] ?? name);
  const imported = performance.now() - start;
  const client = await OPEN[name](library, Number(port));
  await client.get("startup:key");
  console.log(JSON.stringify({ import: imported }));
}
process.exit(0);
