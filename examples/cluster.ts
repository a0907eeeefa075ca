/**
 * A client of a cluster: keys on all nodes, and a primary that goes.
 *
 *     deno run -A examples/cluster.ts        bun examples/cluster.ts
 *
 * It starts a cluster of its own: it needs a redis-server or valkey-server on this machine, and no running one.
 *
 * @module
 */
import { connectCluster } from "@respire/redis/cluster";
import { startRedis } from "@respire/redis/testing";

// A primary that is silent for a second is replaced.
const args = ["--cluster-node-timeout", "1000", "--repl-diskless-sync-delay", "0"];
await using servers = await startRedis({ cluster: { primaries: 3, replicas: 1 }, args });
await using redis = await connectCluster(servers.urls, { queueTimeout: 20_000, refreshInterval: 500 });

await redis.mset({ "user:1": "Ada", "user:2": "Grace", "user:3": "Barbara" }); // three slots, on several nodes
const names = await redis.mget("user:1", "user:2", "user:3");
console.log(names.join(", ")); // → Ada, Grace, Barbara

const [name, visits] = await redis.pipeline((p) => [p.get("user:2"), p.incr("visits")]);
console.log(name, visits); // → Grace 1

// What is to change together has a part of its name in common.
const [left, right] = await redis.transaction((tx) => [tx.decrby("{stock}:left", 1), tx.incr("{stock}:right")]);
console.log(left, right); // → -1 1

let keys = 0;
for await (const batch of redis.scanIterator()) keys += batch.length;
console.log(keys); // → 6

// A shard is a server like another: here a connection of one's own waits until the replica has what it wrote.
const shard = redis.shardOf("user:1");
while (!(await shard.info("replication")).includes("state=online")) await new Promise((done) => setTimeout(done, 50));
await shard.session(async (s) => {
  await s.set("user:1", "Ada Lovelace");
  await s.wait(1, 5000);
});

// Replicas answer what only reads, as soon as they are connected.
await using readers = await connectCluster(servers.urls, { reads: "replica" });
console.log(await readers.get("user:1")); // → Ada Lovelace

// The primary that has the key goes: its replica has what it had, and takes its place.
const { port } = await shard.configGet("port");
await servers.nodes.find((node) => node.port === Number(port))!.kill();
console.log(await redis.get("user:1")); // → Ada Lovelace
console.log(await redis.set("user:1", "Countess Lovelace")); // → OK
