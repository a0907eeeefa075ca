/**
 * A web worker with a client of its own: adds to a counter as often as it is told, closes, and says what it saw.
 *
 * @module
 */
import { connect } from "../../mod.ts";

const scope = globalThis as unknown as {
  onmessage: (event: { data: { url: string; times: number } }) => unknown;
  postMessage(counts: number[]): void;
  close(): void;
};

scope.onmessage = async ({ data: { url, times } }) => {
  const redis = await connect(url);
  const counts = await Promise.all(Array.from({ length: times }, () => redis.incr("counter")));
  await redis.close();
  scope.postMessage(counts);
  scope.close();
};
