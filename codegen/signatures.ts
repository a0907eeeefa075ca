/**
 * The signatures of a method: one, or overloads where the reply depends on what is given.
 *
 * @module
 */
import { pascal } from "./names.ts";
import { type Case, type Given, optionsName, type Parts, type Signature, split } from "./parts.ts";
import { allMembers, isEmpty, isRequired, type ObjectType, type Param, type Plan } from "./plan.ts";

/** The signatures that callers see, and the one that covers them where there are several. */
export function makeSignatures(parts: Parts): { signatures: Signature[]; implementation?: Signature } {
  return new Signatures(parts).make();
}

/** Whether options are there, as far as a conditional type has asked already. */
type Assumed = ReadonlyMap<string, boolean>;
const NOTHING: Assumed = new Map();

class Signatures {
  readonly #name: string;
  readonly #plans: Plan[];
  readonly #cases: Case[];
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#name = parts.name;
    this.#plans = parts.plans;
    this.#cases = parts.cases;
    this.#parts = parts;
  }

  make(): { signatures: Signature[]; implementation?: Signature } {
    const signatures = this.#plans.flatMap((plan) => this.#overloads(plan));
    return signatures.length === 1 ? { signatures } : { signatures, implementation: this.#implementation() };
  }

  #overloads(plan: Plan): Signature[] {
    const variants = pairVariants(plan.params);
    const signatures: Signature[] = [];
    for (const params of variants) {
      const contexts = this.#contexts(params);
      for (const given of contexts) signatures.push(...this.#signatures(plan, given), ...this.#skipping(plan, given));
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
      const param = params.find(({ name }) => name === present.name);
      // Each of several forms says by itself whether it is there.
      if (this.#plans.length > 1 && !param?.optional) {
        return [{ params, presence: new Map([[present.name, param !== undefined]]) }];
      }
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
    // A form of options only would be no form without them.
    const required = options !== undefined && (isRequired(options) || this.#isOptionsForm(plan));
    const list = (type: string) =>
      [...params, ...(options === undefined ? [] : [`options${required ? "" : "?"}: ${type}`])].join(", ");
    const union = { generics, params: list(name), returns: `Promise<${this.#union(given, dropped)}>` };
    if (options === undefined || !dependent) return [union];
    if (isSpread(options)) {
      // All or nothing: whether there are options is all that matters.
      const decisive = this.#cases.findIndex((one) => one.when.length > 0);
      const without = { generics, params: params.join(", "), returns: `Promise<${this.#union(given, true)}>` };
      const withAll = {
        generics,
        params: list(name).replace("options?:", "options:"),
        returns: `Promise<${this.#type(decisive)}>`,
      };
      return [without, withAll, union];
    }
    const strict = `O & Strict<O, KeysOf<${name}>>`;
    const returns = `Promise<${this.#conditional(given)}>`;
    if (required) return [{ generics: `<const O extends ${name}>`, params: list(strict), returns }, union];
    // Of an optional parameter a compiler infers O without `undefined`, as if options were given for certain: only one that
    // must be written keeps it. This is the first one: it has the docstring, which speaks of options.
    const written = params.map((param) => param.replace(/^(\w+)\?: (.*)$/s, "$1: $2 | undefined"));
    return [
      {
        generics: `<const O extends ${name} | undefined>`,
        params: [...written, `options: ${strict}`].join(", "),
        returns,
      },
      { generics, params: params.join(", "), returns: `Promise<${this.#union(given, true)}>` },
      union,
    ];
  }

  /** Options are given behind parameters that come together or not at all, too: `undefined` stands in the place of these. */
  #skipping(plan: Plan, given: Given): Signature[] {
    const skipped = given.params.filter(({ name, optional }) => optional && given.presence.get(name) === false);
    const options = allMembers(plan.options);
    const led = [...skipped, ...options].filter(({ leader }) => leader !== undefined);
    // An option that is of their group is not sent without them.
    if (led.length === 0 || options.length === 0 || options.some((member) => led.includes(member))) return [];
    const last = given.params.indexOf(skipped.at(-1)!);
    // What stands before one that must be written has to be written, too.
    const params = given.params.map((param, at) => {
      if (!param.optional || at > last) return param;
      return { ...param, optional: false, type: skipped.includes(param) ? "undefined" : `${param.type} | undefined` };
    });
    return this.#signatures(plan, { ...given, params, presence: new Map() });
  }

  /** One of several forms that has options and nothing else. */
  #isOptionsForm(plan: Plan): boolean {
    return this.#plans.length > 1 && plan.params.length === 0 && !isEmpty(plan.options);
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
    // One that is given has all before it given, too.
    const isGiven = given.params.slice(given.params.indexOf(param)).some((one) => given.presence.get(one.name));
    return [`${param.name}${param.optional && !isGiven ? "?" : ""}: ${type}`];
  }

  /**
   * What the positional parameters, and what is assumed of options, say about a case: it applies (true), it does not, or
   * other options decide (the rest).
   */
  #residue(one: Case, given: Given, assumed: Assumed = NOTHING): true | false | Case["when"] {
    if (one.when.length === 0) return true;
    const open: Case["when"] = [];
    for (const all of one.when) {
      const rest: Case["when"][number] = [];
      let possible = true;
      for (const atom of all) {
        if (!atom.positional) {
          if (assumed.get(atom.name) === false) possible = false;
          else if (!assumed.has(atom.name)) rest.push(atom);
        } else if (atom.value !== undefined) {
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
    return this.#parts.context.type(type, `${pascal(this.#name)}Reply${at === 0 ? "" : at + 1}`);
  }

  /** The type by what the options give: asks for one after the other, and never for what it has asked already. */
  #conditional(given: Given, assumed: Assumed = NOTHING): string {
    for (let at = 0; at < this.#cases.length; at++) {
      const residue = this.#residue(this.#cases[at], given, assumed);
      if (residue === false) continue;
      if (residue === true) return this.#type(at);
      const single = residue.filter((all) => all.length === 1).map(([atom]) => atom.name);
      const asked = single.length > 0 ? single : [residue[0][0].name];
      const whether = (is: boolean) => new Map([...assumed, ...asked.map((name): [string, boolean] => [name, is])]);
      const then = single.length > 0 ? this.#type(at) : this.#conditional(given, whether(true));
      const otherwise = this.#conditional(given, whether(false));
      if (then === otherwise) return then;
      return `If<Flag<O, ${asked.map((name) => JSON.stringify(name)).join(" | ")}>, ${then}, ${otherwise}>`;
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
    const fewest = Math.min(
      ...this.#plans.map((one) => this.#isOptionsForm(one) ? 1 : one.params.filter((param) => !param.optional).length),
    );
    // A form of options only: they stand where the other form has its first parameter.
    const optionsFirst = this.#plans.some((one) => this.#isOptionsForm(one));
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
}

/** Whether the options are nothing but members that come together. */
function isSpread(type: ObjectType): boolean {
  return type.spreads.length === 1 && type.members.length === 0 && type.choices.length === 0;
}

/**
 * The parameters, once for each way in which pairs may be given: as plain arguments, or all in one. That comes last, for of
 * several overloads that do not fit, a compiler tells what is wrong with the last.
 */
function pairVariants(params: Param[]): Param[][] {
  const rest = params.at(-1);
  const [, name, value] = /^PairArgs<(\w+), (\w+)>$/.exec(rest?.type ?? "") ?? [];
  if (rest?.rest && name !== undefined && value !== undefined) {
    const part = { ...rest, rest: false };
    const more = { ...rest, name: "more", type: name === value ? `${name}[]` : `(${name} | ${value})[]` };
    const plain = [{ ...part, name: "name", type: name }, { ...part, name: "value", type: value }, more];
    return [plain, [{ ...part, type: `Pairs<${name}, ${value}>` }]].map((last) => [...params.slice(0, -1), ...last]);
  }
  const at = params.findIndex((param) => param.plain !== undefined);
  if (at < 0) return [params];
  const plain = params[at].plain!.map((part) => ({ ...part, optional: false, rest: false, doc: "" }));
  return [[...params.slice(0, at), ...plain, ...params.slice(at + 1)], params];
}
