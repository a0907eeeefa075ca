/**
 * Sockets in Bun: its `node:net`.
 *
 * @module
 */

export { connect } from "./node.ts";
