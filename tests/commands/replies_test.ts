/**
 * Every described reply against real servers: each call under RESP2 and RESP3, the two values compared with each other
 * and with the description. At the end every branch of every method must have been seen.
 */
import { assertEquals } from "@std/assert";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Branch, Command, CommandsFile } from "../../codegen/model.ts";
import { missing, type Server, type ServerVersion, startRedis } from "../support/servers.ts";
import { test } from "../support/test.ts";
import { mismatch, type Mode, shown } from "./described.ts";
import { fieldExpiry, hashes } from "./invocations/hashes.ts";
import type { Invocation, Scenario } from "./invocations/invocation.ts";
import { keys, sorting } from "./invocations/keys.ts";
import { listMoves, lists, sets } from "./invocations/lists.ts";
import { arrays, vectors } from "./invocations/newer.ts";
import { functions, scripts } from "./invocations/scripts.ts";
import * as administration from "./invocations/server.ts";
import { combined, places, popped, ranges, scores } from "./invocations/sorted_sets.ts";
import { groups, streams } from "./invocations/streams.ts";
import { bits, strings } from "./invocations/strings.ts";
import { cluster, sentinel } from "./invocations/topology.ts";
import { isUnknown, type Manner, play, type Played } from "./play.ts";
import { unproven } from "./unproven.ts";

const file = JSON.parse(readFileSync(new URL("../../commands.json", import.meta.url), "utf8")) as CommandsFile;
const VERSIONS: readonly ServerVersion[] = ["redis-7.0", "redis-8", "valkey-9"];
const SCENARIOS: Readonly<Record<string, Scenario>> = {
  ...{ strings, bits, keys, sorting, hashes, fieldExpiry, lists, listMoves, sets, scores, ranges, combined, popped },
  ...{ places, streams, groups, scripts, functions, arrays, vectors, ...administration },
};

/** The branches seen: `"GET"`, `"SET get"`; of each the servers that showed it. */
const seen = new Map<string, Set<string>>();
/** The servers that took part. */
const servers: { kind: "redis" | "valkey"; version: string }[] = [];

for (const version of VERSIONS) {
  const skip = missing(version);
  test(`replies are as described, and alike under both protocols: ${version}`, { skip }, async () => {
    const folder = mkdtempSync(join(tmpdir(), "respire-acl-"));
    const users = join(folder, "users.acl");
    writeFileSync(users, "user default on nopass ~* &* +@all\n");
    try {
      await using server = await startRedis({ version, config: "", args: ["--aclfile", users] });
      servers.push({ kind: server.kind, version: server.version });
      for (const [name, scenario] of Object.entries(SCENARIOS)) await hold(server, name, scenario);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test(`replies of a cluster's node are as described: ${version}`, { skip }, async () => {
    const options = { version, args: ["--cluster-enabled", "yes"] };
    await using two = await startRedis(options);
    await using three = await startRedis(options);
    const left = await play(two.url, { protocol: 2 }, cluster);
    compare(two, "cluster", cluster, left, await play(three.url, { protocol: 3 }, cluster));
  });

  test(`replies of a sentinel are as described: ${version}`, { skip }, async () => {
    await using watched = await startRedis({ version });
    await using two = await startRedis({ version, sentinel: true });
    await using three = await startRedis({ version, sentinel: true });
    const scenario = sentinel(watched.port);
    const left = await play(two.url, { protocol: 2 }, scenario);
    compare(two, "sentinel", scenario, left, await play(three.url, { protocol: 3 }, scenario));
  });
}

async function hold(server: Server, name: string, scenario: Scenario): Promise<void> {
  const at = async (manner: Manner) => {
    await server.command("FLUSHALL");
    return await play(server.url, manner, scenario);
  };
  compare(server, name, scenario, await at({ protocol: 2 }), await at({ protocol: 3 }));
  describe(server, name, scenario, "bytes", await at({ protocol: 2, mode: "bytes" }));
  describe(server, name, scenario, "bigints", await at({ protocol: 3, mode: "bigints" }));
}

type All = (Played | undefined)[];

/** Holds the values against each other and against the description. */
function compare(server: Server, name: string, scenario: Scenario, two: All, three: All): void {
  const problems = scenario.flatMap((invocation, i) => {
    const [left, right] = [two[i], three[i]];
    if (left === undefined || right === undefined) return [];
    const problem = difference(server, invocation, left, right);
    return problem === undefined ? [] : [`${name}[${i}] ${left.command}: ${problem}`];
  });
  assertEquals(problems, [], `${server.kind} ${server.version}`);
}

/** Holds the values of another mode against the description. */
function describe(server: Server, name: string, scenario: Scenario, mode: Mode, all: All): void {
  const problems = scenario.flatMap(({ when }, i) => {
    const played = all[i];
    if (played === undefined || played.error !== undefined && isUnknown(played.error)) return [];
    const problem = played.error ??
      mismatch(played.value, choose(played.command, when).branch.type, file.$types ?? {}, mode);
    return problem === undefined ? [] : [`${name}[${i}] ${played.command}: ${problem}`];
  });
  assertEquals(problems, [], `${server.kind} ${server.version}, ${mode}`);
}

function difference(
  { kind, version }: Server,
  { when, varies }: Invocation,
  left: Played,
  right: Played,
): string | undefined {
  const error = left.error ?? right.error;
  if (error !== undefined) return isUnknown(error) ? undefined : error;
  const { branch, label } = choose(left.command, when);
  for (const [protocol, { value }] of [[2, left], [3, right]] as const) {
    const problem = mismatch(value, branch.type, file.$types ?? {});
    if (problem !== undefined) return `RESP${protocol}, ${problem}`;
  }
  if (!varies && !equal(sorted(left.value), sorted(right.value))) {
    return `${shown(left.value)} under RESP2, ${shown(right.value)} under RESP3`;
  }
  const by = seen.get(label) ?? new Set();
  seen.set(label, by.add(`${kind} ${version}`));
  return undefined;
}

function equal(left: unknown, right: unknown): boolean {
  try {
    assertEquals(left, right);
    return true;
  } catch {
    return false;
  }
}

/** The order of a set's members may be another one each time. */
function sorted(value: unknown): unknown {
  return Array.isArray(value) && value.every((item) => typeof item === "string") ? value.toSorted() : value;
}

function branchesOf(command: Command): Branch[] {
  return typeof command.reply === "string" ? [{ type: command.reply }] : command.reply;
}

function labelOf(name: string, branch: Branch): string {
  return branch.when === undefined ? name : `${name} ${branch.when.join(" ")}`;
}

function choose(name: string, when: string | undefined): { branch: Branch; label: string } {
  const branches = branchesOf(file[name] as Command);
  const branch = branches.find((one) => when === undefined ? one.when === undefined : one.when?.includes(when));
  if (branch === undefined) throw new Error(`${name} has no branch ${when}`);
  return { branch, label: labelOf(name, branch) };
}

test("every branch of every method's reply was seen on a real server", { skip: somethingMissing() }, () => {
  const open: string[] = [];
  const excused = new Map<string, string[]>();
  for (const [name, command, branch] of branches()) {
    const label = labelOf(name, branch);
    if (seen.has(label)) continue;
    const reason = unproven(name, command, branch, servers);
    if (reason === undefined) open.push(label);
    else excused.set(reason, [...(excused.get(reason) ?? []), label]);
  }
  console.log(report(excused));
  assertEquals(open, [], "neither seen nor excused in tests/commands/unproven.ts");
});

function branches(): [string, Command, Branch][] {
  return Object.entries(file).flatMap(([name, value]) => {
    const command = value as Command;
    if (name.startsWith("$") || NO_METHOD.has(command.conn ?? "")) return [];
    return branchesOf(command).map((branch): [string, Command, Branch] => [name, command, branch]);
  });
}

/** How much was seen, where, and what was not for which reason. */
function report(excused: ReadonlyMap<string, readonly string[]>): string {
  const core = branches().filter(([, command]) => command.module === undefined);
  const known = (label: string, on?: string) => on === undefined ? seen.has(label) : seen.get(label)?.has(on) ?? false;
  const share = (what: string, on?: string) => {
    const shown = core.filter(([name, , branch]) => known(labelOf(name, branch), on));
    const names = new Set(shown.map(([name]) => name)).size;
    const all = new Set(core.map(([name]) => name)).size;
    return `${what}: ${names} of ${all} core commands (${
      Math.round(100 * names / all)
    } %), ${shown.length} of ${core.length} branches`;
  };
  return [
    ...servers.map(({ kind, version }) => share(`${kind} ${version}`, `${kind} ${version}`)),
    share("together"),
    ...[...excused].map(([reason, labels]) => `not seen, ${reason}: ${labels.join(", ")}`),
  ].join("\n");
}

/** What a command needs to be no method. */
const NO_METHOD: ReadonlySet<string> = new Set(["internal", "tx", "pubsub", "dedicated"]);

function somethingMissing(): string | false {
  return VERSIONS.map((version) => missing(version)).find((reason) => reason !== false) ?? false;
}
