/**
 * What can be sent.
 *
 * @module
 */

/** Something that can be sent as an argument. Numbers must not be `NaN`; strings travel as UTF-8, views byte for byte. */
export type Arg = string | number | bigint | ArrayBufferView;
