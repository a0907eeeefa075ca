/**
 * Commands into RESP bytes, straight into one buffer.
 *
 * @module
 */
import type { Arg } from "./arg.ts";
import { ReplyError } from "../errors.ts";

/** The longest argument that a server takes unless told otherwise (`proto-max-bulk-len`). */
const MAX_ARGUMENT = 512 * 1024 * 1024;
/** How large a chunk may grow while much waits to be sent. */
const MAX_CHUNK = 256 * 1024;
/** An argument above this is not copied into the chunk; it becomes a piece of its own. */
const OWN_PIECE = 32 * 1024;
/** Memory of long arguments is kept for the next one up to this size. (Some Workers have no WeakRef.) */
const MAX_KEPT = typeof WeakRef === "function" ? 16 * 1024 * 1024 : 0;
/** Strings up to this length are written one `charCodeAt` after the other; `encodeInto` costs more to call. */
const SHORT_TEXT = 48;
/** Room for the parts of one argument that are not its bytes: `$`, length, two line ends, the next `*N`. */
const MARGIN = 40;

const utf8 = new TextEncoder();

/** Writes `n` in decimal digits; 0 ≤ n < 2^31. */
function putDigits(chunk: Uint8Array, at: number, n: number): number {
  if (n < 10) {
    chunk[at] = 48 + n;
    return at + 1;
  }
  let end = at + 2;
  for (let bound = 100; n >= bound && end < at + 10; bound *= 10) end++;
  for (let place = end - 1; place >= at; place--) {
    const rest = (n / 10) | 0;
    chunk[place] = 48 + n - rest * 10;
    n = rest;
  }
  return end;
}

/** The text of a number, as it is sent. */
export function numberText(n: number): string {
  // Beyond 2^53 String() rounds to the shortest digits, and beyond 10^21 it writes an exponent.
  if (Number.isInteger(n)) return Number.isSafeInteger(n) ? String(n) : BigInt(n).toString();
  if (n === Infinity) return "inf";
  if (n === -Infinity) return "-inf";
  return String(n);
}

/** What a refused argument is, never its value. */
function describe(arg: unknown): string {
  if (arg === undefined || arg === null) return String(arg);
  if (typeof arg === "number") return "NaN";
  if (typeof arg === "string") return "a string with half a surrogate pair, which UTF-8 cannot hold";
  if (typeof arg !== "object") return `a ${typeof arg}`;
  if (Array.isArray(arg)) return "an array";
  if (arg instanceof ArrayBuffer) return "an ArrayBuffer (wrap it in a Uint8Array)";
  if (arg instanceof ReplyError) return "an error";
  if (ArrayBuffer.isView(arg)) return "bytes whose memory was given away or has shrunk";
  return "an object";
}

function refuse(arg: unknown, index: number, name: string): never {
  throw new TypeError(
    `${name}: argument ${index + 1} is ${describe(arg)}; expected a string, number, bigint or bytes`,
  );
}

/** The bytes of a view; `undefined` if there are none any more where it points to. */
export function bytesOf(view: ArrayBufferView): Uint8Array | undefined {
  try {
    const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
    // Where its memory has shrunk, an array of numbers says that it is empty until it is asked for one.
    if (bytes.length === 0 && !(view instanceof DataView)) Uint8Array.prototype.at.call(view, 0);
    return bytes;
  } catch {
    return undefined;
  }
}

function refuseLength(index: number, name: string): never {
  throw new RangeError(`${name}: argument ${index + 1} is longer than 512 MiB, the most that a server takes`);
}

/**
 * Turns commands into the bytes to send. They gather until {@link Encoder.take} hands them over.
 *
 * ```ts
 * import { Encoder } from "@respire/redis/resp";
 *
 * const encoder = new Encoder();
 * encoder.command(new TextEncoder().encode("$3\r\nGET\r\n"), 1, ["key"], "GET");
 * for (const bytes of encoder.take()) console.log(bytes.length);
 * ```
 */
export class Encoder {
  readonly #smallest: number;
  /** The chunk being filled. Bytes before `#start` belong to somebody else already and are never written again. */
  #chunk: Uint8Array;
  #start = 0;
  #position = 0;
  /** Finished pieces that come before the open one, and their bytes. */
  #pieces: Uint8Array[] = [];
  #bytes = 0;
  /** Where the last long argument was written; the collector may take it. */
  #kept: WeakRef<Uint8Array> | undefined;
  /** The same while its bytes have not left. */
  #held: Uint8Array | undefined;

  /**
   * Starts with a chunk of `chunkSize` bytes, or with the one given, whose bytes are the encoder's from then on; chunks
   * grow from there while more waits than one holds.
   */
  constructor(chunkSize: number = 16 * 1024, chunk?: Uint8Array) {
    this.#smallest = Math.max(chunkSize, 256);
    this.#chunk = chunk ?? new Uint8Array(this.#smallest);
  }

  /** Gives away the part of the open chunk that has not been written, for another encoder to begin with. */
  surrender(): Uint8Array {
    // A full one may be gone: who has sent its bytes may have given its memory away.
    if (this.#position >= this.#chunk.length) return new Uint8Array(0);
    const rest = this.#chunk.subarray(this.#position);
    this.#chunk = this.#chunk.subarray(0, this.#position);
    return rest;
  }

  /** How many bytes wait to be taken. */
  get size(): number {
    return this.#bytes + this.#position - this.#start;
  }

  /**
   * Hands over the bytes gathered since the last call, in order. They are the caller's: nothing here touches them again
   * before {@link Encoder.reuse} is called.
   */
  take(): Uint8Array[] {
    const pieces = this.#pieces;
    if (this.#position > this.#start) pieces.push(this.#chunk.subarray(this.#start, this.#position));
    this.#start = this.#position;
    if (pieces.length > 0) this.#pieces = [];
    this.#bytes = 0;
    return pieces;
  }

  /**
   * For those who took the bytes and have sent them: the memory is written again, from its beginning, so that they need no
   * new one. Nobody may read what was taken any longer. Does nothing while bytes wait to be taken.
   */
  reuse(): void {
    if (this.size > 0) return;
    this.#start = this.#position = 0;
    this.#held = undefined;
  }

  /**
   * Adds pieces that are encoded already, in order. They must not change before they have been sent. Small ones are copied:
   * a write for each would cost more.
   */
  append(pieces: readonly Uint8Array[]): void {
    let position = this.#position;
    for (const piece of pieces) {
      if (piece.length > OWN_PIECE) {
        this.#close(position);
        this.#pieces.push(piece);
        this.#bytes += piece.length;
      } else {
        if (position + piece.length > this.#chunk.length) position = this.#next(position, piece.length);
        this.#chunk.set(piece, position);
        position += piece.length;
      }
    }
    this.#position = position;
  }

  /**
   * Adds one command: `head` is its name as bulk strings, `words` of them, and `name` its name for messages.
   *
   * @throws {TypeError} if an argument cannot be sent, naming its place; nothing of the command is kept then.
   * @throws {RangeError} if an argument is longer than 512 MiB; nothing of the command is kept then.
   */
  command(head: Uint8Array, words: number, args: readonly Arg[], name: string): void {
    const count = args.length;
    const headLength = head.length;
    const chunk0 = this.#chunk;
    const start0 = this.#start;
    const position0 = this.#position;
    const bytes0 = this.#bytes;
    const pieces0 = this.#pieces.length;
    try {
      let position = position0;
      let chunk = chunk0;
      if (position + headLength + MARGIN > chunk.length) {
        position = this.#next(position, headLength + MARGIN);
        chunk = this.#chunk;
      }
      chunk[position] = 42; // *
      if (words + count < 10) {
        chunk[position + 1] = 48 + words + count;
        position += 2;
      } else {
        position = putDigits(chunk, position + 1, words + count);
      }
      chunk[position] = 13;
      chunk[position + 1] = 10;
      position += 2;
      for (let i = 0; i < headLength; i++) chunk[position + i] = head[i];
      position += headLength;

      for (let index = 0; index < count; index++) {
        const arg = args[index];
        if (typeof arg === "string") {
          const length = arg.length;
          if (length <= SHORT_TEXT) {
            if (position + length + MARGIN > chunk.length) {
              position = this.#next(position, length + MARGIN);
              chunk = this.#chunk;
            }
            // As if it were ASCII; the first other character throws this attempt away.
            let at = position;
            chunk[at] = 36; // $
            if (length < 10) {
              chunk[at + 1] = 48 + length;
            } else {
              const tens = (length / 10) | 0;
              chunk[at + 1] = 48 + tens;
              chunk[at + 2] = 48 + length - tens * 10;
              at++;
            }
            chunk[at + 2] = 13;
            chunk[at + 3] = 10;
            at += 4;
            let i = 0;
            for (; i < length; i++) {
              const code = arg.charCodeAt(i);
              if (code > 127) break;
              chunk[at + i] = code;
            }
            if (i === length) {
              chunk[at + length] = 13;
              chunk[at + length + 1] = 10;
              position = at + length + 2;
              continue;
            }
          }
          position = this.#text(arg, position, index, name);
        } else if (typeof arg === "number") {
          if (arg >= 0 && arg < 1e9 && (arg | 0) === arg) {
            if (position + MARGIN > chunk.length) {
              position = this.#next(position, MARGIN);
              chunk = this.#chunk;
            }
            chunk[position] = 36; // $
            // The digits go where they belong if there is one length digit, as there is below 10^9.
            const end = putDigits(chunk, position + 4, arg);
            chunk[position + 1] = 48 + end - position - 4;
            chunk[position + 2] = 13;
            chunk[position + 3] = 10;
            chunk[end] = 13;
            chunk[end + 1] = 10;
            position = end + 2;
            continue;
          }
          if (arg !== arg) refuse(arg, index, name);
          position = this.#text(numberText(arg), position, index, name);
        } else if (typeof arg === "bigint") {
          position = this.#text(arg.toString(), position, index, name);
        } else if (ArrayBuffer.isView(arg)) {
          position = this.#view(arg, position, index, name);
        } else {
          refuse(arg, index, name);
        }
        chunk = this.#chunk;
      }
      this.#position = position;
    } catch (error) {
      // Back to the last whole command.
      this.#chunk = chunk0;
      this.#start = start0;
      this.#position = position0;
      this.#bytes = bytes0;
      this.#pieces.length = pieces0;
      throw error;
    }
  }

  /** Closes the chunk at `position` and opens another that holds at least `need` bytes. */
  #next(position: number, need: number): number {
    this.#close(position);
    // Much waiting means a large write is being built; a chunk used up in many small takes was large enough.
    const size = this.#chunk.length;
    const next = this.#pieces.length > 1 || this.#bytes >= size / 2 ? size * 2 : size / 2;
    this.#chunk = new Uint8Array(Math.max(need, this.#smallest, Math.min(next, MAX_CHUNK)));
    this.#start = 0;
    return 0;
  }

  /** Makes what is written up to `position` a piece. */
  #close(position: number): void {
    if (position > this.#start) {
      this.#pieces.push(this.#chunk.subarray(this.#start, position));
      this.#bytes += position - this.#start;
    }
    this.#start = position;
  }

  /** `$length\r\n`. */
  #header(length: number, position: number): number {
    if (position + MARGIN > this.#chunk.length) position = this.#next(position, MARGIN);
    const chunk = this.#chunk;
    chunk[position++] = 36;
    position = putDigits(chunk, position, length);
    chunk[position++] = 13;
    chunk[position++] = 10;
    return position;
  }

  /** A string of any length and content. */
  #text(text: string, position: number, index: number, name: string): number {
    const length = text.length;
    if (length > OWN_PIECE) {
      if (length > MAX_ARGUMENT) refuseLength(index, name);
      // As if it were ASCII: `encode` does not know how much there will be, and costs up to twice as much.
      const piece = this.#alone(length, position);
      const bytes = piece.subarray(-2 - length, -2);
      const { read, written } = utf8.encodeInto(text, bytes);
      if (read === length) return this.#add(piece, position);
      if (!text.isWellFormed()) refuse(text, index, name);
      return this.#piece(bytes.subarray(0, written), position, index, name, utf8.encode(text.slice(read)));
    }
    if (position + length + MARGIN > this.#chunk.length) position = this.#next(position, length + MARGIN);
    // The bytes go where they belong if their number has as many digits as the string's length; else they move by one,
    // for which there must be room as for the line end.
    const at = position + 3 + digits(length);
    const { read, written } = utf8.encodeInto(text, this.#chunk.subarray(at, this.#chunk.length - 3));
    if (read < length || written !== length) {
      if (!text.isWellFormed()) refuse(text, index, name);
      if (read < length) return this.#piece(utf8.encode(text), position, index, name);
    }
    const chunk = this.#chunk;
    const moved = digits(written) - digits(length);
    if (moved > 0) chunk.copyWithin(at + moved, at, at + written);
    this.#header(written, position);
    position = at + moved + written;
    chunk[position++] = 13;
    chunk[position++] = 10;
    return position;
  }

  /** The bytes of a view, copied: the caller may change them as soon as the command is issued. */
  #view(view: ArrayBufferView, position: number, index: number, name: string): number {
    const bytes = bytesOf(view) ?? refuse(view, index, name);
    const { length } = bytes;
    if (length > OWN_PIECE) {
      if (length > MAX_ARGUMENT) refuseLength(index, name);
      const piece = this.#alone(length, position);
      piece.set(bytes, piece.length - 2 - length);
      return this.#add(piece, position);
    }
    return this.#inline(bytes, position);
  }

  /**
   * An array for one long argument, whose bytes go before its last two. All else is in place: the length, the line ends,
   * and what is open if that is little, so that one write takes everything.
   */
  #alone(length: number, position: number): Uint8Array {
    const open = position - this.#start <= OWN_PIECE ? position - this.#start : 0;
    const piece = this.#memory(open + digits(length) + length + 5);
    if (open > 0) piece.set(this.#chunk.subarray(this.#start, position));
    piece[open] = 36; // $
    const at = putDigits(piece, open + 1, length);
    piece[at] = piece[piece.length - 2] = 13;
    piece[at + 1] = piece[piece.length - 1] = 10;
    return piece;
  }

  /**
   * Memory for a long argument: that of the last one, once it has left. What is new costs several times as much as copying
   * into it, for it is zeroed, and its pages are got from the system.
   */
  #memory(size: number): Uint8Array {
    if (this.#held !== undefined || size > MAX_KEPT) return new Uint8Array(size);
    let memory = this.#kept?.deref();
    if (memory === undefined || memory.length < size) {
      // A little more, for the next one may be a little longer.
      memory = new Uint8Array(size + (size >> 3) + 1);
      this.#kept = new WeakRef(memory);
    }
    this.#held = memory;
    return memory.subarray(0, size);
  }

  /** Adds what `#alone` has made. What was open stays where it is, too, for the next argument may be refused. */
  #add(piece: Uint8Array, position: number): number {
    if (position - this.#start > OWN_PIECE) this.#close(position);
    this.#start = position;
    this.#pieces.push(piece);
    this.#bytes += piece.length;
    return position;
  }

  #inline(bytes: Uint8Array, position: number): number {
    const length = bytes.length;
    if (position + length + MARGIN > this.#chunk.length) position = this.#next(position, length + MARGIN);
    position = this.#header(length, position);
    const chunk = this.#chunk;
    chunk.set(bytes, position);
    position += length;
    chunk[position++] = 13;
    chunk[position++] = 10;
    return position;
  }

  /** Bytes that are ours already: sent from where they are if that saves more than another piece costs. */
  #piece(bytes: Uint8Array, position: number, index: number, name: string, rest?: Uint8Array): number {
    const length = bytes.length + (rest === undefined ? 0 : rest.length);
    if (length <= OWN_PIECE) return this.#inline(bytes, position);
    if (length > MAX_ARGUMENT) refuseLength(index, name);
    position = this.#header(length, position);
    this.#close(position);
    this.#pieces.push(bytes);
    if (rest !== undefined) this.#pieces.push(rest);
    this.#bytes += length;
    if (position + MARGIN > this.#chunk.length) position = this.#next(position, MARGIN);
    this.#chunk[position++] = 13;
    this.#chunk[position++] = 10;
    return position;
  }
}

/** How many decimal digits a length has. */
function digits(n: number): number {
  let count = 1;
  for (let bound = 10; n >= bound; bound *= 10) count++;
  return count;
}
