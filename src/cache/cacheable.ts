/**
 * Which replies may be kept: those that nothing but a change of a key can change, for only such a change is told.
 *
 * @module
 */
import { type CommandSpec, READONLY } from "../command/spec.ts";

/** Read-only commands with keys whose replies are not kept, by the reason why. */
const NEVER: Readonly<Record<string, string>> = {
  "the reply changes with time": "TTL PTTL HTTL HPTTL XPENDING XINFO",
  "the reply is random": "HRANDFIELD SRANDMEMBER ZRANDMEMBER VRANDMEMBER",
  "a cursor belongs to one walk": "HSCAN SSCAN ZSCAN ARSCAN",
  "the command is sent for its effect": "TOUCH",
  "it tells of memory and use, which change without the value":
    "OBJECT MEMORY ARINFO VINFO JSON.DEBUG BF.DEBUG CF.DEBUG",
  "it reads keys that are not among its arguments": "SORT_RO EVAL_RO EVALSHA_RO FCALL_RO",
  "it waits, or depends on what was read before": "XREAD TS.READ",
};

const REASONS = new Map(
  Object.entries(NEVER).flatMap(([reason, names]) => names.split(" ").map((name): [string, string] => [name, reason])),
);

/** Why replies of a command of this name are never kept; `undefined` if the name says nothing against it. */
export function whyNot(name: string): string | undefined {
  return REASONS.get(name) ?? REASONS.get(name.split(" ", 1)[0]!);
}

/**
 * Whether replies of this command may be kept. Commands of modules (a dot in the name) only if they are asked for by
 * name: whether they tell of each change is up to the module.
 */
export function isCacheable(spec: CommandSpec, only: ReadonlySet<string> | undefined): boolean {
  if ((spec.flags & READONLY) === 0 || !Array.isArray(spec.keys) || whyNot(spec.name) !== undefined) return false;
  return only === undefined ? !spec.name.includes(".") : only.has(spec.name);
}
