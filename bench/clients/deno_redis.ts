import { connect } from "@db/redis";
import { type Driver, importVersion, inTurn, type Pipe } from "../driver.ts";

export const version = (): string => importVersion("@db/redis");

export async function open(port: number): Promise<Driver> {
  const redis = await connect({ hostname: "127.0.0.1", port });
  return {
    set: (key, value) => redis.set(key, value),
    setBytes: (key, value) => redis.sendCommand("SET", [key, value]),
    get: (key) => redis.get(key),
    getBytes: (key) => redis.sendCommand("GET", [key], { returnUint8Arrays: true }),
    hset: (key, field, value) => redis.hset(key, field, value),
    hget: (key, field) => redis.hget(key, field),
    mget: (keys) => redis.mget(...keys),
    lrange: (key) => redis.lrange(key, 0, -1),
    hgetall: (key) => redis.hgetall(key),
    smembers: (key) => redis.smembers(key),
    zrange: (key) => redis.zrange(key, 0, -1, { withScore: true }),
    xrange: (key) => redis.xrange(key, "-", "+"),
    pipeline(): Pipe {
      const pipe = redis.pipeline();
      return {
        hset: (key, field, value) => pipe.hset(key, field, value),
        hget: (key, field) => pipe.hget(key, field),
        exec: () => pipe.flush(),
      };
    },
    transaction(key, fields, value) {
      const tx = redis.tx();
      for (const field of fields) tx.hset(key, field, value);
      return tx.flush();
    },
    publish: (channel, message) => redis.publish(channel, message),
    async subscribe(channel, heard) {
      const listener = await connect({ hostname: "127.0.0.1", port });
      const subscription = await listener.subscribe(channel);
      (async () => {
        for await (const { message } of subscription.receive()) heard(message);
      })().catch(() => {});
      return () => listener.close();
    },
    pool: (size) => inTurn(size, () => open(port)),
    close: () => redis.close(),
  };
}
