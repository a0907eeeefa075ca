/**
 * What whoever watches a client learns of each operation: never an argument, nor what the server said beside its code.
 *
 * @module
 */
import type { Arg, CommandSpec } from "../command/spec.ts";
import type { Line } from "../connection/line.ts";
import type { About } from "../connection/pending.ts";
import type { Encoded } from "../connection/traffic.ts";
import { numberText } from "../resp/encoder.ts";

/** Where a server is, as the client was told. */
export interface ServerPlace {
  /** Host name or address; `undefined` for a unix socket, and for replicas that sentinels tell of. */
  readonly hostname: string | undefined;
  /** TCP port; `undefined` where `hostname` is. */
  readonly port: number | undefined;
  /** Path of a unix socket. */
  readonly path: string | undefined;
  /** The database that the client was opened with. */
  readonly database: number;
}

/** Something that is about to be sent: one command, or several together. */
export interface Operation {
  /** One command; several in one pipeline; several in one transaction. */
  readonly kind: "command" | "pipeline" | "transaction";
  /** The command's name, such as `"CONFIG GET"`; of several, the name that all have, or an empty string. */
  readonly name: string;
  /** How many commands: 1, or those of the pipeline (of each part, if it is so long that it is sent in parts) or transaction. */
  readonly size: number;
  /** How many bytes they are on the wire. */
  readonly bytes: number;
  /** Entries that waited on its connection when it was issued. */
  readonly pending: number;
  /** Which attempt at its connection it was issued on: 1 for the first; those that failed count, too. */
  readonly generation: number;
  /** Where it goes. */
  readonly server: ServerPlace;
}

/** How an operation ended. */
export interface Outcome {
  /**
   * - `"ok"`: the server answered.
   * - `"reply"`: the server answered with an error, or a command among several did.
   * - `"watch"`: a watched key had changed, so the transaction did not run.
   * - `"connection"`: the connection was lost, or there was none.
   * - `"timeout"`: it was given up when its time was over.
   * - `"abort"`: it was given up because its signal fired.
   * - `"refused"`: it was not sent because an argument cannot be, or its reply cannot be given (an integer beyond 2^53).
   */
  readonly status: "ok" | "reply" | "watch" | "connection" | "timeout" | "abort" | "refused";
  /** For `"reply"`: the (first) error's code, such as `"WRONGTYPE"`. */
  readonly code: string | undefined;
  /** How many commands got an error. */
  readonly errors: number;
  /**
   * How many bytes its replies took; `undefined` where none came, with `integrity`, once the last observer has stopped, or
   * of a refusal that came to be the last word only later.
   */
  readonly bytes: number | undefined;
  /** Milliseconds from when it was issued to the end; not those before that in which it had no connection of its own yet. */
  readonly duration: number;
  /** How often it was sent again. */
  readonly retries: number;
}

function placeOf(line: Line): ServerPlace {
  const { address, database } = line.options;
  const { path, place } = address;
  if (path !== undefined && place === undefined) return { hostname: undefined, port: undefined, path, database };
  const { hostname, port } = place === undefined ? address : place.at ?? { hostname: undefined, port: undefined };
  return { hostname, port, path: undefined, database };
}

/** One place per line. */
const places = new WeakMap<Line, ServerPlace>();

abstract class Issued {
  abstract readonly kind: Operation["kind"];
  abstract readonly name: string;
  abstract readonly size: number;
  abstract readonly bytes: number;
  readonly pending: number;
  readonly generation: number;
  readonly #line: Line;

  constructor(line: Line) {
    this.#line = line;
    this.pending = line.pending;
    this.generation = line.generation;
  }

  get server(): ServerPlace {
    let place = places.get(this.#line);
    if (place === undefined || this.#line.options.address.place !== undefined) {
      places.set(this.#line, place = placeOf(this.#line));
    }
    return place;
  }
}

/** One command. */
export class IssuedCommand extends Issued implements Operation {
  readonly kind = "command";
  readonly name: string;
  readonly size = 1;
  readonly #spec: CommandSpec;
  readonly #args: readonly Arg[];

  constructor(spec: CommandSpec, args: readonly Arg[], line: Line) {
    super(line);
    this.name = spec.name;
    this.#spec = spec;
    this.#args = args;
  }

  /** Counted when it is asked for. */
  get bytes(): number {
    let bytes = headerLength(this.#spec.words + this.#args.length) + this.#spec.head.length;
    for (const arg of this.#args) {
      const length = ArrayBuffer.isView(arg)
        ? arg.byteLength
        : utf8Length(typeof arg === "number" ? numberText(arg) : String(arg));
      bytes += headerLength(length) + length + 2;
    }
    return bytes;
  }
}

/** Several commands. */
export class IssuedBatch extends Issued implements Operation {
  readonly kind: Operation["kind"];
  readonly name: string;
  readonly size: number;
  readonly bytes: number;

  constructor(batch: Encoded, line: Line) {
    super(line);
    const { kind, name, size }: About = batch.about?.() ??
      { kind: "command", name: batch.name ?? "", size: batch.owed };
    this.kind = kind;
    this.name = name;
    this.size = size;
    // Now, for what has been written may be gone: a transport need not keep it.
    this.bytes = batch.chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  }
}

/** The length of `*12\r\n` and `$12\r\n`. */
function headerLength(count: number): number {
  return String(count).length + 3;
}

function utf8Length(text: string): number {
  let length = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    // A pair of surrogates is two units and four bytes.
    if (unit > 0x7f) length += unit > 0x7ff && (unit < 0xd800 || unit > 0xdfff) ? 2 : 1;
  }
  return length;
}
