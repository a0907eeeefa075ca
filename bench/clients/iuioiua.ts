import { RedisClient } from "@iuioiua/redis";
import { type Driver, importVersion, inTurn, type Pipe } from "../driver.ts";

export const version = (): string => importVersion("@iuioiua/redis");

export async function open(port: number): Promise<Driver> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const redis = new RedisClient(connection);
  return {
    set: (key, value) => redis.sendCommand(["SET", key, value]),
    setBytes: (key, value) => redis.sendCommand(["SET", key, value]),
    get: (key) => redis.sendCommand(["GET", key]),
    getBytes: (key) => redis.sendCommand(["GET", key], true),
    hset: (key, field, value) => redis.sendCommand(["HSET", key, field, value]),
    hget: (key, field) => redis.sendCommand(["HGET", key, field]),
    mget: (keys) => redis.sendCommand(["MGET", ...keys]),
    lrange: (key) => redis.sendCommand(["LRANGE", key, 0, -1]),
    hgetall: (key) => redis.sendCommand(["HGETALL", key]),
    smembers: (key) => redis.sendCommand(["SMEMBERS", key]),
    zrange: (key) => redis.sendCommand(["ZRANGE", key, 0, -1, "WITHSCORES"]),
    xrange: (key) => redis.sendCommand(["XRANGE", key, "-", "+"]),
    pipeline(): Pipe {
      const commands: string[][] = [];
      return {
        hset: (key, field, value) => commands.push(["HSET", key, field, value]),
        hget: (key, field) => commands.push(["HGET", key, field]),
        exec: () => redis.pipelineCommands(commands),
      };
    },
    publish: (channel, message) => redis.sendCommand(["PUBLISH", channel, message]),
    pool: (size) => inTurn(size, () => open(port)),
    close: () => connection.close(),
  };
}
