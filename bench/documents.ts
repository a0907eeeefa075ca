/**
 * Decode-heavy work: reads a list of JSON documents and parses them, wherever it runs.
 *
 * @module
 */
import { connect } from "../mod.ts";

/** Reads and parses for so many seconds, closes its client, and tells how many documents that were. */
export async function readDocuments(port: number, seconds: number): Promise<number> {
  const redis = await connect(`redis://127.0.0.1:${port}`);
  let documents = 0;
  const end = performance.now() + seconds * 1000;
  while (performance.now() < end) {
    for (const text of await redis.lrange("workers:documents", 0, -1)) {
      if (JSON.parse(text).tags.length > 0) documents++;
    }
  }
  await redis.close();
  return documents;
}
