/**
 * From a command to its method: signatures, body and docstring.
 *
 * @module
 */
import { planArguments } from "./arguments.ts";
import { makeBody } from "./body.ts";
import { docs } from "./docs.ts";
import { type ArgumentNode, type Branch, type Command, isStateful } from "./model.ts";
import { constantName, methodName, pascal } from "./names.ts";
import { type Case, type Context, optionsName, type Parts, type Signature } from "./parts.ts";
import { allMembers, calls, isEmpty, type ObjectType, type Plan } from "./plan.ts";
import { parseReply } from "./reply.ts";
import { makeSignatures } from "./signatures.ts";

/** A method, ready to be printed. */
export interface Method {
  name: string;
  command: string;
  constant: string;
  group: string;
  session: boolean;
  docs: string[];
  /** The signature, or the overloads. */
  signatures: Signature[];
  /** The signature of the implementation, where there are overloads. */
  implementation?: Signature;
  body: string[];
  /** Types of list items that are too long to stand in a signature. */
  items: { name: string; type: string; doc: string }[];
  /** The type of the options, if any. */
  options?: { name: string; type: ObjectType };
}

/** Makes the method of a command. */
export function makeMethod(command: string, facts: Command, context: Context): Method {
  const name = methodName(command);
  const forms = (facts.forms ?? [facts.args ?? []]) as ArgumentNode[][];
  const plans = forms.map(planArguments);
  const items = plans.flatMap((plan) => nameItems(name, plan, command, context));
  const cases = parseCases(facts.reply, plans);
  const parts: Parts = { name, constant: constantName(command), plans, cases, context };
  const { signatures, implementation } = makeSignatures(parts);
  const options = plans.find((plan) => !isEmpty(plan.options))?.options;
  const body = makeBody(parts);
  const hidden = plans.flatMap((plan) => plan.params).find((param) => calls(body, param.name));
  if (hidden !== undefined) throw new Error(`the parameter ${hidden.name} hides the function that it is given to`);
  return {
    name,
    command,
    constant: parts.constant,
    group: facts.group,
    session: isStateful(facts),
    docs: docs(name, facts, plans, cases),
    signatures,
    implementation,
    body,
    items,
    options: options === undefined ? undefined : { name: optionsName(name), type: options },
  };
}

/** An item's type longer than this gets a name. */
const LONG_ITEM = 70;

/** Gives names to the long types of list items, in the plan itself. One whose name something else has stays as it is. */
function nameItems(method: string, plan: Plan, command: string, context: Context): Method["items"] {
  const items: Method["items"] = [];
  for (const one of [...plan.params, ...allMembers(plan.options)]) {
    if (one.item === undefined || one.item.length <= LONG_ITEM) continue;
    const own = "key" in one ? one.key : one.name;
    const name = pascal(method) + pascal(own.replace(/s$/, ""));
    if (!context.claim(name)) continue;
    items.push({ name, type: one.item, doc: `One of the ${own} of \`${command}\`.` });
    one.type = one.type.replace(`(${one.item})`, name).replace(one.item, name);
  }
  return items;
}

function parseCases(reply: string | Branch[], plans: readonly Plan[]): Case[] {
  const branches: Branch[] = typeof reply === "string" ? [{ type: reply }] : reply;
  const params = new Set(plans.flatMap((plan) => plan.params.map((param) => param.name)));
  const keys = new Set(plans.flatMap((plan) => allMembers(plan.options).map((member) => member.key)));
  return mergeGeo(branches).map(({ when = [], type, decode }) => ({
    type: parseReply(type),
    decode,
    when: when.map((all) =>
      all.split("+").map((atom) => {
        const [name, value] = atom.split("=") as [string, string | undefined];
        const positional = params.has(name);
        if (!positional && !keys.has(name)) throw new Error(`"when" names ${name}, which is no option or parameter`);
        return { name, value, positional };
      })
    ),
  }));
}

/** The branches of a reply that depends on several options at once are one: its type asks for each of them. */
function mergeGeo(branches: Branch[]): Branch[] {
  const first = branches.findIndex((branch) => branch.decode === "geo");
  if (first < 0) return branches;
  const merged: Branch = { ...branches[first], when: ["withdist", "withhash", "withcoord"] };
  return branches.flatMap((branch, at) => at === first ? [merged] : branch.decode === "geo" ? [] : [branch]);
}
