/**
 * The parts that printed files have in common: specs, types of options, classes of methods.
 *
 * @module
 */
import { makeMethod, type Method } from "./method.ts";
import { type Command, type CommandsFile, isEmitted } from "./model.ts";
import { constantName } from "./names.ts";
import { split } from "./parts.ts";
import { choiceType, type Member, type ObjectType, printMember } from "./plan.ts";
import type { Names } from "./reply_names.ts";
import { printSpec } from "./spec.ts";
import type { ClassText, MethodText } from "./statements.ts";

/** The commands of a file that have a method, grouped, in the order of the file. */
export function emittedCommands(file: CommandsFile): [string, Command][] {
  const commands = Object.entries(file).filter(([name]) => !name.startsWith("$")) as [string, Command][];
  return commands.filter(([, facts]) => isEmitted(facts)).sort(([, a], [, b]) =>
    a.group < b.group ? -1 : a.group > b.group ? 1 : 0
  );
}

/** Makes the methods of commands; an error names the command. */
export function makeMethods(commands: readonly [string, Command][], names: Names): Method[] {
  const methods = commands.map(([name, facts]) => {
    try {
      return makeMethod(name, facts, names);
    } catch (error) {
      throw new Error(`${name}: ${(error as Error).message}`, { cause: error });
    }
  });
  refuseTwins(methods);
  return methods;
}

function refuseTwins(methods: readonly Method[]): void {
  const seen = new Map<string, string>();
  for (const { name, command } of methods) {
    const other = seen.get(name);
    if (other !== undefined) throw new Error(`${command} and ${other} both become ${name}`);
    seen.set(name, command);
  }
}

/** The constants of the commands' specs. Nobody minds if one that is not used goes away. */
export function specStatements(commands: readonly [string, Command][]): string[] {
  return commands.map(([name, facts]) =>
    `/** \`${name}\` */\nexport const ${constantName(name)}: CommandSpec = /* @__PURE__ */ ${printSpec(name, facts)};`
  );
}

/** The flags that printed specs name, as an import names them: READONLY is a command, too. */
export function flagsIn(specs: string): string[] {
  const flags = ["BINARY", "BLOCKING", "BLOCKING_OPTION", "READ_ONLY", "SESSION", "WRITE"];
  return flags.filter((flag) => new RegExp(`, (\\w+ \\| )*${flag}\\b[ ,|)]`).test(specs))
    .map((flag) => flag === "READ_ONLY" ? "READONLY as READ_ONLY" : flag);
}

/** The functions of src/command/args.ts that bodies call. */
export function argumentCallsIn(body: string): string[] {
  const calls =
    "entries isGiven isPairs itemsOf many milliseconds pushAll pushBounded pushCounted pushCountedPairs pushEach pushJoined pushMany pushPairArgs pushPairs pushReversed pushZipped seconds setCount tuplesOf withMany withPairs";
  return calls.split(" ").filter((name) => new RegExp(`\\b${name}\\(`).test(body));
}

/** The declarations of the methods' options and of long items. */
export function optionDeclarations(methods: readonly Method[]): string[] {
  const declarations = methods.flatMap(({ options, command }) =>
    options === undefined ? [] : [optionsDeclaration(options.name, options.type, command)]
  );
  for (const { name, type, doc } of methods.flatMap((method) => method.items)) {
    const parts = split(type);
    const printed = parts.length === 1 ? type : parts.map((part) => `\n  | ${part}`).join("");
    declarations.push(`/** ${doc} */\nexport type ${name} =${parts.length === 1 ? " " : ""}${printed};`);
  }
  return declarations;
}

function memberLines(members: Member[], optional: boolean | undefined): string[] {
  return members.flatMap((member) => [
    `  /** ${member.doc.replaceAll("*/", "* /")} */`,
    `  ${printMember(member, optional)};`,
  ]);
}

function optionsDeclaration(name: string, type: ObjectType, command: string): string {
  const doc = `/** Options of \`${command}\`. */`;
  if (type.choices.length === 0 && type.spreads.length <= 1 && type.members.length * type.spreads.length === 0) {
    const of = type.spreads[0] ?? type;
    if (of.choices.length === 0 && of.spreads.length === 0) {
      return [doc, `export interface ${name} {`, ...memberLines(of.members, undefined), "}"].join("\n");
    }
  }
  return `${doc}\nexport type ${name} = ${optionsType(type)};`;
}

function optionsType(type: ObjectType): string {
  const parts: string[] = [];
  if (type.members.length > 0) parts.push(["{", ...memberLines(type.members, undefined), "}"].join("\n"));
  for (const choice of type.choices) {
    const [before, after] = choiceType(choice);
    parts.push([`${before}{`, ...memberLines(choice.members, false), `}${after}`].join("\n"));
  }
  for (const spread of type.spreads) parts.push(`AllOrNone<${optionsType(spread)}>`);
  return parts.join(" & ");
}

/** The type parameters of every class of commands. */
export const GENERICS = [
  { name: "S", constraint: "string | Uint8Array", default: "string" },
  { name: "I", constraint: "number | bigint", default: "number" },
] as const;

const SEND: MethodText = {
  name: "send",
  docs: ["Sends a command. The arguments do not include its name; the shape, if any, makes the result of the reply."],
  signature: {
    generics: "<T>",
    params: "spec: CommandSpec, args: Arg[], shape?: Shape",
    returns: "Promise<T>",
  },
};

/** The class of the commands that any connection may run, and the class of those that need one of their own. */
export function commandClasses(methods: readonly Method[], docs: readonly string[]): [ClassText, ClassText] {
  const of = (session: boolean) => methods.filter((method) => method.session === session).map(methodText);
  // Whoever has the compiler tell of what is not used looks at modules with few commands, too.
  const used = signaturesOf(methods.filter((method) => !method.session));
  const typeParameters = GENERICS.map((one) =>
    new RegExp(`\\b${one.name}\\b`).test(used) ? one : { ...one, name: `_${one.name}` }
  );
  return [
    { name: "Commands", docs, typeParameters, methods: [SEND, ...of(false)] },
    {
      name: "SessionCommands",
      docs: ["The commands that change the state of their connection too, for whoever has one to himself."],
      typeParameters: GENERICS,
      extends: "Commands<S, I>",
      methods: of(true),
    },
  ];
}

function methodText(method: Method): MethodText {
  const { name, docs, body, implementation, signatures } = method;
  if (implementation === undefined) return { name, docs, body, signature: signatures[0] };
  // Above the second overload and those after it stands the sentence that says what the command does.
  const overloads = signatures.map((signature, at) => ({ docs: at === 0 ? docs : [docs[0]!], signature }));
  return { name, docs: [], overloads, signature: implementation, body };
}

/** Everything of the methods that may mention types: their signatures. */
export function signaturesOf(methods: readonly Method[]): string {
  return methods.flatMap((m) =>
    [...m.signatures, m.implementation ?? m.signatures[0]].map((s) => `${s.generics}(${s.params}): ${s.returns}`)
  ).join("\n");
}

/** The names of the methods' options, and of long items that the text mentions. */
export function optionNames(methods: readonly Method[], text: string): string[] {
  const items = methods.flatMap((method) => method.items.map((item) => item.name)).filter((name) =>
    text.includes(name)
  );
  return [...methods.flatMap((method) => method.options?.name ?? []), ...items].sort();
}
