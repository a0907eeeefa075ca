// Imports run one way, and only the transports know which runtime they are in.
import { assert, assertEquals } from "@std/assert";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, posix, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { test } from "./support/test.ts";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

/** What each layer may import besides itself. A layer is a folder or a file under src/. */
const LAYERS: Record<string, readonly string[]> = {
  "error_codes.ts": [],
  "errors.ts": ["error_codes.ts"],
  "resp": ["errors.ts"],
  "command": ["errors.ts", "resp"],
  "generated": ["errors.ts", "resp", "command"],
  "transport": ["errors.ts"],
  "connection": ["errors.ts", "resp", "command", "generated", "transport"],
  "client": ["error_codes.ts", "errors.ts", "resp", "command", "generated", "transport", "connection"],
  "cache": ["errors.ts", "resp", "command", "connection", "client"],
  "observe": ["errors.ts", "resp", "command", "connection", "client"],
  "diagnostics": ["observe"],
  "otel": ["client", "observe"],
  "cluster": ["errors.ts", "resp", "command", "generated", "transport", "connection", "client"],
  "sentinel": ["errors.ts", "resp", "command", "generated", "transport", "connection", "client"],
  "cloudflare": ["errors.ts", "transport", "connection", "client"],
  "sockets": ["transport"],
  "recipes": ["errors.ts", "resp", "command", "client", "cluster", "sentinel"],
  "testing": [],
};

/** The file that chooses a runtime's transport. */
const CHOOSER = "src/transport/default.ts";
/** An entry for one runtime has nothing to choose, and must not bring the others along. */
const CHOSEN: Record<string, string> = {
  "src/cloudflare/mod.ts": "src/transport/cloudflare.ts",
  "src/sockets/cloudflare/mod.ts": "src/transport/cloudflare.ts",
  "src/sockets/node/mod.ts": "src/transport/node.ts",
};
/** Shared by the transports, and by everything above. */
const SEAM = "src/transport/transport.ts";
/** Asks by itself which runtime this is, and imports nothing of any: whoever needs a variable may have it. */
const ENVIRONMENT = "src/transport/environment.ts";

/** What may know that there is an operating system. `testing` starts processes; no other entry loads it. */
const HOSTED = new Set(["transport", "testing"]);

/** What a layer exists to bring to whoever asks for it by its own entry: all runtimes have it, without permissions. */
const MODULES: Record<string, RegExp> = { diagnostics: /^node:diagnostics_channel$/ };

interface Line {
  readonly file: string;
  readonly number: number;
  readonly text: string;
}

function lines(folder: string): Line[] {
  let files: string[];
  try {
    files = readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" });
  } catch {
    return [];
  }
  return files.filter((file) => file.endsWith(".ts")).flatMap((name) => {
    const file = posix.join(folder, name.replaceAll("\\", "/"));
    return withoutComments(readFileSync(join(ROOT, file), "utf8")).split("\n")
      .map((text, index) => ({ file, number: index + 1, text }));
  });
}

/** Blanks comments, keeping the lines where they are. */
function withoutComments(source: string): string {
  return source.replace(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*/g, (comment) => comment.replace(/[^\n]/g, ""));
}

/** The specifiers that a line imports or exports from, as paths from the repository's root where they are relative. */
function imports(line: Line): string[] {
  const found = line.text.matchAll(/\bfrom\s+"([^"]+)"|\bimport\s*\(?\s*"([^"]+)"/g);
  return Array.from(found, (match) => match[1] ?? match[2]!).map((specifier) =>
    specifier.startsWith(".") ? posix.join(posix.dirname(line.file), specifier) : specifier
  );
}

function layerOf(path: string): string {
  return path.split("/")[1]!;
}

/** Why this line may not import that path, or `undefined`. */
function offence(line: Line, target: string): string | undefined {
  const layer = layerOf(line.file);
  const allowed = LAYERS[layer];
  if (!allowed) return `src/${layer} has no row in the table of layers`;
  if (!target.startsWith("src/")) {
    const may = HOSTED.has(layer) ? /^(node|cloudflare):/ : MODULES[layer];
    return may?.test(target) ? undefined : `src/ may not import ${target}`;
  }
  const goal = layerOf(target);
  if (goal === "transport" && target !== SEAM && target !== ENVIRONMENT) {
    const sibling = layer === "transport" && line.file !== SEAM;
    if (target !== CHOOSER && !sibling && target !== CHOSEN[line.file]) return `only ${CHOOSER} may import ${target}`;
    if (target === CHOOSER && layer !== "client") return `only src/client may import ${CHOOSER}`;
  }
  return goal === layer || allowed.includes(goal) ? undefined : `src/${layer} may not import ${target}`;
}

function report(found: readonly { line: Line; why: string }[]): string[] {
  return found.map(({ line, why }) => `${line.file}:${line.number} ${why}`);
}

function offences(source: readonly Line[]): string[] {
  const found = source.flatMap((line) =>
    imports(line).flatMap((target) => {
      const why = offence(line, target);
      return why ? [{ line, why }] : [];
    })
  );
  return report(found);
}

const RUNTIME = /(?<![\w$."'`@/-])(?:Deno|Bun|process|Buffer|require|__dirname)\b(?!["'`:?]|\s+(?:of|in)\b)/;

test("src/ imports run one way", () => {
  const source = lines("src");
  assert(source.length > 100, `only ${source.length} lines found under ${relative(ROOT, ROOT) || ROOT}`);
  assertEquals(offences(source), []);
});

test("only src/transport and src/testing name a runtime", () => {
  const found = lines("src").filter((line) => !HOSTED.has(layerOf(line.file)) && RUNTIME.test(line.text));
  assertEquals(found.map((line) => `${line.file}:${line.number} ${line.text.trim()}`), []);
});

test("src/ and codegen/ do not import each other", () => {
  const found = lines("codegen").flatMap((line) =>
    imports(line).filter((target) => target.startsWith("src/")).map((target) => ({ line, why: `imports ${target}` }))
  );
  assertEquals(report(found), []);
});

test("the layer check sees what it is there for", () => {
  const wrong: [file: string, text: string][] = [
    ["src/resp/decoder.ts", 'import { connect } from "../client/client.ts";'],
    ["src/resp/decoder.ts", 'export * from "../command/spec.ts";'],
    ["src/client/client.ts", 'import { connect } from "../transport/node.ts";'],
    ["src/connection/connection.ts", 'import { connect } from "../transport/default.ts";'],
    ["src/client/client.ts", 'import { connect } from "node:net";'],
    ["src/diagnostics/mod.ts", 'import { connect } from "node:net";'],
    ["src/otel/mod.ts", 'import { trace } from "@opentelemetry/api";'],
    ["src/cloudflare/mod.ts", 'import { connect } from "../transport/node.ts";'],
    ["src/cloudflare/mod.ts", 'import { connectTransport } from "../transport/default.ts";'],
    ["src/client/client.ts", 'const net = await import("node:net");'],
    ["src/client/client.ts", 'import { Project } from "ts-morph";'],
    ["src/client/client.ts", 'import { names } from "../../codegen/names.ts";'],
    ["src/sockets/node/mod.ts", 'export { connect } from "../../transport/bun.ts";'],
    ["src/sockets/node/mod.ts", 'import { open } from "../../client/open.ts";'],
    ["src/elsewhere/file.ts", 'import "../errors.ts";'],
  ];
  for (const [file, text] of wrong) assertEquals(offences([{ file, number: 1, text }]).length, 1, text);
  const right: [file: string, text: string][] = [
    ["src/client/options.ts", 'import { connect } from "../transport/default.ts";'],
    ["src/transport/default.ts", 'const { connect } = await import("./node.ts");'],
    ["src/transport/node.ts", 'import { connect } from "node:net";'],
    ["src/cloudflare/mod.ts", 'import { connect } from "../transport/cloudflare.ts";'],
    ["src/sockets/node/mod.ts", 'export { connect } from "../../transport/node.ts";'],
    ["src/connection/connection.ts", 'import type { Transport } from "../transport/transport.ts";'],
  ];
  for (const [file, text] of right) assertEquals(offences([{ file, number: 1, text }]), [], text);
  for (const text of ["Deno.exit()", "return Bun", "new Buffer(1)", "if (process.env)"]) {
    assert(RUNTIME.test(text), text);
  }
  for (const text of ['"Deno"', "arrayBuffer()", "ArrayBuffer", "this.process()"]) assert(!RUNTIME.test(text), text);
});
