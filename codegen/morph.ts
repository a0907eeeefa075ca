/**
 * Prints statements with ts-morph: what this package's own files are printed with.
 *
 * @module
 */
import { type ClassDeclarationStructure, type MethodDeclarationStructure, Project, StructureKind } from "ts-morph";
import type { Signature } from "./parts.ts";
import type { ClassText, MethodText, Statements } from "./statements.ts";

const project = new Project({
  useInMemoryFileSystem: true,
  manipulationSettings: { indentationText: "  " as never },
});

/** The statements as the text of a file. All at once, which is what makes it quick. */
export function assembleMorph(source: Statements): string {
  const statements = source.all.map((one) => typeof one === "string" ? one : classStructure(one));
  return project.createSourceFile("printed.ts", { statements }, { overwrite: true }).getFullText().trimStart();
}

function classStructure(printed: ClassText): ClassDeclarationStructure {
  return {
    kind: StructureKind.Class,
    name: printed.name,
    isAbstract: true,
    isExported: true,
    typeParameters: [...printed.typeParameters],
    extends: printed.extends,
    docs: [doc(printed.docs)],
    methods: printed.methods.map(methodStructure),
  };
}

function methodStructure(method: MethodText): MethodDeclarationStructure {
  const overloads = method.overloads ?? [];
  return {
    kind: StructureKind.Method,
    name: method.name,
    isAbstract: method.body === undefined,
    docs: overloads.length > 0 ? [] : [doc(method.docs)],
    overloads: overloads.map(({ docs, signature: of }) => ({ docs: [doc(docs)], ...signature(of) })),
    ...signature(method.signature),
    statements: method.body?.join("\n"),
  };
}

function doc(lines: readonly string[]): string {
  return lines.length === 1 ? lines[0] : `\n${lines.join("\n")}`;
}

/** A signature for ts-morph. Its parameters are printed already; the writer takes them as one. */
function signature(one: Signature): { typeParameters: string[]; parameters: { name: string }[]; returnType: string } {
  return {
    typeParameters: one.generics === "" ? [] : [one.generics.slice(1, -1)],
    parameters: one.params === "" ? [] : [{ name: one.params }],
    returnType: one.returns,
  };
}
