/**
 * BullMQ's basic work over the adapter of `examples/adapters/`, told as one line of JSON. A program of its own, as BullMQ
 * comes from .ci/node_modules in every runtime: among the package's own, Deno would resolve all that it may ever need.
 *
 * @module
 */
import { createRequire } from "node:module";
import process from "node:process";
import { connect } from "../../mod.ts";
import { bullmqClient } from "../../examples/adapters/bullmq.ts";

interface Job {
  readonly name: string;
  readonly data: { n: number };
  readonly attemptsMade: number;
  readonly returnvalue: unknown;
  updateProgress(progress: number): Promise<void>;
  waitUntilFinished(events: unknown): Promise<unknown>;
}

// Named at run time: who type-checks this need not have it.
const require = createRequire(new URL("../../.ci/package.json", import.meta.url));
const { FlowProducer, Queue, QueueEvents, Worker } = require("bullmq");

const redis = await connect(process.env.REDIS_URL!, {
  maxSessions: 20,
  protocol: process.env.PROTOCOL === "2" ? 2 : 3,
});
const connection = bullmqClient(redis);
const errors: string[] = [];
const progress: unknown[] = [];
const ran: string[] = [];

const queue = new Queue("work", { connection });
const events = new QueueEvents("work", { connection });
await events.waitUntilReady();
// Each job that is waited for listens.
for (const part of [queue, events]) part.setMaxListeners(0);
events.on("progress", (event: { data: unknown }) => progress.push(event.data));
const worker = new Worker("work", async (job: Job) => {
  ran.push(job.name);
  if (job.name === "fails" && job.attemptsMade < 2) throw new Error("not yet");
  if (job.name === "reports") await job.updateProgress(50);
  return { square: job.data.n ** 2, text: "é\u{1f600}\r\n" };
}, { connection, concurrency: 5 });
for (const part of [queue, events, worker]) part.on("error", (error: Error) => errors.push(String(error)));

// Many at once, one by one, later, again after a failure, and in order of priority.
const bulk: Job[] = await queue.addBulk(Array.from({ length: 100 }, (_, n) => ({ name: "bulk", data: { n } })));
const squares = await Promise.all(bulk.map((job) => job.waitUntilFinished(events))) as { square: number }[];
const single: Job = await queue.add("reports", { n: 12 });
const result = await single.waitUntilFinished(events);
const later: Job = await queue.add("later", { n: 3 }, { delay: 200 });
const retried: Job = await queue.add("fails", { n: 4 }, { attempts: 3, backoff: { type: "fixed", delay: 20 } });
await Promise.all([later.waitUntilFinished(events), retried.waitUntilFinished(events)]);
const repeated = await queue.upsertJobScheduler("tick", { every: 50, limit: 3 }, { name: "tick", data: { n: 1 } });
while (ran.filter((name) => name === "tick").length < 2) await redis.ping();
await queue.removeJobScheduler("tick");

// Connections that are lost while everybody waits are made again, and nobody hears of it.
const admin = await connect(process.env.REDIS_URL!);
const survived: unknown[] = [];
for (let n = 1; n <= 3; n++) {
  while ((await admin.clientList()).match(/cmd=(bzpopmin|xread) /g)?.length !== 2) await admin.ping();
  await admin.call("CLIENT KILL", "SKIPME", "yes");
  // What is sent before the loss is noticed may have run, so it is not sent again: not what this is about.
  while (!(await redis.ping().catch(() => ""))) await admin.ping();
  const job: Job = await queue.add("after", { n });
  survived.push((await job.waitUntilFinished(events) as { square: number }).square);
}
await admin.close();

// A parent waits for its children.
const flow = new FlowProducer({ connection });
const tree = await flow.add({
  name: "parent",
  queueName: "work",
  data: { n: 2 },
  children: [{ name: "child", queueName: "work", data: { n: 1 } }, {
    name: "child",
    queueName: "work",
    data: { n: 5 },
  }],
});
await (tree.job as Job).waitUntilFinished(events);
const order = ran.filter((name) => name === "child" || name === "parent");

// What is paused does not run; counts and listings are the server's.
await queue.pause();
await queue.add("paused", { n: 1 });
const counts = await queue.getJobCounts("completed", "failed", "waiting", "paused", "delayed", "active");
const found = await queue.getJobs(["completed"], 0, -1);
await queue.resume();
while (!ran.includes("paused")) await redis.ping();
const again = (await queue.getJob(retried && (retried as unknown as { id: string }).id)) as Job;

await Promise.all([worker.close(), events.close(), flow.close()]);
await queue.obliterate({ force: true });
await queue.close();
const left = await redis.dbsize();
const { leased } = redis.stats();
await redis.close();
console.log(JSON.stringify({
  squares: squares.map(({ square }) => square),
  result,
  attempts: again.attemptsMade,
  progress,
  order,
  survived,
  repeated: repeated !== undefined,
  completed: found.length === counts.completed,
  held: counts.paused + counts.waiting,
  left,
  leased,
  errors,
}));
