// Which commands are kept: every generated one is decided on, and the documentation says the same.
import { assert, assertEquals } from "@std/assert";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { isCacheable, whyNot } from "../../src/cache/cacheable.ts";
import { BLOCKING, BLOCKING_OPTION, type CommandSpec, READONLY } from "../../src/command/spec.ts";
import { keysOf } from "../../src/command/keys.ts";
import { nameText } from "../../src/command/name.ts";
import * as specs from "../../src/generated/specs.ts";
import { connect } from "../../mod.ts";
import { missing, startRedis } from "../support/servers.ts";
import { test } from "../support/test.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const ALL = Object.values(specs) as CommandSpec[];

test("commands whose replies are kept read only, and name their keys", () => {
  const kept = ALL.filter((spec) => isCacheable(spec, undefined));
  assert(kept.length > 70, `${kept.length}`);
  for (const spec of kept) assert((spec.flags & READONLY) !== 0 && Array.isArray(spec.keys), spec.name);
  const names = new Set(kept.map(({ name }) => name));
  for (const name of ["GET", "MGET", "HGETALL", "LRANGE", "ZRANGE", "XRANGE", "EXISTS", "EXPIRETIME"]) {
    assert(names.has(name), name);
  }
  // Words that tell of chance, time, cursors and waiting must not slip through when commands are added.
  const odd = [...names].filter((name) =>
    /RAND|TTL|SCAN|IDLE|FREQ|EVAL|FCALL|READ$|OBJECT|MEMORY|DEBUG|INFO|PENDING/.test(name)
  );
  assertEquals(odd, []);
});

test("the documentation names what is never kept", () => {
  const page = readFileSync(join(ROOT, "docs/caching.md"), "utf8");
  const documented = new Set(
    Array.from(page.slice(page.indexOf("Never kept")).matchAll(/`([A-Z_]+)(?: …)?`/g), (match) => match[1]!),
  );
  const refused = ALL.filter((spec) =>
    (spec.flags & READONLY) !== 0 && spec.keys !== "none" && whyNot(spec.name) !== undefined && !spec.name.includes(".")
  );
  assert(refused.length > 15);
  for (const { name } of refused) assert(documented.has(name.split(" ")[0]!), `${name} is not in docs/caching.md`);
});

test("modules' commands are kept only if they are named", () => {
  assert(!isCacheable(specs.JSON_GET, undefined));
  assert(isCacheable(specs.JSON_GET, new Set(["JSON.GET"])));
  assert(!isCacheable(specs.GET, new Set(["JSON.GET"])));
  assert(!isCacheable(specs.SET, new Set(["SET"])));
});

test("what may wait is not kept, whoever names it", () => {
  const waiting = ALL.filter(({ flags }) => (flags & (BLOCKING | BLOCKING_OPTION)) !== 0);
  assert(waiting.length > 10, `${waiting.length}`);
  const kept = waiting.filter((spec) => isCacheable(spec, new Set([spec.name])));
  assertEquals(kept.map(({ name }) => name), []);
});

test("keys are found as the server finds them", { skip: missing() }, async () => {
  await using server = await startRedis();
  await using redis = await connect(server.url);
  const calls: [CommandSpec, (string | number)[]][] = [
    [specs.GET, ["a"]],
    [specs.MGET, ["a", "b", "c"]],
    [specs.MSET, ["a", "1", "b", "2"]],
    [specs.LCS, ["a", "b", "IDX"]],
    [specs.ZINTER, [2, "a", "b", "WITHSCORES"]],
    [specs.SINTERCARD, [3, "a", "b", "c", "LIMIT", 1]],
    [specs.XREAD, ["COUNT", 1, "STREAMS", "a", "b", "0", "0"]],
    [specs.EVAL, ["return 1", 2, "a", "b", "c"]],
    [specs.RENAME, ["a", "b"]],
    [specs.XINFO_STREAM, ["a"]],
  ];
  for (const [spec, args] of calls) {
    const told = await redis.commandGetkeys(spec.name.split(" ")[0]!, ...spec.name.split(" ").slice(1), ...args);
    assertEquals(keysOf(spec, args)!.map(nameText), told, spec.name);
  }
  assertEquals([keysOf(specs.PING, []), keysOf(specs.MIGRATE, ["host"])], [[], undefined]);
});
