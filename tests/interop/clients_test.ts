// Other clients and ours on one server: keys, scripts, streams and messages mean the same to all, bytes included.
import { assertEquals, assertRejects } from "@std/assert";
import { connect, defineScript, TransactionError } from "../../mod.ts";
import { missing, startRedis } from "../support/servers.ts";
import { test } from "../support/test.ts";
import { PEERS } from "./peers.ts";

/** Every byte, and what a careless client takes for the end of something. */
const ODD = Uint8Array.from({ length: 300 }, (_, i) => i === 256 ? 13 : i === 257 ? 10 : i % 256);

for (const { name, absent, open } of PEERS) {
  for (const protocol of [3, 2] as const) {
    const where = `${name} and ours, RESP${protocol}`;
    const skip = absent || missing();

    test(`keys are shared: ${where}`, { skip }, async () => {
      await using server = await startRedis();
      await using redis = await connect(server.url, { protocol });
      await using peer = await open(server);
      await redis.set("ours", ODD);
      await peer.set("theirs", ODD);
      assertEquals(await peer.get("ours"), ODD);
      assertEquals(await redis.bytes.get("theirs"), ODD);
      const error = await assertRejects(() =>
        redis.session(async (session) => {
          await session.watch("theirs");
          await peer.set("theirs", new Uint8Array([1]));
          return await session.transaction((tx) => [tx.incr("n")]);
        }), TransactionError);
      assertEquals([error.reason, await redis.exists("n")], ["watch", 0]);
    });

    test(`scripts are shared: ${where}`, { skip }, async () => {
      await using server = await startRedis();
      await using redis = await connect(server.url, { protocol });
      await using peer = await open(server);
      const lua = `return redis.call("APPEND", KEYS[1], ARGV[1]) .. ":" .. redis.call("GET", KEYS[1])`;
      const script = defineScript({ lua, keys: 1, args: 1, reply: String });
      assertEquals(await script.run(redis, ["k"], ["a"]), "1:a");
      assertEquals(await peer.evalsha(script.digest, "k", "b"), "2:ab");
      await redis.scriptFlush();
      assertEquals(await peer.scriptLoad(lua), script.digest);
      assertEquals(await redis.evalsha<string>(script.digest, ["k"], ["c"]), "3:abc");
    });

    test(`streams are shared: ${where}`, { skip }, async () => {
      await using server = await startRedis();
      await using redis = await connect(server.url, { protocol });
      await using peer = await open(server);
      const begin = await redis.xadd("s", "*", { ours: ODD });
      assertEquals(await peer.newest("s"), ODD);
      // Not "$": the server may hear of their entry first, and what is newest then is theirs.
      await using reader = redis.bytes.readStream("s", { from: begin });
      const id = await peer.xadd("s", "theirs", ODD);
      const { value } = await reader.next();
      assertEquals([value?.id, value?.fields], [id, new Map([[new TextEncoder().encode("theirs"), ODD]])]);

      // What their consumer has taken and never confirmed, our worker takes over.
      await redis.xgroupCreate("s", "g", "0");
      const taken = await peer.xreadgroup("g", "theirs", "s");
      assertEquals(taken.length, 2);
      const handled: string[] = [];
      await using worker = redis.streamWorker({
        streams: "s",
        group: "g",
        claimIdle: 20,
        handler: ({ id, deliveries }) => handled.push(`${id} ${deliveries}`),
      });
      while (worker.stats().handled < 2) await redis.ping();
      assertEquals(handled, taken.map((one) => `${one} 2`));
    });

    test(`messages are shared: ${where}`, { skip }, async () => {
      await using server = await startRedis();
      await using redis = await connect(server.url, { protocol });
      await using peer = await open(server);
      await using ours = await redis.bytes.subscribe("to us");
      assertEquals(await peer.publish("to us", ODD), 1);
      assertEquals((await ours.next()).value?.message, ODD);
      const { ready, message } = peer.once("to them");
      await ready;
      assertEquals(await redis.publish("to them", ODD), 1);
      assertEquals(await message, ODD);
    });
  }
}
