/**
 * The body of a method: lays the arguments out, chooses the shape, sends.
 *
 * @module
 */
import { DECODERS } from "./decoders.ts";
import { type Case, optionsName, type Parts } from "./parts.ts";
import { allMembers, flatten, guard, indent, isEmpty, isRequired, type Param, type Plan, type Step } from "./plan.ts";

/** The lines of a method's body. */
export function makeBody(parts: Parts): string[] {
  return new Body(parts).make();
}

class Body {
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

  make(): string[] {
    const lines = this.#plans.length > 1 ? this.#formsBody() : this.#body(this.#plans[0]);
    // Blocks were made before it was known which options there are in all.
    const names = new Set(this.#plans.flatMap((plan) => allMembers(plan.options).map(({ key }) => key)));
    return lines.map((line) => line.replace("isGiven(options)", `isGiven(options, "${[...names].join(" ")}")`));
  }

  #formsBody(): string[] {
    const plans = [...this.#plans].sort((a, b) => a.params.length - b.params.length);
    const lines: string[] = [];
    const widest = plans.at(-1)!;
    for (const plan of plans) {
      if (plan.params.length === 0 && !isEmpty(plan.options)) {
        const { name } = widest.params[0];
        const body = [`const options = ${name} as ${optionsName(this.#name)};`, ...this.#body(plan)];
        lines.push(`if (isPairs(${name})) {`, ...indent(body), "}");
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
      `return this.send(${this.#parts.constant}, ${args}${shape === undefined ? "" : `, ${shape}`});`;
    if (steps.length === 0) return [send(acc)];
    const optional = !isRequired(plan.options) || plain !== undefined;
    const lines = plain === undefined ? [] : this.#plainPrelude(plain, plan);
    // They are there, but what they are nobody has asked.
    if (!optional) lines.push("isGiven(options);");
    if (acc === "[]" && steps[0].kind === "words") acc = `[${(steps.shift() as { words: string[] }).words.join(", ")}]`;
    lines.push(`const words: Arg[] = ${acc};`);
    lines.push(...statements(optional ? guard(steps) : steps, plain));
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
      one.decode !== undefined
        ? DECODERS[one.decode].expression
        : this.#parts.context.shape(one.type, `${this.#name}Shape${at === 0 ? "" : at + 1}`)
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
      !names.some((other, index) =>
        index !== at && other.size < names[at].size && [...other].every((name) => names[at].has(name))
      )
    );
    const tests = needed.map((all) => all.map((atom) => this.#atomTest(atom)).join(" && "));
    if (tests.length === 1) return tests[0];
    return tests.map((test) => test.includes("&&") ? `(${test})` : test).join(" || ");
  }

  #atomTest({ name, value, positional }: { name: string; value?: string; positional: boolean }): string {
    const required = this.#plans.some((plan) => isRequired(plan.options));
    if (positional && this.#plans.some((plan) => plan.params.some((param) => param.rest && param.name === name))) {
      return `${name}.length > 0`;
    }
    const expr = positional ? name : `options${required ? "." : "?."}${name}`;
    if (value !== undefined) return `${expr} === ${JSON.stringify(value)}`;
    const member = this.#plans.flatMap((plan) => allMembers(plan.options)).find((one) => one.key === name);
    return !positional && (member?.type === "boolean" || member?.type === "true") ? expr : `${expr} !== undefined`;
  }
}

/** Statements of steps. */
function statements(steps: readonly Step[], plain: Param | undefined): string[] {
  return steps.flatMap((step) => {
    if (step.kind !== "call" || plain === undefined) return flatten([step]);
    const call = step.make("words");
    if (!call.endsWith(`, ${plain.name})`)) return [`${call};`];
    return [
      `if (isPairs(${plain.name})) ${call};`,
      `else words.push(${plain.name}, ${plain.plain![1].name} as Arg);`,
    ];
  });
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
