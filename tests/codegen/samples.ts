/**
 * Makes calls of a command's method from its argument tree: with what is required only, and with everything that may be
 * given. Knows the rules that commands.json documents (codegen/model.ts) and nothing of how the methods are printed.
 *
 * @module
 */
import type { ArgumentNode, Command, Since } from "../../codegen/model.ts";
import { optionKey } from "../../codegen/values.ts";

/** One call of a method. */
export interface Sample {
  /** What it shows: `required`, `all`, `all 2`… */
  readonly label: string;
  /** What the method is called with. */
  readonly args: unknown[];
  /** The keys among them, sorted. */
  readonly keys: string[];
  /** Every word that belongs to the command itself and must be sent. */
  readonly tokens: string[];
}

/**
 * The samples of a command: for each form the required arguments alone, then everything once per alternative. Nodes that
 * the server at hand does not have (`has` says so of their versions) are left out.
 */
export function samplesOf(
  command: Command,
  types: Record<string, string>,
  has: (since: Since) => boolean = () => true,
): Sample[] {
  const keyed = command.keys !== "none";
  const forms = (command.forms ?? [command.args ?? []]) as ArgumentNode[][];
  return forms.map((form) => prune(form, has)).filter((form) => form !== undefined).flatMap((form) => {
    const rounds = Math.max(1, ...form.map(alternatives));
    // A form of options only does without none of them.
    const needsOne = forms.length > 1 && form.length > 0 && form.every((node) => node.opt && (node.token ?? node.flag));
    const samples = needsOne ? [] : [new Sampler(types, false, 0).sample(form, "required")];
    for (let round = 0; round < rounds; round++) {
      samples.push(new Sampler(types, true, round).sample(form, rounds === 1 ? "all" : `all ${round + 1}`));
    }
    return keyed ? samples : samples.map((sample) => ({ ...sample, keys: [] }));
  });
}

/** Without what the server has not; `undefined` when something required is among it. */
function prune(nodes: readonly ArgumentNode[], has: (since: Since) => boolean): ArgumentNode[] | undefined {
  const kept: ArgumentNode[] = [];
  for (const node of nodes) {
    if (node.since !== undefined && !has(node.since)) {
      if (node.opt === undefined) return undefined;
      continue;
    }
    const oneof = node.oneof?.flatMap((one) => prune([one], has) ?? []);
    const group = node.group && prune(node.group, has);
    if (node.group && group === undefined || oneof?.length === 0) {
      if (node.opt === undefined) return undefined;
      continue;
    }
    kept.push({ ...node, ...(oneof && { oneof }), ...(group && { group }) });
  }
  return kept;
}

/** How many rounds it takes to show every alternative of a node once. */
function alternatives(node: ArgumentNode): number {
  const own = node.oneof?.length ?? words(node, {}).length;
  return Math.max(own, ...[...node.oneof ?? [], ...node.group ?? []].map(alternatives));
}

function words(node: ArgumentNode, types: Record<string, string>): string[] {
  if (Array.isArray(node.enum)) return node.enum;
  return node.enum === undefined ? [] : (types[node.enum] ?? "").split("|").map((word) => word.replaceAll('"', ""));
}

type Fields = Record<string, unknown>;

class Sampler {
  readonly #types: Record<string, string>;
  readonly #all: boolean;
  readonly #round: number;
  readonly #keys: string[] = [];
  readonly #tokens: string[] = [];
  readonly #required: unknown[] = [];
  readonly #optional: unknown[] = [];
  readonly #options: Fields = {};

  constructor(types: Record<string, string>, all: boolean, round: number) {
    this.#types = types;
    this.#all = all;
    this.#round = round;
  }

  sample(form: readonly ArgumentNode[], label: string): Sample {
    for (const node of form) this.#walk(node, this.#options, true);
    const args = [...this.#required, ...this.#optional];
    if (Object.keys(this.#options).length > 0) args.push(this.#options);
    return { label, args, keys: this.#keys.sort(), tokens: this.#tokens };
  }

  #pick<T>(items: readonly T[]): T {
    return items[this.#round % items.length];
  }

  #spoken(token: string | undefined): void {
    if (token !== undefined) this.#tokens.push(...token.split(" "));
  }

  /** Puts a node's value where it belongs: into the fields of an object, or (at the top) among the parameters. */
  #walk(node: ArgumentNode, fields: Fields, top: boolean): void {
    const given = node.opt === undefined || typeof node.opt === "string" || this.#all;
    if (node.flag !== undefined) {
      if (node.opt === undefined || given) this.#spoken(node.flag);
      if (node.opt !== undefined && given) fields[optionKey(node)] = true;
      return;
    }
    if (!given && !(node.empty && top)) return;
    if (node.oneof !== undefined && node.list === undefined) return this.#choose(node, fields);
    if (node.group !== undefined && node.list === undefined) return this.#group(node, fields, top);
    if (top && (node.opt === undefined || node.token === undefined && node.as === undefined)) {
      const value = this.#value(node);
      const rest = node.list === "tail" && node.ts === undefined ? value as unknown[] : [value];
      (node.opt === undefined ? this.#required : this.#optional).push(...rest);
    } else fields[optionKey(node)] = this.#value(node);
  }

  #choose(node: ArgumentNode, fields: Fields): void {
    const one = this.#pick(node.oneof!);
    this.#spoken(node.token);
    this.#mid(node, fields);
    fields[optionKey(one)] = this.#value(one);
  }

  #mid(node: ArgumentNode, fields: Fields): void {
    if (node.mid === undefined || !this.#all) return;
    this.#spoken(node.mid.flag);
    fields[optionKey(node.mid)] = true;
  }

  #group(node: ArgumentNode, fields: Fields, top: boolean): void {
    const named = node.token ?? node.as ?? node.name;
    if (node.ts === "object" && node.opt === undefined) return void this.#required.push(this.#value(node));
    if (node.opt !== undefined && named !== undefined && node.ts !== "spread") {
      fields[optionKey(node)] = this.#value(node);
      return;
    }
    if (node.opt === undefined || node.ts === "spread") {
      this.#spoken(node.token);
      for (const member of node.group!) this.#walk(member, fields, top && node.ts !== "spread");
      return;
    }
    // Trailing parameters that come together.
    for (const member of node.group!) {
      const isOption = member.flag !== undefined || member.token !== undefined || member.group !== undefined;
      this.#walk(isOption ? member : { ...member, opt: true }, fields, top);
    }
  }

  #value(node: ArgumentNode): unknown {
    this.#spoken(node.token);
    if (node.flag !== undefined) {
      this.#spoken(node.flag);
      return true;
    }
    if (node.list !== undefined) return this.#list(node);
    if (node.group !== undefined) return this.#object(node);
    return this.#scalar(node);
  }

  #list(node: ArgumentNode): unknown[] {
    if (node.oneof !== undefined) return node.oneof.map((one) => this.#operation(one));
    if (node.group === undefined) return [this.#scalar(node), this.#scalar(node)];
    const item = node.ts?.startsWith("pairs") || this.#isTuple(node)
      ? () => this.#tuple(node)
      : () => this.#object(node);
    return [item(), item()];
  }

  #operation(one: ArgumentNode): unknown {
    if (one.flag === undefined || one.as !== undefined) return { [optionKey(one)]: this.#value(one) };
    this.#spoken(one.flag);
    return one.flag;
  }

  #isTuple(node: ArgumentNode): boolean {
    return node.group!.every((part) =>
      (part.type !== undefined || part.enum !== undefined) && part.list === undefined && part.opt === undefined &&
      part.token === undefined
    );
  }

  #tuple(node: ArgumentNode): unknown[] {
    const values = node.group!.map((part) => this.#scalar(part));
    return node.ts === "pairs-reversed" ? values.reverse() : values;
  }

  #object(node: ArgumentNode): unknown {
    const [first, ...others] = node.group!;
    const bare = first.type !== undefined && first.list === undefined && first.opt === undefined;
    if (others.length === 0 && bare && first.token === undefined) return this.#scalar(first);
    const fields: Fields = {};
    for (const member of node.group!) this.#walk(member, fields, false);
    return Object.keys(fields).length === 0 ? true : fields;
  }

  #scalar(node: ArgumentNode): unknown {
    const choices = words(node, this.#types);
    if (choices.length > 0) {
      const word = this.#pick(choices);
      // Joined ones are no words of their own on the wire.
      if (node.list !== "joined" && node.list !== "each") this.#spoken(word);
      return word;
    }
    switch (node.type) {
      case "key": {
        const key = `{k}${this.#keys.length + 1}`.padEnd(5, "_");
        this.#keys.push(key);
        return key;
      }
      case "int":
      case "time-s":
      case "time-ms":
        return 1;
      case "int64":
        return 1n;
      case "double":
        return 1.5;
      case "score-bound":
        return "(1";
      case "lex-bound":
        return "[a";
      case "id":
        return "1-1";
      case "cursor":
        return "0";
      case "bytes":
        return new Uint8Array([0, 255]);
      case "yes-no":
      case "on-off":
      case "true-false":
        return true;
      default:
        return node.or?.includes("NO ONE") ? "NO ONE" : "value";
    }
  }
}
