/**
 * Spans and metrics of a client for OpenTelemetry, by its semantic conventions for Redis. Nothing of OpenTelemetry is
 * loaded: hand over a tracer, a meter or both.
 *
 * ```ts no-run
 * import { metrics, trace } from "@opentelemetry/api";
 * import { connect } from "@respire/redis";
 * import { instrument } from "@respire/redis/otel";
 *
 * await using redis = await connect();
 * instrument(redis, { tracer: trace.getTracer("redis"), meter: metrics.getMeter("redis") });
 * ```
 *
 * @module
 */
import { CORE } from "../client/core.ts";
import { type Observable, type Observation, observe, type Observer, type ServerPlace } from "../observe/mod.ts";
import type { Attributes, MeterLike, TracerLike } from "./api.ts";
import { failureAttributes, operationName, poolName, serverAttributes } from "./attributes.ts";
import { giveName, takeName } from "./pool_names.ts";

export type * from "./api.ts";
export type { Observable, Observation } from "../observe/mod.ts";

/** The settings of the instrumentation. At least one of `tracer` and `meter` is needed. */
export interface InstrumentationOptions {
  /** Makes a span of each operation. */
  readonly tracer?: TracerLike | undefined;
  /** Measures operations and connections. */
  readonly meter?: MeterLike | undefined;
  /** `db.system.name`: `"redis"` unless given. */
  readonly system?: "redis" | "valkey" | undefined;
}

/** `SpanKind.CLIENT` and `SpanStatusCode.ERROR` of `@opentelemetry/api`. */
const CLIENT = 2;
const ERROR = 2;

/** The buckets that the conventions ask for, in seconds. */
const BUCKETS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10];

/**
 * Gives a client's operations to OpenTelemetry until it is stopped.
 *
 * Spans are of kind CLIENT and named after the operation (`GET`, `PIPELINE`, `MULTI SET`), with `db.system.name`,
 * `db.operation.name`, `db.namespace` (the database that the client was opened with), `server.address`, `server.port`,
 * `db.operation.batch.size`, and for failures `error.type` and `db.response.status_code`. Metrics are
 * `db.client.operation.duration`, `db.client.connection.count` and `db.client.connection.pending_requests`. Arguments,
 * keys and messages are never part of them.
 *
 * @param redis The client.
 * @param options Where to report to.
 * @throws {TypeError} if there is neither a tracer nor a meter.
 */
export function instrument(redis: Observable, options: InstrumentationOptions): Observation {
  const { tracer, meter, system = "redis" } = options;
  if (tracer === undefined && meter === undefined) throw new TypeError("Give a tracer, a meter, or both");
  const places = new WeakMap<ServerPlace, Attributes>();
  const placed = (place: ServerPlace): Attributes => {
    let found = places.get(place);
    if (found === undefined) places.set(place, found = serverAttributes(system, place));
    return found;
  };
  const parts: Observation[] = [];
  if (tracer !== undefined) parts.push(observe(redis, spans(tracer, placed)));
  if (meter !== undefined) {
    parts.push(observe(redis, durations(meter, placed)));
    parts.push(connections(redis, meter));
  }
  const stop = (): void => parts.forEach((part) => part.stop());
  return { stop, [Symbol.dispose]: stop };
}

function spans(tracer: TracerLike, placed: (place: ServerPlace) => Attributes): Observer {
  return (operation) => {
    const name = operationName(operation);
    const attributes: Attributes = { ...placed(operation.server), "db.operation.name": name };
    if (operation.size > 1) attributes["db.operation.batch.size"] = operation.size;
    const span = tracer.startSpan(name, { kind: CLIENT, attributes });
    return (outcome) => {
      if (outcome.status !== "ok") {
        span.setAttributes(failureAttributes(outcome));
        span.setStatus({ code: ERROR });
      }
      span.end();
    };
  };
}

function durations(meter: MeterLike, placed: (place: ServerPlace) => Attributes): Observer {
  const histogram = meter.createHistogram("db.client.operation.duration", {
    description: "Duration of database client operations.",
    unit: "s",
    advice: { explicitBucketBoundaries: BUCKETS },
  });
  return (operation) => (outcome) => {
    histogram.record(outcome.duration / 1000, {
      ...placed(operation.server),
      "db.operation.name": operationName(operation),
      ...failureAttributes(outcome),
    });
  };
}

/** The state of the client's connections, told when it is asked for; of a client that was closed there is none. */
function connections(redis: Observable, meter: MeterLike): Observation {
  const { pool, companions, closed } = redis[CORE];
  // Nobody would ever stop what is told of it.
  if (closed) return { stop() {}, [Symbol.dispose]() {} };
  const { address, database } = pool.first().options;
  const { hostname, port, path } = address;
  const name = takeName(poolName({ hostname, port, path, database }), pool);
  const count = meter.createObservableUpDownCounter("db.client.connection.count", {
    description: "The number of connections that are currently in the state.",
    unit: "{connection}",
  });
  const waiting = meter.createObservableUpDownCounter("db.client.connection.pending_requests", {
    description: "The number of callers that wait for a connection.",
    unit: "{request}",
  });
  const counted = (result: Parameters<Parameters<typeof count.addCallback>[0]>[0]): void => {
    // A line may have lost its connection, or have none yet.
    const open = pool.lines.filter(({ state }) => state === "ready");
    const idle = open.filter((line) => pool.isIdle(line)).length;
    const of = (state: string) => ({ "db.client.connection.pool.name": name, "db.client.connection.state": state });
    result.observe(open.length - idle, of("used"));
    result.observe(idle, of("idle"));
  };
  const asked = (result: Parameters<Parameters<typeof waiting.addCallback>[0]>[0]): void => {
    result.observe(pool.stats().waiting, { "db.client.connection.pool.name": name });
  };
  count.addCallback(counted);
  waiting.addCallback(asked);
  let stopped = false;
  const stop = (): void => {
    if (stopped) return;
    stopped = true;
    count.removeCallback(counted);
    waiting.removeCallback(asked);
    companions.delete(companion);
    giveName(name);
  };
  const companion = { close: () => Promise.resolve(stop()), destroy: stop };
  companions.add(companion);
  return { stop, [Symbol.dispose]: stop };
}
