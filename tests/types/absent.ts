/**
 * Compiled, never run, with `exactOptionalPropertyTypes` (the tsconfig.json beside it): an option that is `undefined` is
 * one that is left out, so that nobody has to take it out of the object first.
 */
import { ConnectionError, defineFunction, defineScript, type Redis, type Session } from "../../mod.ts";
import type * as client from "../../mod.ts";
import type { CacheOptions } from "../../src/cache/mod.ts";
import type * as commands from "../../src/generated/options.ts";
import type { InstrumentationOptions } from "../../src/otel/mod.ts";
import {
  type Cluster,
  type ClusterOptions,
  type Server,
  type ServerOptions,
  startRedis,
} from "../../src/testing/mod.ts";
import type { Transport } from "../../src/transport/transport.ts";

type Optional<T> = { [K in keyof T]-?: T extends Record<K, T[K]> ? never : K }[keyof T];

/** Compiles only where whatever may be left out of T may be `undefined`. */
declare function absent<T>(...is: { [K in Optional<T>]: undefined } extends Pick<T, Optional<T>> ? [] : [never]): void;

declare const redis: Redis;
declare const session: Session;
declare const none: undefined;

export function ours(): ConnectionError {
  absent<client.ClientOptions>();
  absent<client.PoolOptions>();
  absent<client.TlsOptions>();
  absent<client.Limits>();
  absent<client.BackoffOptions>();
  absent<client.CallOptions>();
  absent<client.SubscribeOptions<string>>();
  absent<client.InboxOptions>();
  absent<client.PipelineOptions>();
  absent<client.TransactionOptions>();
  absent<client.WatchOptions>();
  absent<client.ScanFrom>();
  absent<client.ReadStreamOptions>();
  absent<client.StreamWorkerOptions<string>>();
  absent<client.ScriptDefinition>();
  absent<client.FunctionDefinition>();
  absent<CacheOptions>();
  absent<InstrumentationOptions>();
  absent<ServerOptions>();
  absent<ClusterOptions>();
  defineScript({ lua: "return 1", keys: none, args: none, readonly: none, reply: none });
  defineFunction({ name: "f", library: none });
  ({ takenAt: none }) satisfies Pick<Transport, "takenAt">;
  return new ConnectionError("lost", { sent: none, cause: none, closed: none });
}

/** What is left out decides as if it were not there. */
export async function deciding(): Promise<void> {
  for await (const fields of redis.hscanIterator("h", { novalues: none })) fields satisfies [string, string][];
  for await (const members of redis.zscanIterator("z", { noscores: none })) members satisfies [string, number][];
  for await (const fields of session.hscanIterator("h", { novalues: none })) fields satisfies [string, string][];
  for await (const members of session.zscanIterator("z", { noscores: none })) members satisfies [string, number][];
  const server: Server = await startRedis({ cluster: none });
  const either: Server | Cluster = await startRedis({ cluster: server.port > 0 ? { primaries: 3 } : none });
  await either[Symbol.asyncDispose]();
}

export function generated(): void {
  absent<commands.ScanOptions>();
  absent<commands.SetOptions>();
  absent<commands.XreadOptions>();
  absent<commands.FtCreateOptions>();
  redis.set("k", "v", { ex: none, nx: none, get: none });
  redis.restore("k", 0, new Uint8Array(1), { idletime: none, freq: none, replace: none });
  redis.zrange("z", 0, -1, { withscores: none, rev: none, limit: none });
  redis.geosearch("g", {
    fromlonlat: { longitude: 0, latitude: 0 },
    frommember: none,
    byradius: { radius: 1, unit: "m" },
    count: none,
  });
}
