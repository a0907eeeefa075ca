/**
 * The server, its users and its connections.
 *
 * @module
 */
import { aside, call, type Scenario, until, varying } from "./invocation.ts";

/** Users and what they may do. */
export const users: Scenario = [
  call((r) => r.aclCat()),
  call((r) => r.aclCat("read")),
  call((r) => r.aclSetuser("bob", "on", ">pw", "~*", "&*", "+@all")),
  call((r) => r.aclSetuser("bob", "(~x* +get)")),
  call((r) => r.aclGetuser("bob")),
  call((r) => r.aclGetuser("default")),
  call((r) => r.aclGetuser("nobody")),
  call((r) => r.aclDryrun("bob", "GET", "x")),
  call((r) => r.aclSetuser("amy", "on", ">pw", "~x", "+get")),
  call((r) => r.aclDryrun("amy", "SET", "x", 1)),
  varying((r) => r.aclGenpass(8)),
  call((r) => r.aclHelp()),
  varying((r) => r.aclList()),
  call((r) => r.aclUsers()),
  call((r) => r.aclWhoami()),
  call((r) => r.auth("amy", "wrong").catch(() => r.aclLog("RESET")), "count=RESET"),
  call((r) => r.auth("amy", "wrong").catch(() => r.ping())),
  varying((r) => r.aclLog()),
  call((r) => r.aclLog("RESET"), "count=RESET"),
  call((r) => r.auth("bob", "pw")),
  call((r) => r.auth("default", "any")),
  call((r) => r.aclDeluser("bob", "amy")),
  call((r) => r.aclSave()),
  call((r) => r.aclLoad()),
];

/** Connections. */
export const connections: Scenario = [
  call((r) => r.clientGetname()),
  call((r) => r.clientSetname("me")),
  call((r) => r.clientGetname()),
  call((r) => r.clientGetredir()),
  call((r) => r.clientHelp()),
  varying((r) => r.clientId()),
  varying((r) => r.clientInfo()),
  varying((r) => r.clientList()),
  call((r) => r.clientKill({ id: 99999 })),
  aside((r) => r.clientSetname("victim")),
  {
    ...until(async (r) => {
      const list: string | Uint8Array = await r.clientList();
      const text = typeof list === "string" ? list : new TextDecoder().decode(list);
      const address = /addr=(\S+) .*name=victim /.exec(text)?.[1];
      return await r.clientKill(address ?? "nobody");
    }),
    when: "address",
  },
  call((r) => r.clientNoEvict(true)),
  call((r) => r.clientNoTouch(true)),
  call((r) => r.clientNoTouch(false)),
  call((r) => r.clientPause(1)),
  call((r) => r.clientUnpause()),
  call((r) => r.clientSetinfo({ libName: "x" })),
  call((r) => r.clientTracking(true)),
  call((r) => r.clientTrackinginfo()),
  call((r) => r.clientTracking(false)),
  call((r) => r.clientTrackinginfo()),
  call((r) => r.clientTracking(true, { optin: true })),
  call((r) => r.clientCaching(true)),
  call((r) => r.clientTracking(false)),
  call((r) => r.clientUnblock(99999)),
  call((r) => r.clientCapa("redirect")),
  call((r) => r.configSet("import-mode", "yes")),
  call((r) => r.clientImportSource(true)),
  call((r) => r.clientImportSource(false)),
  call((r) => r.configSet("import-mode", "no")),
  call((r) => r.echo("hi")),
  call((r) => r.ping()),
  call((r) => r.ping("hi"), "message"),
  call((r) => r.select(0)),
  call((r) => r.watch("a")),
  call((r) => r.unwatch()),
  call((r) => r.reset()),
];

/** What the server tells about its commands. */
export const commands: Scenario = [
  varying((r) => r.command()),
  varying((r) => r.commandCount()),
  call((r) => r.commandDocs("GET", "SET", "XADD")),
  call((r) => r.commandDocs("CONFIG")),
  call((r) => r.commandGetkeys("MSET", "a", 1, "b", 2)),
  call((r) => r.commandGetkeysandflags("MSET", "a", 1, "b", 2)),
  call((r) => r.commandHelp()),
  call((r) => r.commandInfo("GET", "nope", "CONFIG", "XREAD", "SORT")),
  varying((r) => r.commandList()),
  call((r) => r.commandList({ pattern: "xread" })),
  call((r) => r.moduleHelp()),
  varying((r) => r.moduleList()),
];

/** What the server tells about itself, and its settings. */
export const settings: Scenario = [
  call((r) => r.configGet("maxmemory*")),
  call((r) => r.configGet("nope")),
  call((r) => r.configHelp()),
  call((r) => r.configResetstat()),
  call((r) => r.configRewrite()),
  call((r) => r.dbsize()),
  varying((r) => r.time()),
  varying((r) => r.lolwut({ version: 5 })),
  varying((r) => r.info()),
  varying((r) => r.info("server", "clients")),
  varying((r) => r.role()),
  call((r) => r.set("k", "v")),
  varying((r) => r.memoryDoctor()),
  call((r) => r.memoryHelp()),
  varying((r) => r.memoryMallocStats()),
  call((r) => r.memoryPurge()),
  varying((r) => r.memoryStats()),
  call((r) => r.memoryUsage("k")),
  call((r) => r.memoryUsage("nope")),
];

/** Slow commands, and what takes the server's time. */
export const slowness: Scenario = [
  call((r) => r.configSet("slowlog-log-slower-than", 0)),
  call((r) => r.set("k", "v")),
  varying((r) => r.slowlogGet(2)),
  varying((r) => r.slowlogLen()),
  varying((r) => r.commandlogGet(2, "slow")),
  varying((r) => r.commandlogLen("slow")),
  call((r) => r.commandlogReset("slow")),
  call((r) => r.commandlogHelp()),
  call((r) => r.configSet("slowlog-log-slower-than", 10000)),
  call((r) => r.slowlogReset()),
  call((r) => r.slowlogHelp()),
  varying((r) => r.latencyDoctor()),
  call((r) => r.configSet("latency-monitor-threshold", 1)),
  call((r) =>
    r.eval("for i = 1, 5e4 do redis.sha1hex('') if i % 1000 == 0 then local t = redis.call('TIME') end end", [])
  ),
  varying((r) => r.latencyLatest()),
  varying((r) => r.latencyHistory("command")),
  varying((r) => r.latencyGraph("command")),
  varying((r) => r.latencyDoctor()),
  varying((r) => r.latencyHistogram()),
  call((r) => r.latencyHistogram("nope")),
  call((r) => r.latencyHelp()),
  varying((r) => r.latencyReset()),
  call((r) => r.configSet("latency-monitor-threshold", 0)),
  varying((r) => r.hotkeysGet()),
  call((r) => r.hotkeysStart(["CPU", "NET"])),
  varying((r) => r.hotkeysGet()),
  call((r) => r.hotkeysStop()),
  call((r) => r.hotkeysReset()),
  call((r) => r.hotkeysHelp()),
];

/** Files, copies and other servers. */
export const persistence: Scenario = [
  until((r) => r.bgrewriteaof()),
  until((r) => r.bgsave({ schedule: true })),
  until((r) => r.save()),
  varying((r) => r.lastsave()),
  call((r) => r.replicaof("NO ONE")),
  call((r) => r.slaveof("NO ONE")),
  call((r) => r.replicaof("127.0.0.1", 1)),
  varying((r) => r.role()),
  call((r) => r.slaveof("NO ONE")),
  call((r) => r.replicaof("NO ONE")),
  call((r) => r.backupStatus()),
  call((r) => r.backupHelp()),
  call((r) => r.backupList()),
];

/** Messages. */
export const messages: Scenario = [
  call((r) => r.publish("c", "m")),
  call((r) => r.spublish("c", "m")),
  call((r) => r.pubsubChannels()),
  call((r) => r.pubsubNumsub("chan", "other")),
  call((r) => r.pubsubNumsub()),
  call((r) => r.pubsubNumpat()),
  call((r) => r.pubsubShardchannels()),
  call((r) => r.pubsubShardnumsub("a")),
  call((r) => r.pubsubHelp()),
];
