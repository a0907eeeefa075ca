/**
 * What names something, as text and as bytes: keys, channels, ids. A caller gives either, and so does a reply.
 *
 * @module
 */
import type { Arg } from "../resp/arg.ts";
import { numberText } from "../resp/encoder.ts";
import { utf8 } from "../resp/text.ts";

const encoder = new TextEncoder();

/**
 * A name as the text that its bytes decode to: equal for equal names, whether they were given as string, number or bytes.
 * Different ones that are no UTF-8 may have the same.
 */
export function nameText(name: Arg): string {
  if (ArrayBuffer.isView(name)) return utf8.decode(name);
  return typeof name === "number" ? numberText(name) : String(name);
}

/** A name's bytes, not copied where it is given as such. */
export function nameBytes(name: Arg): Uint8Array {
  if (name instanceof Uint8Array) return name;
  if (!ArrayBuffer.isView(name)) return encoder.encode(nameText(name));
  return new Uint8Array(name.buffer, name.byteOffset, name.byteLength);
}
