/**
 * No reply that depends on the arguments is forgotten where their types are held against what they should be.
 */
import { assertEquals } from "@std/assert";
import { readFileSync } from "node:fs";
import type { Branch, Command, CommandsFile } from "../../codegen/model.ts";
import { isEmitted } from "../../codegen/model.ts";
import { test } from "../support/test.ts";

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
const file = JSON.parse(read("commands.json")) as CommandsFile;

/** The lines below each `// COMMAND`. */
const sections = new Map(
  read("tests/types/replies.ts").split(/^ {2}\/\/ (?=[A-Z])/m).slice(1).map((text) => {
    const end = text.indexOf("\n");
    return [text.slice(0, end), text.slice(end)] as const;
  }),
);

const dependent = Object.entries(file).filter(([name, facts]) =>
  !name.startsWith("$") && isEmitted(facts as Command) && branches(facts as Command).length > 1
).map(([name, facts]) => ({ name, branches: branches(facts as Command) }));

function branches(facts: Command): Branch[] {
  return typeof facts.reply === "string" ? [] : facts.reply;
}

test("every command whose reply depends on its arguments is among the types held, and no other", () => {
  assertEquals([...sections.keys()].sort(), dependent.map(({ name }) => name).sort());
});

test("every branch is asked for, and what is not known before run time too", () => {
  const open = dependent.flatMap(({ name, branches }) => {
    const section = sections.get(name) ?? "";
    const missing = branches.filter(({ when }) => when !== undefined && !when.some((all) => isGiven(section, all)));
    return [
      ...missing.map(({ when }) => `${name}: ${when}`),
      ...(/\b(unsure|count|key|any)\b/.test(section) ? [] : [`${name}: nothing that is not known`]),
    ];
  });
  assertEquals(open, []);
});

/** Whether one call gives all of these: an option by its name, a parameter by any argument. */
function isGiven(section: string, all: string): boolean {
  const words = all.split("+").map((word) => word.split("=").at(-1)!);
  const calls = section.split("gives<");
  const options = calls.filter((call) => words.every((word) => new RegExp(`\\b${word}\\b`).test(call)));
  return options.length > 0 || words.every((word) => POSITIONAL.has(word)) && calls.length > 2;
}

/** Branches that a parameter chooses: an optional one, or one that only one form has. */
const POSITIONAL: ReadonlySet<string> = new Set(["address", "count", "message", "start", "settings"]);
