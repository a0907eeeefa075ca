/**
 * Decode-heavy work: reads a list of JSON documents and parses them, wherever it runs.
 *
 * @module
 */
import { connect } from "../mod.ts";

/** From when to when is counted, by `Date.now()`: the clock that all threads share. */
export interface Span {
  readonly begin: number;
  readonly end: number;
}

/** Connects; what it gives reads and parses for a span, closes the client, and tells how many documents that were. */
export async function openReader(port: number): Promise<(span: Span) => Promise<number>> {
  const redis = await connect(`redis://127.0.0.1:${port}`);
  return async ({ begin, end }) => {
    await new Promise((resolve) => setTimeout(resolve, begin - Date.now()));
    const documents = await read(() => redis.lrange("workers:documents", 0, -1), end);
    await redis.close();
    return documents;
  };
}

/** How many documents were parsed before the end: those of a list that is cut off by it count, the rest of it does not. */
async function read(list: () => Promise<string[]>, end: number): Promise<number> {
  let documents = 0;
  while (Date.now() < end) {
    for (const text of await list()) {
      const { tags } = JSON.parse(text);
      if (Date.now() >= end) break;
      if (tags.length > 0) documents++;
    }
  }
  return documents;
}
