/**
 * Shapes of JSON replies that differ with the protocol and the path.
 *
 * @module
 */
import { BIGINTS, type Reply } from "../resp/reply.ts";
import { list, text } from "./shape.ts";
import type { Shape } from "./spec.ts";

/**
 * Numbers, as JSON text (`"[4,null,1.5]"`, or `"4"` for a path of the old form) or as an array. An integer is never
 * rounded.
 *
 * @throws {RangeError} for an integer beyond 2^53 where integers are to be numbers
 */
export const jsonNumbers: Shape = (reply, mode): unknown => {
  if (reply === null || reply instanceof Error) return reply;
  const given = text(reply, mode);
  if (typeof given !== "string") return Array.isArray(given) ? given : [given];
  const words = given.replaceAll(/[[\]\s]/g, "");
  return words === "" ? [] : words.split(",").map((word) => number(word, mode ?? 0));
};

function number(word: string, mode: number): number | bigint | null {
  if (word === "null") return null;
  if (!/^-?\d+$/.test(word)) return Number(word);
  if ((mode & BIGINTS) !== 0) return BigInt(word);
  const value = Number(word);
  if (Number.isSafeInteger(value)) return value;
  throw new RangeError("The reply holds an integer beyond 2^53, which a number would round; read it through bigints");
}

/** What a command gives for each place that a path leads to; one value for a path of the old form. */
export const jsonList: Shape = (reply): unknown =>
  Array.isArray(reply) || reply === null || reply instanceof Error ? reply : [reply];

/**
 * Names for each object that a path leads to; those of one object for a path of the old form. Where that has no members
 * the reply is that of a path which leads nowhere, and a shape does not see the path.
 */
export const jsonNames: Shape = (reply): unknown =>
  Array.isArray(reply) && reply.length > 0 && reply[0] !== null && !Array.isArray(reply[0]) ? [reply] : reply;

/** 0 or 1 for each boolean that a path leads to; `true` or `false` in words for a path of the old form. */
export const jsonToggled: Shape = (reply, mode): unknown => {
  const word = text(reply, mode);
  if (word !== "true" && word !== "false") return jsonList(reply, mode);
  const bit = word === "true" ? 1 : 0;
  return [((mode ?? 0) & BIGINTS) === 0 ? bit : BigInt(bit)];
};

/**
 * Names of types, as text in every mode: some modules send simple strings. An array, an array in an array, or one for a
 * path of the old form.
 */
export const jsonTypes: Shape = (reply, mode): unknown => {
  if (!Array.isArray(reply)) return reply === null || reply instanceof Error ? reply : [text(reply, mode)];
  const [first] = reply as [Reply?];
  if (reply.length === 1 && first === null) return first;
  return words(reply.length === 1 && Array.isArray(first) ? first : reply, mode);
};

const words: Shape = list(text);
