/**
 * A cluster of one node, and a sentinel.
 *
 * @module
 */
import { aside, branch, call, type Redis, type Scenario, until, varying } from "./invocation.ts";

/** The slot of `{k}a`. */
const SLOT = 7629;

/** On a server of its own with `cluster-enabled`. */
export const cluster: Scenario = [
  varying((r) => r.clusterBumpepoch()),
  call((r) => r.clusterAddslots(0, 1, 2)),
  call((r) => r.clusterAddslotsrange([3, 16383])),
  until((r) => r.set("{k}a", 1)),
  call(async (r) => await r.clusterCountFailureReports(await r.clusterMyid())),
  call((r) => r.clusterCountkeysinslot(SLOT)),
  call((r) => r.clusterGetkeysinslot(SLOT, 10)),
  call((r) => r.clusterKeyslot("{k}a")),
  varying((r) => r.clusterInfo()),
  call((r) => r.clusterLinks()),
  call((r) => r.clusterHelp()),
  varying((r) => r.clusterMyid()),
  varying((r) => r.clusterMyshardid()),
  varying((r) => r.clusterNodes()),
  call(async (r) => await r.clusterReplicas(await r.clusterMyid())),
  call(async (r) => await r.clusterSlaves(await r.clusterMyid())),
  varying((r) => r.clusterShards()),
  varying((r) => r.clusterSlots()),
  varying((r) => r.clusterSlotStats({ slotsrange: { startSlot: SLOT, endSlot: SLOT + 1 } })),
  call((r) => r.clusterSetslot(SLOT, { stable: true })),
  call((r) => r.clusterSaveconfig()),
  call((r) => r.readonly()),
  call((r) => r.readwrite()),
  call((r) => r.asking()),
  call((r) => r.spublish("c", "m")),
  call((r) => r.pubsubShardchannels()),
  call((r) => r.pubsubShardnumsub("c")),
  call((r) => r.clusterMigration({ statusAll: true }), "statusAll"),
  call((r) => r.clusterMigration({ cancelAll: true }), "cancelAll"),
  call((r) => r.clusterGetslotmigrations()),
  varying((r) => r.clusterscan("0")),
  call((r) => r.clusterFlushslot(SLOT)),
  call((r) => r.flushall()),
  call((r) => r.clusterDelslotsrange([5, 6])),
  call((r) => r.clusterDelslots(1)),
  call((r) => r.clusterFlushslots()),
  call((r) => r.clusterMeet("127.0.0.1", 1)),
  call((r) => r.clusterReset({ hard: true })),
  call((r) => r.clusterSetConfigEpoch(5)),
];

/** On a sentinel; the server it watches is given by its port. */
export function sentinel(port: number): Scenario {
  return [
    call((r) => r.sentinelMonitor("m", "127.0.0.1", port, 1)),
    call((r) => r.sentinelConfig({ get: ["*"] })),
    call((r) => r.sentinelConfig({ set: { "resolve-hostnames": "no" } }), "set"),
    call((r) => r.sentinelDebug()),
    call((r) => r.sentinelDebug("ping-period", 1000), "settings"),
    varying((r) => r.sentinelMyid()),
    varying((r) => r.sentinelMasters()),
    varying((r) => r.sentinelMaster("m")),
    varying((r) => r.sentinelPrimaries()),
    varying((r) => r.sentinelPrimary("m")),
    call((r) => r.sentinelReplicas("m")),
    call((r) => r.sentinelSlaves("m")),
    call((r) => r.sentinelSentinels("m")),
    varying((r) => r.sentinelGetMasterAddrByName("m")),
    call((r) => r.sentinelGetMasterAddrByName("nope")),
    varying((r) => r.sentinelGetPrimaryAddrByName("m")),
    call((r) => r.sentinelGetPrimaryAddrByName("nope")),
    call((r) => r.sentinelIsMasterDownByAddr("127.0.0.1", port, 0, "*")),
    call((r) => r.sentinelIsPrimaryDownByAddr("127.0.0.1", port, 0, "*")),
    call((r) => r.sentinelCkquorum("m")),
    call((r) => r.sentinelFlushconfig()),
    call((r) => r.sentinelSet("m", { quorum: 1 })),
    call((r) => r.sentinelPendingScripts()),
    varying((r) => r.sentinelInfoCache("m")),
    call((r) => r.sentinelSimulateFailure("help")),
    call((r) => r.sentinelHelp()),
    varying((r) => r.role()),
    call((r) => r.sentinelRemove("m")),
    call((r) => r.sentinelReset("nobody")),
  ];
}

/** On a replica to be. */
export function replica(primaryPort: number): Scenario {
  return [
    call((r) => r.replicaof("127.0.0.1", primaryPort)),
    until((r) => r.role(), isConnectedReplica),
  ];
}

/** On a primary that has a replica, until that has all. */
export const served: Scenario = [
  until((r) => r.role(), (role) => role[0] === "master" && role[2].length === 1),
  call((r) => r.set("k", "v")),
  until((r) => r.wait(1, 100), (count) => count === 1),
];

/** On such a primary: the replica takes its place. */
export const primary: Scenario = [
  // It gives up when the replica is not ready within its time.
  until((r) => r.failover({ timeout: 60_000 })),
  until((r) => r.role(), (role) => role[0] === "slave"),
];

/** On a primary whose replica stands still: it waits for it before it shuts down, so that it can be told not to. */
export const shutdown: Scenario = [
  call((r) => r.set("k", "what the replica has not got")),
  aside((r) => r.shutdown({ nosave: true })),
  until((r) => r.shutdown({ abort: true })),
];

/** On a sentinel that watches a primary with a replica. */
export function sentinelOfTwo(primaryPort: number): Scenario {
  return [
    // It asks its primaries every ten seconds otherwise.
    call((r) => r.sentinelDebug("info-period", 100), "settings"),
    call((r) => r.sentinelMonitor("m", "127.0.0.1", primaryPort, 1)),
    until((r) => r.sentinelReplicas("m"), (replicas) => replicas[0]?.["master-link-status"] === "ok"),
    until((r) => r.sentinelFailover("m")),
  ];
}

/** On a node without slots that joins another, of `count` in all. */
export function joining(otherPort: number, count: number): Scenario {
  return [
    call((r) => r.clusterMeet("127.0.0.1", otherPort)),
    until((r) => r.clusterNodes(), (nodes) => areJoined(nodes, count)),
    until((r) => r.clusterInfo(), (info) => info.includes("cluster_state:ok")),
    varying((r) => r.clusterLinks()),
  ];
}

/** Slots that move to another node. Valkey sends them away, Redis takes them in. */
export function slotsTo(port: number, frozen: <T>(work: () => Promise<T>) => Promise<T>): Scenario {
  return [
    until(async (r) => await r.clusterMigrateslots([{ slotsrange: [[0, 1]], node: await idOf(r, port) }])),
    until((r) => r.clusterGetslotmigrations(), ([job]) => job?.state === "success"),
    call(async (r) => {
      const node = await idOf(r, port);
      return await frozen(async () => {
        await r.clusterMigrateslots([{ slotsrange: [[2, 3]], node }]);
        return await r.clusterCancelslotmigrations();
      });
    }),
  ];
}

/** Slots that are taken in; see {@link slotsTo}. */
export const slotsHere: Scenario = [
  until((r) => r.clusterMigration({ import: [[0, 1]] })),
  branch("statusAll", until((r) => r.clusterMigration({ statusAll: true }), ([task]) => task?.state === "completed")),
];

/** On a node that becomes another's replica, and then takes its place. */
export function replicating(port: number, third: number): Scenario {
  return [
    until(async (r) => await r.clusterReplicate(await idOf(r, port))),
    until((r) => r.role(), isConnectedReplica),
    until(async (r) => await r.clusterReplicas(await idOf(r, port)), (replicas) => replicas.length === 1),
    // The others need not agree: nobody else wants the place.
    until((r) => r.clusterFailover({ takeover: true })),
    until((r) => r.role(), (role) => role[0] === "master"),
    varying((r) => r.clusterShards()),
    varying((r) => r.clusterSlots()),
    until(async (r) => await r.clusterForget(await idOf(r, third))),
  ];
}

function areJoined(nodes: string, count: number): boolean {
  return nodes.split(" connected").length === count + 1 && !/handshake|fail/.test(nodes);
}

function isConnectedReplica(role: readonly unknown[]): boolean {
  return role[0] === "slave" && role[3] === "connected";
}

/** The ID of the node that listens there. */
async function idOf(redis: Redis, port: number): Promise<string> {
  const nodes = await redis.clusterNodes();
  return new RegExp(`^(\\S+) 127\\.0\\.0\\.1:${port}@`, "m").exec(nodes)?.[1] ?? "nobody";
}
