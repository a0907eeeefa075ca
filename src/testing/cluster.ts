/**
 * Several servers that are one cluster.
 *
 * @module
 */
import type { Server } from "./server.ts";

const SLOTS = 16_384;
/** How long the nodes may take to agree. */
const PATIENCE = 30_000;

/** How large a cluster is. */
export interface ClusterOptions {
  /** Nodes that hold slots; 3 unless given, and no less than that if failover is to work. */
  readonly primaries?: number | undefined;
  /** Replicas of each primary; none unless given. */
  readonly replicas?: number | undefined;
}

/** What {@link ClusterOptions} come to. */
interface ClusterSize {
  readonly primaries: number;
  readonly replicas: number;
}

/**
 * How many primaries there are to be, and replicas of each.
 *
 * @throws {RangeError} if that makes no cluster.
 */
export function clusterSize({ primaries = 3, replicas = 0 }: ClusterOptions): ClusterSize {
  if (Number.isInteger(primaries) && primaries >= 1 && Number.isInteger(replicas) && replicas >= 0) {
    return { primaries, replicas };
  }
  throw new RangeError("A cluster has at least one primary, and a whole number of replicas of each");
}

/** The nodes of a running cluster. */
export class Cluster implements AsyncDisposable {
  /** Those that hold slots, in the order of their slots; then the replicas, one of each primary, and so on. */
  readonly nodes: readonly Server[];
  /** How many of them are primaries. */
  readonly primaries: number;

  readonly #cleanUp: () => void;

  private constructor(nodes: readonly Server[], primaries: number, cleanUp: () => void) {
    this.nodes = nodes;
    this.primaries = primaries;
    this.#cleanUp = cleanUp;
  }

  /** The URL of the first node. */
  get url(): string {
    return this.nodes[0]!.url;
  }

  /** The URLs of all nodes. */
  get urls(): string[] {
    return this.nodes.map((node) => node.url);
  }

  /** @internal Starts nodes with what `startRedis` gives, and makes them one cluster. */
  static async start(
    startNode: () => Promise<Server>,
    { primaries, replicas }: ClusterSize,
    cleanUp: () => void,
  ): Promise<Cluster> {
    const starting = Array.from({ length: primaries * (1 + replicas) }, () => startNode());
    const nodes = (await Promise.allSettled(starting)).flatMap((end) => end.status === "fulfilled" ? [end.value] : []);
    const cluster = new Cluster(nodes, primaries, cleanUp);
    try {
      await Promise.all(starting);
      await cluster.#join();
      return cluster;
    } catch (error) {
      await cluster[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Kills all nodes and removes their folders. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.nodes.map((node) => node[Symbol.asyncDispose]()));
    this.#cleanUp();
  }

  async #join(): Promise<void> {
    const { nodes, primaries } = this;
    const first = nodes[0]!;
    await Promise.all(
      nodes.slice(0, primaries).map(async (node, i) => {
        const [from, to] = [i, i + 1].map((part) => Math.floor(part * SLOTS / primaries));
        await ask(node, "CLUSTER", "ADDSLOTSRANGE", String(from), String(to! - 1));
        // Nodes that were made at once would all be of the same age, and take turns in giving way to each other.
        await ask(node, "CLUSTER", "SET-CONFIG-EPOCH", String(i + 1));
      }),
    );
    for (const node of nodes.slice(1)) await ask(node, "CLUSTER", "MEET", first.hostname, String(first.port));
    await this.#until((info) => info.includes(`cluster_known_nodes:${nodes.length}\r`));
    const ids = await Promise.all(
      nodes.slice(0, primaries).map(async (node) => bulk(await ask(node, "CLUSTER", "MYID"))),
    );
    for (const [i, node] of nodes.slice(primaries).entries()) await this.#follow(node, ids[i % primaries]!);
    await this.#until((info) => /cluster_state:ok\r/.test(info));
    await this.#replicasKnown();
  }

  /** A node may follow another only once it has heard of it. */
  async #follow(node: Server, primary: string): Promise<void> {
    await within(async () => !(await node.command("CLUSTER", "REPLICATE", primary)).startsWith("-"));
  }

  /** Every node's word about the cluster fits. */
  async #until(fits: (info: string) => boolean): Promise<void> {
    await Promise.all(
      this.nodes.map((node) => within(async () => fits(await ask(node, "CLUSTER", "INFO")))),
    );
  }

  /** Replicas have their data, and every node knows whom they follow. */
  async #replicasKnown(): Promise<void> {
    const { nodes, primaries } = this;
    const wanted = nodes.length - primaries;
    if (wanted === 0) return;
    await Promise.all(
      nodes.map((node) =>
        within(async () => (await ask(node, "CLUSTER", "NODES")).match(/ (?:myself,)?slave /g)?.length === wanted)
      ),
    );
    const linked = async (node: Server) => (await ask(node, "INFO", "replication")).includes("master_link_status:up");
    await Promise.all(nodes.slice(primaries).map((node) => within(() => linked(node))));
  }
}

/** Asks until the answer is yes. */
async function within(asks: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + PATIENCE;
  while (!await asks()) {
    if (Date.now() > deadline) throw new Error(`The nodes of the cluster did not agree within ${PATIENCE} ms`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function ask(node: Server, ...words: string[]): Promise<string> {
  const reply = await node.command(...words);
  if (reply.startsWith("-")) throw new Error(`${words.slice(0, 2).join(" ")}: ${reply.slice(1).trim()}`);
  return reply;
}

/** The text of a bulk string reply. */
function bulk(reply: string): string {
  return reply.slice(reply.indexOf("\r\n") + 2, -2);
}
