/**
 * A primary with replicas, and sentinels that watch over them.
 *
 * @module
 */
import { connect } from "../../mod.ts";
import { type Server, type ServerOptions, startRedis } from "./servers.ts";

/** What replicates at once, and tells of itself often. */
const HASTY = ["--repl-diskless-sync-delay", "0", "--repl-ping-replica-period", "1"];

/** How the sentinels know the primary. */
export const NAME = "main";

/** How many there are, and how they are started. */
export interface GroupOptions {
  readonly replicas?: number;
  readonly sentinels?: number;
  /** Of primary and replicas. */
  readonly server?: ServerOptions;
  readonly sentinel?: ServerOptions;
}

/** Waits until something holds. */
export async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!await holds()) await new Promise((resolve) => setTimeout(resolve, 20));
}

/** Servers that go together. */
export class Group implements AsyncDisposable {
  readonly primary: Server;
  readonly replicas: readonly Server[];
  readonly sentinels: readonly Server[];

  constructor(primary: Server, replicas: readonly Server[], sentinels: readonly Server[]) {
    this.primary = primary;
    this.replicas = replicas;
    this.sentinels = sentinels;
  }

  get urls(): string[] {
    return this.sentinels.map(({ url }) => url);
  }

  /** Has the first sentinel appoint a replica. */
  async failOver(): Promise<void> {
    await this.sentinels[0]!.command("SENTINEL", "FAILOVER", NAME);
  }

  /** Where the first sentinel says the primary is, by its port. */
  async portOfPrimary(): Promise<number> {
    await using sentinel = await connect(this.urls[0]!);
    return Number((await sentinel.sentinelGetMasterAddrByName(NAME))![1]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const server of [...this.sentinels, ...this.replicas, this.primary]) await server[Symbol.asyncDispose]();
  }
}

/** Starts them. They are ready for a failover: the sentinels know each other and the replicas, which hear the primary. */
export async function startGroup(options: GroupOptions = {}): Promise<Group> {
  const { replicas = 1, sentinels = 1, server, sentinel } = options;
  const many = (count: number, start: () => Promise<Server>) => Promise.all(Array.from({ length: count }, start));
  const common = { ...server, args: [...HASTY, ...server?.args ?? []] };
  const [primary, ...others] = await many(1 + replicas, () => startRedis(common));
  for (const other of others) await other.command("REPLICAOF", primary!.hostname, String(primary!.port));
  // Sentinels ask each server at once, and then every ten seconds: what they hear first had better be true.
  for (const { url } of others) {
    await using replica = await connect(url);
    await until(async () => (await replica.info("replication")).includes("master_link_status:up"));
  }
  const watchers = await many(
    sentinels,
    () => startRedis({ ...server?.version && { version: server.version }, ...sentinel, sentinel: true }),
  );
  const group = new Group(primary!, others, watchers);
  for (const { url } of watchers) {
    await using client = await connect(url);
    await client.sentinelMonitor(NAME, primary!.hostname, primary!.port, Math.floor(sentinels / 2) + 1);
    const settings = { "down-after-milliseconds": "500", "failover-timeout": "3000" };
    await client.sentinelSet(NAME, server?.password ? { ...settings, "auth-pass": server.password } : settings);
  }
  for (const { url } of watchers) {
    await using client = await connect(url);
    await until(async () => {
      const known = await client.sentinelReplicas(NAME);
      const linked = known.filter((row) => row["master-link-status"] === "ok" && row.flags === "slave");
      return linked.length === replicas && (await client.sentinelSentinels(NAME)).length === sentinels - 1;
    });
  }
  return group;
}
