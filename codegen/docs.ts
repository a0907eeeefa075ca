/**
 * What is said in docstrings.
 *
 * @module
 */
import type { ArgumentNode, Command } from "./model.ts";
import { camelCase, spoken } from "./names.ts";
import { type Case, optionsName } from "./parts.ts";
import { isEmpty, type Plan } from "./plan.ts";
import { mayBeNull } from "./reply.ts";

/** What is said about a parameter or option. */
export function docOf(node: ArgumentNode): string {
  const parts = [sentence(node.doc ?? defaultDoc(node))];
  if (node.needs !== undefined) parts.push(`Only with \`${camelCase(node.needs)}\`.`);
  if (node.not !== undefined) parts.push(`Not beside \`${camelCase(node.not)}\`.`);
  if (node.since !== undefined) parts.push(printSince(node.since));
  return parts.join(" ");
}

/** A text with a capital first and a full stop last. */
export function sentence(text: string): string {
  const capital = text[0].toUpperCase() + text.slice(1);
  return /[.!?]$/.test(capital) ? capital : `${capital}.`;
}

function defaultDoc(node: ArgumentNode): string {
  const name = node.name === undefined ? undefined : spoken(node.name);
  if (node.flag !== undefined) return `Sends \`${node.flag}\`.`;
  if (node.type === "key" && node.list === undefined) return name === "key" ? "The key." : `The ${name} key.`;
  if (node.token !== undefined) {
    return `\`${node.token}\`${
      name === undefined || name === spoken(node.token.toLowerCase()) ? "" : `: the ${name}`
    }.`;
  }
  return `The ${name ?? "value"}.`;
}

/** What a server or a file calls itself, as it may stand in a comment: it may call itself what it likes. */
export function harmless(text: string): string {
  return text.replaceAll(/\*\/|[\p{C}\p{Zl}\p{Zp}]/gu, "?");
}

/** A version per family as a sentence; none where nobody tells it. */
export function printSince(since: NonNullable<ArgumentNode["since"]>): string {
  if (typeof since === "string") return `Since ${since}.`;
  if (Object.keys(since).length === 0) return "";
  if (since.module !== undefined) return `Since version ${since.module} of the module.`;
  if (since.valkeyModule !== undefined) return `Since version ${since.valkeyModule} of Valkey's module, not in Redis'.`;
  if (since.redis !== undefined && since.valkey !== undefined) {
    return `Since Redis ${since.redis} and Valkey ${since.valkey}.`;
  }
  return since.redis !== undefined
    ? `Since Redis ${since.redis}, not in Valkey.`
    : `Since Valkey ${since.valkey}, not in Redis.`;
}

/** The lines of a method's docstring. */
export function docs(method: string, facts: Command, plans: Plan[], cases: Case[]): string[] {
  const lines = [facts.note === undefined ? facts.doc : `${facts.doc} ${facts.note}`, ""];
  const complexity = facts.complexity === undefined ? "" : `Complexity: ${facts.complexity.replace(/\.$/, "")}.`;
  const about = [printSince(facts.since), complexity].filter((one) => one !== "").join(" ");
  if (about !== "") lines.push(about, "");
  const seen = new Set<string>();
  for (const param of plans.flatMap((plan) => plan.params)) {
    if (seen.has(param.name)) continue;
    seen.add(param.name);
    lines.push(`@param ${param.name} ${param.doc}`);
    if (param.type.startsWith("PairArgs<")) {
      lines.push("@param name The first name, as a plain argument.", "@param value Its value.");
      lines.push("@param more Further names and values, in turn.");
    }
    for (const part of param.plain ?? []) {
      if (!seen.has(part.name)) lines.push(`@param ${part.name} The ${part.name}, as a plain argument.`);
      seen.add(part.name);
    }
  }
  if (plans.some((plan) => !isEmpty(plan.options))) lines.push(`@param options See {@link ${optionsName(method)}}.`);
  const returns = returnsDoc(facts, cases);
  if (returns !== undefined) lines.push(`@returns ${returns}`);
  const deprecated = deprecation(facts);
  if (deprecated !== undefined) lines.push(`@deprecated ${deprecated}`);
  while (lines.at(-1) === "") lines.pop();
  return lines;
}

function returnsDoc(facts: Command, cases: Case[]): string | undefined {
  const nullable = cases.some((one) => mayBeNull(one.type));
  const parts: string[] = [];
  if (facts.returns !== undefined) parts.push(facts.returns.replace(/\.$/, ""));
  if (facts.null !== undefined) {
    parts.push(
      nullable
        ? `\`null\` when ${facts.null.replace(/\.$/, "")}`
        : `a null in it where ${facts.null.replace(/\.$/, "")}`,
    );
  }
  if (parts.length === 0) return undefined;
  const text = parts.join("; ");
  return `${text.startsWith("`") ? text : text[0].toUpperCase() + text.slice(1)}.`;
}

/** Who deprecates it since when, and what to use instead; one sentence for families that agree. */
function deprecation(facts: Command): string | undefined {
  const families = new Map<string, string[]>();
  for (const [family, name] of [["redis", "Redis"], ["valkey", "Valkey"], ["module", "the module"]] as const) {
    const row = facts.deprecated?.[family];
    if (row === undefined) continue;
    const use = row.use === undefined ? "" : `: use ${row.use.replace(/\.$/, "")}`;
    families.set(use, [...families.get(use) ?? [], row.since === undefined ? name : `${name} ${row.since}`]);
  }
  const sentences = [...families].map(([use, names]) => `Since ${names.join(" and ")}${use}.`);
  return sentences.length === 0 ? undefined : sentences.join(" ");
}
