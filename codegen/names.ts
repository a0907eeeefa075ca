/**
 * How names of commands, tokens and arguments become names in TypeScript.
 *
 * @module
 */

/** Words of the language that no parameter may have as its name. */
const RESERVED = new Set(
  ("arguments await break case catch class const continue debugger default delete do else enum eval export extends false " +
    "finally for function if implements import in instanceof interface let new null package private protected public " +
    "return static super switch this throw true try typeof var void while with yield").split(" "),
);

/** Names that the bodies of methods use themselves. */
const LOCALS = new Set(["words", "options", "given", "at", "undefined"]);

/** Names of the client's own methods and properties, which no command may take. */
const CLIENT = new Set(
  ("constructor then send call close destroy with bytes bigints pipeline transaction session subscribe psubscribe " +
    "ssubscribe monitor stats closed exec on off scanIterator hscanIterator sscanIterator zscanIterator readStream " +
    "streamWorker cached release length full drain run introduce added cut places mode encoder runs queued " +
    "blocking longest optimistic reauthenticate rest giveUp put spent ticket retract isSent shardOf shards slot " +
    "repeat").split(" "),
);

/** What a printed module has by these names: constants (`KIT`, `WRITE`) and types (`PoolOptions`). */
const MODULE = new Set(
  ["kit", "clusterKit", "write", "binary", "readOnly", "blockingOption", "client", "pool", "cluster"],
);

/** `CONFIG GET` → `configGet`: hyphens, dots, spaces and underscores break words; later ones are capitalised. */
export function camelCase(name: string): string {
  const words = name.toLowerCase().split(/[^a-z0-9]+/).filter((word) => word !== "");
  return words.map((word, at) => at === 0 ? word : word[0].toUpperCase() + word.slice(1)).join("");
}

/** The method of a command; throws where there can be none, or the client or the module has that name for something else. */
export function methodName(command: string): string {
  const name = camelCase(command);
  if (!/^[a-z]/.test(name)) throw new Error(`${command}: no method can be called ${JSON.stringify(name)}`);
  if (MODULE.has(name)) throw new Error(`${command}: the module has a name ${constantName(command)} of its own`);
  if (CLIENT.has(name)) throw new Error(`${command}: the client has a member ${name} of its own`);
  return name;
}

/** `CONFIG GET` → `CONFIG_GET`. */
export function constantName(command: string): string {
  return command.toUpperCase().split(/[^A-Z0-9]+/).join("_");
}

/** `hgetall` → `Hgetall`. */
export function pascal(name: string): string {
  return name[0].toUpperCase() + name.slice(1);
}

/** A parameter's name: as given where it is camel case already. */
export function parameterName(name: string): string {
  const camel = /^[a-z][A-Za-z0-9]*$/.test(name) ? name : camelCase(name);
  if (camel === "") throw new Error(`no parameter can be called ${JSON.stringify(name)}`);
  const safe = /^[0-9]/.test(camel) ? `_${camel}` : camel;
  return RESERVED.has(safe) || LOCALS.has(safe) ? `${safe}Name` : safe;
}

/** A name in words: `minIdleTime` → `min idle time`. */
export function spoken(name: string): string {
  return name.replace(/[A-Z]+/g, (upper) => ` ${upper.toLowerCase()}`).replace(/[-_ ]+/g, " ").trim();
}
