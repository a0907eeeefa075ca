/**
 * Shapes of what the time series commands tell of several series, or of one as a whole.
 *
 * @module
 */
import type { Reply } from "../resp/reply.ts";
import { double, list, map, struct, text, tuple, tupleRest } from "./shape.ts";
import type { Shape } from "./spec.ts";

const labels: Shape = map();
const sample: Shape = tupleRest(double, undefined);
const samples: Shape = list(sample);

/** The last sample of each series; an empty one is `null`. */
export const lastOfSeries: Shape = seriesWith((reply, mode) =>
  Array.isArray(reply) && reply.length === 0 ? null : sample(reply, mode)
);

/** The samples of each series. */
export const rangesOfSeries: Shape = seriesWith(samples);

/**
 * Series with labels and something more: an array of `[key, labels, …]`, or keys and `[labels, …, what was computed how,
 * …]` by turns.
 */
function seriesWith(last: Shape): Shape {
  return (reply, mode) => {
    if (!Array.isArray(reply)) return reply;
    const found: unknown[] = [];
    const nested = Array.isArray(reply[0]);
    for (let i = 0; i < reply.length; i += nested ? 1 : 2) {
      const [key, ...parts] = nested ? reply[i] as Reply[] : [reply[i]!, ...reply[i + 1] as Reply[]];
      found.push([key, labels(own(parts[0]!), mode), last(parts.at(-1)!, mode)]);
    }
    return found;
  };
}

/** The labels without those that RESP2 adds to tell what a group was made of. */
function own(reply: Reply): Reply {
  if (!Array.isArray(reply) || !Array.isArray(reply[0])) return reply;
  return reply.filter((pair) => !/^__(reducer|source)__$/.test(String(text((pair as Reply[])[0]!))));
}

/** The rules of a series: an array of `[key, duration, …]`, or keys and `[duration, …]` by turns. */
const rules: Shape = (reply, mode) => {
  if (!Array.isArray(reply)) return reply;
  const rows = Array.isArray(reply[0])
    ? reply as Reply[][]
    : reply.flatMap((key, i) => i % 2 === 0 ? [[key, ...reply[i + 1] as Reply[]]] : []);
  return rows.map((row) => tuple(undefined, undefined, text)(row, mode));
};

/** All that is known of a series. */
export const seriesInfo: Shape = struct({
  chunkType: text,
  duplicatePolicy: text,
  labels,
  rules,
  ignoreMaxValDiff: double,
  Chunks: list(struct({ bytesPerSample: double })),
});
