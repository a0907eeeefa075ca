/**
 * From a reply type to TypeScript: its type, and the expression of its shape.
 *
 * @module
 */
import { NAMES, NUMBERED, type ReplyType } from "./reply.ts";

/** What is known of named types: which of S and I each takes. */
export type Generics = ReadonlyMap<string, readonly ("S" | "I")[]>;

/** A type as TypeScript. */
export function printType(type: ReplyType, generics: Generics): string {
  return merged(type, generics).join(" | ");
}

/** The members of a type's union, literals gathered. */
function merged(type: ReplyType, generics: Generics): string[] {
  const members = type.kind === "union" ? type.of.flatMap(flat) : flat(type);
  const texts = members.flatMap((member) =>
    member.kind === "text" && !member.simple ? JSON.stringify(member.value) : []
  );
  const numbers = members.filter((member) => member.kind === "number").map((member) => member.value);
  const printed = new Set<string>();
  for (const member of members) {
    if (member.kind === "text" && member.simple) printed.add(JSON.stringify(member.value));
    else if (member.kind === "text") printed.add(`Text<S, ${texts.join(" | ")}>`);
    else if (member.kind === "number") printed.add(`Int<I, ${numbers.join(" | ")}>`);
    else printed.add(printOne(member, generics));
  }
  if (printed.delete("null")) printed.add("null");
  return [...printed];
}

function flat(type: ReplyType): ReplyType[] {
  if (type.kind === "union") return type.of.flatMap(flat);
  return type.kind === "nullable" ? [...flat(type.of), { kind: "name", name: "null" }] : [type];
}

function printOne(type: ReplyType, generics: Generics): string {
  switch (type.kind) {
    case "name": {
      const known = NAMES[type.name];
      if (known !== undefined) return known;
      const needs = generics.get(type.name) ?? [];
      return needs.length === 0 ? type.name : `${type.name}<${needs.join(", ")}>`;
    }
    case "array": {
      const of = printType(type.of, generics);
      return isSimple(of) ? `${of}[]` : `(${of})[]`;
    }
    case "map":
      return `Dict<S, ${printType(type.value, generics)}>`;
    case "pairs":
      return printPairs(printType(type.first, generics), printType(type.second, generics));
    case "tuple":
      return printTuple(type, generics);
    case "struct":
      return `{ ${type.fields.map((field) => printField(field, printType(field.type, generics))).join("; ")} }`;
    default:
      return printType(type, generics);
  }
}

function printField({ name, opt }: { name: string; opt: boolean }, of: string): string {
  if (!name.endsWith(NUMBERED)) return `${property(name)}${opt ? "?" : ""}: ${of}`;
  return `[name: \`${name.replace(NUMBERED, "${number}")}\`]: ${of}${opt ? " | undefined" : ""}`;
}

function printPairs(first: string, second: string): string {
  if (second === "number") return `[member: ${first}, score: ${second}][]`;
  return second.endsWith("[]") ? `[key: ${first}, entries: ${second}][]` : `[name: ${first}, value: ${second}][]`;
}

function isSimple(printed: string): boolean {
  let depth = 0;
  for (const char of printed) {
    if ("[{<(".includes(char)) depth++;
    else if ("]}>)".includes(char)) depth--;
    else if (char === "|" && depth === 0) return false;
  }
  return true;
}

function printTuple(type: ReplyType & { kind: "tuple" }, generics: Generics): string {
  const labelled = type.items.every((item) => item.label !== undefined);
  const items = type.items.map(({ label, opt, type: of }) => {
    const printed = printType(of, generics);
    if (!labelled || label === undefined) return opt ? `(${printed})?` : printed;
    return `${camel(label)}${opt ? "?" : ""}: ${printed}`;
  });
  if (type.rest !== undefined) {
    const of = printType(type.rest, generics);
    items.push(`...${labelled && items.length > 0 ? "rest: " : ""}${isSimple(of) ? of : `(${of})`}[]`);
  }
  return `[${items.join(", ")}]`;
}

function camel(label: string): string {
  return label.replace(/[-_. ]+(\w)/g, (_, char: string) => char.toUpperCase());
}

/** A property's name as TypeScript source. */
export function property(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name);
}

/**
 * The expression of the shape that makes the type from a decoded reply, or `undefined` where nothing is to be done.
 * `named` gives the expression of a named type's shape.
 */
export function printShape(type: ReplyType, named: (name: string) => string | undefined): string | undefined {
  const shape = (of: ReplyType): string | undefined => printShape(of, named);
  switch (type.kind) {
    case "name":
      if (type.name === "double" || type.name === "double-bulk") return "double";
      if (type.name === "bool") return "bool";
      return type.name in NAMES ? undefined : named(type.name);
    case "nullable": {
      const inner = shape(type.of);
      return type.of.kind === "tuple" ? `orNull(${inner ?? ""})` : inner;
    }
    case "array": {
      const inner = shape(type.of);
      return inner === undefined ? undefined : `list(${inner})`;
    }
    case "map":
      return `map(${shape(type.value) ?? ""})`;
    case "pairs":
      return `pairs(${args([shape(type.first), shape(type.second)])})`;
    case "tuple": {
      const items = type.items.map((item) => shape(item.type));
      const rest = type.rest === undefined ? undefined : shape(type.rest);
      if (rest !== undefined) return `tupleRest(${[rest, ...items.map((item) => item ?? "undefined")].join(", ")})`;
      return items.every((item) => item === undefined) ? undefined : `tuple(${args(items)})`;
    }
    case "struct": {
      const fields = type.fields.map((field) => [field.name, shape(field.type)] as const)
        .filter(([, inner]) => inner !== undefined);
      const printed = fields.filter(([name]) => !name.endsWith(NUMBERED))
        .map(([name, inner]) => `${property(name)}: ${inner}`).join(", ");
      const numbered = fields.flatMap(([name, inner]) => name.endsWith(NUMBERED) ? [`, ${inner}`] : []);
      return fields.length === 0 ? "struct()" : `struct(${printed === "" ? "{}" : `{ ${printed} }`}${numbered})`;
    }
    case "union":
      return unionShape(type.of, shape);
    default:
      return undefined;
  }
}

function args(items: (string | undefined)[]): string {
  const last = items.findLastIndex((item) => item !== undefined);
  return items.slice(0, last + 1).map((item) => item ?? "undefined").join(", ");
}

/**
 * A union is told apart by whether the reply is an array; more cannot be seen in it. What no shape touches (an error, an
 * integer of one value) may stand beside any.
 */
function unionShape(members: ReplyType[], shape: (of: ReplyType) => string | undefined): string | undefined {
  const arrays = new Set<string | undefined>();
  const others = new Set<string | undefined>();
  for (const member of members) {
    const inner = shape(member);
    if (member.kind === "number" || member.kind === "name" && ["null", "error"].includes(member.name)) continue;
    (isAggregate(member) ? arrays : others).add(inner);
  }
  if (arrays.size > 1) throw new SyntaxError("a union of aggregates with different shapes cannot be told apart");
  if (others.size > 1) throw new SyntaxError("a union of scalars with different shapes cannot be told apart");
  const [array] = arrays;
  const [other] = others;
  if (array === undefined && other === undefined) return undefined;
  if (arrays.size === 0 || others.size === 0) return array ?? other;
  return `either(${array ?? "undefined"}, ${other ?? "undefined"})`;
}

function isAggregate(type: ReplyType): boolean {
  if (type.kind === "nullable") return isAggregate(type.of);
  if (type.kind === "name") return !(type.name in NAMES);
  return type.kind !== "text" && type.kind !== "number";
}
