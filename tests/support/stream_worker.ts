/**
 * A worker of the group "g" on the stream "s", to be killed while it is at work. It notes what it has handled.
 *
 * @module
 */
import process from "node:process";
import { connect } from "../../mod.ts";

const redis = await connect(process.env.REDIS_URL!);
redis.streamWorker({
  streams: "s",
  group: "g",
  concurrency: 10,
  claimIdle: 60_000,
  handler: async ({ fields }) => {
    await redis.transaction((tx) => [tx.sadd("seen", fields.n!), tx.incr("runs")]);
    // Some never end: they are at work when the process is killed.
    if (Number(fields.n) % 20 === 0) await new Promise(() => {});
  },
});
