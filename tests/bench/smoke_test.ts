// The programs of the bench, in their quickest form and with our client alone: they end well, measure something, and leave
// it where they are told to. No time is held against anything.
import { assert, assertEquals, assertThrows } from "@std/assert";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { entries, told } from "../../bench/contestants.ts";
import { importVersion } from "../../bench/driver.ts";
import type { Result } from "../../bench/results.ts";
import { startServer } from "../../bench/server.ts";
import { sizes } from "../../bench/sizes.ts";
import { workloadOf } from "../../bench/workloads.ts";
import { noBuild } from "../release/built.ts";
import { programOnPath } from "../support/binaries.ts";
import { type Outcome, run } from "../support/programs.ts";
import { test } from "../support/test.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const BENCH = join(ROOT, "bench");
const isDeno = "Deno" in globalThis;
const runtime = isDeno ? "deno" : "Bun" in globalThis ? "bun" : "node";

/** The bench starts the machine's own server, and asks it by the program that comes with it. */
const noServer = ["redis-server", "redis-cli"].map((name) => programOnPath(name) ? false : `no ${name} on this machine`)
  .find((reason) => reason !== false) ?? false;
const noBundler = [ROOT, BENCH].some((folder) => existsSync(join(folder, "node_modules/.bin/esbuild")))
  ? false
  : "npm install brings the bundler";
/** What runs everywhere in the same way is run once. */
const noDeno = isDeno ? false : "runs in Deno";

/** Runs a program of bench/ in this runtime, to its end. */
function bench(file: string, ...args: string[]): Promise<Outcome> {
  const words = isDeno ? ["run", "-A", "--quiet"] : runtime === "node" ? ["--import", "tsx"] : [];
  return run([process.execPath, ...words, join(BENCH, file), ...args], { cwd: ROOT });
}

/** When each of the results that are kept was written. */
function kept(): Record<string, number> {
  const folder = join(BENCH, "results");
  return Object.fromEntries(readdirSync(folder).map((name) => [name, statSync(join(folder, name)).mtimeMs]));
}

/** Runs a program that measures, and gives what it left in the folder that it was told: one file, and nothing elsewhere. */
async function measured<T>(group: string, file: string, ...args: string[]): Promise<T & Outcome> {
  const out = mkdtempSync(join(tmpdir(), "respire-bench-out-"));
  try {
    const before = kept();
    const ended = await bench(file, ...args, "--quick", "--runtime", runtime, "--out", out);
    assertEquals(ended.code, 0, ended.output);
    assertEquals(kept(), before, "the results that are kept");
    assertEquals(readdirSync(out), [`${group}.json`]);
    const run = JSON.parse(readFileSync(join(out, `${group}.json`), "utf8"));
    assertEquals(run.group, group);
    assert(/^\d{4}-/.test(run.date) && run.commit !== "" && run.machine.cores > 0);
    return { ...run, ...ended };
  } finally {
    rmSync(out, { recursive: true });
  }
}

test("run.ts compares on a server of its own", { skip: noServer || (runtime === "node" && noBundler) }, async () => {
  const only = "transaction-10,cached-get";
  const words = ["--clients", "respire", "--seconds", "0.02", "--rounds", "2", "--only", only];
  const { results, printed: output, errors } = await measured<{ results: Result[] }>("features", "run.ts", ...words);
  assertEquals(results.map(({ name }) => name), only.split(","));
  for (const { name, skipped, figures } of results) {
    assertEquals([skipped, figures.length], [{}, 1], name);
    const [{ client, runtime: where, samples, median, cpu }] = figures as [Result["figures"][number]];
    assertEquals([client, where, samples.length], ["respire", runtime, 2]);
    assert(samples.every((sample) => sample > 0) && median > 0 && cpu > 0, JSON.stringify(figures));
    assert(output.includes(`${name}: `), output);
  }
  assertEquals(errors, "");
});

test("what a program does not understand ends it with one line", async () => {
  const wrong: [string[], string][] = [
    [["run.ts", "--only", "core,nonsense"], '--only: nothing is named "nonsense"; there are the groups targets, core,'],
    [["run.ts", "--clients", "nobody"], '--clients: nothing is named "nobody"; there are: respire, ioredis,'],
    [["run.ts", "--runtime", "perl"], '--runtime: nothing is named "perl"; there are: deno, bun, node, c, python'],
    [["run.ts", "--clients", "bun", "--runtime", "node"], "none of these clients runs in any of these runtimes"],
    [["run.ts", "--rounds", "none"], '--rounds: "none" is no number above 0'],
    [["run.ts", "--seconds", "0"], '--seconds: "0" is no number above 0'],
    [["run.ts", "--nonsense"], "Unknown option '--nonsense'; there are: --quick, --all, --only,"],
    [["growth.ts", "--only", "nothing"], '--only: nothing is named "nothing"; there are: pipeline, stream,'],
    [["micro.ts", "--only", "x"], "Unknown option '--only'; there are: --runtime, --quick, --out"],
  ];
  const before = kept();
  for (const [[file, ...args], message] of wrong) {
    const { code, printed: output, errors } = await bench(file!, ...args);
    assertEquals([code, output, errors.trimEnd().split("\n").length], [1, "", 1], `${file} ${args}: ${errors}`);
    assert(errors.startsWith(message), errors);
  }
  assertEquals(kept(), before);
});

test("a client that cannot be loaded says so instead of measuring", { skip: noDeno }, async () => {
  const { code, printed: output } = await bench("contestant.ts", "nobody", "1", "callers-1:hget");
  assertEquals([code, output], [0, '{"skipped":"cannot be loaded here"}\n']);
});

test("a library that is not there is told in the same words in every runtime; what else went wrong, in its own", () => {
  const absent = [
    "TypeError: JSR package manifest for '@db/redis' failed to load. Import 'https://jsr.io/@db/redis/meta.json' failed.",
    'TypeError: Import "nobody" not a dependency and not in import map from "file:///bench/startup_subject.ts"',
    "Cannot find package 'nobody' from '/bench/startup_subject.ts'",
    "Error [ERR_MODULE_NOT_FOUND]: Cannot find package 'nobody' imported from /bench/startup_subject.js",
  ];
  for (const message of absent) assertEquals(told(message), "cannot be loaded here");
  assertEquals(told("ConnectionError: refused"), "ConnectionError: refused");
});

test("everybody is narrowed to the clients and runtimes that were asked for", () => {
  const names = (clients?: string[], runtimes?: string[]): string[] =>
    entries(clients, runtimes).map(({ client, runtime }) => `${client} ${runtime}`);
  assertEquals(names(["respire"]), ["respire deno", "respire bun", "respire node"]);
  assertEquals(names(["respire", "bun", "glide"], ["bun"]), ["respire bun", "bun bun"]);
  // Programs in C are what everybody is held against.
  assertEquals(names(undefined, ["python"]), [
    "redis-benchmark c",
    "hiredis c",
    "redis-py python",
    "redis-py+hiredis python",
  ]);
  assertEquals(names(["hiredis"], ["c"]), ["hiredis c"]);
});

test("redis-benchmark is asked for whole pipelines: what it sends is what is counted", {
  skip: noServer || (programOnPath("redis-benchmark") ? false : "no redis-benchmark on this machine"),
}, async () => {
  const server = await startServer();
  try {
    const [entry] = entries(["redis-benchmark"]);
    const contestant = await entry!.start(server.port, workloadOf("pipeline-100000:hget"));
    server.command("CONFIG", "RESETSTAT");
    const { units } = await contestant.measure(0.01, 110_000);
    const sent = Number(/cmdstat_hget:calls=(\d+)/.exec(server.command("INFO", "commandstats"))![1]);
    assertEquals([units >= 200_000, sent], [true, units]);
  } finally {
    await server.stop();
  }
});

test("sizes tell why no bundle is made of a client", () => {
  assertEquals(sizes(["glide", "iuioiua", "deno_redis"]), [
    { what: "valkey-glide", skipped: "native code, which no bundle holds" },
    { what: "@db/redis", skipped: "cannot be loaded here: the bundler reads nothing from JSR" },
    { what: "@iuioiua/redis", skipped: "cannot be loaded here: the bundler reads nothing from JSR" },
  ]);
});

test("versions that no package tells stand in the bench's deno.json alone", () => {
  const wanted: Record<string, string> = JSON.parse(readFileSync(join(BENCH, "deno.json"), "utf8")).imports;
  for (const name of ["@db/redis", "@iuioiua/redis"]) {
    assertEquals(`jsr:${name}@${importVersion(name)}`, wanted[name]);
  }
  for (const file of readdirSync(join(BENCH, "clients"))) {
    const [version] = /^export const version = .*$/m.exec(readFileSync(join(BENCH, "clients", file), "utf8")) ?? [""];
    assert(!/"\d/.test(version), `${file}: ${version}`);
  }
});

test("the bench's server counts the errors that it answers, and says what is wrong with Lua", {
  skip: noServer,
}, async () => {
  const server = await startServer();
  try {
    assertEquals(server.command("PING"), "PONG");
    assertEquals(server.errors(), 0);
    assertThrows(() => server.lua("return redis.call('INCRBY', 'key', 'text')"), Error, "not an integer");
    assertEquals(server.errors(), 1);
    assert(server.cpu() > 0);
  } finally {
    await server.stop();
  }
});

type Point = { size: number; nanoseconds?: number; memory?: number; failed?: string };

test("growth.ts measures every kind of growth", { skip: noDeno || noServer }, async () => {
  const { results } = await measured<{ results: Record<string, { deno: Point[] }> }>("growth", "growth.ts");
  assertEquals(Object.keys(results), ["pipeline", "stream", "reply", "pending", "chunk"]);
  for (const [kind, { deno }] of Object.entries(results)) {
    const sizes = kind === "chunk" ? [1, 32, 1024, 32_768, 1_048_576] : [10, 1000, 100_000];
    assertEquals(deno.map(({ size }) => size), sizes, kind);
    assert(deno.every(({ nanoseconds, failed }) => nanoseconds! > 0 && failed === undefined), JSON.stringify(deno));
    if (kind === "chunk") continue;
    // One round of ten commands takes less than one of as many as a heap must grow for.
    assert(deno[0]!.memory! < deno.at(-1)!.memory!, `${kind}: ${JSON.stringify(deno)}`);
  }
});

test("workers.ts measures workers and the main thread", { skip: noDeno || noServer }, async () => {
  type Scale = { workers: number; perSecond: number; latest: number };
  const { results } = await measured<{ results: { deno: Scale[] } }>("workers", "workers.ts");
  assertEquals(results.deno.slice(0, 3).map(({ workers }) => workers), [0, 1, 2]);
  assert(results.deno.every(({ perSecond }) => perSecond > 0), JSON.stringify(results));
  // Nobody parses so many documents in less.
  assert(results.deno[0]!.latest > 2, JSON.stringify(results));
});

test("micro.ts measures the codec", { skip: noDeno }, async () => {
  type Timing = { low: number; median: number; high: number };
  const { results } = await measured<{ results: { deno: Record<string, Timing> } }>("micro", "micro.ts");
  const cases = Object.entries(results.deno);
  assert(cases.length > 10 && cases.some(([name]) => name.startsWith("encode ")));
  for (const [name, { low, median, high }] of cases) assert(0 < low && low <= median && median <= high, name);
});

test(
  "micro.ts ends with 1 if a case takes longer than an earlier run and the bound allow",
  { skip: noDeno },
  async () => {
    const folder = mkdtempSync(join(tmpdir(), "respire-bench-against-"));
    const file = join(folder, "earlier.json");
    const against = async (nanoseconds: number, bound: string): Promise<Outcome> => {
      const timing = { low: nanoseconds, median: nanoseconds, high: nanoseconds };
      writeFileSync(
        file,
        JSON.stringify({ results: { deno: { "decode integers": timing, "decode nothing": timing } } }),
      );
      const options = ["--quick", "--runtime", "deno", "--out", folder, "--against", file, "--bound", bound];
      return await bench("micro.ts", ...options);
    };
    try {
      const before = kept();
      const worse = await against(0.001, "2");
      assertEquals(worse.code, 1, worse.output);
      assert(
        /\nmore than 2×:\ndecode integers +deno +[\d.]+× {2}0\.001 \(0\.001–0\.001\) → /.test(worse.printed),
        worse.printed,
      );
      assert(!worse.printed.includes("decode nothing"), worse.printed);
      const better = await against(1e9, "2");
      assertEquals([better.code, better.printed.includes("more than")], [0, false], better.output);
      const { code, errors } = await bench("micro.ts", "--against", join(folder, "nothing.json"));
      assertEquals([code, errors.startsWith("--against: ENOENT")], [1, true], errors);
      assertEquals(kept(), before);
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
);

test("startup.ts measures our start and our bundles", { skip: noBuild || noServer }, async () => {
  type Start = { client: string; import?: number; first?: number; skipped?: string };
  type Size = { what: string; minified: number; gzip: number; skipped?: string };
  const run = await measured<{ starts: Start[]; sizes: Size[] }>("startup", "startup.ts", "--only", "respire");
  assertEquals(run.starts.map(({ client }) => client), ["nothing", "respire", "respire_sources"]);
  assert(run.starts.every(({ first, skipped }) => skipped === undefined && first! > 0));
  assert(run.starts.slice(1).every((start) => start.import! > 0));
  assertEquals(run.sizes.length, 4);
  for (const { what, minified, gzip } of run.sizes) assert(0 < gzip && gzip < minified, what);
  const [whole, , two] = run.sizes;
  assert(two!.minified < whole!.minified, "two commands are less than all");
});
