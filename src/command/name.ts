/**
 * What names something, as text and as bytes: keys, channels, ids. A caller gives either, and so does a reply.
 *
 * @module
 */
import type { Arg } from "../resp/arg.ts";
import { bytesOf, numberText } from "../resp/encoder.ts";
import { utf8 } from "../resp/text.ts";

const encoder = new TextEncoder();

/**
 * A name as the text that its bytes decode to: equal for equal names, whether they were given as string, number or bytes.
 * Different ones that are no UTF-8 may have the same.
 *
 * @throws {TypeError} if it is bytes that are gone.
 */
export function nameText(name: Arg): string {
  if (typeof name === "string") return name;
  if (ArrayBuffer.isView(name)) return utf8.decode(viewed(name));
  return typeof name === "number" ? numberText(name) : String(name);
}

/**
 * A name's bytes, not copied where it is given as such.
 *
 * @throws {TypeError} if they are gone.
 */
export function nameBytes(name: Arg): Uint8Array {
  return ArrayBuffer.isView(name) ? viewed(name) : encoder.encode(nameText(name));
}

/** The bytes of a name, as the encoder would send them: none but an empty name is empty. */
function viewed(name: ArrayBufferView): Uint8Array {
  // Only where there are none can their memory have been given away.
  if (name instanceof Uint8Array && name.length > 0) return name;
  const bytes = bytesOf(name);
  if (bytes === undefined) throw new TypeError("A name is bytes whose memory was given away or has shrunk");
  return bytes;
}
