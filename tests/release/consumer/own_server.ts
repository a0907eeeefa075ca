// Somebody's test: a server of its own, which needs the right to start programs.
import { connect } from "@respire/redis";
import { missing, startRedis } from "@respire/redis/testing";

const reason = missing();
if (reason) throw new Error(reason);
await using server = await startRedis({ password: "secret" });
await using redis = await connect(server.options);
console.log(server.kind, server.version, await redis.ping());
console.log("own_server done");
