/**
 * Prints one module for users: the commands of their server, and a client that has them as its methods.
 *
 * @module
 */
import { createHash } from "node:crypto";
import type { Method } from "./method.ts";
import type { CommandsFile } from "./model.ts";
import { Names, shapeCallsIn } from "./reply_names.ts";
import {
  argumentCallsIn,
  commandClasses,
  emittedCommands,
  flagsIn,
  makeMethods,
  optionDeclarations,
  signaturesOf,
  specStatements,
} from "./sections.ts";
import { ALONE, type Feature } from "./select.ts";
import { mentioned, Statements, withoutDocs } from "./statements.ts";
import { printSurfaces, surfaceImports } from "./surfaces.ts";
import { assembleText } from "./text.ts";

/** How every printed module begins: by this it is known to be ours. */
export const MARK = "// Written by @respire/redis/codegen";

/** What a module is printed from. */
export interface ModuleInput {
  /** The commands. */
  readonly file: CommandsFile;
  /** What it is for: `"Redis 7.0.15"`. */
  readonly title: string;
  /** What the client has beside commands. */
  readonly features: ReadonlySet<Feature>;
  /** Where the client comes from: a package, or a pattern whose `*` stands for `client`, `command` and the like. */
  readonly from: string;
  /** Whose sockets it opens; those of the runtime that it is in unless given. */
  readonly sockets?: Sockets;
}

/** Whose sockets a module can be bound to. */
export const SOCKETS = ["node", "cloudflare"] as const;

/** One of {@link SOCKETS}. */
export type Sockets = typeof SOCKETS[number];

/** The module's text. */
export function printModule({ file, title, features, from, sockets }: ModuleInput): string {
  const names = new Names(file.$types ?? {});
  const commands = emittedCommands(file);
  const methods = makeMethods(commands, names).filter((method) => !method.session || features.has("session"));
  const signatures = signaturesOf(methods);
  const options = optionDeclarations(methods);
  const replies = names.declarationsIn([signatures, ...options].join("\n"));
  const body = methods.flatMap((method) => method.body).join("\n");
  const shapes = names.shapeStatementsIn(body);
  const specs = specStatements(commands.filter(([name]) => methods.some(({ command }) => command === name)));
  const code = withoutDocs([signatures, ...options, ...replies].join("\n"));

  const source = new Statements();
  source.addStatements(moduleDoc(title, methods, features, specifier(from, "client")));
  source.addStatements([
    ...surfaceImports(features, (entry) => specifier(from, entry), sockets),
    ...commandImports(specs, body, shapes, names, code, specifier(from, "command")),
    "",
  ]);
  const sections = [...specs, ...shapes, ...replies, ...options];
  source.addStatements(sections.join("\n\n"));
  const [shared, session] = commandClasses(methods, [
    `The commands of ${title} as methods. S is what the strings of replies become, I what their integers do.`,
  ]);
  source.addClasses(features.has("session") ? [shared, session] : [shared]);
  const hasWatch = methods.some(({ command }) => command === "WATCH");
  const constants = methods.map(({ constant }) => constant);
  source.addStatements(printSurfaces(features, { title, hasWatch, constants }));
  const text = assembleText(source);
  const hash = createHash("sha256").update(text).digest("hex").slice(0, 16);
  return `${MARK} for ${title}. Do not edit: write it again.
// Hash of what follows: ${hash}
// deno-fmt-ignore-file
// deno-lint-ignore-file
/* eslint-disable */
${text}`;
}

/** `@respire/redis` → `@respire/redis/client`; `../src/*\/mod.ts` → `../src/client/mod.ts`. */
function specifier(from: string, entry: string): string {
  return from.includes("*") ? from.replaceAll("*", entry) : `${from.replace(/\/$/, "")}/${entry}`;
}

function moduleDoc(title: string, methods: readonly Method[], features: ReadonlySet<Feature>, from: string): string {
  const isWhole = ALONE.every((feature) => features.has(feature));
  const beside = isWhole
    ? features.has("cluster") ? ", and one for clusters" : ""
    : [...features].map((one) => `, ${one}`).join("");
  return [
    "/**",
    ` * A client for ${title}: ${methods.length} command${methods.length === 1 ? "" : "s"}${beside}.`,
    " *",
    ` * Errors, options and whatever else belongs to the client are exports of \`${from}\`.`,
    " *",
    " * @module",
    " */",
  ].join("\n");
}

function commandImports(
  specs: readonly string[],
  body: string,
  shapes: readonly string[],
  names: Names,
  code: string,
  from: string,
): string[] {
  const values = [
    "CommandSpec",
    ...flagsIn(specs.join("\n")),
    ...argumentCallsIn(body),
    ...names.shapesIn(body).combinators.map(({ name }) => name),
    ...shapeCallsIn(withoutDocs(shapes.join("\n"))),
  ];
  const named = ["Reply", "ReplyError"].filter((name) => new RegExp(`\\b${name}\\b`).test(code));
  const types = ["Arg", "Shape", ...named, ...mentioned(code)];
  return [
    `import { ${[...new Set(values)].sort().join(", ")} } from ${JSON.stringify(from)};`,
    `import type { ${[...new Set(types)].sort().join(", ")} } from ${JSON.stringify(from)};`,
  ];
}
