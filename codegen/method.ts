/**
 * From a command to its method: signatures, body and docstring.
 *
 * @module
 */
import {
  allMembers,
  indent,
  isEmpty,
  isRequired,
  type ObjectType,
  type Param,
  type Plan,
  planArguments,
  printSince,
} from "./arguments.ts";
import type { ArgumentNode, Branch, Command } from "./model.ts";
import { constantName, methodName, pascal } from "./names.ts";
import { mayBeNull, parseReply, type ReplyType } from "./reply.ts";

/** What the printer of a whole file does for its methods. */
export interface Context {
  /** The TypeScript of a reply type, named and put elsewhere when it is long. */
  type(type: ReplyType, name: string): string;
  /** The expression of the shape of a reply type, or `undefined` where none is needed. */
  shape(type: ReplyType, name: string): string | undefined;
}

/** One signature of a method. */
export interface Signature {
  generics: string;
  params: string;
  returns: string;
}

/** A method, ready to be printed. */
export interface Method {
  name: string;
  command: string;
  constant: string;
  group: string;
  session: boolean;
  docs: string[];
  /** The signature, or the overloads. */
  signatures: Signature[];
  /** The signature of the implementation, where there are overloads. */
  implementation?: Signature;
  body: string[];
  /** Types of list items that are too long to stand in a signature. */
  items: { name: string; type: string; doc: string }[];
  /** The type of the options, if any. */
  options?: { name: string; type: ObjectType };
}

/** A branch of the reply with its conditions parsed. */
interface Case {
  /** Any of these; each is all of its atoms. Empty: always. */
  when: { name: string; value?: string; positional: boolean }[][];
  type: ReplyType;
  decode?: string;
}

/** What is known of the positional parameters in one overload. */
interface Given {
  params: Param[];
  /** Names of optional parameters that are given (true), not given (false), or either (left out). */
  presence: Map<string, boolean>;
  /** A parameter that is one word. */
  literal?: { name: string; value: string };
}

/** Makes the method of a command. */
export function makeMethod(command: string, facts: Command, context: Context): Method {
  const name = methodName(command);
  const forms = (facts.forms ?? [facts.args ?? []]) as ArgumentNode[][];
  const plans = forms.map(planArguments);
  const items = plans.flatMap((plan) => nameItems(name, plan, command));
  const cases = parseCases(facts.reply, plans);
  const builder = new Builder(name, command, plans, cases, context);
  const { signatures, implementation, body } = builder.build();
  const options = plans.find((plan) => !isEmpty(plan.options))?.options;
  return {
    name,
    command,
    constant: constantName(command),
    group: facts.group,
    session: facts.conn === "session",
    docs: docs(facts, plans, cases),
    signatures,
    implementation,
    body,
    items,
    options: options === undefined ? undefined : { name: optionsName(name), type: options },
  };
}

/** An item's type longer than this gets a name. */
const LONG_ITEM = 70;

/** Gives names to the long types of list items, in the plan itself. */
function nameItems(method: string, plan: Plan, command: string): { name: string; type: string; doc: string }[] {
  const items: { name: string; type: string; doc: string }[] = [];
  for (const one of [...plan.params, ...allMembers(plan.options)]) {
    if (one.item === undefined || one.item.length <= LONG_ITEM) continue;
    const own = "key" in one ? one.key : one.name;
    const name = pascal(method) + pascal(own.replace(/s$/, ""));
    items.push({ name, type: one.item, doc: `One of the ${own} of \`${command}\`.` });
    one.type = one.type.replace(`(${one.item})`, name).replace(one.item, name);
  }
  return items;
}

function optionsName(method: string): string {
  return `${pascal(method)}Options`;
}

function parseCases(reply: string | Branch[], plans: readonly Plan[]): Case[] {
  const branches: Branch[] = typeof reply === "string" ? [{ type: reply }] : reply;
  const params = new Set(plans.flatMap((plan) => plan.params.map((param) => param.name)));
  const keys = new Set(plans.flatMap((plan) => allMembers(plan.options).map((member) => member.key)));
  return mergeGeo(branches).map(({ when = [], type, decode }) => ({
    type: parseReply(type),
    decode,
    when: when.map((all) =>
      all.split("+").map((atom) => {
        const [name, value] = atom.split("=") as [string, string | undefined];
        const positional = params.has(name);
        if (!positional && !keys.has(name)) throw new Error(`"when" names ${name}, which is no option or parameter`);
        return { name, value, positional };
      })
    ),
  }));
}

/** The branches of a reply that depends on several options at once are one: its type asks for each of them. */
function mergeGeo(branches: Branch[]): Branch[] {
  const first = branches.findIndex((branch) => branch.decode === "geo");
  if (first < 0) return branches;
  const merged: Branch = { ...branches[first], when: ["withdist", "withhash", "withcoord"] };
  return branches.flatMap((branch, at) => at === first ? [merged] : branch.decode === "geo" ? [] : [branch]);
}

class Builder {
  readonly #name: string;
  readonly #constant: string;
  readonly #plans: Plan[];
  readonly #cases: Case[];
  readonly #context: Context;

  constructor(name: string, command: string, plans: Plan[], cases: Case[], context: Context) {
    this.#name = name;
    this.#constant = constantName(command);
    this.#plans = plans;
    this.#cases = cases;
    this.#context = context;
  }

  build(): { signatures: Signature[]; implementation?: Signature; body: string[] } {
    const signatures = this.#plans.flatMap((plan) => this.#overloads(plan));
    const body = this.#plans.length > 1 ? this.#formsBody() : this.#body(this.#plans[0]);
    if (signatures.length === 1) return { signatures, body };
    return { signatures, implementation: this.#implementation(), body };
  }

  // Signatures

  #overloads(plan: Plan): Signature[] {
    const variants = plainVariants(plan.params);
    const signatures: Signature[] = [];
    for (const params of variants) {
      const contexts = this.#contexts(params);
      for (const given of contexts) signatures.push(...this.#signatures(plan, given));
    }
    const distinct = new Map(signatures.map((signature) => [signature.generics + signature.params, signature]));
    return [...distinct.values()];
  }

  /** The combinations of optional positional parameters that the reply depends on. */
  #contexts(params: Param[]): Given[] {
    const atoms = this.#cases.flatMap((one) => one.when.flat()).filter((atom) => atom.positional);
    const contexts: Given[] = [];
    const literal = atoms.find((atom) => atom.value !== undefined);
    if (literal !== undefined) {
      const word = JSON.stringify(literal.value);
      const others = params.map((param) =>
        param.name === literal.name
          ? { ...param, type: split(param.type).filter((part) => part !== word).join(" | ") }
          : param
      );
      contexts.push({
        params,
        presence: new Map([[literal.name, true]]),
        literal: { name: literal.name, value: literal.value! },
      });
      if (!contexts.some(() => others.some((param) => param.type === ""))) {
        contexts.push({ params: others, presence: new Map(), literal: { name: "", value: "" } });
      }
    }
    const present = atoms.find((atom) => atom.value === undefined);
    if (present !== undefined) {
      for (const is of [false, true]) contexts.push({ params, presence: new Map([[present.name, is]]) });
    }
    // Parameters that come together, or not at all.
    const leader = params.find((param) => param.leader !== undefined)?.leader;
    if (contexts.length === 0 && leader !== undefined) {
      const together = params.filter((param) => param.name === leader || param.leader === leader);
      return [false, true].map((is) => ({ params, presence: new Map(together.map((param) => [param.name, is])) }));
    }
    contexts.push({ params, presence: new Map() });
    return contexts;
  }

  /** Whether nobody but the caller knows the reply. */
  get #isAny(): boolean {
    return this.#cases.every((one) => one.type.kind === "name" && one.type.name === "any");
  }

  #signatures(plan: Plan, given: Given): Signature[] {
    const dependent = this.#dependsOnOptions(given);
    const params = given.params.flatMap((param) => this.#printParam(param, given));
    const dropped = params.length < given.params.length || isEmpty(plan.options);
    const options = isEmpty(plan.options) || dropped ? undefined : plan.options;
    const generics = this.#isAny ? "<T = Reply>" : "";
    const name = optionsName(this.#name);
    const list = (type: string) =>
      [...params, ...(options === undefined ? [] : [`options${isRequired(options) ? "" : "?"}: ${type}`])].join(", ");
    const union = { generics, params: list(name), returns: `Promise<${this.#union(given, dropped)}>` };
    if (options === undefined || !dependent) return [union];
    if (isSpread(options)) {
      // All or nothing: whether there are options is all that matters.
      const decisive = this.#cases.findIndex((one) => one.when.length > 0);
      const without = { generics, params: params.join(", "), returns: `Promise<${this.#union(given, true)}>` };
      const required = {
        generics,
        params: list(name).replace("options?:", "options:"),
        returns: `Promise<${this.#type(decisive)}>`,
      };
      return [without, required, union];
    }
    return [{
      generics: `<const O extends ${name}${isRequired(options) ? "" : " = Record<never, never>"}>`,
      params: list(`O & Strict<O, KeysOf<${name}>>`),
      returns: `Promise<${this.#conditional(given, 0)}>`,
    }, union];
  }

  #printParam(param: Param, given: Given): string[] {
    const presence = given.presence.get(param.name);
    if (presence === false) return [];
    if (
      param.optional &&
      [...given.presence].some(([name, is]) =>
        !is && given.params.findIndex((p) => p.name === name) < given.params.indexOf(param)
      )
    ) return [];
    if (param.rest) return [`...${param.name}: ${param.type}`];
    const type = given.literal?.name === param.name ? JSON.stringify(given.literal.value) : param.type;
    return [`${param.name}${param.optional && presence !== true ? "?" : ""}: ${type}`];
  }

  /** What the positional parameters say about a case: it applies (true), it does not, or the options decide (the rest). */
  #residue(one: Case, given: Given): true | false | Case["when"] {
    if (one.when.length === 0) return true;
    const open: Case["when"] = [];
    for (const all of one.when) {
      const rest: Case["when"][number] = [];
      let possible = true;
      for (const atom of all) {
        if (!atom.positional) rest.push(atom);
        else if (atom.value !== undefined) {
          if (given.literal?.value !== atom.value) possible = false;
        } else if (given.presence.get(atom.name) === false) possible = false;
        else if (given.presence.get(atom.name) === undefined) rest.push(atom);
      }
      if (!possible) continue;
      if (rest.length === 0) return true;
      open.push(rest);
    }
    return open.length === 0 ? false : open;
  }

  #dependsOnOptions(given: Given): boolean {
    if (
      given.presence.size === 0 && given.literal === undefined &&
      this.#cases.some((one) => one.when.flat().some((atom) => atom.positional))
    ) {
      return false;
    }
    for (const one of this.#cases) {
      const residue = this.#residue(one, given);
      if (residue === true) return false;
      if (residue !== false) return true;
    }
    return false;
  }

  #type(at: number, options = "O"): string {
    const { type, decode } = this.#cases[at];
    if (decode === "geo") return `GeoPlace<${options}, S, I>[]`;
    if (this.#isAny) return "T";
    return this.#context.type(type, `${pascal(this.#name)}Reply${at === 0 ? "" : at + 1}`);
  }

  #conditional(given: Given, from: number): string {
    for (let at = from; at < this.#cases.length; at++) {
      const residue = this.#residue(this.#cases[at], given);
      if (residue === false) continue;
      if (residue === true) return this.#type(at);
      const otherwise = this.#conditional(given, at + 1);
      const single = residue.filter((all) => all.length === 1).map((all) => JSON.stringify(all[0].name));
      let result = otherwise;
      for (const all of residue.filter((all) => all.length > 1).reverse()) {
        result = all.reduceRight(
          (inner, atom) => `If<Flag<O, ${JSON.stringify(atom.name)}>, ${inner}, ${result}>`,
          this.#type(at),
        );
      }
      return single.length === 0 ? result : `If<Flag<O, ${single.join(" | ")}>, ${this.#type(at)}, ${result}>`;
    }
    throw new Error("the last branch of the reply must be without a condition");
  }

  /** Every type that the reply may have. */
  #union(given: Given, noOptions: boolean): string {
    const types = new Set<string>();
    for (let at = 0; at < this.#cases.length; at++) {
      let residue = this.#residue(this.#cases[at], given);
      // No options can be given: what they would decide is decided.
      if (noOptions && Array.isArray(residue) && residue.every((all) => all.some((atom) => !atom.positional))) {
        residue = false;
      }
      // A word that has an overload of its own comes here too when it is not known before run time.
      if (
        residue === false && given.presence.size === 0 && given.literal === undefined &&
        this.#cases[at].when.flat().some((atom) => atom.value !== undefined)
      ) residue = [];
      if (residue === false) continue;
      for (const part of split(this.#type(at, optionsName(this.#name)))) types.add(part);
      if (residue === true) break;
    }
    if (types.delete("null")) types.add("null");
    return [...types].join(" | ");
  }

  /** The signature that covers all overloads. */
  #implementation(): Signature {
    const plan = this.#plans.reduce((widest, one) => one.params.length > widest.params.length ? one : widest);
    const fewest = Math.min(...this.#plans.map((one) => one.params.filter((param) => !param.optional).length));
    // A form of options only: they stand where the other form has its first parameter.
    const optionsFirst = this.#plans.length > 1 &&
      this.#plans.some((one) => one.params.length === 0 && !isEmpty(one.options));
    const plain = plan.params.findIndex((param) => param.plain !== undefined);
    const required = isRequired(plan.options);
    const params = plan.params.map((param, at) => {
      if (param.rest) return `...${param.name}: ${param.type}`;
      const types = new Set(this.#plans.flatMap((one) => one.params[at]?.type ?? []));
      if (optionsFirst && at === 0) types.add(optionsName(this.#name));
      if (at === plain) types.add(param.plain![0].type);
      const optional = param.optional || at >= fewest;
      return `${param.name}${optional ? "?" : ""}: ${[...types].join(" | ")}`;
    });
    const options = isEmpty(plan.options)
      ? []
      : [`options${required && plain < 0 ? "" : "?"}: ${optionsName(this.#name)}`];
    if (plain >= 0) {
      const [, second] = plan.params[plain].plain!;
      params.push(`${second.name}?: ${second.type}${options.length === 0 ? "" : ` | ${optionsName(this.#name)}`}`);
    }
    return { generics: "", params: [...params, ...options].join(", "), returns: "Promise<unknown>" };
  }

  // Bodies

  #formsBody(): string[] {
    const plans = [...this.#plans].sort((a, b) => a.params.length - b.params.length);
    const lines: string[] = [];
    const widest = plans.at(-1)!;
    for (const plan of plans) {
      if (plan.params.length === 0 && !isEmpty(plan.options)) {
        const { name } = widest.params[0];
        const body = [`const options = ${name} as ${optionsName(this.#name)} | undefined;`, ...this.#body(plan)];
        lines.push(`if (${name} === undefined || isPairs(${name})) {`, ...indent(body), "}");
        continue;
      }
      if (plan === widest) {
        const [first] = plan.params;
        const body = this.#body(plan);
        const cast = lines[0]?.includes("isPairs(") ? `${first.name} as ${first.type}` : first.name;
        lines.push(...body.map((line) => line.replace(`[${first.name}]`, `[${cast}]`)));
        continue;
      }
      const next = plans.find((one) => one.params.length > plan.params.length);
      const test = widest.params[plan.params.length]?.name;
      if (next === undefined || test === undefined) {
        throw new Error("the forms do not differ in their number of parameters");
      }
      lines.push(`if (${test} === undefined) {`, ...indent(rename(this.#body(plan), plan, widest)), "}");
    }
    return lines;
  }

  #body(plan: Plan): string[] {
    const shape = this.#shapeExpression();
    const plain = plan.params.find((param) => param.plain !== undefined);
    const steps = [...plan.steps];
    let acc = "[]";
    while (steps.length > 0 && plain === undefined) {
      const step = steps[0];
      if (step.kind === "words" && acc === "[]") acc = `[${step.words.join(", ")}]`;
      else if (step.kind === "call") acc = step.make(acc);
      else break;
      steps.shift();
    }
    const send = (args: string) =>
      `return this.send(${this.#constant}, ${args}${shape === undefined ? "" : `, ${shape}`});`;
    if (steps.length === 0) return [send(acc)];
    const optional = !isRequired(plan.options) || plain !== undefined;
    const lines = plain === undefined ? [] : this.#plainPrelude(plain, plan);
    if (acc === "[]" && steps[0].kind === "words") acc = `[${(steps.shift() as { words: string[] }).words.join(", ")}]`;
    lines.push(`const words: Arg[] = ${acc};`);
    lines.push(...statements(steps, optional, plain));
    return [...lines, send("words")];
  }

  /** Sorts out whether pairs came as plain arguments, in which case the options stand one place further. */
  #plainPrelude(plain: Param, plan: Plan): string[] {
    if (isEmpty(plan.options)) return [];
    const [, second] = plain.plain!;
    return [`if (isPairs(${plain.name})) options = ${second.name} as ${optionsName(this.#name)} | undefined;`];
  }

  #shapeExpression(): string | undefined {
    const shapes = this.#cases.map((one, at) =>
      one.decode === "geo"
        ? "geo(options?.withdist === true, options?.withhash === true, options?.withcoord === true)"
        : this.#context.shape(one.type, `${this.#name}Shape${at === 0 ? "" : at + 1}`)
    );
    if (shapes.every((shape) => shape === shapes[0])) return shapes[0];
    let result = shapes.at(-1) ?? "undefined";
    for (let at = shapes.length - 2; at >= 0; at--) {
      const shape = shapes[at] ?? "undefined";
      if (shape === result) continue;
      // Branches in a row with one shape ask one question.
      let from = at;
      while (from > 0 && shapes[from - 1] === shapes[at]) from--;
      result = `${this.#test(this.#cases.slice(from, at + 1).flatMap((one) => one.when))} ? ${shape} : ${result}`;
      at = from;
    }
    return result;
  }

  #test(when: Case["when"]): string {
    const names = when.map((all) => new Set(all.map((atom) => atom.name)));
    const needed = when.filter((_, at) =>
      !names.some((other, index) => index !== at && other.size < names[at].size && other.isSubsetOf(names[at]))
    );
    const tests = needed.map((all) => all.map((atom) => this.#atomTest(atom)).join(" && "));
    if (tests.length === 1) return tests[0];
    return tests.map((test) => test.includes("&&") ? `(${test})` : test).join(" || ");
  }

  #atomTest({ name, value, positional }: { name: string; value?: string; positional: boolean }): string {
    const required = this.#plans.some((plan) => isRequired(plan.options));
    const expr = positional ? name : `options${required ? "." : "?."}${name}`;
    if (value !== undefined) return `${expr} === ${JSON.stringify(value)}`;
    const member = this.#plans.flatMap((plan) => allMembers(plan.options)).find((one) => one.key === name);
    return !positional && (member?.type === "boolean" || member?.type === "true") ? expr : `${expr} !== undefined`;
  }
}

/** Whether the options are nothing but members that come together. */
function isSpread(type: ObjectType): boolean {
  return type.spreads.length === 1 && type.members.length === 0 && type.choices.length === 0;
}

/** The parameters, and once more with pairs as plain arguments where these may be given so. */
function plainVariants(params: Param[]): Param[][] {
  const at = params.findIndex((param) => param.plain !== undefined);
  if (at < 0) return [params];
  const plain = params[at].plain!.map((part) => ({ ...part, optional: false, rest: false, doc: "" }));
  return [params, [...params.slice(0, at), ...plain, ...params.slice(at + 1)]];
}

/** Statements of steps; those that read options stand in one block that asks whether there are any. */
function statements(steps: Plan["steps"], optional: boolean, plain: Param | undefined): string[] {
  const lines: string[] = [];
  let block: string[] = [];
  const close = () => {
    if (block.length > 0) lines.push("if (options !== undefined) {", ...indent(block), "}");
    block = [];
  };
  for (const step of steps) {
    if (step.kind === "code" && step.guarded && optional) {
      block.push(...step.lines);
      continue;
    }
    close();
    if (step.kind === "code") lines.push(...step.lines);
    else if (step.kind === "words") lines.push(`words.push(${step.words.join(", ")});`);
    else {
      const call = step.make("words");
      if (plain !== undefined && call.endsWith(`, ${plain.name})`)) {
        lines.push(
          `if (isPairs(${plain.name})) ${call};`,
          `else words.push(${plain.name}, ${plain.plain![1].name} as Arg);`,
        );
      } else lines.push(`${call};`);
    }
  }
  close();
  return lines;
}

/** A form's parameters under the names that they have in the implementation. */
function rename(lines: string[], plan: Plan, widest: Plan): string[] {
  return lines.map((line) =>
    plan.params.reduce((text, param, at) => {
      const name = widest.params[at].name;
      return name === param.name
        ? text
        : text.replaceAll(new RegExp(`(?<![\\w"]|[^.]\\.)${param.name}(?![\\w"])`, "g"), name);
    }, line)
  );
}

/** The members of a printed union. */
export function split(printed: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let from = 0;
  for (let at = 0; at < printed.length; at++) {
    if ("[{<(".includes(printed[at])) depth++;
    else if ("]})".includes(printed[at]) || printed[at] === ">" && printed[at - 1] !== "=") depth--;
    else if (printed[at] === "|" && depth === 0) {
      parts.push(printed.slice(from, at).trim());
      from = at + 1;
    }
  }
  return [...parts, printed.slice(from).trim()];
}

/** The lines of a method's docstring. */
function docs(facts: Command, plans: Plan[], cases: Case[]): string[] {
  const lines = [facts.note === undefined ? facts.doc : `${facts.doc} ${facts.note}`, ""];
  lines.push(
    printSince(facts.since) +
      (facts.complexity === undefined ? "" : ` Complexity: ${facts.complexity.replace(/\.$/, "")}.`),
    "",
  );
  const seen = new Set<string>();
  for (const param of plans.flatMap((plan) => plan.params)) {
    if (seen.has(param.name)) continue;
    seen.add(param.name);
    lines.push(`@param ${param.name} ${param.doc}`);
    for (const part of param.plain ?? []) {
      if (!seen.has(part.name)) lines.push(`@param ${part.name} The ${part.name}, as a plain argument.`);
      seen.add(part.name);
    }
  }
  const returns = returnsDoc(facts, cases);
  if (returns !== undefined) lines.push(`@returns ${returns}`);
  for (const [family, name] of [["redis", "Redis"], ["valkey", "Valkey"], ["module", "the module"]] as const) {
    const deprecated = facts.deprecated?.[family];
    if (deprecated === undefined) continue;
    const since = deprecated.since === undefined
      ? `In ${name}`
      : `Since ${name === "the module" ? "" : `${name} `}${deprecated.since}`;
    lines.push(
      `@deprecated ${since}${deprecated.use === undefined ? "." : `: use ${deprecated.use.replace(/\.$/, "")}.`}`,
    );
  }
  while (lines.at(-1) === "") lines.pop();
  return lines;
}

function returnsDoc(facts: Command, cases: Case[]): string | undefined {
  const nullable = cases.some((one) => mayBeNull(one.type));
  const parts: string[] = [];
  if (facts.returns !== undefined) parts.push(facts.returns.replace(/\.$/, ""));
  if (facts.null !== undefined) {
    parts.push(
      nullable
        ? `\`null\` when ${facts.null.replace(/\.$/, "")}`
        : `a null in it where ${facts.null.replace(/\.$/, "")}`,
    );
  }
  if (parts.length === 0) return undefined;
  const text = parts.join("; ");
  return `${text.startsWith("`") ? text : text[0].toUpperCase() + text.slice(1)}.`;
}
