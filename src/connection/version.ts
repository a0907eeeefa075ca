/**
 * What this library is called, and which version it is: told to servers, and to whoever looks at traces.
 *
 * @module
 */

/** The name that CLIENT INFO shows. */
export const LIBRARY = "respire";

/** The version that CLIENT INFO shows; a test keeps it in step with deno.json and package.json. */
export const VERSION = "0.1.0";
