/**
 * Finds a server and starts it.
 *
 * @module
 */
import { dirname } from "node:path";
import process from "node:process";
import {
  binaries,
  type Binary,
  binaryAt,
  findBinary,
  isTooOld,
  oldBinaries,
  OLDEST,
  type ServerVersion,
} from "./binaries.ts";
import { makeCertificates } from "./certificates.ts";
import { Cluster, type ClusterOptions, clusterSize } from "./cluster.ts";
import { freePort, isFree } from "./port.ts";
import { Server, type ServerOptions } from "./server.ts";

/** Keepers of servers are shell scripts. */
const ELSEWHERE = "servers are started on Linux and macOS only (on Windows: in WSL)";

/** From a node's port to that of the cluster's own traffic. */
const BUS = 10_000;

/**
 * Why a test that needs this server is to be skipped, or `false`. `node:test` takes that as it is (`skip`); other runners
 * ask for a boolean: {@link available}.
 */
export function missing(version?: ServerVersion): string | false {
  if (process.platform === "win32") return ELSEWHERE;
  if (findBinary(version)) return false;
  const old = oldBinaries().filter(({ kind }) => version === undefined || version.startsWith(kind)).map(named);
  const why = old.length > 0 ? ` (too old: ${old.join(", ")}; it takes ${OLDEST} or later)` : "";
  return `no ${version ?? "redis-server or valkey-server"} on this machine${why}`;
}

function named({ kind, version }: Binary): string {
  return `${kind} ${version}`;
}

/** Whether such a server can be started here: for Deno's `ignore: !available()`, or for `test.skipIf(!available())`. */
export function available(version?: ServerVersion): boolean {
  return !missing(version);
}

/**
 * Starts a server that is yours alone and waits until it answers; it goes at the end of its scope, or with your process.
 *
 * @throws {Error} if there is no such server on this machine, or if it does not start; then with what it said.
 *
 * @example
 * ```ts no-run
 * import { connect } from "@respire/redis";
 * import { startRedis } from "@respire/redis/testing";
 *
 * await using server = await startRedis({ version: "redis-8", tls: true });
 * await using redis = await connect(server.options);
 * ```
 */
export function startRedis(options?: ServerOptions & { readonly cluster?: false | undefined }): Promise<Server>;
/** Starts the nodes of a cluster, which share the slots between them, and waits until all of them know that. */
export function startRedis(options: ServerOptions & { readonly cluster: true | ClusterOptions }): Promise<Cluster>;
/** Starts a server or a cluster, which only the run tells. */
export function startRedis(
  options?: ServerOptions & { readonly cluster?: boolean | ClusterOptions | undefined },
): Promise<Server | Cluster>;
export async function startRedis(
  { cluster, ...options }: ServerOptions & { readonly cluster?: boolean | ClusterOptions | undefined } = {},
): Promise<Server | Cluster> {
  const binary = find(options);
  if (options.port !== undefined && cluster) throw new TypeError("The nodes of a cluster choose their own ports");
  if (options.unixSocket && options.tls) throw new TypeError("A server on a unix socket speaks no TLS");
  if (!cluster) return await startOne(binary, options);
  if (options.unixSocket) throw new TypeError("The nodes of a cluster listen on ports, not on unix sockets");
  if (options.sentinel) throw new TypeError("A sentinel is no node of a cluster");
  const size = clusterSize(cluster === true ? {} : cluster);
  const { tls } = options;
  // One authority for all: the nodes speak to each other, too.
  const own = tls === true ? makeCertificates() : undefined;
  const node = { ...options, clusterNode: true, tls: own ?? tls };
  const shared = own && dirname(own.caFile);
  return await Cluster.start(() => startOne(binary, node, BUS, shared), size, () => own?.remove());
}

function find({ version, program }: ServerOptions): Binary {
  if (process.platform === "win32") throw new Error(`There is no way to start a server here: ${ELSEWHERE}`);
  const binary = program === undefined ? findBinary(version) : binaryAt(program);
  if (binary && !isTooOld(binary)) return binary;
  if (binary) throw new Error(`${program} is too old, ${named(binary)}: it takes ${OLDEST} or later`);
  if (program !== undefined) throw new Error(`${program} is no Redis or Valkey server, or cannot be run`);
  const others = binaries().map(named).join(", ");
  const advice = process.platform === "darwin" ? "brew install redis" : "apt-get install redis-server";
  throw new Error(
    `There is ${missing(version)}${others ? `, but ${others}` : ""}; install one (${OLDEST} or later; ${advice}), or ` +
      `say where it is: startRedis({ program: "/path/to/redis-server" })`,
  );
}

async function startOne(binary: Binary, options: ServerOptions, beside?: number, shared?: string): Promise<Server> {
  const { port, unixSocket, protectedMode } = options;
  // Whoever listens there would answer before ours has failed, and its data would pass for that of a test.
  if (port !== undefined && !unixSocket && !await isFree(port, protectedMode ? "0.0.0.0" : undefined)) {
    throw new Error(`${named(binary)} did not start: port ${port} is in use`);
  }
  for (let attempt = 1;; attempt++) {
    const server = new Server(binary, port ?? await freePort(beside), options, shared);
    try {
      await server.start();
      return server;
    } catch (error) {
      const taken = server.output.includes("Address already in use") && port === undefined;
      await server[Symbol.asyncDispose]();
      if (!taken || attempt === 5) throw error;
    }
  }
}
