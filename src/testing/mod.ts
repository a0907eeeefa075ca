/**
 * Real servers for your own tests: each private to one test, on a free port, gone at the end of its scope. Works in Deno,
 * Bun and Node on Linux and macOS (on Windows: in WSL), with whichever Redis or Valkey is installed.
 *
 * ```ts no-run
 * import { connect } from "@respire/redis";
 * import { startRedis } from "@respire/redis/testing";
 *
 * await using server = await startRedis();
 * await using redis = await connect(server.url);
 * await redis.set("greeting", "hello");
 * ```
 *
 * Under Deno it asks for `--allow-run`, `--allow-net`, `--allow-env`, and `--allow-read` and `--allow-write` for a folder
 * in the system's own one for temporary files.
 *
 * @module
 */
export { available, missing, startRedis } from "./start.ts";
export { Server } from "./server.ts";
export type { ServerAddress, ServerOptions } from "./server.ts";
export { Cluster } from "./cluster.ts";
export type { ClusterOptions } from "./cluster.ts";
export type { Binary, ServerVersion } from "./binaries.ts";
export type { Certificates, Identity } from "./certificates.ts";
