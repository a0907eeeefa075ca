import { createClient, createClientPool, RESP_TYPES } from "redis";
import { type Driver, packageVersion, type Pipe } from "../driver.ts";

export const version = (): string => packageVersion("node_modules/redis");

export async function open(port: number): Promise<Driver> {
  const url = `redis://127.0.0.1:${port}`;
  const client = createClient({ url });
  await client.connect();
  const bytes = client.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });
  let cached: Promise<{ get(key: string): Promise<unknown>; destroy(): void }> | undefined;
  return {
    set: (key, value) => client.set(key, value),
    setBytes: (key, value) => client.set(key, Buffer.from(value.buffer, value.byteOffset, value.length)),
    get: (key) => client.get(key),
    getBytes: (key) => bytes.get(key),
    hset: (key, field, value) => client.hSet(key, field, value),
    hget: (key, field) => client.hGet(key, field),
    mget: (keys) => client.mGet(keys),
    lrange: (key) => client.lRange(key, 0, -1),
    hgetall: (key) => client.hGetAll(key),
    smembers: (key) => client.sMembers(key),
    zrange: (key) => client.zRangeWithScores(key, 0, -1),
    xrange: (key) => client.xRange(key, "-", "+"),
    pipeline(): Pipe {
      const multi = client.multi();
      return {
        hset: (key, field, value) => multi.hSet(key, field, value),
        hget: (key, field) => multi.hGet(key, field),
        exec: () => multi.execAsPipeline(),
      };
    },
    transaction(key, fields, value) {
      const multi = client.multi();
      for (const field of fields) multi.hSet(key, field, value);
      return multi.exec();
    },
    publish: (channel, message) => client.publish(channel, message),
    async subscribe(channel, heard) {
      const listener = client.duplicate();
      await listener.connect();
      await listener.subscribe(channel, (message) => heard(message));
      return () => listener.destroy();
    },
    async cachedGet(key) {
      const clientSideCache = { ttl: 0, maxEntries: 0, evictPolicy: "LRU" } as const;
      cached ??= createClient({ url, RESP: 3, clientSideCache }).connect();
      return (await cached).get(key);
    },
    async pool(size) {
      // A task waits for a connection at most 3 s by default, which ends the promises at once with errors; 0 is for ever.
      const pool = createClientPool({ url }, { minimum: size, maximum: size, acquireTimeout: 0 });
      await pool.connect();
      return {
        hset: (key, field, value) => pool.hSet(key, field, value),
        hget: (key, field) => pool.hGet(key, field),
        pipeline(): Pipe {
          const multi = pool.multi();
          return {
            hset: (key, field, value) => multi.hSet(key, field, value),
            hget: (key, field) => multi.hGet(key, field),
            exec: () => multi.execAsPipeline(),
          };
        },
        close: () => pool.destroy(),
      };
    },
    close() {
      cached?.then((other) => other.destroy());
      client.destroy();
    },
  };
}
