// What is published on channels of node:diagnostics_channel.
import { assert, assertEquals, assertRejects } from "@std/assert";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { connect, ReplyError } from "../../mod.ts";
import { publish, type Trace } from "../../src/diagnostics/mod.ts";
import { missing, startRedis } from "../support/servers.ts";
import { test } from "../support/test.ts";

const EVENTS = ["start", "end", "error", "asyncStart", "asyncEnd"];

test("commands and batches are published as a tracing channel does", { skip: missing() }, async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  using _publishing = publish(redis);
  const heard: string[] = [];
  const traces = new Set<Trace>();
  const listeners = ["command", "batch"].flatMap((kind) =>
    EVENTS.map((event) => ({
      name: `tracing:respire:${kind}:${event}`,
      hear: (message: unknown): void => {
        const trace = message as Trace;
        traces.add(trace);
        heard.push(`${kind}:${event} ${trace.operation.name} ${trace.outcome?.status ?? "-"} ${trace.error ?? "-"}`);
      },
    }))
  );
  await redis.ping(); // nobody listens yet
  for (const { name, hear } of listeners) subscribe(name, hear);
  await redis.set("k", "v");
  await assertRejects(() => redis.hget("k", "f"), ReplyError);
  await redis.pipeline((p) => [p.get("k"), p.get("k")]);
  for (const { name, hear } of listeners) assert(unsubscribe(name, hear));
  await redis.ping();
  assertEquals(heard, [
    "command:start SET - -",
    "command:end SET - -",
    "command:asyncStart SET ok -",
    "command:asyncEnd SET ok -",
    "command:start HGET - -",
    "command:end HGET - -",
    "command:error HGET reply WRONGTYPE",
    "command:asyncStart HGET reply WRONGTYPE",
    "command:asyncEnd HGET reply WRONGTYPE",
    "batch:start GET - -",
    "batch:end GET - -",
    "batch:asyncStart GET ok -",
    "batch:asyncEnd GET ok -",
  ]);
  assertEquals(traces.size, 3);
});
