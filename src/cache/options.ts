/**
 * What a cache is asked to be.
 *
 * @module
 */
import { checkKnown } from "../client/known.ts";
import { whyNot } from "./cacheable.ts";

/** The settings of a cache. All are optional. */
export interface CacheOptions {
  /** How many replies are kept; 10,000 unless given. The one that has not been used for longest goes first. */
  readonly maxEntries?: number | undefined;
  /** About how many bytes they may take; no limit unless given. */
  readonly maxBytes?: number | undefined;
  /** Milliseconds after which a kept reply is no longer used; no limit unless given. */
  readonly ttl?: number | undefined;
  /**
   * How the server tells of changes. `"default"`: it remembers which keys this cache has read. `"broadcast"`: it
   * remembers nothing and tells of every change to keys with the `prefixes`, read or not.
   */
  readonly mode?: "default" | "broadcast" | undefined;
  /** Only replies that depend on keys with one of these prefixes are kept; all unless given. */
  readonly prefixes?: readonly string[] | undefined;
  /**
   * The names of the commands whose replies are kept, such as `["GET", "JSON.GET"]`; unless given, all of Redis' own
   * that can be. A name that is no command's, or that of one that writes, keeps nothing.
   */
  readonly commands?: readonly string[] | undefined;
  /**
   * Milliseconds without a word from the server after which nothing more is answered from the cache, until it is heard
   * again; 5,000 unless given, 0 for no limit.
   */
  readonly maxSilence?: number | undefined;
}

/** The settings, checked and complete. */
export interface CacheSettings {
  /** See {@link CacheOptions.maxEntries}. */
  readonly entries: number;
  /** See {@link CacheOptions.maxBytes}. */
  readonly bytes: number;
  /** See {@link CacheOptions.ttl}. */
  readonly ttl: number;
  /** See {@link CacheOptions.mode}. */
  readonly broadcast: boolean;
  /** See {@link CacheOptions.prefixes}. */
  readonly prefixes: readonly string[];
  /** See {@link CacheOptions.commands}. */
  readonly commands: ReadonlySet<string> | undefined;
  /** See {@link CacheOptions.maxSilence}. */
  readonly silence: number;
}

const KNOWN = ["maxEntries", "maxBytes", "ttl", "mode", "prefixes", "commands", "maxSilence"];

/**
 * Checks what was asked for.
 *
 * @throws {TypeError} for a value of the wrong kind, an unknown name or a command that cannot be cached.
 * @throws {RangeError} for a number out of range.
 */
export function readCacheOptions(options: CacheOptions): CacheSettings {
  checkKnown(options, KNOWN);
  const { mode = "default", prefixes = [], commands } = options;
  if (mode !== "default" && mode !== "broadcast") {
    throw new TypeError('Option mode must be "default" or "broadcast"');
  }
  return {
    entries: whole("maxEntries", options.maxEntries, 1, 10_000),
    bytes: whole("maxBytes", options.maxBytes, 1, Infinity),
    ttl: whole("ttl", options.ttl, 1, Infinity),
    broadcast: mode === "broadcast",
    prefixes: strings("prefixes", prefixes),
    commands: commands === undefined ? undefined : new Set(strings("commands", commands).map(cacheableName)),
    silence: whole("maxSilence", options.maxSilence, 0, 5000),
  };
}

function whole(name: string, value: number | undefined, least: number, otherwise: number): number {
  if (value === undefined || value === Infinity) return value ?? otherwise;
  if (typeof value !== "number" || !Number.isInteger(value)) {
    throw new TypeError(`Option ${name} must be a whole number`);
  }
  if (value < least) throw new RangeError(`Option ${name} must be at least ${least}`);
  return value;
}

function strings(name: string, value: readonly string[]): readonly string[] {
  if (Array.isArray(value) && value.every((item) => typeof item === "string" && item !== "")) return [...value];
  throw new TypeError(`Option ${name} must be a list of strings that are not empty`);
}

function cacheableName(name: string): string {
  const upper = name.toUpperCase();
  const reason = whyNot(upper);
  if (reason !== undefined) throw new TypeError(`Replies of ${upper} cannot be kept: ${reason}`);
  return upper;
}
