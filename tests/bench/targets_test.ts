// Promises held against made-up results: which ratio is told, of which workload, and whether it counts as missed.
import { assertEquals } from "@std/assert";
import { median, type Result } from "../../bench/results.ts";
import { startTargets, targets } from "../../bench/targets.ts";
import { test } from "../support/test.ts";
import { cells, figure, result, run } from "./runs.ts";

const [WORK, AGAINST, LIMIT, DENO, BUN, NODE, WORST, CEILING] = [0, 1, 2, 3, 4, 5, 6, 7] as const;

/** The row about this work that is held against this. */
function rowOf(results: readonly Result[], work: string, against: string): string[] {
  const rows = cells(targets(run(results))).filter((row) => row[WORK] === work && row[AGAINST] === against);
  assertEquals(rows.length, 1, `${work}, ${against}`);
  return rows[0]!;
}

const PIPELINES = "pipelines of 1,000 to 100,000";
const PIPELINES_CPU = `client CPU for a command in ${PIPELINES}, µs`;

test("a row tells the worst of its workloads in each runtime, and misses where that is below the promise", () => {
  const row = rowOf(
    [
      result("pipeline-1000:hset", [
        figure("respire", "deno", 1300),
        figure("respire", "node", 1250),
        figure("redis-benchmark", "c", 1000, { server: 400 }),
      ]),
      result("pipeline-100000:hget", [
        figure("respire", "deno", 2200),
        figure("respire", "node", 2400),
        figure("redis-benchmark", "c", 2000, { server: 250 }),
        figure("ioredis", "node", 10, { server: 200 }),
      ]),
      // Another row's.
      result("pipeline-100:hset", [figure("respire", "deno", 1), figure("redis-benchmark", "c", 1000)]),
    ],
    PIPELINES,
    "redis-benchmark",
  );
  // Deno: 1300 / 1000 and 2200 / 2000. Node: 1250 / 1000 and 2400 / 2000, which is the promise itself.
  assertEquals([row[LIMIT], row[DENO], row[BUN], row[NODE]], ["at least 1.2×", "1.10× (missed)", "–", "1.20×"]);
  assertEquals(row[WORST], "redis-benchmark, the work pipeline-100000:hget");
  // The server can do one in 200 µs, so 5000 a second: 2.5 times what redis-benchmark got there.
  assertEquals(row[CEILING], "2.50×");
});

test("the best peer is the fastest in the same runtime; programs in other languages and other runtimes are none", () => {
  const results = [
    result("storm-10000:hset", [
      figure("respire", "bun", 900),
      figure("respire", "node", 900),
      figure("bun", "bun", 1000),
      figure("ioredis", "bun", 300),
      figure("iovalkey", "bun", 100),
      figure("ioredis", "node", 450),
      figure("hiredis", "c", 9000),
      figure("redis-py", "python", 9000),
    ]),
    result("pipeline-100:hset", [
      figure("respire", "bun", 900),
      figure("bun", "bun", 1000),
      figure("ioredis", "bun", 300),
      figure("ioredis", "node", 9000),
      figure("redis-benchmark", "c", 600),
    ]),
  ];
  const builtIn = rowOf(results, "10,000 promises at once", "Bun built-in");
  assertEquals([builtIn[DENO], builtIn[BUN], builtIn[NODE]], ["–", "0.90× (missed)", "–"]);
  const others = rowOf(results, "10,000 promises at once", "best other peer");
  assertEquals([others[DENO], others[BUN], others[NODE]], ["–", "3.00×", "2.00× (missed)"]);
  assertEquals(others[WORST], "ioredis, the work storm-10000:hset");
  const best = rowOf(results, "pipelines of 100", "best peer");
  assertEquals([best[DENO], best[BUN], best[NODE]], ["–", "0.90× (missed)", "–"]);
  assertEquals(best[WORST], "Bun built-in, the work pipeline-100:hset");
  assertEquals(rowOf(results, "pipelines of 100", "redis-benchmark")[BUN], "1.50×");
});

/** Our ratio to one peer whose rounds are 1000 each, as the row tells it. */
function against(work: string, name: string, ...mine: number[]): string {
  const peer = figure("ioredis", "deno", 1000, { samples: mine.map(() => 1000) });
  return rowOf([result(name, [figure("respire", "deno", median(mine), { samples: mine }), peer])], work, "best peer")[
    DENO
  ]!;
}

test("the median decides, and where single rounds say otherwise their range stands beside it", () => {
  const fifty = (...mine: number[]): string => against("50 callers awaiting each", "callers-50:hget", ...mine);
  assertEquals(fifty(2000, 2100, 2500), "2.10×");
  assertEquals(fifty(1990, 2100, 2500), "2.10× (1.99–2.50)");
  assertEquals(fifty(2010, 1900, 1800), "1.90× (missed, 1.80–2.01)");
  assertEquals(fifty(1900, 1800, 1999), "1.90× (missed)");
  // As many digits as it takes to see on which side a round is.
  assertEquals(fifty(1999.9, 2100, 2500), "2.10× (1.9999–2.50)");
  assertEquals(fifty(1999.9, 1800, 2000), "1.9999× (missed, 1.80–2.00)");
});

test("ratios are those of the rounds: what slows down both of a round changes none", () => {
  const row = rowOf(
    [
      result("callers-50:hget", [
        figure("respire", "deno", 1500, { samples: [300, 1500, 3300] }),
        figure("ioredis", "deno", 400, { samples: [100, 700, 1000] }),
      ]),
    ],
    "50 callers awaiting each",
    "best peer",
  );
  assertEquals(row[DENO], "3.00×");
});

test("a ratio has as many digits as it takes to see why it misses", () => {
  assertEquals(against("pool of 10", "pool-10-storm:hset", 996, 999, 998), "0.998× (missed)");
  assertEquals(against("pool of 10", "pool-10-storm:hset", 980, 980, 980), "0.98× (missed)");
  assertEquals(against("pool of 10", "pool-10-storm:hset", 999.6, 999.6, 999.6), "0.9996× (missed)");
});

test("a promise within the spread is missed if a peer's median is ahead by more than the larger spread", () => {
  const alone = (mine: readonly number[], ...peers: readonly (readonly number[])[]): string[] =>
    rowOf(
      [
        result("callers-1:hget", [
          figure("respire", "deno", median(mine), { samples: mine }),
          ...peers.map((samples, i) => figure(["ioredis", "iovalkey"][i]!, "deno", median(samples), { samples })),
        ]),
      ],
      "one at a time",
      "best peer",
    );
  // 50 behind; between the slowest and the fastest round there are twice as many, or fewer.
  assertEquals(alone([950, 900, 1000], [1000, 1000, 1000])[DENO], "0.95× (0.90–1.00)");
  assertEquals(alone([950, 901, 1000], [1000, 1000, 1000])[DENO], "0.95× (missed, 0.90–1.00)");
  assertEquals(alone([950, 950, 950], [950, 1000, 1050])[DENO], "0.95× (0.90–1.00)");
  assertEquals(alone([950, 950, 950], [951, 1000, 1049])[DENO], "0.95× (missed)");
  assertEquals(alone([950, 960, 970], [1000, 1000, 1000])[DENO], "0.96× (missed)");
  assertEquals(alone([1010, 1020, 1030], [1000, 1000, 1000])[DENO], "1.02×");
  // The fastest peer is so by its spread only, but the next one is not.
  const two = alone([950, 950, 950], [900, 1010, 1100], [1000, 1000, 1000]);
  assertEquals([two[DENO], two[WORST]], ["0.95× (missed)", "iovalkey, the work callers-1:hget"]);
});

test("our CPU for one at a time is held against the least of the peers in the same runtime", () => {
  const row = rowOf(
    [
      result("callers-1:hget", [
        figure("respire", "deno", 1, { cpu: 20 }),
        figure("ioredis", "deno", 9, { cpu: 25 }),
        figure("iovalkey", "deno", 1, { cpu: 22 }),
        figure("respire", "bun", 1, { cpu: 20.01 }),
        figure("bun", "bun", 1, { cpu: 20 }),
        figure("hiredis", "c", 1, { cpu: 1 }),
      ]),
      result("callers-1:hset", [
        figure("respire", "deno", 1, { cpu: 22 }),
        figure("ioredis", "deno", 1, { cpu: 22 }),
        figure("respire", "bun", 1, { cpu: 20 }),
        figure("bun", "bun", 1, { cpu: 25 }),
      ]),
    ],
    "one at a time, client CPU",
    "least CPU of a peer",
  );
  assertEquals([row[LIMIT], row[DENO], row[BUN], row[NODE]], ["at most 1×", "1.00×", "1.001× (missed)", "–"]);
  assertEquals([row[WORST], row[CEILING]], ["Bun built-in, the work callers-1:hget", "–"]);
});

test("a work in which we have failed is missed, whatever the others are", () => {
  const row = rowOf(
    [
      result("storm-10000:hset", [figure("respire", "deno", 9000), figure("ioredis", "deno", 1)]),
      result("storm-10000:hget", [figure("ioredis", "deno", 1000)], { "respire (deno)": "its process ended with 1" }),
    ],
    "10,000 promises at once",
    "best other peer",
  );
  assertEquals([row[DENO], row[WORST]], ["failed", "the work storm-10000:hget: its process ended with 1"]);
});

test("a failure counts only where somebody could be compared", () => {
  const gone = { "respire (bun)": "spawn bun ENOENT", "respire (deno)": "its process ended with 1" };
  const results = [
    result("storm-10000:hset", [
      figure("respire", "node", 9000),
      figure("ioredis", "node", 1),
      figure("ioredis", "deno", 1),
    ], gone),
    result("pipeline-1000:hset", [
      figure("redis-benchmark", "c", 1),
      figure("respire", "node", 1, { cpu: 9 }),
      figure("ioredis", "deno", 1),
    ], gone),
  ];
  const peers = rowOf(results, "10,000 promises at once", "best other peer");
  assertEquals([peers[DENO], peers[BUN]], ["failed", "–"]);
  assertEquals(cells(targets(run(results))).some((row) => row[AGAINST] === "Bun built-in"), false);
  const limit = rowOf(results, PIPELINES, "redis-benchmark");
  assertEquals([limit[DENO], limit[BUN], limit[NODE]], ["failed", "–", "1.00× (missed)"]);
  const cost = rowOf(results, PIPELINES_CPU, "–");
  assertEquals([cost[DENO], cost[BUN], cost[NODE]], ["failed", "–", "9.00 (missed)"]);
  assertEquals(cost[WORST], "the work pipeline-1000:hset: its process ended with 1");
});

test("a workload that misses is told before one that is further behind, but within the spread", () => {
  const row = rowOf(
    [
      result("callers-1:hget", [
        figure("respire", "deno", 800, { samples: [1100, 800, 700] }),
        figure("ioredis", "deno", 1000, { samples: [1000, 1000, 1000] }),
      ]),
      result("callers-1:hset", [
        figure("respire", "deno", 950, { samples: [940, 950, 960] }),
        figure("ioredis", "deno", 1000, { samples: [1000, 1000, 1000] }),
      ]),
    ],
    "one at a time",
    "best peer",
  );
  assertEquals([row[LIMIT], row[DENO]], ["at least 1×, within the spread", "0.95× (missed)"]);
  assertEquals(row[WORST], "ioredis, the work callers-1:hset");
});

test("costs are held against each runtime's own limit, the highest is told", () => {
  const results = [
    result("pipeline-1000:hset", [
      figure("respire", "deno", 1, { cpu: 0.1 }),
      figure("respire", "bun", 1, { cpu: 0.39 }),
      figure("respire", "node", 1, { cpu: 0.25 }),
    ]),
    result("pipeline-10000:hset", [
      figure("respire", "deno", 1, { cpu: 0.26 }),
      figure("respire", "bun", 1, { cpu: 0.3 }),
      figure("respire", "node", 1, { cpu: 0.2 }),
    ]),
    // Another row's, with the same limits.
    result("pipeline-100:hset", [
      figure("respire", "deno", 1, { cpu: 0.24 }),
      figure("respire", "bun", 1, { cpu: 0.41 }),
    ]),
  ];
  const row = rowOf(results, PIPELINES_CPU, "–");
  assertEquals(row[LIMIT], "at most 0.25 / 0.4 / 0.25");
  assertEquals([row[DENO], row[BUN], row[NODE]], ["0.26 (missed)", "0.39", "0.25"]);
  // Bun's cost is higher, but within its own limit.
  assertEquals([row[WORST], row[CEILING]], ["the work pipeline-10000:hset", "–"]);
  const short = rowOf(results, "client CPU for a command in pipelines of 100, µs", "–");
  assertEquals([short[LIMIT], short[DENO], short[BUN], short[NODE]], [row[LIMIT], "0.24", "0.41 (missed)", "–"]);
});

test("the pool's pipelines are held against one connection's in the same runtime", () => {
  const row = rowOf(
    [
      result("at-once-10:hset", [
        figure("respire", "deno", 1000),
        figure("respire", "bun", 2000),
        figure("ioredis", "bun", 100),
      ]),
      result("pool-10-pipelines:hset", [
        figure("respire", "deno", 1500, { server: 250 }),
        figure("respire", "bun", 1900, { server: 250 }),
        figure("respire", "node", 1900, { server: 250 }),
      ]),
    ],
    "pool of 10, pipelines",
    "one connection",
  );
  assertEquals([row[DENO], row[BUN], row[NODE]], ["1.50×", "0.95× (missed)", "–"]);
  assertEquals(row[WORST], "one connection, the work pool-10-pipelines:hset");
  assertEquals(row[CEILING], "2.00×"); // 4000 a second at 250 µs; one connection in Bun got 2000
});

test("what nobody can be compared in has no row", () => {
  const table = cells(targets(run([
    result("lrange-10000", [figure("respire", "node", 190), figure("hiredis", "c", 100)]),
    result("get-1MiB:text", [figure("ioredis", "node", 100), figure("hiredis", "c", 100)]),
  ])));
  assertEquals(table.slice(1).map((row) => [row[WORK], row[AGAINST], row[NODE]]), [
    ["LRANGE of 10,000", "hiredis", "1.90×"],
  ]);
});

test("what a start may cost is held against the published package, not against the sources or other clients", () => {
  const starts = [
    { client: "nothing", runtime: "deno", import: 0, first: 20 },
    { client: "respire", runtime: "deno", import: 7.25, first: 30 },
    { client: "respire_sources", runtime: "deno", import: 99, first: 120 },
    { client: "respire", runtime: "bun", import: 15, first: 30 },
    { client: "ioredis", runtime: "bun", import: 1, first: 2 },
    { client: "respire", runtime: "node", import: 15.1, first: 90 },
  ];
  const sizes = [
    { what: "Respire, whole client", minified: 999_999, gzip: 26 * 1024 },
    { what: "Respire, ./resp", minified: 9, gzip: 9 },
    { what: "Respire, --only get,set", minified: 999_999, gzip: 10 * 1024 },
  ];
  assertEquals(cells(startTargets({ starts, sizes })), [
    ["before the first command", "at most", "Deno", "Bun", "Node"],
    ["import, ms", "15", "7.3", "15.0", "15.1 (missed)"],
    ["whole client, KiB after gzip", "25", "26.0 (missed)", "26.0 (missed)", "26.0 (missed)"],
    ["--only get,set, KiB after gzip", "10", "10.0", "10.0", "10.0"],
  ]);
});

test("a start that was not measured, and a bundle that was not made, have no verdict", () => {
  const starts = [{ client: "respire", runtime: "deno", skipped: "cannot be loaded here" }];
  const sizes = [{ what: "Respire, whole client", skipped: "cannot be bundled" }];
  assertEquals(cells(startTargets({ starts, sizes })), [
    ["before the first command", "at most", "Deno", "Bun", "Node"],
    ["import, ms", "15", "–", "–", "–"],
  ]);
});
