/**
 * Which server programs this machine has: see `src/testing/binaries.ts`.
 *
 * @module
 */
export * from "../../src/testing/binaries.ts";
