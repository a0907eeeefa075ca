// Spans and metrics, as the real OpenTelemetry SDK gets them, against the semantic conventions for Redis.
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { context, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from "@opentelemetry/sdk-metrics";
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";
import { connect, ConnectionError, ReplyError, TimeoutError, TransactionError } from "../../mod.ts";
import { instrument } from "../../src/otel/mod.ts";
import { HELLO, startScripted } from "../support/scripted.ts";
import { missing, startRedis } from "../support/servers.ts";
import { test } from "../support/test.ts";

/** `SpanKind.CLIENT`, `SpanStatusCode.ERROR`. */
const CLIENT = 2;
const ERROR = 2;

function tracing() {
  const exporter = new InMemorySpanExporter();
  const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
  return { exporter, provider, tracer: provider.getTracer("test") };
}

test("spans follow the semantic conventions", { skip: missing() }, async () => {
  await using server = await startRedis();
  const { exporter, provider, tracer } = tracing();
  await using redis = await connect(server.url, { database: 2 });
  using _telemetry = instrument(redis, { tracer });
  await redis.set("key", "secret");
  await assertRejects(() => redis.hget("key", "field"), ReplyError);
  await redis.pipeline((p) => [p.get("key"), p.get("key")]);
  await redis.pipeline((p) => [p.get("key"), p.strlen("key")]);
  await redis.pipeline((p) => [p.get("key")]);
  await redis.transaction((tx) => [tx.set("a", "1"), tx.set("b", "2")]);
  await redis.session(async (session) => {
    await session.watch("a");
    await redis.incr("a");
    await assertRejects(() => session.transaction((tx) => [tx.get("a"), tx.incr("b")]), TransactionError);
  });
  await assertRejects(() => redis.call("NONSENSE", "secret"), ReplyError);
  const spans = exporter.getFinishedSpans();
  const common = {
    "db.system.name": "redis",
    "db.namespace": "2",
    "server.address": "127.0.0.1",
    "server.port": server.port,
  };
  const told = spans.map(({ name, attributes, status, events }) => JSON.stringify([name, attributes, status, events]));
  assert(!told.join("\n").includes("secret"));
  const seen = spans.map(({ name, kind, attributes, status }) => {
    assertEquals(kind, CLIENT);
    assertEquals(attributes["db.operation.name"], name);
    const { "db.operation.name": _, ...rest } = attributes;
    for (const [key, value] of Object.entries(common)) {
      assertEquals(rest[key], value);
      delete rest[key];
    }
    return [name, status.code === ERROR, rest];
  });
  assertEquals<unknown>(
    seen,
    [
      ["SET", false, {}],
      ["HGET", true, { "error.type": "WRONGTYPE", "db.response.status_code": "WRONGTYPE" }],
      ["PIPELINE GET", false, { "db.operation.batch.size": 2 }],
      ["PIPELINE", false, { "db.operation.batch.size": 2 }],
      ["GET", false, {}],
      ["MULTI SET", false, { "db.operation.batch.size": 2 }],
      ["WATCH", false, {}],
      ["INCR", false, {}],
      ["MULTI", true, { "db.operation.batch.size": 2, "error.type": "TransactionError" }],
      ["NONSENSE", true, { "error.type": "ERR", "db.response.status_code": "ERR" }],
    ],
  );
  await provider.shutdown();
});

test("a span is a child of the one that was active at the call", { skip: missing() }, async () => {
  await using server = await startRedis();
  const { exporter, provider, tracer } = tracing();
  const manager = new AsyncLocalStorageContextManager().enable();
  assert(context.setGlobalContextManager(manager));
  try {
    await using redis = await connect(server.url);
    using _telemetry = instrument(redis, { tracer });
    const parents = [tracer.startSpan("one"), tracer.startSpan("two")];
    await Promise.all(parents.map((parent) =>
      context.with(trace.setSpan(context.active(), parent), async () => {
        await redis.get("a");
        await Promise.all([redis.incr("n"), redis.pipeline((p) => [p.get("a")])]);
      })
    ));
    const spans = exporter.getFinishedSpans();
    assertEquals(spans.length, 6);
    for (const parent of parents) {
      const { spanId, traceId } = parent.spanContext();
      const children = spans.filter((span) => span.parentSpanContext?.spanId === spanId);
      assertEquals(children.map(({ name }) => name).sort(), ["GET", "GET", "INCR"]);
      for (const child of children) assertEquals(child.spanContext().traceId, traceId);
    }
  } finally {
    context.disable();
    await provider.shutdown();
  }
});

test("a unix socket, Valkey and a timeout are told as the conventions say", async () => {
  await using server = await startScripted(async (peer) => {
    await peer.command();
    await peer.send(HELLO);
    await peer.untilEnded();
  }, { path: `/tmp/respire-otel-${crypto.randomUUID()}.sock` });
  const { exporter, provider, tracer } = tracing();
  const redis = await connect(server.url, { clientInfo: false });
  const telemetry = instrument(redis, { tracer, system: "valkey" });
  await assertRejects(() => redis.with({ timeout: 5 }).get("k"), TimeoutError);
  const [span] = exporter.getFinishedSpans();
  assertEquals<unknown>({ ...span!.attributes }, {
    "db.system.name": "valkey",
    "db.namespace": "0",
    "server.address": server.path,
    "network.peer.address": server.path,
    "network.transport": "unix",
    "db.operation.name": "GET",
    "error.type": "TimeoutError",
  });
  telemetry.stop();
  await assertRejects(() => redis.with({ timeout: 5 }).get("k"), TimeoutError);
  assertEquals(exporter.getFinishedSpans().length, 1);
  redis.destroy();
  await provider.shutdown();
});

test("durations and connections are measured", { skip: missing() }, async () => {
  await using server = await startRedis();
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
  const provider = new MeterProvider({ readers: [reader] });
  await using redis = await connect(server.url);
  using _telemetry = instrument(redis, { meter: provider.getMeter("test") });
  await using session = await redis.session();
  await session.get("k");
  await redis.set("k", "v");
  await assertRejects(() => redis.hget("k", "f"), ReplyError);
  await reader.forceFlush();
  const metrics = exporter.getMetrics().at(-1)!.scopeMetrics[0]!.metrics;
  const found = new Map(metrics.map((metric) => [metric.descriptor.name, metric]));
  const duration = found.get("db.client.operation.duration")!;
  assertEquals(duration.descriptor.unit, "s");
  const points = duration.dataPoints.map(({ attributes, value }) => {
    const { count, buckets } = value as { count: number; buckets: { boundaries: number[] } };
    assertEquals(buckets.boundaries, [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10]);
    return [attributes["db.operation.name"], attributes["error.type"], count];
  });
  assertEquals(points, [["GET", undefined, 1], ["SET", undefined, 1], ["HGET", "WRONGTYPE", 1]]);
  const count = found.get("db.client.connection.count")!;
  const pool = `127.0.0.1:${server.port}/0`;
  assertEquals(count.dataPoints.map(({ attributes, value }) => [{ ...attributes }, value]), [
    [{ "db.client.connection.pool.name": pool, "db.client.connection.state": "used" }, 2],
    [{ "db.client.connection.pool.name": pool, "db.client.connection.state": "idle" }, 0],
  ]);
  assertEquals(found.get("db.client.connection.pending_requests")!.dataPoints[0]!.value, 0);
  await provider.shutdown();
});

test("connections that are open are counted, each as what it is", async () => {
  await using server = await startScripted(async (peer, index) => {
    for (let words = await peer.command(); words; words = await peer.command()) {
      if (words[0] === "LEAVE") return peer.destroy();
      // None takes the place of the first.
      if (index > 1) return await peer.untilEnded();
      await peer.send(words[0] === "HELLO" ? HELLO : "+OK\r\n");
    }
  });
  await using redis = await connect(server.url, { clientInfo: false });
  const callbacks: ((result: { observe(value: number, attributes: unknown): void }) => void)[] = [];
  const counter = { addCallback: (callback: never) => void callbacks.push(callback), removeCallback: () => {} };
  const meter = { createHistogram: () => ({ record: () => {} }), createObservableUpDownCounter: () => counter };
  using _telemetry = instrument(redis, { meter });
  const counted = (): number[] => {
    const values: number[] = [];
    callbacks[0]!({ observe: (value) => void values.push(value) });
    return values;
  };
  assertEquals(counted(), [1, 0]);
  const session = await redis.session();
  await session.call("PING");
  assertEquals(counted(), [2, 0]);
  await session.release();
  while (counted()[1] === 0) await redis.call("PING");
  assertEquals(counted(), [1, 1]);
  await assertRejects(() => redis.call("LEAVE"), ConnectionError);
  assertEquals(counted(), [0, 1]);
  redis.destroy();
  assertEquals(counted(), [0, 0]);
});

test("connections of a client that was closed are not counted any more", async () => {
  await using server = await startRedis();
  for (const end of ["close", "destroy"] as const) {
    const redis = await connect(server.url);
    const callbacks = new Set<unknown>();
    const counter = {
      addCallback: (callback: unknown) => void callbacks.add(callback),
      removeCallback: (callback: unknown) => void callbacks.delete(callback),
    };
    const meter = { createHistogram: () => ({ record: () => {} }), createObservableUpDownCounter: () => counter };
    const instrumented = instrument(redis, { meter });
    assertEquals(callbacks.size, 2);
    await redis[end]();
    assertEquals(callbacks.size, 0);
    instrumented.stop();
    instrument(redis, { meter }).stop();
    instrument(redis, { meter });
    assertEquals(callbacks.size, 0);
  }
});

test("an instrumentation that reports to nobody is refused", () => {
  assertThrows(() => instrument({} as never, {}), TypeError, "tracer");
});

test("clients of one server and database do not overwrite each other's numbers", async () => {
  await using server = await startRedis();
  await using first = await connect(server.url);
  await using second = await connect(server.url);
  const pools = (...clients: Parameters<typeof instrument>[0][]) => {
    const callbacks: ((result: { observe(value: number, attributes: unknown): void }) => void)[] = [];
    const counter = { addCallback: (callback: never) => void callbacks.push(callback), removeCallback: () => {} };
    const meter = { createHistogram: () => ({ record: () => {} }), createObservableUpDownCounter: () => counter };
    const instrumented = clients.map((redis) => instrument(redis, { meter }));
    const names = new Set<unknown>();
    const observe = (_value: number, attributes: unknown) =>
      names.add((attributes as Record<string, string>)["db.client.connection.pool.name"]);
    for (const callback of callbacks) callback({ observe });
    return { names: [...names], stop: () => instrumented.forEach((one) => one.stop()) };
  };
  const name = `127.0.0.1:${server.port}/0`;
  const both = pools(first, second);
  assertEquals(both.names, [name, `${name}#2`]);
  // One client has one name, however often it is told of.
  const again = pools(second.bytes);
  assertEquals(again.names, [`${name}#2`]);
  both.stop();
  both.stop();
  assertEquals(pools(first).names, [name]);
  again.stop();
});
