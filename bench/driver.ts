/**
 * What a workload may ask of a client. Every adapter in `clients/` is written as that client's own README would do it.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The version in a package's manifest; contestants run in the bench's own folder. */
export function packageVersion(folder: string): string {
  return JSON.parse(readFileSync(`${folder}/package.json`, "utf8")).version;
}

/** The version that the bench's `deno.json` asks JSR for: what is loaded by that name does not tell. */
export function importVersion(name: string): string {
  const { imports } = JSON.parse(readFileSync(join(import.meta.dirname!, "deno.json"), "utf8"));
  return imports[name].split("@").at(-1);
}

/** An explicit pipeline in the client's own words. */
export interface Pipe {
  /** Adds one HSET. */
  hset(key: string, field: string, value: string): unknown;
  /** Adds one HGET. */
  hget(key: string, field: string): unknown;
  /** Sends what was added and gives the replies. */
  exec(): Promise<unknown>;
}

/** Commands over several connections. */
export interface Pool {
  /** HSET on any connection. */
  hset(key: string, field: string, value: string): Promise<unknown>;
  /** HGET on any connection. */
  hget(key: string, field: string): Promise<unknown>;
  /** A pipeline on one connection; absent where the client's own pool has none. */
  pipeline?(): Pipe;
  /** Closes every connection. */
  close(): unknown;
}

/** One connected client. Optional members are left out by clients that have no such thing. */
export interface Driver {
  /** SET of text. */
  set(key: string, value: string): Promise<unknown>;
  /** SET of bytes. */
  setBytes(key: string, value: Uint8Array): Promise<unknown>;
  /** GET as text. */
  get(key: string): Promise<unknown>;
  /** GET as bytes, where the client can keep bytes. */
  getBytes?(key: string): Promise<unknown>;
  /** HSET of one field. */
  hset(key: string, field: string, value: string): Promise<unknown>;
  /** HGET. */
  hget(key: string, field: string): Promise<unknown>;
  /** MGET. */
  mget(keys: string[]): Promise<unknown>;
  /** LRANGE key 0 -1. */
  lrange(key: string): Promise<unknown>;
  /** HGETALL in the client's own shape. */
  hgetall(key: string): Promise<unknown>;
  /** SMEMBERS. */
  smembers(key: string): Promise<unknown>;
  /** ZRANGE key 0 -1 WITHSCORES. */
  zrange(key: string): Promise<unknown>;
  /** XRANGE key - +. */
  xrange(key: string): Promise<unknown>;
  /** An explicit pipeline; clients that pipeline by themselves collect promises. */
  pipeline(): Pipe;
  /** MULTI, `pairs` HSETs, EXEC. */
  transaction?(key: string, fields: string[], value: string): Promise<unknown>;
  /** PUBLISH. */
  publish(channel: string, message: string): Promise<unknown>;
  /** Listens on a channel with a connection of its own; resolves when subscribed. */
  subscribe?(channel: string, heard: (message: string) => void): Promise<() => unknown>;
  /** GET answered from a client-side cache once it was asked. */
  cachedGet?(key: string): Promise<unknown>;
  /** A pool of `size` connections. */
  pool(size: number): Promise<Pool>;
  /** Ends the connection. */
  close(): unknown;
}

/** What an adapter file exports. */
export interface Client {
  /** The version of the library, as its package says. */
  version(): Promise<string> | string;
  /** Opens a connection to a local server. */
  open(port: number): Promise<Driver>;
}

/** The pool of clients that bring none: `size` connections in turn. */
export async function inTurn(size: number, open: () => Promise<Driver>): Promise<Pool> {
  const drivers: Driver[] = [];
  for (let i = 0; i < size; i++) drivers.push(await open());
  let next = 0;
  const turn = (): Driver => drivers[next = (next + 1) % size];
  return {
    hset: (key, field, value) => turn().hset(key, field, value),
    hget: (key, field) => turn().hget(key, field),
    pipeline: () => turn().pipeline(),
    close: () => Promise.all(drivers.map((driver) => driver.close())),
  };
}

/** The pipeline of clients that pipeline by themselves: promises collected, then awaited together. */
export function collected(driver: Pick<Driver, "hset" | "hget">): Pipe {
  const pending: Promise<unknown>[] = [];
  return {
    hset: (key, field, value) => pending.push(driver.hset(key, field, value)),
    hget: (key, field) => pending.push(driver.hget(key, field)),
    exec: () => Promise.all(pending),
  };
}
