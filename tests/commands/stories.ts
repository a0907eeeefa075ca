/**
 * What is played on each line of servers: on one alone, on a cluster's nodes, and on a primary with its replica and
 * sentinel.
 *
 * @module
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Command, isEmitted } from "../../codegen/model.ts";
import { connect } from "../../mod.ts";
import { frozen } from "../support/frozen.ts";
import { findModule, type ModuleName } from "../support/modules.ts";
import { missing, type Server, type ServerOptions, type ServerVersion, startRedis } from "../support/servers.ts";
import { fieldExpiry, hashes } from "./invocations/hashes.ts";
import type { Scenario } from "./invocations/invocation.ts";
import { keys, sorting } from "./invocations/keys.ts";
import { listMoves, lists, sets } from "./invocations/lists.ts";
import { arrays, vectors } from "./invocations/newer.ts";
import { functions, scripts } from "./invocations/scripts.ts";
import { loading, loadingWith, search, suggestions, unloading } from "./invocations/search.ts";
import * as administration from "./invocations/server.ts";
import { combined, places, popped, ranges, scores } from "./invocations/sorted_sets.ts";
import { groups, streams } from "./invocations/streams.ts";
import { bits, strings } from "./invocations/strings.ts";
import * as topology from "./invocations/topology.ts";
import { type Manner, play } from "./play.ts";
import { Account, type All, file, type Identity } from "./proof.ts";

type Scenarios = Readonly<Record<string, Scenario>>;

const ALONE: Scenarios = {
  ...{ strings, bits, keys, sorting, hashes, fieldExpiry, lists, listMoves, sets, scores, ranges, combined, popped },
  ...{ places, streams, groups, scripts, functions, arrays, vectors, ...administration },
};

/** More turns a second than by default: what times out does so sooner. */
const QUICK = ["--hz", "100"];
/** Do not wait for further replicas before the first one is served. */
const HASTY = [...QUICK, "--repl-diskless-sync-delay", "0", "--repl-ping-replica-period", "1"];

/** A line of servers that the replies are held against. */
export interface Line {
  /** Its short name. */
  readonly name: string;
  /** Which server it is. */
  readonly version: ServerVersion;
  /** The module whose commands alone are looked at. */
  readonly module?: ModuleName;
}

/** All lines. */
export const LINES: readonly Line[] = [
  ...(["redis-7.0", "redis-8", "redis-8.6", "valkey-9"] as const).map((version) => ({ name: version, version })),
  { name: "redisearch-1.2", version: "redis-7.0", module: "redisearch" },
];

/** What a line needs and this machine has not, or `false`. */
export function absent({ version }: Line): string | false {
  return missing(version) || (findModule("redisearch") === undefined && "no module redisearch on this machine");
}

/** What came of all stories on a line. */
export interface Told {
  /** What was seen. */
  readonly account: Account;
  /** Redis or Valkey. */
  readonly kind: "redis" | "valkey";
  /** Such as `"7.0.15"`. */
  readonly version: string;
}

/** Plays all that there is on a line of servers, and holds it against the descriptions. */
export async function tell({ version, module }: Line): Promise<Told> {
  const account = new Account();
  if (module !== undefined) {
    const args = [...QUICK, "--loadmodule", findModule(module)!];
    // Commands of the old module end the server when they run in a transaction.
    const server = await tellAlone(account, { version, args }, { search, suggestions }, []);
    for (const name of account.known) if ((file[name] as Command).module === undefined) account.known.delete(name);
    return { account, ...server, version: `${server.version} with ${module}` };
  }
  const [server] = await together([
    tellAlone(account, { version, config: "", args: QUICK }, ALONE, BATCHED),
    tellModules(account, version),
    tellCluster(account, version),
    tellReplicas(account, version),
  ]);
  return { account, ...server! };
}

const PLAIN: readonly Manner[] = [{ protocol: 2 }, { protocol: 3 }];
const BATCHED: readonly Manner[] = [{ protocol: 3, through: "pipeline" }, { protocol: 2, through: "transaction" }];
const OTHER: readonly Manner[] = [{ protocol: 2, mode: "bytes" }, { protocol: 3, mode: "bigints" }];

/** What is to be alike is played on one server: another one hashes, and so orders, in its own way. */
async function tellAlone(
  account: Account,
  options: ServerOptions,
  scenarios: Scenarios,
  batches: readonly Manner[],
): Promise<Identity> {
  const [plain, other] = await together([
    playAlone(account, options, scenarios, [...PLAIN, ...batches]),
    playAlone(account, options, scenarios, OTHER),
  ]);
  for (const [name, scenario] of Object.entries(scenarios)) {
    const [two, three, ...batched] = plain.values.get(name)!;
    account.compare(plain, name, scenario, two!, three!);
    batches.forEach(({ through }, i) => account.alike(plain, name, scenario, through!, two!, batched[i]!));
    OTHER.forEach(({ mode }, i) => account.describe(other, name, scenario, mode!, other.values.get(name)![i]!));
  }
  return { kind: plain.kind, version: plain.version };
}

type Values = Map<string, All[]>;

/** Plays one scenario after the other, each from an empty database. */
async function playAlone(
  account: Account,
  options: ServerOptions,
  scenarios: Scenarios,
  manners: readonly Manner[],
): Promise<Identity & { values: Values }> {
  const folder = mkdtempSync(join(tmpdir(), "respire-acl-"));
  try {
    const users = join(folder, "users.acl");
    writeFileSync(users, "user default on nopass ~* &* +@all\n");
    await using server = await startRedis({ ...options, args: ["--aclfile", users, ...options.args ?? []] });
    await learn(account, server);
    const values: Values = new Map();
    for (const [name, scenario] of Object.entries(scenarios)) {
      const all: All[] = [];
      for (const manner of manners) {
        await server.command("FLUSHALL");
        all.push(await play(server.url, manner, scenario));
      }
      values.set(name, all);
    }
    return { kind: server.kind, version: server.version, values };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function tellModules(account: Account, version: ServerVersion): Promise<void> {
  const path = findModule("redisearch")!;
  await underBoth(account, async (act) => {
    const options = { version, args: ["--enable-module-command", "yes"] };
    await using first = await startRedis(options);
    await act(first, "loading", loading(path));
    if (first.kind === "valkey") await act(first, "unloading", unloading);
    await using second = await startRedis(options);
    await act(second, "loadingWith", loadingWith(path));
  });
}

async function tellCluster(account: Account, version: ServerVersion): Promise<void> {
  await underBoth(account, async (act) => {
    const options = { version, args: ["--cluster-enabled", "yes", "--cluster-node-timeout", "5000", ...HASTY] };
    await using first = await startRedis(options);
    await act(first, "cluster", topology.cluster);
    await first.command("CLUSTER", "ADDSLOTSRANGE", "0", "16383");
    await using second = await startRedis(options);
    await act(second, "joining", topology.joining(first.port, 2));
    await act(first, "slotsTo", topology.slotsTo(second.port, (work) => frozen(second, work)));
    await act(second, "slotsHere", topology.slotsHere);
    await using third = await startRedis(options);
    await act(third, "joining", topology.joining(first.port, 3));
    await act(third, "replicating", topology.replicating(first.port, second.port));
  });
}

async function tellReplicas(account: Account, version: ServerVersion): Promise<void> {
  await underBoth(account, async (act) => {
    await using first = await startRedis({ version, args: HASTY });
    await using second = await startRedis({ version, args: HASTY });
    await using sentinel = await startRedis({ version, sentinel: true });
    await learn(account, sentinel);
    await act(sentinel, "sentinel", topology.sentinel(first.port));
    await act(second, "replica", topology.replica(first.port));
    await act(first, "served", topology.served);
    await act(first, "primary", topology.primary);
    await act(second, "served", topology.served);
    await frozen(first, () => act(second, "shutdown", topology.shutdown));
    await act(sentinel, "sentinelOfTwo", topology.sentinelOfTwo(second.port));
  });
}

type Act = (server: Server, name: string, scenario: Scenario) => Promise<void>;

/** Does the same on fresh servers under each protocol, at the same time, and compares what came of it. */
async function underBoth(account: Account, story: (act: Act) => Promise<void>): Promise<void> {
  const [two, three] = await together(([2, 3] as const).map(async (protocol) => {
    const acts: { server: Server; name: string; scenario: Scenario; all: All }[] = [];
    await story(async (server, name, scenario) => {
      acts.push({ server, name, scenario, all: await play(server.url, { protocol }, scenario) });
    });
    return acts;
  }));
  two!.forEach(({ server, name, scenario, all }, i) => account.compare(server, name, scenario, all, three![i]!.all));
}

/** Like `Promise.all`, but nothing goes on behind a failure. */
async function together<T extends readonly unknown[]>(works: { [K in keyof T]: Promise<T[K]> }): Promise<T> {
  const results = await Promise.allSettled(works as readonly Promise<unknown>[]);
  for (const result of results) if (result.status === "rejected") throw result.reason;
  return results.map((result) => (result as PromiseFulfilledResult<unknown>).value) as unknown as T;
}

/** Notes which of our methods' commands a server knows. */
async function learn(account: Account, server: Server): Promise<void> {
  await using redis = await connect(server.url);
  for (const name of await redis.commandList()) {
    const ours = name.toUpperCase().replace("|", " ");
    if (Object.hasOwn(file, ours) && isEmitted(file[ours] as Command)) account.known.add(ours);
  }
}
