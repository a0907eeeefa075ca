/**
 * What an argument tree becomes: parameters, the type of the options, and the steps of the encoder.
 *
 * @module
 */

/** A positional parameter. */
export interface Param {
  name: string;
  type: string;
  optional: boolean;
  rest: boolean;
  doc: string;
  /** The type of one item, where it is a list of tuples, objects or operations. */
  item?: string;
  /** The optional parameter that this one always comes with. */
  leader?: string;
  /** The types of name and value as plain arguments in wire order, where pairs may be given as these too. */
  plain?: { name: string; type: string }[];
}

/** A key of an object of options. */
export interface Member {
  key: string;
  type: string;
  optional: boolean;
  doc: string;
  /** The type of one item, where it is a list of tuples, objects or operations. */
  item?: string;
  /** The optional parameter without which it is not sent. */
  leader?: string;
}

/** Members that exclude each other. */
export interface Choice {
  members: Member[];
  /** Whether one of them must be there. */
  required: boolean;
  /** The key beside which none of them needs to be there all the same. */
  unless?: string;
}

/** The beginning of the type of a choice, up to its members' object. */
export function choiceType(choice: Choice): [before: string, after: string] {
  if (choice.unless !== undefined) return ["OneOfUnless<", `, ${JSON.stringify(choice.unless)}>`];
  return [choice.required ? "OneOf<" : "AtMostOne<", ">"];
}

/** The type of an object: plain members, and groups of members that exclude each other. */
export interface ObjectType {
  members: Member[];
  choices: Choice[];
  /** Members that come together or not at all. */
  spreads: ObjectType[];
}

/** A piece of the encoder: words in a row, a function that appends to an array of words, or statements. */
export type Step =
  | { kind: "words"; words: string[] }
  | { kind: "call"; make: (acc: string) => string }
  | { kind: "code"; lines: string[]; guarded: boolean };

/** What an argument list becomes. */
export interface Plan {
  params: Param[];
  options: ObjectType;
  steps: Step[];
}

/** Whether an object of options has no member at all. */
export function isEmpty(type: ObjectType): boolean {
  return type.members.length === 0 && type.choices.length === 0 && type.spreads.length === 0;
}

/** Whether an object of options must be given. */
export function isRequired(type: ObjectType): boolean {
  return type.members.some((member) => !member.optional) || type.choices.some((choice) => choice.required);
}

/** All members of an object, whether they exclude each other or not. */
export function allMembers(type: ObjectType): Member[] {
  return [...type.members, ...type.choices.flatMap((choice) => choice.members), ...type.spreads.flatMap(allMembers)];
}

/** A member of an object's type. Whoever has `exactOptionalPropertyTypes` may give `undefined` all the same: it is not sent. */
export function printMember({ key, type, optional }: Member, isOptional = optional): string {
  return isOptional ? `${key}?: ${type} | undefined` : `${key}: ${type}`;
}

/** An object's type on one line. */
export function printObject(type: ObjectType): string {
  const plain = type.members.map((member) => printMember(member)).join("; ");
  const parts = plain === "" ? [] : [`{ ${plain} }`];
  for (const choice of type.choices) {
    const members = choice.members.map((member) => printMember(member)).join("; ");
    const [before, after] = choiceType(choice);
    parts.push(`${before}{ ${members} }${after}`);
  }
  for (const spread of type.spreads) parts.push(`AllOrNone<${printObject(spread)}>`);
  return parts.join(" & ");
}

/** Steps as statements that append to `words`. */
export function flatten(steps: readonly Step[]): string[] {
  return steps.flatMap((step) => {
    if (step.kind === "words") return [`words.push(${step.words.join(", ")});`];
    return step.kind === "call" ? [`${step.make("words")};`] : step.lines;
  });
}

/** Those that read options in a row stand in one block, which asks whether there are any. */
export function guard(steps: readonly Step[]): Step[] {
  const guarded: Step[] = [];
  let block: string[] = [];
  const close = () => {
    const lines = ["if (isGiven(options)) {", ...indent(block), "}"];
    if (block.length > 0) guarded.push({ kind: "code", lines, guarded: false });
    block = [];
  };
  for (const step of steps) {
    if (step.kind === "code" && step.guarded) block.push(...step.lines);
    else {
      close();
      guarded.push(step);
    }
  }
  close();
  return guarded;
}

/** Lines one level deeper. */
export function indent(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`);
}

/** Whether lines call a function of this name. */
export function calls(lines: readonly string[], name: string): boolean {
  return lines.some((line) => new RegExp(`(?<![.\\w])${name}\\(`).test(line));
}
