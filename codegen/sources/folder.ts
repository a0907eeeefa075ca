/**
 * Reads a server's own command files: `src/commands/*.json` of Redis or Valkey, one file a command.
 *
 * Takes parsed files, so that the same code serves a folder on disk and a test that has none.
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

/** Joins the parsed files of a folder into one source. `module` names the module when the folder is one's. */
export function readFolder(label: string, files: readonly Json[], module?: string): Source {
  const commands = new Map<string, SourceCommand>();
  const containers = new Set<string>();
  for (const file of files) {
    for (const [key, raw] of Object.entries<Json>(file)) {
      if (raw.container) containers.add(raw.container.toUpperCase());
      const command = readCommand(key, raw, module);
      commands.set(command.name, command);
    }
  }
  for (const name of containers) {
    const command = commands.get(name);
    // COMMAND alone is a holder of subcommands that can be called itself.
    if (command && name !== "COMMAND") commands.set(name, { ...command, container: true });
  }
  return { label, commands };
}

function readCommand(key: string, raw: Json, module: string | undefined): SourceCommand {
  const name = (raw.container ? `${raw.container} ${key}` : key).toUpperCase();
  return {
    name,
    group: String(raw.group ?? module ?? "module").replaceAll("_", "-"),
    since: readText(raw.since) ?? "",
    arity: raw.arity,
    flags: readFlags(raw.command_flags),
    tips: readTips(raw.command_tips),
    arguments: (raw.arguments ?? []).map(readArgument),
    keys: (raw.key_specs ?? []).map(readKeys),
    deprecatedSince: readText(raw.deprecated_since),
    system: readFlags(raw.doc_flags).has("syscmd"),
    container: false,
    module,
  };
}
