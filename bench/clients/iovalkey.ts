import { Redis } from "iovalkey";
import { type Driver, inTurn, packageVersion } from "../driver.ts";

export const version = (): string => packageVersion("node_modules/iovalkey");

export const open = (port: number): Promise<Driver> => openWith(port, {});

// deno-lint-ignore require-await
export async function openWith(port: number, options: { enableAutoPipelining?: boolean }): Promise<Driver> {
  const redis = new Redis(port, "127.0.0.1", options);
  return {
    set: (key, value) => redis.set(key, value),
    setBytes: (key, value) => redis.set(key, Buffer.from(value.buffer, value.byteOffset, value.length)),
    get: (key) => redis.get(key),
    getBytes: (key) => redis.getBuffer(key),
    hset: (key, field, value) => redis.hset(key, field, value),
    hget: (key, field) => redis.hget(key, field),
    mget: (keys) => redis.mget(keys),
    lrange: (key) => redis.lrange(key, 0, -1),
    hgetall: (key) => redis.hgetall(key),
    smembers: (key) => redis.smembers(key),
    zrange: (key) => redis.zrange(key, 0, "-1", "WITHSCORES"),
    xrange: (key) => redis.xrange(key, "-", "+"),
    pipeline: () => redis.pipeline(),
    transaction(key, fields, value) {
      const multi = redis.multi();
      for (const field of fields) multi.hset(key, field, value);
      return multi.exec();
    },
    publish: (channel, message) => redis.publish(channel, message),
    async subscribe(channel, heard) {
      const listener = redis.duplicate();
      listener.on("message", (_channel, message) => heard(message));
      await listener.subscribe(channel);
      return () => listener.disconnect();
    },
    pool: (size) => inTurn(size, () => openWith(port, options)),
    close: () => redis.quit(),
  };
}
