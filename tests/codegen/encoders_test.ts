/**
 * Every emitted method against servers that judge its words without running them: `COMMAND GETKEYS` says which of them
 * are keys, `COMMAND` how many there must be.
 */
import { readFile } from "node:fs/promises";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { connect } from "../../mod.ts";
import type { Command, CommandsFile, Since } from "../../codegen/model.ts";
import { methodName } from "../../codegen/names.ts";
import type { Arg, CommandSpec } from "../../src/command/spec.ts";
import { SessionCommands } from "../../src/generated/commands.ts";
import type { Reply } from "../../src/resp/reply.ts";
import { missing, type Server, type ServerVersion, startRedis } from "../support/servers.ts";
import { test } from "../support/test.ts";
import { type Sample, samplesOf } from "./samples.ts";

const file = JSON.parse(await readFile(new URL("../../commands.json", import.meta.url), "utf8")) as CommandsFile;

/** Samples that are right although the server says otherwise. */
const EXCEPTIONS: Record<string, string> = {
  "COMMAND GETKEYS required": "arguments may be left out in the type: that depends on the command asked about",
  "COMMAND GETKEYSANDFLAGS required": "arguments may be left out in the type: that depends on the command asked about",
  "PFMERGE required": "COMMAND GETKEYS wants a source key, PFMERGE does not",
};

/** Keeps what a method sends. */
class Recorder extends SessionCommands {
  words: Arg[] = [];

  override send<T>(spec: CommandSpec, args: Arg[]): Promise<T> {
    this.words = [...spec.name.split(" "), ...args];
    return Promise.resolve(undefined as T);
  }
}

function record(name: string, sample: Sample): Arg[] {
  const recorder = new Recorder();
  const methods = recorder as unknown as Record<string, (...args: unknown[]) => unknown>;
  methods[methodName(name)](...sample.args);
  return recorder.words;
}

function isEmitted([name, command]: [string, unknown]): boolean {
  const silent = ["internal", "pubsub", "tx", "dedicated"];
  return !name.startsWith("$") && !silent.includes((command as Command).conn ?? "");
}

const emitted = Object.entries(file).filter(isEmitted) as [string, Command][];

function reaches(version: string, since: string): boolean {
  const [have, want] = [version, since].map((text) => text.split(".").map(Number));
  const at = want.findIndex((part, index) => part !== have[index]);
  return at < 0 || have[at] > want[at];
}

/** Whether the server at hand has what came with these versions. */
function has(server: Server, since: Since): boolean {
  if (typeof since === "string") return server.kind === "valkey" || reaches(server.version, since);
  const first = since[server.kind];
  return first !== undefined && reaches(server.version, first);
}

/** The arity of every command that a server knows, by its name in our spelling. */
function readArities(reply: Reply): Map<string, number> {
  const arities = new Map<string, number>();
  const visit = (entry: Reply[]) => {
    arities.set(String(entry[0]).toUpperCase().replace("|", " "), Number(entry[1]));
    for (const sub of entry[9] as Reply[][]) visit(sub);
  };
  for (const entry of reply as Reply[][]) visit(entry);
  return arities;
}

test("what stands behind a list without an end is none of it, and each key has a word of its own", () => {
  const sent = (name: string, ...args: unknown[]) => record(name, { args } as unknown as Sample).slice(1);
  for (const name of ["TS.MRANGE", "TS.MREVRANGE"]) {
    assertEquals(sent(name, "-", "+", ["a=b"], { excludeempty: true, count: 5 }), [
      ...["-", "+", "COUNT", 5, "EXCLUDEEMPTY", "FILTER", "a=b"],
    ]);
  }
  for (const name of ["TS.NRANGE", "TS.NREVRANGE"]) {
    const aggregation = { type: ["sum", ["min", "max"]], bucketDuration: 5 };
    assertEquals(sent(name, ["a", "b"], "-", "+", { aggregation }), [
      ...[2, "a", "b", "-", "+", "AGGREGATION", "sum", "min,max", 5],
    ]);
  }
});

test("what a server would answer with half a reply is not sent", () => {
  const sent = (...args: unknown[]) => record("TOPK.INCRBY", { args } as unknown as Sample).slice(1);
  assertEquals(sent("k", "a", 5, "b", 100_000n), ["k", "a", 5, "b", 100_000n]);
  assertEquals(sent("k", { a: 5 }), ["k", "a", 5]);
  assertThrows(() => sent("k", "a", 5, "b", 100_001), RangeError);
  assertThrows(() => sent("k", { a: -1 }), RangeError);
});

test("every method puts every word of its command on the wire, and nothing that is no word", () => {
  const problems: string[] = [];
  let count = 0;
  for (const [name, command] of emitted) {
    for (const sample of samplesOf(command, file.$types ?? {})) {
      count++;
      const words = record(name, sample);
      const odd = words.find((word) =>
        !["string", "number", "bigint"].includes(typeof word) && !ArrayBuffer.isView(word)
      );
      if (odd !== undefined || words.includes(undefined as never)) problems.push(`${name} ${sample.label}: ${words}`);
      const texts = words.map(String);
      const lost = sample.tokens.filter((token) => !texts.includes(token));
      if (lost.length > 0) problems.push(`${name} ${sample.label}: without ${lost}: ${texts.join(" ")}`);
    }
  }
  assertEquals(problems, []);
  assert(count > 1000);
});

for (const version of ["redis-7.0", "redis-8", "valkey-9"] as ServerVersion[]) {
  test(`${version} finds the same keys as we do in every command it knows`, { skip: missing(version) }, async () => {
    await using server = await startRedis({ version });
    await using redis = await connect(server.url);
    const arities = readArities(await redis.call("COMMAND"));
    const unknown = [...arities.keys()].filter((name) => !(name in file));
    assertEquals(unknown, [], "commands of the server that commands.json has not");
    const problems: string[] = [];
    const checks: Promise<void>[] = [];
    const judge = async (label: string, words: Arg[], keys: string[]): Promise<void> => {
      const texts = words.map((word) => ArrayBuffer.isView(word) ? "bytes" : String(word));
      const answer = await redis.call("COMMAND GETKEYS", ...texts).catch((error: Error) => error);
      if (answer instanceof Error && keys.length === 0 && answer.message.includes("no key arguments")) return;
      const found = answer instanceof Error ? answer.message : [...new Set(answer as string[])].sort();
      if (String(found) !== String(keys)) problems.push(`${label}: ${found} for ${texts.join(" ")}`);
    };
    for (const [name, command] of emitted) {
      const arity = arities.get(name);
      if (arity === undefined) continue;
      for (const sample of samplesOf(command, file.$types ?? {}, (since) => has(server, since))) {
        const label = `${name} ${sample.label}`;
        if (label in EXCEPTIONS) continue;
        const words = record(name, sample);
        const fits = arity < 0 ? words.length >= -arity : words.length === arity;
        if (!fits) problems.push(`${label}: ${words.length} words, arity ${arity}`);
        // One word alone is no question: COMMAND GETKEYS wants two.
        else if (words.length > 1) checks.push(judge(label, words, sample.keys));
      }
    }
    await Promise.all(checks);
    assertEquals(problems, []);
    assert(checks.length > 600, `only ${checks.length} samples`);
  });
}
