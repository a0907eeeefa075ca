import { connect, connectPool } from "../../mod.ts";
import { cache } from "../../src/cache/mod.ts";
import { type Driver, packageVersion } from "../driver.ts";

export const version = (): string => packageVersion("..");

export async function open(port: number): Promise<Driver> {
  const redis = await connect(`redis://127.0.0.1:${port}`);
  let cached: ReturnType<typeof cache<typeof redis>> | undefined;
  return {
    set: (key, value) => redis.set(key, value),
    setBytes: (key, value) => redis.set(key, value),
    get: (key) => redis.get(key),
    getBytes: (key) => redis.bytes.get(key),
    hset: (key, field, value) => redis.hset(key, field, value),
    hget: (key, field) => redis.hget(key, field),
    mget: (keys) => redis.mget(...keys),
    lrange: (key) => redis.lrange(key, 0, -1),
    hgetall: (key) => redis.hgetall(key),
    smembers: (key) => redis.smembers(key),
    zrange: (key) => redis.zrange(key, 0, -1, { withscores: true }),
    xrange: (key) => redis.xrange(key, "-", "+"),
    pipeline: () => redis.pipeline(),
    transaction: (key, fields, value) => redis.transaction((t) => fields.map((field) => t.hset(key, field, value))),
    publish: (channel, message) => redis.publish(channel, message),
    async cachedGet(key) {
      cached ??= cache(redis);
      return (await cached).get(key);
    },
    async subscribe(channel, heard) {
      const listener = await connect(`redis://127.0.0.1:${port}`);
      await listener.subscribe(channel, { onMessage: ({ message }) => heard(message) });
      return () => listener.close();
    },
    pool: (size) => connectPool({ hostname: "127.0.0.1", port, size }),
    close: () => redis.close(),
  };
}
