/**
 * Every described reply against real servers: each call under RESP2 and RESP3, the two values compared with each other
 * and with the description. What codegen/proof.json claims must be seen; what it does not claim must have a reason.
 */
import { assert, assertEquals } from "@std/assert";
import { allBranches } from "../../codegen/proof.ts";
import { test } from "../support/test.ts";
import { file, readClaims } from "./proof.ts";
import { NOT_REACHED, summary, unseenOf } from "./prove.ts";
import { absent, LINES, tell } from "./stories.ts";
import type { Running } from "./unproven.ts";

const STALE = "codegen/proof.json claims more than there is to see: deno task prove";
const claims = readClaims();

for (const line of LINES) {
  test(`replies are as described, and alike under both protocols: ${line.name}`, {
    skip: absent(line),
  }, async () => {
    const told = await tell(line);
    const claimed = Object.keys(claims.replies).filter((label) => claims.replies[label]!.includes(line.name));
    assert(claimed.length > 0, `codegen/proof.json claims nothing of ${line.name}`);
    assertEquals(claimed.filter((label) => !told.account.seen.has(label)), [], STALE);
    const now = summary(told);
    const then = claims.servers[line.name]!;
    if (now.name !== then.name) return;
    assertEquals(then, now, STALE);
    assertEquals([...told.account.undescribed], [], "told by a server that is known, and not in the type");
  });
}

test("every branch of every method's reply was seen on a real server, or there is a reason", () => {
  const servers = Object.values(claims.servers).map(({ name }): Running => {
    const [kind, version] = name.split(" ") as ["redis" | "valkey", string];
    return { kind, version };
  });
  const unseen = unseenOf(claims.replies, servers);
  assertEquals(unseen[NOT_REACHED] ?? [], [], "neither seen nor excused in tests/commands/unproven.ts");
  assertEquals(claims.unseen, unseen, STALE);
  const labels = new Set(allBranches(file).map(({ label }) => label));
  assertEquals(Object.keys(claims.replies).filter((label) => !labels.has(label)), [], STALE);
});

test("nine in ten of the core commands have shown each of their replies somewhere", () => {
  const core = allBranches(file).filter(({ facts }) => facts.module === undefined);
  const names = new Set(core.map(({ name }) => name));
  const open = new Set(core.filter(({ label }) => !(label in claims.replies)).map(({ name }) => name));
  assert((names.size - open.size) / names.size >= 0.9, `${open.size} of ${names.size} are open`);
});
