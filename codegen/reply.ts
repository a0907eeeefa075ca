/**
 * The language in which `commands.json` describes replies.
 *
 * | written | means | in TypeScript |
 * | --- | --- | --- |
 * | `ok` | the status OK | `"OK"` |
 * | `status` | a simple string; text in every mode | `string` |
 * | `bulk` `text` `id` `cursor` `json` | a bulk or verbatim string | `S` |
 * | `bytes` | a bulk string that is binary in every mode | `Bytes` |
 * | `int` `int64` | an integer | `I` |
 * | `01` | 0 or 1 | `Bit<I>` |
 * | `-1` `2` … | just this integer | `Int<I, -1 \| 2>` |
 * | `"a"` | just this text, a bulk string | `Text<S, "a">` |
 * | `+"a"` | just this text, a simple string: text in every mode | `"a"` |
 * | `double` `double-bulk` | a floating point number, as RESP3's own type or as text | `number` |
 * | `bool` | RESP3's boolean, or 0 and 1 | `boolean` |
 * | `null` | | `null` |
 * | `error` | an error in place of one of several values | `ReplyError` |
 * | `any` | whatever; the caller gives the type | `Reply` |
 * | `T?` | T or null; of a tuple, an empty array is null too | `T \| null` |
 * | `T[]` `set<T>` | an array, a set | `T[]` |
 * | `[a:T,b?:U,...V[]]` | fixed places; labels and the rest may be left out | `[a: T, b?: U, ...V[]]` |
 * | `{f:T,g?:U}` | known names with values, nested or flat, open | an object |
 * | `{"f.<n>"?:T}` | in it, every name that is this and a number | ``[name: `f.${number}`]: T \| undefined`` |
 * | `map<K,V>` `flatmap<K,V>` | any names with values, flat in RESP2 / in both | `Dict<S, V>` |
 * | `pairs<A,B>` `entries<A,B>` | pairs, nested in one protocol and flat in the other | `[A, B][]` |
 * | `T\|U` `(T)` | either | `T \| U` |
 * | `Name` | a row of `$types` | the type of that name |
 *
 * @module
 */

/** A reply type, parsed. */
export type ReplyType =
  | { kind: "name"; name: string }
  | { kind: "text"; value: string; simple?: boolean }
  | { kind: "number"; value: number }
  | { kind: "nullable"; of: ReplyType }
  | { kind: "array"; of: ReplyType }
  | { kind: "tuple"; items: { label?: string; opt: boolean; type: ReplyType }[]; rest?: ReplyType }
  | { kind: "struct"; fields: { name: string; opt: boolean; type: ReplyType }[] }
  | { kind: "map"; value: ReplyType }
  | { kind: "pairs"; first: ReplyType; second: ReplyType }
  | { kind: "union"; of: ReplyType[] };

const TOKEN =
  /\s*(?:(\+?"(?:[^"\\]|\\.)*")|(\.\.\.)|(-?\d+(?![\w.-]))|([A-Za-z_][\w.\-]*(?:\[[\w.]+\])?(?=\??:)|[A-Za-z_][\w.\-]*)|([[\]{}()<>,:?|]))/y;

/** What the plain names mean in TypeScript. */
export const NAMES: Record<string, string> = {
  ok: '"OK"',
  status: "string",
  bulk: "S",
  text: "S",
  id: "S",
  cursor: "S",
  json: "S",
  bytes: "Bytes",
  int: "I",
  int64: "I",
  "01": "Bit<I>",
  double: "number",
  "double-bulk": "number",
  bool: "boolean",
  null: "null",
  error: "ReplyError",
  any: "Reply",
};

/** Parses a reply type; throws a `SyntaxError` that says where it stopped making sense. */
export function parseReply(source: string): ReplyType {
  return new Parser(source).parse();
}

class Parser {
  readonly #source: string;
  readonly #tokens: { text: string; at: number }[] = [];
  #next = 0;

  constructor(source: string) {
    this.#source = source;
    TOKEN.lastIndex = 0;
    let at = 0;
    while (source.slice(at).trim() !== "") {
      TOKEN.lastIndex = at;
      const match = TOKEN.exec(source);
      if (match === null) throw this.#error(at, "not a token");
      at = TOKEN.lastIndex;
      this.#tokens.push({ text: match[0].trim(), at: at - match[0].trim().length });
    }
  }

  parse(): ReplyType {
    const type = this.#union();
    if (this.#peek() !== undefined) throw this.#unexpected("the end");
    return type;
  }

  #peek(ahead = 0): string | undefined {
    return this.#tokens[this.#next + ahead]?.text;
  }

  #take(text: string): boolean {
    if (this.#peek() !== text) return false;
    this.#next++;
    return true;
  }

  #expect(text: string): void {
    if (!this.#take(text)) throw this.#unexpected(text);
  }

  #error(at: number, what: string): SyntaxError {
    return new SyntaxError(`${what} at ${at} of ${JSON.stringify(this.#source)}`);
  }

  #unexpected(wanted: string): SyntaxError {
    const at = this.#tokens[this.#next]?.at ?? this.#source.length;
    return this.#error(at, `expected ${wanted}, found ${this.#peek() ?? "the end"}`);
  }

  #union(): ReplyType {
    const of = [this.#postfix()];
    while (this.#take("|")) of.push(this.#postfix());
    return of.length === 1 ? of[0] : { kind: "union", of };
  }

  #postfix(): ReplyType {
    let type = this.#primary();
    for (;;) {
      if (this.#peek() === "[" && this.#peek(1) === "]") {
        this.#next += 2;
        type = { kind: "array", of: type };
      } else if (this.#peek() === "?" && this.#peek(1) !== ":") {
        this.#next++;
        type = { kind: "nullable", of: type };
      } else return type;
    }
  }

  #primary(): ReplyType {
    const token = this.#peek();
    if (token === undefined) throw this.#unexpected("a type");
    if (token === "[") return this.#tuple();
    if (token === "{") return this.#struct();
    this.#next++;
    if (token === "(") {
      const type = this.#union();
      this.#expect(")");
      return type;
    }
    if (token.startsWith('"')) return { kind: "text", value: JSON.parse(token) };
    if (token.startsWith("+")) return { kind: "text", value: JSON.parse(token.slice(1)), simple: true };
    if (token === "01") return { kind: "name", name: token };
    if (/^-?\d+$/.test(token)) return { kind: "number", value: Number(token) };
    if (/^[A-Za-z_]/.test(token)) return this.#peek() === "<" ? this.#generic(token) : { kind: "name", name: token };
    this.#next--;
    throw this.#unexpected("a type");
  }

  #generic(name: string): ReplyType {
    this.#expect("<");
    const of = [this.#union()];
    while (this.#take(",")) of.push(this.#union());
    this.#expect(">");
    const wanted = name === "set" ? 1 : 2;
    if (of.length !== wanted) throw this.#error(0, `${name} takes ${wanted} types`);
    switch (name) {
      case "set":
        return { kind: "array", of: of[0] };
      case "map":
      case "flatmap":
        return { kind: "map", value: of[1] };
      case "pairs":
      case "entries":
        return { kind: "pairs", first: of[0], second: of[1] };
      default:
        throw this.#error(0, `no generic type is called ${name}`);
    }
  }

  #tuple(): ReplyType {
    this.#expect("[");
    const items: { label?: string; opt: boolean; type: ReplyType }[] = [];
    let rest: ReplyType | undefined;
    while (!this.#take("]")) {
      if (this.#take("...")) {
        if (this.#peek(1) === ":") this.#next += 2;
        const type = this.#postfix();
        rest = type.kind === "array" ? type.of : type;
      } else {
        const opt = this.#peek(1) === "?" && this.#peek(2) === ":";
        const label = opt || this.#peek(1) === ":" ? this.#peek() : undefined;
        if (label !== undefined) this.#next += opt ? 3 : 2;
        items.push({ label, opt, type: this.#union() });
      }
      if (!this.#take(",") && this.#peek() !== "]") throw this.#unexpected("a comma");
    }
    return { kind: "tuple", items, rest };
  }

  #struct(): ReplyType {
    this.#expect("{");
    const fields: { name: string; opt: boolean; type: ReplyType }[] = [];
    while (!this.#take("}")) {
      const token = this.#peek() ?? "";
      if (!/^["A-Za-z_0-9-]/.test(token)) throw this.#unexpected("a field's name");
      this.#next++;
      const opt = this.#take("?");
      this.#expect(":");
      fields.push({ name: token.startsWith('"') ? JSON.parse(token) : token, opt, type: this.#union() });
      if (!this.#take(",") && this.#peek() !== "}") throw this.#unexpected("a comma");
    }
    return { kind: "struct", fields };
  }
}

/** The end of a field's name that stands for any number. */
export const NUMBERED = "<n>";

/** The names in a type that are rows of `$types`. */
export function namesIn(type: ReplyType): string[] {
  switch (type.kind) {
    case "name":
      return type.name in NAMES ? [] : [type.name];
    case "nullable":
    case "array":
      return namesIn(type.of);
    case "union":
      return type.of.flatMap(namesIn);
    case "map":
      return namesIn(type.value);
    case "pairs":
      return [...namesIn(type.first), ...namesIn(type.second)];
    case "tuple":
      return [
        ...type.items.flatMap((item) => namesIn(item.type)),
        ...(type.rest === undefined ? [] : namesIn(type.rest)),
      ];
    case "struct":
      return type.fields.flatMap((field) => namesIn(field.type));
    default:
      return [];
  }
}

/** Whether a value of the type may be `null` itself (not merely hold one). */
export function mayBeNull(type: ReplyType): boolean {
  return type.kind === "nullable" || type.kind === "name" && type.name === "null" ||
    type.kind === "union" && type.of.some(mayBeNull);
}

/** Whether the type holds binary data, so that its reply is bytes in every mode. */
export function isBinary(type: ReplyType): boolean {
  if (type.kind === "name") return type.name === "bytes";
  if (type.kind === "nullable" || type.kind === "array") return isBinary(type.of);
  if (type.kind === "union") return type.of.some(isBinary);
  if (type.kind === "tuple") return type.items.some((item) => isBinary(item.type));
  return type.kind === "struct" ? type.fields.some((field) => isBinary(field.type)) : false;
}
