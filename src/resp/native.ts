/**
 * What runtimes do better than the Web platform's means can.
 *
 * @module
 */

import type { Bytes } from "./reply.ts";
import { utf8 } from "./text.ts";

/** How large strings are made. A decoder has the Web platform's way until it is given a better one. */
export interface Native {
  /** A long text is decoded in pieces of this many bytes: what the engine allocates cheaply. */
  readonly piece: number;
  /** The text of UTF-8 bytes. What is malformed becomes U+FFFD; a byte order mark is data like any other. */
  text(bytes: Uint8Array): string;
  /** So many bytes of any content: every one of them will be written. */
  bytes(length: number): Bytes;
}

/** The Web platform's way. The size of pieces suits V8, which pays dearly for strings above 128 KiB. */
export const WEB: Native = {
  piece: 64 * 1024,
  text: (bytes) => utf8.decode(bytes),
  bytes: (length) => new Uint8Array(length),
};
