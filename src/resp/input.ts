/**
 * What came and has not been parsed.
 *
 * @module
 */
import { ProtocolError } from "../errors.ts";
import { joinBytes } from "./text.ts";
import { IS_TYPE } from "./wire.ts";

const NOTHING = new Uint8Array(0);

/**
 * Hands out the bytes of chunks in place. Only a line that is cut by the end of a chunk is copied, and joined with the
 * rest of it from the next; lines are looked through once, however many chunks they come in.
 */
export class Input {
  /** What is to be parsed, from `position` to `end`: a chunk, or a line joined from several. */
  buffer: Uint8Array = NOTHING;
  position = 0;
  end = 0;
  /** Why nothing more can be parsed. */
  failure: ProtocolError | null = null;

  /** The most bytes that a line may have. */
  longest: number;
  /** Bytes of the connection before the first of `buffer`. */
  #base = 0;
  /** Bytes of the connection before the last chunk, and in it. */
  #fed = 0;
  #chunkLength = 0;
  /** The chunk that goes on after a joined line, and where. */
  #next: Uint8Array | null = null;
  #nextFrom = 0;
  /** The beginning of a line whose end has not come. */
  #line: Uint8Array = NOTHING;
  #held = 0;

  /** Takes the most bytes that a line may have. */
  constructor(longest: number) {
    this.longest = longest;
  }

  /** How many bytes of the connection have been parsed; told right while there is something to parse. */
  get parsed(): number {
    return this.#base + this.position;
  }

  /** Takes a chunk; it is borrowed until all of it is parsed. */
  feed(chunk: Uint8Array): void {
    if (chunk.length === 0 || this.failure !== null) return;
    // One class of array only: subclasses make `slice` and `subarray` mean something else.
    if (chunk.constructor !== Uint8Array) chunk = new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    if (this.position < this.end || this.#next !== null) chunk = this.#unread(chunk);
    else this.#fed += this.#chunkLength;
    this.#chunkLength = chunk.length;
    if (this.#held > 0) return this.#complete(chunk);
    this.buffer = chunk;
    this.#base = this.#fed;
    this.position = 0;
    this.end = chunk.length;
  }

  /** Goes on to the chunk after a joined line; `false` if there is none. */
  follow(): boolean {
    if (this.#next === null) return false;
    this.buffer = this.#next;
    this.#base = this.#fed;
    this.position = this.#nextFrom;
    this.end = this.#next.length;
    this.#next = null;
    return true;
  }

  /** All is parsed: lets the chunk go, and memory beyond `bytes` that serves nobody. */
  rest(bytes: number): void {
    this.buffer = NOTHING;
    this.position = this.end = 0;
    if (this.#held === 0 && this.#line.length > bytes) this.#line = NOTHING;
  }

  /**
   * The place after the line that begins at `position`. -1 if its end has not come: what there is of it is kept then, and
   * everything counts as parsed.
   */
  lineEnd(position: number): number {
    const buffer = this.buffer;
    // Told before the line end comes, which may be never.
    if (IS_TYPE[buffer[position]] === 0) this.#notResp(buffer[position], position);
    const longest = position + this.longest + 3;
    const bound = longest < this.end ? longest : this.end;
    let at = position + 1;
    while (at < bound && buffer[at] !== 10) at++;
    if (at < bound) {
      if (buffer[at - 1] !== 13) this.fail("a line ends without a carriage return", at);
      return at + 1;
    }
    if (bound === longest) this.fail(`a line is longer than ${this.longest} bytes`, position);
    this.#hold(buffer, position, this.end);
    this.position = this.end;
    return -1;
  }

  /** Ends the connection's input: nothing that follows can be trusted to begin where a reply begins. */
  fail(message: string, position: number): never {
    const offset = this.#base + position;
    this.failure = new ProtocolError(`${message} (at byte ${offset} of the connection)`, offset);
    this.buffer = this.#line = NOTHING;
    this.position = this.end = 0;
    this.#next = null;
    throw this.failure;
  }

  #notResp(type: number, position: number): never {
    const shown = type > 32 && type < 127 ? `"${String.fromCharCode(type)}"` : `byte ${type}`;
    const message = this.#base + position === 0
      ? `the server does not speak Redis' protocol: its first character is ${shown}`
      : `no reply begins with ${shown}`;
    this.fail(message, position);
  }

  /** Keeps a piece of a line whose end has not come. */
  #hold(bytes: Uint8Array, from: number, to: number): void {
    const length = this.#held + to - from;
    if (length > this.#line.length) {
      const larger = new Uint8Array(Math.max(64, length * 2));
      larger.set(this.#line.subarray(0, this.#held));
      this.#line = larger;
    }
    this.#line.set(bytes.subarray(from, to), this.#held);
    this.#held = length;
  }

  /** Adds to the line that is kept what `chunk` has of it. With its end, the line is to be parsed, then the chunk. */
  #complete(chunk: Uint8Array): void {
    const bound = Math.min(chunk.length, this.longest + 3 - this.#held);
    let at = 0;
    while (at < bound && chunk[at] !== 10) at++;
    const whole = at < bound;
    this.#base = this.#fed - this.#held;
    this.#hold(chunk, 0, whole ? at + 1 : at);
    this.position = this.end = 0;
    // A line that is too long is handed over too, for `lineEnd` to refuse.
    if (!whole && this.#held < this.longest + 3) return;
    this.buffer = this.#line;
    this.end = this.#held;
    this.#held = 0;
    if (!whole || at + 1 === chunk.length) return;
    this.#next = chunk;
    this.#nextFrom = at + 1;
  }

  /** For a caller who did not read all of the last chunk: what is left of it, and the new one. */
  #unread(chunk: Uint8Array): Uint8Array {
    const parts = [this.buffer.subarray(this.position, this.end)];
    this.#fed = this.#base + this.position;
    if (this.#next !== null) parts.push(this.#next.subarray(this.#nextFrom));
    this.#next = null;
    parts.push(chunk);
    return joinBytes(parts, parts.reduce((sum, part) => sum + part.length, 0));
  }
}
