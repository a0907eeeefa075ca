/**
 * Replies as bytes, and integers without rounding: views of one client.
 *
 *     deno run -A examples/bytes_and_bigints.ts        bun examples/bytes_and_bigints.ts
 *
 * The server's address is taken from REDIS_URL; `redis://127.0.0.1:6379` unless given.
 *
 * @module
 */
import { connect } from "@respire/redis";
import process from "node:process";

await using redis = await connect(process.env.REDIS_URL ?? "redis://127.0.0.1:6379");

await redis.set("example:image", new Uint8Array([137, 80, 78, 71, 13, 10, 26, 10]));
const image: Uint8Array | null = await redis.bytes.get("example:image");
console.log(image?.join(" ")); // → 137 80 78 71 13 10 26 10

// Any view does, sent as the bytes it stands for.
await redis.set("example:floats", new Float64Array([0.5, 2]));
const floats = await redis.bytes.get("example:floats");
console.log(new Float64Array(floats!.slice().buffer).join(" ")); // → 0.5 2

// A number is exact up to 2^53. Beyond, a reply is refused rather than rounded.
await redis.set("example:big", "9007199254740993");
const refused = await redis.incr("example:big").catch((error) => error);
console.log(refused.name); // → RangeError
const exact: bigint = await redis.bigints.incrby("example:big", 2n ** 60n);
console.log(exact); // → 1161928703861587970n
