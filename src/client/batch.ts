/**
 * Commands that are collected first and sent together: what pipelines and transactions share.
 *
 * @module
 */
import type { Arg, CommandSpec, Shape } from "../command/spec.ts";
import { isBlocking, waitingTime } from "../command/blocking.ts";
import { BINARY, BLOCKING, BLOCKING_OPTION, PUBSUB, SESSION } from "../command/spec.ts";
import { Ticket } from "../connection/ticket.ts";
import { Encoder } from "../resp/encoder.ts";
import { type About, LOOSE } from "../connection/pending.ts";
import { BYTES, type Reply } from "../resp/reply.ts";
import { QUEUEING, unlessQueued } from "./own_multi.ts";
import { whyApart } from "./refusal.ts";
import { named } from "./unusual.ts";

/** Equal commands in a row: a pipeline of a million HSETs is described by one of these. */
export interface Run {
  /** What is known about the command. */
  readonly spec: CommandSpec;
  /** Makes the value of the reply. */
  readonly shape: Shape | undefined;
  /** How the reply is decoded. */
  readonly mode: number;
  /** How many there are. */
  count: number;
}

/** What these are, together, for those who watch. */
export function aboutAll(kind: About["kind"], [first, ...others]: readonly Run[], size: number): About {
  // By name: what `call` sends has a spec of its own each time.
  const same = others.every(({ spec }) => spec.name === first!.spec.name);
  return { kind, name: same ? first!.spec.name : "", size };
}

/** The types of a builder's list of commands, each replaced by what it resolves to. */
export type Replies<C extends readonly unknown[]> = {
  -readonly [K in keyof C]: Awaited<C[K]>;
};

/** The same where a command that failed leaves its error in its place. */
export type RepliesOrErrors<C extends readonly unknown[]> = {
  -readonly [K in keyof C]: Awaited<C[K]> | Error;
};

/**
 * What may stand in a builder's list: what its commands give. It says nothing of their replies, for that would be taken for
 * the reply of a command whose caller may name it (`p.eval<number>(…)`).
 */
export interface ListedCommand {
  /** As every promise has it, and each command of a builder: see {@link Queued.then}. */
  then(done: () => unknown): unknown;
}

/**
 * What a pipeline's generator is: its commands are queued one by one. It may return the list of those whose replies are
 * wanted; else all are given, in order.
 */
export interface CommandSource<C> extends Iterator<unknown, C | void> {
  /** As every generator has it: {@link Iterator} alone would not tell the compiler what a generator may return. */
  [Symbol.iterator](): Iterator<unknown, C | void>;
}

/**
 * Stands for the reply of a queued command. It has the type of a promise, so that the builder's list can be typed, but
 * costs none: the replies come from running the batch.
 */
export class Queued {
  /** The command's place in its batch. */
  readonly index: number;
  /** The batch it is queued in. */
  readonly batch: object;

  /** Made by a batch. */
  constructor(batch: object, index: number) {
    this.batch = batch;
    this.index = index;
  }

  /** Awaiting a queued command would wait for ever: it is sent when the batch runs. So it fails at once. */
  then(_resolve: unknown, reject?: (error: Error) => unknown): unknown {
    const error = new TypeError(
      "A queued command cannot be awaited: its reply is part of what running the batch gives",
    );
    if (reject) return Promise.resolve(reject(error));
    return Promise.reject(error);
  }

  /** See {@link Queued.then}. */
  catch(reject?: (error: Error) => unknown): unknown {
    return this.then(undefined, reject);
  }

  /** See {@link Queued.then}. */
  finally(done?: () => void): unknown {
    done?.();
    return this.then(undefined);
  }
}

/**
 * Says that a builder gave no list, and what there is `otherwise`. What an asynchronous one comes to is part of the same mistake:
 * nobody else hears of it.
 */
export function noList(what: string, built: unknown, otherwise = ""): TypeError {
  Promise.resolve(built).catch(() => {});
  const wanted = "must be a function that returns the list of its commands, at once";
  return new TypeError(`The builder of a ${what} ${wanted}${otherwise}`);
}

/** The first chunk of a batch: small ones leave room for the next. */
const CHUNK = 64 * 1024;
/** Less than this is not worth beginning a batch with. */
const LEAST = 16 * 1024;

/**
 * What short batches have left of their chunks: an array of its own for each batch costs more than encoding a dozen
 * commands. There is one for the process, and whoever begins a batch has it to himself.
 */
let spare: Uint8Array | undefined;

function takeSpare(): Uint8Array {
  const taken = spare ?? new Uint8Array(CHUNK);
  spare = undefined;
  return taken;
}

/** Collects commands. */
export abstract class BaseBatch {
  /** What it began with, until that may be somebody else's. */
  #chunk: Uint8Array | undefined = takeSpare();
  /** What it left of that. */
  #left: Uint8Array | undefined;
  /** Where the bytes go. */
  protected readonly encoder: Encoder = new Encoder(undefined, this.#chunk);
  /** How replies are decoded, unless a command's spec says otherwise. */
  protected readonly mode: number;
  /** What the replies owed are, in order. */
  protected runs: Run[] = [];
  /** How many commands have been queued so far. */
  protected queued = 0;
  /** One of the commands may hold its connection. */
  protected blocking = false;
  /** How long the server is asked to wait for one of them, at most, in milliseconds. */
  protected longest = 0;
  /** @internal By which its caller may take back what is queued now. */
  protected ticket: Ticket = new Ticket();
  /** @internal It is sent within a MULTI that its session's caller has sent. */
  [QUEUEING]: boolean = false;
  #last: Run | undefined;
  #introduced: Set<object> | undefined;

  /** Made by a client or a session. */
  constructor(mode: number) {
    this.mode = mode;
  }

  /** How many commands it holds. */
  get length(): number {
    return this.queued;
  }

  /**
   * Queues a command. What it returns stands for the reply and cannot be awaited. The array of arguments is the batch's from
   * the call on: what is changed in it later may be sent.
   */
  send<T>(spec: CommandSpec, args: Arg[], shape?: Shape): Promise<T> {
    return this.#queue(spec, args, shape, this.#modeOf(spec));
  }

  #queue<T>(
    spec: CommandSpec,
    args: readonly Arg[],
    shape: Shape | undefined,
    mode: number,
  ): Promise<T> {
    const isUnusual = (spec.flags & (SESSION | PUBSUB | BLOCKING | BLOCKING_OPTION)) !== 0;
    const held = isUnusual ? this.#unusual(spec, args) : undefined;
    this.put(spec, args);
    if (held !== undefined) {
      this.blocking = true;
      this.longest = Math.max(this.longest, held);
    }
    const last = this.#last;
    if (this[QUEUEING]) shape = unlessQueued(shape);
    if (last !== undefined && last.spec === spec && last.shape === shape) last.count++;
    else this.runs.push(this.#last = { spec, shape, mode, count: 1 });
    this.added();
    return new Queued(this, this.queued++) as unknown as Promise<T>;
  }

  /** Queues any command by its name, for what has no method; the name's words are apart by spaces. */
  call(name: string, ...args: Arg[]): Promise<Reply> {
    const [spec, words] = named(name, args);
    return this.#queue(spec, words, undefined, this.#modeOf(spec) | LOOSE);
  }

  #modeOf(spec: CommandSpec): number {
    return (spec.flags & BINARY) === 0 ? this.mode : this.mode | BYTES;
  }

  /** Refuses what no batch can hold. How long the server may hold the connection for this one, if it may. */
  #unusual(spec: CommandSpec, args: readonly Arg[]): number | undefined {
    if ((spec.flags & (SESSION | PUBSUB)) !== 0) {
      throw new TypeError(`${whyApart(spec)}: send it on a session, on its own`);
    }
    return isBlocking(spec, args) ? waitingTime(spec, args) : undefined;
  }

  /**
   * @internal Whether this script has yet to be introduced by its source: it has not been since the last cut, and what
   * lies between two cuts stays together on one connection. From now on it has been.
   */
  introduce(script: object): boolean {
    this.#introduced ??= new Set();
    return this.#introduced.size < this.#introduced.add(script).size;
  }

  /** @internal Its source was refused: whoever calls it next brings it. */
  retract(script: object): void {
    this.#introduced?.delete(script);
  }

  /** @internal Whether some of it has left. */
  get isSent(): boolean {
    return this.ticket.sent;
  }

  /** @internal The caller gave up: what has not left stays here. True if some of it has left. */
  giveUp(ticket: Ticket = this.ticket): boolean {
    ticket.release();
    return ticket.sent;
  }

  /** Keeps the words of a command; throws what cannot be sent. */
  protected put(spec: CommandSpec, args: readonly Arg[]): void {
    this.encoder.command(spec.head, spec.words, args, spec.name);
  }

  /** Called after each command. */
  protected added(): void {}

  /** Forgets what has been queued since the last cut, and gives it. */
  protected cut(): { chunks: Uint8Array[]; runs: Run[] } {
    const part = { chunks: this.encoder.take(), runs: this.runs };
    this.runs = [];
    this.#last = undefined;
    this.#introduced = undefined;
    return part;
  }

  /** It is over, or encodes little from now on: what is left of its chunk serves another. */
  protected rest(): void {
    const left = this.encoder.surrender();
    if (left.length < LEAST) return;
    spare = left;
    // What a later run leaves is no part of what it began with: of that, somebody may still hold the rest.
    this.#left ??= left;
  }

  /** All of it is answered: nobody reads its bytes any longer, and if no other batch has begun, the next begins where it did. */
  protected spent(): void {
    if (this.#chunk !== undefined && spare === this.#left) spare = this.#chunk;
    this.#chunk = this.#left = undefined;
  }

  /** The places of the builder's list in this batch. Throws if something in it was not queued here. */
  protected places(list: readonly unknown[]): number[] {
    return list.map((item, i) => {
      if (item instanceof Queued && item.batch === this) return item.index;
      throw new TypeError(
        `The builder's list holds something at ${i} that is not a command of this batch`,
      );
    });
  }
}
