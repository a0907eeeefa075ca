/**
 * The end of a printed module: the client, its sessions, pipelines and transactions, put on the module's own commands.
 *
 * @module
 */
import { type Feature, FEATURES } from "./select.ts";

/** The members of a client that a feature stands for. */
const MEMBERS: Record<Feature, readonly string[]> = {
  pipeline: ["pipeline"],
  transaction: ["transaction"],
  session: ["session"],
  subscribe: ["subscribe", "psubscribe", "ssubscribe"],
  iterate: ["scanIterator", "hscanIterator", "sscanIterator", "zscanIterator"],
  streams: ["readStream", "streamWorker"],
  monitor: ["monitor"],
  blocking: [],
  pool: [],
  call: ["call", "stats"],
  options: ["reauthenticate"],
  cluster: [],
};

/** Those of them that a client of a cluster has. */
const IN_CLUSTERS: readonly Feature[] = ["pipeline", "transaction", "subscribe", "iterate", "streams", "options"];

const PARAMETERS = "<S extends string | Uint8Array = string, I extends number | bigint = number>";

/** The imports that {@link printSurfaces} needs: from the client, and from where it gets its sockets. */
export function surfaceImports(
  features: ReadonlySet<Feature>,
  from: (entry: string) => string,
  sockets?: string,
): string[] {
  const client = JSON.stringify(from("client"));
  const has = (feature: Feature, ...names: string[]) => features.has(feature) ? names : [];
  const values = [
    baseOf(features),
    ...has("pipeline", "BasePipeline"),
    ...has("session", "BaseSession"),
    ...has("transaction", "BaseTransaction"),
    ...has("blocking", "blocking"),
    ...has("subscribe", "Hub"),
    ...has("iterate", "scans"),
    ...has("monitor", "Monitor"),
    ...has("streams", "StreamReader", "StreamWorker"),
    ...(sockets === undefined ? ["connectTransport"] : []),
    "graft",
    "open",
    ...has("pool", "openPool", "Pool"),
    ...has("options", "readOptions", "safeguards"),
  ];
  const types = [
    "ClientOptions",
    "IntegerOf",
    "Kit",
    ...has("pool", "PoolOptions"),
    "StringOf",
    "Surfaces",
    "Target",
  ];
  return [
    `import { ${values.join(", ")} } from ${client};`,
    `import type { ${types.join(", ")} } from ${client};`,
    ...(sockets === undefined
      ? []
      : [`import { connectTransport } from ${JSON.stringify(from(`sockets/${sockets}`))};`]),
    ...(features.has("cluster") ? clusterImports(features, JSON.stringify(from("cluster/client"))) : []),
  ];
}

function clusterImports(features: ReadonlySet<Feature>, from: string): string[] {
  const pipeline = features.has("pipeline") ? ["BaseClusterPipeline"] : [];
  return [
    `import { ${["BaseCluster", ...pipeline, "openCluster"].join(", ")} } from ${from};`,
    `import type { ClusterKit, ClusterOptions, ClusterSurfaces } from ${from};`,
  ];
}

/** What {@link printSurfaces} has to know of the commands that stand above. */
export interface Surroundings {
  /** Whose they are. */
  readonly title: string;
  /** WATCH is among those of sessions. */
  readonly hasWatch: boolean;
  /** The constants of their specs. */
  readonly constants: readonly string[];
}

/** The classes, and what opens them. */
export function printSurfaces(features: ReadonlySet<Feature>, { title, hasWatch, constants }: Surroundings): string {
  const parts = [surfaces(features), client(features, title, hasWatch)];
  if (features.has("session")) parts.push(session(features));
  if (features.has("pipeline")) {
    parts.push(surface("Pipeline", "Commands", "BasePipeline", "Collects commands and sends them together."));
  }
  if (features.has("transaction")) {
    parts.push(surface("Transaction", "Commands", "BaseTransaction", "Collects the commands of one transaction."));
  }
  parts.push(kit(features), connect(features));
  if (features.has("pool")) parts.push(connectPool());
  if (features.has("cluster")) parts.push(...clusterParts(features, title, hasWatch, constants));
  return parts.join("\n\n");
}

function surfaces(features: ReadonlySet<Feature>): string {
  const rows = { client: "Redis", ...sessionAnd(features, "Pipeline") };
  return surfacesOf("RedisSurfaces extends Surfaces", "The types that belong together.", rows);
}

function sessionAnd(features: ReadonlySet<Feature>, pipeline: string): Record<string, string> {
  return {
    ...(features.has("session") ? { session: "Session" } : {}),
    ...(features.has("pipeline") ? { pipeline } : {}),
    ...(features.has("transaction") ? { transaction: "Transaction" } : {}),
  };
}

function surfacesOf(head: string, doc: string, types: Readonly<Record<string, string>>): string {
  const rows = Object.entries(types).map(([name, type]) =>
    `  /** See {@link ${type}}. */\n  readonly ${name}: ${type}<StringOf<this>, IntegerOf<this>>;`
  );
  return `/** ${doc} */\nexport interface ${head} {\n${rows.join("\n")}\n}`;
}

/** What is said of a member that a client does not have. */
function absent(features: ReadonlySet<Feature>, of: readonly Feature[]): string[] {
  return of.filter((feature) => !features.has(feature)).flatMap((feature) =>
    MEMBERS[feature].flatMap((member) => [
      `  /** Not in this module: write it again with \`--with ${feature}\`. */`,
      `  readonly ${member}: never;`,
    ])
  );
}

/** The class that the client extends: the least that will do. */
function baseOf(features: ReadonlySet<Feature>): string {
  return features.has("call") ? "BaseClient" : "BareClient";
}

function client(features: ReadonlySet<Feature>, title: string, hasWatch: boolean): string {
  const base = baseOf(features);
  const doc = `A client of ${title}. Its methods are those of {@link Commands} and of {@link ${base}}.`;
  const members = [...absent(features, FEATURES), ...absentWatch(features, hasWatch)];
  return surface("Redis", "Commands", `${base}<RedisSurfaces, S, I>`, doc, members);
}

function absentWatch(features: ReadonlySet<Feature>, hasWatch: boolean): string[] {
  if (hasWatch && features.has("transaction")) return [];
  return [
    "  /** Not in this module: write it again with the command `watch` and `--with transaction`. */",
    "  readonly watch: never;",
  ];
}

function session(features: ReadonlySet<Feature>): string {
  const doc = "An exclusive connection, with the commands that change their connection's state, too.";
  const members = absent(features, ["pipeline", "transaction", "iterate"]);
  return surface("Session", "SessionCommands", "BaseSession<RedisSurfaces, S, I>", doc, members);
}

/** A class of the package on the module's commands. */
function surface(name: string, commands: string, base: string, doc: string, absent: readonly string[] = []): string {
  const own = absent.length === 0 ? "{}" : `{\n${absent.join("\n")}\n}`;
  return [
    `/** The commands of {@link ${name}}, as {@link ${commands}} lists them. */`,
    `export interface ${name}${PARAMETERS} extends ${commands}<S, I> ${own}`,
    "",
    `/** ${doc} */`,
    `export class ${name}${PARAMETERS} extends ${base} {}`,
    `graft(${name}, ${commands});`,
  ].join("\n");
}

function kit(features: ReadonlySet<Feature>): string {
  const parts = ["client: Redis"];
  if (features.has("options")) parts.push("options: readOptions", "safeguards");
  if (features.has("pool")) parts.push("pool: Pool");
  if (features.has("session")) parts.push("session: Session");
  if (features.has("pipeline")) parts.push("pipeline: Pipeline");
  if (features.has("transaction")) parts.push("transaction: Transaction");
  if (features.has("subscribe")) parts.push("hub: Hub");
  if (features.has("blocking")) parts.push("blocking");
  if (features.has("iterate")) parts.push("scans");
  if (features.has("streams")) parts.push("streamReader: StreamReader", "streamWorker: StreamWorker");
  if (features.has("monitor")) parts.push("monitor: Monitor");
  return `/** What \`connect\` makes clients of. */\nexport const KIT: Kit = { ${parts.join(", ")} };`;
}

function connect(features: ReadonlySet<Feature>): string {
  const urls = features.has("options") ? "\`redis://\`, \`rediss://\`, \`unix:\`" : "\`redis://\`, \`rediss://\`";
  return `/**
 * Connects to a server and gives a client that is ready.
 *
 * @param url A URL (${urls}).
 * @param options Options beside a URL; they win over what it says.
 */
${overloads("connect", "ClientOptions")}
  return open<Redis>(KIT, connectTransport, target, options);
}`;
}

/** Several, so that neither a variable that is not set nor `{ host }` passes for one of the others. */
function overloads(name: string, options: string): string {
  return `export function ${name}(url: string | URL, options?: ${options}): Promise<Redis>;
/** The same by options, or to \`redis://127.0.0.1:6379\`. */
export function ${name}(options?: ${options}): Promise<Redis>;
/** The same by a URL or by options, whichever \`target\` is. */
export function ${name}(target: Target<${options}>, options?: ${options}): Promise<Redis>;
export function ${name}(target?: Target<${options}>, options?: ${options}): Promise<Redis> {`;
}

function connectPool(): string {
  return `/** Connects with several connections; otherwise like \`connect\`. */
${overloads("connectPool", "PoolOptions")}
  return openPool<Redis>(KIT, connectTransport, target, options);
}`;
}

function clusterParts(
  features: ReadonlySet<Feature>,
  title: string,
  hasWatch: boolean,
  constants: readonly string[],
): string[] {
  const types = { client: "Cluster", shard: "Redis", ...sessionAnd(features, "ClusterPipeline") };
  const members = [...absent(features, IN_CLUSTERS), ...absentWatch(features, hasWatch)];
  const doc =
    `A client of a cluster of ${title}. Its methods are those of {@link Commands} and of {@link BaseCluster}.`;
  const parts = ["client: Cluster", ...(features.has("pipeline") ? ["pipeline: ClusterPipeline"] : []), "node: KIT"];
  return [
    surfacesOf("RedisClusterSurfaces extends ClusterSurfaces", "The types that belong together in a cluster.", types),
    surface("Cluster", "Commands", "BaseCluster<RedisClusterSurfaces, S, I>", doc, members),
    ...(features.has("pipeline")
      ? [
        surface("ClusterPipeline", "Commands", "BaseClusterPipeline", "Collects commands and sends each node its own."),
      ]
      : []),
    `/** What \`connectCluster\` makes clients of. */
export const CLUSTER_KIT: ClusterKit = {
  ${parts.join(", ")},
  commands: [${constants.join(", ")}],
};`,
    `/**
 * Connects to a cluster: asks one of the nodes which there are, and opens a connection to each primary.
 *
 * @param nodes URLs or options of one node or more. One that answers is enough.
 * @param options What holds for all nodes; it wins over what stands with them.
 */
export function connectCluster(
  nodes: Target<ClusterOptions> | readonly Target<ClusterOptions>[],
  options?: ClusterOptions,
): Promise<Cluster> {
  return openCluster<Cluster>(CLUSTER_KIT, connectTransport, nodes, options);
}`,
  ];
}
