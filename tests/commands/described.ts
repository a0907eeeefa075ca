/**
 * Whether a value is what a reply's description says.
 *
 * @module
 */
import { parseReply, type ReplyType } from "../../codegen/reply.ts";

/** The rows of `$types`. */
export type Types = Readonly<Record<string, string>>;

const parsed = new Map<string, ReplyType>();

function parse(source: string): ReplyType {
  let type = parsed.get(source);
  if (type === undefined) parsed.set(source, type = parseReply(source));
  return type;
}

/** What is wrong with a value, by its path, or `undefined` if it is as described. */
export function mismatch(value: unknown, description: string, types: Types): string | undefined {
  return check(value, parse(description), types, "reply");
}

function check(value: unknown, type: ReplyType, types: Types, path: string): string | undefined {
  const wrong = (wanted: string) => `${path}: ${wanted} expected, got ${shown(value)}`;
  switch (type.kind) {
    case "name":
      return type.name in types ? check(value, parse(types[type.name]!), types, path) : scalar(value, type.name, wrong);
    case "text":
      return value === type.value ? undefined : wrong(JSON.stringify(type.value));
    case "number":
      return value === type.value ? undefined : wrong(String(type.value));
    case "nullable":
      return value === null ? undefined : check(value, type.of, types, path);
    case "union": {
      const problems = type.of.map((one) => check(value, one, types, path));
      return problems.includes(undefined) ? undefined : problems.join(", or ");
    }
    case "array":
      return Array.isArray(value)
        ? first(value, (item, i) => check(item, type.of, types, `${path}[${i}]`))
        : wrong("[]");
    case "pairs":
      return Array.isArray(value) ? first(value, (item, i) => pair(item, type, types, `${path}[${i}]`)) : wrong("[]");
    case "map":
      if (!isDictionary(value)) return wrong("names with values");
      return first(Object.entries(value), ([key, item]) => check(item, type.value, types, `${path}.${key}`));
    case "tuple":
      return Array.isArray(value) ? tuple(value, type, types, path) : wrong("a tuple");
    case "struct":
      return isDictionary(value) ? struct(value, type, types, path) : wrong("an object");
  }
}

const SCALARS: Record<string, (value: unknown) => boolean> = {
  ok: (value) => value === "OK",
  bytes: (value) => value instanceof Uint8Array,
  double: (value) => typeof value === "number",
  bool: (value) => typeof value === "boolean",
  int: Number.isSafeInteger,
  "01": (value) => value === 0 || value === 1,
  null: (value) => value === null,
  any: () => true,
};

function scalar(value: unknown, name: string, wrong: (wanted: string) => string): string | undefined {
  const accepts = SCALARS[name] ?? ((value: unknown) => typeof value === "string");
  return accepts(value) ? undefined : wrong(name);
}

function tuple(
  value: unknown[],
  type: ReplyType & { kind: "tuple" },
  types: Types,
  path: string,
): string | undefined {
  const least = type.items.filter((item) => !item.opt).length;
  if (value.length < least || type.rest === undefined && value.length > type.items.length) {
    return `${path}: ${least} to ${type.items.length} places expected, got ${value.length}`;
  }
  return first(value, (item, i) => check(item, type.items[i]?.type ?? type.rest!, types, `${path}[${i}]`));
}

function struct(
  value: Record<string, unknown>,
  type: ReplyType & { kind: "struct" },
  types: Types,
  path: string,
): string | undefined {
  return first(type.fields, ({ name, opt, type: of }) => {
    if (!(name in value)) return opt ? undefined : `${path}: ${name} is missing`;
    return check(value[name], of, types, `${path}.${name}`);
  });
}

function pair(value: unknown, type: ReplyType & { kind: "pairs" }, types: Types, path: string): string | undefined {
  if (!Array.isArray(value) || value.length !== 2) return `${path}: a pair expected, got ${shown(value)}`;
  return check(value[0], type.first, types, `${path}[0]`) ?? check(value[1], type.second, types, `${path}[1]`);
}

function isDictionary(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function first<T>(items: readonly T[], problem: (item: T, index: number) => string | undefined): string | undefined {
  for (const [index, item] of items.entries()) {
    const found = problem(item, index);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** A value for an error message, not too long. */
export function shown(value: unknown): string {
  const text = typeof value === "bigint" ? `${value}n` : JSON.stringify(value) ?? String(value);
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}
