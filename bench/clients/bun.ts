import { RedisClient } from "bun";
import { collected, type Driver, inTurn } from "../driver.ts";

export const version = (): string => Bun.version;

export async function open(port: number): Promise<Driver> {
  const client = new RedisClient(`redis://127.0.0.1:${port}`);
  await client.connect();
  const driver: Driver = {
    set: (key, value) => client.set(key, value),
    setBytes: (key, value) => client.set(key, value),
    get: (key) => client.get(key),
    getBytes: (key) => client.getBuffer(key),
    hset: (key, field, value) => client.hset(key, field, value),
    hget: (key, field) => client.hget(key, field),
    mget: (keys) => client.mget(...keys),
    lrange: (key) => client.lrange(key, 0, -1),
    hgetall: (key) => client.hgetall(key),
    smembers: (key) => client.smembers(key),
    zrange: (key) => client.zrange(key, 0, -1, "WITHSCORES"),
    xrange: (key) => client.xrange(key, "-", "+"),
    pipeline: () => collected(driver),
    // Its documentation leaves MULTI and EXEC to raw commands; what is sent in one go, it sends in one pipeline.
    async transaction(key, fields, value) {
      const sent = [client.send("MULTI", []), ...fields.map((field) => client.hset(key, field, value))];
      return (await Promise.all([...sent, client.send("EXEC", [])])).at(-1);
    },
    publish: (channel, message) => client.publish(channel, message),
    async subscribe(channel, heard) {
      const listener = await client.duplicate();
      await listener.subscribe(channel, (message: string) => heard(message));
      return () => listener.close();
    },
    pool: (size) => inTurn(size, () => open(port)),
    close: () => client.close(),
  };
  return driver;
}
