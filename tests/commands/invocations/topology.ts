/**
 * A cluster of one node, and a sentinel.
 *
 * @module
 */
import { call, type Scenario, until, varying } from "./invocation.ts";

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
    call((r) => r.sentinelGetMasterAddrByName("m")),
    call((r) => r.sentinelGetMasterAddrByName("nope")),
    call((r) => r.sentinelGetPrimaryAddrByName("m")),
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
