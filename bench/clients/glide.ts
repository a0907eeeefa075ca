import { Batch, Decoder, GlideClient, InfBoundary } from "@valkey/valkey-glide";
import { type Driver, inTurn, packageVersion, type Pipe } from "../driver.ts";

export const version = (): string => packageVersion("node_modules/@valkey/valkey-glide");

export async function open(port: number): Promise<Driver> {
  const addresses = [{ host: "127.0.0.1", port }];
  // The README's 500 ms, and the default of 1,000 requests at once, would end the large pieces of work here with errors.
  // So would 2 s to connect: a server that fills a million elements for the next workload answers nobody meanwhile.
  const limits = {
    requestTimeout: 60_000,
    inflightRequestsLimit: 1_000_000,
    advancedConfiguration: { connectionTimeout: 60_000 },
  };
  const client = await GlideClient.createClient({ addresses, ...limits });
  return {
    set: (key, value) => client.set(key, value),
    setBytes: (key, value) => client.set(key, Buffer.from(value.buffer, value.byteOffset, value.length)),
    get: (key) => client.get(key),
    getBytes: (key) => client.get(key, { decoder: Decoder.Bytes }),
    hset: (key, field, value) => client.hset(key, { [field]: value }),
    hget: (key, field) => client.hget(key, field),
    mget: (keys) => client.mget(keys),
    lrange: (key) => client.lrange(key, 0, -1),
    hgetall: (key) => client.hgetall(key),
    smembers: (key) => client.smembers(key),
    zrange: (key) => client.zrangeWithScores(key, { start: 0, end: -1 }),
    xrange: (key) => client.xrange(key, InfBoundary.NegativeInfinity, InfBoundary.PositiveInfinity),
    pipeline(): Pipe {
      const batch = new Batch(false);
      return {
        hset: (key, field, value) => batch.hset(key, { [field]: value }),
        hget: (key, field) => batch.hget(key, field),
        exec: () => client.exec(batch, true),
      };
    },
    transaction(key, fields, value) {
      const batch = new Batch(true);
      for (const field of fields) batch.hset(key, { [field]: value });
      return client.exec(batch, true);
    },
    publish: (channel, message) => client.publish(message, channel),
    async subscribe(channel, heard) {
      const listener = await GlideClient.createClient({
        addresses,
        ...limits,
        pubsubSubscriptions: {
          channelsAndPatterns: { [0]: new Set([channel]) },
          callback: (message) => heard(String(message.message)),
        },
      });
      return () => listener.close();
    },
    pool: (size) => inTurn(size, () => open(port)),
    close: () => client.close(),
  };
}
