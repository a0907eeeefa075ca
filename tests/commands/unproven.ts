/**
 * The replies that no test sees, each with its reason.
 *
 * @module
 */
import type { Branch, Command, Node, Since } from "../../codegen/model.ts";

/** A server that takes part. */
export interface Running {
  /** Redis or Valkey. */
  readonly kind: "redis" | "valkey";
  /** Its version. */
  readonly version: string;
}

/** Commands, and why they are not called. */
const ROWS: Readonly<Record<string, string>> = {
  "FT.INFO": "the module at hand is of 2018 and tells something else",
  "FT.SYNDUMP": "the module at hand is of 2018 and tells something else",
  "MODULE UNLOAD": "no module at hand may be unloaded there",
};

/** Why a branch is not seen where its command is. */
export const NEWER_OPTIONS = "its options are newer than the servers at hand";

/** Why a branch is not to be seen on these servers, or `undefined`. */
export function unproven(
  name: string,
  command: Command,
  branch: Branch,
  servers: readonly Running[],
): string | undefined {
  if (name in ROWS) return ROWS[name];
  if (command.module === "search") return "needs a search module newer than the one at hand";
  if (command.module !== undefined && command.module !== "vectorset") return `needs the module ${command.module}`;
  const newer = unanswered(command, servers);
  if (newer !== undefined) return newer;
  const options = (branch.when ?? []).map((condition) => condition.split("+"));
  if (options.length === 0) return undefined;
  const known = (key: string) =>
    has(sinceOf(key, command.args ?? command.forms?.flat() ?? []) ?? command.since, servers);
  return options.some((keys) => keys.every(known)) ? undefined : NEWER_OPTIONS;
}

/** Why a call of a command may be refused by all of these servers, as one that they do not know, or `undefined`. */
export function unanswered(command: Command, servers: readonly Running[]): string | undefined {
  return has(command.since, servers) ? undefined : "newer than the servers at hand";
}

function has(since: Since, servers: readonly Running[]): boolean {
  if (typeof since === "string") {
    return servers.some((server) => notBefore(server.kind === "redis" ? server.version : "7.2.4", since));
  }
  return servers.some((server) => {
    const first = since[server.kind];
    return first !== undefined && notBefore(server.version, first);
  });
}

function notBefore(version: string, first: string): boolean {
  const [a, b] = [version, first].map((text) => text.split(".").map(Number));
  for (let i = 0; i < 3; i++) if ((a![i] ?? 0) !== (b![i] ?? 0)) return (a![i] ?? 0) > (b![i] ?? 0);
  return true;
}

function sinceOf(key: string, nodes: readonly Node[]): Since | undefined {
  for (const node of nodes) {
    const own = ("flag" in node ? node.flag : node.token ?? "").toLowerCase().replaceAll(/[-_ ]/g, "");
    if (node.as === key || own === key.toLowerCase()) return node.since;
    const inner = "group" in node ? node.group : "oneof" in node ? node.oneof : [];
    const found = sinceOf(key, inner);
    if (found !== undefined) return found;
  }
  return undefined;
}
