/**
 * What kind of node an argument is, where that takes more than a look at one field.
 *
 * @module
 */
import type { ArgumentNode } from "./model.ts";
import { isScalar } from "./values.ts";

/** Whether the list is given as keys and values: an object, a Map or pairs. */
export function isPairs(node: ArgumentNode): boolean {
  return node.ts === "pairs" || node.ts === "pairs-reversed";
}

/** Whether the group's members are plain required values: then a list of it is one of tuples. */
export function isTuple(node: ArgumentNode): boolean {
  return node.group !== undefined &&
    node.group.every((part) => isScalar(part) && part.opt === undefined && part.token === undefined);
}

/** Whether each item of the list is one value. */
export function isScalarItem(node: ArgumentNode): boolean {
  return node.group === undefined && node.oneof === undefined;
}

/** The member of a group that has only this one, required and bare: then the group is the member. */
export function soleMember(node: ArgumentNode): ArgumentNode | undefined {
  const [first, ...others] = node.group!;
  return others.length === 0 && isScalar(first) && first.opt === undefined && first.token === undefined
    ? first
    : undefined;
}

/** A choice inside a choice is an object of one key. */
export function nested(node: ArgumentNode): ArgumentNode {
  return node.oneof === undefined || node.list !== undefined
    ? node
    : { ...node, oneof: undefined, group: [{ oneof: node.oneof }] };
}

/** Says what is wrong with a node. */
export function fail(node: ArgumentNode, what: string): never {
  throw new Error(`${JSON.stringify(node).slice(0, 80)}: ${what}`);
}
