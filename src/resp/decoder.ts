/**
 * RESP bytes into replies, resumable at any byte.
 *
 * @module
 */
import { ProtocolError, ReplyError } from "../errors.ts";
import { Body } from "./body.ts";
import { DEFAULT_LIMITS, type Limits } from "./limits.ts";
import { parseBigNumber, parseDouble, parseInteger } from "./line.ts";
import { BIGINTS, BYTES, NEED_MORE, Push, type Reply } from "./reply.ts";
import { joinBytes, textOf, TextWindow } from "./text.ts";

// The type bytes of RESP.
const BULK = 36; // $
const INTEGER = 58; // :
const STATUS = 43; // +
const ERROR = 45; // -
const NULL = 95; // _
const DOUBLE = 44; // ,
const BOOLEAN = 35; // #
const BULK_ERROR = 33; // !
const VERBATIM = 61; // =
const BIG_NUMBER = 40; // (
const ARRAY = 42; // *
const MAP = 37; // %
const SET = 126; // ~
const ATTRIBUTE = 124; // |
const PUSH = 62; // >
/** A part of a streamed string. */
const PART = 59; // ;
/** The end of a streamed aggregate. */
const END = 46; // .

// In place of a length.
const IS_NULL = -1;
const STREAMED = -2;
/** The line is not a length, or a long one. */
const NOT_SHORT = -3;

/** 1 for the bytes that an element can begin with. */
const IS_TYPE = new Uint8Array(256);
for (const type of "$:+-*_#,(!=%~|>;.") IS_TYPE[type.charCodeAt(0)] = 1;

const NOTHING = new Uint8Array(0);
const NO_ITEMS: Reply[] = [];

/** An aggregate, or a streamed string, whose elements have not all come. */
class Frame {
  items: Reply[] = NO_ITEMS;
  /** How many elements are missing; negative if only their end tells. */
  left = 0;
  /** Its type byte; `BULK` for a streamed string. */
  type = ARRAY;
  /** The bytes of the parts of a streamed string. */
  size = 0;
  /** What `sawUnsafe` was before: an attribute does not count. */
  unsafe = false;
}

/**
 * Turns what a server sends into replies. Feed a chunk, then read until `NEED_MORE`:
 *
 * ```ts
 * decoder.feed(chunk);
 * for (let reply = decoder.read(0); reply !== NEED_MORE; reply = decoder.read(0)) use(reply);
 * ```
 *
 * Values are parsed in place from the chunk; only a value cut by its end is copied. No byte is parsed again because of
 * where a chunk ended, so the cost is linear in the bytes however they come.
 */
export class Decoder {
  /** How strings and integers inside pushes are decoded: a sum of `BYTES` and `BIGINTS`. */
  pushMode = 0;
  /** The last reply held an integer beyond ±(2^53 - 1), now a `bigint` although its mode did not ask for any. */
  sawUnsafe = false;
  /** The attributes that came with the last reply: key, value, key, value… `null` if there were none. */
  attributes: Reply[] | null = null;

  readonly #limits: Required<Limits>;
  /** What is being parsed, from `#position` to `#end`: a chunk, or a line joined from several. */
  #buffer: Uint8Array = NOTHING;
  #position = 0;
  #end = 0;
  /** Bytes of the connection before the first of `#buffer`. */
  #base = 0;
  /** Bytes of the connection before the last chunk, and in it. */
  #fed = 0;
  #chunkLength = 0;
  /** The chunk that goes on after a joined line, and where. */
  #next: Uint8Array | null = null;
  #nextFrom = 0;
  /** The beginning of a line whose end has not come. */
  #line: Uint8Array = NOTHING;
  #lineLength = 0;
  /** The string whose bytes are coming, and its type byte; 0 if there is none. */
  readonly #body = new Body();
  #bodyType = 0;
  readonly #window = new TextWindow();
  /** The open aggregates, outermost first: `#frames[1]` … `#frames[#depth]`. They serve again. */
  readonly #frames: Frame[] = [new Frame()];
  #depth = 0;
  /** The mode that the reply being parsed began with. */
  #mode = 0;
  /** Attributes have come, and the reply that they belong to has not. */
  #attributed = false;
  #failure: ProtocolError | null = null;

  /** Takes bounds on what a server may send; see {@link Limits}. */
  constructor(limits: Limits = {}) {
    this.#limits = { ...DEFAULT_LIMITS, ...limits };
  }

  /** Takes a chunk. It is borrowed until {@link Decoder.read} gives `NEED_MORE`, and never written to. */
  feed(chunk: Uint8Array): void {
    if (chunk.length === 0 || this.#failure !== null) return;
    // One class of array only: subclasses make `slice` and `subarray` mean something else.
    if (chunk.constructor !== Uint8Array) chunk = new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    this.#window.clear();
    if (this.#position < this.#end || this.#next !== null) {
      chunk = this.#unread(chunk);
    } else {
      this.#fed += this.#chunkLength;
    }
    this.#chunkLength = chunk.length;
    if (this.#lineLength > 0) return this.#completeLine(chunk);
    this.#buffer = chunk;
    this.#base = this.#fed;
    this.#position = 0;
    this.#end = chunk.length;
  }

  /**
   * The next reply or push, or `NEED_MORE` if its bytes have not all come. `mode` is a sum of `BYTES` and `BIGINTS`; what
   * it is when the first line of a reply is there holds for the whole reply.
   *
   * @throws {ProtocolError} if what came is not RESP or breaks a limit; from then on always.
   */
  read(mode: number): Reply | Push | typeof NEED_MORE {
    if (this.#failure !== null) throw this.#failure;
    let buffer = this.#buffer;
    let position = this.#position;
    let end = this.#end;
    let depth = this.#depth;
    let frame = this.#frames[depth];
    if (depth > 0 || this.#bodyType !== 0) mode = this.#mode;

    next: for (;;) {
      if (position >= end) {
        this.#depth = depth;
        if (!this.#follow()) return NEED_MORE;
        buffer = this.#buffer;
        position = this.#position;
        end = this.#end;
      }
      let value: Reply | Push = null;
      let closing = false;
      let type = this.#bodyType;
      element: if (type !== 0) {
        // A string that began in an earlier chunk.
        position = this.#fill(position);
        if (position < 0) {
          position = end;
          continue next;
        }
        this.#bodyType = 0;
        value = this.#string(type, this.#body.finish(), mode, true, position);
      } else {
        type = buffer[position];
        // Most elements begin with a line of up to nine digits.
        let n = 0;
        let after = position + 1;
        let digit = 0;
        const bound = end - after > 9 ? after + 9 : end;
        while (after < bound && (digit = buffer[after] - 48) >= 0 && digit <= 9) {
          n = n * 10 + digit;
          after++;
        }
        if (after + 1 < end && buffer[after] === 13 && buffer[after + 1] === 10 && after > position + 1) {
          after += 2;
        } else {
          after = this.#lineEnd(position);
          if (after < 0) {
            position = end;
            continue next;
          }
          n = NOT_SHORT;
        }
        if (frame.left < 0 && frame.type === BULK && type !== PART) {
          this.#fail("something else between the parts of a string", position);
        }
        if (depth === 0) {
          // A reply begins.
          if (type === PUSH) mode = this.pushMode;
          this.#mode = mode;
          this.sawUnsafe = false;
          if (this.#attributed) this.#attributed = false;
          else this.attributes = null;
        }
        if (type === INTEGER && n >= 0) {
          value = (mode & BIGINTS) === 0 ? n : BigInt(n);
          position = after;
          break element;
        }
        if (type === BULK && n >= 0) {
          const stop = after + n;
          if (stop + 2 <= end) {
            if (buffer[stop] !== 13 || buffer[stop + 1] !== 10) {
              this.#fail("a string is not followed by a line end", stop);
            }
            if (n > this.#limits.bulk) this.#fail(`a string of ${n} bytes is over the limit`, position);
            if ((mode & BYTES) !== 0) value = buffer.slice(after, stop);
            else if (depth > 0) value = this.#window.cut(buffer, after, stop, end);
            else value = textOf(buffer, after, stop);
            position = stop + 2;
            break element;
          }
        }
        switch (type) {
          case BULK:
          case VERBATIM:
          case BULK_ERROR:
          case PART:
            if (n < 0) n = this.#size(type, position, after);
            if (n === IS_NULL) {
              position = after;
              break element;
            }
            if (n === STREAMED) {
              frame = this.#open(++depth, type, -1, position);
              position = after;
              continue next;
            }
            if (n > this.#limits.bulk) this.#fail(`a string of ${n} bytes is over the limit`, position);
            if (type === PART) {
              if (depth === 0 || frame.type !== BULK) {
                this.#fail("a part of a string outside any streamed string", position);
              }
              if (n === 0) {
                const whole = joinBytes(frame.items as Uint8Array[], frame.size);
                frame.items = NO_ITEMS;
                frame = this.#frames[--depth];
                type = BULK;
                value = this.#string(BULK, whole, mode, true, position);
                position = after;
                break element;
              }
              frame.size += n;
              if (frame.size > this.#limits.bulk) this.#fail("a streamed string is over the limit", position);
            }
            // Its bytes are gathered from here on, be it from this chunk alone.
            this.#bodyType = type;
            this.#body.start(n, type !== PART && (type === BULK_ERROR || (mode & BYTES) === 0));
            position = after;
            continue next;
          case ARRAY:
          case SET:
          case MAP:
          case ATTRIBUTE:
          case PUSH:
            if (n < 0) n = this.#size(type, position, after);
            if (n === IS_NULL) {
              position = after;
              break element;
            }
            if (type === MAP || type === ATTRIBUTE) n *= 2;
            if (n > this.#limits.elements) this.#fail(`an aggregate of ${n} elements is over the limit`, position);
            if (type === PUSH && depth > 0) this.#fail("a push inside a reply", position);
            frame = this.#open(++depth, type, n < 0 ? -1 : n, position);
            position = after;
            if (n !== 0) continue next;
            closing = true;
            break element;
          case END:
            if (depth === 0 || frame.left >= 0 || after !== position + 3) {
              this.#fail("an end outside any streamed aggregate", position);
            }
            if ((frame.type === MAP || frame.type === ATTRIBUTE) && frame.items.length % 2 !== 0) {
              this.#fail("a map ends after a key", position);
            }
            position = after;
            closing = true;
            break element;
          default:
            value = this.#simple(type, position, after, mode);
            position = after;
        }
      }

      // The value goes to its aggregate; if that is complete now, it goes to its own, and so on.
      for (;;) {
        if (!closing) {
          if (depth === 0) {
            this.#position = position;
            this.#depth = 0;
            return value;
          }
          frame.items.push(value as Reply);
          if (--frame.left !== 0) {
            if (frame.left < 0 && frame.items.length > this.#limits.elements) {
              this.#fail("a streamed aggregate is over the limit", position);
            }
            continue next;
          }
        }
        closing = false;
        value = frame.items;
        frame.items = NO_ITEMS;
        const kind = frame.type;
        if (kind === ATTRIBUTE) {
          this.sawUnsafe = frame.unsafe;
          this.attributes = this.attributes === null ? value : this.attributes.concat(value);
          frame = this.#frames[--depth];
          this.#attributed = depth === 0;
          continue next;
        }
        if (kind === PUSH) value = new Push(value);
        frame = this.#frames[--depth];
      }
    }
  }

  /** Opens an aggregate of `left` elements. */
  #open(depth: number, type: number, left: number, position: number): Frame {
    if (depth > this.#limits.depth) this.#fail(`aggregates nest deeper than ${this.#limits.depth}`, position);
    let frame = this.#frames[depth];
    if (frame === undefined) frame = this.#frames[depth] = new Frame();
    frame.items = [];
    frame.left = left;
    frame.type = type;
    frame.size = 0;
    frame.unsafe = this.sawUnsafe;
    return frame;
  }

  /** The value of a string of any type. Bytes that are `owned` need no copy to be given away. */
  #string(type: number, bytes: Uint8Array, mode: number, owned: boolean, position: number): Reply {
    if (type === BULK_ERROR) return new ReplyError(textOf(bytes, 0, bytes.length));
    if (type === PART) return bytes;
    if (type === VERBATIM) {
      if (bytes.length < 4 || bytes[3] !== 58) this.#fail("a verbatim string without a format", position);
      bytes = bytes.subarray(4);
    }
    if ((mode & BYTES) === 0) return textOf(bytes, 0, bytes.length);
    return owned && type === BULK ? bytes : bytes.slice();
  }

  /** The length that the line from `position` to `after` gives. */
  #size(type: number, position: number, after: number): number {
    const text = this.#lineText(position, after);
    if (/^[0-9]{1,15}$/.test(text)) return Number(text);
    if (text === "-1" && (type === BULK || type === ARRAY)) return IS_NULL;
    if (text === "?" && (type === BULK || type === ARRAY || type === SET || type === MAP || type === ATTRIBUTE)) {
      return STREAMED;
    }
    this.#fail("a length that is none", position + 1);
  }

  /** The value of a line that is a value. */
  #simple(type: number, position: number, after: number, mode: number): Reply {
    if (type === STATUS) {
      const buffer = this.#buffer;
      if (after - position === 5 && buffer[position + 1] === 79 && buffer[position + 2] === 75) return "OK";
      return this.#lineText(position, after);
    }
    const text = this.#lineText(position, after);
    let value: Reply | undefined;
    switch (type) {
      case INTEGER:
        value = parseInteger(text);
        if (value === undefined) break;
        if ((mode & BIGINTS) !== 0) return BigInt(value);
        if (typeof value === "bigint") this.sawUnsafe = true;
        return value;
      case ERROR:
        return new ReplyError(text);
      case NULL:
        if (text === "") return null;
        break;
      case BOOLEAN:
        if (text === "t") return true;
        if (text === "f") return false;
        break;
      case DOUBLE:
        value = parseDouble(text);
        break;
      case BIG_NUMBER:
        value = parseBigNumber(text);
        break;
      default:
        this.#notResp(type, position);
    }
    if (value === undefined) {
      this.#fail(`a value that its type "${String.fromCharCode(type)}" cannot have`, position + 1);
    }
    return value;
  }

  #lineText(position: number, after: number): string {
    return textOf(this.#buffer, position + 1, after - 2);
  }

  /** The place after the line that begins at `position`; -1, and the line is kept, if its end has not come. */
  #lineEnd(position: number): number {
    const buffer = this.#buffer;
    // Told before the line end comes, which may be never.
    if (IS_TYPE[buffer[position]] === 0) this.#notResp(buffer[position], position);
    const longest = position + this.#limits.line + 3;
    const bound = longest < this.#end ? longest : this.#end;
    let at = position + 1;
    while (at < bound && buffer[at] !== 10) at++;
    if (at < bound) {
      if (buffer[at - 1] !== 13) this.#fail("a line ends without a carriage return", at);
      return at + 1;
    }
    if (bound === longest) this.#tooLong(position);
    this.#hold(buffer, position, this.#end);
    return -1;
  }

  /** Lets the string that is coming take its bytes; -1 if it needs more than there are. */
  #fill(position: number): number {
    const after = this.#body.fill(this.#buffer, position, this.#end);
    if (after < -1) this.#fail("a string is not followed by a line end", -2 - after);
    return after;
  }

  /** Goes on to the chunk after a joined line; `false` if there is none. */
  #follow(): boolean {
    if (this.#next !== null) {
      this.#buffer = this.#next;
      this.#base = this.#fed;
      this.#position = this.#nextFrom;
      this.#end = this.#next.length;
      this.#next = null;
      return true;
    }
    this.#buffer = NOTHING;
    this.#position = this.#end = 0;
    this.#window.clear();
    this.#body.rest(this.#limits.idle);
    if (this.#lineLength === 0 && this.#line.length > this.#limits.idle) this.#line = NOTHING;
    return false;
  }

  /** Keeps a piece of a line whose end has not come. */
  #hold(bytes: Uint8Array, from: number, to: number): void {
    const length = this.#lineLength + to - from;
    if (length > this.#line.length) {
      const larger = new Uint8Array(Math.max(64, length * 2));
      larger.set(this.#line.subarray(0, this.#lineLength));
      this.#line = larger;
    }
    this.#line.set(bytes.subarray(from, to), this.#lineLength);
    this.#lineLength = length;
  }

  /** Adds to the line that is kept what `chunk` has of it. Once its end is there, the line is parsed, then the chunk. */
  #completeLine(chunk: Uint8Array): void {
    const held = this.#lineLength;
    const bound = Math.min(chunk.length, this.#limits.line + 3 - held);
    let at = 0;
    while (at < bound && chunk[at] !== 10) at++;
    this.#base = this.#fed - held;
    if (at === bound) {
      this.#hold(chunk, 0, at);
      this.#buffer = NOTHING;
      this.#position = this.#end = 0;
      if (this.#lineLength >= this.#limits.line + 3) {
        // read() must be the one to throw: parse what there is of the line.
        this.#buffer = this.#line;
        this.#end = this.#lineLength;
        this.#lineLength = 0;
      }
      return;
    }
    this.#hold(chunk, 0, at + 1);
    this.#buffer = this.#line;
    this.#position = 0;
    this.#end = this.#lineLength;
    this.#lineLength = 0;
    if (at + 1 === chunk.length) return;
    this.#next = chunk;
    this.#nextFrom = at + 1;
  }

  /** For a caller who did not read all of the last chunk: what is left of it, and the new one. */
  #unread(chunk: Uint8Array): Uint8Array {
    const parts = [this.#buffer.subarray(this.#position, this.#end)];
    this.#fed = this.#base + this.#position;
    if (this.#next !== null) parts.push(this.#next.subarray(this.#nextFrom));
    this.#next = null;
    parts.push(chunk);
    return joinBytes(parts, parts.reduce((sum, part) => sum + part.length, 0));
  }

  #tooLong(position: number): never {
    this.#fail(`a line is longer than ${this.#limits.line} bytes`, position);
  }

  #notResp(type: number, position: number): never {
    const shown = type > 32 && type < 127 ? `"${String.fromCharCode(type)}"` : `byte ${type}`;
    this.#fail(
      this.#base + position === 0
        ? `the server does not speak Redis' protocol: its first character is ${shown}`
        : `no reply begins with ${shown}`,
      position,
    );
  }

  /** Ends the decoder: nothing that follows can be trusted to begin where a reply begins. */
  #fail(message: string, position: number): never {
    const offset = this.#base + position;
    this.#failure = new ProtocolError(`${message} (at byte ${offset} of the connection)`, offset);
    this.#buffer = this.#line = NOTHING;
    this.#next = null;
    this.#frames.length = 1;
    this.#window.clear();
    throw this.#failure;
  }
}
