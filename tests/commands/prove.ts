/**
 * `deno task prove`: plays all that there is on every server at hand, and writes what was seen to codegen/proof.json.
 *
 * @module
 */
import { writeFileSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { allBranches, type Proof, proofTable, type ProvenServer } from "../../codegen/proof.ts";
import { file } from "./proof.ts";
import { absent, LINES, tell, type Told } from "./stories.ts";
import { NEWER_OPTIONS, type Running, unproven } from "./unproven.ts";

/** What is said of a reply that nothing hinders, and that was not seen. */
export const NOT_REACHED = "no call reaches it";

/** What a line of servers has shown, and what not. */
export function summary({ account, kind, version }: Told): ProvenServer {
  const uncovered: Record<string, string[]> = {};
  const open = new Set<string>();
  for (const { name, facts, branch, label } of allBranches(file)) {
    if (!account.known.has(name) || account.seen.has(label)) continue;
    const reason = unproven(name, facts, branch, [{ kind, version }]) ?? NOT_REACHED;
    if (reason === NEWER_OPTIONS) continue;
    (uncovered[reason] ??= []).push(label);
    open.add(name);
  }
  const known = account.known.size;
  return { name: `${kind} ${version}`, protocols: [2, 3], known, proven: known - open.size, uncovered };
}

/** All lines' accounts as the file says them. */
export function proofOf(told: ReadonlyMap<string, Told>): Proof {
  const servers = Object.fromEntries([...told].map(([line, one]) => [line, summary(one)]));
  const replies: Proof["replies"] = {};
  for (const { label } of allBranches(file)) {
    const lines = [...told].filter(([, { account }]) => account.seen.has(label)).map(([line]) => line);
    if (lines.length > 0) replies[label] = lines;
  }
  return { servers, replies, unseen: unseenOf(replies, [...told.values()]) };
}

/** What is not among the replies seen, by the reason. */
export function unseenOf(replies: Proof["replies"], servers: readonly Running[]): Proof["unseen"] {
  const unseen: Proof["unseen"] = {};
  for (const { name, facts, branch, label } of allBranches(file)) {
    if (label in replies) continue;
    (unseen[unproven(name, facts, branch, servers) ?? NOT_REACHED] ??= []).push(label);
  }
  return unseen;
}

/** The file's text: one reply a line. */
function printProof({ servers, replies, unseen }: Proof): string {
  const rows = (record: Record<string, unknown>) =>
    Object.entries(record).map(([name, value]) => `    ${JSON.stringify(name)}: ${JSON.stringify(value)}`).join(",\n");
  const about = "Written by `deno task prove`: the replies seen on real servers, alike under RESP2 and RESP3.";
  return [
    "{",
    `  "$about": ${JSON.stringify(about)},`,
    `  "servers": {\n${rows(servers)}\n  },`,
    `  "replies": {\n${rows(replies)}\n  },`,
    `  "unseen": {\n${rows(unseen)}\n  }`,
    "}\n",
  ].join("\n");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const told = new Map<string, Told>();
  for (const line of LINES) {
    const reason = absent(line);
    if (reason) throw new Error(`Everything must be at hand to write the file: ${reason}`);
    told.set(line.name, await tell(line));
  }
  const proof = proofOf(told);
  writeFileSync(new URL("../../codegen/proof.json", import.meta.url), printProof(proof));
  console.log(proofTable(proof, file));
}
