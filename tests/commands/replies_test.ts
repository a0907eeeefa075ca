/**
 * Every described reply against real servers: each call under RESP2 and RESP3, the two values compared with each other
 * and with the description. What codegen/proof.json claims must be seen; what it does not claim must have a reason.
 */
import { assert, assertEquals } from "@std/assert";
import type { Command } from "../../codegen/model.ts";
import { allBranches } from "../../codegen/proof.ts";
import { test } from "../support/test.ts";
import { file, readClaims } from "./proof.ts";
import { NOT_REACHED, summary, unseenOf } from "./prove.ts";
import { absent, type Line, LINES, tell, type Told } from "./stories.ts";
import { type Running, unanswered } from "./unproven.ts";

const STALE = "codegen/proof.json claims more than there is to see: deno task prove";
const claims = readClaims();
const tales = new Map<Line, Promise<Told>>();

/** What a line of servers tells; each is asked once. */
function toldBy(line: Line): Promise<Told> {
  const telling = tales.get(line) ?? tell(line);
  tales.set(line, telling);
  return telling;
}

for (const line of LINES) {
  test(`replies are as described, and alike under both protocols: ${line.name}`, {
    skip: absent(line),
  }, async () => {
    const told = await toldBy(line);
    const claimed = Object.keys(claims.replies).filter((label) => claims.replies[label]!.includes(line.name));
    assert(claimed.length > 0, `codegen/proof.json claims nothing of ${line.name}`);
    assertEquals(claimed.filter((label) => !told.account.seen.has(label)), [], STALE);
    const now = summary(told);
    const then = claims.servers[line.name]!;
    if (now.name !== then.name) {
      // In a line of its own, which .ci/run shows: what follows is held against nothing.
      console.log(`\nreplies: ${now.name} is here, codegen/proof.json knows ${then.name}: deno task prove`);
      return;
    }
    assertEquals(then, now, STALE);
    assertEquals([...told.account.undescribed], [], "told by a server that is known, and not in the type");
  });
}

test("every call gave a value on some server, or there is a reason: one that all refuse shows nothing", {
  skip: LINES.map(absent).find((reason) => reason !== false) ?? false,
}, async () => {
  const all: Told[] = [];
  for (const line of LINES) all.push(await toldBy(line));
  const refused = new Map(all.flatMap(({ account }) => [...account.refused]));
  for (const call of all.flatMap(({ account }) => [...account.gave])) refused.delete(call);
  const unexcused = [...refused].filter(([, name]) => unanswered(file[name] as Command, all) === undefined);
  assertEquals(unexcused, [], "neither answered nor excused in tests/commands/unproven.ts");
});

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
