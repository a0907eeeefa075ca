/**
 * RESP bytes into replies, resumable at any byte.
 *
 * @module
 */
import { ReplyError } from "../errors.ts";
import { Body } from "./body.ts";
import { Input } from "./input.ts";
import { DEFAULT_LIMITS, type Limits } from "./limits.ts";
import { decimalOf, naturalOf, parseBigNumber, parseDouble, parseInteger } from "./line.ts";
import type { Native } from "./native.ts";
import { BIGINTS, BYTES, NEED_MORE, Push, type Reply } from "./reply.ts";
import { copyOf, joinBytes, sameText, textOf, TextWindow } from "./text.ts";
import {
  ARRAY,
  ATTRIBUTE,
  BIG_NUMBER,
  BOOLEAN,
  BULK,
  BULK_ERROR,
  DOUBLE,
  END,
  ERROR,
  INTEGER,
  MAP,
  NULL,
  PART,
  PUSH,
  SET,
  STATUS,
  VERBATIM,
} from "./wire.ts";

// In place of a length.
const IS_NULL = -1;
const STREAMED = -2;

/** In place of a value: there is none yet. */
const NONE: unique symbol = Symbol("NONE");
/** In place of a value: the innermost open aggregate is complete. */
const CLOSED: unique symbol = Symbol("CLOSED");

/** Numbers of fewer digits than this stay small integers of the engine. */
const MOST_DIGITS = 9;
/** How many bytes at a time strings are made from, where a reply is one string or has many. */
const ALONE = 1024;
const AMONG_MANY = 4096;

/** For how many elements room is made before they come: of the outermost aggregate, and of others. */
const MOST_ROOM = 64 * 1024;
const MOST_ROOM_INSIDE = 1024;

const NO_LINE_END = "a string is not followed by a line end";

const TOO_LONG = "TOOLONG The value is longer than a string can be here; read it through redis.bytes";

const NO_ITEMS: Reply[] = [];

/** An aggregate, or a streamed string, whose elements have not all come. */
class Frame {
  items: Reply[] = NO_ITEMS;
  /** How many elements have come; `items` is longer from the start if it is known how many will. */
  filled = 0;
  /** How many elements are missing; negative if only their end tells. */
  left = 0;
  /** Its type byte; `BULK` for a streamed string. */
  type = ARRAY;
  /** The bytes of the parts of a streamed string. */
  size = 0;
  /** What `sawUnsafe` was before: neither an attribute nor a push inside a reply counts. */
  unsafe = false;
  /** Of a push: the mode of the reply that it stands in. */
  mode = 0;
}

/**
 * Turns what a server sends into replies. Feed a chunk, then read until `NEED_MORE`:
 *
 * ```ts
 * import { Decoder, NEED_MORE } from "@respire/redis/resp";
 *
 * const decoder = new Decoder();
 * decoder.feed(new TextEncoder().encode("+OK\r\n:1\r\n"));
 * for (let reply = decoder.read(0); reply !== NEED_MORE; reply = decoder.read(0)) console.log(reply);
 * ```
 *
 * Values are parsed in place from the chunk; only a value cut by its end is copied. No byte is parsed again because of
 * where a chunk ended, so the cost is linear in the bytes however they come.
 */
export class Decoder {
  /** How strings and integers inside pushes are decoded: a sum of `BYTES` and `BIGINTS`. */
  pushMode = 0;
  /** How many errors have come, as replies or in them. */
  errors = 0;
  /** The last reply held an integer beyond ±(2^53 - 1), now a `bigint` although its mode did not ask for any. */
  sawUnsafe = false;
  /** The attributes that came with the last reply: key, value, key, value… `null` if there were none. */
  attributes: Reply[] | null = null;

  readonly #limits: typeof DEFAULT_LIMITS;
  readonly #input: Input;
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
  /** The last status line, most likely the next one too. */
  #lastStatus = "OK";
  /** Nothing is half read and nothing of the last reply has to be taken back: the next may be read the short way. */
  #plain = true;
  readonly #longest: number;

  /** Says how large strings are made: the Web platform's way unless the runtime has a better one. */
  useNative(native: Native): void {
    this.#body.native = native;
    this.#window.text = native.text;
  }

  /** Takes bounds on what a server may send; see {@link Limits}. */
  constructor(limits: Limits = {}) {
    // A limit that is there and `undefined` is one that is not given.
    const given = Object.entries(limits).filter(([, limit]) => limit !== undefined);
    this.#limits = { ...DEFAULT_LIMITS, ...Object.fromEntries(given) };
    this.#longest = this.#limits.bulk;
    this.#input = new Input(this.#limits.line);
  }

  /** Takes a chunk. It is borrowed until {@link Decoder.read} gives `NEED_MORE`, and never written to. */
  feed(chunk: Uint8Array): void {
    this.#window.clear();
    this.#input.feed(chunk);
  }

  /**
   * After `NEED_MORE`: where the next bytes had better be read to, if a long string of bytes is coming. Bytes that were
   * read there are fed as the very part of it that they fill, and need no copy. Nothing else may be read there.
   */
  room(): Uint8Array | undefined {
    return this.#bodyType === 0 ? undefined : this.#body.room();
  }

  /** From now on a line may be as long as a string: MONITOR tells a whole command in one. */
  allowLongLines(): void {
    this.#input.longest = Math.max(this.#limits.line, this.#limits.bulk);
  }

  /**
   * The next reply or push, or `NEED_MORE` if its bytes have not all come. `mode` is a sum of `BYTES` and `BIGINTS`; what
   * it is when the first line of a reply is there holds for the whole reply.
   *
   * A push may stand inside a reply, where it is none of its elements: servers before Redis 7.2 write one for the client
   * whose command they are answering there and then. It is given first, and what is read next goes on with that reply.
   *
   * @throws {ProtocolError} if what came is not RESP or breaks a limit; from then on always.
   */
  read(mode: number): Reply | Push | typeof NEED_MORE {
    // The most frequent replies, whole and in place; everything else is for `#parse`.
    const input = this.#input;
    const start = input.position;
    const end = input.end;
    if (this.#plain && end - start >= 3) {
      const buffer = input.buffer;
      const type = buffer[start];
      let n = buffer[start + 1] - 48;
      if (n >= 0 && n <= 9) {
        let at = start + 2;
        const bound = start + MOST_DIGITS < end ? start + MOST_DIGITS : end - 1;
        let byte = buffer[at];
        while (byte >= 48 && byte <= 57 && at < bound) {
          n = n * 10 + byte - 48;
          byte = buffer[++at];
        }
        if (byte === 13 && at + 1 < end && buffer[at + 1] === 10) {
          at += 2;
          if (type === INTEGER) {
            input.position = at;
            return (mode & BIGINTS) === 0 ? n : BigInt(n);
          }
          const stop = at + n;
          if (
            type === BULK && stop + 2 <= end && buffer[stop] === 13 && buffer[stop + 1] === 10 && n <= this.#longest
          ) {
            input.position = stop + 2;
            if ((mode & BYTES) !== 0) return copyOf(buffer, at, stop);
            return this.#window.cut(buffer, at, stop, end, ALONE);
          }
        }
      } else if (type === STATUS) {
        if (isOk(buffer, start + 1, end)) {
          input.position = start + 5;
          return "OK";
        }
      } else if (type === BULK ? isMinusOne(buffer, start + 1, end) : type === NULL && isLineEnd(buffer, start + 1)) {
        input.position = start + (type === BULK ? 5 : 3);
        return null;
      }
    }
    return this.#parse(mode);
  }

  /** Reads any reply, from wherever the last call stopped. */
  #parse(mode: number): Reply | Push | typeof NEED_MORE {
    const input = this.#input;
    if (input.failure !== null) throw input.failure;
    this.#plain = false;
    for (;;) {
      if (input.position >= input.end && !input.follow()) return this.#starve();
      let value: Reply | Push | typeof NONE | typeof CLOSED;
      if (this.#bodyType !== 0) value = this.#goOn();
      else if (this.#frames[this.#depth].left > 0 && this.#common()) value = CLOSED;
      else if (input.position >= input.end) continue;
      else value = this.#element(mode);
      if (value === NONE) continue;
      value = this.#deliver(value);
      if (value !== NONE) return value;
    }
  }

  /**
   * Parses elements of open aggregates in place as long as they are of the frequent kinds and all there. `true` if the
   * innermost open aggregate is complete now and has to be delivered.
   */
  #common(): boolean {
    const buffer = this.#input.buffer;
    const end = this.#input.end;
    const window = this.#window;
    const asBytes = (this.#mode & BYTES) !== 0;
    const asBigints = (this.#mode & BIGINTS) !== 0;
    const frames = this.#frames;
    let depth = this.#depth;
    let position = this.#input.position;
    let frame = frames[depth];
    let items = frame.items;
    let filled = frame.filled;
    let left = frame.left;
    let complete = false;
    run: while (position + 3 <= end) {
      const type = buffer[position];
      let n = buffer[position + 1] - 48;
      let at = position + 2;
      if (n >= 0 && n <= 9) {
        const bound = position + MOST_DIGITS < end ? position + MOST_DIGITS : end - 1;
        let byte = buffer[at];
        while (byte >= 48 && byte <= 57 && at < bound) {
          n = n * 10 + byte - 48;
          byte = buffer[++at];
        }
        if (byte !== 13 || at + 1 >= end || buffer[at + 1] !== 10) break;
        at += 2;
        if (type === BULK) {
          const stop = at + n;
          if (stop + 2 > end || buffer[stop] !== 13 || buffer[stop + 1] !== 10 || n > this.#longest) break;
          items[filled++] = asBytes ? copyOf(buffer, at, stop) : window.cut(buffer, at, stop, end, AMONG_MANY);
          position = stop + 2;
        } else if (type === INTEGER) {
          items[filled++] = asBigints ? BigInt(n) : n;
          position = at;
        } else if (type === DOUBLE) {
          items[filled++] = n;
          position = at;
        } else if (type === ARRAY && n > 0 && n <= this.#limits.elements && depth < this.#limits.depth) {
          frame.left = left;
          frame.filled = filled;
          frame = this.#open(++depth, ARRAY, n, position);
          items = frame.items;
          filled = 0;
          left = n;
          position = at;
          continue;
        } else {
          break;
        }
      } else if (type === STATUS) {
        if (!isOk(buffer, position + 1, end)) break;
        items[filled++] = "OK";
        position += 5;
      } else if (
        type === BULK ? isMinusOne(buffer, position + 1, end) : type === NULL && isLineEnd(buffer, position + 1)
      ) {
        items[filled++] = null;
        position += type === BULK ? 5 : 3;
      } else {
        break;
      }
      while (--left === 0) {
        if (depth === 1 || frame.type === ATTRIBUTE || frame.type === PUSH || frames[depth - 1].left < 0) {
          complete = true;
          break run;
        }
        frame.items = NO_ITEMS;
        frame = frames[--depth];
        frame.items[frame.filled++] = items;
        items = frame.items;
        filled = frame.filled;
        left = frame.left;
      }
    }
    frame.left = left;
    frame.filled = filled;
    this.#depth = depth;
    this.#input.position = position;
    return complete;
  }

  /** One element of any kind: its value; `NONE` if there is none yet; `CLOSED` if it ended an aggregate. */
  #element(mode: number): Reply | typeof NONE | typeof CLOSED {
    const position = this.#input.position;
    const after = this.#input.lineEnd(position);
    if (after < 0) return NONE;
    const type = this.#input.buffer[position];
    const frame = this.#frames[this.#depth];
    if (this.#depth === 0) {
      // A reply begins.
      this.#mode = mode;
      this.sawUnsafe = false;
      if (this.#attributed) this.#attributed = false;
      else this.attributes = null;
    } else if (frame.type === BULK && type !== PART) {
      this.#input.fail("something else between the parts of a string", position);
    }
    this.#input.position = after;
    switch (type) {
      case BULK:
      case VERBATIM:
      case BULK_ERROR:
      case PART:
        return this.#begin(type, position, after);
      case ARRAY:
      case SET:
      case MAP:
      case ATTRIBUTE:
      case PUSH:
        return this.#aggregate(type, position, after);
      case END:
        if (this.#depth === 0 || frame.left >= 0 || after !== position + 3) {
          this.#input.fail("an end outside any streamed aggregate", position);
        }
        if ((frame.type === MAP || frame.type === ATTRIBUTE) && frame.filled % 2 !== 0) {
          this.#input.fail("a map ends after a key", position);
        }
        return CLOSED;
      default:
        return this.#simple(type, position, after);
    }
  }

  /** Begins a string, a streamed string, or a part of one. */
  #begin(type: number, position: number, after: number): Reply | typeof NONE {
    const n = this.#size(type, position, after);
    if (n === IS_NULL) return null;
    if (n === STREAMED) {
      this.#open(++this.#depth, type, -1, position);
      return NONE;
    }
    if (n > this.#longest) this.#input.fail(`a string of ${n} bytes is over the limit`, position);
    if (type === PART) {
      const frame = this.#frames[this.#depth];
      if (this.#depth === 0 || frame.type !== BULK) {
        this.#input.fail("a part of a string outside any streamed string", position);
      }
      if (n === 0) {
        const whole = joinBytes(frame.items as Uint8Array[], frame.size);
        frame.items = NO_ITEMS;
        this.#depth--;
        return (this.#mode & BYTES) === 0 ? textOf(whole, 0, whole.length) : whole;
      }
      frame.size += n;
      if (frame.size > this.#longest) this.#input.fail("a streamed string is over the limit", position);
    }
    if (type === BULK && (this.#mode & BYTES) === 0 && after + n + 2 <= this.#input.end) {
      // All here: no need to gather it.
      const stop = after + n;
      const { buffer } = this.#input;
      if (buffer[stop] !== 13 || buffer[stop + 1] !== 10) {
        this.#input.fail(NO_LINE_END, buffer[stop] === 13 ? stop + 1 : stop);
      }
      this.#input.position = stop + 2;
      return this.#window.alone(buffer, after, stop);
    }
    this.#bodyType = type;
    this.#body.start(n, type !== PART && (type === BULK_ERROR || (this.#mode & BYTES) === 0));
    return NONE;
  }

  /** Goes on with a string whose bytes were not all there. */
  #goOn(): Reply | typeof NONE {
    const after = this.#body.fill(this.#input.buffer, this.#input.position, this.#input.end);
    if (after < -1) this.#input.fail(NO_LINE_END, -2 - after);
    this.#input.position = after < 0 ? this.#input.end : after;
    if (after < 0) return NONE;
    const type = this.#bodyType;
    this.#bodyType = 0;
    const value = this.#body.finish();
    if (value === undefined) return this.#error(TOO_LONG);
    if (type === BULK_ERROR) return this.#error(value as string);
    if (type !== VERBATIM) return value;
    // Before the text: three characters that say what it is, and a colon.
    if (value.length < 4 || (value[3] !== ":" && value[3] !== 58)) {
      this.#input.fail("a verbatim string without a format", after);
    }
    return value.slice(4);
  }

  /** Whether a reply has begun and not ended: a push that was read just now stands inside it. */
  get inside(): boolean {
    return this.#depth > 0;
  }

  /** Whether a reply could not be read: `false` as well if it was a push, unless that broke in its first line. */
  get brokeReply(): boolean {
    if (this.#input.failure === null) return false;
    for (let depth = 1; depth <= this.#depth; depth++) if (this.#frames[depth]?.type === PUSH) return false;
    return true;
  }

  /** How many bytes of the connection have been parsed: after `feed`, and after each value that `read` gave. */
  get parsed(): number {
    return this.#input.parsed;
  }

  #error(text: string): ReplyError {
    this.errors++;
    return new ReplyError(text);
  }

  /** Begins an aggregate. */
  #aggregate(type: number, position: number, after: number): null | typeof NONE | typeof CLOSED {
    let n = this.#size(type, position, after);
    if (n === IS_NULL) return null;
    if (type === MAP || type === ATTRIBUTE) n *= 2;
    const frame = this.#open(++this.#depth, type, n < 0 ? -1 : n, position);
    if (n > this.#limits.elements) this.#input.fail(`an aggregate of ${n} elements is over the limit`, position);
    if (type === PUSH) {
      frame.mode = this.#mode;
      this.#mode = this.pushMode;
    }
    return n === 0 ? CLOSED : NONE;
  }

  /**
   * Gives a value to its aggregate; if that is complete now, gives that to its own, and so on. `CLOSED` stands for an
   * aggregate that is complete already. The reply if it is complete, else `NONE`.
   */
  #deliver(value: Reply | typeof CLOSED): Reply | Push | typeof NONE {
    const frames = this.#frames;
    for (;;) {
      const frame = frames[this.#depth];
      if (value !== CLOSED) {
        if (this.#depth === 0) {
          this.#plain = !this.sawUnsafe && this.attributes === null;
          return value;
        }
        frame.items[frame.filled++] = value;
        if (--frame.left !== 0) {
          if (frame.left < 0 && frame.filled > this.#limits.elements) {
            this.#input.fail("a streamed aggregate is over the limit", this.#input.position);
          }
          return NONE;
        }
      }
      value = frame.items;
      frame.items = NO_ITEMS;
      frame.left = 0;
      this.#depth--;
      if (frame.type === ATTRIBUTE) {
        this.sawUnsafe = frame.unsafe;
        if (this.attributes === null) this.attributes = value;
        else for (const one of value) this.attributes.push(one);
        if (this.attributes.length > this.#limits.elements) {
          this.#input.fail("the attributes of a reply are over the limit", this.#input.position);
        }
        this.#attributed = this.#depth === 0;
        return NONE;
      }
      if (frame.type === PUSH) {
        if (this.#depth > 0) {
          // The reply that it stands in goes on as it began.
          this.#mode = frame.mode;
          this.sawUnsafe = frame.unsafe;
        }
        this.#plain = this.#depth === 0 && !this.sawUnsafe && this.attributes === null;
        return new Push(value);
      }
    }
  }

  /** Opens an aggregate of `left` elements. */
  #open(depth: number, type: number, left: number, position: number): Frame {
    if (depth > this.#limits.depth) this.#input.fail(`aggregates nest deeper than ${this.#limits.depth}`, position);
    let frame = this.#frames[depth];
    if (frame === undefined) frame = this.#frames[depth] = new Frame();
    frame.items = left > 0 ? new Array(Math.min(left, depth === 1 ? MOST_ROOM : MOST_ROOM_INSIDE)) : [];
    frame.filled = 0;
    frame.left = left;
    frame.type = type;
    frame.size = 0;
    frame.unsafe = this.sawUnsafe;
    return frame;
  }

  /** The length that the line from `position` to `after` gives. */
  #size(type: number, position: number, after: number): number {
    const n = naturalOf(this.#input.buffer, position + 1, after - 2);
    if (n >= 0) return n;
    const text = this.#lineText(position, after);
    if (text === "-1" && (type === BULK || type === ARRAY)) return IS_NULL;
    if (text === "?" && (type === BULK || type === ARRAY || type === SET || type === MAP || type === ATTRIBUTE)) {
      return STREAMED;
    }
    this.#input.fail("a length that is none", position + 1);
  }

  /** The value of a line that is a value. */
  #simple(type: number, position: number, after: number): Reply {
    if (type === STATUS) {
      return this.#lastStatus = sameText(this.#input.buffer, position + 1, after - 2, this.#lastStatus);
    }
    if (type === INTEGER && (this.#mode & BIGINTS) === 0) {
      const n = naturalOf(this.#input.buffer, position + 1, after - 2);
      if (n >= 0) return n;
    } else if (type === DOUBLE) {
      const n = decimalOf(this.#input.buffer, position + 1, after - 2);
      if (n >= 0) return n;
    }
    const text = this.#lineText(position, after);
    let value: Reply | undefined;
    switch (type) {
      case INTEGER:
        value = parseInteger(text);
        if (value === undefined) break;
        if ((this.#mode & BIGINTS) !== 0) return BigInt(value);
        if (typeof value === "bigint") this.sawUnsafe = true;
        return value;
      case ERROR:
        return this.#error(text);
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
    }
    if (value === undefined) {
      this.#input.fail(`a value that its type "${String.fromCharCode(type)}" cannot have`, position + 1);
    }
    return value;
  }

  #lineText(position: number, after: number): string {
    return textOf(this.#input.buffer, position + 1, after - 2);
  }

  /** Everything that came is used up: keeps no memory that serves nobody. */
  #starve(): typeof NEED_MORE {
    this.#plain = this.#depth === 0 && this.#bodyType === 0 && this.attributes === null && !this.sawUnsafe;
    this.#window.clear();
    this.#input.rest(this.#limits.idle);
    return NEED_MORE;
  }
}

function isLineEnd(bytes: Uint8Array, at: number): boolean {
  return bytes[at] === 13 && bytes[at + 1] === 10;
}

function isMinusOne(bytes: Uint8Array, at: number, end: number): boolean {
  return at + 4 <= end && bytes[at] === 45 && bytes[at + 1] === 49 && isLineEnd(bytes, at + 2);
}

function isOk(bytes: Uint8Array, at: number, end: number): boolean {
  return at + 4 <= end && bytes[at] === 79 && bytes[at + 1] === 75 && isLineEnd(bytes, at + 2);
}
