/**
 * How the demo says what it does.
 *
 * @module
 */
import process from "node:process";

/** One line. */
export function say(line: string): void {
  console.log(line);
}

/** A heading. */
export function chapter(name: string): void {
  say(`\n${name}`);
}

/** A reply, as the program has it, under the step that gave it. */
export function show(what: string, value: unknown): void {
  say(`    ${what} → ${written(value)}`);
}

function written(value: unknown): string {
  if (value instanceof Uint8Array) return `Uint8Array [${value.join(", ")}]`;
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value !== "string" && typeof value !== "object") return String(value);
  return JSON.stringify(value, undefined, 1).replace(/\n\s*/g, " ").replaceAll("[ ", "[").replaceAll(" ]", "]");
}

/** Does something and says how long it took; with `count`, also how many of it there were in a second. */
export async function timed<T>(what: string, work: () => T | Promise<T>, count?: number): Promise<T> {
  const start = performance.now();
  const result = await work();
  const took = performance.now() - start;
  const rate = count === undefined ? "" : `, ${Math.round(count / (took / 1000)).toLocaleString("en")} a second`;
  say(`  ${what} (${took.toFixed(took < 10 ? 2 : 0)} ms${rate})`);
  return result;
}

/** Says how far a long part is, in quarters. */
export function progress(total: number): (done: number) => void {
  const quarter = Math.ceil(total / 4);
  return (done) => {
    if (done % quarter === 0 || done === total) {
      process.stdout.write(`    ${done.toLocaleString("en")} of ${total.toLocaleString("en")}\n`);
    }
  };
}

/** Ends the demo where a reply is not what it must be. */
export function expect(what: string, found: unknown, wanted: unknown): void {
  if (JSON.stringify(found) !== JSON.stringify(wanted)) {
    throw new Error(`${what}: expected ${JSON.stringify(wanted)}, found ${JSON.stringify(found)}`);
  }
}
