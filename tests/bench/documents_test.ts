// Tables, charts and the pages that show them are what the results in bench/results give, and a difference is found.
import { assert, assertEquals } from "@std/assert";
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { DOCUMENTS, filled, outdatedDocuments, sameText } from "../../bench/report.ts";
import { test } from "../support/test.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const noDeno = "Deno" in globalThis ? false : "charts are drawn by Deno";

/** `report.ts --check` of this tree; the library that draws is the one that deno.json names. */
function check(root: string): { status: number | null; lines: string[] } {
  const words = [
    "run",
    "-A",
    "--quiet",
    `--config=${join(ROOT, "deno.json")}`,
    join(root, "bench/report.ts"),
    "--check",
  ];
  const { status, stderr } = spawnSync(process.execPath, words, {
    encoding: "utf8",
    env: { ...process.env, NO_COLOR: "1" },
  });
  return { status, lines: stderr.split("\n").filter((line) => line !== "") };
}

test("every table of the documents is what report.ts makes of the results", () => {
  const places = Object.keys(DOCUMENTS).map((path) =>
    readFileSync(join(ROOT, path), "utf8").match(/<!-- bench:/g)?.length ?? 0
  );
  assert(places.every((count) => count > 0), `places in each document: ${places}`);
  assertEquals(outdatedDocuments(), []);
});

test("tables and charts are what report.ts --check wants them to be", { skip: noDeno }, () => {
  assertEquals(check(ROOT), { status: 0, lines: [] });
});

test("report.ts --check finds a figure, a chart and a place that are not of the results", { skip: noDeno }, () => {
  const copy = mkdtempSync(join(tmpdir(), "respire-report-"));
  const change = (path: string, from: string | RegExp, to: string): void => {
    const file = join(copy, path);
    const before = readFileSync(file, "utf8");
    const after = before.replace(from, to);
    assert(after !== before, `${path} has no ${from}`);
    writeFileSync(file, after);
  };
  try {
    const programs = readdirSync(join(ROOT, "bench")).filter((name) => name.endsWith(".ts"));
    const wanted = [...programs, "README.md", "charts", "results"].map((name) => `bench/${name}`);
    for (const path of [...wanted, "README.md", "docs/performance.md"]) {
      cpSync(join(ROOT, path), join(copy, path), { recursive: true });
    }
    change("docs/performance.md", /(\d)×/, "$11×");
    change("bench/README.md", "<!-- bench:summary core -->", "<!-- bench:sumary core -->");
    change("bench/charts/rates-dark.svg", "Respire", "Respite");
    change("bench/README.md", "<!-- bench:chart cpu -->", "<!-- bench:chart old -->");
    rmSync(join(copy, "bench/charts/cpu-dark.svg"));
    writeFileSync(join(copy, "bench/charts/older-light.svg"), "<svg/>");
    assertEquals(check(copy), {
      status: 1,
      lines: [
        "bench/README.md: nothing is measured for sumary core",
        "bench/README.md: nothing is measured for chart old",
        "docs/performance.md: is not what bench/report.ts writes from bench/results",
        "bench/charts/cpu-dark.svg: is not what bench/charts.ts draws from bench/results",
        "bench/charts/older-light.svg: is not what bench/charts.ts draws from bench/results",
        "bench/charts/rates-dark.svg: is not what bench/charts.ts draws from bench/results",
      ],
    });
  } finally {
    rmSync(copy, { recursive: true });
  }
});

test("a place is filled between its marks; one that nothing is measured for is left, and named", () => {
  const page = (table: string): string =>
    `before\n\n<!-- bench:figures core bun -->\n${table}\n<!-- /bench -->\n\nafter\n`;
  const { text, unknown } = filled(page("old"), "");
  assertEquals(unknown, []);
  assert(text.startsWith("before\n\n<!-- bench:figures core bun -->\n\n| a second (CPU µs each) | "), text);
  assert(text.endsWith(" |\n\n<!-- /bench -->\n\nafter\n"), text);
  for (const name of ["figures core perl", "summary nothing", "sum core", "table core", "chart nothing"]) {
    const odd = page("old").replace("figures core bun", name);
    assertEquals(filled(odd, ""), { text: odd, unknown: [name] });
  }
});

test("only what deno fmt may do to a page is no difference", () => {
  assert(sameText("| a | b |\n| 1 | 2 |\n\none long line", "| a   | b |\n| 1   | 2 |\n\none\nlong line"));
  assert(sameText("| --- |", "| --------- |"));
  assert(!sameText("| 1.20× |", "| 1.21× |"));
  assert(!sameText("| 1.20× |", "| 1.20× (missed) |"));
});

test("charts are drawn by the same library everywhere", () => {
  const read = (path: string): Record<string, Record<string, string>> =>
    JSON.parse(readFileSync(join(ROOT, path), "utf8"));
  const version = read("bench/package.json").devDependencies!.echarts;
  assertEquals(read("deno.json").imports!.echarts, `npm:echarts@${version}`);
  assertEquals(read("tests/support/offline.json").imports!.echarts, `npm:echarts@${version}`);
});
