/**
 * A client that follows the primary when the sentinels appoint another.
 *
 *     deno run -A examples/sentinel.ts        bun examples/sentinel.ts
 *
 * It starts a primary, a replica and a sentinel: it needs a redis-server or valkey-server on this machine, and no running one.
 *
 * @module
 */
import { connect } from "@respire/redis";
import { primaryOf } from "@respire/redis/sentinel";
import { startRedis } from "@respire/redis/testing";

const pause = () => new Promise((resolve) => setTimeout(resolve, 50));

// It sends its data to a replica at once, and does not wait for others.
await using first = await startRedis({ args: ["--repl-diskless-sync-delay", "0"] });
await using second = await startRedis({ args: ["--replicaof", `${first.hostname} ${first.port}`] });
await using replica = await connect(second.options);
while (!(await replica.info("replication")).includes("master_link_status:up")) await pause();

await using server = await startRedis({ sentinel: true });
await using sentinel = await connect(server.options);
await sentinel.sentinelMonitor("main", first.hostname, first.port, 1);
await sentinel.sentinelSet("main", { "down-after-milliseconds": "500" });
while ((await sentinel.sentinelReplicas("main"))[0]?.["master-link-status"] !== "ok") await pause();

await using redis = await connect({ connect: primaryOf("main", [server.url]) });
await redis.session(async (s) => {
  await s.set("greeting", "hello");
  await s.wait(1, 1000); // the replica has it
});
const before = Number((await redis.configGet("port")).port);
console.log(before === first.port); // → true

// The primary stands still: it closes no connection, and says nothing. The sentinel appoints the replica.
first.pause();
console.log(await redis.get("greeting")); // → hello
const after = Number((await redis.configGet("port")).port);
console.log(after === second.port); // → true
first.resume();
