/**
 * Tells what is wrong with a `commands.json`, with the path of it.
 *
 * @module
 */
import { DECODERS } from "./decoders.ts";
import type { CommandsFile } from "./model.ts";
import { uselessRows } from "./rows.ts";
import { SCALAR_TYPES } from "./values.ts";
import { mayBeNull, namesIn, parseReply } from "./reply.ts";

/** What a field may be. */
type Check = (value: unknown, path: string, problems: string[]) => void;

const text: Check = (value, path, problems) => {
  if (typeof value !== "string" || value === "") problems.push(`${path}: must be a text`);
};
const truth: Check = (value, path, problems) => {
  if (value !== true) problems.push(`${path}: must be true or left out`);
};
const oneOf = (...words: readonly unknown[]): Check => (value, path, problems) => {
  if (!words.includes(value)) problems.push(`${path}: must be one of ${words.join(", ")}`);
};
const arrayOf = (item: Check): Check => (value, path, problems) => {
  if (!Array.isArray(value) || value.length === 0) problems.push(`${path}: must be a list that is not empty`);
  else value.forEach((one, at) => item(one, `${path}[${at}]`, problems));
};
const recordOf = (item: Check): Check => (value, path, problems) => {
  if (!isObject(value)) problems.push(`${path}: must be an object`);
  else for (const [name, one] of Object.entries(value)) item(one, `${path}.${name}`, problems);
};
const fieldsOf =
  (fields: Record<string, Check>, required: readonly string[] = []): Check => (value, path, problems) => {
    if (!isObject(value)) return void problems.push(`${path}: must be an object`);
    for (const [name, one] of Object.entries(value)) {
      if (!Object.hasOwn(fields, name)) problems.push(`${path}.${name}: there is no such field`);
      else fields[name](one, `${path}.${name}`, problems);
    }
    for (const name of required) if (!(name in value)) problems.push(`${path}.${name}: is missing`);
  };
const either = (asText: Check, other: Check): Check => (value, path, problems) =>
  (typeof value === "string" ? asText : other)(value, path, problems);

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const version: Check = (value, path, problems) => {
  if (typeof value !== "string" || !/^\d+\.\d+\.\d+$/.test(value)) {
    problems.push(`${path}: must be a version such as 7.2.0`);
  }
};
const since = either(version, (value, path, problems) => {
  fieldsOf({ redis: version, valkey: version, module: version, valkeyModule: version })(value, path, problems);
  if (isObject(value) && Object.keys(value).length === 0) problems.push(`${path}: names no family`);
});
const replyText: Check = (value, path, problems) => {
  try {
    parseReply(String(value));
  } catch (error) {
    problems.push(`${path}: ${(error as Error).message}`);
  }
};
const deprecation = fieldsOf({ since: version, use: text });

const node: Check = (value, path, problems) => {
  fieldsOf(NODE_FIELDS)(value, path, problems);
  if (!isObject(value)) return;
  const kinds = ["flag", "type", "enum", "oneof", "group"].filter((kind) => kind in value);
  if (kinds.length !== 1) problems.push(`${path}: must be exactly one of flag, type, enum, oneof, group`);
  if (("type" in value || "enum" in value) && !("name" in value)) problems.push(`${path}.name: is missing`);
  if (value.repeat === true && !("list" in value && "token" in value)) {
    problems.push(`${path}.repeat: needs list and token`);
  }
  if ("count" in value && value.list !== "counted" && !("group" in value)) {
    problems.push(`${path}.count: only for a counted list or a group`);
  }
  if (value.list === "zip" && (value.group as unknown[])?.length !== 2) {
    problems.push(`${path}.list: zip needs a group of two`);
  }
  if (String(value.ts).startsWith("pairs") && (value.group as unknown[])?.length !== 2) {
    problems.push(`${path}.ts: pairs need a group of two`);
  }
};

const NODE_FIELDS: Record<string, Check> = {
  name: text,
  type: oneOf(...SCALAR_TYPES),
  flag: (value, path, problems) => {
    if (typeof value !== "string") problems.push(`${path}: must be a text`);
  },
  enum: either(text, arrayOf(text)),
  oneof: (value, path, problems) => arrayOf(node)(value, path, problems),
  group: (value, path, problems) => arrayOf(node)(value, path, problems),
  token: text,
  opt: (value, path, problems) => {
    if (value !== true && typeof value !== "string") problems.push(`${path}: must be true or a token`);
  },
  list: oneOf("tail", "array", "counted", "zip", "some", "joined", "each"),
  count: oneOf("items", "words"),
  empty: truth,
  repeat: truth,
  needs: text,
  not: text,
  or: arrayOf(text),
  range: (value, path, problems) => {
    if (!Array.isArray(value) || value.length !== 2 || !value.every(Number.isSafeInteger)) {
      problems.push(`${path}: must be two integers`);
    }
  },
  mid: (value, path, problems) => node(value, path, problems),
  as: text,
  since,
  doc: text,
  ts: oneOf("pairs", "pairs-reversed", "spread", "object"),
};

const branch = fieldsOf({ when: arrayOf(text), type: replyText, decode: oneOf(...Object.keys(DECODERS)) }, ["type"]);

const COMMAND_FIELDS: Record<string, Check> = {
  group: text,
  since,
  doc: text,
  note: text,
  module: text,
  args: arrayOf(node),
  forms: arrayOf(arrayOf(node)),
  reply: either(replyText, arrayOf(branch)),
  null: text,
  returns: text,
  complexity: text,
  ro: truth,
  write: truth,
  conn: (value, path, problems) => {
    const words = ["blocking", "session", "session:blocking", "pubsub", "tx", "dedicated", "internal"];
    if (typeof value !== "string" || !words.includes(value) && !value.startsWith("blocking:")) {
      problems.push(`${path}: must be one of ${words.join(", ")}, or blocking:TOKEN`);
    }
  },
  keys: text,
  route: text,
  merge: text,
  deprecated: fieldsOf({ redis: deprecation, valkey: deprecation, module: deprecation }),
  src: text,
  fix: recordOf(text),
};

const FILE_FIELDS: Record<string, Check> = {
  $schema: oneOf(1),
  $snapshots: recordOf(text),
  $types: recordOf(replyText),
  $ignore: recordOf(text),
};

/** Everything that is wrong with the file, each with its path: `XADD.args[2].type: must be one of …`. */
export function validate(file: CommandsFile): string[] {
  const problems: string[] = [];
  if (!isObject(file)) return ["the file must be an object"];
  if (file.$schema !== 1) problems.push("$schema: must be 1");
  const names = Object.keys(file).filter((name) => !name.startsWith("$"));
  const sorted = [...names].sort();
  const unsorted = names.findIndex((name, at) => name !== sorted[at]);
  if (unsorted >= 0) problems.push(`${names[unsorted]}: the commands must be sorted; ${sorted[unsorted]} belongs here`);
  for (const [name, value] of Object.entries(file)) {
    if (name.startsWith("$")) {
      const check = FILE_FIELDS[name];
      if (check === undefined) problems.push(`${name}: there is no such field`);
      else check(value, name, problems);
    } else command(name, value, problems, file.$types ?? {});
  }
  // Only a file that is well formed can be asked what its rows are for.
  return problems.length > 0 ? problems : uselessRows(file);
}

function command(name: string, value: unknown, problems: string[], types: Record<string, string>): void {
  const before = problems.length;
  fieldsOf(COMMAND_FIELDS, ["group", "since", "doc", "reply"])(value, name, problems);
  if (!isObject(value) || problems.length > before) return;
  if ("args" in value && "forms" in value) problems.push(`${name}: has both args and forms`);
  const branches = (typeof value.reply === "string" ? [{ type: value.reply }] : value.reply) as {
    type: string;
    when?: string[];
  }[];
  branches.forEach(({ type, when }, at) => {
    const path = typeof value.reply === "string" ? `${name}.reply` : `${name}.reply[${at}]`;
    for (const other of namesIn(parseReply(type))) {
      if (!(other in types)) problems.push(`${path}: there is no type ${other}`);
    }
    if ((when === undefined) !== (at === branches.length - 1)) {
      problems.push(`${path}.when: every branch but the last needs it`);
    }
  });
  const internal = ["pubsub", "tx", "dedicated", "internal"].includes(String(value.conn));
  if (!internal && value.null === undefined && branches.some(({ type }) => mayBeNull(parseReply(type)))) {
    problems.push(`${name}.null: must say what null means`);
  }
}
