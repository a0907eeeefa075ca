/**
 * Turns decoded replies into the values that the commands' types promise.
 *
 * Every shape looks at what it gets and not at the protocol: what already has the form passes, what has the form that
 * the other protocol uses is turned into it, and what is neither (`null`, an error in an aggregate, something new of a
 * newer server) is left alone. So the same shape serves RESP2, RESP3 and servers that mix them. Arrays are changed in
 * place; a reply belongs to its command.
 *
 * @module
 */
import { parseDouble } from "../resp/line.ts";
import { BIGINTS, BYTES, type Reply } from "../resp/reply.ts";
import { utf8 } from "../resp/text.ts";
import type { Shape } from "./spec.ts";

/** A floating point number: RESP3 has a type for it, RESP2 sends text (`"1.5"`, `"inf"`, `"nan"`). */
export const double: Shape = (reply): unknown => {
  if (typeof reply === "string") return numberOf(reply);
  if (reply instanceof Uint8Array) return numberOf(utf8.decode(reply));
  return typeof reply === "bigint" ? Number(reply) : reply;
};

function numberOf(text: string): number {
  return parseDouble(text) ?? Number(text);
}

/** A boolean: RESP3 has a type for it, RESP2 sends 0 or 1. */
export const bool: Shape = (reply): unknown => {
  if (reply === 1 || reply === 1n) return true;
  if (reply === 0 || reply === 0n) return false;
  return reply;
};

/** Text that is wanted as text whatever the mode. */
export const text: Shape = (reply): unknown => reply instanceof Uint8Array ? utf8.decode(reply) : reply;

/** An array whose every element has a shape. */
export function list(item: Shape): Shape {
  return (reply, mode) => {
    if (!Array.isArray(reply)) return reply;
    for (let i = 0; i < reply.length; i++) reply[i] = item(reply[i], mode) as Reply;
    return reply;
  };
}

/** An array of fixed places, each with a shape of its own (or none, where nothing is to be done). */
export function tuple(...items: readonly (Shape | undefined)[]): Shape {
  return (reply, mode) => {
    if (!Array.isArray(reply)) return reply;
    for (let i = 0; i < items.length && i < reply.length; i++) {
      const item = items[i];
      if (item !== undefined) reply[i] = item(reply[i], mode) as Reply;
    }
    return reply;
  };
}

/** An array with fixed places first, and then any number of elements of one shape. */
export function tupleRest(rest: Shape | undefined, ...items: readonly (Shape | undefined)[]): Shape {
  return (reply, mode) => {
    if (!Array.isArray(reply)) return reply;
    for (let i = 0; i < reply.length; i++) {
      const item = i < items.length ? items[i] : rest;
      if (item !== undefined) reply[i] = item(reply[i], mode) as Reply;
    }
    return reply;
  };
}

/** Something whose absence some servers tell by an empty array: then it is `null`. */
export function orNull(item?: Shape): Shape {
  return (reply, mode) => {
    if (Array.isArray(reply) && reply.length === 0) return null;
    return item === undefined ? reply : item(reply, mode);
  };
}

/** Pairs: an array of pairs, or names and values one after the other. */
export function pairs(first?: Shape, second?: Shape): Shape {
  return (reply, mode) => {
    if (!Array.isArray(reply)) return reply;
    if (!Array.isArray(reply[0])) pair(reply);
    if (first === undefined && second === undefined) return reply;
    for (const item of reply) {
      if (!Array.isArray(item)) continue;
      if (first !== undefined) item[0] = first(item[0], mode) as Reply;
      if (second !== undefined) item[1] = second(item[1], mode) as Reply;
    }
    return reply;
  };
}

function pair(flat: Reply[]): void {
  const half = flat.length >>> 1;
  for (let i = 0; i < half; i++) flat[i] = [flat[2 * i], flat[2 * i + 1]];
  flat.length = half;
}

/** In so many places names are remembered, and names of so many characters. */
const PLACES = 32;
const LONGEST_NAME = 64;

/**
 * Names that stood in their places the last time. The fields of many entries are the same, and a string that the engine
 * has met as a property's name is set five to fifty times as fast as an equal one that is new to it.
 */
class Names {
  readonly #known: string[] = [];

  /** The known string that equals this name, or the name. */
  same(name: string, place: number): string {
    if (place >= PLACES || name.length > LONGEST_NAME) return name;
    const known = this.#known[place];
    if (known === name) return known;
    return this.#known[place] = name;
  }
}

/**
 * What names and values become: an object that inherits nothing, so that any name may be a property of it. (Its empty
 * prototype makes it three times as fast in V8 as one whose prototype is `null`, which is a hash table from the start.)
 */
const Dictionary = /* @__PURE__ */ (() => {
  const made = function () {} as unknown as { new (): Record<string, unknown>; prototype: object };
  made.prototype = Object.create(null, {
    // Shown as what it holds, and not as something of a strange class.
    [Symbol.for("nodejs.util.inspect.custom")]: { value: shown },
    [Symbol.for("Deno.customInspect")]: { value: shown },
  });
  return made;
})();

function shown(this: object, ...rest: unknown[]): unknown {
  const inspect = rest.find((one) => typeof one === "function") as (value: unknown, options: unknown) => string;
  return inspect({ ...this }, rest.find((one) => typeof one === "object"));
}

/**
 * Names and values as an object that inherits nothing (so that a field may be called `__proto__`), or as a `Map` where
 * strings are bytes.
 */
export function map(value?: Shape): Shape {
  const names = new Names();
  return (reply, mode) => {
    if (!Array.isArray(reply)) return reply;
    if (Array.isArray(reply[0])) flatten(reply);
    if (((mode ?? 0) & BYTES) !== 0 || reply[0] instanceof Uint8Array) return bytesMap(reply, value, mode);
    const object = new Dictionary();
    for (let i = 0; i + 1 < reply.length; i += 2) {
      const name = names.same(String(reply[i]), i >> 1);
      object[name] = value === undefined ? reply[i + 1] : value(reply[i + 1], mode);
    }
    return object;
  };
}

function bytesMap(reply: Reply[], value: Shape | undefined, mode: number | undefined): Map<Reply, unknown> {
  const result = new Map<Reply, unknown>();
  for (let i = 0; i + 1 < reply.length; i += 2) {
    result.set(reply[i], value === undefined ? reply[i + 1] : value(reply[i + 1], mode));
  }
  return result;
}

function flatten(nested: Reply[]): void {
  const flat: Reply[] = [];
  for (const item of nested) {
    if (!Array.isArray(item)) return;
    flat.push(item[0], item[1]);
  }
  nested.length = 0;
  for (const item of flat) nested.push(item);
}

/**
 * Known names with values, as an object that inherits nothing. Names are strings in every mode; what is not known of is
 * kept as it came. What ends in a number, such as `db.0`, may have one shape whatever the number.
 */
export function struct(fields: { readonly [name: string]: Shape } = {}, numbered?: Shape): Shape {
  const shapes = new Map(Object.entries(fields));
  const names = new Names();
  return (reply, mode) => {
    if (!Array.isArray(reply)) return reply;
    const object = new Dictionary();
    for (let i = 0; i + 1 < reply.length; i += 2) {
      const raw = reply[i];
      const name = names.same(raw instanceof Uint8Array ? utf8.decode(raw) : String(raw), i >> 1);
      const shape = shapes.get(name) ?? (numbered && /\d$/.test(name) ? numbered : undefined);
      object[name] = shape === undefined ? reply[i + 1] : shape(reply[i + 1], mode);
    }
    return object;
  };
}

/** An integer that some servers send as text. */
const integer: Shape = (reply, mode): unknown => {
  const given = text(reply, mode);
  if (typeof given !== "string" || !/^-?\d+$/.test(given)) return reply;
  return ((mode ?? 0) & BIGINTS) === 0 ? Number(given) : BigInt(given);
};

/** What BACKUP STATUS tells: its times come as integers or as text. */
export const backupStatus: Shape = /* @__PURE__ */ struct({ start_time: integer, end_time: integer });

/** What XPENDING tells of a group as a whole: how many each consumer has comes as text. */
export const pendingSummary: Shape = /* @__PURE__ */ tuple(
  undefined,
  undefined,
  undefined,
  /* @__PURE__ */ list(/* @__PURE__ */ tuple(undefined, integer)),
);

/** A reply that is either an array or something else, each with its shape. */
export function either(array: Shape | undefined, other: Shape | undefined): Shape {
  return (reply, mode) => {
    const shape = Array.isArray(reply) ? array : other;
    return shape === undefined ? reply : shape(reply, mode);
  };
}

/** The options that decide what is told about a place. */
export interface PlaceOptions {
  /** With the distance from the centre. */
  readonly withdist?: boolean | undefined;
  /** With the geohash. */
  readonly withhash?: boolean | undefined;
  /** With the coordinates. */
  readonly withcoord?: boolean | undefined;
}

/** What GEOSEARCH and its like tell about a place; the parts that are asked for now, whatever the options say later. */
export function geo({ withdist, withhash, withcoord }: PlaceOptions = {}): Shape {
  return (reply, mode) => {
    if (!Array.isArray(reply)) return reply;
    const found: unknown[] = reply;
    for (let i = 0; i < found.length; i++) {
      const item = found[i];
      if (!Array.isArray(item)) continue;
      let at = 1;
      const place: Record<string, unknown> = { member: item[0] };
      if (withdist) place.distance = double(item[at++], mode);
      if (withhash) place.hash = item[at++];
      if (withcoord) {
        const [longitude, latitude] = item[at++] as Reply[];
        place.coordinates = { longitude: double(longitude), latitude: double(latitude) };
      }
      found[i] = place;
    }
    return found;
  };
}

/** Values alone, or with their names. Valkey gives the one that was asked for by itself; as text, it is a decimal. */
export const values: Shape = (reply, mode): unknown => {
  if (!Array.isArray(reply)) {
    return reply instanceof Error ? reply : [typeof reply === "bigint" ? reply : double(reply, mode)];
  }
  const named = typeof reply[0] === "string" || reply[0] instanceof Uint8Array;
  return named ? reply.filter((_, i) => i % 2 === 1) : reply;
};

const entriesOfStream: Shape = /* @__PURE__ */ list(/* @__PURE__ */ tuple(undefined, /* @__PURE__ */ map()));

/** The entries of a stream. For who wants none (COUNT 0) servers have no empty list, but a null. */
export const streamEntries: Shape = (reply, mode): unknown => reply === null ? [] : entriesOfStream(reply, mode);

/** Elements with score and attributes: three values in a row, or an element and a pair of the other two. */
export const similar: Shape = (reply, mode): unknown => {
  if (!Array.isArray(reply)) return reply;
  const found: unknown[] = [];
  const nested = Array.isArray(reply[1]);
  for (let i = 0; i < reply.length; i += nested ? 2 : 3) {
    const [score, attributes] = nested ? reply[i + 1] as Reply[] : [reply[i + 1], reply[i + 2]];
    found.push([reply[i], double(score!, mode), attributes]);
  }
  return found;
};
