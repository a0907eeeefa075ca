/**
 * Whether a value is what a reply's description says.
 *
 * @module
 */
import { NUMBERED, parseReply, type ReplyType } from "../../codegen/reply.ts";
import { ReplyError } from "../../src/errors.ts";

/** The rows of `$types`. */
export type Types = Readonly<Record<string, string>>;

/** What strings and integers become. */
export type Mode = "plain" | "bytes" | "bigints";

type Of<K extends ReplyType["kind"]> = ReplyType & { kind: K };
type Problem = string | undefined;

const parsed = new Map<string, ReplyType>();

function parse(source: string): ReplyType {
  let type = parsed.get(source);
  if (type === undefined) parsed.set(source, type = parseReply(source));
  return type;
}

/** What is wrong with a value, by its path, or `undefined` if it is as described. */
export function mismatch(value: unknown, description: string, types: Types, mode: Mode = "plain"): Problem {
  return new Checker(types, mode).check(value, parse(description), "reply");
}

/** The fields in a value that its description does not know, by their paths. */
export function undescribed(value: unknown, description: string, types: Types): string[] {
  const checker = new Checker(types, "plain");
  checker.check(value, parse(description), "");
  return checker.extras;
}

class Checker {
  readonly extras: string[] = [];
  readonly #types: Types;
  readonly #mode: Mode;

  constructor(types: Types, mode: Mode) {
    this.#types = types;
    this.#mode = mode;
  }

  check(value: unknown, type: ReplyType, path: string): Problem {
    switch (type.kind) {
      case "name":
        if (type.name in this.#types) return this.check(value, parse(this.#types[type.name]!), path);
        return this.#isScalar(value, type.name) ? undefined : wrong(path, type.name, value);
      case "text":
        return this.#isText(value, type) ? undefined : wrong(path, JSON.stringify(type.value), value);
      case "number":
        return value === this.#integer(type.value) ? undefined : wrong(path, String(type.value), value);
      case "nullable":
        return value === null ? undefined : this.check(value, type.of, path);
      case "union": {
        const problems = type.of.map((one) => this.check(value, one, path));
        return problems.includes(undefined) ? undefined : problems.join(", or ");
      }
      case "map":
        return this.#map(value, type, path);
      case "struct":
        return this.#struct(value, type, path);
      default:
        return Array.isArray(value) ? this.#array(value, type, path) : wrong(path, "an array", value);
    }
  }

  #array(value: unknown[], type: Of<"array" | "pairs" | "tuple">, path: string): Problem {
    if (type.kind === "array") return first(value, (item, i) => this.check(item, type.of, `${path}[${i}]`));
    if (type.kind === "tuple") return this.#tuple(value, type, path);
    return first(value, (item, i) => {
      if (!Array.isArray(item) || item.length !== 2) return wrong(`${path}[${i}]`, "a pair", item);
      return this.check(item[0], type.first, `${path}[${i}][0]`) ??
        this.check(item[1], type.second, `${path}[${i}][1]`);
    });
  }

  #tuple(value: unknown[], type: Of<"tuple">, path: string): Problem {
    const least = type.items.filter((item) => !item.opt).length;
    if (value.length < least || type.rest === undefined && value.length > type.items.length) {
      return `${path}: ${least} to ${type.items.length} places expected, got ${value.length}`;
    }
    return first(value, (item, i) => this.check(item, type.items[i]?.type ?? type.rest!, `${path}[${i}]`));
  }

  #map(value: unknown, type: Of<"map">, path: string): Problem {
    if (this.#mode === "bytes") {
      if (!(value instanceof Map)) return wrong(path, "a Map", value);
      return first([...value], ([key, item]) => {
        if (!(key instanceof Uint8Array)) return wrong(path, "names as bytes", key);
        return this.check(item, type.value, `${path}.${shown(key)}`);
      });
    }
    if (!isObject(value)) return wrong(path, "names with values", value);
    return first(Object.entries(value), ([key, item]) => this.check(item, type.value, `${path}.${key}`));
  }

  #struct(value: unknown, type: Of<"struct">, path: string): Problem {
    if (!isObject(value)) return wrong(path, "an object", value);
    const missing = type.fields.find(({ name, opt }) => !opt && !(name in value));
    if (missing !== undefined) return `${path}: ${missing.name} is missing`;
    const known = new Map(type.fields.map((field) => [field.name, field.type]));
    return first(Object.entries(value), ([name, item]) => {
      const of = known.get(name) ?? known.get(name.replace(/\d+$/, NUMBERED));
      if (of !== undefined) return this.check(item, of, `${path}.${name}`);
      this.extras.push(`${path}.${name}`);
    });
  }

  #isText(value: unknown, { value: text, simple }: Of<"text">): boolean {
    if (simple || this.#mode !== "bytes") return value === text;
    return value instanceof Uint8Array && new TextDecoder().decode(value) === text;
  }

  #integer(value: number): number | bigint {
    return this.#mode === "bigints" ? BigInt(value) : value;
  }

  #isScalar(value: unknown, name: string): boolean {
    switch (name) {
      case "any":
        return true;
      case "ok":
        return value === "OK";
      case "status":
        return typeof value === "string";
      case "null":
        return value === null;
      case "error":
        return value instanceof ReplyError;
      case "bytes":
        return value instanceof Uint8Array;
      case "double":
        return typeof value === "number";
      case "bool":
        return typeof value === "boolean";
      case "01":
        return value === this.#integer(0) || value === this.#integer(1);
      case "int":
        return this.#mode === "bigints" ? typeof value === "bigint" : Number.isSafeInteger(value);
      default:
        return this.#mode === "bytes" ? value instanceof Uint8Array : typeof value === "string";
    }
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  return !Array.isArray(value) && !(value instanceof Map) && !(value instanceof Uint8Array);
}

function first<T>(items: readonly T[], problem: (item: T, index: number) => Problem): Problem {
  for (const [index, item] of items.entries()) {
    const found = problem(item, index);
    if (found !== undefined) return found;
  }
  return undefined;
}

function wrong(path: string, wanted: string, value: unknown): string {
  return `${path}: ${wanted} expected, got ${shown(value)}`;
}

/** A value for an error message, not too long. */
export function shown(value: unknown): string {
  const text = JSON.stringify(value, (_, item) => {
    if (typeof item === "bigint") return `${item}n`;
    if (item instanceof Map) return { map: [...item] };
    return item instanceof Uint8Array ? { bytes: new TextDecoder().decode(item) } : item;
  }) ?? String(value);
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}
