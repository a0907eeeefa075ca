/**
 * Reads a docs-style `commands.json`: one object with a command per key, subcommands under `"CONFIG GET"`.
 *
 * @module
 */
import {
  type Json,
  readArgument,
  readFlags,
  readKeys,
  readText,
  readTips,
  type Source,
  type SourceCommand,
} from "./source.ts";

/** Turns a parsed file into a source. `module` names the module for files that describe one and do not say so. */
export function readDocs(label: string, file: Json, module?: string): Source {
  const names = Object.keys(file);
  const commands = new Map<string, SourceCommand>();
  for (const [key, raw] of Object.entries<Json>(file)) {
    const name = key.toUpperCase();
    const isContainer = !raw.arguments && names.some((other) => other.toUpperCase().startsWith(`${name} `));
    commands.set(name, {
      name,
      group: String(raw.group ?? module ?? "module").replaceAll("_", "-"),
      since: readText(raw.since) ?? "",
      arity: raw.arity,
      flags: readFlags(raw.command_flags),
      tips: readTips(raw.hints ?? raw.command_tips),
      arguments: (raw.arguments ?? []).map(readArgument),
      keys: (raw.key_specs ?? []).map(readKeys),
      deprecatedSince: readText(raw.deprecated_since),
      system: readFlags(raw.doc_flags).has("syscmd"),
      container: isContainer && name !== "COMMAND",
      module: readText(raw.module) ?? module,
    });
  }
  return { label, commands };
}
