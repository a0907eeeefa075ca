/**
 * What `proof.json` says: the replies that were seen on real servers, under which protocols, to be as described. A
 * program writes it (`deno task prove`); the tests in tests/commands fail when it claims more than they see.
 *
 * @module
 */
import { readFile } from "node:fs/promises";
import { type Branch, type Command, type CommandsFile, isEmitted } from "./model.ts";
import { mayBeNull, parseReply } from "./reply.ts";

/** The file. */
export interface Proof {
  /** The servers, by a short name. */
  servers: Record<string, ProvenServer>;
  /** The servers that showed a reply, by its label: `"GET"`, `"SET get"`. */
  replies: Record<string, string[]>;
  /** The replies that no server showed, by the reason. */
  unseen: Record<string, string[]>;
}

/** What one server knows, and what it did not show. */
export interface ProvenServer {
  /** What it is, such as `"redis 7.0.15"`. */
  name: string;
  /** The protocols under which each reply was seen. */
  protocols: number[];
  /** How many of the commands with a method it knows. */
  known: number;
  /** How many of them showed each kind of reply that they have there. */
  proven: number;
  /** The replies of the others that were not seen, by the reason. */
  uncovered: Record<string, string[]>;
}

/** The branches of a command's reply. */
export function branchesOf(facts: Command): Branch[] {
  return typeof facts.reply === "string" ? [{ type: facts.reply }] : facts.reply;
}

/** What a branch is called. */
export function labelOf(name: string, branch: Branch): string {
  return branch.when === undefined ? name : `${name} ${branch.when.join(" ")}`;
}

/** Whether a branch's reply may be `null`: this is then to be seen, too. */
export function isNullable(branch: Branch): boolean {
  return mayBeNull(parseReply(branch.type));
}

/** Every branch of every method's reply, and each `null` that it may be. */
export function allBranches(file: CommandsFile): { name: string; facts: Command; branch: Branch; label: string }[] {
  return Object.entries(file).flatMap(([name, value]) => {
    const facts = value as Command;
    if (name.startsWith("$") || !isEmitted(facts)) return [];
    return branchesOf(facts).flatMap((branch) => {
      const label = labelOf(name, branch);
      const labels = isNullable(branch) ? [label, `${label}: null`] : [label];
      return labels.map((label) => ({ name, facts, branch, label }));
    });
  });
}

/** Reads `proof.json`. */
export async function readProof(): Promise<Proof> {
  return JSON.parse(await readFile(new URL("proof.json", import.meta.url), "utf8")) as Proof;
}

/** The tables of what is proven: by server and protocol, then by family, then what is not proven and why. */
export function proofTable(proof: Proof, file: CommandsFile): string {
  const rows = Object.values(proof.servers).flatMap(({ name, protocols, known, proven }) =>
    protocols.map((protocol) => {
      const share = `${proven} (${percent(proven, known)})`;
      return [name, `RESP${protocol}`, String(known), share, String(known - proven)];
    })
  );
  return [
    columns([["server", "protocol", "known", "replies proven", "uncovered"], ...rows]),
    columns([["replies proven somewhere", "commands", "", "kinds of reply", ""], ...families(proof, file)]),
    ...reasons(proof),
  ].join("\n\n");
}

function families(proof: Proof, file: CommandsFile): string[][] {
  const all = allBranches(file);
  const groups: [string, (facts: Command) => boolean][] = [
    ["core", (facts) => facts.module === undefined],
    ["modules", (facts) => facts.module !== undefined],
  ];
  return groups.map(([group, has]) => {
    const branches = all.filter(({ facts }) => has(facts));
    const names = new Set(branches.map(({ name }) => name));
    const shown = branches.filter(({ label }) => label in proof.replies);
    const shownNames = new Set(shown.map(({ name }) => name));
    return [
      group,
      `${shownNames.size} of ${names.size}`,
      percent(shownNames.size, names.size),
      `${shown.length} of ${branches.length}`,
      percent(shown.length, branches.length),
    ];
  });
}

/** What was not seen where its command is, and what was seen nowhere. */
function reasons({ servers, unseen, replies }: Proof): string[] {
  const there = new Map<string, Set<string>>();
  for (const { uncovered } of Object.values(servers)) {
    for (const [reason, labels] of Object.entries(uncovered)) {
      there.set(reason, new Set([...there.get(reason) ?? [], ...labels]));
    }
  }
  for (const [reason, labels] of Object.entries(unseen)) {
    there.set(reason, new Set([...there.get(reason) ?? [], ...labels]));
  }
  const said = (label: string) => label in replies ? `${label} (elsewhere it was)` : label;
  return [...there].map(([reason, labels]) => `not seen, ${reason}: ${[...labels].map(said).join(", ")}`);
}

function percent(part: number, whole: number): string {
  return `${whole === 0 ? 0 : Math.floor(1000 * part / whole) / 10} %`;
}

function columns(rows: string[][]): string {
  const widths = rows[0].map((_, at) => Math.max(...rows.map((row) => row[at].length)));
  return rows.map((row) => row.map((cell, at) => cell.padEnd(widths[at])).join("  ").trimEnd()).join("\n");
}
