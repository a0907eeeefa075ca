// Every block of code in README.md and docs/ type-checks, and runs against a server unless it is marked `ts no-run`.
import { assert, assertEquals } from "@std/assert";
import { spawn } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { KEEP_ALIVE } from "../src/transport/transport.ts";
import { missing, startRedis } from "./support/servers.ts";
import { test } from "./support/test.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const PAGES = [
  "README.md",
  "CONTRIBUTING.md",
  "CHANGELOG.md",
  "SECURITY.md",
  ...readdirSync(join(ROOT, "docs")).filter((name) => name.endsWith(".md")).map(inDocs),
];
/** Where the blocks say that a server is. */
const ADDRESS = "redis://127.0.0.1:6379";
const noDeno = "Deno" in globalThis ? false : "the blocks are checked by Deno";

interface Block {
  /** Such as `README_20.ts`: the page, and the line it begins at. */
  readonly file: string;
  readonly run: boolean;
  readonly text: string;
}

function inDocs(name: string): string {
  return `docs/${name}`;
}

function blocksOf(page: string): Block[] {
  const text = readFileSync(join(ROOT, page), "utf8");
  return Array.from(text.matchAll(/^```ts( no-run)?\n([^]*?)^```$/gm), (match) => ({
    file: `${page.replace(/^docs\/|\.md$/g, "")}_${text.slice(0, match.index).split("\n").length}.ts`,
    run: match[1] === undefined,
    text: match[2]!,
  }));
}

/** The block as a program that talks to this server. */
function program(block: Block, url: string): string {
  const { host, port } = new URL(url);
  const text = block.text.replaceAll(ADDRESS, url).replaceAll("connect()", `connect("${url}")`)
    .replaceAll("127.0.0.1:6379", host).replaceAll("port: 6379", `port: ${port}`);
  return `${text}\nexport {};\n`;
}

/** Works in a folder in which the blocks stand as programs, and our own names can be imported. */
async function inFolder(
  blocks: readonly Block[],
  url: string,
  work: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "respire-docs-"));
  try {
    write(folder, blocks, url);
    await work(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function write(folder: string, blocks: readonly Block[], url: string): void {
  const { compilerOptions, exports, imports: others } = JSON.parse(readFileSync(join(ROOT, "deno.json"), "utf8"));
  const own = Object.entries<string>(exports).map((
    [name, file],
  ) => [name.replace(".", "@respire/redis"), new URL(`../${file}`, import.meta.url).href]);
  const packages = Object.entries<string>(others).filter(([, target]) => target.startsWith("npm:"));
  const imports = Object.fromEntries([...own, ...packages]);
  // A block may show a value by naming it only.
  const settings = { ...compilerOptions, noUnusedLocals: false };
  writeFileSync(join(folder, "deno.json"), JSON.stringify({ imports, compilerOptions: settings }));
  // What a reader copies into a project is there, too.
  cpSync(join(ROOT, "examples/adapters"), folder, { recursive: true });
  for (const block of blocks) writeFileSync(join(folder, block.file), program(block, url));
}

function deno(folder: string, ...args: string[]): Promise<{ code: number | null; output: string }> {
  const child = spawn(process.execPath, args, { cwd: folder, env: { ...process.env, NO_COLOR: "1" } });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => output += chunk);
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, output }));
  });
}

test("every block of code in the documentation type-checks", { skip: noDeno }, async () => {
  const blocks = PAGES.flatMap(blocksOf);
  assert(blocks.length > PAGES.length / 2, "hardly any blocks were found");
  await inFolder(blocks, ADDRESS, async (folder) => {
    const { code, output } = await deno(folder, "check", "--quiet", ...blocks.map(({ file }) => file));
    assertEquals(code, 0, output);
  });
});

test("every block of code in the documentation runs", { skip: noDeno || missing() }, async () => {
  await using server = await startRedis();
  const blocks = PAGES.flatMap(blocksOf).filter(({ run }) => run);
  await inFolder(blocks, server.url, async (folder) => {
    for (const block of blocks) {
      await server.command("FLUSHALL");
      const { code, output } = await deno(folder, "run", "--no-check", "--allow-net", "--no-prompt", block.file);
      assertEquals(code, 0, `${block.file}: ${output}`);
    }
  });
});

test("every block is in a language that is checked, and every task and script that pages name exists", () => {
  const { tasks } = JSON.parse(readFileSync(join(ROOT, "deno.json"), "utf8"));
  const { scripts } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  let named = 0;
  for (const page of PAGES) {
    const text = readFileSync(join(ROOT, page), "utf8");
    const fences = Array.from(text.matchAll(/^```(.*)$/gm), ([, language]) => language).filter((_, i) => i % 2 === 0);
    assertEquals(fences.filter((language) => !["ts", "ts no-run", "sh", "jsonc", ""].includes(language!)), [], page);
    for (const [command, name] of text.matchAll(/\b(?:deno(?:@[\d.]+)? task|bun run) ([\w:]+)/g)) {
      assert(name! in (command.startsWith("deno") ? tasks : scripts), `${page}: ${command}`);
      named++;
    }
  }
  assert(named > 5);
});

test("links between the pages lead somewhere", () => {
  let links = 0;
  for (const page of PAGES) {
    const folder = join(ROOT, page, "..");
    const text = readFileSync(join(ROOT, page), "utf8");
    for (const [, link, picture] of text.matchAll(/\]\(([^)#]+)[^)]*\)|\bsrc(?:set)?="([^"]+)"/g)) {
      const target = link ?? picture!;
      if (target.includes("://")) continue;
      links++;
      assert(existsSync(join(folder, target)), `${page} links to ${target}`);
    }
  }
  assert(links > 5);
});

/** What a forge makes of a heading, to link to it. */
function anchor(heading: string): string {
  return heading.toLowerCase().replaceAll(/[^\p{L}\p{N}\s_-]/gu, "").replaceAll(" ", "-");
}

test("links into a page lead to a heading of it", () => {
  const headings = new Map<string, Set<string>>();
  const of = (file: string): Set<string> => {
    const text = readFileSync(file, "utf8").replaceAll(/^```[^]*?^```$/gm, "");
    return new Set(Array.from(text.matchAll(/^#+ (.*)$/gm), ([, heading]) => anchor(heading!)));
  };
  let links = 0;
  for (const page of PAGES) {
    const text = readFileSync(join(ROOT, page), "utf8");
    for (const [, link, place] of text.matchAll(/\]\(([^)#:]*)#([^)]+)\)/g)) {
      const file = link === "" ? join(ROOT, page) : join(ROOT, page, "..", link!);
      if (!headings.has(file)) headings.set(file, of(file));
      assert(headings.get(file)!.has(place!), `${page} links to ${link}#${place}`);
      links++;
    }
  }
  assert(links > 20);
});

test("the entry of commands.json that the documentation shows is the one in use", () => {
  const page = readFileSync(join(ROOT, "CONTRIBUTING.md"), "utf8");
  const shown = JSON.parse(`{${/^```jsonc\n([^]*?)^```$/m.exec(page)![1]}}`);
  const file = JSON.parse(readFileSync(join(ROOT, "commands.json"), "utf8"));
  for (const [name, entry] of Object.entries(shown)) assertEquals(entry, file[name]);
  assertEquals(Object.keys(shown).length, 1);
});

/** What a table says is assumed, as the sources write it: `10 seconds`, `10,000`, `"error"`, reads. */
function asWritten(said: string): string {
  if (said === "reads") return "resendReadonly";
  const [number, unit] = said.split(" ");
  if (!/^[\d,]+$/.test(number!)) return said.replaceAll("`", "");
  return String(Number(number!.replaceAll(",", "")) * (unit === "seconds" ? 1000 : 1));
}

/** How the sources write that there is no limit, or never; what they do not mention has no default. */
const NONE = new Set([undefined, "Infinity", "0"]);

test("the defaults that pages name are those of the code", () => {
  const sources = ["options.ts", "open.ts"].map((file) => readFileSync(join(ROOT, "src/client", file), "utf8")).join();
  const assumed = new Map(
    [...sources.matchAll(/(?:\b(\w+) \?\? |\{ (size) = )("[^"]*"|\w+(?:\(\))?)/g)]
      .map(([, given, pool, value]) => [(given ?? pool)!, value!]),
  );
  // The sockets' own.
  assumed.set("keepAlive", String(KEEP_ALIVE));
  let compared = 0;
  for (const page of ["docs/connecting.md", "docs/pool.md"]) {
    const text = readFileSync(join(ROOT, page), "utf8");
    const tables = [...text.matchAll(/^\| option +\| unless given +\|.*\n\|.*\n((?:\|.*\n)+)/gm)];
    for (const [, name, said] of tables.flatMap(([, rows]) => [...rows!.matchAll(/^\| `(\w+)` +\| (.*?) +\|/gm)])) {
      const value = assumed.get(name!)?.replaceAll(/(?<=\d)_/g, "");
      if (said === "none") assert(NONE.has(value), `${page}: ${name} is ${value}`);
      else assertEquals(asWritten(said!), value, `${page}: ${name}`);
      compared++;
    }
  }
  assert(compared > 20, `only ${compared}`);
});

test("what the documentation checks in CI is what it writes", () => {
  const page = readFileSync(join(ROOT, "docs/codegen.md"), "utf8");
  const commands: string[] = page.match(/^(deno|bun|node) .* --out .*$/gm) ?? [];
  const checks = commands.filter((command) => command.includes(" --check"));
  assertEquals(checks.length, 1);
  for (const check of checks) assert(commands.includes(check.replace(" --check", "")), check);
});
