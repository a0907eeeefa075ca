/**
 * Lua scripts and server functions as typed calls that work on every surface: client, session, pipeline, transaction.
 *
 * A server names a script by the SHA-1 of its source. The source travels with the first call; afterwards the digest does,
 * and where the server does not know it (any more) it says NOSCRIPT without having run anything, so that sending the
 * source again runs it once. Inside a batch nothing can be sent again without breaking the order: there the source goes
 * along with the first use in each contiguous part. Within a MULTI that a session's caller sends by himself it goes along
 * with each call.
 *
 * @module
 */
import { pushAll } from "../command/args.ts";
import { type Arg, CommandSpec, READONLY, type Shape, WRITE } from "../command/spec.ts";
import type { Key, Value } from "../command/values.ts";
import { overdue } from "../connection/notice.ts";
import { settledWithin } from "../connection/wait.ts";
import { ReplyError, TimeoutError } from "../errors.ts";
import type { Reply } from "../resp/reply.ts";
import type { BaseBatch } from "./batch.ts";
import { isQueueing } from "./own_multi.ts";
import { beginning, continued, limitLeft, wholly } from "./several.ts";
import { sha1 } from "./sha1.ts";

const KEYS = ["numkeys", 2] as const;
const EVAL = /* @__PURE__ */ new CommandSpec("EVAL", 0, KEYS);
const EVAL_RO = /* @__PURE__ */ new CommandSpec("EVAL_RO", READONLY, KEYS);
const EVALSHA = /* @__PURE__ */ new CommandSpec("EVALSHA", 0, KEYS);
const EVALSHA_RO = /* @__PURE__ */ new CommandSpec("EVALSHA_RO", READONLY, KEYS);
const FCALL = /* @__PURE__ */ new CommandSpec("FCALL", 0, KEYS);
const FCALL_RO = /* @__PURE__ */ new CommandSpec("FCALL_RO", READONLY, KEYS);
const FUNCTION_LOAD = /* @__PURE__ */ new CommandSpec("FUNCTION LOAD", WRITE, "none", "all_shards", "all_succeeded");

/** Whatever commands can be sent on: a client, a session, a pipeline, a transaction. */
export interface Surface {
  /** The hook that all commands go through. */
  send<T>(spec: CommandSpec, args: Arg[], shape?: Shape): Promise<T>;
}

/** How many keys or arguments a script takes: a number, or the names of its places. */
export type Places = number | readonly string[];

/** So many of V, as a tuple; any number where the number is not known when compiling. */
export type Row<N extends number, V, R extends readonly V[] = readonly []> = number extends N ? readonly V[]
  : R["length"] extends N ? R
  : Row<N, V, readonly [...R, V]>;

/** What is passed for the places: a list in their order or, where they have names, an object. */
export type Filled<P extends Places, V> = P extends readonly string[]
  ? { readonly [I in keyof P]: V } | { readonly [N in P[number]]: V }
  : P extends number ? Row<P, V>
  : never;

/** The arguments as the last parameter; it may be left out where there need not be any. */
export type LastOf<P extends Places> = number extends P ? [args?: Filled<P, Value>]
  : [P] extends [0 | readonly []] ? [args?: Filled<P, Value>]
  : [args: Filled<P, Value>];

/** What a call needs to know, of a script or a function. */
export interface CallDefinition<K extends Places, A extends Places, T> {
  /** How many keys it takes, or what they are called; any number unless given. */
  readonly keys?: K | undefined;
  /** How many further arguments it takes, or what they are called; any number unless given. */
  readonly args?: A | undefined;
  /**
   * It only reads: called by the `_RO` command, which replicas answer and which is repeated after a lost connection.
   * Needs Redis 7.0 or Valkey.
   */
  readonly readonly?: boolean | undefined;
  /** Makes the value from the reply, and with that gives its type; the reply as it comes unless given. */
  readonly reply?: ((reply: Reply) => T) | undefined;
}

/** What {@link defineScript} needs to know. */
export interface ScriptDefinition<K extends Places = number, A extends Places = number, T = Reply>
  extends CallDefinition<K, A, T> {
  /** The source. With a first line like `#!lua flags=no-writes` the script is `readonly` unless told otherwise. */
  readonly lua: string;
}

/** What {@link defineFunction} needs to know. */
export interface FunctionDefinition<K extends Places = number, A extends Places = number, T = Reply>
  extends CallDefinition<K, A, T> {
  /** The function's name. */
  readonly name: string;
  /**
   * The source of its library (`#!lua name=…`). With it, a server that does not know the function is given the library,
   * in place of what it may have by that name.
   */
  readonly library?: string | undefined;
}

/** The words of a call after what is called: how many keys, the keys, the arguments. */
function layOut(
  definition: { readonly keys?: Places | undefined; readonly args?: Places | undefined },
  keys: unknown,
  args: unknown,
): Arg[] {
  const inOrder = list(definition.keys, keys, "keys");
  return pushAll(pushAll([inOrder.length], inOrder), list(definition.args, args, "arguments"));
}

function shapeOf<T>({ reply }: { readonly reply?: ((reply: Reply) => T) | undefined }): Shape | undefined {
  return reply && ((value) => reply(value));
}

function list(places: Places | undefined, given: unknown, what: string): readonly Arg[] {
  const wanted = typeof places === "object" ? places.length : places;
  if (Array.isArray(given)) {
    if (wanted !== undefined && wanted !== given.length) {
      throw new TypeError(`The call takes ${wanted} ${what}; ${given.length} were given`);
    }
    return given;
  }
  if (given === undefined && (wanted ?? 0) === 0) return [];
  if (typeof places !== "object" || typeof given !== "object" || given === null) {
    throw new TypeError(`The ${what} of the call must be given as a list`);
  }
  const named = given as Readonly<Record<string, Arg>>;
  const row = places.map((name) => {
    if (Object.hasOwn(named, name)) return named[name];
    throw new TypeError(`The ${what} of the call lack ${name}`);
  });
  if (Object.keys(named).every((name) => places.includes(name) || named[name] === undefined)) return row;
  throw new TypeError(`The ${what} of the call are ${places.join(", ") || "none"}; others were given`);
}

/** A Lua script that can be called on every surface; made by {@link defineScript}. */
export class Script<K extends Places = number, A extends Places = number, T = Reply> {
  /** The source, as it is sent. */
  readonly lua: string;
  /** It is called by EVAL_RO and EVALSHA_RO. */
  readonly readonly: boolean;
  readonly #definition: ScriptDefinition<K, A, T>;
  readonly #shape: Shape | undefined;
  readonly #eval: CommandSpec;
  readonly #evalsha: CommandSpec;
  #digest: string | undefined;
  /** How often the source has been sent outside of batches. */
  #loads = 0;

  /** @internal Made by {@link defineScript}. */
  constructor(definition: ScriptDefinition<K, A, T>) {
    this.#definition = definition;
    this.#shape = shapeOf(definition);
    const { lua } = definition;
    // A template literal often begins with a line break, in front of which "#!" means nothing to a server.
    this.lua = /^\s+#!/.test(lua) ? lua.trimStart() : lua;
    this.readonly = definition.readonly ?? /^#![^\n]*\sflags=[^\s]*\bno-writes\b/.test(this.lua);
    this.#eval = this.readonly ? EVAL_RO : EVAL;
    this.#evalsha = this.readonly ? EVALSHA_RO : EVALSHA;
  }

  /** The SHA-1 of the source, by which servers name the script. */
  get digest(): string {
    return this.#digest ??= sha1(this.lua);
  }

  /**
   * Calls it on a client, a session, a pipeline or a transaction; on the latter two it is queued like any command.
   *
   * @param surface What to call it on.
   * @param keys The keys (KEYS): a list or, if they have names, an object.
   * @param args Further arguments (ARGV): likewise.
   * @throws {TypeError} if there are more or fewer of them than were defined.
   */
  run(surface: Surface, keys: Filled<K, Key>, ...[args]: LastOf<A>): Promise<T> {
    if (isBatch(surface)) return this.#queue(surface, layOut(this.#definition, keys, args));
    return wholly(surface, this.#call(surface, keys, args));
  }

  async #call(surface: Surface, keys: unknown, args: unknown): Promise<T> {
    const words = layOut(this.#definition, keys, args);
    // Whether the server knows it comes out at EXEC, and that may never come: it counts for no other call.
    if (isQueueing(surface)) return await this.#evaluate(surface, words);
    const seen = this.#loads;
    if (seen === 0) return await this.#bySource(surface, words);
    const began = beginning(surface);
    try {
      return await this.#byDigest(surface, words);
    } catch (error) {
      if (!isUnknown(error) || isQueueing(surface)) throw error;
    }
    // Of many calls that the server refused at once, one brings the source.
    if (this.#loads === seen) return await this.#bySource(continued(surface, began), words);
    try {
      return await this.#byDigest(continued(surface, began), words);
    } catch (error) {
      if (!isUnknown(error) || isQueueing(surface)) throw error;
      return await this.#bySource(continued(surface, began), words);
    }
  }

  #queue(batch: Surface & Pick<BaseBatch, "introduce" | "retract">, words: readonly Arg[]): Promise<T> {
    if (!batch.introduce(this)) return this.#byDigest(batch, words);
    try {
      return this.#evaluate(batch, words);
    } catch (error) {
      batch.retract(this);
      throw error;
    }
  }

  #bySource(surface: Surface, words: readonly Arg[]): Promise<T> {
    this.#loads++;
    return this.#evaluate(surface, words);
  }

  #evaluate(surface: Surface, words: readonly Arg[]): Promise<T> {
    return surface.send(this.#eval, pushAll([this.lua], words), this.#shape);
  }

  #byDigest(surface: Surface, words: readonly Arg[]): Promise<T> {
    return surface.send(this.#evalsha, pushAll([this.digest], words), this.#shape);
  }
}

/** Whether commands are collected there, so that nothing can be sent again. */
function isBatch(surface: Surface): surface is Surface & Pick<BaseBatch, "introduce" | "retract"> {
  return typeof (surface as Partial<BaseBatch>).introduce === "function";
}

/** In the server's own words: a script may raise an error with this code, too, after it has written something. */
function isUnknown(error: unknown): boolean {
  return error instanceof ReplyError && error.message.startsWith("NOSCRIPT No matching script");
}

/** A function of a server's library that can be called on every surface; made by {@link defineFunction}. */
export class LibraryFunction<K extends Places = number, A extends Places = number, T = Reply> {
  /** The function's name. */
  readonly name: string;
  readonly #definition: FunctionDefinition<K, A, T>;
  readonly #shape: Shape | undefined;
  readonly #library: string | undefined;
  readonly #spec: CommandSpec;
  readonly #loading = new WeakMap<Surface, Promise<void>>();

  /** @internal Made by {@link defineFunction}. */
  constructor(definition: FunctionDefinition<K, A, T>) {
    this.#definition = definition;
    this.#shape = shapeOf(definition);
    this.name = definition.name;
    this.#library = definition.library?.trimStart();
    this.#spec = definition.readonly ? FCALL_RO : FCALL;
  }

  /**
   * Gives the server the function's library, in place of what it may have by that name. To be called before a batch uses
   * the function; elsewhere it happens by itself.
   *
   * @param surface A client or a session.
   * @throws {TypeError} for a pipeline or a transaction, and where the library is not known.
   */
  async load(surface: Surface): Promise<void> {
    if (isBatch(surface)) {
      throw new TypeError("A library is loaded on a client or a session, before a batch uses its functions");
    }
    if (this.#library === undefined) throw new TypeError(`The source of ${this.name}'s library is not known`);
    await surface.send(FUNCTION_LOAD, ["REPLACE", this.#library]);
  }

  /**
   * Calls it on a client, a session, a pipeline or a transaction; on the latter two it is queued like any command.
   *
   * @param surface What to call it on.
   * @param keys The keys (the function's first argument): a list or, if they have names, an object.
   * @param args Further arguments (its second): likewise.
   * @throws {TypeError} if there are more or fewer of them than were defined.
   */
  run(surface: Surface, keys: Filled<K, Key>, ...[args]: LastOf<A>): Promise<T> {
    if (isBatch(surface)) return this.#queue(surface, layOut(this.#definition, keys, args));
    return wholly(surface, this.#call(surface, keys, args));
  }

  async #call(surface: Surface, keys: unknown, args: unknown): Promise<T> {
    const words = layOut(this.#definition, keys, args);
    const began = beginning(surface);
    let refusal: unknown;
    try {
      return await this.#queue(surface, words);
    } catch (error) {
      // All that the server says: the function may raise an error that begins like that, too, after it has written something.
      const unknown = error instanceof ReplyError && /^ERR function not found$/i.test(error.message);
      if (!unknown || this.#library === undefined || isQueueing(surface)) throw error;
      refusal = error;
    }
    await this.#loaded(surface, began);
    // Its session may have said MULTI meanwhile.
    if (isQueueing(surface)) throw refusal;
    return await this.#queue(continued(surface, began), words);
  }

  /** Of many calls at once one brings the library; each waits for it as long as its own limit lets it. */
  async #loaded(surface: Surface, began: number): Promise<void> {
    let loading = this.#loading.get(surface);
    if (loading === undefined) {
      loading = this.load(surface).finally(() => this.#loading.delete(surface));
      this.#loading.set(surface, loading);
    }
    const left = limitLeft(surface, began);
    if (left === undefined || await settledWithin(loading, left.timeout)) return await loading;
    const { name } = this.#spec;
    const words = overdue("its library was not loaded", left.limit, "it has not run", name);
    const error = new TimeoutError(words, { waitingFor: "reply", after: left.limit });
    error.command = name;
    throw error;
  }

  #queue(surface: Surface, words: readonly Arg[]): Promise<T> {
    return surface.send(this.#spec, pushAll([this.name], words), this.#shape);
  }
}

/**
 * Defines a Lua script once, to be called on any surface. Nothing is sent before it is called.
 *
 * The source travels with the first call; then its digest does. A server that has lost the script (SCRIPT FLUSH, a
 * restart, a failover) gets the source again; the call runs once in any case, and a limit of time counts from the call,
 * however often it is sent. In a pipeline or transaction the source goes along with the script's first use.
 *
 * @example A script with named places, alone and in a transaction
 * ```ts
 * import { connect, defineScript } from "@respire/redis";
 *
 * const take = defineScript({
 *   keys: ["stock"],
 *   args: ["amount"],
 *   lua: `
 *     local left = tonumber(redis.call("GET", KEYS[1]) or "0") - tonumber(ARGV[1])
 *     if left < 0 then return false end
 *     redis.call("SET", KEYS[1], left)
 *     return left
 *   `,
 *   reply: (left) => left as number | null,
 * });
 *
 * await using redis = await connect();
 * const left = await take.run(redis, ["apples"], [2]); // number | null
 * const [again, n] = await redis.transaction((tx) => [take.run(tx, { stock: "pears" }, { amount: 1 }), tx.incr("n")]);
 * ```
 */
export function defineScript<const K extends Places = number, const A extends Places = number, T = Reply>(
  definition: ScriptDefinition<K, A, T>,
): Script<K, A, T> {
  return new Script(definition);
}

/**
 * Defines a function of a server's library once, to be called on any surface (FCALL, FCALL_RO). Needs Redis 7.0 or Valkey.
 *
 * @example A function whose library comes along
 * ```ts
 * import { connect, defineFunction } from "@respire/redis";
 *
 * const greet = defineFunction({
 *   name: "greet",
 *   keys: 0,
 *   args: ["whom"],
 *   readonly: true,
 *   library: `#!lua name=greetings
 *     redis.register_function({
 *       function_name = "greet",
 *       callback = function(keys, args) return "Hello " .. args[1] end,
 *       flags = { "no-writes" },
 *     })
 *   `,
 *   reply: String,
 * });
 *
 * await using redis = await connect();
 * console.log(await greet.run(redis, [], ["Ada"]));
 * ```
 */
export function defineFunction<const K extends Places = number, const A extends Places = number, T = Reply>(
  definition: FunctionDefinition<K, A, T>,
): LibraryFunction<K, A, T> {
  return new LibraryFunction(definition);
}
