/**
 * Finds out what kind of source an address names, and reads it.
 *
 * @module
 */
import { readdir, readFile, stat } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { readDocs } from "./docs.ts";
import { readFolder } from "./folder.ts";
import { type LiveSource, readLive } from "./live.ts";
import type { Json, Source } from "./source.ts";

/** Something about a source that the person who named it can mend. */
export class SourceError extends Error {
  override readonly name = "SourceError";
}

/** The schemes of connection URLs, written as anybody likes: what is taken for a file's name is shown when it is not there. */
const SERVER = /^(rediss?|valkeys?|(redis\+)?unix):/i;

/** Whether an address is a running server's. */
export function isServer(from: string): boolean {
  return SERVER.test(from);
}

/** A text that may have an address in it, perhaps in quotes, as it may be shown: what may be user and password cut out. */
export function withoutPassword(text: string): string {
  return text.replace(/(?<=^|')(?:([\w+.-]+:\/\/)|[^@']*:).*@/s, "$1…@");
}

/**
 * Reads a server (`redis://…`), a folder of command files, or a docs-style file.
 *
 * @param module The module that a folder or file describes, if it is one's.
 * @throws {SourceError} if there is nothing there that could be read.
 */
export async function readSource(from: string, module?: string): Promise<Source> {
  if (isServer(from)) return await readServer(from);
  const there = await stat(from).catch(() => undefined);
  if (there?.isDirectory()) return await readFiles(from, module);
  if (there?.isFile()) return described(from, () => parse(from).then((file) => readDocs(nameOf(from), file, module)));
  throw new SourceError(`${withoutPassword(from)}: there is no such file or folder${hintOf(from)}`);
}

/** What to write instead of what may be meant as a server. */
function hintOf(from: string): string {
  if (/^[\w.-]+(:\d+)?$/.test(from)) return `; a server is given as redis://${from}`;
  if (!from.includes("://") && from === withoutPassword(from)) return "";
  return "; a server's URL begins with redis://, rediss://, valkey://, valkeys:// or unix:";
}

/** A source that says nothing about any command is the wrong one. */
async function described(from: string, read: () => Promise<Source>): Promise<Source> {
  let source: Source;
  try {
    source = await read();
  } catch (error) {
    if (error instanceof SourceError) throw error;
    throw new SourceError(`${from}: does not describe commands (${(error as Error).message})`, { cause: error });
  }
  if (source.commands.size === 0) throw new SourceError(`${from}: describes no command`);
  return source;
}

/** The name of a file or folder, without where it is. */
function nameOf(from: string): string {
  return basename(resolve(from));
}

async function readFiles(from: string, module: string | undefined): Promise<Source> {
  const names = (await readdir(from)).filter((name) => name.endsWith(".json")).sort();
  if (names.length === 0) {
    throw new SourceError(`${from}: holds no .json files; Redis and Valkey keep theirs in src/commands`);
  }
  return await described(from, async () => {
    const files: Json[] = [];
    for (const name of names) files.push(await parse(join(from, name)));
    return readFolder(`${nameOf(from)}/`, files, module);
  });
}

/** A file with one command or many: an object of objects. */
async function parse(path: string): Promise<Json> {
  let file: Json;
  try {
    file = JSON.parse(await readFile(path, "utf8"));
  } catch (error) {
    throw new SourceError(`${path}: ${(error as Error).message}`, { cause: error });
  }
  if (!isObject(file)) throw new SourceError(`${path}: must be an object with a command per key`);
  for (const [name, facts] of Object.entries(file)) {
    if (!isObject(facts)) throw new SourceError(`${path}: ${name} must be an object that describes a command`);
  }
  return file;
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

async function readServer(from: string): Promise<LiveSource> {
  // Only who asks a server needs a client.
  const { connect, ReplyError } = await import("../../mod.ts");
  const place = placeOf(from);
  try {
    const redis = await connect(from, { connectTimeout: 5000, backoff: () => null });
    try {
      return await readLive(place, (name, ...args) =>
        // It may change its connection, as far as the client knows, so the shared one does not take it.
        name === "HELLO" ? redis.session((session) => session.call(name)) : redis.call(name, ...args));
    } finally {
      await redis.close(); // spelled out: Node 20 knows no `await using`, and what is published is not compiled for it
    }
  } catch (error) {
    if (error instanceof ReplyError && error.code === "NOPERM") {
      throw new SourceError(`${place}: this user may not ask for COMMAND and COMMAND DOCS (${error.message})`, {
        cause: error,
      });
    }
    throw new SourceError((error as Error).message, { cause: error });
  }
}

/** Where a server is, without user and password. What is wrong with a URL is told by who connects, which shows neither. */
function placeOf(from: string): string {
  const [, place] = /^[\w+]+:(?:\/\/)?(?:[^/?#]*@)?([^?#]*)/.exec(from)!;
  return place.startsWith("/") ? place : place.split("/", 1)[0];
}
