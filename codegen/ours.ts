/**
 * Reads what this package knows about commands, from where the package is.
 *
 * @module
 */
import { readFile } from "node:fs/promises";
import type { CommandsFile } from "./model.ts";
import { SourceError } from "./sources/read.ts";

/** How long that may take where it is fetched, in milliseconds: who says nothing would be waited for without end. */
const PATIENCE = 30_000;

/** `commands.json`, which lies beside this program or where that was loaded from. */
export async function readOurs(
  url: URL = new URL("../commands.json", import.meta.url),
  within = PATIENCE,
): Promise<CommandsFile> {
  if (url.protocol === "file:") return JSON.parse(await readFile(url, "utf8"));
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(within) });
    if (!response.ok) throw new Error(`${response.status} ${response.statusText}`);
    return await response.json();
  } catch (error) {
    throw new SourceError(`${url}: ${(error as Error).message}`, { cause: error });
  }
}
