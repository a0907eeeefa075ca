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
};

const PARAMETERS = "<S extends string | Uint8Array = string, I extends number | bigint = number>";

/** The imports that {@link printSurfaces} needs: from the client, and from where it gets its sockets. */
export function surfaceImports(features: ReadonlySet<Feature>, from: string, sockets?: string): string[] {
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
    `import { ${values.join(", ")} } from ${JSON.stringify(from)};`,
    `import type { ${types.join(", ")} } from ${JSON.stringify(from)};`,
    ...(sockets === undefined ? [] : [`import { connectTransport } from ${JSON.stringify(sockets)};`]),
  ];
}

/** The classes, and what opens them. `hasWatch`: WATCH is among the commands of sessions. */
export function printSurfaces(features: ReadonlySet<Feature>, title: string, hasWatch: boolean): string {
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
  return parts.join("\n\n");
}

function surfaces(features: ReadonlySet<Feature>): string {
  const row = (name: string, type: string) =>
    `  /** See {@link ${type}}. */\n  readonly ${name}: ${type}<StringOf<this>, IntegerOf<this>>;`;
  const rows = [row("client", "Redis")];
  if (features.has("session")) rows.push(row("session", "Session"));
  if (features.has("pipeline")) rows.push(row("pipeline", "Pipeline"));
  if (features.has("transaction")) rows.push(row("transaction", "Transaction"));
  return `/** The types that belong together. */\nexport interface RedisSurfaces extends Surfaces {\n${
    rows.join("\n")
  }\n}`;
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
  const members = absent(features, FEATURES);
  if (!hasWatch || !features.has("transaction")) {
    members.push(
      "  /** Not in this module: write it again with the command `watch` and `--with transaction`. */",
      "  readonly watch: never;",
    );
  }
  return surface("Redis", "Commands", `${base}<RedisSurfaces, S, I>`, doc, members);
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
