/**
 * From an argument tree to a method's parameters, the type of its options, and the code that lays the arguments out.
 *
 * @module
 */
import { docOf } from "./docs.ts";
import { listCall } from "./list_calls.ts";
import type { ArgumentNode } from "./model.ts";
import { camelCase, parameterName } from "./names.ts";
import { fail, isPairs, isScalarItem, isTuple, nested, soleMember } from "./nodes.ts";
import {
  allMembers,
  calls,
  flatten,
  guard,
  indent,
  isEmpty,
  isRequired,
  type Member,
  type ObjectType,
  type Param,
  type Plan,
  printObject,
  type Step,
} from "./plan.ts";
import { isScalar, literals, optionKey, scalarType, scalarWords } from "./values.ts";

/** Makes the plan of a method's arguments. */
export function planArguments(nodes: readonly ArgumentNode[]): Plan {
  const walker = new Walker(undefined);
  walker.walk(nodes);
  const params = [
    ...walker.params.filter((param) => !param.optional && !param.rest),
    ...walker.params.filter((param) => param.optional),
    ...walker.params.filter((param) => param.rest),
  ];
  const names = new Set(params.map((param) => param.name));
  const rest = params.findIndex((param) => param.rest);
  if (rest >= 0 && (rest < params.length - 1 || !isEmpty(walker.type))) {
    throw new Error(`${params[rest].name}: a "tail" list must be the last parameter, with no options beside it`);
  }
  const open = nodes.filter((node) => node.token === undefined && ["tail", "array"].includes(node.list ?? ""));
  if (open.length > 1) {
    throw new Error(
      `nobody can tell where ${open[0].name} ends and ${open[1].name} begins: at most one may be uncounted`,
    );
  }
  if (names.size < params.length) throw new Error(`two parameters have the same name: ${params.map((p) => p.name)}`);
  const optional = params.find((param) => param.optional);
  if (optional !== undefined && isRequired(walker.type)) {
    throw new Error(`${optional.name}: may not be left out before options that may not`);
  }
  return { params, options: walker.type, steps: walker.steps };
}

/** Walks the nodes of a method's arguments (`object` left out), or of an object that the expression `object` holds. */
class Walker {
  readonly params: Param[] = [];
  readonly type: ObjectType = { members: [], choices: [], spreads: [] };
  readonly steps: Step[] = [];
  readonly #object: string | undefined;
  readonly #depth: number;

  constructor(object: string | undefined, depth = 0) {
    this.#object = object;
    this.#depth = depth;
  }

  walk(nodes: readonly ArgumentNode[]): void {
    for (const node of nodes) this.#node(node);
    for (const node of nodes) if (node.not !== undefined) this.#exclude([optionKey(node), camelCase(node.not)]);
  }

  /** Two options become a choice, unless the server at hand has only one of them. */
  #exclude(keys: readonly string[]): void {
    const members = this.type.members.filter((member) => keys.includes(member.key));
    if (members.length < keys.length) return;
    this.type.members = this.type.members.filter((member) => !members.includes(member));
    this.type.choices.push({ members, required: false });
  }

  #words(words: string[]): void {
    const last = this.steps.at(-1);
    if (words.length === 0) return;
    if (last?.kind === "words") last.words.push(...words);
    else this.steps.push({ kind: "words", words: [...words] });
  }

  #code(lines: string[], guarded: boolean): void {
    if (lines.length > 0) this.steps.push({ kind: "code", lines, guarded });
  }

  /** The expression of an option, or of a member of the object. */
  #read(key: string): string {
    return `${this.#object ?? "options"}.${key}`;
  }

  #node(node: ArgumentNode): void {
    if (node.flag !== undefined) {
      if (node.opt === undefined) return this.#words(literals(node.flag));
      const key = this.#member(node, "boolean", true);
      return this.#code([`if (${this.#read(key)}) words.push(${literals(node.flag).join(", ")});`], true);
    }
    if (node.oneof !== undefined && node.list === undefined) return this.#oneof(node);
    if (node.group !== undefined && node.list === undefined) return this.#group(node);
    if (node.opt === undefined || node.empty) return this.#required(node);
    if (node.token === undefined && node.as === undefined && this.#object === undefined) return this.#trailing(node);
    this.#option(node);
  }

  #required(node: ArgumentNode): void {
    let expr: string;
    if (this.#object === undefined) {
      const param = this.#param(node, node.empty === true && node.opt !== undefined);
      expr = param.name;
    } else {
      expr = this.#read(this.#member(node, valueType(node), node.opt !== undefined));
    }
    if (isScalar(node)) return this.#words([...literals(node.token), ...scalarWords(node, expr)]);
    this.#list(node, node.opt === undefined ? expr : `${expr} ?? []`);
  }

  /** An optional positional parameter. */
  #trailing(node: ArgumentNode): void {
    const param = this.#param(node, true);
    if (param.rest) return this.#list(node, param.name);
    this.#code([`if (${param.name} !== undefined) {`, ...indent(emit(node, param.name, this.#depth)), "}"], false);
  }

  #option(node: ArgumentNode): void {
    const expr = this.#read(this.#member(node, valueType(node), true));
    this.#code([`if (${expr} !== undefined) {`, ...indent(emit(node, expr, this.#depth, this.#mid(node))), "}"], true);
  }

  #mid(node: ArgumentNode): string[] {
    if (node.mid === undefined) return [];
    const key = optionKey(node.mid);
    if (!this.type.members.some((member) => member.key === key)) {
      this.#member({ ...node.mid, opt: true }, "boolean", true);
    }
    return [`if (${this.#read(key)}) words.push(${literals(node.mid.flag).join(", ")});`];
  }

  #param(node: ArgumentNode, optional: boolean): Param {
    const rest = node.list === "tail";
    const name = parameterName(node.name ?? node.token?.toLowerCase() ?? fail(node, "needs a name"));
    const item = node.list !== undefined && !isPairs(node) && !isScalarItem(node) ? itemType(node) : undefined;
    const param: Param = { name, type: valueType(node), optional: optional && !rest, rest, doc: docOf(node), item };
    if (rest && node.ts === undefined && isTuple(node)) param.type = valueType(node);
    else if (rest) {
      param.type = node.ts === undefined ? `Many<${itemType(node)}>` : param.type.replace("Pairs<", "PairArgs<");
    } else if (isPairs(node) && node.list === "array" && this.#object === undefined) {
      param.plain = node.group!.map((part) => ({ name: parameterName(part.name ?? "value"), type: scalarType(part) }));
    }
    this.params.push(param);
    return param;
  }

  #member(node: ArgumentNode, type: string, optional: boolean): string {
    const key = optionKey(node);
    if (allMembers(this.type).some((member) => member.key === key)) throw new Error(`the key ${key} is there twice`);
    const item = node.list !== undefined && !isPairs(node) && !isScalarItem(node) ? itemType(node) : undefined;
    this.type.members.push({ key, type, optional, doc: docOf(node), item });
    return key;
  }

  /** A list: appended by a function where one fits, by a loop otherwise. */
  #list(node: ArgumentNode, expr: string): void {
    const call = listCall(node, expr);
    if (call === undefined) {
      const lines = emit(node, expr, this.#depth);
      // There may be another that declares the same beside it.
      const declares = lines.some((line) => line.startsWith("const "));
      return this.#code(declares ? ["{", ...indent(lines), "}"] : lines, false);
    }
    this.#words(literals(node.token));
    this.steps.push({ kind: "call", make: call });
  }

  #oneof(node: ArgumentNode): void {
    const alternatives = node.oneof!;
    const plain = alternatives.filter((one) =>
      one.flag === undefined && one.token === undefined && one.as === undefined
    );
    if (
      plain.length === 1 && plain[0].group === undefined &&
      alternatives.every((one) => one.flag !== undefined || one === plain[0])
    ) {
      const words = alternatives.flatMap((one) => one.flag ?? []);
      return this.#node({ ...plain[0], opt: node.opt, or: words, token: node.token, doc: node.doc ?? plain[0].doc });
    }
    const members: Member[] = [];
    const unless = typeof node.opt === "string" ? camelCase(node.opt) : undefined;
    const required = node.opt === undefined || unless !== undefined;
    this.type.choices.push({ members, required, unless });
    const lines: string[] = [];
    const mid = this.#mid(node);
    for (const one of alternatives) {
      const key = optionKey(one);
      if (allMembers(this.type).some((member) => member.key === key)) throw new Error(`the key ${key} is there twice`);
      members.push({
        key,
        type: one.flag === undefined ? valueType(one) : required ? "true" : "boolean",
        optional: false,
        doc: docOf(one),
      });
      const expr = this.#read(key);
      const test = one.flag === undefined ? `${expr} !== undefined` : expr;
      lines.push(`${lines.length === 0 ? "" : "} else "}if (${test}) {`);
      const token = literals(node.token).length > 0 ? [`words.push(${literals(node.token).join(", ")});`] : [];
      lines.push(...indent([...token, ...emit(one, expr, this.#depth, [...mid, ...this.#mid(one)])]));
    }
    this.#code([...lines, "}"], true);
  }

  #group(node: ArgumentNode): void {
    const named = node.token ?? node.as ?? node.name;
    if (node.ts === "object" || node.opt !== undefined && named !== undefined && node.ts !== "spread") {
      if (node.opt === undefined) {
        this.#words(literals(node.token));
        const { lines } = objectCode(node, parameterName(node.name!), this.#depth);
        this.#param(node, false);
        return this.#code(lines, false);
      }
      return this.#option(node);
    }
    if (node.opt === undefined) {
      this.#words(literals(node.token));
      return this.walk(node.group!);
    }
    if (node.ts === "spread") return this.#spread(node);
    this.#positional(node);
  }

  /** An optional group whose members are keys of the options, all required ones together. */
  #spread(node: ArgumentNode): void {
    const inner = new Walker(this.#object ?? "options", this.#depth);
    inner.walk(node.group!);
    this.type.spreads.push(inner.type);
    // Of choices each asks by itself what was given: what lacks the other is the server's to refuse.
    if (inner.type.members.length === 0) return this.#code(flatten(inner.steps), true);
    const first = inner.type.members.find((member) => !member.optional) ?? fail(node, "needs a required member");
    this.#code([`if (${this.#read(first.key)} !== undefined) {`, ...indent(flatten(inner.steps)), "}"], true);
  }

  /** Trailing parameters that come together: the first says whether the others do. */
  #positional(node: ArgumentNode): void {
    if (this.#object !== undefined) fail(node, "an optional group in an object needs a name or a token");
    const inner = new Walker(undefined, this.#depth);
    inner.walk(node.group!);
    const first = inner.params[0] ?? fail(node, "an optional group needs a name, a token or a scalar first");
    if (node.group!.slice(1).some((part) => part.list !== undefined)) fail(node, "a list in it must be its first");
    for (const param of inner.params) {
      this.params.push({
        ...param,
        optional: true,
        ...(param === first || param.optional ? {} : { leader: first.name }),
      });
    }
    const led = (members: Member[]) => members.map((member) => ({ ...member, leader: first.name }));
    this.type.members.push(...led(inner.type.members));
    this.type.choices.push(...inner.type.choices.map((choice) => ({ ...choice, members: led(choice.members) })));
    const others = inner.params.slice(1).filter((param) => !param.optional);
    const given = ({ name, type }: Param) => `${name} as ${type.startsWith("Time") ? "Time" : "Arg"}`;
    const lines = flatten(guard(inner.steps)).map((line) =>
      others.reduce((text, one) => text.replace(new RegExp(`(?<=[(, ])${one.name}(?=[,)])`), given(one)), line)
    );
    this.#code([
      `if (${first.name} !== undefined) {`,
      ...indent([...literals(node.token).map((word) => `words.push(${word});`), ...lines]),
      "}",
    ], false);
  }
}

/** The type of one item of a list. */
function itemType(node: ArgumentNode): string {
  if (node.oneof !== undefined) return unionType(node.oneof);
  if (node.group === undefined) return scalarType(node);
  if (!isTuple(node)) return printObject(objectCode(node, "item", 0).type);
  return `readonly [${
    node.group.map((part) => `${parameterName(part.name ?? "value")}: ${scalarType(part)}`).join(", ")
  }]`;
}

function unionType(alternatives: readonly ArgumentNode[]): string {
  const types = alternatives.map((one) => {
    if (one.flag === undefined) return `{ ${optionKey(one)}: ${valueType(one)} }`;
    return one.as === undefined ? JSON.stringify(one.flag) : `{ ${one.as}: true }`;
  });
  return types.join(" | ");
}

/** The type of a node's whole value. */
export function valueType(given: ArgumentNode): string {
  const node = nested(given);
  if (isPairs(node)) {
    const [first, second] = node.group!.map(scalarType);
    return node.ts === "pairs" ? `Pairs<${first}, ${second}>` : `Pairs<${second}, ${first}>`;
  }
  if (node.list === "joined" || node.list === "some") {
    return `${itemType(node)} | readonly ${/[|"]/.test(itemType(node)) ? `(${itemType(node)})` : itemType(node)}[]`;
  }
  if (node.list === "each") {
    const item = valueType({ ...node, list: "joined" });
    return `readonly (${item})[]`;
  }
  if (node.list !== undefined) {
    const item = itemType(node);
    return /^readonly|[|&"]/.test(item) ? `readonly (${item})[]` : `readonly ${item}[]`;
  }
  if (node.group === undefined) return node.flag === undefined ? scalarType(node) : "boolean";
  const single = soleMember(node);
  if (single !== undefined) return valueType(single);
  const { type } = objectCode(node, "item", 0);
  return isRequired(type) ? printObject(type) : `true | ${printObject(type)}`;
}

function objectCode(node: ArgumentNode, object: string, depth: number): { type: ObjectType; lines: string[] } {
  const walker = new Walker(object, depth + 1);
  walker.walk(node.group!);
  if (isEmpty(walker.type)) fail(node, "has nothing that a caller could give");
  return { type: walker.type, lines: flatten(walker.steps) };
}

/** Statements that append a node's value, the expression `expr`, with its token. */
function emit(given: ArgumentNode, expr: string, depth: number, mid: string[] = []): string[] {
  const node = nested(given);
  const token = literals(node.token);
  const head = mid.length === 0 ? [] : [`words.push(${token.join(", ")});`, ...mid];
  const lead = mid.length === 0 ? token : [];
  if (node.flag !== undefined) return [`words.push(${literals(node.flag).join(", ")});`];
  if (isScalar(node)) return [...head, `words.push(${[...lead, ...scalarWords(node, expr)].join(", ")});`];
  const first = lead.length === 0 ? head : [`words.push(${lead.join(", ")});`];
  if (node.list !== undefined) {
    const call = listCall(node, expr);
    if (call !== undefined) return [...first, `${call("words")};`];
    return [...(node.repeat ? [] : first), ...loop(node, expr, depth)];
  }
  if (node.group === undefined) return fail(node, "cannot be encoded here");
  const single = soleMember(node);
  if (single !== undefined) return [...head, `words.push(${[...lead, ...scalarWords(single, expr)].join(", ")});`];
  const { type, lines } = objectCode(node, expr, depth);
  const inner = isRequired(type) ? lines : [`if (${expr} !== true) {`, ...indent(lines), "}"];
  if (node.count !== "words") return [...first, ...inner];
  const at = `at${depth === 0 ? "" : depth + 1}`;
  return [...first, `const ${at} = words.push(0) - 1;`, ...inner, `setCount(words, ${at});`];
}

/** A loop over a list of tuples, objects or operations. */
function loop(node: ArgumentNode, expr: string, depth: number): string[] {
  const item = depth === 0 ? "item" : `item${depth + 1}`;
  const repeat = node.repeat ? literals(node.token) : [];
  const body = repeat.length > 0 && !isTuple(node) && !isScalarItem(node) ? [`words.push(${repeat.join(", ")});`] : [];
  let over = item;
  let names: string[] = [];
  if (node.oneof !== undefined) body.push(...choose(node.oneof, item, depth + 1));
  else if (node.group === undefined) {
    body.push(`words.push(${[...repeat, ...scalarWords({ ...node, list: undefined }, item)].join(", ")});`);
  } else if (isTuple(node)) {
    names = node.group.map((part) => parameterName(part.name ?? "value"));
    if (new Set(names).size < names.length) return fail(node, "two members have the same name");
    over = `[${names.join(", ")}]`;
    body.push(
      `words.push(${[...repeat, ...node.group.flatMap((part, at) => scalarWords(part, names[at]))].join(", ")});`,
    );
  } else body.push(...objectCode(node, item, depth).lines);
  const walked = isPairs(node) ? "entries" : isTuple(node) ? "tuplesOf" : node.list === "tail" ? "many" : "itemsOf";
  const source = `${walked}(${expr})`;
  const isUsed = (name: string) => new RegExp(`(?<![.\\w])${name}\\b`).test(expr) || calls([source, ...body], name);
  if (names.some(isUsed)) return fail(node, "a member has the name of something that it would hide");
  const lines = [`for (const ${over} of ${source}) {`, ...indent(body), "}"];
  if (node.list !== "counted") return lines;
  if (node.count !== "words") return [`words.push((${expr}).length);`, ...lines];
  const inner = isPairs(node) ? [`pushPairs(words, ${expr});`] : lines;
  const at = `at${depth === 0 ? "" : depth + 1}`;
  return [`const ${at} = words.push(0) - 1;`, ...inner, `setCount(words, ${at});`];
}

/** The operation that an item of a list is. */
function choose(alternatives: readonly ArgumentNode[], item: string, depth: number): string[] {
  const lines: string[] = [];
  const flags = alternatives.filter((one) => one.flag !== undefined && one.as === undefined);
  const keys = alternatives.filter((one) => !flags.includes(one)).map(optionKey);
  if (new Set(keys).size < keys.length) throw new Error(`one of the keys ${keys} is there twice`);
  if (flags.length > 0) lines.push(`if (typeof ${item} === "string") {`, `  words.push(...${item}.split(" "));`);
  for (const one of alternatives) {
    if (flags.includes(one)) continue;
    const key = optionKey(one);
    const test = lines.length === 0 ? "if" : "} else if";
    lines.push(`${test} (${JSON.stringify(key)} in ${item}) {`, ...indent(emit(one, `${item}.${key}`, depth)));
  }
  return [...lines, "}"];
}
