/**
 * Compiled, never run: what a client may be opened with.
 */
import * as workers from "../../src/cloudflare/mod.ts";
import { type ClientOptions, connect, connectPool, KIT, type PoolOptions, type Redis } from "../../mod.ts";
import { connectTransport, open, openPool } from "../../src/client/mod.ts";

declare const either: string | URL | ClientOptions;
declare const eitherPool: string | URL | PoolOptions;
declare const options: ClientOptions;
declare const set: string | undefined;

export function taken(): void {
  connect();
  connect("redis://h");
  connect(new URL("redis://h"), { port: 1 });
  connect(options);
  connect(options, { port: 1 });
  connect(either);
  connect(set ?? { hostname: "h", port: 1 });
  connect({ url: "env:REDIS_URL" });
  connect({ credentials: async () => ({ username: await Promise.resolve(set), password: "p" }) });
  connectPool();
  connectPool("redis://h", { size: 2 });
  connectPool(eitherPool, { size: 2 });
  connectPool({ hostname: "h", size: 2 });
  open<Redis>(KIT, connectTransport, either);
  openPool<Redis>(KIT, connectTransport, eitherPool, { size: 2 });
  workers.connect();
  workers.connect(either);
  workers.connectPool(eitherPool);
}

export function refused(): void {
  // @ts-expect-error: a URL has a host, options a hostname
  connect({ host: "h", port: 1 });
  // @ts-expect-error: beside others, too
  connectPool({ host: "h", port: 1, size: 2 });
  // @ts-expect-error: in Workers, too
  workers.connect({ host: "h", port: 1 });
  // @ts-expect-error: nor in a pool of Workers
  workers.connectPool({ host: "h", port: 1 });
  // @ts-expect-error: whatever the kit
  open<Redis>(KIT, connectTransport, { host: "h", port: 1 });
  // @ts-expect-error: and for a pool
  openPool<Redis>(KIT, connectTransport, { host: "h", port: 1 });
  // @ts-expect-error: there is no such option
  connect({ hostname: "h", prot: 1 });
  // @ts-expect-error: for a pool
  connect({ hostname: "h", size: 2 });
  // @ts-expect-error: credentials without a password are none
  connect({ credentials: () => ({ username: "ada" }) });
  // @ts-expect-error: a variable that is not set would mean this machine
  connect(set);
  // @ts-expect-error: with options, too
  connect(set, options);
  // @ts-expect-error: for a pool
  connectPool(set);
  // @ts-expect-error: in Workers
  workers.connect(set);
}
