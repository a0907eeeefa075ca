/**
 * The declarations of the sources, as `deno pack` writes them: those of the entries, and those that they name.
 *
 * @module
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { ROOT, run } from "./programs.ts";

/** A line that names a module, as `deno pack` writes it: by the file with its code, and perhaps behind a comment. */
const NAMING = /^((?:\/\*\*.*| )\*\/ )?((?:import|export) [^"\n]*\bfrom )"(\.\.?\/[^"]+)\.js"/gm;

/** What a source says of itself. */
const MODULE = /^\/\*\*(?:[^*]|\*(?!\/))*@module\s*\*\//;

/** Writes the declarations of these files, named from the repository's root and without `.ts`, into a folder. */
export function declare(entries: readonly string[], folder: string): void {
  const work = mkdtempSync(join(tmpdir(), "respire-declarations-"));
  try {
    const packed = join(work, "packed.tgz");
    run("deno", "pack", "--allow-dirty", "--no-source-maps", "--quiet", "--output", packed);
    run("tar", "-xzf", packed, "-C", work);
    const wanted = new Set(entries);
    for (const name of wanted) {
      const { text, named } = read(join(work, "package"), name);
      const path = join(folder, `${name}.d.ts`);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, text);
      for (const other of named) wanted.add(other);
    }
  } finally {
    rmSync(work, { recursive: true });
  }
}

/** A declaration, ready for everybody, and the others that it names. */
function read(folder: string, name: string): { text: string; named: string[] } {
  const named: string[] = [];
  const declared = readFileSync(join(folder, `${name}.d.ts`), "utf8");
  const text = declared.replace(NAMING, (_, comment: string | undefined, before: string, path: string) => {
    named.push(join(dirname(name), path));
    // TypeScript finds declarations beside the code, even if that is gone, and wants them to be named so. Deno goes by
    // what is there.
    const line = `// @ts-types="${path}.d.ts"\n${before}"${path}.js"`;
    return comment === undefined ? line : `${comment.trimEnd()}\n${line}`;
  });
  return { text: withModule(text, readFileSync(join(ROOT, `${name}.ts`), "utf8")), named };
}

/** A comment on the module is lost with the import that follows it, if no declaration needs that. */
function withModule(text: string, source: string): string {
  const [comment] = MODULE.exec(source) ?? [];
  return comment === undefined || text.startsWith(comment) ? text : `${comment}\n${text}`;
}
