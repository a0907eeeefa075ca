/**
 * The names and values of OpenTelemetry's semantic conventions for Redis (and Valkey) clients.
 *
 * @module
 */
import type { Operation, Outcome, ServerPlace } from "../observe/mod.ts";
import type { Attributes } from "./api.ts";

/** The port that goes without saying. */
const DEFAULT_PORT = 6379;

/** `error.type` where the server gave no code. */
const ERROR_TYPES: Readonly<Record<Outcome["status"], string>> = {
  ok: "",
  reply: "ReplyError",
  watch: "TransactionError",
  connection: "ConnectionError",
  timeout: "TimeoutError",
  abort: "AbortError",
  refused: "_OTHER",
};

/** What the conventions call the operation: `GET`, `PIPELINE`, `PIPELINE GET`, `MULTI SET`. */
export function operationName({ kind, name, size }: Operation): string {
  if (kind === "command" || (kind === "pipeline" && size === 1)) return name;
  const prefix = kind === "pipeline" ? "PIPELINE" : "MULTI";
  return name === "" ? prefix : `${prefix} ${name}`;
}

/** What describes a server. */
export function serverAttributes(system: string, { hostname, port, path, database }: ServerPlace): Attributes {
  const common = { "db.system.name": system, "db.namespace": String(database) };
  if (path !== undefined) {
    return { ...common, "server.address": path, "network.peer.address": path, "network.transport": "unix" };
  }
  const where = { ...common, "server.address": hostname! };
  return port === DEFAULT_PORT ? where : { ...where, "server.port": port! };
}

/** A name for the pool of a client, as the conventions propose it; those of one server and database have the same. */
export function poolName({ hostname, port, path, database }: ServerPlace): string {
  return `${path ?? `${hostname}:${port}`}/${database}`;
}

/** What describes a failure; nothing for a success. */
export function failureAttributes({ status, code }: Outcome): Attributes {
  if (status === "ok") return {};
  if (code === undefined) return { "error.type": ERROR_TYPES[status] };
  return { "error.type": code, "db.response.status_code": code };
}
