/**
 * A server of one's own for a test: started, frozen, killed, started again, gone.
 *
 *     deno run -A examples/testing.ts        bun examples/testing.ts
 *
 * It needs a redis-server or valkey-server on this machine, and no running one.
 *
 * @module
 */
import { connect, ConnectionError, TimeoutError } from "@respire/redis";
import { startRedis } from "@respire/redis/testing";

await using server = await startRedis({ password: "secret" });
await using redis = await connect(server.options);
console.log(await redis.incr("visits")); // → 1

// A server that hangs.
server.pause();
const hung = await redis.with({ timeout: 100 }).get("visits").catch((error) => error);
console.log(hung instanceof TimeoutError); // → true
server.resume();

// A server that crashes, and comes back empty. What only reads is asked again by itself.
await server.kill();
const lost = await redis.with({ timeout: 100 }).incr("visits").catch((error) => error);
console.log(lost instanceof ConnectionError || lost instanceof TimeoutError); // → true
await server.start();
console.log(await redis.get("visits")); // → null

// Past all clients, and as it comes from the wire.
console.log(JSON.stringify(await server.command("DBSIZE"))); // → ":0\r\n"
