// Whoever watches a client sees what it does, by three ways.
import { connect } from "@respire/redis";
import { publish } from "@respire/redis/diagnostics";
import { observe } from "@respire/redis/observe";
import { instrument } from "@respire/redis/otel";

const seen: string[] = [];
const meter = {
  createHistogram: () => ({ record: (_seconds: number, about?: object) => void seen.push(JSON.stringify(about)) }),
  createObservableUpDownCounter: () => ({ addCallback: () => {}, removeCallback: () => {} }),
};

await using redis = await connect("redis://127.0.0.1:6379");
using _observation = observe(redis, ({ name }) => ({ status }) => void seen.push(`${name} ${status}`));
using _publication = publish(redis);
using _metrics = instrument(redis, { meter });
await redis.set("greeting", "hello");
if (!seen.includes("SET ok") || seen.length < 2) throw new Error(seen.join("\n"));
console.log("watched done");
