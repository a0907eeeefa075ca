/**
 * The end of a printed module: the client, its sessions, pipelines and transactions, put on the module's own commands.
 *
 * @module
 */
import type { Feature } from "./select.ts";

/** The members of a client that a feature stands for. */
const MEMBERS: Record<Feature, readonly string[]> = {
  pipeline: ["pipeline"],
  transaction: ["transaction"],
  session: ["session"],
  subscribe: ["subscribe", "psubscribe", "ssubscribe"],
  blocking: [],
  pool: [],
};

const PARAMETERS = "<S extends string | Uint8Array = string, I extends number | bigint = number>";

/** The imports that {@link printSurfaces} needs. */
export function surfaceImports(features: ReadonlySet<Feature>, from: string): string[] {
  const has = (feature: Feature, ...names: string[]) => features.has(feature) ? names : [];
  const values = [
    "BaseClient",
    ...has("pipeline", "BasePipeline"),
    ...has("session", "BaseSession"),
    ...has("transaction", "BaseTransaction"),
    ...has("blocking", "blocking"),
    ...has("subscribe", "Hub"),
    "connectTransport",
    "graft",
    "open",
    ...has("pool", "openPool"),
  ];
  const types = [
    ...missing(features, ["pipeline", "transaction", "session", "subscribe"]).length > 0 ? ["CallOptions"] : [],
    "ClientOptions",
    "IntegerOf",
    "Kit",
    ...has("pool", "PoolOptions"),
    "StringOf",
    "Surfaces",
  ];
  return [
    `import { ${values.join(", ")} } from ${JSON.stringify(from)};`,
    `import type { ${types.join(", ")} } from ${JSON.stringify(from)};`,
  ];
}

function missing(features: ReadonlySet<Feature>, of: readonly Feature[]): string[] {
  return of.filter((feature) => !features.has(feature)).flatMap((feature) => MEMBERS[feature]);
}

/** The classes, and what opens them. */
export function printSurfaces(features: ReadonlySet<Feature>, title: string): string {
  const parts = [surfaces(features), client(features, title)];
  if (features.has("session")) parts.push(session(features));
  if (features.has("pipeline")) parts.push(batch("Pipeline", "Collects commands and sends them together."));
  if (features.has("transaction")) parts.push(batch("Transaction", "Collects the commands of one transaction."));
  parts.push(kit(features), connect(title));
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
  return `/** The types that belong together. */\nexport interface RedisSurfaces extends Surfaces {\n${rows.join("\n")}\n}`;
}

function client(features: ReadonlySet<Feature>, title: string): string {
  const without = missing(features, ["pipeline", "transaction", "session", "subscribe"]);
  const doc = `A client of ${title}. Its methods are those of {@link Commands} and of {@link BaseClient}.`;
  return surface("Redis", "Commands", "BaseClient", "client", doc, without);
}

function session(features: ReadonlySet<Feature>): string {
  const without = missing(features, ["pipeline", "transaction"]);
  const doc = "An exclusive connection, with the commands that change their connection's state, too.";
  return surface("Session", "SessionCommands", "BaseSession", "session", doc, without);
}

/** A class of the package on the module's commands; without the members whose features are not there. */
function surface(
  name: string,
  commands: string,
  base: string,
  what: string,
  doc: string,
  without: readonly string[],
): string {
  const parent = without.length === 0 ? `${base}<RedisSurfaces, S, I>` : `${name}Base<S, I>`;
  const again = name === "Redis" && without.length > 0;
  const own = again
    ? "\n  /** The same client with options for each call. */\n  with(options: CallOptions): this;\n"
    : "";
  const lines = [
    `/** The commands of a ${what}, as {@link ${commands}} lists them. */`,
    `export interface ${name}${PARAMETERS} extends ${commands}<S, I> {${own}}`,
    "",
    `/** ${doc} */`,
    `export class ${name}${PARAMETERS} extends ${parent} {}`,
    `graft(${name}, ${commands});`,
  ];
  if (without.length === 0) return lines.join("\n");
  const hidden = [...without, ...(again ? ["with"] : [])].map((member) => JSON.stringify(member)).join(" | ");
  return [
    `/** What this module's ${what} has beside commands. */`,
    `const ${name}Base = ${base} as unknown as new ${PARAMETERS}(`,
    `  ...given: ConstructorParameters<typeof ${base}>`,
    `) => Omit<${base}<RedisSurfaces, S, I>, ${hidden}>;`,
    "",
    ...lines,
  ].join("\n");
}

function batch(name: "Pipeline" | "Transaction", doc: string): string {
  const lower = name.toLowerCase();
  return [
    `/** The commands of a ${lower}, as {@link Commands} lists them. */`,
    `export interface ${name}${PARAMETERS} extends Commands<S, I> {}`,
    "",
    `/** ${doc} */`,
    `export class ${name}${PARAMETERS} extends Base${name} {}`,
    `graft(${name}, Commands);`,
  ].join("\n");
}

function kit(features: ReadonlySet<Feature>): string {
  const parts = ["client: Redis"];
  if (features.has("session")) parts.push("session: Session");
  if (features.has("pipeline")) parts.push("pipeline: Pipeline");
  if (features.has("transaction")) parts.push("transaction: Transaction");
  if (features.has("subscribe")) parts.push("hub: Hub");
  if (features.has("blocking")) parts.push("blocking");
  return `/** What \`connect\` makes clients of. */\nexport const KIT: Kit = { ${parts.join(", ")} };`;
}

function connect(title: string): string {
  return `/**
 * Connects to ${title} and gives a client that is ready.
 *
 * @param target A URL (\`redis://\`, \`rediss://\`, \`unix:\`), or options; \`redis://127.0.0.1:6379\` unless given.
 * @param options Options beside a URL; they win over what it says.
 */
export function connect(target?: string | URL | ClientOptions, options?: ClientOptions): Promise<Redis> {
  return open<Redis>(KIT, connectTransport, target, options);
}`;
}

function connectPool(): string {
  return `/** Connects with several connections; otherwise like \`connect\`. */
export function connectPool(target?: string | URL | PoolOptions, options?: PoolOptions): Promise<Redis> {
  return openPool<Redis>(KIT, connectTransport, target, options);
}`;
}
