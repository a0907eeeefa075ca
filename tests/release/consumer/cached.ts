// Replies kept in this process, until the server says that they changed.
import { connect } from "@respire/redis";
import { cache } from "@respire/redis/cache";

await using redis = await connect("redis://127.0.0.1:6379");
await using cached = await cache(redis);
await redis.set("greeting", "hello");
console.log(await cached.get("greeting"), await cached.get("greeting"));
console.log("cached done");
