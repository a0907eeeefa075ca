/**
 * What streams and their entries are called, as text or as bytes.
 *
 * @module
 */
import type { Key } from "../command/values.ts";
import { nameBytes, nameText } from "../command/name.ts";
import { BYTES } from "../resp/reply.ts";

type Text = string | Uint8Array;

/** A key as this reply would name it: as text, or as bytes, which are then whoever's they are given to. */
export function alike<S extends Text>(reply: S, key: Key): S {
  return (typeof reply === "string" ? nameText(key) : new Uint8Array(nameBytes(key))) as S;
}

/** Whether a key and the name that a reply has for it are the same. */
export function same(key: Key, name: Text): boolean {
  if (typeof name === "string") return nameText(key) === name;
  const own = nameBytes(key);
  return own.length === name.length && own.every((byte, i) => byte === name[i]);
}

/** Refuses streams that replies would call alike: nobody could tell whose entries they hold. */
export function checkNames(keys: readonly Key[], mode: number): void {
  const named = new Map<string, Key>();
  for (const key of (mode & BYTES) === 0 ? keys : []) {
    const other = named.get(nameText(key)) ?? key;
    if (!same(key, nameBytes(other))) {
      throw new TypeError("Streams whose names are no UTF-8 look alike as text: read them through redis.bytes");
    }
    named.set(nameText(key), key);
  }
}

const ID = /^(\d+)(?:-(\d+))?$/;

/** Whether an entry of this id comes after the other id. What stands for an id ("+") is before all. */
export function isAfter(id: string, other: string): boolean {
  const [, ms = "0", n = "0"] = ID.exec(id) ?? [];
  const [, otherMs = "0", otherN = "0"] = ID.exec(other) ?? [];
  // As numbers: a caller may write 05 for 5.
  const later = BigInt(ms) - BigInt(otherMs);
  return later === 0n ? BigInt(n) > BigInt(otherN) : later > 0n;
}

/** One string for a stream and an id. Bytes that are no text have one of their own. */
export function nameOf(key: Key, id: string): string {
  const whole = nameText(key);
  return typeof key !== "string" && whole.includes("\ufffd") ? `\0${nameBytes(key).join()} ${id}` : `${whole} ${id}`;
}
