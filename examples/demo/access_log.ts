/**
 * A web server's access log that looks real and is the same each time.
 *
 * @module
 */

const PATHS = [
  "/",
  "/about",
  "/login",
  "/search?q=redis",
  "/api/items",
  "/api/items/42",
  "/static/app.js",
  "/feed.xml",
];
const AGENTS = ["Mozilla/5.0 (X11; Linux x86_64)", "Mozilla/5.0 (Macintosh)", "curl/8.14.1", "FeedReader/2.3"];
/** How busy each hour of the day is, of ten. */
const BUSY = [2, 1, 1, 1, 1, 2, 3, 5, 7, 9, 10, 10, 8, 9, 10, 9, 8, 7, 7, 8, 8, 6, 4, 3];

/** Numbers from 0 to below 1 that look random (a linear congruential generator). */
function numbers(seed: number): () => number {
  let state = seed;
  return () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
}

/** As many lines as asked for, in the combined log format, over one day. */
export function accessLog(count: number): string[] {
  const random = numbers(1979);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
  const two = (n: number): string => String(n).padStart(2, "0");
  const hours = BUSY.flatMap((weight, hour) => new Array<number>(weight).fill(hour));
  return Array.from({ length: count }, () => {
    const client = `10.${Math.floor(random() * 256)}.${Math.floor(random() * 256)}.${Math.floor(random() * 256)}`;
    const time = `20/Nov/2026:${two(pick(hours))}:${two(Math.floor(random() * 60))}:${two(Math.floor(random() * 60))}`;
    const status = random() < 0.95 ? 200 : random() < 0.8 ? 404 : 500;
    const size = 200 + Math.floor(random() * 40_000);
    return `${client} - - [${time} +0000] "GET ${pick(PATHS)} HTTP/1.1" ${status} ${size} "-" "${pick(AGENTS)}"`;
  });
}

/** The hour of a line, such as `"20/Nov/2026 13:00"`. */
export function hourOf(line: string): string {
  const [, day, hour] = /\[([^:]+):(\d\d):/.exec(line) ?? [];
  if (day === undefined) throw new Error("A line of the log has no time");
  return `${day} ${hour}:00`;
}
