/**
 * The type bytes of RESP: what each element begins with.
 *
 * @module
 */

/** `$`: a string. */
export const BULK = 36;
/** `:`: an integer. */
export const INTEGER = 58;
/** `+`: a line that says how it went. */
export const STATUS = 43;
/** `-`: a line that says what went wrong. */
export const ERROR = 45;
/** `_`: nothing. */
export const NULL = 95;
/** `,`: a double. */
export const DOUBLE = 44;
/** `#`: true or false. */
export const BOOLEAN = 35;
/** `!`: an error of any content. */
export const BULK_ERROR = 33;
/** `=`: a string that says what kind of text it is. */
export const VERBATIM = 61;
/** `(`: an integer of any size. */
export const BIG_NUMBER = 40;
/** `*`: an array. */
export const ARRAY = 42;
/** `%`: a map. */
export const MAP = 37;
/** `~`: a set. */
export const SET = 126;
/** `|`: a map that is about the element after it. */
export const ATTRIBUTE = 124;
/** `>`: something that answers no command. */
export const PUSH = 62;
/** `;`: a part of a streamed string. */
export const PART = 59;
/** `.`: the end of a streamed aggregate. */
export const END = 46;

/** 1 for the bytes that an element can begin with. */
export const IS_TYPE: Uint8Array = Uint8Array.from(
  { length: 256 },
  (_, byte) => "$:+-*_#,(!=%~|>;.".includes(String.fromCharCode(byte)) ? 1 : 0,
);
