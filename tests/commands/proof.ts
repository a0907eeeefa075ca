/**
 * Holds what calls gave against each other and against the descriptions in commands.json, and keeps account.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { branchesOf, isNullable, labelOf, type Proof } from "../../codegen/proof.ts";
import type { Branch, Command, CommandsFile } from "../../codegen/model.ts";
import type { Server } from "../support/servers.ts";
import { mismatch, type Mode, shown, undescribed } from "./described.ts";
import type { Invocation, Scenario } from "./invocations/invocation.ts";
import { isUnknown, type Played } from "./play.ts";

/** The data. */
export const file = JSON.parse(readFileSync(new URL("../../commands.json", import.meta.url), "utf8")) as CommandsFile;

/** What is claimed to be proven. */
export function readClaims(): Proof {
  return JSON.parse(readFileSync(new URL("../../codegen/proof.json", import.meta.url), "utf8")) as Proof;
}

/** What came of a scenario's calls. */
export type All = readonly (Played | undefined)[];

/** Which server it was. */
export type Identity = Pick<Server, "kind" | "version">;

/** What one line of servers has shown. */
export class Account {
  /** The branches whose replies were as described and equal under both protocols: `"GET"`, `"SET get"`. */
  readonly seen: Set<string> = new Set();
  /** Fields that replies had beyond their description, as servers newer than it may tell: `"ROLE .more"`. */
  readonly undescribed: Set<string> = new Set();
  /** The calls that gave a value, by scenario and place: `"strings[3]"`. */
  readonly gave: Set<string> = new Set();
  /** The calls that these servers do not know, or not so: the commands. */
  readonly refused: Map<string, string> = new Map();
  /** The commands with a method that these servers know. */
  readonly known: Set<string> = new Set();

  /** Holds the values of both protocols against each other and against the description. */
  compare(server: Identity, name: string, scenario: Scenario, two: All, three: All): void {
    const problems = scenario.flatMap((invocation, i) => {
      const [left, right] = [two[i], three[i]];
      if (left === undefined || right === undefined) return [];
      const problem = this.#difference(invocation, left, right);
      const call = `${name}[${i}]`;
      if (left.error === undefined) this.gave.add(call);
      else this.refused.set(call, left.command);
      return problem === undefined ? [] : [`${call} ${left.command}: ${problem}`];
    });
    refuse(server, problems);
  }

  /** Holds the values of another mode against the description. */
  describe(server: Identity, name: string, scenario: Scenario, mode: Mode, all: All): void {
    const problems = scenario.flatMap(({ when }, i) => {
      const played = all[i];
      if (played === undefined || isUnknown(played.error ?? "")) return [];
      const problem = played.error ??
        mismatch(played.value, choose(played.command, when).branch.type, file.$types ?? {}, mode);
      return problem === undefined ? [] : [`${name}[${i}] ${played.command}: ${problem}`];
    });
    refuse(server, problems.map((problem) => `${mode}, ${problem}`));
  }

  /** Holds values that came another way against those that came directly. */
  alike(server: Identity, name: string, scenario: Scenario, way: string, direct: All, other: All): void {
    const problems = scenario.flatMap(({ varies }, i) => {
      const [left, right] = [direct[i], other[i]];
      if (varies || left === undefined || right === undefined || left.error !== undefined) return [];
      if (right.error === undefined && isDeepStrictEqual(sorted(left.value), sorted(right.value))) return [];
      return [`${name}[${i}] ${left.command}: ${shown(left.value)}, in a ${way} ${right.error ?? shown(right.value)}`];
    });
    refuse(server, problems);
  }

  #difference({ when, varies }: Invocation, left: Played, right: Played): string | undefined {
    if (left.error !== right.error && (isUnknown(left.error ?? "") || isUnknown(right.error ?? ""))) {
      return `${left.error ?? shown(left.value)} under RESP2, ${right.error ?? shown(right.value)} under RESP3`;
    }
    const error = left.error ?? right.error;
    if (error !== undefined) return isUnknown(error) ? undefined : error;
    const { branch, label } = choose(left.command, when);
    for (const [protocol, { value }] of [[2, left], [3, right]] as const) {
      const problem = mismatch(value, branch.type, file.$types ?? {});
      if (problem !== undefined) return `RESP${protocol}, ${problem}`;
    }
    if (!varies && !isDeepStrictEqual(sorted(left.value), sorted(right.value))) {
      return `${shown(left.value)} under RESP2, ${shown(right.value)} under RESP3`;
    }
    for (const path of undescribed(left.value, branch.type, file.$types ?? {})) {
      this.undescribed.add(`${left.command} ${path.replaceAll(/\[\d+\]/g, "[]")}`);
    }
    if (left.value === null && isNullable(branch)) this.seen.add(`${label}: null`);
    else this.seen.add(label);
    return undefined;
  }
}

function refuse({ kind, version }: Identity, problems: readonly string[]): void {
  if (problems.length > 0) throw new Error(`${kind} ${version}:\n${problems.join("\n")}`);
}

/** The order of a set's members may be another one each time. */
function sorted(value: unknown): unknown {
  return Array.isArray(value) && value.every((item) => typeof item === "string") ? value.toSorted() : value;
}

/** The branch of a command's reply that is meant. */
export function choose(name: string, when: string | undefined): { branch: Branch; label: string } {
  const branches = branchesOf(file[name] as Command);
  const branch = branches.find((one) => when === undefined ? one.when === undefined : one.when?.includes(when));
  if (branch === undefined) throw new Error(`${name} has no branch ${when}`);
  return { branch, label: labelOf(name, branch) };
}
